import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { allowedOps, hasGradient, hasSecondGradient } from '../src';
import { firstGradients, secondGradients } from '../src/gradients.generated';
import { findGradients, gradientsSource } from '../tools/gradients';

const committed = join(import.meta.dirname, '..', 'src', 'gradients.generated.ts');

describe('gradients', () => {
  test('the committed list is what tfjs does', async () => {
    const source = gradientsSource(await findGradients());
    expect(readFileSync(committed, 'utf8').replaceAll('\r\n', '\n') === source).toBe(true);
  }, 120_000);

  test('every name of it is a tensor parameter of an allowed op', () => {
    for (const [op, params] of Object.entries({ ...secondGradients, ...firstGradients })) {
      const spec = allowedOps.find(({ name }) => name === op);
      const tensors = spec?.params.flatMap(({ name, kind }) =>
        kind.startsWith('tensor') ? [name] : [],
      );
      expect(tensors, op).toEqual(expect.arrayContaining([...params]));
    }
  });

  test('what has a gradient of the gradient has a gradient', () => {
    for (const [op, params] of Object.entries(secondGradients)) {
      for (const param of params) expect(hasGradient(op, param), `${op} ${param}`).toBe(true);
    }
  });

  test('known ones', () => {
    expect(hasGradient('matMul', 'a') && hasGradient('matMul', 'b')).toBe(true);
    expect(hasGradient('losses.softmaxCrossEntropy', 'logits')).toBe(true);
    expect(hasGradient('concat', 'tensors')).toBe(true);
    expect(hasGradient('gather', 'x')).toBe(true);
    expect(hasGradient('gather', 'indices')).toBe(false);
    expect(hasGradient('stridedSlice', 'x')).toBe(false);
    expect(hasSecondGradient('mul', 'a')).toBe(true);
    expect(hasGradient('conv2d', 'filter') && !hasSecondGradient('conv2d', 'filter')).toBe(true);
  });

  test.each(['', 'constructor', '__proto__', 'noSuchOp'])('%j is no op', (op) => {
    expect(hasGradient(op, 'x') || hasSecondGradient(op, 'toString')).toBe(false);
  });

  test('tfjs goes through whole numbers too, where an op has a gradient', () => {
    const through = (x: tf.Tensor) => tf.sum(tf.cast(tf.argMax(x), 'float32'));
    expect(
      tf
        .grad(through)(tf.tensor1d([1, 2]))
        .arraySync(),
    ).toEqual([0, 0]);
    const cut = (x: tf.Tensor) => tf.sum(tf.cast(tf.greater(x, 0), 'float32'));
    expect(() => tf.grad(cut)(tf.tensor1d([1, 2]))).toThrow(/gradient/);
  });
});
