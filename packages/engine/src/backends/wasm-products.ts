/**
 * Products of matrices. The wasm backend has a fast one for two matrices as they lie, and for all else (matrices transposed,
 * as in every gradient of a product, and batches of them) a plain loop that takes ten to thirty times as long.
 */

import * as tf from '@tensorflow/tfjs';
import { type KernelCall, transposedMatrix } from './wasm-heap';

/** Up to as many products of numbers the loop is taken: it needs about as long as the fast kernel's setting up. */
const fewProducts = 2 ** 15;

/** What a call says before anything is computed. */
interface Sizes {
  /** How many matrices there are on either side. */
  readonly counts: readonly [number, number];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Products of numbers for each two matrices. */
  readonly products: number;
  readonly shape: number[];
}

function sizesOf({ inputs, attrs = {} }: KernelCall): Sizes {
  const [a, b] = [(inputs['a'] as tf.Tensor).shape, (inputs['b'] as tf.Tensor).shape];
  const [transposeA, transposeB] = [attrs['transposeA'] === true, attrs['transposeB'] === true];
  const [rows = 0, shared = 0] = transposeA ? a.slice(-2).reverse() : a.slice(-2);
  const columns = b.at(transposeB ? -2 : -1) ?? 0;
  const [batchA, batchB] = [a.slice(0, -2), b.slice(0, -2)];
  return {
    counts: [tf.util.sizeFromShape(batchA), tf.util.sizeFromShape(batchB)],
    transposeA,
    transposeB,
    products: rows * shared * columns,
    shape: [...tf.backend_util.assertAndGetBroadcastShape(batchA, batchB), rows, columns],
  };
}

function isPlain({ counts, transposeA, transposeB }: Sizes): boolean {
  return counts[0] === 1 && counts[1] === 1 && !transposeA && !transposeB;
}

/** One that the backend's own would take a loop for, and that is worth more. It repeats the shorter of two batches. */
function isSlow(sizes: Sizes): boolean {
  const [countA, countB] = sizes.counts;
  const areAlike = countA === countB || countA === 1 || countB === 1;
  return !isPlain(sizes) && areAlike && sizes.products > fewProducts;
}

/** Of two matrices. What stands on the right is laid out anew by the kernel, so that the smaller one should. */
function productOfTwo(a: tf.Tensor2D, b: tf.Tensor2D, sizes: Sizes): tf.Tensor2D {
  const { transposeA, transposeB } = sizes;
  if (!transposeB) return tf.matMul(transposeA ? transposedMatrix(a) : a, b);
  if (transposeA) return transposedMatrix(tf.matMul(b, a));
  return a.shape[0] < b.shape[0]
    ? transposedMatrix(tf.matMul(b, transposedMatrix(a)))
    : tf.matMul(a, transposedMatrix(b));
}

/** One matrix of a batch; the same for all where there is but one. */
function matrixOf(x: tf.Tensor, count: number, at: number): tf.Tensor2D {
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const one =
    count === 1
      ? x
      : tf.slice3d(tf.reshape(x, [count, rows, columns]), [at, 0, 0], [1, rows, columns]);
  return tf.reshape(one, [rows, columns]);
}

function productOfMany({ inputs }: KernelCall, sizes: Sizes): tf.Tensor {
  const [a, b] = [inputs['a'] as tf.Tensor, inputs['b'] as tf.Tensor];
  const { counts, transposeA, shape } = sizes;
  const [countA, countB] = counts;
  if (countB === 1 && !transposeA) {
    const rows = tf.reshape<tf.Rank.R2>(a, [-1, a.shape.at(-1) ?? 0]);
    return tf.reshape(productOfTwo(rows, matrixOf(b, 1, 0), sizes), shape);
  }
  const made = Array.from({ length: Math.max(countA, countB) }, (_, at) =>
    tf.tidy(() => productOfTwo(matrixOf(a, countA, at), matrixOf(b, countB, at), sizes)),
  );
  return tf.reshape(tf.stack(made), shape);
}

/** The backend's own kernel where that is fast. */
export function batchMatMul(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const sizes = sizesOf(call);
    return isSlow(sizes) ? tf.tidy(() => productOfMany(call, sizes)) : own(call);
  };
}

function activated(x: tf.Tensor, { inputs, attrs = {} }: KernelCall): tf.Tensor {
  switch (attrs['activation'] ?? 'linear') {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'elu':
      return tf.elu(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'leakyrelu':
      return tf.leakyRelu(x, attrs['leakyreluAlpha'] as number);
    case 'prelu':
      return tf.prelu(x, inputs['preluActivationWeights'] as tf.Tensor);
    default:
      throw new Error('There is no such activation.');
  }
}

/**
 * The backend's own kernel where it is fast and right: it adds a bias to the plain product of two matrices only, and reads
 * the slope of a prelu as one number for each column.
 */
export function fusedMatMul(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const sizes = sizesOf(call);
    const bias = (call.inputs['bias'] ?? undefined) as tf.Tensor | undefined;
    const isOwn =
      isPlain(sizes) &&
      call.attrs?.['activation'] !== 'prelu' &&
      (bias === undefined || (bias.rank === 1 && bias.shape[0] === sizes.shape.at(-1)));
    if (isOwn) return own(call);
    return tf.tidy(() => {
      const [a, b] = [call.inputs['a'] as tf.Tensor, call.inputs['b'] as tf.Tensor];
      const product = tf.matMul(a, b, sizes.transposeA, sizes.transposeB);
      return activated(bias === undefined ? product : tf.add(product, bias), call);
    });
  };
}
