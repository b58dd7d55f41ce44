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

/** Entries of one record, flat: [first, end). */
export interface ColumnRun {
  readonly first: number;
  readonly end: number;
}

/** A published object, some of its columns, or consecutive records of it, and no op in between. */
export interface View {
  readonly axis: RecordAxis;
  /** The number of the published object. */
  readonly object: number;
  readonly from: number;
  readonly to: number;
  /** Entries that one record has in that object. */
  readonly columns: number;
  /** Those that are in this, in their order. */
  readonly runs: readonly ColumnRun[];
}

/** Which entries of a published tensor an aggregate is about: consecutive columns of consecutive records. */
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
  /** Set where they are just these, in their order. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
}

/** What a built-in loss or accuracy gave, of records or of one number for all of them. */
export interface Measured {
  /** The fewest units that its labels or its predictions carry; 0 where that is not known. */
  readonly units: number;
  /** The fewest that it takes to be a metric. */
  readonly least: number;
  /** How much of one record is in it. NaN: not known. Parts in which it is the same add up to a mean over all of them. */
  readonly each: number;
  /** One entry a record, along dimension 0? Else each entry is of all records. */
  readonly byRecord: boolean;
}

/** Whole numbers that are known: `start + step * i`, with a start between `from` and `to`. */
export interface Series {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What is known of one value. */
export interface Info {
  readonly class: InfoClass;
  /** Of a public one: is it the owner's own, with nothing of the scientist's in it? */
  readonly ofOwner: boolean;
  /** What an aggregate may be taken from; its records are along `rows`. */
  readonly view: View | undefined;
  /** Along which dimension it has one entry a record, as far as that is known. */
  readonly rows: Rows | undefined;
  /** Of an aggregate: all that it is about. */
  readonly sets: readonly RecordSet[];
  readonly measured: Measured | undefined;
  /** Of public int32 values of rank 0 or 1, where it follows from what made them. */
  readonly series: Series | undefined;
  /** Why it is of no better class, in words for the owner. Empty where it is public. */
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
