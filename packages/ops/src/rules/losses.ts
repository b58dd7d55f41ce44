/** Losses: one value for each prediction, weighted and reduced. */

import type { DType } from '@duet/protocol';
import type { Call, Fact, Rule } from '../call';
import { need } from '../misfit';
import { broadcastShapes, workOf, wrapAxis } from '../shapes';
import { boolToInt, needSameShape, upcast } from './elementwise';

/** tfjs's `Reduction`. */
const reductions = { none: '0', mean: '1', sum: '2', sumByNonzeroWeights: '3' } as const;

/** The losses, as the loss before weights tells them, weighted and reduced. */
function weigh(call: Call, losses: Fact, weight: number): ReturnType<Rule> {
  const weights = call.tensorIfAny('weights');
  const shape = weights === undefined ? losses.shape : broadcastShapes(losses.shape, weights.shape);
  const weighted = weights === undefined ? losses.dtype : upcast(losses.dtype, weights.dtype);
  const cost = weight * workOf(losses.shape) + 6 * workOf(shape);
  const reduction = call.choice('reduction', reductions.sumByNonzeroWeights);
  if (reduction === reductions.none) return { outputs: [{ dtype: weighted, shape }], cost };
  const scalar = (dtype: DType) => ({
    outputs: [{ dtype, shape: [] }],
    scratch: [{ dtype: weighted, shape }],
    cost,
  });
  if (reduction === reductions.sum) return scalar(boolToInt(weighted));
  if (reduction === reductions.mean && weights !== undefined) {
    // An int32 sum over an int32 sum stays int32 unless the weights were broadcast.
    const quotient = upcast(boolToInt(weighted), boolToInt(weights.dtype));
    const broadcastFactor = countOf(losses.shape) / countOf(weights.shape);
    return scalar(broadcastFactor > 1 ? 'float32' : quotient);
  }
  return scalar('float32');
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export const computeWeightedLoss: Rule = (call) => weigh(call, call.tensor('losses'), 1);

/** Of labels and predictions, the first two parameters. */
export function loss(dtype: (labels: DType, predictions: DType) => DType, weight: number): Rule {
  return (call) => {
    const labels = call.first();
    const predictions = call.second();
    needSameShape(labels.shape, predictions.shape);
    const fact = { dtype: dtype(labels.dtype, predictions.dtype), shape: labels.shape };
    return weigh(call, fact, weight);
  };
}

export const cosineDistance: Rule = (call) => {
  const labels = call.first();
  needSameShape(labels.shape, call.second().shape);
  const axis = wrapAxis(call.number('axis'), labels.shape.length);
  return weigh(call, { dtype: 'float32', shape: labels.shape.with(axis, 1) }, 4);
};

/** Taken over the last axis, which the losses do not have any more. */
export const softmaxCrossEntropy: Rule = (call) => {
  const labels = call.first();
  needSameShape(labels.shape, call.second().shape);
  need(labels.shape.length > 0, 'a scalar has no last axis');
  const smoothed = call.number('labelSmoothing', 0) > 0;
  need(!smoothed || labels.shape.length > 1, 'labelSmoothing needs rank 2 or more');
  return weigh(call, { dtype: 'float32', shape: labels.shape.slice(0, -1) }, 12);
};
