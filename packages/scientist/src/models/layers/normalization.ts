/** Batch and layer normalization, by tfjs's `layers/normalization.ts`. */

import type { Pointer } from '../../pointer';
import { type LayerCall, type LayerKind, unary } from '../layer';

function wrap(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

interface Moments {
  readonly mean: Pointer;
  readonly variance: Pointer;
}

/**
 * With moments and weights of `[channels]`, for values of any rank with the channels at `axis`. Along another axis than the last
 * one the kernels of cpu and wasm repeat them in the wrong order, so the channels go there first.
 */
function normalize(call: LayerCall, x: Pointer, axis: number, moments: Moments): Pointer {
  const { ops } = call;
  const axes = x.shape.map((_, at) => at);
  const toLast = [...axes.filter((at) => at !== axis), axis];
  const back = axes.map((at) => toLast.indexOf(at));
  const isLast = axis === x.rank - 1;
  const y = ops.batchNorm(
    isLast ? x : ops.transpose(x, toLast),
    moments.mean,
    moments.variance,
    call.weightIfAny('beta'),
    call.weightIfAny('gamma'),
    call.config.number('epsilon', 1e-3),
  );
  return isLast ? y : ops.transpose(y, back);
}

/** An exponential average: the new value has the share that the momentum leaves. */
function moveTowards(call: LayerCall, name: string, value: Pointer): void {
  const { ops } = call;
  const share = 1 - call.config.number('momentum', 0.99);
  const old = call.weight(name);
  call.update(name, ops.sub(old, ops.mul(ops.sub(old, value), share)));
}

const batchNormalization = unary(
  'BatchNormalization',
  ['axis', 'momentum', 'epsilon', 'center', 'scale'],
  (call, x) => {
    const axis = wrap(call.config.integer('axis', -1), x.rank);
    if (!call.training) {
      const mean = call.weight('moving_mean');
      return normalize(call, x, axis, { mean, variance: call.weight('moving_variance') });
    }
    const others = x.shape.map((_, at) => at).filter((at) => at !== axis);
    const moments = call.ops.moments(x, others);
    moveTowards(call, 'moving_mean', moments.mean);
    moveTowards(call, 'moving_variance', moments.variance);
    return normalize(call, x, axis, moments);
  },
);

const layerNormalization = unary(
  'LayerNormalization',
  ['axis', 'epsilon', 'center', 'scale'],
  (call, x) => {
    const { ops, config } = call;
    const { shape } = x;
    const given = Array.isArray(config.get('axis'))
      ? config.integers('axis')
      : [config.integer('axis', -1)];
    const axes = given.map((axis) => wrap(axis, shape.length));
    const isNormalized = (axis: number) => axes.includes(axis);
    const moments = ops.moments(x, axes, true);
    // The kernels' gradients do not broadcast, so everything is given the full shape.
    const momentTiles = shape.map((length, axis) => (isNormalized(axis) ? length : 1));
    const weightTiles = shape.map((length, axis) => (isNormalized(axis) ? 1 : length));
    const full = (name: string, flag: string) =>
      config.flag(flag, true)
        ? ops.tile(ops.reshape(call.weight(name), momentTiles), weightTiles)
        : undefined;
    return ops.batchNorm(
      x,
      ops.tile(moments.mean, momentTiles),
      ops.tile(moments.variance, momentTiles),
      full('beta', 'center'),
      full('gamma', 'scale'),
      config.number('epsilon', 1e-3),
    );
  },
);

export const normalizationLayers: readonly LayerKind[] = [batchNormalization, layerNormalization];
