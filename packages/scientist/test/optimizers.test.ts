import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Pointer, RemoteOptimizer, RemoteVariable, ScientistSession } from '../src';
import { plainPair } from './plain-owner';

beforeAll(() => tf.setBackend('cpu'));

const x = tf.tensor2d(
  Array.from({ length: 24 }, (_, at) => Math.sin(at * 1.7)),
  [8, 3],
);
const y = tf.tensor2d(
  Array.from({ length: 8 }, (_, at) => Math.cos(at * 0.9)),
  [8, 1],
);
const startW = [[0.3], [-0.2], [0.5]];
const startB = [0.1];

type Make<T> = (train: T) => unknown;
type AnyTrain = Pick<typeof tf.train, 'sgd' | 'momentum' | 'rmsprop' | 'adam' | 'adadelta'> &
  Pick<typeof tf.train, 'adamax' | 'adagrad'>;

const makers: [string, Make<AnyTrain>][] = [
  ['sgd', (train) => train.sgd(0.1)],
  ['momentum', (train) => train.momentum(0.05, 0.9)],
  ['momentum, Nesterov', (train) => train.momentum(0.05, 0.9, true)],
  ['adagrad', (train) => train.adagrad(0.1)],
  ['adagrad, another start', (train) => train.adagrad(0.1, 0.5)],
  ['adadelta', (train) => train.adadelta()],
  ['adadelta, set', (train) => train.adadelta(0.5, 0.8, 1e-4)],
  ['adam', (train) => train.adam()],
  ['adam, set', (train) => train.adam(0.05, 0.8, 0.99, 1e-5)],
  ['adamax', (train) => train.adamax()],
  ['adamax, decay', (train) => train.adamax(0.05, 0.8, 0.99, 1e-6, 0.1)],
  ['rmsprop', (train) => train.rmsprop(0.01)],
  ['rmsprop, momentum', (train) => train.rmsprop(0.01, 0.8, 0.5)],
  ['rmsprop, centered', (train) => train.rmsprop(0.01, 0.9, 0.3, 1e-4, true)],
];

function locally(make: Make<AnyTrain>, steps: number, at?: (step: number) => number): number[][] {
  return tf.tidy(() => {
    const w = tf.variable(tf.tensor2d(startW));
    const b = tf.variable(tf.tensor1d(startB));
    const optimizer = make(tf.train) as tf.SGDOptimizer;
    for (let step = 0; step < steps; step++) {
      if (at !== undefined) optimizer.setLearningRate(at(step));
      optimizer.minimize(() => tf.losses.meanSquaredError(y, x.matMul(w).add(b)));
    }
    const result = [[...w.dataSync()], [...b.dataSync()]];
    optimizer.dispose();
    w.dispose();
    b.dispose();
    return result;
  });
}

interface Remote {
  readonly w: RemoteVariable;
  readonly b: RemoteVariable;
  readonly loss: () => Pointer;
}

function remotely(session: ScientistSession, [rx, ry]: readonly Pointer[]): Remote {
  const w = session.tf.variable(tf.tensor2d(startW), true, 'w');
  const b = session.tf.variable(tf.tensor1d(startB), true, 'b');
  if (rx === undefined || ry === undefined) throw new Error('no data');
  return { w, b, loss: () => session.tf.losses.meanSquaredError(ry, rx.matMul(w).add(b)) };
}

function expectClose(
  actual: readonly number[],
  wanted: readonly number[] | undefined,
  most = 1e-6,
): void {
  expect(actual).toHaveLength(wanted?.length ?? -1);
  for (const [at, value] of actual.entries()) {
    expect(Math.abs(value - (wanted?.[at] ?? Number.NaN))).toBeLessThan(most);
  }
}

describe('ten steps give what tfjs gives', () => {
  test.each(makers)('%s', async (_, make) => {
    const { session, owner, data } = await plainPair([x, y]);
    const { w, b, loss } = remotely(session, data);
    const optimizer = make(session.tf.train as unknown as AnyTrain) as RemoteOptimizer;
    for (let step = 0; step < 10; step++) optimizer.minimize(loss);
    const wanted = locally(make, 10);
    expectClose(await owner.numbers(w), wanted[0]);
    expectClose(await owner.numbers(b), wanted[1]);
    expect(wanted[0]).not.toEqual(startW.flat());
    expect(optimizer.iterations).toBe(10);
  });
});

describe('minimize', () => {
  test('is one message a step, and its plan is sent once', async () => {
    const { session, link, owner, data } = await plainPair([x, y]);
    const { loss } = remotely(session, data);
    const optimizer = session.tf.train.adam(0.01);
    optimizer.minimize(loss);
    await owner.catchUp();
    const before = link.sent.length;
    for (let step = 0; step < 5; step++) optimizer.minimize(loss);
    await owner.catchUp();
    const kinds = link.sent.slice(before).map(({ kind }) => kind);
    expect(kinds).toEqual(['call', 'call', 'call', 'call', 'call']);
    expect(link.of('define')).toHaveLength(1);
    expect(new Set(link.of('call').map(({ plan }) => plan)).size).toBe(1);
  });

  test('batches that are picked in it by local positions change no graph', async () => {
    const { session, link, owner, data } = await plainPair([x, y]);
    const [rx, ry] = data as [Pointer, Pointer];
    const w = session.tf.variable(tf.tensor2d(startW));
    const optimizer = session.tf.train.sgd(0.1);
    for (let step = 0; step < 4; step++) {
      const rows = tf.tensor1d([step, step + 1], 'int32');
      optimizer.minimize(() => rx.gather(rows).matMul(w).sub(ry.gather(rows)).square().mean());
      rows.dispose();
    }
    await owner.catchUp();
    expect(link.of('define')).toHaveLength(1);
    expect(link.of('call').map(({ drops }) => drops.length)).toEqual([1, 1, 1, 1]);
    expect(link.of('put')).toEqual([]);
  });

  test('changing the learning rate changes no graph, and what is learned as in tfjs', async () => {
    const rate = (step: number) => 0.1 / (step + 1);
    const { session, link, owner, data } = await plainPair([x, y]);
    const { w, loss } = remotely(session, data);
    const optimizer = session.tf.train.sgd(1);
    for (let step = 0; step < 6; step++) {
      if (step % 2 === 0) optimizer.setLearningRate(rate(step));
      else optimizer.learningRate = rate(step);
      optimizer.minimize(loss);
    }
    expectClose(await owner.numbers(w), locally((train) => train.sgd(1), 6, rate)[0]);
    expect(link.of('define')).toHaveLength(1);
  });

  test('old versions go with the message that makes the new ones', async () => {
    const { session, link, owner, data } = await plainPair([x, y]);
    const { loss } = remotely(session, data);
    const optimizer = session.tf.train.momentum(0.1, 0.9);
    for (let step = 0; step < 20; step++) optimizer.minimize(loss);
    await owner.catchUp();
    // The variables and their slots, and the two data tensors.
    expect(owner.values.size).toBe(4 + 2);
    expect(session.liveIds).toHaveLength(1);
    expect(link.of('drop')).toEqual([]);
    optimizer.dispose();
    await owner.catchUp();
    expect(session.liveIds).toHaveLength(1);
  });

  test('the cost is a pointer; without returnCost it is not computed', async () => {
    const { session, link, owner, data } = await plainPair([x, y]);
    const { loss } = remotely(session, data);
    const optimizer = session.tf.train.sgd(0.1);
    expect(optimizer.minimize(loss)).toBeNull();
    expect(link.last('define').plan.outputs).toHaveLength(2);
    const cost = optimizer.minimize(loss, true);
    expect(cost?.shape).toEqual([]);
    expect(link.last('define').plan.outputs).toHaveLength(3);
    const [value] = cost === null ? [] : await owner.numbers(cost);
    expect(value).toBeGreaterThan(0);
    cost?.dispose();
    await owner.catchUp();
  });

  test('varList, and variables that are not trainable', async () => {
    const { session, owner, data } = await plainPair([x, y]);
    const { w, b, loss } = remotely(session, data);
    session.tf.train.sgd(0.1).minimize(loss, false, [w]);
    expect(await owner.numbers(b)).toEqual([Math.fround(0.1)]);
    const fixed = session.tf.variable(tf.scalar(1), false);
    const optimizer = session.tf.train.sgd(0.1);
    expect(() => optimizer.minimize(() => fixed.square())).toThrow(/trainable/);
    expect(() => optimizer.minimize(() => loss().mul(0).add(fixed), false, [fixed])).toThrow(
      /none of the 1 variables/,
    );
    expect(() => optimizer.minimize(() => session.tf.mean(data[0] as Pointer), false, [w])).toThrow(
      /Cannot find a connection/,
    );
    expect(() => optimizer.minimize(() => w.mul(1))).toThrow(/must return a scalar/);
    expect(() => optimizer.minimize('loss' as never)).toThrow(/must be a function/);
  });

  test('a graph that is new at each step does not fill the other side', async () => {
    const { session, owner, data } = await plainPair([x, y]);
    const { loss } = remotely(session, data);
    const optimizer = session.tf.train.sgd(0.001);
    for (let step = 0; step < 100; step++) optimizer.minimize(() => loss().mul(1 + step));
    await owner.catchUp();
    expect(owner.plans.size).toBe(64);
  });
});

describe('parts of a step', () => {
  test('computeGradients and applyGradients by hand', async () => {
    const { session, link, owner, data } = await plainPair([x, y]);
    const { w, b, loss } = remotely(session, data);
    const optimizer = session.tf.train.adam(0.05);
    for (let step = 0; step < 3; step++) {
      session.tidy(() => {
        const { value, grads } = optimizer.computeGradients(loss);
        expect(value.shape).toEqual([]);
        expect(Object.keys(grads).sort()).toEqual(['b', 'w']);
        if (step === 1) optimizer.applyGradients(grads);
        else {
          optimizer.applyGradients(
            Object.entries(grads).map(([name, tensor]) => ({ name, tensor })),
          );
        }
      });
    }
    const wanted = locally((train) => train.adam(0.05), 3);
    expectClose(await owner.numbers(w), wanted[0]);
    expectClose(await owner.numbers(b), wanted[1]);
    expect(link.of('call')).toHaveLength(6);
    expect(() => optimizer.applyGradients({ nobody: w })).toThrow(/nobody/);
    expect(() => optimizer.applyGradients({ b: w })).toThrow(/shape \[3, 1\]/);
  });

  test('the state moves to another optimizer', async () => {
    const { session, owner, data } = await plainPair([x, y]);
    const { w, b, loss } = remotely(session, data);
    const first = session.tf.train.adam(0.05);
    for (let step = 0; step < 4; step++) first.minimize(loss);
    const weights = await first.getWeights();
    expect(weights.map(({ name }) => name)).toEqual(['iter', 'w/m', 'b/m', 'w/v', 'b/v']);
    const [iter, ...others] = await Promise.all(weights.map(({ tensor }) => owner.valueOf(tensor)));
    const second = session.tf.train.adam(0.05);
    const local = [iter, ...others].map((tensor, at) => ({
      name: weights[at]?.name ?? '',
      tensor: tensor as tf.Tensor,
    }));
    await second.setWeights(local);
    expect(second.iterations).toBe(4);
    for (let step = 0; step < 6; step++) second.minimize(loss);
    const wanted = locally((train) => train.adam(0.05), 10);
    // Powers that were multiplied up step by step are rounded otherwise than those of setWeights, in tfjs too.
    expectClose(await owner.numbers(w), wanted[0], 1e-5);
    expectClose(await owner.numbers(b), wanted[1], 1e-5);
    await expect(second.setWeights([...local, { name: 'w/x', tensor: x }])).rejects.toThrow(/w\/x/);
  });

  test('gradients are clipped', async () => {
    const { session, owner, data } = await plainPair([x, y]);
    const { w, loss } = remotely(session, data);
    const norm = async (clip: Parameters<RemoteOptimizer['clip']>[0]) => {
      w.assign(startW);
      session.tf.train
        .sgd(1)
        .clip(clip)
        .minimize(() => loss().mul(100), false, [w]);
      const moved = tf.sub(await owner.valueOf(w), startW);
      return { norm: tf.norm(moved).dataSync()[0], largest: tf.max(tf.abs(moved)).dataSync()[0] };
    };
    const free = await norm({});
    expect(free.norm).toBeGreaterThan(10);
    expect((await norm({ norm: 0.5 })).norm).toBeCloseTo(0.5, 5);
    expect((await norm({ globalNorm: 0.25 })).norm).toBeCloseTo(0.25, 5);
    expect((await norm({ value: 0.125 })).largest).toBeCloseTo(0.125, 5);
    expect((await norm({ globalNorm: 1e6 })).norm).toBeCloseTo(free.norm ?? 0, 3);
    expect(() => session.tf.train.sgd(1).clip({ norm: 0 })).toThrow(/over 0/);
  });
});
