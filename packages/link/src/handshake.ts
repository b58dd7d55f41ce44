import {
  asDuetError,
  type Clock,
  DuetError,
  decodeOwnerMessage,
  decodeScientistMessage,
  type ErrorCode,
  encodeOwnerMessage,
  encodeScientistMessage,
  fingerprintOf,
  type Handled,
  type Hello,
  helloVersion,
  type Link,
  limits,
  type OwnerMessage,
  type Proof,
  protocolVersion,
  type ScientistMessage,
  sameBytes,
  systemClock,
  tidyText,
  verifySignature,
} from '@duet/protocol';
import type { Channel } from './channel';
import { FramedLink } from './framed-link';
import type { Identity, Role } from './identity';
import type { PayloadTap } from './payload-receiver';
import { signedBytes, transcriptOf } from './transcript';

export interface HandshakeOptions {
  readonly identity: Identity;
  /** Name and version of this library. */
  readonly software: string;
  /** What this peer calls itself; may be empty. */
  readonly name: string;
  readonly clock?: Clock;
  readonly timeoutMs?: number;
  /** Lets both sides have the same identity, as in one process. */
  readonly allowSelf?: boolean;
  /** Aborting closes the channel. */
  readonly signal?: AbortSignal;
}

/** A link at whose other end is someone who was not let in yet. */
export interface DoorLink extends Link {
  onMessage(receive: ((message: Uint8Array) => Handled) | undefined): void;
  tapPayloads(tap: PayloadTap | undefined): void;
}

/** A scientist who has proved who they are, and waits to be let in. */
export interface Knock<L extends DoorLink = FramedLink> {
  /** Closed with `bad-message` if the other side sends anything before it is admitted. */
  readonly link: L;
  /** Lets the scientist in; `name` is what the owner calls them. Messages are accepted from now on. */
  admit(name: string): void;
  /** Tells the scientist why not, and closes the link. */
  refuse(code: Extract<ErrorCode, 'not-admitted' | 'busy'>): void;
}

/** An owner who has proved the same. */
export interface Joining<L extends DoorLink = FramedLink> {
  /** Nothing may be sent on it before `admitted` has resolved. */
  readonly link: L;
  /** Resolves with the name that the owner gave this scientist; rejects with why not, or why the link ended. */
  readonly admitted: Promise<string>;
}

/**
 * Finds out who is at the other end of a fresh channel that nobody else can reach: pairing, which does the same, is for
 * all others. Rejects, with the channel closed: `version`, `peer-auth`,
 * `bad-message`, `no-connection` (silence), `aborted`, or what the other side said or the channel ended with.
 */
export function shakeHands(
  channel: Channel,
  options: HandshakeOptions & { readonly role: 'owner' },
): Promise<Knock>;
export function shakeHands(
  channel: Channel,
  options: HandshakeOptions & { readonly role: 'scientist' },
): Promise<Joining>;
export async function shakeHands(
  channel: Channel,
  options: HandshakeOptions & { readonly role: Role },
): Promise<Knock | Joining> {
  const { clock = systemClock, timeoutMs = limits.handshakeTimeoutMs, signal } = options;
  const link = new FramedLink(channel, { clock });
  link.tapPayloads(() => link.close(tooEarly()));
  const abort = (): void => link.close(new DuetError('aborted'));
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  const stopTimer = clock.after(timeoutMs, () =>
    link.close(
      new DuetError('no-connection', {
        detail: `The other side did not say who it is within ${timeoutMs / 1000} s.`,
        hint: 'Try again, with both pages open.',
      }),
    ),
  );
  try {
    await authenticate(link, channel.binding, options);
    return options.role === 'owner' ? knockOn(link) : joinOn(link);
  } catch (thrown) {
    link.close(asDuetError(thrown));
    throw link.reason ?? asDuetError(thrown);
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', abort);
  }
}

type Greeting = Hello | Proof;

function encode(role: Role, message: Greeting): Uint8Array {
  return role === 'owner' ? encodeOwnerMessage(message) : encodeScientistMessage(message);
}

function decode(role: Role, bytes: Uint8Array): OwnerMessage | ScientistMessage {
  return role === 'owner' ? decodeOwnerMessage(bytes) : decodeScientistMessage(bytes);
}

function tooEarly(): DuetError {
  return new DuetError('bad-message', { detail: 'A message came before its time.' });
}

function unproved(detail: string): DuetError {
  return new DuetError('peer-auth', { detail });
}

/** The next message, and no more: what follows waits for the next receiver. */
function nextMessage(link: FramedLink): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    void link.closed.then(reject);
    link.onMessage((message) => {
      link.onMessage(undefined);
      resolve(message);
    });
  });
}

/** Throws `version` for a hello of another version, also one that this version cannot read. */
function decodeHello(role: Role, bytes: Uint8Array): Hello {
  const version = helloVersion(bytes);
  if (version !== undefined && version !== protocolVersion) {
    throw new DuetError('version', {
      detail: `The other side speaks version ${version} of the protocol, this side version ${protocolVersion}.`,
    });
  }
  const hello = decode(role, bytes);
  if (hello.kind !== 'hello') throw tooEarly();
  return hello;
}

/** Exchanges hellos and proofs. */
async function authenticate(
  link: FramedLink,
  binding: Uint8Array,
  options: HandshakeOptions & { readonly role: Role },
): Promise<void> {
  const { role, identity } = options;
  const otherRole: Role = role === 'owner' ? 'scientist' : 'owner';
  const myHello = encode(role, {
    kind: 'hello',
    version: protocolVersion,
    software: tidyText(options.software, limits.softwareChars),
    identity: identity.publicKey,
    nonce: crypto.getRandomValues(new Uint8Array(32)),
    name: tidyText(options.name, limits.nameChars),
  });
  link.send(myHello);
  const theirHello = await nextMessage(link);
  const hello = decodeHello(otherRole, theirHello);
  if (options.allowSelf !== true && sameBytes(hello.identity, identity.publicKey)) {
    throw unproved('The other side has the same identity as this one.');
  }
  const transcript =
    role === 'owner'
      ? await transcriptOf(theirHello, myHello, binding)
      : await transcriptOf(myHello, theirHello, binding);
  link.send(
    encode(role, {
      kind: 'proof',
      signature: await identity.sign(signedBytes(role, transcript)),
    }),
  );
  const proof = decode(otherRole, await nextMessage(link));
  if (proof.kind !== 'proof') throw tooEarly();
  const signed = signedBytes(otherRole, transcript);
  if (!(await verifySignature(hello.identity, proof.signature, signed))) {
    throw unproved('The other side could not prove its identity.');
  }
  const fingerprint = await fingerprintOf(hello.identity);
  // The link may have ended meanwhile.
  if (link.reason !== undefined) throw link.reason;
  link.identify(
    {
      fingerprint,
      name: hello.name,
      software: hello.software,
      publicKey: hello.identity,
    },
    identity.fingerprint,
  );
}

/** From here on the link is the application's. */
function handOver(link: DoorLink): void {
  link.onMessage(undefined);
  link.tapPayloads(undefined);
}

/** The owner's end of a link whose peer is known: the scientist waits to be let in. */
export function knockOn<L extends DoorLink>(link: L): Knock<L> {
  let isDecided = false;
  link.tapPayloads(() => link.close(tooEarly()));
  link.onMessage(() => link.close(tooEarly()));
  return {
    link,
    admit(name) {
      if (isDecided) return;
      isDecided = true;
      handOver(link);
      const tidyName = tidyText(name, limits.nameChars);
      link.send(encodeOwnerMessage({ kind: 'admitted', name: tidyName }));
    },
    refuse(code) {
      if (isDecided) return;
      isDecided = true;
      link.send(encodeOwnerMessage({ kind: 'refused', code }));
      link.close(new DuetError(code));
    },
  };
}

/** The scientist's end of it. */
export function joinOn<L extends DoorLink>(link: L): Joining<L> {
  link.tapPayloads(() => link.close(tooEarly()));
  const admitted = new Promise<string>((resolve, reject) => {
    void link.closed.then(reject);
    // At once, not in a microtask: what follows in the same frame is the application's already.
    link.onMessage((bytes) => {
      try {
        const message = decodeOwnerMessage(bytes);
        if (message.kind === 'admitted') {
          handOver(link);
          resolve(message.name);
        } else if (message.kind === 'refused') {
          link.close(new DuetError(message.code, { from: 'peer' }));
        } else {
          throw tooEarly();
        }
      } catch (thrown) {
        link.close(asDuetError(thrown));
      }
    });
  });
  // It may reject before anybody has come to await it.
  admitted.catch(() => {});
  return { link, admitted };
}
