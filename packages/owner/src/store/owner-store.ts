/** What the owner published, by number. Bytes are kept here, outside every engine. */

import type { RecordAxis } from '@duet/ops';
import { type Catalogue, DuetError, StateEvents, type TensorValue } from '@duet/protocol';
import { type AuditEvent, type AuditSink, noAudit } from '../audit/events';
import type { SourceFacts } from '../gate/facts';
import { audienceOf, checkedPointable, goesBeyond, isPointableBy, type Pointable } from './access';
import { catalogueOf, fittingCatalogue } from './catalogue';
import { type Made, type Making, makeDataSet, makeObject } from './make';
import {
  type DataSetOptions,
  isDataSet,
  nameOf,
  nameOfItem,
  numbersOf,
  type Predecessor,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
  type StoreItem,
  tagsOf,
  tensorsOfItem,
} from './published';
import { checkedMinRecords } from './records';
import { Shelf } from './shelf';
import type { StoreEvents } from './store-events';
import { axisOf, type Content, extended, type Fields, keptOptions, replacing } from './successors';

export interface OwnerStoreParts {
  /** The fewest records that an automatic aggregate may be about. Default 10. */
  readonly minRecords?: number | undefined;
  readonly audit?: AuditSink | undefined;
  /** Can anything be kept over a reload? Default false. */
  readonly canKeep?: boolean | undefined;
}

/** Something published, as it was given, with what was changed since. */
export interface Publication {
  readonly item: StoreItem;
  readonly options: PublishOptions | DataSetOptions;
  readonly pointable: Pointable;
  /** Is it kept over a reload? */
  readonly keep: boolean;
}

export interface AccessOptions {
  /** True: every scientist may use it. False: none. A list: those with these fingerprints. */
  readonly pointable: Pointable;
}

interface Entry extends Made {
  /** As they were given: what follows it keeps them. */
  readonly options: PublishOptions | DataSetOptions;
  keep: boolean;
}

type PublishedHow = Extract<AuditEvent, { readonly kind: 'published' }>['how'];

export class OwnerStore extends StateEvents<StoreEvents> {
  /** Objects outside data sets, and data sets, by number. */
  readonly #entries = new Map<number, Entry>();
  readonly #shelf = new Shelf();
  readonly #predecessors = new WeakMap<RecordAxis, Predecessor<RecordAxis>>();
  readonly #audit: AuditSink;
  readonly #making: Making;
  readonly #canKeep: boolean;
  #next = 1;

  /** Throws `bad-argument`. */
  constructor({ minRecords, audit = noAudit, canKeep = false }: OwnerStoreParts = {}) {
    super();
    this.#audit = audit;
    this.#canKeep = canKeep;
    this.#making = {
      minRecords: checkedMinRecords(minRecords),
      nextNumber: () => this.#next++,
    };
  }

  /** Fields of data sets included, mocks not. */
  get objects(): readonly PublishedObject[] {
    return this.#items().flatMap(tensorsOfItem);
  }

  /** How many those are. */
  get objectCount(): number {
    return this.#shelf.objects;
  }

  get dataSets(): readonly PublishedDataSet[] {
    return this.#items().filter(isDataSet);
  }

  /** An object or a mock, whoever may see it. */
  find(number: number): PublishedObject | undefined {
    return this.#shelf.tensor(number);
  }

  /** An object or a mock that a scientist may use. What is hidden from them is to them as if it had never been. */
  visible(number: number, fingerprint: string): PublishedObject | undefined {
    const object = this.#shelf.tensor(number);
    return object && isPointableBy(object.pointable, fingerprint) ? object : undefined;
  }

  /** All that a scientist may know, in messages within the limits. */
  catalogueFor(fingerprint: string): readonly Catalogue[] {
    return this.#items()
      .filter(({ pointable }) => isPointableBy(pointable, fingerprint))
      .map(catalogueOf);
  }

  /** What a request shows, and handlers match on, of a source of its value. */
  sourceFacts(number: number): SourceFacts {
    const object = this.#shelf.tensor(number);
    // Taken back meanwhile: its tags speak for nothing any more, so no handler with tags may match.
    if (!object) {
      const id = `p${number}`;
      return {
        id,
        name: `${id} (taken back)`,
        tags: [],
        records: undefined,
        units: undefined,
        gone: true,
      };
    }
    const { axis } = object.fact;
    return {
      id: object.id,
      name: nameOf(object),
      tags: [...tagsOf(object)],
      records: axis?.records,
      units: axis?.units,
    };
  }

  /** Whose place a record axis took, while the owner's side runs: aggregates of both differ by what changed. */
  predecessorOf(axis: RecordAxis): Predecessor<RecordAxis> | undefined {
    return this.#predecessors.get(axis);
  }

  /** The fewest records that an automatic aggregate may be about, as the duet was launched. */
  get minRecords(): number {
    return this.#making.minRecords;
  }

  /** Nothing that is published has had this number, or a later one. */
  get nextNumber(): number {
    return this.#next;
  }

  /** Numbers before this one were given by an earlier page. */
  beginNumbersAt(next: number): void {
    this.#next = Math.max(this.#next, next);
  }

  /** Publishes one tensor. Throws `bad-text`, `bad-tensor`, `too-large`, `bad-argument`, `limit`. */
  add(value: TensorValue, options: PublishOptions = {}): PublishedObject {
    const keep = this.#checkedKeep(options);
    const made = makeObject(value, options, this.#making);
    this.#publish({ ...made, options, keep }, 'added');
    return made.item;
  }

  /**
   * Publishes tensors together, under one name. Along their record axes they are equally long. Throws like `add`, and then
   * nothing was published.
   */
  addDataSet(fields: Fields, options: DataSetOptions = {}): PublishedDataSet {
    const keep = this.#checkedKeep(options);
    const made = makeDataSet(fields, options, this.#making);
    this.#publish({ ...made, options, keep }, 'added');
    return made.item;
  }

  /**
   * Publishes what an earlier page has kept, under the numbers that it had there; `before` is called when it is made and nobody
   * was told. Throws like `add`, and `id-taken`, and then nothing was published.
   */
  restore(
    { fields, value }: Content,
    options: PublishOptions | DataSetOptions,
    numbers: readonly number[],
    before: (item: StoreItem) => void,
  ): void {
    if (numbers.some((number) => this.#entries.has(number) || this.#shelf.tensor(number))) {
      throw new DuetError('id-taken');
    }
    const left = [...numbers];
    const making: Making = {
      minRecords: this.#making.minRecords,
      nextNumber: () => left.shift() ?? missing(),
    };
    const made: Made = fields
      ? makeDataSet(fields, options as DataSetOptions, making)
      : makeObject(value, options as PublishOptions, making);
    this.beginNumbersAt(Math.max(...numbers) + 1);
    const entry = { ...made, options, keep: true };
    this.#publish(entry, 'restored', before);
  }

  /** Throws `no-object` for what is not published any more. */
  publicationOf(item: StoreItem): Publication {
    const entry = this.#entries.get(item.number);
    if (!entry) throw new DuetError('no-object');
    const { options, access, keep } = entry;
    return { item, options, pointable: access.pointable, keep };
  }

  /**
   * Whether an object or a data set is kept over a reload. Throws `no-object`, `bad-argument`, also where the storage does not
   * outlive the page.
   */
  setKeep(key: string, keep: boolean): StoreItem {
    const entry = this.#entry(key);
    this.#checkedKeep({ keep });
    if (entry.keep !== keep) {
      entry.keep = keep;
      this.emit('keep', entry.item, keep);
    }
    return entry.item;
  }

  /**
   * Publishes something in the place of an object or a data set, with a new id. What the old one was given (tags, columns,
   * splits, who may see it) stays unless it is given anew; a mock stays where it fits. The old one is taken back in the same
   * go. Throws like `add`, or `no-object`, and then nothing has changed.
   */
  replace(key: string, value: TensorValue, options?: PublishOptions): PublishedObject;
  replace(key: string, fields: Fields, options?: DataSetOptions): PublishedDataSet;
  replace(
    key: string,
    content: TensorValue | Fields,
    options: PublishOptions | DataSetOptions = {},
  ): StoreItem {
    return this.#succeed(this.#entry(key), content, options, 'replaced');
  }

  /**
   * Publishes an object or a data set with more records: the old ones followed by these, along its record axis. Otherwise as
   * `replace`. Throws `bad-argument`, too, where dtypes or other axes differ.
   */
  extend(key: string, rows: TensorValue, options?: PublishOptions): PublishedObject;
  extend(key: string, rows: Fields, options?: DataSetOptions): PublishedDataSet;
  extend(
    key: string,
    rows: TensorValue | Fields,
    options: PublishOptions | DataSetOptions = {},
  ): StoreItem {
    const entry = this.#entry(key);
    return this.#succeed(entry, extended(entry.item, rows), options, 'extended');
  }

  /**
   * Changes who may see and use something. Those who lose it hear `gone`; those who gain it are told of it; the others hear
   * nothing. Who may read it without a request never changes: `replace` it for that. Throws `no-object`, `bad-argument`.
   */
  setAccess(key: string, options: AccessOptions): void {
    const { item, access } = this.#entry(key);
    const others = Object.keys(options).filter((option) => option !== 'pointable');
    if (others.length > 0) {
      throw new DuetError('bad-argument', {
        detail: `setAccess changes pointable alone, not ${others.join(', ')}.`,
        hint: 'Who may read a value without a request never changes: replace it by a new one.',
      });
    }
    const before = access.pointable;
    const now = checkedPointable(options.pointable);
    access.pointable = now;
    this.emit('access', item);
    if (goesBeyond(before, now)) {
      this.#note(item, 'hidden');
      this.emit('hidden', numbersOf(item), audienceOf(before, now));
    }
    if (goesBeyond(now, before)) {
      this.#note(item, 'shown');
      this.emit('shown', catalogueOf(item), audienceOf(now, before));
    }
  }

  /** By id, data set name or unique tag. Throws `no-object`, or `bad-argument` if a tag is not unique. */
  get(key: string): StoreItem {
    return this.#shelf.named(key);
  }

  /** Takes an object, or a whole data set, back. Scientists who knew of it hear `gone`. Throws `no-object`, `bad-argument`. */
  remove(key: string): void {
    const { item, access } = this.#entry(key);
    this.#forget(item);
    this.#note(item, 'removed');
    this.emit('removed', item);
    this.emit('hidden', numbersOf(item), audienceOf(access.pointable));
  }

  #checkedKeep({ keep = false }: Pick<PublishOptions, 'keep'>): boolean {
    if (!keep || this.#canKeep) return keep;
    throw new DuetError('bad-argument', {
      detail: 'Nothing can be kept here: this duet’s storage is forgotten with the page.',
      hint: 'Use storage: ‘browser’, in a browser that lets the page store something.',
    });
  }

  #publish(
    entry: Entry,
    how: 'added' | 'restored',
    before: (item: StoreItem) => void = () => undefined,
  ): void {
    const { item, access } = entry;
    const catalogue = fittingCatalogue(item);
    this.#shelf.checkRoom(item);
    this.#keep(entry);
    before(item);
    this.#note(item, how);
    this.emit('added', item);
    this.emit('shown', catalogue, audienceOf(access.pointable));
  }

  #succeed(
    old: Entry,
    content: TensorValue | Fields,
    given: PublishOptions | DataSetOptions,
    how: Predecessor<RecordAxis>['how'],
  ): StoreItem {
    const { fields, value } = replacing(old.item, content);
    const options = keptOptions(
      { ...old.options, pointable: old.access.pointable, keep: old.keep },
      given,
      content,
    );
    this.#checkedKeep(options);
    const made: Made = fields
      ? makeDataSet(fields, options, this.#making)
      : makeObject(value, options as PublishOptions, this.#making);
    const { item, access } = made;
    const catalogue = fittingCatalogue(item);
    this.#shelf.checkRoom(item, old.item);

    this.#forget(old.item);
    this.#keep({ ...made, options, keep: options.keep ?? false });
    const [axis, before] = [axisOf(item), axisOf(old.item)];
    if (axis && before) this.#predecessors.set(axis, { axis: before, how });
    this.#note(item, how, old.item);
    this.emit('removed', old.item);
    this.emit('added', item);
    // In this order: nobody keeps both, and a name means one of them at any time.
    this.emit('hidden', numbersOf(old.item), audienceOf(old.access.pointable));
    this.emit('shown', catalogue, audienceOf(access.pointable));
    return item;
  }

  #items(): readonly StoreItem[] {
    return [...this.#entries.values()].map(({ item }) => item);
  }

  /** What can be changed as a whole. Throws `no-object`, `bad-argument`. */
  #entry(key: string): Entry {
    const item = this.get(key);
    const entry = this.#entries.get(item.number);
    if (entry) return entry;
    const dataSet = isDataSet(item) ? item : item.dataSet;
    throw new DuetError('bad-argument', {
      detail: `${nameOfItem(item)} belongs to a data set.`,
      hint: `Say ${dataSet?.id} for all of it.`,
    });
  }

  #keep(entry: Entry): void {
    this.#entries.set(entry.item.number, entry);
    this.#shelf.add(entry.item);
  }

  #forget(item: StoreItem): void {
    this.#entries.delete(item.number);
    this.#shelf.remove(item);
  }

  #note(item: StoreItem, how: PublishedHow, before?: StoreItem): void {
    this.#audit.note({
      kind: 'published',
      object: item.id,
      name: nameOfItem(item),
      how,
      ...(before && { before: before.id }),
    });
  }
}

function missing(): never {
  throw new DuetError('internal');
}
