/**
 * Requests that outlive their session: their scientist asks, leaves, comes back and collects. They are kept by the identity
 * of who asked, for a time that was announced, and are decided meanwhile like any other.
 */

import { KeptBox, type KeptBoxParts, longestMs } from './kept-box';

/** The kept requests of all scientists, by the fingerprints of their identities. */
export class Mailbox {
  readonly #parts: KeptBoxParts;
  readonly #boxes = new Map<string, KeptBox>();

  constructor(parts: KeptBoxParts) {
    this.#parts = parts;
  }

  /** The longest that one is kept, in milliseconds; 0: none is. */
  get longestMs(): number {
    return longestMs(this.#parts.limits);
  }

  of(fingerprint: string): KeptBox {
    const known = this.#boxes.get(fingerprint);
    if (known) return known;
    const box = new KeptBox(this.#parts);
    this.#boxes.set(fingerprint, box);
    return box;
  }

  /** Everything goes, and nobody is told. */
  wipe(): void {
    for (const box of this.#boxes.values()) box.wipe();
  }
}
