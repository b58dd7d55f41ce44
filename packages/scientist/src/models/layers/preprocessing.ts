/** Layers that prepare data, by tfjs's `layers/preprocessing`. */

import type { Pointer } from '../../pointer';
import { type LayerCall, type LayerKind, unary } from '../layer';
import type { Two } from './convolution';

const rescaling = unary('Rescaling', ['scale', 'offset'], ({ ops, config }, x) => {
  const float = x.dtype === 'float32' ? x : ops.cast(x, 'float32');
  return ops.add(ops.mul(float, config.number('scale')), config.number('offset', 0));
});

const resizing = unary(
  'Resizing',
  ['height', 'width', 'interpolation', 'cropToAspectRatio'],
  ({ ops, config }, x) => {
    const size: Two = [config.integer('height'), config.integer('width')];
    // As in tfjs, where the flag says how corners are aligned and crops nothing.
    const alignCorners = !config.flag('cropToAspectRatio', false);
    return config.choice('interpolation', ['bilinear', 'nearest'], 'bilinear') === 'bilinear'
      ? ops.image.resizeBilinear(x, size, alignCorners)
      : ops.image.resizeNearestNeighbor(x, size, alignCorners);
  },
);

/** Where the window begins. tfjs moves it by one column where the odd one would be the last. */
function beginOf(length: number, window: number): number {
  return length === window ? 0 : Math.floor((length - window) / 2);
}

function crop({ ops, config }: LayerCall, images: Pointer): Pointer {
  const [batch = 0, height = 0, width = 0] = images.shape;
  const size: Two = [config.integer('height'), config.integer('width')];
  const top = beginOf(height, size[0]);
  const left = width === size[1] ? 0 : beginOf(width, size[1]) || 1;
  if (top < 0 || left < 0) {
    return ops.cast(ops.image.resizeBilinear(images, size), images.dtype as 'float32');
  }
  const box = [top / height, left / width, (size[0] + top) / height, (size[1] + left) / width];
  const boxes = ops.tile(ops.reshape(box, [1, 4]), [batch, 1]);
  const cropped = ops.image.cropAndResize(
    images,
    boxes,
    ops.range(0, batch, 1, 'int32'),
    size,
    'nearest',
  );
  return ops.cast(cropped, images.dtype as 'float32');
}

const centerCrop = unary('CenterCrop', ['height', 'width'], (call, x) => {
  if (x.rank !== 3) return crop(call, x);
  return call.ops.squeeze(crop(call, call.ops.expandDims(x, 0)), [0]);
});

/**
 * Tokens as numbers: one hot, any hot, or counted. tfjs reads the values to see that they are in range; here one that is not
 * counts for nothing.
 */
const categoryEncoding = unary(
  'CategoryEncoding',
  ['numTokens', 'outputMode'],
  ({ ops, config }, x) => {
    const mode = config.choice('outputMode', ['multiHot', 'oneHot', 'count', 'int'], 'multiHot');
    const tokens = x.dtype === 'int32' ? x : ops.cast(x, 'int32');
    if (mode === 'int') return tokens;
    const alone = mode === 'oneHot' && x.shape.at(-1) !== 1 ? ops.expandDims(tokens, -1) : tokens;
    if (alone.rank > 2) {
      config.refuse(`with ${mode} it takes one row of tokens for each example, as in tfjs.`);
    }
    const hot = ops.cast(ops.oneHot(alone, config.integer('numTokens')), 'float32');
    return mode === 'count' ? ops.sum(hot, -2) : ops.max(hot, -2);
  },
  {
    check: (config) => {
      if (config.get('outputMode') === 'tfIdf') {
        config.refuse('tfIdf takes weights, which a model has no place for.', 'Use count.');
      }
    },
  },
);

export const preprocessingLayers: readonly LayerKind[] = [
  rescaling,
  resizing,
  centerCrop,
  categoryEncoding,
];
