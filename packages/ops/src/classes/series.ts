/** Whole numbers that follow from what made them, so that indices which a plan computes for its batches are known. */

import { integersOf } from '../rules/indexing';
import type { Series } from './info';
import type { Known, KnownCall } from './known';

export type SeriesRule = (call: KnownCall) => Series | undefined;

/** Beyond it not every backend tells whole numbers apart: some compute int32 in float32. */
const largest = 2 ** 24;

function within(series: Series, count: number): Series | undefined {
  const last = (start: number) => start + series.step * Math.max(0, count - 1);
  const ends = [series.from, series.to, last(series.from), last(series.to)];
  return ends.every((end) => Number.isSafeInteger(end) && Math.abs(end) <= largest)
    ? series
    : undefined;
}

/** What is known of an operand: it may be a number that the scientist wrote. */
function seriesOf({ meta, literal, info }: Known): Series | undefined {
  if (info.series !== undefined || meta.dtype !== 'int32' || meta.shape.length > 0) {
    return info.series;
  }
  const value = literal && integersOf(literal)?.[0];
  return value === undefined ? undefined : { from: value, to: value, step: 0 };
}

export const filled: SeriesRule = (call) => {
  const value = call.number('value');
  if (call.choice('dtype', 'float32') !== 'int32' || !Number.isSafeInteger(value)) return undefined;
  return within({ from: value, to: value, step: 0 }, 1);
};

export const ranged: SeriesRule = (call) => {
  const [start, stop, step] = [call.number('start'), call.number('stop'), call.number('step', 1)];
  const isInt = call.choice('dtype', 'float32') === 'int32';
  if (!isInt || ![start, stop, step].every(Number.isSafeInteger)) return undefined;
  if (start >= stop || step <= 0) return undefined;
  return within({ from: start, to: start, step }, Math.ceil((stop - start) / step));
};

/** Both operands, and how many entries the result has; none above rank 1. */
function pairOf(call: KnownCall): readonly [Series, Series, count: number] | undefined {
  const [a, b] = call.operands();
  if (a === undefined || b === undefined) return undefined;
  const shapes = [a.meta.shape, b.meta.shape];
  if (shapes.some((shape) => shape.length > 1)) return undefined;
  const [left, right] = [seriesOf(a), seriesOf(b)];
  if (left === undefined || right === undefined) return undefined;
  const counts = shapes.map(([length = 1]) => length);
  const count = Math.max(...counts);
  // What is repeated along the other is one number, whatever its step.
  const stepOf = (series: Series, at: number) =>
    counts[at] === 1 ? { ...series, step: 0 } : series;
  return [stepOf(left, 0), stepOf(right, 1), count];
}

export const added: SeriesRule = (call) => {
  const pair = pairOf(call);
  if (pair === undefined) return undefined;
  const [a, b, count] = pair;
  return within({ from: a.from + b.from, to: a.to + b.to, step: a.step + b.step }, count);
};

export const multiplied: SeriesRule = (call) => {
  const pair = pairOf(call);
  if (pair === undefined) return undefined;
  const [a, b, count] = pair;
  const [by, other] = isOne(a) ? [a.from, b] : isOne(b) ? [b.from, a] : [-1, a];
  if (by < 0) return undefined;
  return within({ from: by * other.from, to: by * other.to, step: by * other.step }, count);
};

function isOne({ from, to, step }: Series): boolean {
  return from === to && step === 0;
}

/** How many different entries of an axis these indices are, for sure; 0 where nothing is known. */
export function distinctIndices(indices: Known, extent: number): number {
  const literal = indices.literal && integersOf(indices.literal);
  if (literal !== undefined) return new Set(literal).size;
  const { series } = indices.info;
  const [count = 1] = indices.meta.shape;
  if (series === undefined || count === 0) return 0;
  // Others would be moved to the nearest inside, and be the same.
  if (series.from < 0 || series.to + series.step * (count - 1) >= extent) return 1;
  return series.step === 0 ? 1 : count;
}
