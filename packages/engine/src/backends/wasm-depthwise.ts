/** Gradients of depthwiseConv2d. Each channel has filters of its own, so that there is no product of matrices in them. */

import * as tf from '@tensorflow/tfjs';
import { floatsOf, type KernelCall, type Shape4D } from './wasm-heap';
import { cutTo, reachOf, tapsOf } from './wasm-taps';

/** Gradient by the filter. Sums are made in double precision, as on cpu. */
export function depthwiseFilterGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const filterShape = attrs['filterShape'] as Shape4D;
  return tf.tidy(() => {
    const x = inputs['x'] as tf.Tensor4D;
    const [, , channels, multiplier] = filterShape;
    const taps = tapsOf(x.shape, filterShape, attrs, true);
    const dy = cutTo(inputs['dy'] as tf.Tensor4D, taps);
    const { count, strides, dilations, before, image, output } = taps;
    const filters = channels * multiplier;
    const made = tf.zeros<tf.Rank.R4>(filterShape);
    const [values, given, gradient] = floatsOf(x, dy, made);
    const sums = new Float64Array(filters);
    const [batch] = x.shape;
    for (let tapY = 0; tapY < count[0]; tapY += 1) {
      const [top, bottom] = reachOf(taps, 0, tapY);
      for (let tapX = 0; tapX < count[1]; tapX += 1) {
        const [first, end] = reachOf(taps, 1, tapX);
        sums.fill(0);
        for (let n = 0; n < batch; n += 1) {
          for (let y = top; y < bottom; y += 1) {
            const row = y * strides[0] + tapY * dilations[0] - before[0];
            const line = (n * image[0] + row) * image[1] + tapX * dilations[1] - before[1];
            for (let x0 = first; x0 < end; x0 += 1) {
              const place = (line + x0 * strides[1]) * channels;
              const from = ((n * output[0] + y) * output[1] + x0) * filters;
              addProducts(sums, values, place, given, from, multiplier);
            }
          }
        }
        gradient.set(sums, (tapY * count[1] + tapX) * filters);
      }
    }
    return made;
  });
}

/** Adds the products of the channels at a place of the image with what came of each. */
function addProducts(
  sums: Float64Array,
  values: Float32Array,
  place: number,
  given: Float32Array,
  from: number,
  multiplier: number,
): void {
  if (multiplier === 1) {
    for (let at = 0; at < sums.length; at += 1) {
      sums[at] =
        (sums[at] as number) + (values[place + at] as number) * (given[from + at] as number);
    }
    return;
  }
  for (let at = 0, channel = place; at < sums.length; channel += 1) {
    const value = values[channel] as number;
    for (const end = at + multiplier; at < end; at += 1) {
      sums[at] = (sums[at] as number) + value * (given[from + at] as number);
    }
  }
}

/** Zeros between the entries of an axis, so that they are `stride` apart, and the last one is the last. */
function spread(image: tf.Tensor4D, axis: 1 | 2, stride: number): tf.Tensor4D {
  if (stride === 1) return image;
  const { shape } = image;
  const length = shape[axis];
  const split = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const paddings = split.map((_, at): [number, number] => [0, at === axis + 1 ? stride - 1 : 0]);
  const whole: Shape4D = [...shape];
  whole[axis] = length * stride;
  const size: Shape4D = [...shape];
  size[axis] = (length - 1) * stride + 1;
  return tf.slice4d(
    tf.reshape(tf.pad(tf.reshape(image, split), paddings), whole),
    [0, 0, 0, 0],
    size,
  );
}

/** Gradient by the image: a depthwise convolution itself, by the filter turned round, of what came of it spread out. */
export function depthwiseInputGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const inputShape = attrs['inputShape'] as Shape4D;
  return tf.tidy(() => {
    const filter = inputs['filter'] as tf.Tensor4D;
    const [, , channels, multiplier] = filter.shape;
    const taps = tapsOf(inputShape, filter.shape, attrs, true);
    const { count, strides, dilations, before, image } = taps;
    const dy = cutTo(inputs['dy'] as tf.Tensor4D, taps);
    if (inputShape.includes(0) || dy.size === 0) return tf.zeros(inputShape);
    const apart = spread(spread(dy, 1, strides[0]), 2, strides[1]);
    const turned = tf.reshape<tf.Rank.R4>(tf.reverse(filter, [0, 1]), [
      ...count,
      channels * multiplier,
      1,
    ]);
    // As far as any tap reaches, and as far as the image does.
    const around = ([0, 1] as const).map((axis): [number, number] => {
      const reach = (count[axis] - 1) * dilations[axis];
      const size = apart.shape[axis + 1] as number;
      return [reach, Math.max(reach, before[axis] + image[axis] - size)];
    });
    const [rows = [0, 0], columns = [0, 0]] = around;
    const padded = tf.pad(apart, [[0, 0], rows, columns, [0, 0]]);
    const each = tf.depthwiseConv2d(padded, turned, 1, 'valid', 'NHWC', [...dilations]);
    const [batch, height, width] = each.shape;
    const flat = tf.reshape<tf.Rank.R3>(each, [batch, height, width * channels * multiplier]);
    const met = tf.slice3d(
      flat,
      [0, before[0], before[1] * channels * multiplier],
      [batch, image[0], image[1] * channels * multiplier],
    );
    return tf.reshape(tf.sum(tf.reshape(met, [...inputShape, multiplier]), 4), inputShape);
  });
}
