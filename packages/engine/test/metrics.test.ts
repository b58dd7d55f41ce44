/** The metrics are the engine's own compositions: that they give what tfjs gives, gradients included, and cannot fail by values. */

import { findOp, inferCall, type OpSpec, type TensorFact } from '@duet/ops';
import { type Arg, isDuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { metricCalls } from '../../ops/test/calls/metrics';
import { allKernels } from '../src/dispatch';
import { metrics } from '../src/metrics';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Metric = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

const names = Object.keys(metrics);

function specOf(name: string): OpSpec {
  const spec = findOp(name);
  if (spec === undefined) throw new Error(`There is no op ${name}.`);
  return spec;
}

/** As the engine runs it. */
function own(name: string): Metric {
  const run = allKernels().get(name)?.run;
  return (yTrue, yPred) => {
    const args: Arg<tf.Tensor>[] = [
      { kind: 'tensor', tensor: yTrue },
      { kind: 'tensor', tensor: yPred },
    ];
    const [given] = run?.(args) ?? [];
    if (given === undefined) throw new Error(`${name} gives nothing.`);
    return given;
  };
}

/** tfjs's own, of the layers. */
function theirs(name: string): Metric {
  const members = new Map<string, unknown>(Object.entries(tf.metrics));
  return members.get(name.replace('metrics.', '')) as Metric;
}

type Fill = (at: number) => number;

/** Small numbers of classes where labels are meant, shares elsewhere, and some that are exactly 0 and 1. */
const ordinary: Fill = (at) => [0, 1, 0.25, 0.75, 1, 0.125, 0, 2][(at * 5 + 3) % 8] ?? 0;
const shares: Fill = (at) => 0.05 + ((at * 7) % 11) / 13;

function tensorOf({ meta }: TensorFact, fill: Fill): tf.Tensor {
  const count = meta.shape.reduce((product, dimension) => product * dimension, 1);
  const values = Float32Array.from({ length: count }, (_, at) => fill(at));
  return tf.cast(tf.tensor(values, [...meta.shape]), meta.dtype);
}

function fits(spec: OpSpec, args: readonly Arg<TensorFact>[]): boolean {
  try {
    return inferCall(spec, args).outputs.length === 1;
  } catch (error) {
    if (isDuetError(error)) return false;
    throw error;
  }
}

/** Pairs of facts that the rules accept; of whole numbers and bool, tfjs's own crossentropies and percentages are another matter. */
function accepted(name: string, onlyFloat: boolean): [TensorFact, TensorFact][] {
  const calls = metricCalls[name];
  if (calls === undefined) throw new Error(`There are no calls of ${name}.`);
  return fc.sample(calls, { seed: 4, numRuns: 80 }).flatMap((args): [TensorFact, TensorFact][] => {
    const [labels, predictions] = args;
    if (labels?.kind !== 'tensor' || predictions?.kind !== 'tensor') return [];
    if (!fits(specOf(name), args)) return [];
    const pair: [TensorFact, TensorFact] = [labels.tensor, predictions.tensor];
    const isFloat = pair.every(({ meta }) => meta.dtype === 'float32');
    return !onlyFloat || isFloat ? [pair] : [];
  });
}

function expectSame(mine: tf.Tensor, wanted: tf.Tensor, digits: number): void {
  expect(mine.shape).toEqual(wanted.shape);
  expect(mine.dtype).toBe(wanted.dtype);
  const [values, others] = [mine.dataSync(), wanted.dataSync()];
  others.forEach((each, at) => {
    if (Number.isFinite(each)) expect(values[at]).toBeCloseTo(each, digits);
    else expect(values[at]).toBe(each);
  });
}

describe.each(names)('%s', (name) => {
  test.each([
    ['shares', shares],
    ['values of which some are 0 and 1', ordinary],
  ])('gives what tfjs gives, of %s', (_words, fill) => {
    const pairs = accepted(name, true);
    expect(pairs.length).toBeGreaterThan(4);
    for (const [labels, predictions] of pairs) {
      tf.tidy(() => {
        const yTrue = tensorOf(labels, ordinary);
        const yPred = tensorOf(predictions, fill);
        expectSame(own(name)(yTrue, yPred), theirs(name)(yTrue, yPred), 5);
      });
    }
  });

  test.each([
    ['labels', 0],
    ['predictions', 1],
  ] as const)('has the gradient by the %s that it has in tfjs, or none', (_words, by) => {
    const gradientOf = (metric: Metric, pair: readonly [tf.Tensor, tf.Tensor]) =>
      tf.grad((x: tf.Tensor) => tf.sum(metric(by === 0 ? x : pair[0], by === 1 ? x : pair[1])))(
        pair[by],
      );
    // Of one shape: tfjs's gradients of what was broadcast are another test's.
    const pairs = accepted(name, true).filter(
      (pair) => pair.every(({ meta }) => !meta.shape.includes(0)) && isAlike(name, pair),
    );
    expect(pairs.length).toBeGreaterThan(0);
    for (const [labels, predictions] of pairs) {
      tf.tidy(() => {
        const pair = [
          tensorOf(labels, shares),
          tensorOf(predictions, (at) => shares(at + 3)),
        ] as const;
        let wanted: tf.Tensor | undefined;
        try {
          wanted = gradientOf(theirs(name), pair);
        } catch {
          expect(() => gradientOf(own(name), pair)).toThrow();
        }
        if (wanted !== undefined) expectSame(gradientOf(own(name), pair), wanted, 4);
      });
    }
  });

  test('takes labels of any dtype for what they are as numbers', () => {
    for (const [labels, predictions] of accepted(name, false)) {
      tf.tidy(() => {
        const yTrue = tensorOf(labels, (at) => at % 2);
        const yPred = tensorOf(predictions, shares);
        const wanted = own(name)(tf.cast(yTrue, 'float32'), tf.cast(yPred, 'float32'));
        expectSame(own(name)(yTrue, yPred), wanted, 6);
      });
    }
  });

  test('cannot fail by what labels and predictions hold', () => {
    const nasty = [Number.NaN, Infinity, -Infinity, 1e30, -7, 2 ** 31, 0, 1];
    for (const [labels, predictions] of accepted(name, false)) {
      tf.tidy(() => {
        const wild = (step: number) => (at: number) => nasty[(at * step + 1) % nasty.length] ?? 0;
        const given = own(name)(tensorOf(labels, wild(3)), tensorOf(predictions, wild(5)));
        expect(given.dtype).toBe('float32');
        expect(given.dataSync()).toHaveLength(given.size);
      });
    }
  });
});

function isAlike(name: string, [labels, predictions]: readonly TensorFact[]): boolean {
  const [one, other] = [labels?.meta.shape ?? [], predictions?.meta.shape ?? []];
  const wanted = name === 'metrics.sparseCategoricalAccuracy' ? [...other.slice(0, -1), 1] : other;
  return one.join() === wanted.join();
}

test('numbers of classes that there are not are hit by nothing', () => {
  tf.tidy(() => {
    const yTrue = tf.tensor1d([0, 7, -1, 1], 'int32');
    const yPred = tf.tensor2d([
      [0.9, 0.1],
      [0.9, 0.1],
      [0.1, 0.9],
      [0.1, 0.9],
    ]);
    const hits = own('metrics.sparseCategoricalAccuracy')(yTrue, yPred);
    expect(hits.arraySync()).toEqual([1, 0, 0, 1]);
  });
});

test('precision and recall of nothing are 0, and so a number', () => {
  tf.tidy(() => {
    const none = tf.zeros([3]);
    expect(own('metrics.precision')(none, none).arraySync()).toBe(0);
    expect(own('metrics.recall')(none, none).arraySync()).toBe(0);
  });
});
