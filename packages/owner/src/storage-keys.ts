/** The keys of a storage: they are made once, can be used and not read, and go when it is wiped. */

import type { Bytes } from '@duet/protocol';

/** What `keyedDigest` is keyed with. */
export function makeDigestKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

/** What `seal` and `open` are keyed with. */
export function makeSealingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

export async function keyedDigestWith(key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, data as Bytes));
}

/** 96 random bits, as GCM wants them: a key seals far fewer than the 2^32 things that they are good for (SP 800-38D, 8.3). */
const nonceBytes = 12;

/** The nonce, then what AES-GCM makes of it. */
export async function sealWith(
  key: CryptoKey,
  plain: Uint8Array,
  bound: string,
): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const body = await crypto.subtle.encrypt(algorithm(nonce, bound), key, plain as Bytes);
  const sealed = new Uint8Array(nonceBytes + body.byteLength);
  sealed.set(nonce);
  sealed.set(new Uint8Array(body), nonceBytes);
  return sealed;
}

/** Rejects where it was sealed by another key, for something else, or was changed. */
export async function openWith(
  key: CryptoKey,
  sealed: Uint8Array,
  bound: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = sealed.slice(0, nonceBytes);
  const body = sealed.subarray(nonceBytes) as Bytes;
  return new Uint8Array(await crypto.subtle.decrypt(algorithm(nonce, bound), key, body));
}

function algorithm(nonce: Uint8Array<ArrayBuffer>, bound: string): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: new TextEncoder().encode(bound) };
}
