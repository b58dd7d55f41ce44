/** The positive list: what is an aggregate, and nothing else is. */

import { wrapAxes } from '../shapes';
import type { RecordAxis, RecordSet, View } from './info';
import { keyOfSet } from './keys';
import type { KnownCall } from './known';
import { enough, unitsBetween, unitWords } from './units';
import { viewedBy } from './views';

/** What it is about, or why it is none. */
export type AggregateRule = (call: KnownCall) => readonly RecordSet[] | string;

/** What one value may be about: more would have to be compared with each other at every call. */
const mostSets = 64;

/** `sum`, `mean` and both of `moments`: over the records, and over columns too where they are named. */
export const overRecords: AggregateRule = (call) => {
  const viewed = viewedBy(call);
  if (viewed === undefined) return notDirect;
  const { x, view, dimension } = viewed;
  const axes = wrapAxes(call.numbersIfAny('axis'), x.meta.shape.length);
  if (!axes.includes(dimension)) return `${call.spec.name} is not taken over the records here`;
  return tooFew(view) ?? setsOf(view);
};

/** Products summed over the records: what a covariance is made of. */
export const secondMoments: AggregateRule = (call) => {
  const [a, b] = [call.fact('a'), call.fact('b')];
  const [left, right] = [a?.info.view, b?.info.view];
  if (!a?.info.rows || !b?.info.rows || !left || !right) {
    return 'matMul is not taken of records by records here';
  }
  const summedOfA = call.flag('transposeA') ? 0 : 1;
  const summedOfB = call.flag('transposeB') ? 1 : 0;
  const areMatrices = a.meta.shape.length === 2 && b.meta.shape.length === 2;
  if (!areMatrices || a.info.rows.dimension !== summedOfA || b.info.rows.dimension !== summedOfB) {
    return 'matMul does not sum over the records here';
  }
  if (left.axis !== right.axis || left.from !== right.from || left.to !== right.to) {
    return 'matMul multiplies different records here';
  }
  return tooFew(left) ?? union([setsOf(left), setsOf(right)]);
};

const notDirect = 'it is not taken from the records directly';

function tooFew({ axis, from, to }: View): string | undefined {
  const units = unitsBetween(axis, from, to);
  if (enough(units, axis.minRecords)) return undefined;
  if (axis.spans === undefined || units > 0) {
    return `only ${unitWords(axis, units)}, fewer than ${axis.minRecords}`;
  }
  return `persons are counted for the whole data set and its splits only, not for records ${from} to ${to - 1}`;
}

function setsOf({ axis, object, from, to, columns, runs }: View): readonly RecordSet[] {
  return runs.map(({ first, end }) => ({
    axis,
    object,
    from,
    to,
    columns,
    firstColumn: first,
    endColumn: end,
  }));
}

/**
 * What is computed from several aggregates is about all their sets; it is one unless they differ from each other by fewer
 * records than an aggregate is about at least.
 */
export function union(all: readonly (readonly RecordSet[])[]): readonly RecordSet[] | string {
  const [first = [], ...rest] = new Set(all);
  if (rest.length === 0) return first;
  const sets = [...first];
  const seen = new Set(first);
  const keys = new Set(first.map(keyOfSet));
  for (const set of rest.flat()) {
    if (seen.has(set)) continue;
    seen.add(set);
    const key = keyOfSet(set);
    if (keys.has(key)) continue;
    keys.add(key);
    if (sets.length === mostSets) return `it is about more than ${mostSets} sets of records`;
    sets.push(set);
  }
  return tooClose(sets) ?? (sets.length === first.length ? first : sets);
}

/** Sums over two such sets have a difference that is about the records between their boundaries alone. */
function tooClose(sets: readonly RecordSet[]): string | undefined {
  const cuts = new Map<RecordAxis, Set<number>>();
  for (const { axis, from, to } of sets) {
    const known = cuts.get(axis) ?? new Set<number>();
    cuts.set(axis, known.add(from).add(to));
  }
  for (const [axis, places] of cuts) {
    const sorted = [...places].sort((a, b) => a - b);
    for (const [at, to] of sorted.entries()) {
      const from = sorted[at - 1];
      if (from === undefined || enough(unitsBetween(axis, from, to), axis.minRecords)) continue;
      return `it is about sets of records that differ by records ${from} to ${to - 1}`;
    }
  }
  return undefined;
}
