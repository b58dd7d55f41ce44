/** What the owner's side keeps over a reload, in a database of this browser. */

import {
  type KeyRange,
  keyedDigestWith,
  makeDigestKey,
  makeSealingKey,
  memoryStorage,
  type OwnerStorage,
  openWith,
  type StorageChange,
  type StorageTable,
  sealWith,
  storageTables,
} from '@duet/owner';
import { DuetError } from '@duet/protocol';
import { type IDBPDatabase, openDB, unwrap } from 'idb';

const keyTable = 'keys';
/** 1 had no invites, links, partners and objects. */
const version = 2;

type KeyName = 'digest' | 'sealing';

const makers: Readonly<Record<KeyName, () => Promise<CryptoKey>>> = {
  digest: makeDigestKey,
  sealing: makeSealingKey,
};

export interface IndexedStorageOptions {
  /** The database's name. Default `duet-owner`. */
  readonly name?: string;
  /** Told why nothing outlives the page, where that is so. */
  readonly onFallback?: (why: string) => void;
}

/**
 * Opens the database; where the browser has none, or does not let this page use it, everything is kept in memory. Rejects with
 * `in-use` while another page of this origin has it open: two pages that write to one log, or spend one quota, would undo each
 * other's work.
 */
export async function indexedStorage(options: IndexedStorageOptions = {}): Promise<OwnerStorage> {
  const { name = 'duet-owner', onFallback } = options;
  const release = await lock(name);
  if (!release) {
    throw new DuetError('in-use', {
      detail: 'Another page of this site has the owner’s storage open.',
      hint: 'Go on there, or close it. A second owner keeps everything in memory: storage: ‘memory’.',
    });
  }
  try {
    const database = await openDB(name, version, {
      upgrade(made) {
        for (const table of [...storageTables, keyTable]) {
          if (!made.objectStoreNames.contains(table)) made.createObjectStore(table);
        }
      },
    });
    return new IndexedStorage(database, release);
  } catch {
    release();
    onFallback?.('This browser lets the page store nothing.');
    return memoryStorage();
  }
}

/** A page that is reloaded has it until it is gone, which is soon. */
const lockWaitMs = 2000;

/** What gives it back; undefined while another page has it. Without locks there is nobody to wait for. */
async function lock(name: string): Promise<(() => void) | undefined> {
  const { locks } = globalThis.navigator ?? {};
  if (typeof indexedDB === 'undefined' || !locks) return () => undefined;
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(lockWaitMs);
    locks
      .request(name, { signal }, () => new Promise<void>((free) => resolve(() => free())))
      .catch(() => resolve(undefined));
  });
}

class IndexedStorage implements OwnerStorage {
  readonly lasting = true;
  readonly #database: IDBPDatabase;
  readonly #release: () => void;
  readonly #keys = new Map<KeyName, Promise<CryptoKey>>();

  constructor(database: IDBPDatabase, release: () => void) {
    this.#database = database;
    this.#release = release;
  }

  async read(
    table: StorageTable,
    range: KeyRange = {},
  ): Promise<readonly (readonly [key: string | number, value: unknown])[]> {
    const store = this.#database.transaction(table).store;
    const within = toKeyRange(range);
    const [keys, values] = await Promise.all([store.getAllKeys(within), store.getAll(within)]);
    return keys.flatMap((key, index) =>
      typeof key === 'string' || typeof key === 'number' ? [[key, values[index]] as const] : [],
    );
  }

  async write(changes: readonly StorageChange[], when: 'now' | 'soon' = 'now'): Promise<void> {
    // Over all tables, whatever is changed: the browser runs such transactions in the order in which they were begun. Nobody
    // listens to the single changes, which would cost a promise and its events each: a failure of one ends the transaction.
    const transaction = unwrap(this.#database).transaction(storageTables, 'readwrite', {
      durability: when === 'now' ? 'strict' : 'relaxed',
    });
    const done = ended(transaction);
    try {
      for (const { table, key, value } of changes) {
        const store = transaction.objectStore(table);
        if (value === undefined) store.delete(key);
        else store.put(value, key);
      }
      transaction.commit();
    } catch (thrown) {
      // Something that cannot be stored. What came before it must not stand either.
      transaction.abort();
      await done.catch(() => undefined);
      throw thrown;
    }
    await done;
  }

  async keyedDigest(data: Uint8Array): Promise<Uint8Array> {
    return keyedDigestWith(await this.#key('digest'), data);
  }

  async seal(plain: Uint8Array, bound = ''): Promise<Uint8Array> {
    return sealWith(await this.#key('sealing'), plain, bound);
  }

  async open(sealed: Uint8Array, bound = ''): Promise<Uint8Array> {
    return openWith(await this.#key('sealing'), sealed, bound);
  }

  async wipe(): Promise<void> {
    this.#keys.clear();
    const names = [...storageTables, keyTable];
    const transaction = this.#database.transaction(names, 'readwrite', { durability: 'strict' });
    await Promise.all([
      transaction.done,
      ...names.map((name) => transaction.objectStore(name).clear()),
    ]);
  }

  async close(): Promise<void> {
    this.#database.close();
    this.#release();
  }

  #key(name: KeyName): Promise<CryptoKey> {
    const loading = this.#keys.get(name) ?? this.#loadKey(name);
    this.#keys.set(name, loading);
    // One that could not be read may be readable the next time.
    loading.catch(() => {
      if (this.#keys.get(name) === loading) this.#keys.delete(name);
    });
    return loading;
  }

  async #loadKey(name: KeyName): Promise<CryptoKey> {
    const found: unknown = await this.#database.get(keyTable, name);
    if (found instanceof CryptoKey) return found;
    const made = await makers[name]();
    await this.#database.put(keyTable, made, name);
    return made;
  }
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('', 'AbortError'));
  });
}

function toKeyRange({ from, to }: KeyRange): IDBKeyRange | null {
  if (from !== undefined && to !== undefined) return IDBKeyRange.bound(from, to);
  if (from !== undefined) return IDBKeyRange.lowerBound(from);
  return to === undefined ? null : IDBKeyRange.upperBound(to);
}
