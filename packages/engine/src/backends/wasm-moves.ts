/**
 * Kernels of the wasm backend that move values. tfjs's own copies the whole tensor for each slice of it (all of a data set
 * for a batch), and for each further name that a tensor gets.
 */

import * as tf from '@tensorflow/tfjs';
import { heapOf, type KernelCall, sharing, unfilled } from './wasm-heap';

/** Copies a box of a tensor, in runs that are as long as can be. */
function copyBox(
  from: tf.TypedArray,
  into: tf.TypedArray,
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
): void {
  // From this axis on, what is taken lies together.
  let axis = shape.length - 1;
  while (axis > 0 && size[axis] === shape[axis]) axis -= 1;
  const strides = [...tf.util.computeStrides([...shape]), 1].slice(-shape.length);
  const run = (size[axis] ?? 1) * (strides[axis] ?? 1);
  const passed = size.map(() => 0);
  let source = begin.reduce((sum, first, each) => sum + first * (strides[each] ?? 1), 0);
  for (let target = 0; target < into.length; target += run) {
    into.set(from.subarray(source, source + run), target);
    // To the next run, as a counter goes on.
    for (let each = axis - 1; each >= 0; each -= 1) {
      const [stride = 1, count = 1, before = 0] = [strides[each], size[each], passed[each]];
      source += stride;
      if (before + 1 < count) {
        passed[each] = before + 1;
        break;
      }
      passed[each] = 0;
      source -= stride * count;
    }
  }
}

function boxOf(x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo {
  if (size.every((length, axis) => length === x.shape[axis])) return sharing(x, x.shape);
  const made = unfilled(size, x.dtype);
  copyBox(heapOf(x), heapOf(made), x.shape, begin, size);
  return made;
}

/** Slices of an axis, one after the other. */
function slicesOf(x: tf.TensorInfo, axis: number, lengths: readonly number[]): tf.TensorInfo[] {
  let from = 0;
  return lengths.map((length) => {
    const begin = x.shape.map((_, at) => (at === axis ? from : 0));
    const size = x.shape.map((whole, at) => (at === axis ? length : whole));
    from += length;
    return boxOf(x, begin, size);
  });
}

function slice({ inputs, attrs = {} }: KernelCall): tf.TensorInfo {
  const x = inputs['x'] as tf.TensorInfo;
  const [begin = [], size = []] = tf.slice_util.parseSliceParams(
    x as tf.Tensor,
    attrs['begin'] as number[],
    attrs['size'] as number[],
  );
  return boxOf(x, begin, size);
}

function split({ inputs, attrs = {} }: KernelCall): tf.TensorInfo[] {
  const x = inputs['x'] as tf.Tensor;
  const [axis = 0] = tf.util.parseAxisParam(attrs['axis'] as number, x.shape);
  const sizes = attrs['numOrSizeSplits'] as number | number[];
  const lengths = tf.backend_util.prepareSplitSize(x, sizes, axis);
  return slicesOf(x, axis, lengths);
}

function unpack({ inputs, attrs = {} }: KernelCall): tf.TensorInfo[] {
  const x = inputs['value'] as tf.Tensor;
  const [axis = 0] = tf.util.parseAxisParam(attrs['axis'] as number, [...x.shape]);
  const shape = x.shape.filter((_, at) => at !== axis);
  const ones = Array.from({ length: x.shape[axis] ?? 0 }, () => 1);
  return slicesOf(x, axis, ones).map((each) => ({ ...each, shape }));
}

function identity({ inputs }: KernelCall): tf.TensorInfo {
  const x = inputs['x'] as tf.TensorInfo;
  return sharing(x, x.shape);
}

export const movingKernels = { Slice: slice, SplitV: split, Unpack: unpack, Identity: identity };
