/**
 * Kernels that training needs and wasm lacks, made of ops that it has: many times faster than cpu's own. Each is a sum over
 * the taps of the filter, of products of the strided part of the image that this tap meets.
 */

import * as tf from '@tensorflow/tfjs';

type KernelCall = Parameters<tf.KernelFunc>[0];
type Pair = readonly [number, number];

/** How the taps of a filter lie over an image: sizes along height and width. */
interface Taps {
  readonly count: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros before the image. */
  readonly before: Pair;
  readonly image: Pair;
  readonly output: Pair;
  /** Of the image with zeros around, as far as any tap reaches. */
  readonly padded: Pair;
}

/** The conv2d's own arithmetic of sizes, as tfjs does it. */
function tapsOf(
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
  const count: Pair = [info.filterHeight, info.filterWidth];
  const strides: Pair = [info.strideHeight, info.strideWidth];
  const dilations: Pair = [info.dilationHeight, info.dilationWidth];
  const before: Pair = [info.padInfo.top, info.padInfo.left];
  const image: Pair = [info.inHeight, info.inWidth];
  const output: Pair = [info.outHeight, info.outWidth];
  const reach = (axis: 0 | 1): number =>
    Math.max(
      (output[axis] - 1) * strides[axis] + (count[axis] - 1) * dilations[axis] + 1,
      before[axis] + image[axis],
    );
  return { count, strides, dilations, before, image, output, padded: [reach(0), reach(1)] };
}

/** Calls for each tap, row by row, with where it begins in the padded image. */
function overTaps<T>(
  { count, dilations }: Taps,
  each: (y: number, x: number, at: number) => T,
): T[] {
  return Array.from({ length: count[0] * count[1] }, (_, at) =>
    each(Math.floor(at / count[1]) * dilations[0], (at % count[1]) * dilations[1], at),
  );
}

function padImage(image: tf.Tensor4D, { before, image: size, padded }: Taps): tf.Tensor4D {
  return tf.pad(image, [
    [0, 0],
    [before[0], padded[0] - size[0] - before[0]],
    [before[1], padded[1] - size[1] - before[1]],
    [0, 0],
  ]);
}

/** What one tap meets: as large as the output. */
function metBy(padded: tf.Tensor4D, { strides, output }: Taps, y: number, x: number): tf.Tensor4D {
  const [batch, , , channels] = padded.shape;
  const height = (output[0] - 1) * strides[0] + 1;
  const width = (output[1] - 1) * strides[1] + 1;
  if (strides[0] === 1 && strides[1] === 1) {
    return tf.slice4d(padded, [0, y, x, 0], [batch, height, width, channels]);
  }
  return tf.stridedSlice(
    padded,
    [0, y, x, 0],
    [batch, y + height, x + width, channels],
    [1, strides[0], strides[1], 1],
  ) as tf.Tensor4D;
}

/**
 * As much of the gradient of the output as the sizes make of it: tfjs forgets a rounding mode on the way, and its own
 * kernels leave out what is more.
 */
function cutTo(dy: tf.Tensor4D, { output }: Taps): tf.Tensor4D {
  const [batch, , , channels] = dy.shape;
  return tf.slice4d(dy, [0, 0, 0, 0], [batch, ...output, channels]);
}

/** Gradient of conv2d by its filter. */
function conv2dFilterGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const isChannelsFirst = attrs['dataFormat'] === 'NCHW';
  const filterShape = attrs['filterShape'] as [number, number, number, number];
  return tf.tidy(() => {
    const [x, dy] = [inputs['x'], inputs['dy']].map((image) =>
      isChannelsFirst ? tf.transpose(image as tf.Tensor4D, [0, 2, 3, 1]) : image,
    ) as [tf.Tensor4D, tf.Tensor4D];
    const taps = tapsOf(x.shape, filterShape, attrs, false);
    if (taps.output.includes(0)) return tf.zeros(filterShape);
    const padded = padImage(x, taps);
    const flatDy = tf.reshape(cutTo(dy, taps), [-1, filterShape[3]]);
    const parts = overTaps(taps, (y, x0) =>
      tf.tidy(() => {
        const met = tf.reshape(metBy(padded, taps, y, x0), [-1, filterShape[2]]);
        return tf.matMul(met, flatDy, true, false);
      }),
    );
    return tf.reshape(tf.stack(parts), filterShape);
  });
}

/** Gradient of depthwiseConv2d by its filter. */
function depthwiseFilterGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const filterShape = attrs['filterShape'] as [number, number, number, number];
  const [, , channels, multiplier] = filterShape;
  return tf.tidy(() => {
    const [x, dy] = [inputs['x'] as tf.Tensor4D, inputs['dy'] as tf.Tensor4D];
    const taps = tapsOf(x.shape, filterShape, attrs, true);
    if (taps.output.includes(0)) return tf.zeros(filterShape);
    const padded = padImage(x, taps);
    const flatDy = tf.reshape(cutTo(dy, taps), [-1, channels, multiplier]);
    const parts = overTaps(taps, (y, x0) =>
      tf.tidy(() => {
        const met = tf.reshape(metBy(padded, taps, y, x0), [-1, channels, 1]);
        return tf.sum(tf.mul(met, flatDy), 0);
      }),
    );
    return tf.reshape(tf.stack(parts), filterShape);
  });
}

/** Zeros between the entries of an axis, so that they are `stride` apart, and the last one is the last. */
function spread(image: tf.Tensor4D, axis: 1 | 2, stride: number): tf.Tensor4D {
  if (stride === 1) return image;
  const { shape } = image;
  const length = shape[axis];
  const split = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const paddings = split.map((_, at): [number, number] => [0, at === axis + 1 ? stride - 1 : 0]);
  const whole: [number, number, number, number] = [...shape];
  whole[axis] = length * stride;
  const size: [number, number, number, number] = [...shape];
  size[axis] = (length - 1) * stride + 1;
  return tf.slice4d(
    tf.reshape(tf.pad(tf.reshape(image, split), paddings), whole),
    [0, 0, 0, 0],
    size,
  );
}

/** Gradient of depthwiseConv2d by its image. */
function depthwiseInputGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const inputShape = attrs['inputShape'] as [number, number, number, number];
  return tf.tidy(() => {
    const [dy, filter] = [inputs['dy'] as tf.Tensor4D, inputs['filter'] as tf.Tensor4D];
    const [, , channels, multiplier] = filter.shape;
    const taps = tapsOf(inputShape, filter.shape, attrs, true);
    const { output, padded, before, image, count, strides } = taps;
    if (output.includes(0)) return tf.zeros(inputShape);
    const [batch] = inputShape;
    const byChannel = tf.reshape(cutTo(dy, taps), [-1, channels, multiplier]);
    const flatFilter = tf.reshape(filter, [count[0] * count[1], channels, multiplier]);
    const parts = overTaps(taps, (y, x, at) =>
      tf.tidy(() => {
        const tap = tf.slice(flatFilter, [at, 0, 0], [1, channels, multiplier]);
        const given = tf.reshape(tf.sum(tf.mul(byChannel, tap), 2), [batch, ...output, channels]);
        const apart = spread(spread(given as tf.Tensor4D, 1, strides[0]), 2, strides[1]);
        return tf.pad(apart, [
          [0, 0],
          [y, padded[0] - y - apart.shape[1]],
          [x, padded[1] - x - apart.shape[2]],
          [0, 0],
        ]);
      }),
    );
    return tf.slice4d(
      tf.addN(parts) as tf.Tensor4D,
      [0, ...before, 0],
      [batch, ...image, channels],
    );
  });
}

/** Gradient of gather. Numbers of segments that there are not count nowhere, as on cpu. */
function segmentSum({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const segments = attrs['numSegments'] as number;
  return tf.tidy(() => {
    const [x, ids] = [inputs['x'] as tf.Tensor, inputs['segmentIds'] as tf.Tensor1D];
    const [count = 0, ...rest] = x.shape;
    const flat = tf.reshape(tf.cast(x, 'float32'), [count, x.size / count]);
    const isThere = tf.logicalAnd(tf.greaterEqual(ids, 0), tf.less(ids, segments));
    // One row more for those, which is cut off.
    const rows = tf.where(isThere, ids, tf.onesLike(ids).mul(tf.scalar(segments, 'int32')));
    const sums = tf.scatterND(tf.expandDims(tf.cast(rows, 'int32'), 1), flat, [
      segments + 1,
      x.size / count,
    ]);
    return tf.reshape(tf.slice(sums, [0, 0], [segments, x.size / count]), [segments, ...rest]);
  });
}

/** Which entry of the image an entry of the output was taken from, along one axis, as resizeNearestNeighbor chooses it. */
function nearestOf(image: number, output: number, attrs: tf.NamedAttrMap): number[] {
  const isAligned = attrs['alignCorners'] === true;
  const less = isAligned && output > 1 ? 1 : 0;
  const scale = (image - less) / (output - less);
  const shift = attrs['halfPixelCenters'] === true ? 0.5 : 0;
  return Array.from({ length: output }, (_, at) => {
    const source = scale * (at + shift);
    return Math.max(0, Math.min(image - 1, isAligned ? Math.round(source) : Math.floor(source)));
  });
}

/** [image, output], 1 where the entry of the output was taken from that of the image. */
function takenFrom(image: number, output: number, attrs: tf.NamedAttrMap): tf.Tensor2D {
  const taken = tf.buffer<tf.Rank.R2>([image, output]);
  nearestOf(image, output, attrs).forEach((from, to) => {
    taken.set(1, from, to);
  });
  return taken.toTensor();
}

/** Gradient of resizeNearestNeighbor. tfjs's own on cpu mixes images up, and never ends where an image of one row is aligned. */
function nearestGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  return tf.tidy(() => {
    const dy = inputs['dy'] as tf.Tensor4D;
    const [batch, height = 0, width = 0, channels] = (inputs['images'] as tf.Tensor4D).shape;
    const [, down, right] = dy.shape;
    if (dy.size === 0) return tf.zeros([batch, height, width, channels]);
    const byRow = tf.reshape(dy, [batch, down, right * channels]);
    const rows = tf.matMul(takenFrom(height, down, attrs), byRow);
    const byColumn = tf.reshape(rows, [batch * height, right, channels]);
    const columns = tf.matMul(takenFrom(width, right, attrs), byColumn);
    return tf.reshape(columns, [batch, height, width, channels]);
  });
}

const kernels: Readonly<Record<string, (call: KernelCall) => tf.Tensor>> = {
  Conv2DBackpropFilter: conv2dFilterGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  UnsortedSegmentSum: segmentSum,
};

/** Better than what tfjs has, on any backend. */
const mended: typeof kernels = { ResizeNearestNeighborGrad: nearestGradient };

export const wasmGradientKernels: readonly string[] = Object.keys(kernels);

/** Registers them where the backend has none of its own. Before the bridge, which would give it cpu's. */
export function registerGradientKernels(backendName: string): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName) !== undefined) continue;
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}

/** Puts our own in the place of kernels of tfjs that are wrong, or might never end. Not for the page, whose tfjs is not ours. */
export function mendKernels(backendName: string): void {
  for (const [kernelName, kernelFunc] of Object.entries(mended)) {
    if (tf.getKernel(kernelName, backendName) !== undefined) {
      tf.unregisterKernel(kernelName, backendName);
    }
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}
