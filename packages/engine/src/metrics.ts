/**
 * `tf.metrics` out of ops, by the formulas of tfjs-layers 4.22 (its `losses.ts` and `metrics.ts`): a worker has no layers, and
 * backends have not every kernel for whole numbers and bool, so that both arguments become float32 first. None of them can
 * fail by values: a label that is no class is one that no prediction hits.
 */

import * as tf from '@tensorflow/tfjs';

type Metric = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

/** tfjs's fuzz factor, `tf.backend().epsilon()` of float32: backends of half floats have another one. */
const epsilon = 1e-7;

const ofFloats =
  (metric: Metric): Metric =>
  (yTrue, yPred) =>
    metric(tf.cast(yTrue, 'float32'), tf.cast(yPred, 'float32'));

const meanSquaredError: Metric = (yTrue, yPred) => {
  const difference = tf.sub(yPred, yTrue);
  return tf.mean(tf.mul(difference, difference), -1);
};

const meanAbsoluteError: Metric = (yTrue, yPred) => tf.mean(tf.abs(tf.sub(yPred, yTrue)), -1);

const meanAbsolutePercentageError: Metric = (yTrue, yPred) => {
  const clipped = tf.clipByValue(tf.abs(yTrue), epsilon, Number.MAX_VALUE);
  return tf.mul(100, tf.mean(tf.abs(tf.div(tf.sub(yTrue, yPred), clipped)), -1));
};

const binaryCrossentropy: Metric = (yTrue, yPred) => {
  const clipped = tf.clipByValue(yPred, epsilon, 1 - epsilon);
  const logits = tf.log(tf.div(clipped, tf.sub(1, clipped)));
  const linear = tf.sub(tf.relu(logits), tf.mul(logits, yTrue));
  return tf.mean(tf.add(linear, tf.log1p(tf.exp(tf.neg(tf.abs(logits))))), -1);
};

const categoricalCrossentropy: Metric = (yTrue, yPred) => {
  const last = yPred.rank - 1;
  const shares = tf.div(yPred, tf.sum(yPred, last, true));
  const logs = tf.log(tf.clipByValue(shares, epsilon, 1 - epsilon));
  return tf.neg(tf.sum(tf.mul(yTrue, logs), last));
};

/** Of length 1 along the last axis. */
function normalized(x: tf.Tensor): tf.Tensor {
  const squares = tf.sum(tf.mul(x, x), -1, true);
  return tf.div(x, tf.sqrt(tf.maximum(squares, tf.fill(squares.shape, epsilon))));
}

const cosineProximity: Metric = (yTrue, yPred) =>
  tf.neg(tf.sum(tf.mul(normalized(yTrue), normalized(yPred)), -1));

const binaryAccuracy: Metric = (yTrue, yPred) =>
  tf.mean(tf.equal(yTrue, tf.cast(tf.greater(yPred, 0.5), 'float32')), -1);

const categoricalAccuracy: Metric = (yTrue, yPred) =>
  tf.cast(tf.equal(tf.argMax(yTrue, -1), tf.argMax(yPred, -1)), 'float32');

const sparseCategoricalAccuracy: Metric = (yTrue, yPred) => {
  const labels = yTrue.rank === yPred.rank ? tf.squeeze(yTrue, [yTrue.rank - 1]) : yTrue;
  return tf.cast(tf.equal(labels, tf.cast(tf.argMax(yPred, -1), 'float32')), 'float32');
};

/** How many examples have this label and this prediction. */
function countOf(yTrue: tf.Tensor, label: number, yPred: tf.Tensor, prediction: number) {
  const both = tf.logicalAnd(tf.equal(yTrue, label), tf.equal(yPred, prediction));
  return tf.cast(tf.sum(both), 'float32');
}

/** The part that the hits have of hits and misses, 0 where there is neither. */
function shareOf(hits: tf.Tensor, misses: tf.Tensor): tf.Tensor {
  const all = tf.add(hits, misses);
  return tf.where(tf.greater(all, 0), tf.div(hits, all), tf.zerosLike(hits));
}

const precision: Metric = (yTrue, yPred) =>
  shareOf(countOf(yTrue, 1, yPred, 1), countOf(yTrue, 0, yPred, 1));

const recall: Metric = (yTrue, yPred) =>
  shareOf(countOf(yTrue, 1, yPred, 1), countOf(yTrue, 1, yPred, 0));

const r2Score: Metric = (yTrue, yPred) => {
  const residual = tf.sum(tf.square(tf.sub(yTrue, yPred)));
  const total = tf.sum(tf.square(tf.sub(yTrue, tf.mean(yTrue))));
  return tf.sub(1, tf.div(residual, total));
};

export const metrics = {
  'metrics.binaryAccuracy': ofFloats(binaryAccuracy),
  'metrics.binaryCrossentropy': ofFloats(binaryCrossentropy),
  'metrics.categoricalAccuracy': ofFloats(categoricalAccuracy),
  'metrics.categoricalCrossentropy': ofFloats(categoricalCrossentropy),
  'metrics.cosineProximity': ofFloats(cosineProximity),
  'metrics.meanAbsoluteError': ofFloats(meanAbsoluteError),
  'metrics.meanAbsolutePercentageError': ofFloats(meanAbsolutePercentageError),
  'metrics.meanSquaredError': ofFloats(meanSquaredError),
  'metrics.precision': ofFloats(precision),
  'metrics.r2Score': ofFloats(r2Score),
  'metrics.recall': ofFloats(recall),
  'metrics.sparseCategoricalAccuracy': ofFloats(sparseCategoricalAccuracy),
} as const;
