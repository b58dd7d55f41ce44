/** Indexing of pointers, against the same on local tfjs, with both ends in one process. */

import * as tf from '@tensorflow/tfjs';
import { isDuetError, type Pointer } from 'duetjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectedPair, leftovers, type TestPair } from '../../testkit/src';

const shape = [3, 4, 2];
const numbers = Array.from({ length: 24 }, (_, at) => at * 3 - 20);

let pair: TestPair;
let x: Pointer;
let local: tf.Tensor;

beforeAll(async () => {
  pair = await connectedPair();
  local = tf.tensor(numbers, shape);
  x = pair.scientist.send(local);
});

afterAll(async () => {
  x.dispose();
  local.dispose();
  await pair[Symbol.asyncDispose]();
});

/** What a pointer gives, with the shape and dtype that were known at once. */
async function resultOf(pointer: Pointer) {
  const known = { shape: pointer.shape, dtype: pointer.dtype };
  const tensor = await pointer.get();
  const got = { shape: tensor.shape, dtype: tensor.dtype, values: tensor.arraySync() };
  tensor.dispose();
  expect({ shape: got.shape, dtype: got.dtype }).toEqual(known);
  return got;
}

function expected(make: (x: tf.Tensor) => tf.Tensor) {
  const tensor = tf.tidy(() => make(local));
  const value = { shape: tensor.shape, dtype: tensor.dtype, values: tensor.arraySync() };
  tensor.dispose();
  return value;
}

function thrown(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isDuetError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing';
}

const row = (at: number) => (x: tf.Tensor) => tf.squeeze(tf.slice(x, [at], [1]), [0]);

describe('at', () => {
  test.each<[string, (x: Pointer) => Pointer, (x: tf.Tensor) => tf.Tensor]>([
    ['one row', (x) => x.at(1), row(1)],
    ['the last row', (x) => x.at(-1), row(2)],
    ['one element', (x) => x.at(2, 0, 1), (x) => tf.reshape(tf.slice(x, [2, 0, 1], [1, 1, 1]), [])],
    ['a column', (x) => x.at(null, -2), (x) => tf.squeeze(tf.slice(x, [0, 2], [3, 1]), [1])],
    ['a range', (x) => x.at({ from: 1 }), (x) => tf.slice(x, [1], [2])],
    [
      'ranges from the end, and one entry',
      (x) => x.at({ to: -1 }, { from: -3, to: -1 }, 0),
      (x) => tf.squeeze(tf.slice(x, [0, 1, 0], [2, 2, 1]), [2]),
    ],
    [
      'a step',
      (x) => x.at(null, { from: 1, step: 2 }),
      (x) => tf.stridedSlice(x, [0, 1, 0], [3, 4, 2], [1, 2, 1]),
    ],
    ['backwards', (x) => x.at({ step: -1 }), (x) => tf.reverse(x, 0)],
    [
      'backwards in steps, with bounds',
      (x) => x.at(0, { from: -1, to: 0, step: -2 }),
      (x) => tf.gather(row(0)(x), tf.tensor1d([3, 1], 'int32')),
    ],
    ['nothing of an axis', (x) => x.at({ from: 2, to: 1 }), (x) => tf.slice(x, [2], [0])],
    ['all of it', (x) => x.at(null), (x) => x.clone()],
  ])('%s', async (_, remote, here) => {
    expect(await resultOf(remote(x))).toEqual(expected(here));
  });

  test('an axis with more steps than a literal has room for', async () => {
    const long = pair.scientist.tf.range(0, 5000, 1, 'int32');
    const value = await resultOf(long.at({ step: -2 }));
    expect(value.shape).toEqual([2500]);
    expect(value.values).toEqual(Array.from({ length: 2500 }, (_, at) => 4999 - 2 * at));
    long.dispose();
  });

  test('what is made on the way is let go of', async () => {
    const before = pair.scientist.liveIds.length;
    const one = x.at({ step: -1 }, 1, { from: 1 });
    expect(pair.scientist.liveIds.length).toBe(before + 1);
    one.dispose();
    expect(leftovers(pair).scientistIds).toBe(before);
  });

  test.each<[string, (x: Pointer) => unknown, RegExp]>([
    ['beyond', (x) => x.at(3), /shape \[3, 4, 2\]: index 3 is outside axis 0, which has 3 entries/],
    ['before', (x) => x.at(0, -5), /index -5 is outside axis 1, which has 4 entries/],
    ['a bound beyond', (x) => x.at({ to: 4 }), /index 4 is outside axis 0, which has 3 entries/],
    ['a fraction', (x) => x.at(0.5), /the index of axis 0 must be a whole number/],
    ['NaN', (x) => x.at({ from: Number.NaN }), /a bound of axis 0 must be a whole number/],
    ['no step', (x) => x.at({ step: 0 }), /the step of axis 0 is zero/],
    ['too many', (x) => x.at(0, 0, 0, 0), /4 indices are more than the 3 axes/],
    ['none', (x) => x.at(), /at\(\) needs an index/],
    [
      'a list',
      (x) => x.at([0, 1] as never),
      /whole number, null or an object with from, to and step/,
    ],
    ['a typing error', (x) => x.at({ form: 1 } as never), /whole number, null or an object/],
    ['a scalar', (x) => x.sum().at(0), /1 indices are more than the 0 axes/],
  ])('%s throws where it is written', (_, run, says) => {
    const message = thrown(() => run(x));
    expect(message).toMatch(/^bad-argument: /);
    expect(message).toMatch(says);
  });
});

describe('slice', () => {
  test('as in tfjs', async () => {
    expect(await resultOf(x.slice([1, 2], [2, 1]))).toEqual(
      expected((x) => tf.slice(x, [1, 2], [2, 1])),
    );
    expect(await resultOf(x.slice(1))).toEqual(expected((x) => tf.slice(x, 1)));
  });

  test('by the numbers of axes', async () => {
    expect(await resultOf(x.slice({ 0: [1, 3], 1: 1 }))).toEqual(
      expected((x) => tf.squeeze(tf.slice(x, [1, 1], [2, 1]), [1])),
    );
    expect(await resultOf(x.slice({ 1: [0, 4, 3], 2: { from: -1 } }))).toEqual(
      expected((x) => tf.stridedSlice(x, [0, 0, 1], [3, 4, 2], [1, 3, 1])),
    );
    expect(thrown(() => x.slice({ 3: 0 }))).toMatch(/slice\(\) takes axes from 0 to 2/);
    expect(thrown(() => x.slice({ 0: [1] as never }))).toMatch(/must be \[from, to\]/);
    expect(thrown(() => x.slice({ 0: [1, 9] }))).toMatch(/index 9 is outside axis 0/);
    expect(thrown(() => x.slice([1, 9]))).toMatch(/begin 9 is outside axis 1/);
  });
});

describe('mask and gather', () => {
  test('a mask keeps the shape, with zeros where it is false', async () => {
    const mask = x.greater(0);
    expect(await resultOf(x.mask(mask))).toEqual(
      expected((x) => tf.where(tf.greater(x, 0), x, tf.zerosLike(x))),
    );
    mask.dispose();
  });

  test('a mask of the first axes, of each dtype', async () => {
    const rows = tf.tensor1d([true, false, true], 'bool');
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      const typed = x.cast(dtype);
      expect(await resultOf(typed.mask(rows))).toEqual(
        expected((x) => tf.cast(tf.mul(x, tf.tensor([1, 0, 1], [3, 1, 1])), dtype)),
      );
      typed.dispose();
    }
    rows.dispose();
  });

  test('what is no mask throws', () => {
    expect(thrown(() => x.mask(x))).toMatch(/dtype bool/);
    expect(thrown(() => x.mask([true] as never))).toMatch(/dtype bool/);
    const wrong = tf.tensor1d([true, false], 'bool');
    expect(thrown(() => x.mask(wrong))).toMatch(/a mask of shape \[2\] is not of its first axes/);
    wrong.dispose();
  });

  test('gather picks by a list, along any axis', async () => {
    expect(await resultOf(x.gather([2, 0, 2]))).toEqual(
      expected((x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'))),
    );
    expect(thrown(() => x.gather([3]))).toMatch(/index 3 is not between 0 and 2/);
  });
});

describe('rows', () => {
  test('a loop gives the rows in order', async () => {
    const rows = [...x];
    expect(rows.map(({ shape }) => shape)).toEqual([
      [4, 2],
      [4, 2],
      [4, 2],
    ]);
    for (const [at, each] of rows.entries())
      expect(await resultOf(each)).toEqual(expected(row(at)));
  });

  test('rows that a loop does not come to are let go of', () => {
    const before = pair.scientist.liveIds.length;
    for (const each of x) {
      each.dispose();
      break;
    }
    expect(pair.scientist.liveIds.length).toBe(before);
  });

  test('more rows than one op gives come one by one', async () => {
    const long = pair.scientist.tf.range(0, 1500);
    let seen = 0;
    for (const each of long) {
      expect(each.shape).toEqual([]);
      seen += 1;
      each.dispose();
    }
    expect(seen).toBe(1500);
    const none = long.slice([0], [0]);
    expect([...none]).toEqual([]);
    none.dispose();
    long.dispose();
  });

  test('a scalar has none', () => {
    const scalar = x.sum();
    expect(thrown(() => [...scalar])).toMatch(/^bad-argument: .*a scalar has no rows/);
    scalar.dispose();
  });
});
