/**
 * What stays a view of a published object: its columns and consecutive records, with axes of length 1 added or dropped.
 * The rules here say which entries of a record are left; which records, the rules of rows.
 */

import type { TensorMeta } from '@duet/protocol';
import { slicedAxes, splitSizes } from '../rules/arrange';
import { integersOf } from '../rules/indexing';
import { stridedAxes } from '../rules/strided-slice';
import { wrapAxis } from '../shapes';
import type { ColumnRun, View } from './info';
import type { Known, KnownCall } from './known';

/** A view that a call is made on; its records are along `dimension`. */
export interface Viewed {
  readonly x: Known;
  readonly view: View;
  readonly dimension: number;
}

type Runs = readonly ColumnRun[] | undefined;
/** For each output, or undefined where the view ends. */
export type ColumnsRule = (
  viewed: Viewed,
  call: KnownCall,
  outputs: readonly TensorMeta[],
) => readonly Runs[];

/** What a list of runs may have. Beyond it the view ends. */
const mostRuns = 64;

/** The one view that the call is made on, and nothing else. */
export function viewedBy(call: KnownCall): Viewed | undefined {
  const [x] = call.operands();
  const { view, rows } = x?.info ?? {};
  return x && view && rows && { x, view, dimension: rows.dimension };
}

/** Entries stay as they are; also where axes of length 1 come or go. */
export const same: ColumnsRule = ({ view }) => [view.runs];

/** Axes of length 1 only. */
export const reshaped: ColumnsRule = ({ x, view }, _, [output]) => {
  const long = (shape: readonly number[]) => shape.filter((extent) => extent !== 1).join();
  return output !== undefined && long(x.meta.shape) === long(output.shape) ? [view.runs] : [];
};

/** Of a matrix: the entries of a record stay in their order. */
export const transposed: ColumnsRule = ({ x, view }) =>
  x.meta.shape.length <= 2 ? [view.runs] : [];

export const sliced: ColumnsRule = (viewed, call) => [
  pick(
    viewed,
    slicedAxes(call).map(({ begin, length }) => [{ first: begin, end: begin + length }]),
  ),
];

export const strided: ColumnsRule = (viewed, call) => {
  const picks = viewed.x.meta.shape.map((): readonly ColumnRun[] => []);
  for (const one of stridedAxes(call)) {
    if (one.isNew) continue;
    if (one.stride !== 1) return [];
    picks[one.axis] = [{ first: one.begin, end: one.begin + one.length }];
  }
  return [pick(viewed, picks)];
};

export const split: ColumnsRule = (viewed, call) => {
  const { shape } = viewed.x.meta;
  const axis = wrapAxis(call.number('axis', 0), shape.length);
  let from = 0;
  return splitSizes(call, shape[axis] ?? 0).map((size) => {
    from += size;
    return pick(viewed, whole(shape).with(axis, [{ first: from - size, end: from }]));
  });
};

export const unstacked: ColumnsRule = (viewed, call, outputs) => {
  const { shape } = viewed.x.meta;
  const axis = wrapAxis(call.number('axis', 0), shape.length);
  return outputs.map((_, at) =>
    pick(viewed, whole(shape).with(axis, [{ first: at, end: at + 1 }])),
  );
};

/** Columns by a list that the scientist wrote, in increasing order. */
export const gathered: ColumnsRule = (viewed, call) => {
  const { shape } = viewed.x.meta;
  const indices = call.fact('indices');
  const axis = wrapAxis(call.number('axis', 0), shape.length);
  if (axis === viewed.dimension || indices?.literal === undefined) return [];
  if (indices.meta.shape.length > 1 || call.number('batchDims', 0) !== 0) return [];
  const runs = runsOf(integersOf(indices.literal) ?? []);
  return [runs && pick(viewed, whole(shape).with(axis, runs))];
};

function whole(shape: readonly number[]): (readonly ColumnRun[])[] {
  return shape.map((extent) => [{ first: 0, end: extent }]);
}

/** Undefined unless they increase. */
function runsOf(indices: readonly number[]): Runs {
  const runs: { first: number; end: number }[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last !== undefined && index < last.end) return undefined;
    if (last?.end === index) last.end += 1;
    else runs.push({ first: index, end: index + 1 });
    if (runs.length > mostRuns) return undefined;
  }
  return runs;
}

/** The entries of the object that are left of a record, where so much is taken of each dimension of a view. */
function pick({ x, view, dimension }: Viewed, picks: readonly (readonly ColumnRun[])[]): Runs {
  let taken: Runs = [{ first: 0, end: 1 }];
  for (const [at, extent] of x.meta.shape.entries()) {
    if (at === dimension) continue;
    taken = taken && below(taken, extent, picks[at] ?? []);
  }
  return taken && through(view.runs, taken);
}

/** Positions in a dimension inside of those positions. */
function below(outer: readonly ColumnRun[], extent: number, inner: readonly ColumnRun[]): Runs {
  const [only] = inner;
  if (inner.length === 1 && only?.first === 0 && only.end === extent) {
    return outer.map(({ first, end }) => ({ first: first * extent, end: end * extent }));
  }
  const places = outer.reduce((sum, { first, end }) => sum + end - first, 0);
  if (places * inner.length > mostRuns) return undefined;
  return outer.flatMap(({ first, end }) =>
    Array.from({ length: end - first }, (_, at) => (first + at) * extent).flatMap((begin) =>
      inner.map((run) => ({ first: begin + run.first, end: begin + run.end })),
    ),
  );
}

/** Positions in a view as entries of its object. */
function through(runs: readonly ColumnRun[], positions: readonly ColumnRun[]): Runs {
  const found: { first: number; end: number }[] = [];
  let before = 0;
  for (const run of runs) {
    const length = run.end - run.first;
    for (const wanted of positions) {
      const first = Math.max(wanted.first - before, 0);
      const end = Math.min(wanted.end - before, length);
      if (first >= end) continue;
      const last = found.at(-1);
      if (last?.end === run.first + first) last.end = run.first + end;
      else found.push({ first: run.first + first, end: run.first + end });
    }
    before += length;
  }
  return found.length > mostRuns ? undefined : found;
}
