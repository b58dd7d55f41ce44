/** Ops that move elements about and compute nothing. */

import { limits, type TensorMeta } from '@duet/protocol';
import type { Call, Rule } from '../call';
import { Misfit, need } from '../misfit';
import { needRankAtMost, showShape, sizeOf, workOf, wrapAxes, wrapAxis } from '../shapes';
import { needTileable } from './elementwise';
import { literalIntegers } from './indexing';

export const reshape: Rule = (call) => {
  const x = call.first();
  return { outputs: [{ dtype: x.dtype, shape: call.shapeFor('shape', sizeOf(x.shape)) }], cost: 1 };
};

export const ensureShape: Rule = (call) => {
  const x = call.first();
  const shape = call.shape('shape');
  need(
    shape.length === x.shape.length && shape.every((dimension, at) => dimension === x.shape[at]),
    `the shape is ${showShape(x.shape)}, not ${showShape(shape)}`,
  );
  return { outputs: [{ dtype: x.dtype, shape }], cost: 1 };
};

export const expandDims: Rule = (call) => {
  const x = call.first();
  const axis = wrapAxis(call.number('axis', 0), x.shape.length + 1);
  return { outputs: [{ dtype: x.dtype, shape: x.shape.toSpliced(axis, 0, 1) }], cost: 1 };
};

export const squeeze: Rule = (call) => {
  const x = call.first();
  const named = call.numbersIfAny('axis');
  // tfjs takes an empty list to mean all.
  const all = named === undefined || named.length === 0;
  const axes = all
    ? wrapAxes(undefined, x.shape.length).filter((axis) => x.shape[axis] === 1)
    : wrapAxes(named, x.shape.length);
  for (const axis of axes) {
    need(x.shape[axis] === 1, `axis ${axis} has ${x.shape[axis]} entries, not 1`);
  }
  return {
    outputs: [{ dtype: x.dtype, shape: x.shape.filter((_, axis) => !axes.includes(axis)) }],
    cost: 1,
  };
};

export const broadcastTo: Rule = (call) => {
  const x = call.first();
  const shape = call.shape('shape');
  const missing = shape.length - x.shape.length;
  need(missing >= 0, `rank ${x.shape.length} does not fit into shape ${showShape(shape)}`);
  for (const [axis, dimension] of x.shape.entries()) {
    need(
      dimension === shape[axis + missing] || dimension === 1,
      `${showShape(x.shape)} cannot be broadcast to ${showShape(shape)}`,
    );
  }
  needTileable(x.shape, shape);
  needRankAtMost(shape, 5);
  return { outputs: [{ dtype: x.dtype, shape }] };
};

export const tile: Rule = (call) => {
  const x = call.first();
  needRankAtMost(x.shape, 5);
  const repeats = call.numbers('reps');
  need(
    repeats.length === x.shape.length,
    `reps has ${repeats.length} entries for rank ${x.shape.length}`,
  );
  need(
    repeats.every((count) => count >= 0),
    'reps has a negative entry',
  );
  const shape = x.shape.map((dimension, axis) => dimension * (repeats[axis] ?? 1));
  return { outputs: [{ dtype: x.dtype, shape }] };
};

/** `pad`; `pad1d` to `pad4d` ask for their rank. */
export function pad(rank?: number): Rule {
  return (call) => {
    const x = call.first();
    const pairs = call.pairs('paddings');
    needRank(x.shape, rank);
    need(call.numbers('paddings').length % 2 === 0, 'paddings come in pairs');
    needRankAtMost(x.shape, 4);
    need(x.shape.length > 0, 'a scalar cannot be padded');
    need(
      pairs.length === x.shape.length,
      `${pairs.length} pairs of paddings for rank ${x.shape.length}`,
    );
    need(
      pairs.every(([before, after]) => before >= 0 && after >= 0),
      'a padding is negative',
    );
    return { outputs: [{ dtype: x.dtype, shape: padded(x.shape, pairs) }] };
  };
}

export const mirrorPad: Rule = (call) => {
  const x = call.first();
  const pairs = call.pairs('paddings');
  needRankAtMost(x.shape, 4);
  need(x.shape.length > 0, 'a scalar cannot be padded');
  need(
    pairs.length === x.shape.length,
    `${pairs.length} pairs of paddings for rank ${x.shape.length}`,
  );
  const offset = call.choice('mode', '') === 'reflect' ? 1 : 0;
  for (const [axis, pair] of pairs.entries()) {
    const most = (x.shape[axis] ?? 0) - offset;
    need(
      pair.every((count) => count >= 0 && count <= most),
      `the paddings of axis ${axis} are not between 0 and ${most}`,
    );
  }
  return { outputs: [{ dtype: x.dtype, shape: padded(x.shape, pairs) }] };
};

function padded(shape: readonly number[], pairs: readonly (readonly [number, number])[]): number[] {
  return shape.map((dimension, axis) => {
    const [before, after] = pairs[axis] ?? [0, 0];
    return before + dimension + after;
  });
}

/** `reverse`; `reverse1d` to `reverse4d` ask for their rank. */
export function reverse(rank?: number): Rule {
  return (call) => {
    const x = call.first();
    needRank(x.shape, rank);
    needRankAtMost(x.shape, 4);
    if (rank !== 1) wrapAxes(call.numbersIfAny('axis'), x.shape.length);
    return { outputs: [{ dtype: x.dtype, shape: x.shape }] };
  };
}

export function needRank(shape: readonly number[], rank: number | undefined): void {
  need(rank === undefined || shape.length === rank, `rank ${shape.length} is not ${rank}`);
}

export const transpose: Rule = (call) => {
  const x = call.first();
  const rank = x.shape.length;
  const order = call.numbersIfAny('perm') ?? x.shape.map((_, axis) => rank - 1 - axis);
  need(
    order.length === rank &&
      new Set(order).size === rank &&
      order.every((axis) => axis >= 0 && axis < rank),
    `perm is not an order of ${rank} axes`,
  );
  return { outputs: [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis] ?? 0) }] };
};

export const diag: Rule = (call) => {
  const x = call.first();
  return { outputs: [{ dtype: x.dtype, shape: [...x.shape, ...x.shape] }] };
};

/** `concat`; `concat1d` to `concat4d` differ in the types that TypeScript sees alone. */
export const concat: Rule = (call) => {
  const [first, ...rest] = call.tensors('tensors');
  const dtypes = new Set([first, ...rest].map((tensor) => tensor.dtype));
  need(dtypes.size === 1, 'all tensors must have the same dtype');
  if (rest.length === 0) return { outputs: [{ dtype: first.dtype, shape: first.shape }] };
  const asked = call.spec.params.some((param) => param.name === 'axis')
    ? call.number('axis', 0)
    : 0;
  const axis = wrapAxis(asked, first.shape.length);
  let along = first.shape[axis] ?? 0;
  for (const { shape } of rest) {
    need(
      shape.length === first.shape.length &&
        shape.every((dimension, at) => at === axis || dimension === first.shape[at]),
      `${showShape(first.shape)} and ${showShape(shape)} differ in more than axis ${axis}`,
    );
    along += shape[axis] ?? 0;
  }
  return { outputs: [{ dtype: first.dtype, shape: first.shape.with(axis, along) }] };
};

export const stack: Rule = (call) => {
  const [first, ...rest] = call.tensors('tensors');
  const axis = wrapAxis(call.number('axis', 0), first.shape.length + 1);
  for (const tensor of rest) {
    need(tensor.dtype === first.dtype, 'all tensors must have the same dtype');
    need(
      tensor.shape.length === first.shape.length &&
        tensor.shape.every((dimension, at) => dimension === first.shape[at]),
      `shapes ${showShape(first.shape)} and ${showShape(tensor.shape)} differ`,
    );
  }
  return {
    outputs: [{ dtype: first.dtype, shape: first.shape.toSpliced(axis, 0, rest.length + 1) }],
  };
};

function needOutputs(count: number): void {
  need(count <= limits.outputs, `${count} results are more than ${limits.outputs}`);
}

export const unstack: Rule = (call) => {
  const x = call.first();
  const axis = wrapAxis(call.number('axis', 0), x.shape.length);
  const count = x.shape[axis] ?? 0;
  needOutputs(count);
  const shape = x.shape.toSpliced(axis, 1);
  return { outputs: Array.from({ length: count }, () => ({ dtype: x.dtype, shape })) };
};

export const split: Rule = (call) => {
  const x = call.first();
  const axis = wrapAxis(call.number('axis', 0), x.shape.length);
  const extent = x.shape[axis] ?? 0;
  const sizes = splitSizes(call, extent);
  return {
    outputs: sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.with(axis, size) })),
  };
};

export function splitSizes(call: Call, extent: number): readonly number[] {
  const count = call.numberIfAny('numOrSizeSplits');
  if (count !== undefined) {
    need(count > 0 && extent % count === 0, `${extent} entries cannot be split into ${count}`);
    needOutputs(count);
    return Array.from({ length: count }, () => extent / count);
  }
  const sizes = call.numbers('numOrSizeSplits');
  need(sizes.length > 0, 'there are no sizes to split into');
  const unknown = sizes.indexOf(-1);
  need(
    sizes.every((size, at) => size >= 0 || at === unknown),
    'a size is negative, or there is more than one -1',
  );
  need(unknown !== 0, 'tfjs cannot infer the first size');
  const known = sizes.reduce((sum, size, at) => (at === unknown ? sum : sum + size), 0);
  need(unknown === -1 ? known === extent : known <= extent, `the sizes do not add up to ${extent}`);
  return sizes.map((size, at) => (at === unknown ? extent - known : size));
}

/** `slice`; `slice1d` to `slice4d` ask for their rank. Entries that are not given take all of an axis. */
export function slice(asked?: number): Rule {
  return (call) => {
    const x = call.first();
    const rank = x.shape.length;
    needRank(x.shape, asked);
    need(rank > 0, 'a scalar cannot be sliced');
    const begins = call.numbers('begin');
    const sizes = call.numbersIfAny('size') ?? [];
    need(begins.length <= rank, `begin has ${begins.length} entries for rank ${rank}`);
    need(sizes.length <= rank, `size has ${sizes.length} entries for rank ${rank}`);
    const shape = slicedAxes(call).map(({ length }) => length);
    return { outputs: [{ dtype: x.dtype, shape }] };
  };
}

/** What is taken of each axis. Throws Misfit. */
export function slicedAxes(call: Call): readonly { begin: number; length: number }[] {
  const begins = call.numbers('begin');
  const sizes = call.numbersIfAny('size') ?? [];
  return call.first().shape.map((dimension, axis) => {
    const begin = begins[axis] ?? 0;
    const asked = sizes[axis] ?? -1;
    need(begin >= 0 && begin <= dimension, `begin ${begin} is outside axis ${axis}`);
    const size = asked === -1 ? dimension - begin : asked;
    need(
      size >= 0 && begin + size <= dimension,
      `${begin} + ${size} is beyond the ${dimension} entries of axis ${axis}`,
    );
    return { begin, length: size };
  });
}

export const gather: Rule = (call) => {
  const x = call.tensor('x');
  const indices = call.tensor('indices');
  const axis = wrapAxis(call.number('axis', 0), x.shape.length);
  const rank = indices.shape.length;
  const asked = call.number('batchDims', 0);
  need(asked >= -rank && asked <= rank, `batchDims is not between ${-rank} and ${rank}`);
  const batch = asked < 0 ? asked + rank : asked;
  need(batch <= axis, `batchDims ${batch} is more than axis ${axis}`);
  for (let at = 0; at < batch; at++) {
    need(x.shape[at] === indices.shape[at], `axis ${at} of x and of indices differ`);
  }
  need(sizeOf(x.shape.slice(0, batch)) > 0, 'the batch is empty');
  const extent = x.shape[axis] ?? 0;
  need(extent > 0 || sizeOf(indices.shape) === 0, `axis ${axis} is empty`);
  needInRange(call, extent);
  const shape = [
    ...x.shape.slice(0, axis),
    ...indices.shape.slice(batch),
    ...x.shape.slice(axis + 1),
  ];
  return { outputs: [{ dtype: x.dtype, shape }] };
};

/** A wrong index in a literal is an error here and not clamped in silence. */
export function needInRange(call: Call, extent: number, name = 'indices'): void {
  for (const index of literalIntegers(call, name) ?? []) {
    need(index >= 0 && index < extent, `index ${index} is not between 0 and ${extent - 1}`);
  }
}

export const oneHot: Rule = (call) => {
  const indices = call.tensor('indices');
  const depth = call.number('depth');
  need(depth >= 2, `depth must be 2 or more, not ${depth}`);
  const dtype = call.dtype('dtype', 'int32');
  return { outputs: [{ dtype, shape: [...indices.shape, depth] }] };
};

/** How many frames a signal has. */
export function needFrames(
  signal: TensorMeta,
  length: number,
  step: number,
  padEnd: boolean,
): number {
  need(length > 0 && step > 0, 'frameLength and frameStep must be positive');
  need(signal.dtype === 'float32', 'the signal must be float32');
  const [samples, ...more] = signal.shape;
  if (samples === undefined || more.length > 0) throw new Misfit('the signal must have rank 1');
  const frames = padEnd
    ? Math.ceil(samples / step)
    : Math.max(0, Math.floor((samples - length) / step) + 1);
  needOutputs(frames);
  return frames;
}

export const frame: Rule = (call) => {
  const signal = call.tensor('signal');
  const length = call.number('frameLength');
  const frames = needFrames(signal, length, call.number('frameStep'), call.flag('padEnd'));
  const shape = [frames, length];
  return { outputs: [{ dtype: signal.dtype, shape }], cost: 4 * workOf(shape) };
};
