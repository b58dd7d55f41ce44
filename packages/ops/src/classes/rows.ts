/**
 * Along which dimension of what an op gives there stands one entry a record. Where that is not certain there is none: a
 * rule may lose it, and never invent it.
 */

import type { TensorMeta } from '@duet/protocol';
import { slicedAxes, splitSizes } from '../rules/arrange';
import { stridedAxes } from '../rules/strided-slice';
import { sizeOf, wrapAxes, wrapAxis } from '../shapes';
import type { Rows } from './info';
import type { Known, KnownCall } from './known';
import { distinctIndices } from './series';

type MaybeRows = Rows | undefined;
/** One for all outputs, or one for each. */
export type RowsRule = (
  call: KnownCall,
  outputs: readonly TensorMeta[],
) => MaybeRows | readonly MaybeRows[];

/** It mixes records, or it is not followed. */
export const lost: RowsRule = () => undefined;

// ---- pieces ----------------------------------------------------------------------------------------------------

function at(rows: Rows, dimension: number): Rows {
  return dimension === rows.dimension ? rows : { ...rows, dimension };
}

/** Some of them, or all in another order, each at most as often as before. `left` of `all` entries stay. */
export function someOf(rows: Rows, all: number, left: number): MaybeRows {
  const distinct = Math.max(rows.distinct - (all - left), Math.min(1, left));
  return distinct > 0 ? { ...rows, distinct, span: undefined } : undefined;
}

/** Consecutive ones. */
function partOf(rows: Rows, all: number, from: number, count: number): MaybeRows {
  const { span } = rows;
  if (count === all) return rows;
  if (span === undefined || count === 0) return someOf(rows, all, count);
  return {
    ...rows,
    distinct: count,
    span: { from: span.from + from, to: span.from + from + count },
  };
}

function extentOf({ meta }: Known, rows: Rows): number {
  return meta.shape[rows.dimension] ?? 0;
}

/** The same records in all of them, entry by entry; undefined where they stand along different dimensions. */
function merged(all: readonly Rows[]): MaybeRows {
  const [first, ...rest] = all;
  if (first === undefined) return undefined;
  return rest.reduce<MaybeRows>((a, b) => a && both(a, b), first);
}

function both(a: Rows, b: Rows): MaybeRows {
  if (a.axis !== b.axis || a.dimension !== b.dimension) return undefined;
  const same = a.span?.from === b.span?.from && a.span?.to === b.span?.to;
  return { ...a, distinct: Math.min(a.distinct, b.distinct), span: same ? a.span : undefined };
}

/** The one operand that has rows, if it is this one. */
function only(call: KnownCall, name: string): { x: Known; rows: Rows } | undefined {
  const x = call.fact(name);
  const others = call.operands().some((each) => each !== x && each.info.rows !== undefined);
  return x?.info.rows === undefined || others ? undefined : { x, rows: x.info.rows };
}

function first(call: KnownCall): { x: Known; rows: Rows } | undefined {
  return only(call, call.spec.params[0]?.name ?? '');
}

/** Operands aligned at their last dimensions, as broadcasting does. */
function aligned(call: KnownCall, { shape }: TensorMeta): MaybeRows {
  return merged(
    call
      .operands()
      .flatMap((each) => (each.info.rows ? [spread(each, each.info.rows, shape)] : [])),
  );
}

function spread(x: Known, rows: Rows, shape: readonly number[]): Rows {
  return at(rows, rows.dimension + shape.length - x.meta.shape.length);
}

// ---- by family -------------------------------------------------------------------------------------------------

/** Entry by entry, with broadcasting. */
export const elementwise: RowsRule = (call, [output]) => output && aligned(call, output);

export const reduced: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const axes = wrapAxes(call.numbersIfAny('axis'), found.x.meta.shape.length);
  return without(found.rows, axes, call.flag('keepDims'));
};

function without(rows: Rows, axes: readonly number[], keepDims: boolean): MaybeRows {
  if (axes.includes(rows.dimension)) return undefined;
  const before = axes.filter((axis) => axis < rows.dimension).length;
  return keepDims ? rows : at(rows, rows.dimension - before);
}

/** `argMax` and `argMin`. */
export const extreme: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  return without(found.rows, [wrapAxis(call.number('axis', 0), found.x.meta.shape.length)], false);
};

/** Along an axis, which stays. */
export const cumulated: RowsRule = (call) => {
  const found = first(call);
  return found?.rows.dimension === call.number('axis', 0) ? undefined : found?.rows;
};

/** The last dimension is worked on as a whole; one for each output. */
export const alongLast: RowsRule = (call) => {
  const found = first(call);
  const rank = found?.x.meta.shape.length ?? 0;
  return found === undefined || found.rows.dimension === rank - 1 ? undefined : found.rows;
};

/** Of a batch, its first dimension, which only the full rank has. */
export function batched(rank: number, name?: string): RowsRule {
  return (call) => {
    const found = name === undefined ? first(call) : only(call, name);
    const fits = found?.x.meta.shape.length === rank && found.rows.dimension === 0;
    return fits ? found.rows : undefined;
  };
}

/** The largest alone; their positions may count through the batch. */
export const pooledWithPositions: RowsRule = (call, outputs) => {
  const rows = batched(4)(call, outputs) as MaybeRows;
  return [rows, undefined];
};

export const matMul: RowsRule = (call, [output]) => {
  const [a, b] = [call.fact('a'), call.fact('b')];
  const rank = output?.shape.length ?? 0;
  const others = call.operands().some((each) => each !== a && each !== b && each.info.rows);
  if (a === undefined || b === undefined || others) return undefined;
  return productOf(
    factor(a, rank, call.flag('transposeA') ? -1 : -2, -2),
    factor(b, rank, call.flag('transposeB') ? -2 : -1, -1),
  );
};

/** `free`, counted from the end, is the one of its last two dimensions that is not multiplied away; it becomes `to`. */
function factor(
  { meta, info }: Known,
  rank: number,
  free: number,
  to: number,
): Rows | 'mixed' | undefined {
  const { rows } = info;
  if (rows === undefined) return undefined;
  const fromEnd = rows.dimension - meta.shape.length;
  if (fromEnd < -2) return at(rows, fromEnd + rank);
  return fromEnd === free ? at(rows, rank + to) : 'mixed';
}

function productOf(a: Rows | 'mixed' | undefined, b: Rows | 'mixed' | undefined): MaybeRows {
  if (a === 'mixed' || b === 'mixed') return undefined;
  return merged([a, b].filter((rows) => rows !== undefined));
}

export const dot: RowsRule = (call, [output]) => {
  const [a, b] = [call.fact('t1'), call.fact('t2')];
  const rank = output?.shape.length ?? 0;
  if (a === undefined || b === undefined) return undefined;
  const of = ({ meta, info }: Known, dimension: number, to: number) => {
    const { rows } = info;
    if (rows === undefined) return undefined;
    return meta.shape.length === 2 && rows.dimension === dimension ? at(rows, to) : 'mixed';
  };
  return productOf(of(a, 0, 0), of(b, 1, rank - 1));
};

/** `basicLSTMCell`: of its data and its state. */
export const cell: RowsRule = (call) => {
  const carriers = [call.fact('data'), call.fact('c'), call.fact('h')];
  const others = call.operands().some((each) => each.info.rows && !carriers.includes(each));
  const all = carriers.flatMap((each) => each?.info.rows ?? []);
  return others || all.some(({ dimension }) => dimension > 0) ? undefined : merged(all);
};

/** A loss or an accuracy for each record. */
export const measured: RowsRule = (call, [output]) => {
  const [labels, predictions] = call.operands().map(({ info }) => info.rows);
  const records = call.first().shape[0];
  const each = output?.shape[0] === records && labels?.dimension === 0;
  return each && labels && predictions ? both(labels, predictions) : undefined;
};

/** `computeWeightedLoss`. */
export const weighed: RowsRule = (call, outputs) =>
  (outputs[0]?.shape.length ?? 0) > 0 ? elementwise(call, outputs) : undefined;

/** Dimensions are added at the end alone. */
export const kept: RowsRule = (call) => first(call)?.rows;

/** `inTopKAsync`: of predictions, whose last dimension goes, and targets. */
export const inTop: RowsRule = (call, [output]) => {
  const rank = output?.shape.length ?? 0;
  const all = call.operands().flatMap(({ info }) => (info.rows ? [info.rows] : []));
  return all.every(({ dimension }) => dimension < rank) ? merged(all) : undefined;
};

// ---- moves -----------------------------------------------------------------------------------------------------

/** Any new shape in which the records still are the entries of one dimension, in row-major order. */
export const reshaped: RowsRule = (call, [output]) => {
  const found = first(call);
  if (found === undefined || output === undefined) return undefined;
  const { x, rows } = found;
  const records = extentOf(x, rows);
  const before = sizeOf(x.meta.shape.slice(0, rows.dimension));
  let product = 1;
  for (const [dimension, extent] of output.shape.entries()) {
    if (product === before && extent === records) return at(rows, dimension);
    product *= extent;
  }
  return undefined;
};

export const expanded: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { x, rows } = found;
  const axis = wrapAxis(call.number('axis', 0), x.meta.shape.length + 1);
  return at(rows, axis <= rows.dimension ? rows.dimension + 1 : rows.dimension);
};

export const squeezed: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { shape } = found.x.meta;
  const named = call.numbersIfAny('axis') ?? [];
  const axes =
    named.length > 0
      ? wrapAxes(named, shape.length)
      : wrapAxes(undefined, shape.length).filter((axis) => shape[axis] === 1);
  return without(found.rows, axes, false);
};

export const transposed: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { x, rows } = found;
  const rank = x.meta.shape.length;
  const order = call.numbersIfAny('perm') ?? x.meta.shape.map((_, axis) => rank - 1 - axis);
  return at(rows, order.indexOf(rows.dimension));
};

export const sliced: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { x, rows } = found;
  const taken = slicedAxes(call)[rows.dimension];
  return taken && partOf(rows, extentOf(x, rows), taken.begin, taken.length);
};

export const strided: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { x, rows } = found;
  let dimension = 0;
  for (const one of stridedAxes(call)) {
    if (!one.isNew && one.axis === rows.dimension) {
      if (one.shrinks) return undefined;
      const all = extentOf(x, rows);
      const left =
        one.stride === 1 ? partOf(rows, all, one.begin, one.length) : someOf(rows, all, one.length);
      return left && at(left, dimension);
    }
    if (one.isNew || !one.shrinks) dimension += 1;
  }
  return undefined;
};

export const split: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { x, rows } = found;
  const axis = wrapAxis(call.number('axis', 0), x.meta.shape.length);
  if (axis !== rows.dimension) return rows;
  const all = extentOf(x, rows);
  let from = 0;
  return splitSizes(call, all).map((size) => {
    from += size;
    return partOf(rows, all, from - size, size);
  });
};

export const unstacked: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  return without(found.rows, [wrapAxis(call.number('axis', 0), found.x.meta.shape.length)], false);
};

/** One after the other along their records, or along another axis. */
export const joined: RowsRule = (call) => {
  const all = call.operands();
  const rows = all.flatMap(({ info }) => (info.rows ? [info.rows] : []));
  const [one] = rows;
  const [x] = all;
  if (one === undefined || x === undefined) return undefined;
  const named = call.spec.params.some(({ name }) => name === 'axis');
  // tfjs does not look at the axis of one tensor alone.
  if (all.length === 1) return one;
  const axis = wrapAxis(named ? call.number('axis', 0) : 0, x.meta.shape.length);
  if (axis !== one.dimension) return merged(rows);
  const alike = rows.every((each) => each.axis === one.axis && each.dimension === axis);
  if (!alike || rows.length < all.length) return undefined;
  return { ...one, distinct: Math.max(...rows.map(({ distinct }) => distinct)), span: undefined };
};

export const stacked: RowsRule = (call) => {
  const [x] = call.operands();
  if (x === undefined) return undefined;
  const rows = merged(call.operands().flatMap(({ info }) => (info.rows ? [info.rows] : [])));
  const axis = wrapAxis(call.number('axis', 0), x.meta.shape.length + 1);
  return rows && at(rows, axis <= rows.dimension ? rows.dimension + 1 : rows.dimension);
};

/** Whole copies: no record more. */
export const tiled: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const repeats = call.numbers('reps')[found.rows.dimension] ?? 1;
  if (repeats < 1) return undefined;
  return repeats === 1 ? found.rows : { ...found.rows, span: undefined };
};

export const broadcast: RowsRule = (call, [output]) => {
  const found = first(call);
  return found && output && spread(found.x, found.rows, output.shape);
};

export const reversed: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const { x, rows } = found;
  const named = call.spec.params.some(({ name }) => name === 'axis');
  const axes = wrapAxes(named ? call.numbersIfAny('axis') : undefined, x.meta.shape.length);
  return axes.includes(rows.dimension) ? { ...rows, span: undefined } : rows;
};

export const padded: RowsRule = (call) => {
  const found = first(call);
  if (found === undefined) return undefined;
  const flat = call.numbers('paddings');
  const { dimension } = found.rows;
  const alike = flat[2 * dimension] === 0 && flat[2 * dimension + 1] === 0;
  return alike ? found.rows : undefined;
};

export const gathered: RowsRule = (call) => {
  const [x, indices] = [call.fact('x'), call.fact('indices')];
  if (x === undefined || indices === undefined || call.number('batchDims', 0) !== 0)
    return undefined;
  const axis = wrapAxis(call.number('axis', 0), x.meta.shape.length);
  const { length: rank } = indices.meta.shape;
  const [rows, byIndex] = [x.info.rows, indices.info.rows];
  // What a table has for each record.
  if (byIndex !== undefined)
    return rows === undefined ? at(byIndex, axis + byIndex.dimension) : undefined;
  if (rows === undefined) return undefined;
  if (rows.dimension < axis) return rows;
  if (rows.dimension > axis) return at(rows, rows.dimension + rank - 1);
  if (rank !== 1) return undefined;
  const all = extentOf(x, rows);
  const taken = distinctIndices(indices, all);
  // Duplicates among the rows themselves may be what was taken.
  const distinct = taken - (all - rows.distinct);
  return distinct > 0 ? { ...rows, distinct, span: undefined } : undefined;
};
