/** Ops that read or write at positions which a tensor holds. Shapes only: what becomes of a position outside is the guard's. */

import { byteLength, elementCount, type TensorValue } from '@duet/protocol';
import type { Call, Rule } from '../call';
import { Misfit, need } from '../misfit';
import { needRankAtMost, type Shape, showShape, sizeOf, workOf } from '../shapes';

/** The entries of an int32 literal; undefined for any other tensor. A literal is public, so that what is wrong in it is an error. */
export function literalIntegers(call: Call, name: string): number[] | undefined {
  const literal = call.literal(name);
  return literal && integersOf(literal);
}

/** Undefined for what is not int32. Throws Misfit. */
export function integersOf(literal: TensorValue): number[] | undefined {
  if (literal.meta.dtype !== 'int32') return undefined;
  if (literal.bytes.byteLength !== byteLength(literal.meta))
    throw new Misfit('a literal is broken');
  const { buffer, byteOffset, byteLength: length } = literal.bytes;
  const view = new DataView(buffer, byteOffset, length);
  return Array.from({ length: elementCount(literal.meta.shape) }, (_, at) =>
    view.getInt32(4 * at, true),
  );
}

/** Positions as tfjs reads them: rows of `depth` indices, one for each of the leading axes that they point into. */
interface Positions {
  readonly lead: Shape;
  readonly depth: number;
}

/** WebGL's program for scattering keeps a position in a vector, and the longest of those has four entries. */
const deepestScatter = 4;

/** A list of rank 1 is one index each for scattering, and one whole position for gathering. */
function positionsOf(call: Call, name: string, shape: Shape, listIsRows: boolean): Positions {
  const indices = call.tensor(name).shape;
  const rows = indices.length > 1 || !listIsRows;
  const lead = rows ? indices.slice(0, -1) : indices;
  const depth = rows ? (indices.at(-1) ?? 0) : 1;
  need(depth > 0, `${name} ${showShape(indices)} has positions without an index`);
  need(
    depth <= shape.length,
    `${name} ${showShape(indices)} has ${depth} indices a position for rank ${shape.length}`,
  );
  needInside(call, name, shape.slice(0, depth));
  return { lead, depth };
}

function needInside(call: Call, name: string, sizes: Shape): void {
  for (const [at, index] of (literalIntegers(call, name) ?? []).entries()) {
    const axis = at % sizes.length;
    const size = sizes[axis] ?? 0;
    need(
      index >= 0 && index < size,
      `index ${index} is not between 0 and ${size - 1}, the entries of axis ${axis}`,
    );
  }
}

export const gatherND: Rule = (call) => {
  const x = call.tensor('x');
  need(x.shape.length > 0, 'a scalar has no positions');
  need(call.tensor('indices').shape.length > 0, 'indices must have rank 1 or more');
  need(sizeOf(x.shape) > 0, 'x is empty');
  const { lead, depth } = positionsOf(call, 'indices', x.shape, false);
  const shape = [...lead, ...x.shape.slice(depth)];
  return { outputs: [{ dtype: x.dtype, shape }], cost: 8 * workOf(shape) };
};

function needUpdates(call: Call, name: string, updates: Shape, into: Shape): Positions {
  const positions = positionsOf(call, name, into, true);
  need(positions.depth <= deepestScatter, `more than ${deepestScatter} indices a position`);
  const wanted = [...positions.lead, ...into.slice(positions.depth)];
  need(
    updates.length === wanted.length && updates.every((size, axis) => size === wanted[axis]),
    `updates must have shape ${showShape(wanted)}, not ${showShape(updates)}`,
  );
  return positions;
}

export const scatterND: Rule = (call) => {
  const updates = call.tensor('updates');
  const shape = call.shape('shape');
  need(shape.length > 0, 'the shape of a scalar has no positions');
  need(updates.shape.length > 0, 'updates must have rank 1 or more');
  need(call.tensor('indices').shape.length > 0, 'indices must have rank 1 or more');
  need(
    updates.dtype !== 'bool',
    'updates must not be bool: cast it to int32, since they are summed',
  );
  needUpdates(call, 'indices', updates.shape, shape);
  return {
    outputs: [{ dtype: updates.dtype, shape }],
    cost: 8 * (workOf(updates.shape) + workOf(shape)),
  };
};

/** To find the last of several updates of one place, updates are compared bit by bit of their numbers. */
function lastWinsCost(count: number, updates: Shape, into: Shape): number {
  const bits = Math.ceil(Math.log2(Math.max(2, count)));
  return 8 * (bits + 2) * (workOf(into) + workOf(updates) + count);
}

export const tensorScatterUpdate: Rule = (call) => {
  const into = call.tensor('tensor');
  const updates = call.tensor('updates');
  need(into.shape.length > 0, 'a scalar has no positions');
  need(updates.shape.length > 0, 'updates must have rank 1 or more');
  need(call.tensor('indices').shape.length > 0, 'indices must have rank 1 or more');
  need(into.dtype === updates.dtype, `updates must be ${into.dtype} too, not ${updates.dtype}`);
  const { lead } = needUpdates(call, 'indices', updates.shape, into.shape);
  return {
    outputs: [{ dtype: into.dtype, shape: into.shape }],
    cost: lastWinsCost(sizeOf(lead), updates.shape, into.shape),
  };
};

export const sparseToDense: Rule = (call) => {
  const indices = call.tensor('sparseIndices');
  const values = call.tensor('sparseValues');
  const shape = call.shape('outputShape');
  needRankAtMost(indices.shape, 2);
  const { lead, depth } = positionsOf(call, 'sparseIndices', shape, true);
  need(depth <= deepestScatter, `more than ${deepestScatter} indices a position`);
  need(
    depth === shape.length,
    `positions of ${depth} indices do not fit an outputShape of rank ${shape.length}`,
  );
  const count = sizeOf(lead);
  need(
    values.shape.length === 0 || (values.shape.length === 1 && values.shape[0] === count),
    `sparseValues must have shape [] or [${count}], not ${showShape(values.shape)}`,
  );
  const otherwise = call.tensorIfAny('defaultValue');
  if (otherwise !== undefined) {
    need(
      otherwise.dtype === values.dtype,
      `defaultValue must be ${values.dtype} like sparseValues, not ${otherwise.dtype}`,
    );
    need(sizeOf(otherwise.shape) === 1, 'defaultValue must be one number');
  }
  return {
    outputs: [{ dtype: values.dtype, shape }],
    cost: lastWinsCost(count, values.shape, shape),
  };
};

function needCountable(call: Call): { readonly x: Shape; readonly size: number } {
  const x = call.tensor('x').shape;
  const weights = call.tensor('weights');
  const size = call.number('size');
  need(size >= 0, `size must not be negative, but is ${size}`);
  need(
    weights.dtype !== 'bool',
    'weights must not be bool: cast it to int32, since they are summed',
  );
  const given = sizeOf(weights.shape);
  need(
    given === 0 || given === sizeOf(x),
    `weights ${showShape(weights.shape)} must be empty or as many as x ${showShape(x)}`,
  );
  const negative = literalIntegers(call, 'x')?.find((entry) => entry < 0);
  need(negative === undefined, `x has the entry ${negative}, which is negative`);
  return { x, size };
}

export const bincount: Rule = (call) => {
  const { x, size } = needCountable(call);
  return {
    outputs: [{ dtype: call.tensor('weights').dtype, shape: [size] }],
    cost: 4 * workOf(x) + size,
  };
};

export const denseBincount: Rule = (call) => {
  const { x, size } = needCountable(call);
  need(x.length === 1 || x.length === 2, `x must have rank 1 or 2, not ${x.length}`);
  need(x.length === 2 || !call.flag('binaryOutput'), 'binaryOutput needs an x of rank 2');
  const shape = [...x.slice(0, -1), size];
  return {
    outputs: [{ dtype: call.tensor('weights').dtype, shape }],
    cost: 8 * workOf(x) + workOf(shape),
  };
};
