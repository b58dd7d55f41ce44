import type { KeyRange, OwnerStorage, StorageChange, StorageTable } from './storage';
import { keyedDigestWith, makeDigestKey, makeSealingKey, openWith, sealWith } from './storage-keys';

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
  readonly lasting: boolean;
  readonly #tables = new Map<StorageTable, Map<Key, unknown>>();
  #digestKey: Promise<CryptoKey> | undefined;
  #sealingKey: Promise<CryptoKey> | undefined;

  constructor(lasting: boolean) {
    this.lasting = lasting;
  }

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
    this.#digestKey ??= makeDigestKey();
    return keyedDigestWith(await this.#digestKey, data);
  }

  async seal(plain: Uint8Array, bound = ''): Promise<Uint8Array> {
    this.#sealingKey ??= makeSealingKey();
    return sealWith(await this.#sealingKey, plain, bound);
  }

  async open(sealed: Uint8Array, bound = ''): Promise<Uint8Array> {
    this.#sealingKey ??= makeSealingKey();
    return openWith(await this.#sealingKey, sealed, bound);
  }

  async wipe(): Promise<void> {
    this.#tables.clear();
    this.#digestKey = undefined;
    this.#sealingKey = undefined;
  }

  #table(name: StorageTable): Map<Key, unknown> {
    const found = this.#tables.get(name) ?? new Map<Key, unknown>();
    this.#tables.set(name, found);
    return found;
  }
}

export interface MemoryStorageOptions {
  /** It is taken for one that outlives the page: whoever holds it gives it to the next. Default false. */
  readonly lasting?: boolean;
}

/** Forgotten with the page: for loopbacks and tests, and where a browser stores nothing. */
export function memoryStorage({ lasting = false }: MemoryStorageOptions = {}): OwnerStorage {
  return new MemoryStorage(lasting);
}
