/** Dense and the layers that move elements about, by tfjs's `layers/core.ts`. */

import type { Pointer } from '../../pointer';
import { checkActivation } from '../activations';
import { type Call, type LayerKind, unary } from '../layer';
import type { Ops } from '../ops-namespace';

/** The product along the last axis: `[…, n]` by `[n, m]` gives `[…, m]`. */
export function dotLastAxis(ops: Ops, x: Pointer, kernel: Pointer): Pointer {
  if (x.rank === 2) return ops.matMul(x, kernel);
  const { shape } = x;
  const [length = 0, units = 0] = kernel.shape;
  const flat = ops.reshape(x, [-1, length]);
  return ops.reshape(ops.matMul(flat, kernel), [...shape.slice(0, -1), units]);
}

/** Adds a bias along the last axis, where there is one. */
export function addBias(call: Call, x: Pointer): Pointer {
  const bias = call.weightIfAny('bias');
  return bias === undefined ? x : call.ops.add(x, bias);
}

export const dense = unary(
  'Dense',
  ['units', 'activation', 'useBias'],
  (call, x) => call.activate(addBias(call, dotLastAxis(call.ops, x, call.weight('kernel')))),
  { check: (config) => checkActivation(config) },
);

const activation = unary('Activation', ['activation'], (call, x) => call.activate(x), {
  check: (config) => checkActivation(config),
});

const flatten = unary('Flatten', ['dataFormat'], ({ ops, config }, x) => {
  const toLast =
    config.get('dataFormat') === 'channelsFirst' && x.rank > 1
      ? ops.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, at) => at + 2), 1])
      : x;
  const [batch = 0, ...rest] = toLast.shape;
  return ops.reshape(toLast, [batch, rest.reduce((product, length) => product * length, 1)]);
});

const repeatVector = unary('RepeatVector', ['n'], ({ ops, config }, x) =>
  ops.tile(ops.expandDims(x, 1), [1, config.integer('n'), 1]),
);

const reshape = unary('Reshape', ['targetShape'], ({ ops, config }, x) =>
  ops.reshape(x, [
    x.shape[0] ?? 0,
    ...config
      .dimensions('targetShape')
      .map((length) => (length === null || length < 0 ? -1 : length)),
  ]),
);

const permute = unary('Permute', ['dims'], ({ ops, config }, x) =>
  ops.transpose(x, [0, ...config.integers('dims')]),
);

/** Its part of the graph is an input already. */
const input: LayerKind = {
  className: 'InputLayer',
  config: ['sparse'],
  check: (config) => {
    if (config.flag('sparse', false)) config.refuse('it is sparse, which tfjs has no tensors for.');
  },
  call: ({ inputs }) => inputs,
};

export const coreLayers: readonly LayerKind[] = [
  input,
  dense,
  activation,
  flatten,
  repeatVector,
  reshape,
  permute,
];
