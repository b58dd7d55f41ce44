/**
 * `tf.metrics`: of labels and predictions, a value for each example, or one for all. The engine computes them in float32, which
 * is what each of them gives.
 */

import type { Inference, Rule } from '../call';
import { need } from '../misfit';
import { broadcastShapes, type Shape, workOf } from '../shapes';
import { needSameShape } from './elementwise';

function floats(shape: Shape, cost: number): Inference {
  return { outputs: [{ dtype: 'float32', shape }], cost };
}

function needLastAxis(...shapes: readonly Shape[]): void {
  for (const shape of shapes) need(shape.length > 0, 'a scalar has no last axis');
}

/** Computed element by element, then taken together over the last axis. `weight` is how many operations an element takes. */
export function overLastAxis(weight: number): Rule {
  return (call) => {
    const shape = broadcastShapes(call.first().shape, call.second().shape);
    needLastAxis(shape);
    return floats(shape.slice(0, -1), weight * workOf(shape));
  };
}

/** tfjs multiplies both by their own length along the last axis first. */
export const cosineProximity: Rule = (call) => {
  needLastAxis(call.first().shape, call.second().shape);
  return overLastAxis(16)(call);
};

export const binaryCrossentropy: Rule = (call) => {
  needSameShape(call.first().shape, call.second().shape);
  return overLastAxis(48)(call);
};

/** Over the axis that is the last one of the predictions: labels of more axes have it further back. */
export const categoricalCrossentropy: Rule = (call) => {
  const predictions = call.second().shape;
  needLastAxis(predictions);
  const shape = broadcastShapes(call.first().shape, predictions);
  const axis = predictions.length - 1;
  return floats(
    shape.filter((_, each) => each !== axis),
    16 * workOf(predictions) + 4 * workOf(shape),
  );
};

function needClasses(shape: Shape): void {
  needLastAxis(shape);
  need(shape.at(-1) !== 0, 'the last axis is empty');
}

/** Both give classes by their highest values. */
export const categoricalAccuracy: Rule = (call) => {
  const labels = call.first().shape;
  const predictions = call.second().shape;
  needClasses(labels);
  needClasses(predictions);
  const shape = broadcastShapes(labels.slice(0, -1), predictions.slice(0, -1));
  return floats(shape, 2 * workOf(labels) + 2 * workOf(predictions) + 2 * workOf(shape));
};

/** Labels are numbers of classes, in a last axis of one entry where they have as many axes as the predictions. */
export const sparseCategoricalAccuracy: Rule = (call) => {
  const labels = call.first().shape;
  const predictions = call.second().shape;
  needClasses(predictions);
  const isColumn = labels.length === predictions.length;
  need(!isColumn || labels.at(-1) === 1, 'the last axis of the labels has more than one entry');
  const numbers = isColumn ? labels.slice(0, -1) : labels;
  const shape = broadcastShapes(numbers, predictions.slice(0, -1));
  return floats(shape, 2 * workOf(predictions) + 3 * workOf(shape));
};

/** One number for all examples. `weight` is how many operations an element takes. */
export function overAll(weight: number): Rule {
  return (call) => {
    const shape = broadcastShapes(call.first().shape, call.second().shape);
    return floats([], weight * workOf(shape));
  };
}
