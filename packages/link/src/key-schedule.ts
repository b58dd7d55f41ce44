/**
 * Everything that comes from the secret of a pairing, by HKDF with SHA-256. Only WebCrypto; no derived key can be exported.
 */

import { type Bytes, DuetError } from '@duet/protocol';
import { toBase64Url } from './base64url';
import type { Role } from './identity';
import { joinWords } from './transcript';

/** An invite's secret, as 32 bytes, or HKDF key material that was imported for `deriveBits` and `deriveKey`. */
export type Secret = Uint8Array | CryptoKey;

const label = 'duet/1';
const utf8 = new TextEncoder();

/** One name for each thing that is derived. */
const infos = {
  room: 'room',
  privateRoom: 'private room',
  hello: (role: Role) => `hello|${role}`,
  signal: (role: Role) => `sig|${role}`,
  confirm: 'confirm',
  agreed: 'agreed',
  resume: 'resume',
  relay: (role: Role) => `relay|${role}`,
} as const;

export const epochBytes = 16;
const roomBytes = 16;

export async function keyMaterial(secret: Secret): Promise<CryptoKey> {
  if (!(secret instanceof Uint8Array)) return secret;
  return crypto.subtle.importKey('raw', secret as Bytes, 'HKDF', false, [
    'deriveBits',
    'deriveKey',
  ]);
}

function hkdf(salt: Uint8Array, info: string): HkdfParams {
  return { name: 'HKDF', hash: 'SHA-256', salt: salt as Bytes, info: utf8.encode(info) };
}

async function deriveBytes(
  secret: Secret,
  salt: Uint8Array,
  info: string,
  length: number,
): Promise<Bytes> {
  const key = await keyMaterial(secret);
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf(salt, info), key, length * 8));
}

async function cipherKey(secret: Secret, salt: Uint8Array, info: string): Promise<CryptoKey> {
  const aes = { name: 'AES-GCM', length: 256 };
  return crypto.subtle.deriveKey(hkdf(salt, info), await keyMaterial(secret), aes, false, [
    'encrypt',
    'decrypt',
  ]);
}

/** Each side's fresh bytes for one try, so that nothing of an earlier one opens. */
export interface Epochs {
  readonly owner: Bytes;
  readonly scientist: Bytes;
}

function saltOf({ owner, scientist }: Epochs): Bytes {
  const salt = new Uint8Array(2 * epochBytes);
  salt.set(owner, 0);
  salt.set(scientist, epochBytes);
  return salt;
}

/** The opaque name of the secret's room at the signaling server. */
export async function roomOf(secret: Secret): Promise<string> {
  return toBase64Url(await deriveBytes(secret, utf8.encode(label), infos.room, roomBytes));
}

/** The room where two who have greeted each other go on, so that the first is free for the next guest. */
export async function privateRoomOf(secret: Secret, epochs: Epochs): Promise<string> {
  return toBase64Url(await deriveBytes(secret, saltOf(epochs), infos.privateRoom, roomBytes));
}

/** For the first thing that a side says, when the other's epoch is not known yet. */
export function helloKey(secret: Secret, role: Role, epoch: Bytes): Promise<CryptoKey> {
  return cipherKey(secret, epoch, infos.hello(role));
}

/** For all that a role says after both hellos. */
export function signalKey(secret: Secret, role: Role, epochs: Epochs): Promise<CryptoKey> {
  return cipherKey(secret, saltOf(epochs), infos.signal(role));
}

const ecdh = { name: 'ECDH', namedCurve: 'P-256' } as const;

/** A key pair of one pairing; the private half never leaves WebCrypto, and is gone with the page. */
export async function makeExchange(): Promise<{ publicKey: Bytes; privateKey: CryptoKey }> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ecdh, false, ['deriveBits']);
  const raw = await crypto.subtle.exportKey('raw', publicKey);
  return { publicKey: new Uint8Array(raw), privateKey };
}

/**
 * What both sides come to from the secret and from each other's ephemeral keys: who learns the secret later, and has kept
 * all that went through the server, has nothing of what follows. Rejects with `peer-auth` for what is no point of the curve.
 */
export async function agreedSecret(
  secret: Secret,
  transcript: Uint8Array,
  own: CryptoKey,
  theirs: Uint8Array,
): Promise<CryptoKey> {
  let shared: Bytes;
  try {
    const point = await crypto.subtle.importKey('raw', theirs as Bytes, ecdh, false, []);
    const algorithm = { name: ecdh.name, public: point };
    shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, own, 256));
  } catch (thrown) {
    throw new DuetError('peer-auth', {
      detail: 'The other side’s ephemeral key is none.',
      cause: thrown,
    });
  }
  const known = await deriveBytes(secret, transcript, infos.agreed, 32);
  const both = new Uint8Array(known.length + shared.length);
  both.set(known, 0);
  both.set(shared, known.length);
  const agreed = await keyMaterial(both);
  for (const bytes of [shared, known, both]) bytes.fill(0);
  return agreed;
}

/** Shows that the other side has agreed on the same secret, and saw the same transcript. */
export async function confirmMac(
  agreed: CryptoKey,
  role: Role,
  transcript: Uint8Array,
): Promise<Bytes> {
  const key = await confirmKey(agreed, transcript);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, joinWords(role, transcript)));
}

export async function verifyConfirm(
  agreed: CryptoKey,
  role: Role,
  transcript: Uint8Array,
  mac: Uint8Array,
): Promise<boolean> {
  const key = await confirmKey(agreed, transcript);
  return crypto.subtle.verify('HMAC', key, mac as Bytes, joinWords(role, transcript));
}

async function confirmKey(agreed: CryptoKey, transcript: Uint8Array): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  const from = hkdf(transcript, infos.confirm);
  return crypto.subtle.deriveKey(from, agreed, hmac, false, ['sign', 'verify']);
}

/** What the two pair with next time: one step of the ratchet. */
export async function nextSecret(agreed: CryptoKey, transcript: Uint8Array): Promise<CryptoKey> {
  const bytes = await deriveBytes(agreed, transcript, infos.resume, 32);
  const key = await keyMaterial(bytes);
  bytes.fill(0);
  return key;
}

/** For frames that go through the server; new for each pairing, since the transcript is. */
export async function relayKeys(
  agreed: CryptoKey,
  role: Role,
  transcript: Uint8Array,
): Promise<{ readonly send: CryptoKey; readonly receive: CryptoKey }> {
  const [send, receive] = await Promise.all([
    cipherKey(agreed, transcript, infos.relay(role)),
    cipherKey(agreed, transcript, infos.relay(otherRole(role))),
  ]);
  return { send, receive };
}

export function otherRole(role: Role): Role {
  return role === 'owner' ? 'scientist' : 'owner';
}
