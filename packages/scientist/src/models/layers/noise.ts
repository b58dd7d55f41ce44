/** Dropout and noise, which do something in training only, by tfjs's `layers/core.ts` and `layers/noise.ts`. */

import type { Pointer } from '../../pointer';
import type { Config } from '../config';
import { type LayerKind, unary } from '../layer';

/** tfjs takes 0, like none, for a seed drawn anew at each call. */
function seedOf(config: Config): number | undefined {
  return config.has('seed') && config.get('seed') !== 0 ? config.integer('seed') : undefined;
}

function checkSeed(config: Config): void {
  const seed = seedOf(config);
  if (seed !== undefined && (seed < 1 || seed >= 2 ** 31)) {
    config.refuse('its seed is not between 1 and 2147483647.', 'Choose another seed, or none.');
  }
}

/** Null: the length of the input. */
function noiseShapeOf(config: Config, x: Pointer): number[] | undefined {
  if (!config.has('noiseShape')) return undefined;
  return config.dimensions('noiseShape').map((length, axis) => length ?? x.shape[axis] ?? 1);
}

const dropout = unary(
  'Dropout',
  ['rate', 'noiseShape', 'seed'],
  (call, x) => {
    const rate = call.rate('rate');
    if (rate === undefined) return x;
    return call.ops.dropout(x, rate, noiseShapeOf(call.config, x), seedOf(call.config));
  },
  { check: checkSeed },
);

/** Drops whole channels. */
const spatialDropout1d = unary(
  'SpatialDropout1D',
  ['rate', 'noiseShape', 'seed'],
  (call, x) => {
    const rate = call.rate('rate');
    if (rate === undefined) return x;
    const [batch = 0, , channels = 0] = x.shape;
    return call.ops.dropout(x, rate, [batch, 1, channels], seedOf(call.config));
  },
  { check: checkSeed },
);

const gaussianNoise = unary('GaussianNoise', ['stddev'], ({ ops, config, training }, x) =>
  training ? ops.add(ops.randomNormal(x.shape, 0, config.number('stddev')), x) : x,
);

const gaussianDropout = unary('GaussianDropout', ['rate'], (call, x) => {
  const rate = call.rate('rate');
  if (rate === undefined) return x;
  const { ops } = call;
  return ops.mul(x, ops.randomNormal(x.shape, 1, Math.sqrt(rate / (1 - rate))));
});

/** Of SELU: what a dropped unit becomes, so that mean and variance stay. */
const saturation = -1.6732632423543772 * 1.0507009873554805;

const alphaDropout = unary(
  'AlphaDropout',
  ['rate'],
  (call, x) => {
    const rate = call.rate('rate');
    if (rate === undefined) return x;
    const { ops, config } = call;
    const drawn = ops.randomUniform(noiseShapeOf(config, x) ?? x.shape);
    const kept = ops.cast(ops.greaterEqual(drawn, rate), 'float32');
    const scale = ((1 - rate) * (1 + rate * saturation ** 2)) ** -0.5;
    const dropped = ops.add(ops.mul(x, kept), ops.mul(ops.add(kept, -1), saturation));
    return ops.add(ops.mul(dropped, scale), -scale * saturation * rate);
  },
  { unsaved: ['noiseShape'] },
);

export const noiseLayers: readonly LayerKind[] = [
  dropout,
  spatialDropout1d,
  gaussianNoise,
  gaussianDropout,
  alphaDropout,
];
