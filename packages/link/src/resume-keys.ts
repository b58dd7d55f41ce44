import { type PeerIdentity, toHex } from '@duet/protocol';

/**
 * What must be stored so that a page that is reloaded finds the other side again: no secret of the invite, and keys that
 * cannot be read, only used. It survives a structured clone, so IndexedDB takes it as it is.
 */
export interface Family {
  /** 16 random bytes in hex, under which this side stores it. The other side has another. */
  readonly id: string;
  /** HKDF key material, the newest first: one, or two while it is not known whether the other side has the newest. */
  readonly secrets: readonly CryptoKey[];
  /** The only one who may come back. */
  readonly peer: PeerIdentity;
  /** When the grace ends if nobody comes, in milliseconds of the wall clock, as of the last change. */
  readonly until: number;
}

export function makeFamilyId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * The secrets by which two sides find each other again. Each pairing makes the next one. The one that was used is kept
 * beside it until the other side has shown that it has the next: it may have been lost on the way.
 */
export class Ratchet {
  #secrets: readonly CryptoKey[];

  constructor(secrets: readonly CryptoKey[]) {
    this.#secrets = secrets;
  }

  /** The newest first. */
  get secrets(): readonly CryptoKey[] {
    return this.#secrets;
  }

  /** A pairing under `used` has made `next`. One that an unfinished pairing made before is of no use any more. */
  advance(used: CryptoKey | undefined, next: CryptoKey): void {
    this.#secrets = used === undefined ? [next] : [next, used];
  }

  /** The other side has the newest: the older is forgotten, so that it opens nothing any more. True if there was one. */
  settle(): boolean {
    const newest = this.#secrets.slice(0, 1);
    const changed = newest.length < this.#secrets.length;
    this.#secrets = newest;
    return changed;
  }

  forget(): void {
    this.#secrets = [];
  }
}
