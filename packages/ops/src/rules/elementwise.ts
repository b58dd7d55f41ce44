/** Ops that work element by element, with broadcasting. */

import type { DType } from '@duet/protocol';
import type { Rule } from '../call';
import { Misfit, need } from '../misfit';
import { broadcastShapes, needRankAtMost, showShape, workOf } from '../shapes';

type DTypeRule = (dtype: DType) => DType;

export const same: DTypeRule = (dtype) => dtype;
export const toFloat: DTypeRule = () => 'float32';
export const toInt: DTypeRule = () => 'int32';
export const toBool: DTypeRule = () => 'bool';
/** Where tfjs casts bool to int32 first and keeps the rest. */
export const boolToInt: DTypeRule = (dtype) => (dtype === 'bool' ? 'int32' : dtype);

const ranks: readonly DType[] = ['bool', 'int32', 'float32', 'complex64'];

/** The dtype that tfjs converts both to. */
export function upcast(a: DType, b: DType): DType {
  return ranks[Math.max(ranks.indexOf(a), ranks.indexOf(b))] ?? a;
}

/** Same shape out. `weight` is how many operations an element takes. */
export function unary(dtype: DTypeRule = same, weight = 1): Rule {
  return (call) => {
    const x = call.first();
    return {
      outputs: [{ dtype: dtype(x.dtype), shape: x.shape }],
      cost: weight * workOf(x.shape),
    };
  };
}

export function broadcast(dtype: DTypeRule = same, weight = 1): Rule {
  return (call) => {
    const a = call.first();
    const b = call.second();
    const shape = broadcastShapes(a.shape, b.shape);
    return {
      outputs: [{ dtype: dtype(upcast(a.dtype, b.dtype)), shape }],
      cost: weight * workOf(shape),
    };
  };
}

export const bitwise: Rule = (call) => {
  const x = call.first();
  const y = call.second();
  need(x.dtype === 'int32' && y.dtype === 'int32', 'both must be int32');
  needSameShape(x.shape, y.shape);
  return { outputs: [x] };
};

export const where: Rule = (call) => {
  const a = call.tensor('a');
  const b = call.tensor('b');
  const condition = call.tensor('condition');
  const shape = broadcastShapes(broadcastShapes(condition.shape, a.shape), b.shape);
  for (const each of [condition, a, b]) needTileable(each.shape, shape);
  needRankAtMost(shape, 4);
  return { outputs: [{ dtype: upcast(a.dtype, b.dtype), shape }], cost: 4 * workOf(shape) };
};

export const clip: Rule = (call) => {
  const x = call.first();
  const from = call.number('clipValueMin');
  const to = call.number('clipValueMax');
  need(from <= to, `clipValueMin ${from} is above clipValueMax ${to}`);
  return { outputs: [{ dtype: x.dtype, shape: x.shape }] };
};

export const addN: Rule = (call) => {
  const [first, ...rest] = call.tensors('tensors');
  for (const tensor of rest) {
    need(tensor.dtype === first.dtype, 'all tensors must have the same dtype');
    needSameShape(tensor.shape, first.shape);
  }
  return { outputs: [{ dtype: first.dtype, shape: first.shape }] };
};

export const cast: Rule = (call) => {
  const x = call.first();
  const dtype = call.dtype('dtype', x.dtype);
  if (dtype === 'string') throw new Misfit('numbers cannot be cast to strings');
  return { outputs: [{ dtype, shape: x.shape }] };
};

export const makeComplex: Rule = (call) => {
  const real = call.tensor('real');
  const imaginary = call.tensor('imag');
  needSameShape(real.shape, imaginary.shape);
  need(
    real.dtype === 'float32' && imaginary.dtype === 'float32',
    'both parts must be float32, or the parts come back as another dtype than they went in',
  );
  return { outputs: [{ dtype: 'complex64', shape: real.shape }] };
};

/** `real` and `imag`. */
export const partOfComplex: Rule = (call) => {
  const input = call.first();
  need(input.dtype === 'complex64', 'the tensor must be complex64');
  return { outputs: [{ dtype: 'float32', shape: input.shape }] };
};

export const movingAverage: Rule = (call) => {
  const v = call.tensor('v');
  const x = call.tensor('x');
  need(v.dtype === x.dtype, 'v and x must have the same dtype');
  needSameShape(v.shape, x.shape);
  const debiased = call.flag('zeroDebias', true);
  need(!debiased || !call.isAbsent('step'), 'step is required unless zeroDebias is false');
  return { outputs: [{ dtype: 'float32', shape: v.shape }], cost: 4 * workOf(v.shape) };
};

/** tfjs does not repeat an axis of one zero times, and then gives another shape than it was asked for. */
export function needTileable(from: readonly number[], to: readonly number[]): void {
  const missing = to.length - from.length;
  need(
    to.every((dimension, axis) => dimension > 0 || from[axis - missing] === 0),
    `${showShape(from)} cannot be broadcast to the empty shape ${showShape(to)}`,
  );
}

export const erf: Rule = (call) => {
  need(call.first().dtype === 'float32', 'the tensor must be float32: cast it first');
  return unary(toFloat, 16)(call);
};

export function needSameShape(a: readonly number[], b: readonly number[]): void {
  need(
    a.length === b.length && a.every((dimension, axis) => dimension === b[axis]),
    `shapes ${showShape(a)} and ${showShape(b)} differ`,
  );
}
