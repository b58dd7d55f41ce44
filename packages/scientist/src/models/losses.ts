/** Losses and metrics as ops, by the formulas of tfjs-layers' `losses.ts` and `metrics.ts`. */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../pointer';
import { quoted, suggest } from '../words';
import { l2Normalize } from './layers/merge';
import type { Ops } from './ops-namespace';

/** Of labels and predictions of a batch: a value for each example, or one for all. */
export type Measure = (ops: Ops, labels: Pointer, predictions: Pointer) => Pointer;

/** tfjs's fuzz factor, `tf.backend().epsilon()` for float32. */
const epsilon = 1e-7;

const squareOf = (ops: Ops, x: Pointer) => ops.mul(x, x);

const meanSquaredError: Measure = (ops, labels, predictions) =>
  ops.mean(squareOf(ops, ops.sub(predictions, labels)), -1);

const meanAbsoluteError: Measure = (ops, labels, predictions) =>
  ops.mean(ops.abs(ops.sub(predictions, labels)), -1);

const meanAbsolutePercentageError: Measure = (ops, labels, predictions) => {
  const clipped = ops.clipByValue(ops.abs(labels), epsilon, Number.MAX_VALUE);
  const parts = ops.abs(ops.div(ops.sub(labels, predictions), clipped));
  return ops.mul(100, ops.mean(parts, -1));
};

const meanSquaredLogarithmicError: Measure = (ops, labels, predictions) => {
  const logOf = (x: Pointer) => ops.log(ops.add(1, ops.clipByValue(x, epsilon, Number.MAX_VALUE)));
  return ops.mean(squareOf(ops, ops.sub(logOf(predictions), logOf(labels))), -1);
};

const shortfall: Measure = (ops, labels, predictions) =>
  ops.maximum(0, ops.sub(1, ops.mul(labels, predictions)));

const hinge: Measure = (ops, labels, predictions) =>
  ops.mean(shortfall(ops, labels, predictions), -1);

const squaredHinge: Measure = (ops, labels, predictions) =>
  ops.mean(squareOf(ops, shortfall(ops, labels, predictions)), -1);

const categoricalHinge: Measure = (ops, labels, predictions) => {
  const positive = ops.sum(ops.mul(labels, predictions), -1);
  const negative = ops.max(ops.mul(ops.sub(1, labels), predictions), -1);
  return ops.maximum(0, ops.add(1, ops.sub(negative, positive)));
};

const logcosh: Measure = (ops, labels, predictions) => {
  const difference = ops.sub(predictions, labels);
  const softened = ops.add(difference, ops.softplus(ops.mul(-2, difference)));
  return ops.mean(ops.sub(softened, Math.log(2)), -1);
};

const categoricalCrossentropy: Measure = (ops, labels, predictions) => {
  const shares = ops.div(predictions, ops.sum(predictions, -1, true));
  const logs = ops.log(ops.clipByValue(shares, epsilon, 1 - epsilon));
  return ops.neg(ops.sum(ops.mul(ops.cast(labels, 'float32'), logs), -1));
};

const sparseCategoricalCrossentropy: Measure = (ops, labels, predictions) => {
  const { shape } = predictions;
  const classes = ops.cast(ops.floor(ops.reshape(labels, [labels.size])), 'int32');
  const clipped = ops.clipByValue(predictions, epsilon, 1 - epsilon);
  const hot = ops.reshape(ops.oneHot(classes, shape.at(-1) ?? 1), shape);
  return categoricalCrossentropy(ops, hot, clipped);
};

const binaryCrossentropy: Measure = (ops, labels, predictions) => {
  needSameShape(labels, predictions);
  const clipped = ops.clipByValue(predictions, epsilon, 1 - epsilon);
  const logits = ops.log(ops.div(clipped, ops.sub(1, clipped)));
  const linear = ops.sub(ops.relu(logits), ops.mul(logits, labels));
  return ops.mean(ops.add(linear, ops.log1p(ops.exp(ops.neg(ops.abs(logits))))), -1);
};

const kullbackLeiblerDivergence: Measure = (ops, labels, predictions) => {
  const clip = (x: Pointer) => ops.clipByValue(x, epsilon, 1);
  return ops.sum(ops.mul(labels, ops.log(ops.div(clip(labels), clip(predictions)))), -1);
};

const poisson: Measure = (ops, labels, predictions) => {
  const logs = ops.log(ops.add(epsilon, predictions));
  return ops.mean(ops.sub(predictions, ops.mul(labels, logs)), -1);
};

const cosineProximity: Measure = (ops, labels, predictions) =>
  ops.neg(ops.sum(ops.mul(l2Normalize(ops, labels, -1), l2Normalize(ops, predictions, -1)), -1));

const binaryAccuracy: Measure = (ops, labels, predictions) => {
  const decided = ops.cast(ops.greater(predictions, 0.5), labels.dtype as 'float32');
  return ops.mean(ops.equal(labels, decided), -1);
};

const categoricalAccuracy: Measure = (ops, labels, predictions) =>
  ops.cast(ops.equal(ops.argMax(labels, -1), ops.argMax(predictions, -1)), 'float32');

const sparseCategoricalAccuracy: Measure = (ops, labels, predictions) => {
  const flat = labels.rank === predictions.rank ? ops.squeeze(labels, [labels.rank - 1]) : labels;
  const decided = ops.cast(ops.argMax(predictions, -1), labels.dtype as 'int32');
  return ops.cast(ops.equal(flat, decided), 'float32');
};

/** How many examples have this label and this prediction. */
function countOf(ops: Ops, labels: Pointer, label: number, predictions: Pointer, one: number) {
  const both = ops.logicalAnd(ops.equal(labels, label), ops.equal(predictions, one));
  return ops.cast(ops.sum(both), 'float32');
}

/** The part that the hits have of hits and misses, 0 where there is neither. */
function shareOf(ops: Ops, hits: Pointer, misses: Pointer): Pointer {
  const all = ops.add(hits, misses);
  return ops.where(ops.greater(all, 0), ops.div(hits, all), ops.zerosLike(hits));
}

const precision: Measure = (ops, labels, predictions) =>
  shareOf(ops, countOf(ops, labels, 1, predictions, 1), countOf(ops, labels, 0, predictions, 1));

const recall: Measure = (ops, labels, predictions) =>
  shareOf(ops, countOf(ops, labels, 1, predictions, 1), countOf(ops, labels, 1, predictions, 0));

const r2Score: Measure = (ops, labels, predictions) => {
  const residual = ops.sum(squareOf(ops, ops.sub(labels, predictions)));
  const total = ops.sum(squareOf(ops, ops.sub(labels, ops.mean(labels))));
  return ops.sub(1, ops.div(residual, total));
};

function needSameShape(labels: Pointer, predictions: Pointer): void {
  const [wanted, given] = [predictions.shape.join(', '), labels.shape.join(', ')];
  if (wanted === given) return;
  throw new DuetError('bad-argument', {
    detail: `The labels must have the shape of the predictions, [${wanted}], not [${given}].`,
  });
}

/** By the names that tfjs takes for a loss. */
const lossesByName: Readonly<Record<string, Measure>> = {
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  squaredHinge,
  hinge,
  categoricalHinge,
  logcosh,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryCrossentropy,
  kullbackLeiblerDivergence,
  poisson,
  cosineProximity,
};

/** By the names that tfjs takes for a metric, and those of `tf.metrics`. */
const metricsByName: Readonly<Record<string, Measure>> = {
  binaryAccuracy,
  binaryCrossentropy,
  categoricalAccuracy,
  categoricalCrossentropy,
  sparseCategoricalAccuracy,
  sparseCategoricalCrossentropy,
  precision,
  recall,
  r2Score,
  meanSquaredError,
  mse: meanSquaredError,
  MSE: meanSquaredError,
  meanAbsoluteError,
  mae: meanAbsoluteError,
  MAE: meanAbsoluteError,
  meanAbsolutePercentageError,
  mape: meanAbsolutePercentageError,
  MAPE: meanAbsolutePercentageError,
  cosineProximity,
  cosine: cosineProximity,
};

export const lossNames: readonly string[] = Object.keys(lossesByName);
export const metricNames: readonly string[] = Object.keys(metricsByName);

/** A loss or a metric as `compile` takes it: a name, or a function of tfjs. */
// biome-ignore lint/suspicious/noExplicitAny: only this pattern matches every function.
export type MeasureIdentifier = string | ((...args: any[]) => unknown);

export interface NamedMeasure {
  readonly name: string;
  readonly measure: Measure;
}

/** The members of `tf.losses` are ops themselves. */
function coreLoss(identifier: MeasureIdentifier): NamedMeasure | undefined {
  const entry = Object.entries(tf.losses).find(([, fn]) => fn === identifier);
  if (entry === undefined) return undefined;
  const name = entry[0] as Exclude<keyof Ops['losses'], 'computeWeightedLoss' | 'cosineDistance'>;
  return { name, measure: (ops, labels, predictions) => ops.losses[name](labels, predictions) };
}

function tfMetric(identifier: MeasureIdentifier): NamedMeasure | undefined {
  const entry = Object.entries(tf.metrics).find(([, fn]) => fn === identifier);
  return entry === undefined ? undefined : ownOf(metricsByName, entry[0]);
}

function ownOf(
  measures: Readonly<Record<string, Measure>>,
  name: string,
): NamedMeasure | undefined {
  const measure = Object.hasOwn(measures, name) ? measures[name] : undefined;
  return measure === undefined ? undefined : { name, measure };
}

/** Throws `unsupported-op` for a function that is not one of tfjs, and `bad-argument` for a name that it does not have. */
function resolve(
  what: 'loss' | 'metric',
  identifier: MeasureIdentifier,
  measures: Readonly<Record<string, Measure>>,
): NamedMeasure {
  const found =
    typeof identifier === 'string'
      ? ownOf(measures, identifier)
      : (coreLoss(identifier) ?? tfMetric(identifier));
  if (found !== undefined) return found;
  if (typeof identifier === 'string') {
    throw new DuetError('bad-argument', {
      detail: `There is no ${what} ${quoted(identifier)}.`,
      hint: suggest(identifier, Object.keys(measures)),
    });
  }
  throw new DuetError('unsupported-op', {
    detail: `A ${what} that is a function of yours cannot be sent.`,
    hint: `Name one of tfjs (${Object.keys(measures).join(', ')}), or write the step yourself with duet.train.`,
  });
}

export function findLoss(identifier: MeasureIdentifier): NamedMeasure {
  return resolve('loss', identifier, lossesByName);
}

export function findMetric(identifier: MeasureIdentifier): NamedMeasure {
  return resolve('metric', identifier, metricsByName);
}
