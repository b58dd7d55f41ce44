/** Pooling, by tfjs's `layers/pooling.ts`. */

import type { Pointer } from '../../pointer';
import type { Config } from '../config';
import { type LayerCall, type LayerKind, unary } from '../layer';
import { checkPadding, paddingOf, type Three, type Two } from './convolution';
import { channelsLast, dataFormatOf } from './data-format';

type Pool = 'avg' | 'max';

/** Window and strides; without strides the windows do not overlap. */
function windowOf(config: Config, rank: number): { size: number[]; strides: number[] } {
  const size = config.each('poolSize', rank, 2);
  return { size, strides: config.has('strides') ? config.each('strides', rank) : size };
}

function pool1d({ ops, config }: LayerCall, x: Pointer, pool: Pool): Pointer {
  const { size, strides } = windowOf(config, 1);
  const wide = ops.expandDims(x, 2);
  const window: Two = [size[0] ?? 1, 1];
  const step: Two = [strides[0] ?? 1, 1];
  const padding = paddingOf(config);
  const y =
    pool === 'max'
      ? ops.maxPool(wide, window, step, padding)
      : ops.avgPool(wide, window, step, padding);
  return ops.squeeze(y, [2]);
}

function pool2d({ ops, config }: LayerCall, x: Pointer, pool: Pool): Pointer {
  const { size, strides } = windowOf(config, 2);
  const padding = paddingOf(config);
  return channelsLast(ops, dataFormatOf(config), x, (last) =>
    pool === 'max'
      ? ops.maxPool(last, size as Two, strides as Two, padding)
      : ops.avgPool(last, size as Two, strides as Two, padding),
  );
}

function pool3d({ ops, config }: LayerCall, x: Pointer, pool: Pool): Pointer {
  const { size, strides } = windowOf(config, 3);
  const padding = paddingOf(config);
  return channelsLast(ops, dataFormatOf(config), x, (last) =>
    pool === 'max'
      ? ops.maxPool3d(last, size as Three, strides as Three, padding)
      : ops.avgPool3d(last, size as Three, strides as Three, padding),
  );
}

const pooling = ['poolSize', 'strides', 'padding', 'dataFormat'];

function pooled(
  rank: 1 | 2 | 3,
  apply: (call: LayerCall, x: Pointer, pool: Pool) => Pointer,
): LayerKind[] {
  const names = { avg: `AveragePooling${rank}D`, max: `MaxPooling${rank}D` };
  return (['avg', 'max'] as const).map((pool) =>
    unary(names[pool], pooling, (call, x) => apply(call, x, pool), { check: checkPadding }),
  );
}

function global(rank: 1 | 2, axesOf: (config: Config) => number | number[]): LayerKind[] {
  return [
    unary(`GlobalAveragePooling${rank}D`, ['dataFormat'], ({ ops, config }, x) =>
      ops.mean(x, axesOf(config)),
    ),
    unary(`GlobalMaxPooling${rank}D`, ['dataFormat'], ({ ops, config }, x) =>
      ops.max(x, axesOf(config)),
    ),
  ];
}

export const poolingLayers: readonly LayerKind[] = [
  ...pooled(1, pool1d),
  ...pooled(2, pool2d),
  ...pooled(3, pool3d),
  ...global(1, () => 1),
  ...global(2, (config) => (dataFormatOf(config) === 'channelsLast' ? [1, 2] : [2, 3])),
];
