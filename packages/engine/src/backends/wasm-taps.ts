/** How the taps of a filter lie over an image. */

import * as tf from '@tensorflow/tfjs';

type Pair = readonly [number, number];

/** Sizes along height and width. */
export interface Taps {
  readonly count: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros before the image. */
  readonly before: Pair;
  readonly image: Pair;
  readonly output: Pair;
}

/** The conv2d's own arithmetic of sizes, as tfjs does it. */
export function tapsOf(
  imageShape: readonly number[],
  filterShape: readonly number[],
  attrs: tf.NamedAttrMap,
  isDepthwise: boolean,
): Taps {
  const info = tf.backend_util.computeConv2DInfo(
    imageShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs['strides'] as [number, number],
    (attrs['dilations'] ?? 1) as [number, number] | number,
    attrs['pad'] as 'valid',
    attrs['dimRoundingMode'] as 'floor',
    isDepthwise,
  );
  return {
    count: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
    image: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
  };
}

/** The places of the output, from the first to before the second, at which the image is under a tap. */
export function reachOf(
  { strides, dilations, before, image, output }: Taps,
  axis: 0 | 1,
  tap: number,
): Pair {
  const offset = tap * dilations[axis] - before[axis];
  const stride = strides[axis];
  const first = Math.min(output[axis], Math.max(0, Math.ceil(-offset / stride)));
  const end = Math.min(output[axis], Math.ceil((image[axis] - offset) / stride));
  return [first, Math.max(first, end)];
}

/**
 * As much of the gradient of the output as the sizes make of it: tfjs forgets a rounding mode on the way, and its own
 * kernels leave out what is more.
 */
export function cutTo(dy: tf.Tensor4D, { output }: Taps): tf.Tensor4D {
  const [batch, height, width, channels] = dy.shape;
  if (height === output[0] && width === output[1]) return dy;
  return tf.slice4d(dy, [0, 0, 0, 0], [batch, ...output, channels]);
}

/** Rows of the output, counted through all images of a batch. */
export interface Lines {
  readonly from: number;
  readonly to: number;
}

/** Parts of `total` lines of which none has more than `most`, but for single ones. */
export function partsOf(total: number, most: number): Lines[] {
  const size = Math.max(1, Math.floor(most));
  return Array.from({ length: Math.ceil(total / size) }, (_, at) => ({
    from: at * size,
    to: Math.min(total, (at + 1) * size),
  }));
}
