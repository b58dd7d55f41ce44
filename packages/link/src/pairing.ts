/**
 * Two pages that share a secret find each other through a signaling server that neither can read what it passes on, nor
 * change it unnoticed. The secret names a room. A scientist says hello there, sealed; the owner answers, sealed; both go on
 * in a room of their own, so that the first is free for the next. The scientist's side makes the offer: an owner's page
 * tells nothing of itself before a guest has shown that they have the secret.
 */

import {
  asDuetError,
  type Clock,
  DuetError,
  fingerprintOf,
  isDuetError,
  limits,
  sameBytes,
  systemClock,
  warmCodecs,
} from '@duet/protocol';
import { checkContext, pause } from './context';
import {
  type Introduction,
  makeHello,
  type OwnHello,
  type PeerHello,
  readHello,
  refuseOthers,
  refuseSelf,
  unproved,
} from './greeting';
import type { Identity, Role } from './identity';
import { epochBytes, keyMaterial, roomOf, type Secret } from './key-schedule';
import { Meeting } from './meeting';
import type { Paired } from './paired';
import { helloEpoch, openHello, roomForTwo, type SignalSeal, sealHello } from './sealing';
import type { Signaling } from './signaling';
import type { Prepared, Transport } from './transport';

export interface PairingOptions extends Introduction {
  readonly role: Role;
  /** An invite's, or what a pairing left for the next. Whoever has it may knock. */
  readonly secret: Secret;
  readonly signaling: Signaling;
  readonly transport: Transport;
  /** How the fingerprint of the owner's identity begins, in hex, where that is known: nobody else is taken for the owner. */
  readonly owner?: string | undefined;
  /** Lets both sides have the same identity, as in one process. */
  readonly allowSelf?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JoinOptions extends Omit<PairingOptions, 'identity'> {
  /** May come while the owner's page is looked for. */
  readonly identity: Identity | Promise<Identity>;
  /**
   * Prepares the connection before it is known whether anybody is there. Not for whoever looks for a lost page again and again:
   * they are not to ask for credentials of ICE servers each time.
   */
  readonly eager?: boolean | undefined;
  /** Hears who the other side says it is, as a fingerprint; it has proved nothing yet. */
  readonly onHello?: ((fingerprint: string) => void) | undefined;
}

type Joining = JoinOptions & { readonly clock: Clock };

interface Greeted {
  readonly identity: Identity;
  readonly prepared: Prepared;
  readonly privateRoom: string;
  readonly seal: SignalSeal;
  readonly mine: OwnHello;
  readonly theirs: PeerHello;
}

/**
 * Comes to the owner who hosts the secret's room. While somebody else is at the door it tries again, within
 * `limits.connectTimeoutMs`. Rejects: `insecure-context`, `unsupported-browser`, `no-signaling`, `signaling-refused`,
 * `invite-expired`, `invite-used`, `room-full`, `rate`, `version`, `peer-auth`, `no-connection`, `peer-left`, `limit`,
 * `bad-message`, `aborted`.
 */
export async function joinRoom(options: JoinOptions): Promise<Paired> {
  const { transport, signal } = options;
  checkContext(signal);
  let preparing: Promise<Prepared> | undefined;
  const prepare = (): Promise<Prepared> => {
    preparing ??= transport.prepare();
    return preparing;
  };
  try {
    // A failure is told to whoever awaits it.
    if (options.eager === true) prepare().catch(() => {});
    return await comeTo(options, prepare);
  } finally {
    void preparing?.then(
      (prepared) => prepared.discard?.(),
      () => {},
    );
  }
}

async function comeTo(options: JoinOptions, prepare: () => Promise<Prepared>): Promise<Paired> {
  const { signaling, signal, clock = systemClock } = options;
  const secret = await keyMaterial(options.secret);
  const room = await roomOf(secret);
  const greeted = await greetInTurn({ ...options, secret, clock }, room, prepare);
  const { mine, theirs, privateRoom, seal, identity } = greeted;
  const meeting = new Meeting({
    role: 'scientist',
    identity,
    secret,
    room,
    mine,
    theirs,
    prepared: greeted.prepared,
    seal,
    clock,
    signal,
  });
  try {
    meeting.enter(await signaling.join(privateRoom, meeting, { signal }));
  } catch (thrown) {
    const reason = asDuetError(thrown);
    // The owner was there a moment ago.
    const isGone = ['invite-expired', 'invite-used', 'room-full', 'closed'].includes(reason.code);
    meeting.fail(isGone ? new DuetError('peer-left', { cause: reason }) : refusal(reason));
  }
  return meeting.paired;
}

/** At most a fifth is added by chance, so that several who wait do not come together each time. */
const jitter = 0.2;

async function greetInTurn(
  options: Joining,
  room: string,
  prepare: () => Promise<Prepared>,
): Promise<Greeted> {
  const { clock, signal } = options;
  const until = clock.now() + limits.connectTimeoutMs;
  for (let waitMs: number = limits.seekFirstMs; ; waitMs = Math.min(2 * waitMs, 2000)) {
    try {
      return await greet(options, room, prepare);
    } catch (thrown) {
      const reason = refusal(asDuetError(thrown));
      const later = waitMs * (1 + jitter * chance());
      if (!isDuetError(reason, 'room-full') || clock.now() + later > until) throw reason;
      await pause(clock, later, signal);
    }
  }
}

function chance(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number / 2 ** 32;
}

/** One try: a hello and its answer. `room-full` also for who was shown out without a word. */
async function greet(
  options: Joining,
  roomId: string,
  prepare: () => Promise<Prepared>,
): Promise<Greeted> {
  const { secret, signaling, clock, signal } = options;
  let hear: (answer: Uint8Array) => void = () => {};
  let fail: (reason: DuetError) => void = () => {};
  const answering = new Promise<Uint8Array>((resolve, reject) => {
    hear = resolve;
    fail = reject;
  });
  // It may fail before this side has spoken.
  answering.catch(() => {});
  const left = (): void => fail(new DuetError('room-full'));
  const introduce = () => introduceSelf(options, roomId, prepare);
  const early = options.eager === true ? introduce() : undefined;
  early?.catch(() => {});
  const room = await signaling.join(roomId, { signal: hear, left }, { signal });
  const onAbort = (): void => fail(new DuetError('aborted'));
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  // Only from here on is it the owner's page that is waited for.
  const stopTimer = clock.after(limits.connectTimeoutMs, () => fail(noAnswer()));
  try {
    const introducing = early ?? introduce();
    const own = await Promise.race([introducing, answering.then(() => introducing)]);
    const { identity, prepared, epoch, mine, sealed } = own;
    room.signal(sealed);
    beginIfDirect(prepared, options);
    // While the owner's page answers.
    warmCodecs();
    const answer = await answering;
    const epochs = { owner: helloEpoch(answer), scientist: epoch };
    const [{ plain }, { privateRoom, seal }, answered] = await Promise.all([
      openHello(secret, roomId, 'owner', answer),
      roomForTwo(secret, 'scientist', epochs),
      crypto.subtle.digest('SHA-256', sealed),
    ]);
    const theirs = readHello('owner', plain);
    if (options.owner !== undefined) await refuseOthers(theirs.hello, options.owner);
    if (!sameBytes(theirs.hello.answers, new Uint8Array(answered))) {
      throw unproved('The other side answered someone else.');
    }
    if (options.allowSelf !== true) refuseSelf(theirs.hello, identity);
    options.onHello?.(await fingerprintOf(theirs.hello.identity));
    return { identity, prepared, mine, theirs, privateRoom, seal };
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', onAbort);
    room.leave();
  }
}

/** The hello of one try, ready to be sent. */
async function introduceSelf(
  options: JoinOptions,
  roomId: string,
  prepare: () => Promise<Prepared>,
) {
  const epoch = crypto.getRandomValues(new Uint8Array(epochBytes));
  const [prepared, identity] = await Promise.all([prepare(), options.identity]);
  const making = makeHello('scientist', { ...options, identity }, prepared.fingerprint);
  if (options.eager === true) beginIfDirect(prepared, options);
  const mine = await making;
  const sealed = await sealHello(options.secret, roomId, 'scientist', epoch, mine.plain);
  return { identity, prepared, epoch, mine, sealed };
}

function beginIfDirect(prepared: Prepared, { relay }: JoinOptions): void {
  if (relay !== 'only') prepared.begin?.(true);
}

function noAnswer(): DuetError {
  return new DuetError('no-connection', {
    detail: `The owner’s page did not answer within ${limits.connectTimeoutMs / 1000} s.`,
    hint: 'Try again, with both pages open.',
  });
}

/** What the server may answer a guest; what else it says is a fault of one of the two. */
function refusal(reason: DuetError): DuetError {
  const isFault = reason.code === 'id-taken' || (reason.code === 'limit' && reason.from === 'peer');
  return isFault ? new DuetError('signaling-refused', { cause: reason }) : reason;
}
