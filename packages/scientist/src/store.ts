/** What the owner has published, mirrored here: pushed by the owner's side, never polled. */

import { sameMeta } from '@duet/ops';
import {
  type Catalogue,
  type DataSet,
  DuetError,
  limits,
  type Published,
  visibleText,
} from '@duet/protocol';
import { checkDataSet, checkPublished, checkSame, isSame } from './catalogue-checks';
import { DataSetObject, type DataSetPointer, type DataSetSplit } from './data-set';
import type { Mocks } from './mocks';
import { NameIndex } from './name-index';
import { Pointer, type PointerHost, stateOf } from './pointer';
import { ValueState } from './value-state';
import { quoted, suggest } from './words';

export type StoreEntry = Pointer | DataSetPointer;

/** One row of `table()`; texts of the owner are shown with invisible characters spelt out. */
export interface StoreRow {
  readonly id: string;
  readonly name: string;
  readonly tags: string;
  readonly description: string;
  readonly shape: string;
  readonly dtype: string;
  readonly columns: string;
  /** `public`: readable without a request. */
  readonly access: 'public' | 'on request';
  /** Along its record axis; empty for a scalar. */
  readonly records: number | '';
  /** How many persons those are, where its data set has a unit; else empty. */
  readonly persons: number | '';
  /** The field or column whose equal values are one person; empty where there is none. */
  readonly unit: string;
  /** Of its data set, such as `train 0–400, test 400–569`. */
  readonly splits: string;
}

/** Columns named in a row of the table. */
const shownColumns = 4;

interface Entry {
  readonly pointer: Pointer;
  published: Published;
}

/** Iterates over objects and data sets in the order in which they were published. */
export class Store {
  readonly #host: PointerHost;
  readonly #mocks: Mocks;
  readonly #objects = new Map<number, Entry>();
  readonly #dataSets = new Map<number, DataSetObject>();
  readonly #mockStates = new Map<number, ValueState>();
  readonly #index = new NameIndex<StoreEntry>();
  /** Numbers of objects that are fields of data sets. */
  readonly #fields = new Set<number>();
  /** What `list` gave last, while nothing has changed. */
  #listed: readonly StoreEntry[] | undefined;
  /** Names of columns, of all objects together. */
  #columns = 0;
  readonly #mine: () => readonly Pointer[];
  /** Numbers that were there before a reload of the owner's page, and were not told again yet. */
  readonly #untold = new Set<number>();

  /** Made by a duet. */
  constructor(host: PointerHost, mocks: Mocks, mine: () => readonly Pointer[]) {
    this.#host = host;
    this.#mocks = mocks;
    this.#mine = mine;
  }

  /**
   * What lives on the owner's side of this scientist's, by id: all that this session has a pointer or a variable on; after a
   * reload of the scientist's page also all that was there before, with `madeBy` telling what made it. Those stay until they
   * are disposed, or taken by a `get`.
   */
  mine(): Pointer[] {
    return [...this.#mine()];
  }

  /** Objects and data sets; a data set counts once. */
  get length(): number {
    return this.#all().length;
  }

  list(): StoreEntry[] {
    return [...this.#all()];
  }

  #all(): readonly StoreEntry[] {
    this.#listed ??= this.#sorted();
    return this.#listed;
  }

  #sorted(): readonly StoreEntry[] {
    const objects = [...this.#objects].filter(([number]) => !this.#fields.has(number));
    const entries: [number, StoreEntry][] = [
      ...objects.map(([number, { pointer }]): [number, StoreEntry] => [number, pointer]),
      ...[...this.#dataSets].map(([number, set]): [number, StoreEntry] => [
        number,
        set as DataSetPointer,
      ]),
    ];
    return entries.sort(([a], [b]) => a - b).map(([, entry]) => entry);
  }

  [Symbol.iterator](): IterableIterator<StoreEntry> {
    return this.list()[Symbol.iterator]();
  }

  /** By position; negative from the end. Throws `no-object`. */
  at<T extends StoreEntry = Pointer>(index: number): T {
    const entry = this.#all().at(index);
    if (entry === undefined) {
      throw new DuetError('no-object', {
        detail: `The store has ${this.length} entries.`,
        hint: '',
      });
    }
    return entry as T;
  }

  /**
   * By id, name of a data set, or unique tag; a tag of a field finds the field where nothing else goes by it. For the types of
   * a data set's fields use `dataSet`. Throws `no-object`, or `bad-argument` where several go by the key.
   */
  get<T extends Pointer | DataSetPointer<string> = Pointer>(key: string): T {
    return this.#find(key) as T;
  }

  /** As `get`, for a data set. Throws `bad-argument` where the key is another object's. */
  dataSet<F extends string = string>(key: string): DataSetPointer<F> {
    const found = this.#find(key);
    if (!(found instanceof DataSetObject)) {
      throw new DuetError('bad-argument', { detail: `${quoted(key)} is no data set.`, hint: '' });
    }
    return found as DataSetPointer<F>;
  }

  #find(key: string): StoreEntry {
    const exact = this.#index.withId(key);
    if (exact !== undefined) return exact;
    const all = this.#index.named(key);
    const top = all.filter((entry) => !this.#fields.has(numberOf(entry)));
    const found = (top.length > 0 ? top : all).toSorted((a, b) => numberOf(a) - numberOf(b));
    const [only, ...others] = found;
    if (only === undefined) {
      throw new DuetError('no-object', {
        detail: `Nothing in the store goes by ${quoted(String(key))}.`,
        hint: suggest(String(key), this.#index.keys),
      });
    }
    if (others.length > 0) {
      throw new DuetError('bad-argument', {
        detail: `${found.length} entries go by ${quoted(key)}: ${found.map(({ id }) => id).join(', ')}.`,
        hint: 'Use the id.',
      });
    }
    return only;
  }

  /** Rows for `console.table`; a data set's fields have a row each. */
  table(): StoreRow[] {
    return this.list().flatMap((entry) =>
      entry instanceof Pointer
        ? [this.#row(entry, entry.tags[0] ?? '')]
        : entry.fields.map((field) =>
            this.#row(
              entry.field(field),
              `${entry.name || (entry.tags[0] ?? entry.id)}.${field}`,
              entry,
            ),
          ),
    );
  }

  #row(pointer: Pointer, name: string, set?: DataSetObject): StoreRow {
    const { columns } = pointer;
    const more = columns.length > shownColumns ? `, … (${columns.length})` : '';
    return {
      id: pointer.id,
      name: visibleText(name),
      tags: pointer.tags.map(visibleText).join(', '),
      description: visibleText(pointer.description),
      shape: `[${pointer.shape.join(', ')}]`,
      dtype: pointer.dtype,
      columns: `${columns.slice(0, shownColumns).map(visibleText).join(', ')}${more}`,
      access: stateOf(pointer).value.readable ? 'public' : 'on request',
      records: pointer.records ?? '',
      persons: set?.persons ?? '',
      unit: visibleText(set?.unit ?? ''),
      splits: (set?.splits ?? []).map(splitWords).join(', '),
    };
  }

  /** The owner published something, or says something new of what is there. Throws `bad-reply`. */
  update({ objects, dataSets }: Catalogue): void {
    this.#listed = undefined;
    for (const published of objects) if (published.mockOf === 0) this.#upsert(published);
    for (const set of dataSets) this.#upsertSet(set);
    for (const published of objects) if (published.mockOf !== 0) this.#addMock(published);
    // A side that goes on and on is cut off.
    const entries = this.#objects.size + this.#mockStates.size + this.#dataSets.size;
    if (entries > limits.publishedEntries) {
      throw new DuetError('bad-reply', {
        detail: `The owner’s store has over ${limits.publishedEntries} entries.`,
      });
    }
    if (this.#columns > limits.catalogueColumns) {
      throw new DuetError('bad-reply', {
        detail: `The owner’s store has over ${limits.catalogueColumns} named columns.`,
      });
    }
  }

  /** Made-up values for an object that is there; its public facts are the object's, and anyone may read it. */
  #addMock({ id, meta, mockOf, public: isPublic }: Published): void {
    const was = this.#mockStates.get(id);
    if (was !== undefined && this.#untold.has(id) && !sameMeta(was.meta, meta)) this.remove([id]);
    this.#untold.delete(id);
    const object = this.#objects.get(mockOf);
    const state = object && stateOf(object.pointer).value;
    if (state === undefined || !isPublic || this.#objects.has(id) || !sameMeta(state.meta, meta)) {
      throw new DuetError('bad-reply', { detail: `p${id} cannot be a mock of p${mockOf}.` });
    }
    if (this.#mockStates.has(id)) return;
    const mock = publishedState({ id, meta, public: isPublic });
    this.#mockStates.set(id, mock);
    this.#mocks.published(state, mock);
  }

  #upsertSet(set: DataSet): void {
    checkDataSet(set);
    this.#untold.delete(set.id);
    const fields = set.fields.map((field) => [field.field, field.id, this.#upsert(field)] as const);
    this.#dropSet(set.id);
    const made = new DataSetObject(set, fields);
    this.#dataSets.set(set.id, made);
    this.#index.set(made as DataSetPointer, namesOf(made as DataSetPointer));
    for (const number of made.numbers) this.#fields.add(number);
  }

  #dropSet(number: number): void {
    const set = this.#dataSets.get(number);
    if (set === undefined) return;
    this.#dataSets.delete(number);
    this.#index.delete(set as DataSetPointer);
    for (const field of set.numbers) this.#fields.delete(field);
  }

  #upsert(published: Published): Pointer {
    checkPublished(published);
    const { id, columns } = published;
    this.#retell(published);
    const known = this.#objects.get(id);
    this.#columns += columns.length - (known?.published.columns.length ?? 0);
    if (known === undefined) {
      const value = publishedState(published);
      const pointer = new Pointer({ host: this.#host, value, words: published });
      this.#objects.set(id, { pointer, published });
      this.#index.set(pointer, namesOf(pointer));
      return pointer;
    }
    const parts = stateOf(known.pointer);
    checkSame(known.published, published);
    known.published = published;
    parts.words = published;
    if (published.public) parts.value.readable = true;
    this.#index.set(known.pointer, namesOf(known.pointer));
    return known.pointer;
  }

  /** The owner's page was reloaded: what it does not tell again until `settle` is gone. */
  beginAnew(): void {
    for (const { pointer, published } of this.#objects.values()) {
      // What was released may have been forgotten there; if not, the owner's side says so at the next get.
      stateOf(pointer).value.readable = published.public;
    }
    for (const numbers of [this.#objects, this.#dataSets, this.#mockStates]) {
      for (const number of numbers.keys()) this.#untold.add(number);
    }
  }

  /** Everything was told again. Returns how many objects are gone. */
  settle(): number {
    const gone = [...this.#untold];
    const objects = gone.filter((number) => this.#objects.has(number)).length;
    this.#untold.clear();
    for (const number of gone) this.#dropSet(number);
    this.remove(gone);
    return objects;
  }

  /** After a reload a number may stand for something else: pointers on what it was are not on that. */
  #retell(published: Published): void {
    const { id } = published;
    if (!this.#untold.delete(id)) return;
    this.#dropSet(id);
    const known = this.#objects.get(id);
    if (known === undefined || !isSame(known.published, published)) this.remove([id]);
  }

  /** The owner took objects or data sets back. What was derived from them stays. */
  remove(numbers: readonly number[]): void {
    this.#listed = undefined;
    for (const number of numbers) {
      const set = this.#dataSets.get(number);
      this.#dropSet(number);
      this.#mockStates.get(number)?.breakWith('gone');
      this.#mockStates.delete(number);
      for (const id of [number, ...(set?.numbers ?? [])]) {
        const entry = this.#objects.get(id);
        if (entry === undefined) continue;
        stateOf(entry.pointer).value.breakWith('gone');
        this.#columns -= entry.published.columns.length;
        this.#objects.delete(id);
        this.#index.delete(entry.pointer);
      }
    }
  }
}

function splitWords({ name, from, to, persons }: DataSetSplit): string {
  const who = persons === undefined ? '' : ` (${persons} persons)`;
  return `${visibleText(name)} ${from}–${to}${who}`;
}

function publishedState({
  id,
  meta,
  public: readable,
}: Pick<Published, 'id' | 'meta' | 'public'>): ValueState {
  return new ValueState({
    ref: { space: 'published', id, path: [] },
    meta,
    origin: 'published',
    madeBy: 'published by the owner',
    readable,
  });
}

/** The owner's: ids are `p1`, `p2`, … */
function numberOf({ id }: StoreEntry): number {
  return Number(id.slice(1));
}

function namesOf(entry: StoreEntry): readonly string[] {
  return entry instanceof Pointer || entry.name === '' ? entry.tags : [entry.name, ...entry.tags];
}
