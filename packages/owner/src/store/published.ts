/** What an owner publishes, and how it is said. */

import type { PublishedFact, RecordAxis } from '@duet/ops';
import type { Split, TensorValue } from '@duet/protocol';
import type { Pointable } from './access';

export interface PublishOptions {
  readonly tags?: readonly string[] | undefined;
  readonly description?: string | undefined;
  /** Names of the entries of the last axis. */
  readonly columns?: readonly string[] | undefined;
  /** Readable without a request, by everyone who is joined. Default false. */
  readonly public?: boolean | undefined;
  /**
   * Scientists who may read it without a request, by the fingerprints of their identity keys. No other is told who they
   * are, and they are not told themselves. Default: none.
   */
  readonly readers?: readonly string[] | undefined;
  /**
   * Listed for scientists and usable by them: by all, by none, or by those with these fingerprints; the others never hear of
   * it. Default true. `setAccess` changes it.
   */
  readonly pointable?: Pointable | undefined;
  /** Made-up values of the same shape and dtype, which everyone who hears of it may read, to try a program on. */
  readonly mock?: TensorValue | undefined;
  /** The axis along which one entry is one record: a person, a visit, a picture. Default 0. A scalar has none. */
  readonly recordAxis?: number | undefined;
  /** The fewest records (persons, where there is a unit) that a handler may release an aggregate of: no fewer than the launch's. */
  readonly minRecords?: number | undefined;
  /**
   * Write it down in this browser, sealed, so that it is there again under the same id after a reload of the page. Only where
   * the storage outlives the page. What takes its place is kept, too. Default false.
   */
  readonly keep?: boolean | undefined;
}

export interface DataSetOptions extends Omit<PublishOptions, 'columns' | 'mock' | 'recordAxis'> {
  readonly name?: string | undefined;
  /** Column names by field. */
  readonly columns?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Made-up values by field; those that have none are left out. */
  readonly mock?: Readonly<Record<string, TensorValue>> | undefined;
  /** One for all fields, or by field. Default 0. Along it, all have the same records in the same order. */
  readonly recordAxis?: number | Readonly<Record<string, number>> | undefined;
  /**
   * The field (`'patient'`, with one value a record) or the column of a field (`'X.patient'`) whose equal values are one person.
   * How many persons there are is published; the values are as private as all others.
   */
  readonly unit?: string | undefined;
  /** Parts by name, as the first record and the one after the last: with a unit the only ones that handlers release aggregates of. */
  readonly splits?: Readonly<Record<string, readonly [from: number, to: number]>> | undefined;
}

/** A tensor in the owner's store. The bytes are the owner's own copy and never change. */
export interface PublishedObject {
  /** `p1`, `p2`, … */
  readonly id: string;
  readonly number: number;
  readonly value: TensorValue;
  readonly tags: readonly string[];
  readonly description: string;
  readonly columns: readonly string[];
  readonly public: boolean;
  readonly readers: readonly string[];
  /** As it is now. */
  readonly pointable: Pointable;
  /** Its name in its data set; empty outside one. */
  readonly field: string;
  readonly dataSet: PublishedDataSet | undefined;
  /** Its made-up twin: public, in the store with it and gone with it, and no object of its own to the owner. */
  readonly mock: PublishedObject | undefined;
  /** The number of the object that it is a mock of; 0: it is no mock. */
  readonly mockOf: number;
  /** What classes are computed from. All fields of a data set share one record axis. */
  readonly fact: PublishedFact;
}

export interface PublishedDataSet {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly pointable: Pointable;
  readonly fields: ReadonlyMap<string, PublishedObject>;
  readonly axis: RecordAxis;
  /** The field or column that tells persons; empty: every record is one. */
  readonly unit: string;
  /** With the persons of each, or its records where there is no unit. A person in two of them counts in both. */
  readonly splits: readonly Split[];
}

export type StoreItem = PublishedObject | PublishedDataSet;

/** What an item was made to follow. */
export interface Predecessor<T> {
  readonly axis: T;
  readonly how: 'replaced' | 'extended';
}

export function isDataSet(item: StoreItem): item is PublishedDataSet {
  return 'fields' in item;
}

/** The words an object goes by on the owner's side: `patients.X`, `ages`, `p3`. */
export function nameOf(object: PublishedObject): string {
  const { dataSet, field, tags, id, mockOf } = object;
  if (mockOf !== 0) return `the mock of p${mockOf}`;
  if (dataSet) return `${nameOfSet(dataSet)}.${field}`;
  return tags[0] ?? id;
}

function nameOfSet({ name, tags, id }: PublishedDataSet): string {
  return name || tags[0] || id;
}

/** The same for a data set, too. */
export function nameOfItem(item: StoreItem): string {
  return isDataSet(item) ? nameOfSet(item) : nameOf(item);
}

/** The owner's tags of an object, with those of its data set. */
export function tagsOf(object: PublishedObject): ReadonlySet<string> {
  return new Set([...object.tags, ...(object.dataSet?.tags ?? [])]);
}

/** All tensors of an item, without mocks. */
export function tensorsOfItem(item: StoreItem): readonly PublishedObject[] {
  return isDataSet(item) ? [...item.fields.values()] : [item];
}

/** Objects, each followed by its mock. */
export function withMocks(objects: readonly PublishedObject[]): PublishedObject[] {
  return objects.flatMap((object) => (object.mock ? [object, object.mock] : [object]));
}

/** Every number that an item has: its own, its fields', their mocks'. */
export function numbersOf(item: StoreItem): readonly number[] {
  const tensors = withMocks(tensorsOfItem(item)).map(({ number }) => number);
  return isDataSet(item) ? [item.number, ...tensors] : tensors;
}
