/** The envelopes that hellos and signals travel in: what is sealed opens in its own place alone. */

import { type Bytes, DuetError, limits, signalingLimits } from '@duet/protocol';
import type { Role } from './identity';
import {
  type Epochs,
  epochBytes,
  helloKey,
  otherRole,
  privateRoomOf,
  type Secret,
  signalKey,
} from './key-schedule';
import { joinWords } from './transcript';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Of the envelope alone, and the same for all versions of the protocol: so that two of different versions can still tell
 * each other which.
 */
const envelopeVersion = 1;
const kinds = { hello: 1, signal: 2 } as const;
type Kind = keyof typeof kinds;

const helloHeaderBytes = 2 + epochBytes + nonceBytes;
const signalHeaderBytes = 2 + 4 + nonceBytes;
const noEpoch = new Uint8Array(epochBytes);

interface Bound {
  readonly kind: Kind;
  readonly room: string;
  readonly role: Role;
  readonly epochs: Epochs;
  readonly sequence: number;
}

/** What a ciphertext is bound to, so that it opens in its own place alone. */
function boundTo({ kind, room, role, epochs, sequence }: Bound): Bytes {
  const numbers = new Uint8Array(4);
  new DataView(numbers.buffer).setUint32(0, sequence, true);
  const head = Uint8Array.of(envelopeVersion, kinds[kind]);
  return joinWords(head, room, role, epochs.owner, epochs.scientist, numbers);
}

/** With its length before it, and zeros behind, so that lengths say little. Throws `too-large`. */
function pad(plain: Uint8Array): Bytes {
  const step = limits.sealedStepBytes;
  const padded = new Uint8Array(Math.ceil((4 + plain.length) / step) * step);
  if (padded.length + helloHeaderBytes + tagBytes > signalingLimits.signalBytes) {
    throw new DuetError('too-large', { detail: 'A signal is too large.' });
  }
  new DataView(padded.buffer).setUint32(0, plain.length, true);
  padded.set(plain, 4);
  return padded;
}

function unpad(padded: Uint8Array): Bytes {
  const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
  const length = padded.length >= 4 ? view.getUint32(0, true) : padded.length;
  if (length > padded.length - 4) unopened();
  return padded.slice(4, 4 + length) as Bytes;
}

/** Always the same words: what came in is not to be told apart by what is said of it. */
function unopened(): never {
  throw new DuetError('peer-auth', {
    detail: 'What came through the signaling server was not sealed by the other side.',
  });
}

async function encrypt(key: CryptoKey, nonce: Bytes, bound: Bytes, plain: Uint8Array) {
  const aes = { name: 'AES-GCM', iv: nonce, additionalData: bound };
  return new Uint8Array(await crypto.subtle.encrypt(aes, key, pad(plain)));
}

async function decrypt(key: CryptoKey, nonce: Bytes, bound: Bytes, sealed: Bytes): Promise<Bytes> {
  const aes = { name: 'AES-GCM', iv: nonce, additionalData: bound };
  try {
    return unpad(new Uint8Array(await crypto.subtle.decrypt(aes, key, sealed)));
  } catch {
    return unopened();
  }
}

function isEnvelope(bytes: Uint8Array, kind: Kind, headerBytes: number): boolean {
  return (
    bytes.length > headerBytes + tagBytes &&
    bytes.length <= signalingLimits.signalBytes &&
    bytes[0] === envelopeVersion &&
    bytes[1] === kinds[kind]
  );
}

function helloEpochs(role: Role, epoch: Bytes): Epochs {
  return role === 'owner'
    ? { owner: epoch, scientist: noEpoch }
    : { owner: noEpoch, scientist: epoch };
}

/** A hello, sealed under the secret alone; `epoch` stands in clear beside it. Throws `too-large`. */
export async function sealHello(
  secret: Secret,
  room: string,
  role: Role,
  epoch: Bytes,
  plain: Uint8Array,
): Promise<Bytes> {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const bound = boundTo({
    kind: 'hello',
    room,
    role,
    epochs: helloEpochs(role, epoch),
    sequence: 0,
  });
  const key = await helloKey(secret, role, epoch);
  const sealed = await encrypt(key, nonce, bound, plain);
  const whole = new Uint8Array(helloHeaderBytes + sealed.length);
  whole.set([envelopeVersion, kinds.hello]);
  whole.set(epoch, 2);
  whole.set(nonce, 2 + epochBytes);
  whole.set(sealed, helloHeaderBytes);
  return whole;
}

/** What stands in clear beside a hello, which is anything until that has opened. Throws `peer-auth` for what is no hello. */
export function helloEpoch(bytes: Uint8Array): Bytes {
  if (!isEnvelope(bytes, 'hello', helloHeaderBytes)) return unopened();
  return bytes.slice(2, 2 + epochBytes) as Bytes;
}

/** Throws `peer-auth` for anything that `role` did not seal as its hello for this room. */
export async function openHello(
  secret: Secret,
  room: string,
  role: Role,
  bytes: Uint8Array,
): Promise<{ readonly epoch: Bytes; readonly plain: Bytes }> {
  const epoch = helloEpoch(bytes);
  const nonce = bytes.slice(2 + epochBytes, helloHeaderBytes) as Bytes;
  const bound = boundTo({
    kind: 'hello',
    room,
    role,
    epochs: helloEpochs(role, epoch),
    sequence: 0,
  });
  const key = await helloKey(secret, role, epoch);
  const plain = await decrypt(key, nonce, bound, bytes.slice(helloHeaderBytes) as Bytes);
  return { epoch, plain };
}

/** Where two who have greeted each other go on, and what seals what they say there. */
export async function roomForTwo(
  secret: Secret,
  role: Role,
  epochs: Epochs,
): Promise<{ readonly privateRoom: string; readonly seal: SignalSeal }> {
  const room = privateRoomOf(secret, epochs);
  const seal = SignalSeal.of(secret, room, role, epochs);
  const [privateRoom, sealed] = await Promise.all([room, seal]);
  return { privateRoom, seal: sealed };
}

/** Seals what one side tells, and opens what the other does: each strictly one after another. */
export class SignalSeal {
  readonly #room: string;
  readonly #role: Role;
  readonly #epochs: Epochs;
  readonly #send: CryptoKey;
  readonly #receive: CryptoKey;
  #sent = 0;
  #opened = 0;

  private constructor(
    room: string,
    role: Role,
    epochs: Epochs,
    send: CryptoKey,
    receive: CryptoKey,
  ) {
    this.#room = room;
    this.#role = role;
    this.#epochs = epochs;
    this.#send = send;
    this.#receive = receive;
  }

  static async of(
    secret: Secret,
    room: string | Promise<string>,
    role: Role,
    epochs: Epochs,
  ): Promise<SignalSeal> {
    const [name, send, receive] = await Promise.all([
      room,
      signalKey(secret, role, epochs),
      signalKey(secret, otherRole(role), epochs),
    ]);
    return new SignalSeal(name, role, epochs, send, receive);
  }

  /** Throws `too-large`. Calls may overlap: their numbers are those of their order. */
  async seal(plain: Uint8Array): Promise<Bytes> {
    this.#sent += 1;
    const sequence = this.#sent;
    const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const sealed = await encrypt(this.#send, nonce, this.#bound(this.#role, sequence), plain);
    const whole = new Uint8Array(signalHeaderBytes + sealed.length);
    whole.set([envelopeVersion, kinds.signal]);
    new DataView(whole.buffer).setUint32(2, sequence, true);
    whole.set(nonce, 6);
    whole.set(sealed, signalHeaderBytes);
    return whole;
  }

  /** Throws `peer-auth` for anything but the next that the other side sealed. One call at a time. */
  async open(bytes: Uint8Array): Promise<Bytes> {
    if (!isEnvelope(bytes, 'signal', signalHeaderBytes)) return unopened();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const sequence = view.getUint32(2, true);
    if (sequence !== this.#opened + 1) return unopened();
    const bound = this.#bound(otherRole(this.#role), sequence);
    const nonce = bytes.slice(6, signalHeaderBytes) as Bytes;
    const plain = await decrypt(
      this.#receive,
      nonce,
      bound,
      bytes.slice(signalHeaderBytes) as Bytes,
    );
    this.#opened = sequence;
    return plain;
  }

  #bound(role: Role, sequence: number): Bytes {
    return boundTo({ kind: 'signal', room: this.#room, role, epochs: this.#epochs, sequence });
  }
}
