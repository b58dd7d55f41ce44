/** Gradients of pools. */

import * as tf from '@tensorflow/tfjs';
import { depthwiseInputGradient } from './wasm-depthwise';
import { floatsOf, type KernelCall, type Shape4D } from './wasm-heap';

type Pad = Parameters<typeof tf.backend_util.computePool2DInfo>[4];

/** From the first to before the second. */
type Span = readonly [number, number];

function spanOf(start: number, size: number, length: number): Span {
  return [Math.max(0, start), Math.min(length, start + size)];
}

/**
 * Gradient of maxPool: to the first place where the largest of the window was, as on cpu. tfjs's own kernel looks through
 * the windows again for every entry of the image.
 */
export function maxPoolGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const [x, dy] = [inputs['input'] as tf.Tensor4D, inputs['dy'] as tf.Tensor4D];
  const [batch, height, width, channels] = x.shape;
  const [, down, right] = dy.shape;
  const info = tf.backend_util.computePool2DInfo(
    x.shape as Shape4D,
    attrs['filterSize'] as number,
    attrs['strides'] as number,
    1,
    attrs['pad'] as Pad,
    attrs['dimRoundingMode'] as 'floor',
  );
  const dx = tf.zerosLike(x);
  const [values, given, image] = floatsOf(x, dy, dx);
  const largest = new Float32Array(channels);
  const places = new Int32Array(channels);

  const lookThrough = (n: number, rows: Span, columns: Span): void => {
    largest.fill(Number.NEGATIVE_INFINITY);
    places.fill(-1);
    for (let row = rows[0]; row < rows[1]; row += 1) {
      for (let column = columns[0]; column < columns[1]; column += 1) {
        const place = ((n * height + row) * width + column) * channels;
        for (let channel = 0; channel < channels; channel += 1) {
          const value = values[place + channel] as number;
          if (value > (largest[channel] as number)) {
            largest[channel] = value;
            places[channel] = place + channel;
          }
        }
      }
    }
  };

  for (let n = 0; n < batch; n += 1) {
    for (let y = 0; y < Math.min(down, info.outHeight); y += 1) {
      const rows = spanOf(y * info.strideHeight - info.padInfo.top, info.filterHeight, height);
      for (let x0 = 0; x0 < Math.min(right, info.outWidth); x0 += 1) {
        const left = x0 * info.strideWidth - info.padInfo.left;
        lookThrough(n, rows, spanOf(left, info.filterWidth, width));
        const from = ((n * down + y) * right + x0) * channels;
        for (let channel = 0; channel < channels; channel += 1) {
          const place = places[channel] as number;
          if (place < 0) continue;
          image[place] = (image[place] as number) + (given[from + channel] as number);
        }
      }
    }
  }
  return dx;
}

/** Gradient of avgPool: that of a depthwise convolution whose filter is all alike, padding counted in. */
export function avgPoolGradient({ inputs, attrs = {}, backend }: KernelCall): tf.Tensor {
  return tf.tidy(() => {
    const [dy, input] = [inputs['dy'] as tf.Tensor4D, inputs['input'] as tf.Tensor4D];
    const size = attrs['filterSize'] as number | [number, number];
    const [height, width] = typeof size === 'number' ? [size, size] : size;
    const filter = tf.fill([height, width, input.shape[3], 1], 1 / (height * width));
    return depthwiseInputGradient({
      inputs: { dy, filter },
      attrs: { ...attrs, inputShape: input.shape, dilations: 1 },
      backend,
    });
  });
}
