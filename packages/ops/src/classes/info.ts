/**
 * What is known, from public facts alone, of how a value was formed. It decides what a handler may release by itself, and
 * what the owner is told of a value that is asked for. docs/classes.md says what each class promises, and what not.
 */

import type { TensorMeta } from '@duet/protocol';

/**
 * `public`: published as such, sent by the scientist, or made of those. `aggregate`: a sum, mean, variance or covariance
 * over records, taken directly from what was published, or made of such and of the owner's public values alone. `metric`:
 * one number of a built-in loss or accuracy. `record`: all the rest.
 */
export type InfoClass = 'public' | 'aggregate' | 'metric' | 'record';

/** Consecutive records. */
export interface RecordSpan {
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  /** Persons among them, where the data set has a unit; else records. */
  readonly units: number;
}

/** The records of one published object, or of all tensors of a data set. Compared by identity. */
export interface RecordAxis {
  /** The same for as long as the owner's side runs. */
  readonly id: string;
  readonly records: number;
  /** Persons, where the data set has a unit; else `records`. */
  readonly units: number;
  /** The fewest units that an automatic aggregate or a metric may be about. */
  readonly minRecords: number;
  /** The only record sets that aggregates and metrics may be about, where the data set has a unit: the whole and its splits. */
  readonly spans: readonly RecordSpan[] | undefined;
}

/** Which entries of a published tensor an aggregate is about. */
export interface RecordSet {
  readonly axis: RecordAxis;
  /** The number of the published object. */
  readonly object: number;
  readonly from: number;
  readonly to: number;
  /** Entries that one record has in that object, and those of them that it is about, flat: [first, end). */
  readonly columns: number;
  readonly firstColumn: number;
  readonly endColumn: number;
}

/** That the entries along a dimension of a value are records, one by one. */
export interface Rows {
  readonly axis: RecordAxis;
  readonly dimension: number;
  /** How many distinct ones there are at least; duplicates count once. */
  readonly distinct: number;
  /** Set where they are these, in their order. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
}

/** What is known of one value. */
export interface Info {
  readonly class: InfoClass;
  /** Of a public one: is it the owner's own, with nothing of the scientist's in it? */
  readonly ofOwner: boolean;
  /** A published object, columns of it, or consecutive records of it: what an aggregate may be taken from. */
  readonly view: RecordSet | undefined;
  /** Along which dimension it has one entry a record, as far as that is known. */
  readonly rows: Rows | undefined;
  /** Of an aggregate: all that it is about. */
  readonly sets: readonly RecordSet[];
  /** Of a metric: the fewest units that its labels or its predictions carry. */
  readonly units: number | undefined;
  /** Losses of a built-in measure, record by record: their mean over all is a metric. By the fewest units behind them. */
  readonly measured: number | undefined;
  /** Why it is of no better class, in words for the owner. */
  readonly why: string;
}

/** A published tensor; `axis` is undefined where it has no records (a scalar). */
export interface PublishedFact {
  readonly number: number;
  readonly meta: TensorMeta;
  readonly public: boolean;
  readonly axis: RecordAxis | undefined;
  /** The dimension that the records are along. */
  readonly recordAxis: number;
}
