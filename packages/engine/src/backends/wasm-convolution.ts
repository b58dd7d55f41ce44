/**
 * Gradients of conv2d as products of matrices, which is what the wasm backend is fast at. What the taps meet is laid out as
 * a matrix, part by part, so that a part stays in the cache.
 */

import * as tf from '@tensorflow/tfjs';
import {
  floatsOf,
  type KernelCall,
  type Shape4D,
  transposedMatrix,
  transposedRows,
  unfilledMatrix,
} from './wasm-heap';
import { cutTo, type Lines, partsOf, reachOf, type Taps, tapsOf } from './wasm-taps';

/** Floats of a matrix that is laid out at once: 2 MiB, about what a core caches for itself. */
const partFloats = 2 ** 19;

function channelsLast(image: tf.Tensor4D, attrs: tf.NamedAttrMap): tf.Tensor4D {
  return attrs['dataFormat'] === 'NCHW' ? tf.transpose(image, [0, 2, 3, 1]) : image;
}

/** The gradient of the output at some lines: a row for each place. */
function rowsOf(dy: tf.Tensor4D, { from, to }: Lines): tf.Tensor2D {
  const [batch, height, width, channels] = dy.shape;
  const lines = tf.reshape<tf.Rank.R2>(dy, [batch * height, width * channels]);
  return tf.reshape(tf.slice2d(lines, [from, 0], [to - from, width * channels]), [-1, channels]);
}

/**
 * Lays out what each tap meets at each place of some lines: [taps × channels, places], zero where it is outside. `turned` is
 * the batch with its channels first, each in a row of `stride`.
 */
function layOut(
  columns: tf.Tensor2D,
  turned: tf.Tensor2D,
  stride: number,
  channels: number,
  taps: Taps,
  { from, to }: Lines,
): void {
  const { count, strides, dilations, before, image, output } = taps;
  const [height, width] = image;
  const [down, right] = output;
  const step = strides[1];
  const [into, source] = floatsOf(columns, turned);
  // Both in one view: what is copied within it needs no view of its own.
  const heap = new Float32Array(into.buffer);
  const base = source.byteOffset / heap.BYTES_PER_ELEMENT;
  let at = into.byteOffset / heap.BYTES_PER_ELEMENT;
  for (let tapY = 0; tapY < count[0]; tapY += 1) {
    const above = tapY * dilations[0] - before[0];
    for (let tapX = 0; tapX < count[1]; tapX += 1) {
      const [first, end] = reachOf(taps, 1, tapX);
      const left = tapX * dilations[1] - before[1];
      for (let channel = 0; channel < channels; channel += 1) {
        for (let line = from; line < to; line += 1, at += right) {
          const row = (line % down) * strides[0] + above;
          if (row < 0 || row >= height) {
            heap.fill(0, at, at + right);
            continue;
          }
          if (first > 0) heap.fill(0, at, at + first);
          if (end < right) heap.fill(0, at + end, at + right);
          const start =
            base + channel * stride + (Math.floor(line / down) * height + row) * width + left;
          if (step === 1) {
            heap.copyWithin(at + first, start + first, start + end);
          } else {
            for (let x = first; x < end; x += 1) heap[at + x] = heap[start + x * step] as number;
          }
        }
      }
    }
  }
}

/** Gradient of conv2d by its filter: what the taps met, times what came of it. */
export function conv2dFilterGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const filterShape = attrs['filterShape'] as Shape4D;
  return tf.tidy(() => {
    const x = channelsLast(inputs['x'] as tf.Tensor4D, attrs);
    const taps = tapsOf(x.shape, filterShape, attrs, false);
    const dy = cutTo(channelsLast(inputs['dy'] as tf.Tensor4D, attrs), taps);
    if (x.size === 0 || dy.size === 0) return tf.zeros(filterShape);
    const [height, width, channels, filters] = filterShape;
    const { transposed: turned, stride } = transposedRows(
      tf.reshape(x, [x.size / channels, channels]) as tf.Tensor2D,
    );
    const [down, right] = taps.output;
    const rows = height * width * channels;
    const most = partFloats / (right * Math.max(rows, filters));
    const sums = partsOf(x.shape[0] * down, most).map((lines) =>
      tf.tidy(() => {
        const columns = unfilledMatrix(rows, (lines.to - lines.from) * right);
        const given = rowsOf(dy, lines);
        layOut(columns, turned, stride, channels, taps, lines);
        return tf.matMul(columns, given);
      }),
    );
    return tf.reshape(tf.addN(sums), filterShape);
  });
}

/** Adds what the places of some lines give to each tap, [places, taps × channels], to the image that was under it. */
function addUp(
  image: Float32Array,
  given: Float32Array,
  channels: number,
  taps: Taps,
  { from, to }: Lines,
): void {
  const { count, strides, dilations, before, output } = taps;
  const [height, width] = taps.image;
  const [down, right] = output;
  // Of neighbouring taps the entries are neighbours here and there.
  const isRun = dilations[1] === 1;
  for (let line = from; line < to; line += 1) {
    const y = line % down;
    const above = Math.floor(line / down) * height;
    for (let tapY = 0; tapY < count[0]; tapY += 1) {
      const row = y * strides[0] + tapY * dilations[0] - before[0];
      if (row < 0 || row >= height) continue;
      for (let x = 0; x < right; x += 1) {
        const place = ((line - from) * right + x) * count[0] + tapY;
        const left = x * strides[1] - before[1];
        if (isRun) {
          const first = Math.max(0, -left);
          const end = Math.min(count[1], width - left);
          let source = (place * count[1] + first) * channels;
          let target = ((above + row) * width + left + first) * channels;
          const last = source + (end - first) * channels;
          for (; source < last; source += 1, target += 1) {
            image[target] = (image[target] as number) + (given[source] as number);
          }
          continue;
        }
        for (let tapX = 0; tapX < count[1]; tapX += 1) {
          const column = left + tapX * dilations[1];
          if (column < 0 || column >= width) continue;
          const source = (place * count[1] + tapX) * channels;
          const target = ((above + row) * width + column) * channels;
          for (let channel = 0; channel < channels; channel += 1) {
            image[target + channel] =
              (image[target + channel] as number) + (given[source + channel] as number);
          }
        }
      }
    }
  }
}

/**
 * Without strides the gradient by the image is a convolution itself, by the filter turned round: that needs no room for what
 * each tap gives. Nothing where there is more padding than the filter reaches over.
 */
function byConvolution(dy: tf.Tensor4D, filter: tf.Tensor4D, taps: Taps): tf.Tensor4D | undefined {
  const { count, strides, before, image, output } = taps;
  const around = ([0, 1] as const).map((axis): [number, number] => {
    const first = count[axis] - 1 - before[axis];
    return [first, image[axis] - 1 + count[axis] - output[axis] - first];
  });
  const [rows = [0, 0], columns = [0, 0]] = around;
  if (Math.max(...strides) > 1 || Math.min(...rows, ...columns) < 0) return undefined;
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(dy, turned, 1, [[0, 0], rows, columns, [0, 0]]);
}

/** Gradient of conv2d by its image, which is also what conv2dTranspose is: what came of it, times the filter. */
export function conv2dInputGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const given = attrs['inputShape'] as Shape4D;
  const isFirst = attrs['dataFormat'] === 'NCHW';
  const inputShape: Shape4D = isFirst ? [given[0], given[2], given[3], given[1]] : given;
  return tf.tidy(() => {
    const filter = inputs['filter'] as tf.Tensor4D;
    const taps = tapsOf(inputShape, filter.shape, attrs, false);
    const dy = cutTo(channelsLast(inputs['dy'] as tf.Tensor4D, attrs), taps);
    const [batch, , , channels] = inputShape;
    const [down, right] = taps.output;
    const columns = taps.count[0] * taps.count[1] * channels;
    if (dy.size === 0 || filter.size === 0 || given.includes(0)) return tf.zeros(given);
    const convolved = byConvolution(dy, filter, taps);
    if (convolved !== undefined) return isFirst ? tf.transpose(convolved, [0, 3, 1, 2]) : convolved;
    const dx = tf.zeros<tf.Rank.R4>(inputShape);
    const turned = transposedMatrix(tf.reshape(filter, [columns, filter.shape[3]]));
    const most = partFloats / (right * Math.max(columns, filter.shape[3]));
    for (const lines of partsOf(batch * down, most)) {
      tf.tidy(() => {
        const product = tf.matMul(rowsOf(dy, lines), turned);
        addUp(...floatsOf(dx, product), channels, taps, lines);
      });
    }
    return isFirst ? tf.transpose(dx, [0, 3, 1, 2]) : dx;
  });
}
