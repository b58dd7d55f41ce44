/**
 * Ops made out of others: where the backends of tfjs differ among themselves or read values back, and where tfjs takes a
 * function. Each takes and gives what tfjs's op of the name does; tensors made on the way are the caller's scope's.
 */

import type { ComposedOp } from '@duet/ops';
import * as tf from '@tensorflow/tfjs';
import { metrics } from './metrics';
import { positionRows, type Rows } from './positions';

export type Composition = (...args: never[]) => tf.Tensor;

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Rows of updates, [count, entries of one place], with zeros for those that do not count. */
function updateRows(updates: tf.Tensor, counts: tf.Tensor1D): tf.Tensor2D {
  const [count] = counts.shape;
  const rows = tf.reshape(updates, [count, updates.size / count]);
  return tf.where(tf.expandDims(counts, 1), rows, tf.zerosLike(rows)) as tf.Tensor2D;
}

function scatterND(indices: tf.Tensor, updates: tf.Tensor, shape: number[]): tf.Tensor {
  // Backends differ in the dtype of what has no elements.
  if (sizeOf(shape) === 0 || updates.size === 0) return tf.zeros(shape, updates.dtype);
  const { positions, inside, depth, count } = positionRows(indices, shape);
  const rows = updateRows(updates, inside);
  return tf.scatterND(positions, tf.reshape(rows, [count, ...shape.slice(depth)]), shape);
}

/**
 * Which updates are the last of their place: [count], bool. Numbers of updates are compared from the highest bit down; an
 * update whose bit is 0 is out where another of its place that is still in has a 1. No two of a place are alike in all bits.
 */
function lastOfPlace(
  { positions, inside, count, depth }: Rows,
  shape: readonly number[],
): tf.Tensor1D {
  const places = shape.slice(0, depth);
  let last = inside;
  for (let bit = 2 ** Math.ceil(Math.log2(count)); bit >= 1; bit /= 2) {
    const set = tf.tensor1d(
      Array.from({ length: count }, (_, number) => Math.floor(number / bit) % 2 === 1),
      'bool',
    );
    const marks = tf.cast(tf.logicalAnd(last, set), 'float32');
    const found = tf.greater(tf.gatherND(tf.scatterND(positions, marks, places), positions), 0);
    last = tf.logicalAnd(last, tf.logicalOr(set, tf.logicalNot(found))) as tf.Tensor1D;
  }
  return last;
}

/** The tensor with the updates in their places. Of several of one place tfjs keeps the last on cpu and sums them on a GPU. */
function tensorScatterUpdate(tensor: tf.Tensor, indices: tf.Tensor, updates: tf.Tensor): tf.Tensor {
  if (tensor.size === 0 || updates.size === 0) return tensor.clone();
  if (tensor.dtype === 'bool') {
    const [into, what] = [tensor, updates].map((each) => tf.cast(each, 'int32'));
    if (into !== undefined && what !== undefined) {
      return tf.cast(tensorScatterUpdate(into, indices, what), 'bool');
    }
  }
  const { shape } = tensor;
  const rows = positionRows(indices, shape);
  const last = lastOfPlace(rows, shape);
  const places = shape.slice(0, rows.depth);
  const count = sizeOf(places);
  const width = tensor.size / count;
  const flat = [count, width];
  const written = tf.scatterND(
    rows.positions,
    tf.reshape(updateRows(updates, last), [rows.count, ...shape.slice(rows.depth)]),
    shape,
  );
  const hits = tf.scatterND(rows.positions, tf.cast(last, 'float32'), places);
  const isWritten = tf.greater(tf.reshape(hits, [count, 1]), 0);
  const result = tf.where(isWritten, tf.reshape(written, flat), tf.reshape(tensor, flat));
  return tf.reshape(result, shape);
}

function sparseToDense(
  sparseIndices: tf.Tensor,
  sparseValues: tf.Tensor,
  outputShape: number[],
  defaultValue?: tf.Tensor,
): tf.Tensor {
  const { dtype } = sparseValues;
  const otherwise =
    defaultValue === undefined
      ? tf.zeros(outputShape, dtype)
      : tf.reshape(tf.tile(tf.reshape(defaultValue, [1]), [sizeOf(outputShape)]), outputShape);
  const count = sparseIndices.rank > 0 ? (sparseIndices.shape[0] ?? 0) : 1;
  const values =
    sparseValues.rank === 0 ? tf.tile(tf.reshape(sparseValues, [1]), [count]) : sparseValues;
  return tensorScatterUpdate(otherwise, sparseIndices, values);
}

/**
 * The first outcome whose cumulated probability is above the random number, else the last one. The random numbers are those
 * of the cpu backend, the same for every row.
 */
function multinomial(
  logits: tf.Tensor,
  numSamples: number,
  seed: number,
  normalized = false,
): tf.Tensor {
  const outcomes = logits.shape.at(-1) ?? 0;
  const rows = logits.size / outcomes;
  const given = tf.reshape(tf.cast(logits, 'float32'), [rows, outcomes]);
  const probabilities = normalized ? given : tf.softmax(given as tf.Tensor2D);
  const cumulated = tf.cumsum(tf.slice(probabilities, [0, 0], [rows, outcomes - 1]), 1);
  const drawn = tf.randomUniform([1, numSamples, 1], 0, 1, 'float32', seed);
  const passed = tf.logicalNot(tf.less(drawn, tf.expandDims(cumulated, 1)));
  const chosen = tf.sum(tf.cumprod(tf.cast(passed, 'int32'), 2), 2);
  return tf.reshape(tf.cast(chosen, 'int32'), [...logits.shape.slice(0, -1), numSamples]);
}

/** Is the target class among the `k` of the highest predictions? Of equal predictions the class of the lower number is higher. */
function inTopKAsync(predictions: tf.Tensor, targets: tf.Tensor, k = 1): tf.Tensor {
  const classes = predictions.shape.at(-1) ?? 0;
  const scores = tf.reshape(predictions, [targets.size, classes]);
  const wanted = tf.reshape(targets, [targets.size, 1]);
  const numbers = tf.range(0, classes, 1, 'int32');
  const isTarget = tf.equal(wanted, numbers);
  const score = tf.sum(tf.where(isTarget, scores, tf.zerosLike(scores)), 1, true);
  const tiedBefore = tf.logicalAnd(tf.equal(scores, score), tf.less(numbers, wanted));
  const before = tf.logicalOr(tf.greater(scores, score), tiedBefore);
  const rank = tf.sum(tf.cast(before, 'int32'), 1);
  const isClass = tf.any(isTarget, 1);
  const isNumber = tf.logicalNot(tf.isNaN(tf.cast(tf.squeeze(score, [1]), 'float32')));
  const isAmong = tf.less(rank, tf.scalar(k, 'int32'));
  return tf.reshape(tf.logicalAnd(tf.logicalAnd(isAmong, isClass), isNumber), targets.shape);
}

const windows = { hannWindow: tf.signal.hannWindow, hammingWindow: tf.signal.hammingWindow };

function stft(
  signal: tf.Tensor1D,
  frameLength: number,
  frameStep: number,
  fftLength?: number,
  windowFn: keyof typeof windows = 'hannWindow',
): tf.Tensor {
  return tf.signal.stft(signal, frameLength, frameStep, fftLength, windows[windowFn]);
}

export const compositions = {
  ...metrics,
  inTopKAsync,
  multinomial,
  scatterND,
  'signal.stft': stft,
  sparseToDense,
  tensorScatterUpdate,
} as const satisfies Readonly<Record<ComposedOp, Composition>>;
