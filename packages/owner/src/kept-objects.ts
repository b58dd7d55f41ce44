/**
 * What the owner chose to keep of what is published, in this browser, over a reload of the page: it is there again under the
 * same ids. Nothing else of the owner's data is ever written down.
 */

import { asDuetError, byteLength, DuetError, isDuetError, StateEvents } from '@duet/protocol';
import type { AuditSink } from './audit/events';
import {
  type KeptRow,
  openRecord,
  removal,
  rowOf,
  sealedChunks,
  sealFacts,
  tensorsToKeep,
} from './kept-record';
import type { OwnerStorage } from './storage';
import type { OwnerStore, Publication, StoreItem } from './store';
import { nameOfItem } from './store/published';

/** Something published that is kept, or is being written. */
export interface KeptObject {
  /** `p1`, `p2`, …: of the object or the whole data set. */
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  /** Of these so many are written. */
  readonly written: number;
  readonly since: Date;
}

export interface KeptObjectsEvents {
  /** Something is kept, has been written further, or is kept no more. */
  changed: () => void;
  /** Something could not be written, or not be read after a reload: it is not kept then. */
  failed: (error: DuetError) => void;
}

export interface KeptObjectsParts {
  readonly storage: OwnerStorage;
  readonly store: OwnerStore;
  readonly audit: AuditSink;
}

interface Entry {
  readonly item: StoreItem;
  readonly row: KeptRow;
  readonly bytes: number;
  readonly since: number;
  written: number;
  /** Resolves when it is on the disk. */
  done: Promise<void>;
}

/** The row that holds the number which nothing published has had. */
const nextKey = 0;

export class KeptObjects extends StateEvents<KeptObjectsEvents> {
  readonly #parts: KeptObjectsParts;
  readonly #entries = new Map<number, Entry>();
  /** One write after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isNextDue = false;

  constructor(parts: KeptObjectsParts) {
    super();
    this.#parts = parts;
    const { store, storage } = parts;
    if (!storage.lasting) return;
    store
      .on('added', (item) => this.#added(item))
      .on('removed', ({ number }) => void this.#forget(number))
      .on('access', (item) => this.#accessChanged(item))
      .on('keep', (item, keep) => {
        if (keep) this.#keep(store.publicationOf(item));
        else void this.#forget(item.number);
      });
  }

  list(): readonly KeptObject[] {
    return [...this.#entries.values()].map(({ item, bytes, written, since }) => ({
      id: item.id,
      name: nameOfItem(item),
      tags: item.tags,
      bytes,
      written,
      since: new Date(since),
    }));
  }

  /** Resolves when an item is on the disk, or at once if it is not kept. Rejects where it could not be written. */
  async written({ number }: StoreItem): Promise<void> {
    await this.#entries.get(number)?.done;
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** Publishes what was kept by an earlier page, in the order of the ids. Once, before anything is published. */
  async load(): Promise<void> {
    const { storage, store } = this.#parts;
    if (!storage.lasting) return;
    const rows = await storage.read('objects');
    for (const [key, row] of rows) {
      if (key === nextKey) store.beginNumbersAt(Number(row));
    }
    for (const [key, row] of rows) {
      if (typeof key === 'number' && key !== nextKey) await this.#restore(key, row as KeptRow);
    }
  }

  /** Everything that is kept is forgotten, in one go; what is published stays so while the page is open. */
  async wipe(): Promise<void> {
    const { storage, store, audit } = this.#parts;
    const count = this.#entries.size;
    for (const { item } of [...this.#entries.values()]) store.setKeep(item.id, false);
    await this.#inTurn(async () => {
      // What no page could read goes, too.
      const rows = await storage.read('objects');
      const changes = rows.flatMap(([key, row]) =>
        typeof key === 'number' && key !== nextKey ? removal(key, row as KeptRow) : [],
      );
      await storage.write(changes);
    });
    audit.note({ kind: 'wiped', objects: count });
  }

  // ---- what happens in the store ------------------------------------------------------------------------------------

  #added(item: StoreItem): void {
    this.#writeNext();
    const publication = this.#parts.store.publicationOf(item);
    if (publication.keep && !this.#entries.has(item.number)) this.#keep(publication);
  }

  /** Before anybody is given a number, it is written that the next page must not give it again. */
  #writeNext(): void {
    if (this.#isNextDue) return;
    this.#isNextDue = true;
    const { storage, store } = this.#parts;
    this.#inTurn(async () => {
      this.#isNextDue = false;
      await storage.write([{ table: 'objects', key: nextKey, value: store.nextNumber }]);
    }).catch((cause: unknown) => this.#failed('The next id could not be written.', cause));
  }

  #keep(publication: Publication): void {
    const { item } = publication;
    const tensors = tensorsToKeep(publication);
    const entry: Entry = {
      item,
      row: rowOf(tensors),
      bytes: tensors.reduce((sum, { meta }) => sum + byteLength(meta), 0),
      since: Date.now(),
      written: 0,
      done: Promise.resolve(),
    };
    this.#entries.set(item.number, entry);
    entry.done = this.#inTurn(() => this.#write(entry, publication));
    entry.done.catch((cause: unknown) => this.#notKept(entry, cause));
    this.emit('changed');
  }

  async #write(entry: Entry, publication: Publication): Promise<void> {
    const { storage, audit } = this.#parts;
    const { item, row } = entry;
    const { number } = item;
    const isWanted = () => this.#entries.get(number) === entry;
    if (!isWanted()) return;
    // So that whatever is written before a crash can be found and removed.
    await storage.write([{ table: 'objects', key: number, value: row }], 'soon');
    for await (const { change, bytes } of sealedChunks(
      storage,
      number,
      tensorsToKeep(publication),
    )) {
      if (!isWanted()) return;
      await storage.write([change], 'soon');
      entry.written += bytes;
      this.emit('changed');
    }
    await this.#writeFacts(entry);
    if (isWanted()) audit.note(noteOf(item, 'kept'));
  }

  /** With them it is whole. Who may use it is as it is now. */
  async #writeFacts(entry: Entry): Promise<void> {
    const { storage, store } = this.#parts;
    const { item, row, since } = entry;
    if (this.#entries.get(item.number) !== entry) return;
    const facts = await sealFacts(storage, store.publicationOf(item), since);
    const value: KeptRow = { ...row, facts };
    // It may have been taken back meanwhile; its removal comes after this.
    if (this.#entries.get(item.number) !== entry) return;
    await storage.write([{ table: 'objects', key: item.number, value }]);
  }

  #accessChanged({ number }: StoreItem): void {
    const entry = this.#entries.get(number);
    if (!entry) return;
    entry.done = this.#inTurn(() => this.#writeFacts(entry));
    entry.done.catch((cause: unknown) => this.#notKept(entry, cause));
  }

  /** What could not be written whole is not kept: an older state of it must not come back. */
  #notKept({ item }: Entry, cause: unknown): void {
    this.#failed(`${item.id} could not be kept.`, cause);
    if (this.#entries.has(item.number)) this.#parts.store.setKeep(item.id, false);
  }

  async #forget(number: number): Promise<void> {
    const { storage, audit } = this.#parts;
    const entry = this.#entries.get(number);
    if (!entry) return;
    this.#entries.delete(number);
    this.emit('changed');
    try {
      await this.#inTurn(() => storage.write(removal(number, entry.row)));
      audit.note(noteOf(entry.item, 'unkept'));
    } catch (cause) {
      this.#failed(`${entry.item.id} is still kept: it could not be removed.`, cause);
    }
  }

  // ---- after a reload -----------------------------------------------------------------------------------------------

  async #restore(number: number, row: KeptRow): Promise<void> {
    const { storage, store } = this.#parts;
    try {
      const restored = await openRecord(storage, number, row, store.minRecords);
      const { content, options, numbers, since } = restored;
      store.restore(content, options, numbers, (item) => {
        const bytes = tensorsToKeep(store.publicationOf(item)).reduce(
          (sum, { meta }) => sum + byteLength(meta),
          0,
        );
        const done = Promise.resolve();
        const { chunks } = row;
        this.#entries.set(number, { item, row: { chunks }, bytes, since, written: bytes, done });
      });
    } catch (cause) {
      this.#failed(`p${number} was kept, and cannot be read any more.`, cause);
      await storage.write(removal(number, row)).catch(() => undefined);
    }
  }

  #failed(detail: string, cause: unknown): void {
    const code = isDuetError(cause) ? asDuetError(cause).code : 'internal';
    this.emit('failed', new DuetError(code, { detail, hint: '', cause }));
    this.#parts.audit.note({ kind: 'failure', what: detail });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function noteOf(item: StoreItem, how: 'kept' | 'unkept') {
  return { kind: 'published', object: item.id, name: nameOfItem(item), how } as const;
}
