/** How many units, records or persons, some records are. */

import type { RecordAxis, Rows } from './info';

/** Units of consecutive records; 0 where the data set has persons and they were not counted for just these. */
export function unitsBetween({ spans }: RecordAxis, from: number, to: number): number {
  if (spans === undefined) return to - from;
  return spans.find((span) => span.from === from && span.to === to)?.units ?? 0;
}

/** The fewest units that stand along a dimension. */
export function unitsAlong({ axis, distinct, span }: Rows): number {
  if (axis.spans === undefined) return distinct;
  return span === undefined ? 0 : unitsBetween(axis, span.from, span.to);
}

export function enough(units: number, least: number): boolean {
  return units > 0 && units >= least;
}

/** Words for the owner: what the units of an axis are. */
export function unitWords({ spans }: RecordAxis, count: number): string {
  const one = spans === undefined ? 'record' : 'person';
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
