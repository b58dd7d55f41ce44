/**
 * What is decided by: public facts of one request, as plain data that the audit can keep and a dry run can read again.
 */

import type { InfoClass, RecordSet, RecordSpan } from '@duet/ops';
import type { DType } from '@duet/protocol';

export interface SourceFacts {
  /** `p3`. */
  readonly id: string;
  readonly name: string;
  /** The owner's tags of it, with those of its data set. */
  readonly tags: readonly string[];
  /** Of its record axis; undefined for a scalar. */
  readonly records: number | undefined;
  /** Persons, where its data set has a unit; else records. */
  readonly units: number | undefined;
  /** The owner has taken it back since the value was computed. */
  readonly gone?: true | undefined;
}

/** One record set as plain data. */
export interface SetFacts extends Omit<RecordSet, 'axis'> {
  /** The id of its record axis. */
  readonly axis: string;
  /** All that the axis has. */
  readonly records: number;
  /** Persons among those of the set, where its data set has a unit; else records. */
  readonly units: number;
  readonly minRecords: number;
  /** The whole and the splits, with their persons, where its data set has a unit. */
  readonly spans: readonly RecordSpan[] | undefined;
}

/** The public facts that handlers match on, and that a request shows. */
export interface RequestFacts {
  /** The scientist's words. Inert text. */
  readonly name: string;
  /** The fingerprint of the scientist's identity key. */
  readonly peer: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  readonly class: InfoClass;
  /** Why it is of no better class, in words. */
  readonly why: string;
  /** What an aggregate is about. */
  readonly sets: readonly SetFacts[];
  /** Of a metric: the fewest records, or persons, that its labels or predictions carry. */
  readonly units: number | undefined;
  /** The published objects that it comes from, private and public ones. */
  readonly sources: readonly SourceFacts[];
  /** The plan whose call or run gave the value, SHA-256 in hex. */
  readonly plan: string | undefined;
}

/** How many numbers a value is: what quotas and ledgers count. A complex one is two. */
export function numbersIn({ dtype, elements }: Pick<RequestFacts, 'dtype' | 'elements'>): number {
  return dtype === 'complex64' ? 2 * elements : elements;
}
