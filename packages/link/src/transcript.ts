/** What the handshake signs, and the keys that come from an invite's secret. */

import { type Bytes, sameBytes } from '@duet/protocol';
import type { Role } from './identity';

const label = 'duet/1';
const utf8 = new TextEncoder();

/** Each part with its length before it, so that no two lists of parts give the same bytes. */
function joinParts(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    whole.set(part, at + 4);
    at += 4 + part.length;
  }
  return whole;
}

/** Ties a session together: both hellos as they were sent, and the transport between them. */
export async function transcriptOf(
  scientistHello: Uint8Array,
  ownerHello: Uint8Array,
  binding: Uint8Array,
): Promise<Bytes> {
  const parts = joinParts([utf8.encode(label), scientistHello, ownerHello, binding]);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', parts));
}

/** What a role signs. With the role in it a proof cannot be sent back to the side that made it. */
export function signedBytes(role: Role, transcript: Uint8Array): Bytes {
  return joinParts([utf8.encode(`${label} signature ${role}`), transcript]);
}

/** An invite's secret, as bytes or as HKDF key material that was imported for `deriveBits` and `deriveKey`. */
export type Secret = Uint8Array | CryptoKey;

async function keyMaterial(secret: Secret): Promise<CryptoKey> {
  if (!(secret instanceof Uint8Array)) return secret;
  return crypto.subtle.importKey('raw', secret as Bytes, 'HKDF', false, [
    'deriveBits',
    'deriveKey',
  ]);
}

function derivation(info: string): HkdfParams {
  return { name: 'HKDF', hash: 'SHA-256', salt: utf8.encode(label), info: utf8.encode(info) };
}

export async function deriveBytes(secret: Secret, info: string, length: number): Promise<Bytes> {
  const key = await keyMaterial(secret);
  return new Uint8Array(await crypto.subtle.deriveBits(derivation(info), key, length * 8));
}

/** Where no invite is in play, both sides send zeros, and nothing else is accepted. */
const noInvite = new Uint8Array(32);

async function inviteKey(secret: Secret): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation('confirm'), await keyMaterial(secret), hmac, false, [
    'sign',
    'verify',
  ]);
}

function inviteBytes(role: Role, transcript: Uint8Array): Bytes {
  return joinParts([utf8.encode(`${label} invite ${role}`), transcript]);
}

/** Shows that a role knows the invite's secret. */
export async function inviteProof(
  secret: Secret | undefined,
  role: Role,
  transcript: Uint8Array,
): Promise<Uint8Array> {
  if (secret === undefined) return noInvite;
  const data = inviteBytes(role, transcript);
  return new Uint8Array(await crypto.subtle.sign('HMAC', await inviteKey(secret), data));
}

export async function verifyInvite(
  secret: Secret | undefined,
  role: Role,
  transcript: Uint8Array,
  proof: Uint8Array,
): Promise<boolean> {
  if (secret === undefined) return sameBytes(proof, noInvite);
  const data = inviteBytes(role, transcript);
  return crypto.subtle.verify('HMAC', await inviteKey(secret), proof as Bytes, data);
}
