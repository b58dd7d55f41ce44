/** Calls of metrics: labels and predictions that go together, mostly. */

import type { DType } from '@duet/protocol';
import fc from 'fast-check';
import { type Arb, type Args, integer, near, realDType, shape, tensor } from './parts';

/** Of one shape six times in ten, of shapes that broadcast else. */
const pairs = (dtype: Arb<DType>): Arb<Args> =>
  fc
    .tuple(shape(1, 4), realDType, dtype, fc.nat(4))
    .chain(([of, labels, predictions, alike]) =>
      (alike > 1 ? fc.constant(of) : near(of)).map((other) =>
        alike === 1
          ? [tensor(labels, other), tensor(predictions, of)]
          : [tensor(labels, of), tensor(predictions, other)],
      ),
    );

/** Numbers of classes beside the predictions for each class, with a last axis of one entry or without. */
const classes: Arb<Args> = fc
  .tuple(shape(0, 3), integer(0, 4), realDType, realDType, fc.boolean())
  .chain(([examples, count, labels, predictions, isColumn]) =>
    near(examples).map((of) => [
      tensor(labels, isColumn ? [...of, 1] : of),
      tensor(predictions, [...examples, count]),
    ]),
  );

const ofPairs = [
  'binaryAccuracy',
  'categoricalAccuracy',
  'cosineProximity',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'meanSquaredError',
  'precision',
  'r2Score',
  'recall',
];

export const metricCalls: Readonly<Record<string, Arb<Args>>> = {
  ...Object.fromEntries(ofPairs.map((name) => [`metrics.${name}`, pairs(realDType)])),
  ...Object.fromEntries(
    ['binaryCrossentropy', 'categoricalCrossentropy'].map((name) => [
      `metrics.${name}`,
      pairs(fc.constant('float32')),
    ]),
  ),
  'metrics.sparseCategoricalAccuracy': classes,
};
