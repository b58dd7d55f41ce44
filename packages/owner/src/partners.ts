/** Scientists whom this owner has admitted before, known by their keys. */

import { DuetError, type PeerIdentity, StateEvents, visibleText } from '@duet/protocol';
import type { OwnerStorage } from './storage';

/** Someone who was admitted before. */
export interface Partner {
  readonly fingerprint: string;
  /** What they called themselves the last time. Inert text; show it with `visibleText`. */
  readonly name: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** How often they were admitted. */
  readonly sessions: number;
}

interface Row {
  readonly name: string;
  /** On the wall clock, in milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly sessions: number;
}

/** More people than an owner knows. Who was not here for the longest time is forgotten first. */
const mostPartners = 4096;

export interface PartnersEvents {
  changed: () => void;
  /** It could not be read or written. */
  failed: (error: unknown) => void;
}

export class Partners extends StateEvents<PartnersEvents> {
  readonly #storage: OwnerStorage;
  readonly #rows = new Map<string, Row>();

  constructor(storage: OwnerStorage) {
    super();
    this.#storage = storage;
  }

  /** Reads those of before. Once. */
  async load(): Promise<void> {
    for (const [key, row] of await this.#storage.read('partners')) {
      // Someone may have been met while it was read.
      if (!this.#rows.has(String(key))) this.#rows.set(String(key), row as Row);
    }
  }

  /** Who was here last comes first. */
  list(): readonly Partner[] {
    return [...this.#rows]
      .map(([fingerprint, row]) => partnerOf(fingerprint, row))
      .sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime());
  }

  get(fingerprint: string): Partner | undefined {
    const row = this.#rows.get(fingerprint);
    return row && partnerOf(fingerprint, row);
  }

  /** The next time they are someone new. A session that they have goes on. Throws `no-object`. */
  forget(fingerprint: string): void {
    if (!this.#rows.delete(fingerprint)) {
      throw new DuetError('no-object', {
        detail: `Nobody with the fingerprint ${visibleText(fingerprint)} was admitted before.`,
        hint: '',
      });
    }
    this.#write(fingerprint, undefined);
  }

  /** They were admitted. */
  admitted({ fingerprint, name }: PeerIdentity): void {
    const now = Date.now();
    const { firstSeen = now, sessions = 0 } = this.#rows.get(fingerprint) ?? {};
    this.#keep(fingerprint, { name, firstSeen, lastSeen: now, sessions: sessions + 1 });
  }

  /** They were here until now. */
  seen(fingerprint: string): void {
    const row = this.#rows.get(fingerprint);
    if (row) this.#keep(fingerprint, { ...row, lastSeen: Date.now() });
  }

  #keep(fingerprint: string, row: Row): void {
    this.#rows.set(fingerprint, row);
    this.#write(fingerprint, row);
    const oldest = this.#rows.size > mostPartners ? this.list().at(-1) : undefined;
    if (!oldest) return;
    this.#rows.delete(oldest.fingerprint);
    this.#write(oldest.fingerprint, undefined);
  }

  #write(key: string, value: Row | undefined): void {
    this.emit('changed');
    this.#storage
      .write([{ table: 'partners', key, value }], 'soon')
      .catch((error: unknown) => this.emit('failed', error));
  }
}

function partnerOf(fingerprint: string, { firstSeen, lastSeen, ...rest }: Row): Partner {
  return {
    fingerprint,
    firstSeen: new Date(firstSeen),
    lastSeen: new Date(lastSeen),
    ...rest,
  };
}
