/** A large value on its way to the worker: piece by piece, so that the page has its turns in between. */

import { nextMacrotask } from '../yield';
import type { ToWorker } from './messages';

/** Copying so much takes a page a few milliseconds. */
const pieceBytes = 4 * 1024 * 1024;

export function isLarge(bytes: Uint8Array): boolean {
  return bytes.length > pieceBytes;
}

/** Sends copies of the pieces, each in a task of its own. Resolves early, to false, once they are not wanted any more. */
export async function sendInPieces(
  bytes: Uint8Array,
  isWanted: () => boolean,
  post: (message: ToWorker, transfer: Transferable[]) => void,
): Promise<boolean> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    await nextMacrotask();
    if (!isWanted()) return false;
    const piece = bytes.slice(at, at + pieceBytes);
    post({ kind: 'piece', piece, at, of: bytes.length }, [piece.buffer]);
  }
  return true;
}

/** The worker's end: puts the pieces together, one value after the other. */
export class PieceCollector {
  #whole: Uint8Array<ArrayBuffer> | undefined;

  add({ piece, at, of }: Extract<ToWorker, { kind: 'piece' }>): void {
    try {
      if (at === 0) this.#whole = new Uint8Array(of);
    } catch {
      // No memory: the value is not there, and putting it fails.
      this.#whole = undefined;
    }
    this.#whole?.set(piece, at);
  }

  /** What was put together; without bytes where there was no memory for it. */
  take(): Uint8Array<ArrayBuffer> {
    const whole = this.#whole ?? new Uint8Array();
    this.#whole = undefined;
    return whole;
  }
}
