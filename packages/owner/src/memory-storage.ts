import type { Bytes } from '@duet/protocol';
import type { KeyRange, OwnerStorage, StorageChange, StorageTable } from './storage';

type Key = string | number;

/** IndexedDB's order: numbers before texts. */
function compare(a: Key, b: Key): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isIn(key: Key, { from, to }: KeyRange): boolean {
  return (
    (from === undefined || compare(key, from) >= 0) && (to === undefined || compare(key, to) <= 0)
  );
}

class MemoryStorage implements OwnerStorage {
  readonly lasting = false;
  readonly #tables = new Map<StorageTable, Map<Key, unknown>>();
  #key: Promise<CryptoKey> | undefined;

  async read(
    table: StorageTable,
    range: KeyRange = {},
  ): Promise<readonly (readonly [Key, unknown])[]> {
    return [...this.#table(table)]
      .filter(([key]) => isIn(key, range))
      .sort(([a], [b]) => compare(a, b))
      .map(([key, value]) => [key, structuredClone(value)] as const);
  }

  async write(changes: readonly StorageChange[]): Promise<void> {
    // Cloned before anything is written, so that what cannot be cloned changes nothing.
    const copies = changes.map((change) => ({ ...change, value: structuredClone(change.value) }));
    for (const { table, key, value } of copies) {
      if (value === undefined) this.#table(table).delete(key);
      else this.#table(table).set(key, value);
    }
  }

  async keyedDigest(data: Uint8Array): Promise<Uint8Array> {
    this.#key ??= makeDigestKey();
    return new Uint8Array(await crypto.subtle.sign('HMAC', await this.#key, data as Bytes));
  }

  async wipe(): Promise<void> {
    this.#tables.clear();
    this.#key = undefined;
  }

  #table(name: StorageTable): Map<Key, unknown> {
    const found = this.#tables.get(name) ?? new Map<Key, unknown>();
    this.#tables.set(name, found);
    return found;
  }
}

/** What `keyedDigest` is keyed with. It cannot be read, only used. */
export function makeDigestKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

/** Forgotten with the page: for loopbacks and tests, and where a browser stores nothing. */
export function memoryStorage(): OwnerStorage {
  return new MemoryStorage();
}
