/** `pointer.mock`: the scientist's program on the made-up values that the owner gave with their data. */

import { nextMacrotask } from '@duet/engine';
import { isDuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { mockLike, type Pointer } from 'duetjs';
import { describe, expect, test } from 'vitest';
import { connectedPair, type TestPair } from '../src';

const real = [
  [100, 200],
  [300, 400],
  [500, 600],
];
const madeUp = [
  [1, 2],
  [3, 4],
  [5, 6],
];

async function published(): Promise<TestPair> {
  const pair = await connectedPair();
  await pair.owner.store.addDataset(
    { X: real, y: [7, 8, 9] },
    { name: 'patients', columns: { X: ['age', 'weight'] }, mock: { X: madeUp } },
  );
  // The catalogue is on its way.
  while (pair.scientist.store.length === 0) await nextMacrotask();
  return pair;
}

const fieldsOf = ({ scientist }: TestPair) => scientist.store.dataSet<'X' | 'y'>('patients');

const framesOf = ({ wire }: TestPair) => wire.log.length;

async function laterFramesOf(pair: TestPair): Promise<number> {
  for (let turn = 0; turn < 10; turn += 1) await nextMacrotask();
  return framesOf(pair);
}

/** What the mock of a value that is made here is; its pointer is disposed. */
async function mockOf({ scientist }: TestPair, make: () => Pointer): Promise<unknown> {
  const pointer = scientist.tidy(make);
  const value = await pointer.mock?.getValue();
  pointer.dispose();
  return value;
}

async function codeOf(promise: Promise<unknown> | undefined): Promise<string | undefined> {
  try {
    await promise;
  } catch (error) {
    return isDuetError(error) ? error.code : String(error);
  }
  return undefined;
}

describe('a mock', () => {
  test('is not an object of its own in either store', async () => {
    await using pair = await published();
    expect(pair.scientist.store.length).toBe(1);
    expect(pair.scientist.store.table()).toHaveLength(2);
    expect(pair.owner.store.table()).toHaveLength(2);
  });

  test('goes through what the value goes through', async () => {
    await using pair = await published();
    const { scientist } = pair;
    const { tf: remote } = scientist;
    const { X } = fieldsOf(pair);
    expect(await X.mock?.getValue()).toEqual(madeUp);
    expect(await mockOf(pair, () => X.mean())).toBe(3.5);
    expect(await mockOf(pair, () => X.column('weight'))).toEqual([[2], [4], [6]]);
    expect(await mockOf(pair, () => X.at(-1))).toEqual([5, 6]);
    expect(await mockOf(pair, () => remote.moments(X, 0).mean)).toEqual([3, 4]);
    expect(await mockOf(pair, () => remote.split(X, 3)[1] as Pointer)).toEqual([[3, 4]]);
    expect(await mockOf(pair, () => scientist.send(2).mul(X.max()))).toBe(12);
  });

  test('goes through plans, gradients and variables', async () => {
    await using pair = await published();
    const { scientist } = pair;
    const { tf: remote } = scientist;
    const { X } = fieldsOf(pair);
    const plan = scientist.plan((x) => x.square().sum(), [X]);
    expect(await mockOf(pair, () => plan.call(X))).toBe(91);
    plan.dispose();
    expect(await mockOf(pair, () => remote.grad((x) => x.square().sum())(X))).toEqual(
      madeUp.map((row) => row.map((value) => 2 * value)),
    );
    const one = tf.scalar(1);
    const weight = remote.variable(one);
    one.dispose();
    const optimizer = remote.train.sgd(0.5);
    optimizer.minimize(() => X.mul(weight).mean(), false, [weight]);
    // The mean of X times the weight falls by the weight's gradient, which is the mean of X.
    expect(await weight.mock?.getValue()).toBe(1 - 0.5 * 3.5);
    optimizer.dispose();
    weight.dispose();
  });

  test('is there only where made-up values take part', async () => {
    await using pair = await published();
    const { scientist } = pair;
    const { X, y } = fieldsOf(pair);
    const own = scientist.send(2);
    const both = scientist.tidy(() => X.sum().add(y.sum()));
    expect([y.mock, own.mock, both.mock]).toEqual([undefined, undefined, undefined]);
    own.dispose();
    both.dispose();
  });

  test('asks nobody, and is computed only when it is asked for', async () => {
    await using pair = await published();
    const { owner } = pair;
    const { X } = fieldsOf(pair);
    const mean = X.mean();
    const { mock } = mean;
    while (framesOf(pair) !== (await laterFramesOf(pair))) await nextMacrotask();
    const before = framesOf(pair);
    const { mock: again } = mean;
    expect(await laterFramesOf(pair)).toBe(before);
    expect(again).toBeDefined();
    expect(await mock?.getValue()).toBe(3.5);
    expect(owner.requests.length).toBe(0);
    expect(await codeOf(mean.getValue())).toBe('not-released');
    mean.dispose();
  });

  test('is whatever the program makes of it, and goes with its object', async () => {
    await using pair = await connectedPair();
    const { scientist, owner } = pair;
    await owner.store.add(
      [
        [4, 1],
        [1, 3],
      ],
      {
        tags: ['m'],
        mock: [
          [0, 0],
          [0, 0],
        ],
      },
    );
    while (scientist.store.length === 0) await nextMacrotask();
    const divided = scientist.tidy(() => scientist.store.get('m').div(0));
    expect(await divided.mock?.getValue()).toEqual([
      [Number.NaN, Number.NaN],
      [Number.NaN, Number.NaN],
    ]);
    divided.dispose();
    owner.store.remove('m');
    while (scientist.store.length > 0) await nextMacrotask();
  });

  test('has the shape and dtype of its object, or is refused with what is wrong', async () => {
    await using pair = await connectedPair();
    const { owner } = pair;
    const add = (mock: readonly number[]) => owner.store.add([1, 2, 3], { tags: ['ages'], mock });
    expect(await codeOf(add([1, 2]))).toBe('bad-argument');
    expect(owner.store.length).toBe(0);
    const like = mockLike({ shape: [3], dtype: 'float32' }, { ranges: { min: 18, max: 99 } });
    await owner.store.add([1, 2, 3], { tags: ['ages'], mock: like });
    like.dispose();
    expect(owner.store.length).toBe(1);
  });
});
