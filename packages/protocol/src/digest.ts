import { sha256 as sha256Now } from '@noble/hashes/sha2.js';
import { limits } from './limits';

/** WebCrypto wants a view on a plain ArrayBuffer; nothing in Duet uses shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What a payload's digest is made of. */
export interface PieceDigests {
  /** SHA-256 over the pieces' digests. */
  readonly whole: Bytes;
  /** SHA-256 of each piece of `limits.digestPieceBytes`, one after the other. */
  readonly pieces: Bytes;
}

const digestBytes = 32;
/** Pieces that are hashed at once: one waits for the page's turn while another is at work. */
const hashedAtOnce = 2;

/** WebCrypto hashes on a thread of its own: the way there takes longer than so many bytes here. */
const hashedHere = 2048;

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  if (bytes.length <= hashedHere) return sha256Now(bytes);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Bytes));
}

/** The pieces of a payload: views on it. The last may be shorter; an empty payload has none. */
export function pieceOf(payload: Uint8Array, index: number): Uint8Array {
  const start = index * limits.digestPieceBytes;
  return payload.subarray(start, start + limits.digestPieceBytes);
}

export function pieceCount(byteLength: number): number {
  return Math.ceil(byteLength / limits.digestPieceBytes);
}

/**
 * Pieces go to WebCrypto in here, not as views on the payload: what a browser has seen of a buffer in this way is freed by
 * the page's own thread, which takes tens of milliseconds for the largest. It has its copy when the call returns.
 */
const handedPiece = new Uint8Array(limits.digestPieceBytes);

function hashOf(piece: Uint8Array): Promise<Bytes> {
  handedPiece.set(piece);
  return sha256(handedPiece.subarray(0, piece.length));
}

/** Takes the digest of a payload piece by piece, as it comes. */
export class PieceHasher {
  readonly #hashes: Promise<Bytes>[] = [];

  /** The next piece, whole. It is copied before this returns. */
  add(piece: Uint8Array): void {
    const hash = hashOf(piece);
    // Whoever wants the digest hears of it.
    hash.catch(() => undefined);
    this.#hashes.push(hash);
  }

  /** Of the whole payload; pieces of it that were not added are hashed now. */
  async finish(payload: Uint8Array): Promise<PieceDigests> {
    const count = pieceCount(payload.length);
    const pieces = new Uint8Array(count * digestBytes);
    let next = 0;
    const hashOn = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        const hash = this.#hashes[index] ?? hashOf(pieceOf(payload, index));
        pieces.set(await hash, index * digestBytes);
      }
    };
    await Promise.all(Array.from({ length: hashedAtOnce }, hashOn));
    return { whole: await sha256(pieces), pieces };
  }
}

export function digestsOf(payload: Uint8Array): Promise<PieceDigests> {
  return new PieceHasher().finish(payload);
}

/** SHA-256 over the SHA-256s of the payload's pieces, so that one can be checked before the next is there. */
export async function digestOf(payload: Uint8Array): Promise<Bytes> {
  return (await digestsOf(payload)).whole;
}

/** Is this the piece that the digests were taken of? */
export async function isPiece(
  digests: PieceDigests,
  index: number,
  piece: Uint8Array,
): Promise<boolean> {
  const start = index * digestBytes;
  return sameBytes(await hashOf(piece), digests.pieces.subarray(start, start + digestBytes));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
