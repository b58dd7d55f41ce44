/** What becomes of entries that are out of range, and that ops made of others give what tfjs gives where it gives one thing. */

import { allowedOps, findOp } from '@duet/ops';
import type { Arg } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compositions } from '../src/compositions';
import { allKernels } from '../src/dispatch';
import { guards } from '../src/guards';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Given = tf.Tensor | number | boolean | string | number[] | undefined;

function argOf(given: Given): Arg<tf.Tensor> {
  if (given === undefined) return { kind: 'absent' };
  if (typeof given === 'number') return { kind: 'number', number: given };
  if (typeof given === 'boolean') return { kind: 'flag', flag: given };
  if (typeof given === 'string') return { kind: 'text', text: given };
  return Array.isArray(given)
    ? { kind: 'numbers', numbers: given }
    : { kind: 'tensor', tensor: given };
}

/** The values of the first result, as the engine gives it. */
function run(op: string, ...given: Given[]): unknown {
  return tf.tidy(() => {
    const kernel = allKernels().get(op);
    if (kernel === undefined) throw new Error(`There is no ${op}.`);
    return kernel.run(given.map(argOf))[0]?.arraySync() as unknown as tf.TensorContainer;
  });
}

const ints = (values: number[] | number[][]) => tf.tensor(values, undefined, 'int32');
const floats = (values: number[] | number[][] | number) => tf.tensor(values);

const huge = 2 ** 31 - 1;
const low = -(2 ** 31);

describe('entries out of range', () => {
  test('every guard and every composition is of an op that says so', () => {
    const said = (has: (name: string) => boolean) => allowedOps.map(({ name }) => name).filter(has);
    expect(said((name) => findOp(name)?.composed !== undefined)).toEqual(
      Object.keys(compositions).toSorted(),
    );
    const plain = said((name) => {
      const op = findOp(name);
      return op?.guard !== undefined && op.composed === undefined;
    });
    expect(plain).toEqual(Object.keys(guards).toSorted());
  });

  test('gatherND: each index is moved to the nearest inside', () => {
    const x = floats([
      [1, 2],
      [3, 4],
    ]);
    const at = ints([
      [low, 1],
      [huge, -1],
      [1, 2],
      [0, 0],
    ]);
    expect(run('gatherND', x, at)).toEqual([2, 3, 4, 1]);
    expect(run('gatherND', x, ints([[-1], [huge]]))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('scatterND: an update outside is left out, and one of NaN leaves no trace', () => {
    const at = ints([[0], [3], [-1], [low], [huge], [2], [2]]);
    const updates = floats([1, Number.NaN, Number.NaN, 5, Infinity, 6, 7]);
    expect(run('scatterND', at, updates, [3])).toEqual([1, 0, 13]);
    const corner = ints([
      [0, 2],
      [1, -1],
      [1, 1],
    ]);
    expect(run('scatterND', corner, floats([1, 2, 3]), [2, 2])).toEqual([
      [0, 0],
      [0, 3],
    ]);
  });

  test('tensorScatterUpdate: an update outside is left out, and the last one of a place counts', () => {
    const into = floats([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const updates = floats([
      [Number.NaN, 4],
      [5, Number.NaN],
      [6, 6],
      [7, Infinity],
    ]);
    expect(run('tensorScatterUpdate', into, ints([[0], [2], [huge], [0]]), updates)).toEqual([
      [7, Infinity],
      [2, 2],
      [5, Number.NaN],
    ]);
    const bools = tf.tensor1d([true, false], 'bool');
    expect(
      run('tensorScatterUpdate', bools, ints([[0], [0], [-1]]), bools.concat(bools).slice(1)),
    ).toEqual([1, 0]);
  });

  test('sparseToDense: the same, with a default everywhere else', () => {
    expect(run('sparseToDense', ints([1, 1, -1, huge]), floats([1, 2, 3, 4]), [3])).toEqual([
      0, 2, 0,
    ]);
    const otherwise = tf.scalar(9, 'int32');
    expect(run('sparseToDense', ints([[0, 1]]), ints([4]), [2, 2], otherwise)).toEqual([
      [9, 4],
      [9, 9],
    ]);
    expect(run('sparseToDense', tf.scalar(1, 'int32'), tf.scalar(5), [2])).toEqual([0, 5]);
  });

  test('bincount and denseBincount: what is no bin is not counted', () => {
    const none = tf.tensor1d([], 'int32');
    expect(run('bincount', ints([0, -1, 2, 3, low, huge, 2]), none, 3)).toEqual([1, 0, 2]);
    const weights = floats([1, Number.NaN, 2]);
    expect(run('bincount', ints([0, -5, 0]), weights, 2)).toEqual([3, 0]);
    const rows = ints([
      [0, 0, -1],
      [1, huge, 2],
    ]);
    expect(run('denseBincount', rows, tf.tensor1d([]), 2)).toEqual([
      [2, 0],
      [0, 1],
    ]);
    expect(run('denseBincount', rows, tf.tensor1d([]), 2, true)).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('unsortedSegmentSum: what is in no segment is left out, of the gradient too', () => {
    const ids = ints([0, 5, -1, 1]);
    expect(run('unsortedSegmentSum', floats([1, 2, 3, 4]), ids, 2)).toEqual([1, 4]);
    const gradient = tf.tidy(() => {
      const kernel = allKernels().get('unsortedSegmentSum');
      const sum = (x: tf.Tensor) =>
        kernel?.run([argOf(x), argOf(ids), argOf(2)])[0]?.sum() as tf.Scalar;
      return tf
        .grad(sum)(floats([1, 2, 3, 4]))
        .arraySync();
    });
    expect(gradient).toEqual([1, 0, 0, 1]);
  });

  test('inTopKAsync: a target that is no class, or whose prediction is NaN, is not among the first', () => {
    const predictions = floats([
      [1, 3, 3, 2],
      [1, 3, 3, 2],
      [1, 3, 3, 2],
      [1, 3, 3, 2],
      [1, Number.NaN, 0, 0],
      [1, Number.NaN, 0, 0],
    ]);
    const targets = ints([1, 2, -1, huge, 1, 0]);
    expect(run('inTopKAsync', predictions, targets, 1)).toEqual([1, 0, 0, 0, 0, 1]);
    expect(run('inTopKAsync', predictions, targets, 2)).toEqual([1, 1, 0, 0, 0, 1]);
  });

  test('multinomial: the last outcome where no probability is a number', () => {
    const nothing = floats([Number.NaN, Number.NaN, Number.NaN]);
    expect(run('multinomial', nothing, 4, 3)).toEqual([2, 2, 2, 2]);
  });

  test('vectors without a direction give NaN', () => {
    expect(
      run(
        'linalg.gramSchmidt',
        floats([
          [1, 0],
          [2, 0],
        ]),
      ),
    ).toEqual([
      [1, 0],
      [Number.NaN, Number.NaN],
    ]);
    const [q] = run('linalg.qr', floats([[0], [0]])) as number[][];
    expect(q?.every((entry) => Number.isNaN(entry))).toBe(true);
  });
});

describe('ops made of others give what tfjs gives on cpu', () => {
  const count = fc.integer({ min: 1, max: 9 });

  test('tensorScatterUpdate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.nat(2), fc.integer({ min: -9, max: 9 })), {
          minLength: 1,
          maxLength: 20,
        }),
        (updates) => {
          const into = tf.reshape(tf.range(100, 112), [4, 3]);
          const at = ints(updates.map(([row, column]) => [row, column]));
          const values = floats(updates.map(([, , value]) => value));
          const expected = tf.tensorScatterUpdate(into, at as tf.Tensor2D, values).arraySync();
          expect(run('tensorScatterUpdate', into, at, values)).toEqual(expected);
          const rows = ints(updates.map(([row]) => [row]));
          const wide = tf.tile(tf.expandDims(values, 1), [1, 3]);
          expect(run('tensorScatterUpdate', into, rows, wide)).toEqual(
            tf.tensorScatterUpdate(into, rows as tf.Tensor2D, wide).arraySync(),
          );
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });

  test('multinomial', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 6, maxLength: 6 }),
        count,
        fc.integer({ min: 1, max: 1000 }),
        fc.boolean(),
        (tenths, samples, seed, normalized) => {
          const scale = normalized ? 1 / 60 : 1 / 10;
          const logits = floats(tenths.map((each) => each * scale)).reshape([2, 3]) as tf.Tensor2D;
          const expected = tf.multinomial(logits, samples, seed, normalized).arraySync();
          expect(run('multinomial', logits, samples, seed, normalized)).toEqual(expected);
        },
      ),
      { seed: 12, numRuns: 100 },
    );
  });

  test('inTopKAsync', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 12, maxLength: 12 }),
        fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        async (scores, wanted, k) => {
          const predictions = floats(scores).reshape([3, 4]);
          const targets = ints(wanted);
          const expected = await tf.inTopKAsync(predictions, targets, k);
          expect(run('inTopKAsync', predictions, targets, k)).toEqual(expected.arraySync());
        },
      ),
      { seed: 13, numRuns: 100 },
    );
  });

  test('signal.stft with each window', () => {
    const signal = tf.sin(tf.range(0, 40)) as tf.Tensor1D;
    for (const window of ['hannWindow', 'hammingWindow'] as const) {
      const expected = tf.signal.stft(signal, 8, 3, 16, tf.signal[window]);
      expect(run('signal.stft', signal, 8, 3, 16, window)).toEqual(expected.arraySync());
    }
    expect(run('signal.stft', signal, 8, 3)).toEqual(
      run('signal.stft', signal, 8, 3, 8, 'hannWindow'),
    );
  });
});
