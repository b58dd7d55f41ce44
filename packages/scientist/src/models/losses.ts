/** Losses and metrics as ops: those of `tf.metrics`, and the others by the formulas of tfjs-layers' `losses.ts`. */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../pointer';
import { quoted, suggest } from '../words';
import type { Ops } from './ops-namespace';

/** Of labels and predictions of a batch: a value for each example, or one for all. */
export type Measure = (ops: Ops, labels: Pointer, predictions: Pointer) => Pointer;

/** tfjs's fuzz factor, `tf.backend().epsilon()` for float32. */
const epsilon = 1e-7;

const squareOf = (ops: Ops, x: Pointer) => ops.mul(x, x);

/** What is an op of its own: what it gives then has the class of a metric on the owner's side, and by a formula it has not. */
const metricOp =
  (name: keyof Ops['metrics']): Measure =>
  (ops, labels, predictions) =>
    ops.metrics[name](labels, predictions);

const binaryCrossentropy = metricOp('binaryCrossentropy');
const categoricalCrossentropy = metricOp('categoricalCrossentropy');
const cosineProximity = metricOp('cosineProximity');
const meanAbsoluteError = metricOp('meanAbsoluteError');
const meanAbsolutePercentageError = metricOp('meanAbsolutePercentageError');
const meanSquaredError = metricOp('meanSquaredError');

const meanSquaredLogarithmicError: Measure = (ops, labels, predictions) => {
  const logOf = (x: Pointer) => ops.log(ops.add(1, ops.clipByValue(x, epsilon, Number.MAX_VALUE)));
  return meanSquaredError(ops, logOf(labels), logOf(predictions));
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

const sparseCategoricalCrossentropy: Measure = (ops, labels, predictions) => {
  const { shape } = predictions;
  const classes = ops.cast(ops.floor(ops.reshape(labels, [labels.size])), 'int32');
  const clipped = ops.clipByValue(predictions, epsilon, 1 - epsilon);
  const hot = ops.reshape(ops.oneHot(classes, shape.at(-1) ?? 1), shape);
  return categoricalCrossentropy(ops, hot, clipped);
};

const kullbackLeiblerDivergence: Measure = (ops, labels, predictions) => {
  const clip = (x: Pointer) => ops.clipByValue(x, epsilon, 1);
  return ops.sum(ops.mul(labels, ops.log(ops.div(clip(labels), clip(predictions)))), -1);
};

const poisson: Measure = (ops, labels, predictions) => {
  const logs = ops.log(ops.add(epsilon, predictions));
  return ops.mean(ops.sub(predictions, ops.mul(labels, logs)), -1);
};

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
  binaryAccuracy: metricOp('binaryAccuracy'),
  binaryCrossentropy,
  categoricalAccuracy: metricOp('categoricalAccuracy'),
  categoricalCrossentropy,
  sparseCategoricalAccuracy: metricOp('sparseCategoricalAccuracy'),
  sparseCategoricalCrossentropy,
  precision: metricOp('precision'),
  recall: metricOp('recall'),
  r2Score: metricOp('r2Score'),
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
