/** Activations that are layers, by tfjs's `layers/advanced_activations.ts`. */

import { type LayerKind, unary } from '../layer';

const relu = unary('ReLU', ['maxValue'], ({ ops, config }, x) => {
  const most = config.numberIfAny('maxValue');
  const positive = ops.relu(x);
  return most === undefined ? positive : ops.clipByValue(positive, 0, most);
});

const leakyRelu = unary('LeakyReLU', ['alpha'], ({ ops, config }, x) =>
  ops.leakyRelu(x, config.number('alpha', 0.3)),
);

const prelu = unary('PReLU', ['sharedAxes'], (call, x) => call.ops.prelu(x, call.weight('alpha')));

const elu = unary('ELU', ['alpha'], ({ ops }, x) => ops.elu(x));

const thresholdedRelu = unary('ThresholdedReLU', ['theta'], ({ ops, config }, x) =>
  ops.mul(x, ops.cast(ops.greater(x, config.number('theta', 1)), 'float32')),
);

const softmax = unary('Softmax', ['axis'], ({ ops, config }, x) => {
  if (!Array.isArray(config.get('axis'))) return ops.softmax(x, config.integer('axis', 1));
  const axes = config.integers('axis');
  return axes.length > 1
    ? ops.exp(ops.sub(x, ops.logSumExp(x, axes, true)))
    : ops.softmax(x, axes[0]);
});

export const advancedActivationLayers: readonly LayerKind[] = [
  relu,
  leakyRelu,
  prelu,
  elu,
  thresholdedRelu,
  softmax,
];
