/** Identity keys, as the other side checks them: points of P-256, known by the SHA-256 of their bytes. */

import type { Bytes } from './digest';
import { toHex } from './hex';

/** Of the keys of both roles. */
export const identityAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const signatureAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** SHA-256 of a public key, in hex. */
export async function fingerprintOf(publicKey: Uint8Array): Promise<string> {
  return toHex(await crypto.subtle.digest('SHA-256', publicKey as Bytes));
}

/** False too if the key is no point of the curve. */
export async function verifySignature(
  publicKey: Uint8Array,
  signature: Uint8Array,
  data: Bytes,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey as Bytes, identityAlgorithm, false, [
      'verify',
    ]);
    return await crypto.subtle.verify(signatureAlgorithm, key, signature as Bytes, data);
  } catch {
    return false;
  }
}
