/** Convolutions, cropping and upsampling, by tfjs's `layers/convolutional*.ts`. */

import type { Pointer } from '../../pointer';
import { checkActivation } from '../activations';
import type { Config } from '../config';
import { type LayerCall, type LayerKind, unary } from '../layer';
import type { Ops } from '../ops-namespace';
import { addBias } from './core';
import {
  addChannelBias,
  channelsLast,
  channelsToFirst,
  channelsToLast,
  dataFormatOf,
} from './data-format';

const convolutionConfig = [
  'filters',
  'kernelSize',
  'strides',
  'padding',
  'dataFormat',
  'dilationRate',
  'activation',
  'useBias',
];

type Pad = 'same' | 'valid';

/** tfjs has `causal` in its types and throws when it is called. */
export function checkPadding(config: Config): void {
  if (config.get('padding') === 'causal') {
    config.refuse(
      'tfjs does not run causal padding.',
      'Pad the time axis with zeros, then use padding valid.',
    );
  }
}

function checkConvolution(config: Config): void {
  checkPadding(config);
  checkActivation(config);
}

export function paddingOf(config: Config): Pad {
  return config.choice('padding', ['same', 'valid'], 'valid');
}

export type Two = [number, number];
export type Three = [number, number, number];

export function two(config: Config, key: string, otherwise = 1): Two {
  return config.each(key, 2, otherwise) as Two;
}

export function three(config: Config, key: string, otherwise = 1): Three {
  return config.each(key, 3, otherwise) as Three;
}

/** A convolution of values with the channels last, with bias and activation. */
function convolution(
  className: string,
  convolve: (call: LayerCall, x: Pointer) => Pointer,
): LayerKind {
  const call = (layer: LayerCall, x: Pointer) =>
    layer.activate(
      channelsLast(layer.ops, dataFormatOf(layer.config), x, (last) =>
        addBias(layer, convolve(layer, last)),
      ),
    );
  return unary(className, convolutionConfig, call, { check: checkConvolution });
}

const conv1d = unary(
  'Conv1D',
  convolutionConfig.filter((key) => key !== 'dataFormat'),
  (call, x) => {
    const { ops, config } = call;
    const [stride = 1] = config.each('strides', 1, 1);
    const [dilation = 1] = config.each('dilationRate', 1, 1);
    const y = ops.conv1d(x, call.weight('kernel'), stride, paddingOf(config), 'NWC', dilation);
    return call.activate(addBias(call, y));
  },
  {
    unsaved: ['dataFormat'],
    check: (config) => {
      checkConvolution(config);
      if (dataFormatOf(config) === 'channelsFirst') {
        config.refuse(
          'tfjs forgets the data format of a Conv1D when it saves one.',
          'Use Permute.',
        );
      }
    },
  },
);

const conv2d = convolution('Conv2D', (call, x) =>
  call.ops.conv2d(
    x,
    call.weight('kernel'),
    two(call.config, 'strides'),
    paddingOf(call.config),
    'NHWC',
    two(call.config, 'dilationRate'),
  ),
);

const conv3d = convolution('Conv3D', (call, x) =>
  call.ops.conv3d(
    x,
    call.weight('kernel'),
    three(call.config, 'strides'),
    paddingOf(call.config),
    'NDHWC',
    three(call.config, 'dilationRate'),
  ),
);

/** The length that a transposed convolution gives an axis. */
function transposedLength(length: number, stride: number, kernel: number, padding: Pad): number {
  return padding === 'same' ? length * stride : length * stride + Math.max(kernel - stride, 0);
}

/** With the channels last: the batch, the lengths, the filters. */
function transposedShape(call: LayerCall, x: Pointer, rank: number): number[] {
  const { config } = call;
  const strides = config.each('strides', rank, 1);
  const kernel = config.each('kernelSize', rank);
  const padding = paddingOf(config);
  const lengths = x.shape
    .slice(1, -1)
    .map((length, at) => transposedLength(length, strides[at] ?? 1, kernel[at] ?? 1, padding));
  return [x.shape[0] ?? 0, ...lengths, config.integer('filters')];
}

const conv2dTranspose = convolution('Conv2DTranspose', (call, x) =>
  call.ops.conv2dTranspose(
    x,
    call.weight('kernel'),
    transposedShape(call, x, 2) as [number, number, number, number],
    two(call.config, 'strides'),
    paddingOf(call.config),
  ),
);

const conv3dTranspose = convolution('Conv3DTranspose', (call, x) =>
  call.ops.conv3dTranspose(
    x,
    call.weight('kernel'),
    transposedShape(call, x, 3) as [number, number, number, number, number],
    three(call.config, 'strides'),
    paddingOf(call.config),
  ),
);

const separableConv2d: LayerKind = unary(
  'SeparableConv2D',
  [...convolutionConfig, 'depthMultiplier'],
  (call, x) => {
    const { ops, config } = call;
    const first = dataFormatOf(config) === 'channelsFirst';
    const y = ops.separableConv2d(
      first ? channelsToLast(ops, x) : x,
      call.weight('depthwise_kernel'),
      call.weight('pointwise_kernel'),
      two(config, 'strides'),
      paddingOf(config),
      two(config, 'dilationRate'),
      'NHWC',
    );
    const z = call.activate(addBias(call, y));
    return first ? channelsToFirst(ops, z) : z;
  },
  {
    check: (config) => {
      checkConvolution(config);
      if (dataFormatOf(config) === 'channelsFirst' && config.flag('useBias', true)) {
        config.refuse(
          'with channels first, tfjs adds the bias of a SeparableConv2D along the wrong axis.',
          'Use channelsLast, or no bias.',
        );
      }
    },
  },
);

const depthwiseConv2d = unary(
  'DepthwiseConv2D',
  [...convolutionConfig, 'depthMultiplier'],
  (call, x) => {
    const { ops, config } = call;
    const format = dataFormatOf(config);
    const y = channelsLast(ops, format, x, (last) =>
      ops.depthwiseConv2d(
        last,
        call.weight('depthwise_kernel'),
        two(config, 'strides'),
        paddingOf(config),
      ),
    );
    return call.activate(addChannelBias(ops, format, y, call.weightIfAny('bias')));
  },
  {
    check: (config) => {
      checkConvolution(config);
      if (two(config, 'dilationRate').some((rate) => rate !== 1)) {
        config.refuse('tfjs ignores the dilation of a DepthwiseConv2D.');
      }
    },
  },
);

/** tfjs takes one number for all sides, one for each axis, or one for each side. */
function sidesOf(config: Config, key: string): [number, number][] {
  const value = config.get(key);
  if (Array.isArray(value) && Array.isArray(value[0])) return config.pairs(key);
  return config.each(key, 2, 1).map((both) => [both, both]);
}

const cropping2d = unary('Cropping2D', ['cropping', 'dataFormat'], ({ ops, config }, x) => {
  const [rows = [0, 0], columns = [0, 0]] = sidesOf(config, 'cropping');
  const none: [number, number] = [0, 0];
  const sides =
    dataFormatOf(config) === 'channelsFirst'
      ? [none, none, rows, columns]
      : [none, rows, columns, none];
  return ops.slice(
    x,
    sides.map(([before]) => before),
    x.shape.map((length, axis) => length - (sides[axis]?.[0] ?? 0) - (sides[axis]?.[1] ?? 0)),
  );
});

const zeroPadding2d = unary('ZeroPadding2D', ['padding', 'dataFormat'], ({ ops, config }, x) => {
  const [rows = [0, 0], columns = [0, 0]] = sidesOf(config, 'padding');
  const none: [number, number] = [0, 0];
  return ops.pad(
    x,
    dataFormatOf(config) === 'channelsFirst'
      ? [none, none, rows, columns]
      : [none, rows, columns, none],
  );
});

function resize(ops: Ops, interpolation: string, x: Pointer, size: Two): Pointer {
  return interpolation === 'nearest'
    ? ops.image.resizeNearestNeighbor(x, size)
    : ops.image.resizeBilinear(x, size);
}

const upSampling2d = unary(
  'UpSampling2D',
  ['size', 'dataFormat', 'interpolation'],
  ({ ops, config }, x) => {
    const [byRows, byColumns] = two(config, 'size', 2);
    const interpolation = config.choice('interpolation', ['nearest', 'bilinear'], 'nearest');
    return channelsLast(ops, dataFormatOf(config), x, (last) => {
      const [, rows = 0, columns = 0] = last.shape;
      return resize(ops, interpolation, last, [byRows * rows, byColumns * columns]);
    });
  },
);

export const convolutionLayers: readonly LayerKind[] = [
  conv1d,
  conv2d,
  conv3d,
  conv2dTranspose,
  conv3dTranspose,
  separableConv2d,
  depthwiseConv2d,
  cropping2d,
  zeroPadding2d,
  upSampling2d,
];
