/** Ops that take axes away, or run along one. */

import type { DType } from '@duet/protocol';
import type { Rule } from '../call';
import { Misfit, need } from '../misfit';
import {
  needRankAtMost,
  reduceShape,
  showShape,
  sizeOf,
  workOf,
  wrapAxes,
  wrapAxis,
} from '../shapes';
import { boolToInt, toFloat } from './elementwise';

/** Over `axis` (all where absent), with `keepDims`. */
export function reduce(dtype: (dtype: DType) => DType, weight = 1): Rule {
  return (call) => {
    const x = call.first();
    const axes = wrapAxes(call.numbersIfAny('axis'), x.shape.length);
    const shape = reduceShape(x.shape, axes, call.flag('keepDims'));
    return {
      outputs: [{ dtype: dtype(x.dtype), shape }],
      cost: weight * workOf(x.shape) + workOf(shape),
    };
  };
}

export const moments: Rule = (call) => {
  const { outputs } = reduce(toFloat)(call);
  return { outputs: [...outputs, ...outputs], cost: 6 * workOf(call.first().shape) };
};

export const argOfExtreme: Rule = (call) => {
  const x = call.first();
  const axis = wrapAxis(call.number('axis', 0), x.shape.length);
  need(x.shape[axis] !== 0, 'the axis is empty');
  return {
    outputs: [{ dtype: 'int32', shape: reduceShape(x.shape, [axis], false) }],
    cost: 2 * workOf(x.shape),
  };
};

/** `cumsum` and `cumprod`. */
export const cumulate: Rule = (call) => {
  const x = call.first();
  const axis = call.number('axis', 0);
  const rank = x.shape.length;
  needRankAtMost(x.shape, 4);
  wrapAxis(axis, rank);
  need(axis >= 0, `axis ${axis} must be counted from the front here, as ${axis + rank}`);
  // Backends differ in what they make of bool.
  need(x.dtype !== 'bool', 'the tensor must not be bool: cast it to int32 first');
  return { outputs: [{ dtype: x.dtype, shape: x.shape }], cost: 3 * workOf(x.shape) };
};

/** tfjs takes it over the last axis only. */
export function alongLastAxis(parameter: string, weight: number): Rule {
  return (call) => {
    const x = call.first();
    const rank = x.shape.length;
    const axis = call.number(parameter, -1);
    need(rank > 0, 'a scalar has no last axis');
    need(axis === -1 || axis === rank - 1, `only the last axis is possible, not ${axis}`);
    return { outputs: [{ dtype: 'float32', shape: x.shape }], cost: weight * workOf(x.shape) };
  };
}

/** The norms that tfjs knows for vectors and for matrices. */
const vectorOrders = ['euclidean', '1', '2', 'Infinity', '-Infinity'];
const matrixOrders = ['euclidean', 'fro', '1', 'Infinity', '-Infinity'];
/** Those that end in a root, which tfjs takes of float32 alone. */
const roots = new Set(['euclidean', 'fro', '2']);

/** `norm`, and `euclideanNorm`, which has no order. */
export function norm(ordered: boolean): Rule {
  return (call) => {
    const x = call.first();
    const rank = x.shape.length;
    const named = call.numbersIfAny('axis');
    const axes = wrapAxes(named, rank);
    const shape = reduceShape(x.shape, axes, call.flag('keepDims'));
    const cost = 4 * workOf(x.shape);
    // tfjs takes the absolute value of a scalar, whatever the order.
    if (rank === 0) return { outputs: [{ dtype: x.dtype, shape }], cost };
    const order = ordered ? call.choice('ord', 'euclidean') : 'euclidean';
    const matrix = named?.length === 2;
    need(
      matrix || named === undefined || named.length === 1,
      'a norm is taken over one axis, two, or all',
    );
    const orders = matrix ? matrixOrders : vectorOrders;
    need(orders.includes(order), `ord is not one of ${orders.join(', ')}`);
    if (roots.has(order)) {
      need(x.dtype === 'float32', `this norm needs float32, not ${x.dtype}`);
    } else if (matrix) {
      // Others would run over the wrong axes: tfjs counts the second one after the first is gone.
      const [first = 0, second = 0] = named;
      need(
        0 <= first && first < second,
        'this norm needs two axes in order, counted from the front',
      );
    }
    const summed = matrix || order === '1';
    return { outputs: [{ dtype: summed ? boolToInt(x.dtype) : x.dtype, shape }], cost };
  };
}

export const topK: Rule = (call) => {
  const x = call.first();
  const last = x.shape.at(-1);
  if (last === undefined) throw new Misfit('a scalar has no last axis');
  const k = call.number('k', 1);
  need(k >= 0 && k <= last, `k is not between 0 and ${last}`);
  const shape = [...x.shape.slice(0, -1), k];
  return {
    outputs: [
      { dtype: x.dtype, shape },
      { dtype: 'int32', shape },
    ],
    cost: workOf(x.shape) * Math.max(1, Math.ceil(Math.log2(last + 1))) * 4,
  };
};

export const unsortedSegmentSum: Rule = (call) => {
  const x = call.first();
  const ids = call.tensor('segmentIds');
  const segments = call.number('numSegments');
  need(x.dtype === 'float32', `x must be float32, not ${x.dtype}: cast it first`);
  need(segments > 0, 'numSegments must be positive');
  const [records, ...rest] = x.shape;
  if (records === undefined || ids.shape.length !== 1 || ids.shape[0] !== records) {
    throw new Misfit(
      `segmentIds ${showShape(ids.shape)} must have rank 1 and an entry for each of the first axis of x`,
    );
  }
  const shape = [segments, ...rest];
  return { outputs: [{ dtype: 'float32', shape }], cost: 4 * segments * workOf(x.shape) };
};

/** Positions in rows that are sorted already; no value can make it fail. tfjs gives rank 2 always. */
export const searchSorted: Rule = (call) => {
  const sequence = call.tensor('sortedSequence');
  const values = call.tensor('values');
  const wanted = values.shape.at(-1) ?? 0;
  need((sequence.shape.at(-1) ?? 0) > 0 && wanted > 0, 'both need a last axis that is not empty');
  const rows = sizeOf(sequence.shape.slice(0, -1));
  need(rows === sizeOf(values.shape.slice(0, -1)), 'they differ in the number of rows');
  return {
    outputs: [{ dtype: 'int32', shape: [rows, wanted] }],
    cost: 32 * (workOf(values.shape) + workOf(sequence.shape)),
  };
};
