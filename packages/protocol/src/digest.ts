import { limits } from './limits';

/** WebCrypto wants a view on a plain ArrayBuffer; nothing in Duet uses shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Bytes));
}

/** SHA-256 over the SHA-256s of the payload's pieces of 1 MiB, so that a transfer can be continued at a piece. */
export async function digestOf(payload: Uint8Array): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for (let start = 0; start < payload.length; start += limits.digestPieceBytes) {
    pieces.push(await sha256(payload.subarray(start, start + limits.digestPieceBytes)));
  }
  const joined = new Uint8Array(pieces.length * 32);
  for (const [index, piece] of pieces.entries()) joined.set(piece, index * 32);
  return sha256(joined);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
