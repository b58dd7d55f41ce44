/** The memory of the wasm backend, for kernels of our own: they read and write there, as tfjs's own do. */

import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

export type KernelCall = Parameters<tf.KernelFunc>[0];
export type Shape4D = [number, number, number, number];

function backend(): BackendWasm {
  return tf.engine().findBackend('wasm') as BackendWasm;
}

/**
 * What a tensor holds, in place. The view is good until the next allocation, which may grow the memory: make all tensors
 * first. A tensor of another backend comes over.
 */
export function heapOf(tensor: tf.TensorInfo): tf.TypedArray {
  return backend().typedArrayFromHeap(tensor);
}

/** The same of several of float32. */
export function floatsOf<T extends readonly tf.TensorInfo[]>(
  ...tensors: T
): { readonly [K in keyof T]: Float32Array } {
  // The first time brings over what is elsewhere.
  for (const tensor of tensors) heapOf(tensor);
  return tensors.map(heapOf) as unknown as { readonly [K in keyof T]: Float32Array };
}

/** With whatever is in the memory: to be filled. Not tracked by a scope. */
export function unfilled(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo {
  return backend().makeOutput([...shape], dtype);
}

/** The same, as a tensor of the scope at hand. */
export function unfilledMatrix(rows: number, columns: number): tf.Tensor2D {
  const info = unfilled([rows, columns], 'float32');
  return tf.engine().makeTensorFromTensorInfo(info, backend()) as tf.Tensor2D;
}

/** The same values under another name, or in another shape. */
export function sharing({ dataId, dtype }: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  backend().incRef(dataId);
  return { dataId, shape: [...shape], dtype };
}

/** Floats of a page of memory. */
const pageFloats = 1024;

/**
 * The matrix transposed, its rows `stride` floats long: somewhat longer than they need to be where a row would be a whole
 * number of quarter pages. All of a column would then compete for a few places in the cache, which takes ten times as long.
 */
export function transposedRows(matrix: tf.Tensor2D): {
  readonly transposed: tf.Tensor2D;
  readonly stride: number;
} {
  const [rows, columns] = matrix.shape;
  const more = rows % (pageFloats / 4) === 0 && columns > 1 ? 16 : 0;
  const longer =
    more === 0
      ? matrix
      : tf.pad2d(matrix, [
          [0, more],
          [0, 0],
        ]);
  return { transposed: tf.transpose(longer), stride: rows + more };
}

/** The matrix transposed. */
export function transposedMatrix(matrix: tf.Tensor2D): tf.Tensor2D {
  const [rows, columns] = matrix.shape;
  const { transposed, stride } = transposedRows(matrix);
  return stride === rows ? transposed : tf.slice2d(transposed, [0, 0], [columns, rows]);
}
