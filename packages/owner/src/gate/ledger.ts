/**
 * What of each record axis was ever released as an aggregate: where the released record sets begin and end, and how many
 * numbers there were about each column. Two sums over sets that differ by few records tell of those few, and as many sums as
 * there are records tell of them all; so no aggregate is released by itself that would make either possible.
 *
 * All sets are consecutive records. Any combination of what was released is constant between two neighbouring cuts, so it
 * is about nothing, or about all the records between two cuts at least: if those are never fewer than `minRecords`, no
 * combination is about fewer.
 */

import type { RecordSpan } from '@duet/ops';
import type { SetFacts } from './facts';

/** So many numbers were released about the columns [from, to). */
export interface ColumnCount {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A released record set. */
export type ReleasedRange = readonly [from: number, to: number];

/** Of one record axis, and of those whose records are the same. */
export interface Ledger {
  /** Ledgers of one group are of versions of the same data: of an object, and of what replaced it. */
  readonly group: string;
  /** Records of the longest of its axes: one that was extended begins with the records of the one before. */
  readonly records: number;
  /** Where released record sets begin or end, ascending. */
  readonly cuts: readonly number[];
  /** The newest of them, for the owner's eyes. */
  readonly ranges: readonly ReleasedRange[];
  /** By published object, without those of which nothing was released. */
  readonly columns: ReadonlyMap<number, readonly ColumnCount[]>;
}

/** By record axis. */
export type Ledgers = ReadonlyMap<string, Ledger>;

/** An earlier release from nearly the same records: together they tell of those in which they differ. */
export interface NearRelease {
  /** Which of the record sets that are asked for. */
  readonly set: SetFacts;
  readonly released: ReleasedRange;
  /** Records in which they differ; undefined where the other is of a version of the data that was replaced. */
  readonly differs: number | undefined;
}

const keptRanges = 256;

export function freshLedger(group: string, records = 0): Ledger {
  return { group, records, cuts: [], ranges: [], columns: new Map() };
}

/** Why an aggregate about these sets may not be released beside all that was; undefined where it may. */
export function whyTooFine(
  ledgers: Ledgers,
  sets: readonly SetFacts[],
  elements: number,
): string | undefined {
  // An aggregate that is about no records is a mistake of ours; it does not leave by itself.
  if (sets.length === 0) return 'It is not known which records it is about.';
  const after = entered(ledgers, sets, elements);
  const seen: SetFacts[] = [];
  for (const set of sets) {
    const ledger = after.get(set.axis);
    if (!ledger) continue;
    // The boundaries of all sets are looked at together: once will do.
    const isNew = !seen.some((other) => isOfSameRecords(other, set));
    if (isNew) seen.push(set);
    const thin = isNew ? (whyReplaced(ledgers, set) ?? whyThin(ledger, set)) : undefined;
    const why = thin ?? whyMany(ledger, set);
    if (why !== undefined) return why;
  }
  return undefined;
}

function isOfSameRecords(a: SetFacts, b: SetFacts): boolean {
  return a.axis === b.axis && a.minRecords === b.minRecords && a.spans === b.spans;
}

/** The ledgers after a release of so many elements. */
export function entered(ledgers: Ledgers, sets: readonly SetFacts[], elements: number): Ledgers {
  const after = new Map(ledgers);
  for (const set of sets) {
    const ledger = after.get(set.axis) ?? freshLedger(set.axis);
    after.set(set.axis, withSet(ledger, set, elements));
  }
  return after;
}

/** Earlier releases whose records differ from these by some, but fewer than `minRecords`. */
export function nearReleases(ledgers: Ledgers, sets: readonly SetFacts[]): readonly NearRelease[] {
  return sets.flatMap((set) => {
    const own = ledgers.get(set.axis);
    const near = (own?.ranges ?? [])
      .filter((released) => differsByFew(released, set))
      .map((released) => ({ set, released, differs: differing(released, set) }));
    const replaced = kinOf(ledgers, set)
      .flatMap(({ ranges }) => ranges)
      .map((released) => ({ set, released, differs: undefined }));
    return [...near, ...replaced];
  });
}

/** One ledger for two axes that turned out to be of the same records. */
export function joined(one: Ledger, other: Ledger): Ledger {
  const columns = new Map(one.columns);
  for (const [object, counts] of other.columns) {
    const sum = counts.reduce(charged, columns.get(object) ?? []);
    columns.set(object, sum);
  }
  return {
    group: one.group,
    records: Math.max(one.records, other.records),
    cuts: ascending([...one.cuts, ...other.cuts]),
    ranges: [...other.ranges, ...one.ranges].slice(-keptRanges),
    columns,
  };
}

function withSet(ledger: Ledger, set: SetFacts, elements: number): Ledger {
  const { object, from, to, firstColumn, endColumn, records } = set;
  const counts = ledger.columns.get(object) ?? [];
  // Numbers about several columns are shared among them, in whole numbers and never too few: what is released about some
  // columns together stays under their bounds together, however the sets overlap.
  const count = Math.ceil(elements / Math.max(1, endColumn - firstColumn));
  const known = ledger.ranges.some((range) => range[0] === from && range[1] === to);
  return {
    group: ledger.group,
    records: Math.max(ledger.records, records),
    cuts: ascending([...ledger.cuts, from, to]),
    ranges: known ? ledger.ranges : [...ledger.ranges, [from, to] as const].slice(-keptRanges),
    columns: new Map(ledger.columns).set(
      object,
      charged(counts, { from: firstColumn, to: endColumn, count }),
    ),
  };
}

function ascending(cuts: readonly number[]): readonly number[] {
  return [...new Set(cuts)].sort((a, b) => a - b);
}

/** Counts by ranges of columns that do not overlap, ascending. */
function charged(counts: readonly ColumnCount[], more: ColumnCount): readonly ColumnCount[] {
  const edges = ascending([...counts, more].flatMap(({ from, to }) => [from, to]));
  let next = 0;
  const all = edges.slice(0, -1).flatMap((from, index) => {
    while ((counts[next]?.to ?? from + 1) <= from) next += 1;
    const known = [counts[next], more].filter(
      (each) => each && each.from <= from && from < each.to,
    );
    const count = known.reduce((sum, each) => sum + (each?.count ?? 0), 0);
    return count === 0 ? [] : [{ from, to: edges[index + 1] ?? from, count }];
  });
  return bounded(all);
}

/** Beyond it two neighbours, and what is between them, are counted as one: never too few, and in bounded time. */
const mostCounts = 1024;

function bounded(counts: readonly ColumnCount[]): readonly ColumnCount[] {
  if (counts.length <= mostCounts) return counts;
  return counts.flatMap((one, at) => {
    const other = counts[at + 1] ?? one;
    if (at % 2 === 1) return [];
    return [{ from: one.from, to: other.to, count: Math.max(one.count, other.count) }];
  });
}

function kinOf(ledgers: Ledgers, { axis }: SetFacts): readonly Ledger[] {
  const own = ledgers.get(axis);
  if (!own) return [];
  return [...ledgers.values()].filter((ledger) => ledger !== own && ledger.group === own.group);
}

function whyReplaced(ledgers: Ledgers, set: SetFacts): string | undefined {
  if (kinOf(ledgers, set).every(({ cuts }) => cuts.length === 0)) return undefined;
  return 'Aggregates of another version of this data were released: the two could differ by one record.';
}

function whyThin({ cuts, records }: Ledger, { minRecords, spans }: SetFacts): string | undefined {
  const all = ascending([0, ...cuts, records]);
  for (const [index, to] of all.entries()) {
    const from = all[index - 1];
    if (from === undefined) continue;
    const units = spans ? fewestPersons(spans, from, to) : to - from;
    if (units < minRecords) {
      const what = spans ? 'persons' : 'records';
      return `With what was released before it could tell of fewer than ${minRecords} ${what}: those from record ${from} to ${to - 1}.`;
    }
  }
  return undefined;
}

function whyMany({ columns }: Ledger, set: SetFacts): string | undefined {
  const { object, firstColumn, endColumn } = set;
  const most = (columns.get(object) ?? [])
    .filter(({ from, to }) => from < endColumn && firstColumn < to)
    .reduce((highest, { count }) => Math.max(highest, count), 0);
  const units = unitsOf(set);
  if (most * 10 < units) return undefined;
  return `With it, ${most} numbers about one column of ${units} ${set.spans ? 'persons' : 'records'} would be released: a tenth of them or more.`;
}

/** Persons of the whole data set, or records. */
function unitsOf({ spans, records }: SetFacts): number {
  if (!spans) return records;
  return spans.find(({ from, to }) => from === 0 && to === records)?.units ?? 0;
}

/**
 * How many persons have records in [from, to) at least, as far as the published counts tell: those of any span inside of it,
 * and those of any span around it without as many as the rest of that span can have.
 */
export function fewestPersons(spans: readonly RecordSpan[], from: number, to: number): number {
  const around = spans
    .filter((span) => span.from <= from && to <= span.to)
    .map(
      (span) => span.units - mostPersons(spans, span.from, from) - mostPersons(spans, to, span.to),
    );
  const inside = spans
    .filter((span) => from <= span.from && span.to <= to)
    .map(({ units }) => units);
  return Math.max(0, ...around, ...inside);
}

/** No more persons than that have records in [from, to): the fewest that spans which cover it have together. */
function mostPersons(spans: readonly RecordSpan[], from: number, to: number): number {
  const ends = ascending(spans.map((span) => span.to).filter((end) => end > from));
  // By how far the records are covered; a person has one record at least, so records bound them, too.
  const cost = new Map([[from, 0]]);
  for (const at of [from, ...ends]) {
    const so = cost.get(at);
    if (so === undefined || at >= to) continue;
    for (const span of [...spans, { from: at, to, units: to - at }]) {
      if (span.from > at || span.to <= at) continue;
      cost.set(span.to, Math.min(cost.get(span.to) ?? Number.POSITIVE_INFINITY, so + span.units));
    }
  }
  const covering = [...cost].filter(([end]) => end >= to).map(([, units]) => units);
  return from >= to ? 0 : Math.min(...covering);
}

function differing([from, to]: ReleasedRange, set: SetFacts): number {
  const common = Math.max(0, Math.min(to, set.to) - Math.max(from, set.from));
  return to - from + (set.to - set.from) - 2 * common;
}

function differsByFew(released: ReleasedRange, set: SetFacts): boolean {
  const [from, to] = released;
  const records = differing(released, set);
  if (records === 0) return false;
  const { spans, minRecords } = set;
  if (!spans) return records < minRecords;
  const parts = [
    [Math.min(from, set.from), Math.max(from, set.from)],
    [Math.min(to, set.to), Math.max(to, set.to)],
  ] as const;
  return parts.some(([a, b]) => a < b && fewestPersons(spans, a, b) < minRecords);
}
