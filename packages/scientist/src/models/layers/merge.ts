/** Layers of several inputs, by tfjs's `layers/merge.ts`. */

import { DuetError } from '@duet/protocol';
import type { Pointer } from '../../pointer';
import type { Config } from '../config';
import type { LayerCall, LayerKind } from '../layer';
import { concatAll, type Ops } from '../ops-namespace';

/** Of inputs of different ranks, the smaller get axes of length 1 after the batch. */
function withSameRank(ops: Ops, inputs: readonly Pointer[]): Pointer[] {
  const rank = Math.max(...inputs.map((x) => x.rank));
  return inputs.map((x) => {
    const { shape } = x;
    if (shape.length === rank) return x;
    const [batch = 0, ...rest] = shape;
    const ones = Array.from({ length: rank - shape.length }, () => 1);
    return ops.reshape(x, [batch, ...ones, ...rest]);
  });
}

function elementwise(
  className: string,
  merge: (ops: Ops, a: Pointer, b: Pointer) => Pointer,
  finish: (ops: Ops, merged: Pointer, count: number) => Pointer = (_, merged) => merged,
): LayerKind {
  return {
    className,
    config: [],
    call: ({ ops, inputs }) => {
      const merged = withSameRank(ops, inputs).reduce((a, b) => merge(ops, a, b));
      return [finish(ops, merged, inputs.length)];
    },
  };
}

const concatenate: LayerKind = {
  className: 'Concatenate',
  config: ['axis'],
  check: (config) => {
    if (config.integer('axis', -1) < -1) {
      config.refuse(
        'tfjs joins along the last axis whichever negative axis it is given.',
        'Name the axis by a number from 0.',
      );
    }
  },
  call: ({ ops, config, inputs }) => [concatAll(ops, inputs, config.integer('axis', -1))],
};

const epsilon = 1e-7;

/** Of length 1 along an axis. */
function l2Normalize(ops: Ops, x: Pointer, axis: number): Pointer {
  const float = x.dtype === 'float32' ? x : ops.cast(x, 'float32');
  const squares = ops.sum(ops.mul(float, float), axis, true);
  return ops.div(float, ops.sqrt(ops.maximum(squares, epsilon)));
}

/** One axis for both, or one for each; negative ones count from the end. */
function axesOf(config: Config, inputs: readonly Pointer[]): [number, number] {
  const axes = Array.isArray(config.get('axes')) ? config.integers('axes') : undefined;
  const [a, b] = inputs.map((x, at) => {
    const axis = axes?.[at] ?? config.integer('axes');
    return axis < 0 ? axis + x.rank : axis;
  });
  if (a === undefined || b === undefined) {
    throw new DuetError('bad-argument', { detail: `${config.owner} takes two inputs.` });
  }
  return [a, b];
}

function withOnes(ops: Ops, x: Pointer, count: number): Pointer {
  return count > 0 ? ops.reshape(x, [...x.shape, ...Array.from({ length: count }, () => 1)]) : x;
}

/** `batchDot` of tfjs, for values of rank 2 and 3. */
function batchDot(ops: Ops, x: Pointer, y: Pointer, [ofX, ofY]: [number, number]): Pointer {
  if (x.rank === 2 && y.rank === 2) {
    const product =
      ofX === ofY
        ? ops.sum(ops.mul(x, y), ofX)
        : ops.sum(ops.mul(ops.transpose(x, [1, 0]), y), ofY);
    return ops.expandDims(product, 1);
  }
  const more = x.rank - y.rank;
  const wideX = withOnes(ops, x, -more);
  const wideY = withOnes(ops, y, more);
  const product = ops.matMul(wideX, wideY, ofX !== wideX.rank - 1, ofY === wideY.rank - 1);
  if (more === 0) return product;
  const squeezed = ops.squeeze(product, [more > 0 ? x.rank + y.rank - 3 : x.rank - 1]);
  return squeezed.rank === 1 ? ops.expandDims(squeezed, 1) : squeezed;
}

function dotOf({ ops, config, inputs }: LayerCall): Pointer {
  const [a, b] = inputs;
  if (a === undefined || b === undefined) throw new Error(`${config.owner} takes two inputs.`);
  const axes = axesOf(config, inputs);
  if (!config.flag('normalize', false)) return batchDot(ops, a, b, axes);
  return batchDot(ops, l2Normalize(ops, a, axes[0]), l2Normalize(ops, b, axes[1]), axes);
}

const dot: LayerKind = {
  className: 'Dot',
  config: ['axes', 'normalize'],
  call: (call) => [dotOf(call)],
};

export const mergeLayers: readonly LayerKind[] = [
  elementwise('Add', (ops, a, b) => ops.add(a, b)),
  elementwise('Multiply', (ops, a, b) => ops.mul(a, b)),
  elementwise(
    'Average',
    (ops, a, b) => ops.add(a, b),
    (ops, sum, count) => ops.mul(1 / count, sum),
  ),
  elementwise('Maximum', (ops, a, b) => ops.maximum(a, b)),
  elementwise('Minimum', (ops, a, b) => ops.minimum(a, b)),
  concatenate,
  dot,
];
