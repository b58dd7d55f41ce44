/** Cases 65 to 76: models, plans and training. */

import * as tf from '@tensorflow/tfjs';
import { Module, nn, type Pointer, type RemoteVariable, type Value } from 'duetjs';
import { describe, expect, it } from 'vitest';
import { type TestPair, until } from '../../src';
import { ages, asked, codeOf, inDuo, publishAges } from './duo';

const seeded = (seed: number) => tf.initializers.glorotNormal({ seed });

/** One linear layer, as in the first tutorial on modules. */
class Linear extends Module {
  fc = nn.dense({ inputSize: 100, units: 10, kernelInitializer: seeded(1) });

  forward(x: Value): Value {
    return this.fc.apply(x);
  }
}

function acceptAll({ owner }: TestPair): string[] {
  const names: string[] = [];
  owner.on('request', (request) => {
    names.push(request.name);
    void request.accept();
  });
  return names;
}

async function publishRows({ owner, scientist }: TestPair, X: tf.Tensor, y: tf.Tensor) {
  await owner.store.addDataset({ X, y }, { name: 'rows', tags: ['rows'] });
  await until(() => scientist.store.length > 0);
  const set = scientist.store.dataSet('rows');
  return { X: set.field('X'), y: set.field('y') };
}

/** A value here, without a request. */
async function readable(pointer: Pointer): Promise<tf.Tensor> {
  return pointer.getCopy();
}

function farthest(one: tf.Tensor, other: tf.Tensor): number {
  expect(one.shape).toEqual(other.shape);
  return one.sub(other).abs().max().dataSync()[0] ?? Number.NaN;
}

describe('a module', () => {
  it('D65 is local or remote, and has its parts and parameters in both places', () =>
    inDuo(async ({ scientist }) => {
      const local = new Linear();
      const remote = local.send(scientist);
      expect([local.isLocal, remote.isLocal]).toEqual([true, false]);
      for (const module of [local, remote]) {
        expect([...module.namedParameters().keys()]).toEqual(['fc.kernel', 'fc.bias']);
        expect(module.parameters().map(({ shape }) => shape)).toEqual([[100, 10], [10]]);
      }
      remote.dispose();
    }));

  it('D68 is sent, has gradients there that are private, and comes back with equal weights', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const { X, y } = await publishRows(pair, tf.ones([12, 100]), tf.zeros([12, 10]));
      const local = new Linear();
      const remote = local.send(scientist);
      const { grads } = scientist.tf.variableGrads(
        () => scientist.tf.losses.absoluteDifference(y, remote.apply(X)),
        remote.parameters() as RemoteVariable[],
      );
      const pointers = Object.values(grads);
      expect(pointers.map((gradient) => gradient?.shape)).toEqual([[100, 10], [10]]);
      for (const gradient of pointers) {
        expect(await codeOf(gradient?.get() ?? Promise.resolve())).toBe('not-released');
        gradient?.dispose();
      }
      const back = await remote.get();
      expect(back.isLocal).toBe(true);
      for (const [name, weight] of Object.entries(back.stateDict())) {
        expect(farthest(weight, local.stateDict()[name] as tf.Tensor)).toBe(0);
      }
      await expect(local.get()).rejects.toThrow('here already');
      expect(() => remote.send(scientist)).toThrow('sent already');
      remote.dispose();
    }));
});

describe('gradients', () => {
  it('D69 of the square error of (x + 2)² from 15.5 by x = 1 are −19.5 everywhere, and x stays', () =>
    inDuo(async ({ scientist }) => {
      const x = scientist.send(tf.ones([2, 2]));
      const target = scientist.send(tf.fill([2, 2], 15.5));
      const gradient = scientist.tf.grad((values) => {
        const y = values.add(2).square();
        return y.sub(target).square().mean();
      })(x);
      expect(await gradient.getValue()).toEqual([
        [-19.5, -19.5],
        [-19.5, -19.5],
      ]);
      expect(await x.getValue()).toEqual([
        [1, 1],
        [1, 1],
      ]);
    }));
});

describe('a plan', () => {
  it('D71 adds and multiplies what it is given, sent as bytes or not, and says what is missing', () =>
    inDuo(async ({ scientist }) => {
      const vector = { shape: [3] };
      const [a, b, c] = [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ].map((values) => scientist.send(values));
      if (!a || !b || !c) throw new Error('Nothing was sent.');
      const sum = scientist.plan((x, y) => x.add(y), [vector, vector]);
      expect(await sum.call(a, b).getValue()).toEqual([5, 7, 9]);
      expect(await sum.call(sum.call(a, b), c).getValue()).toEqual([12, 15, 18]);
      expect(await sum.call(a, a).getValue()).toEqual([2, 4, 6]);
      const product = scientist.plan((x, y) => x.mul(y), [vector, vector]);
      expect(await product.call(a, scientist.send([1, 2, 3])).getValue()).toEqual([1, 4, 9]);
      const again = scientist.planFromBytes(sum.toBytes());
      const result = again.call(a, b) as Pointer;
      expect(await result.getValue()).toEqual([5, 7, 9]);
      const batches = scientist.plan(
        (x, y) => scientist.tf.equal(x, y).all(1),
        [{ shape: [2, 3] }, { shape: [2, 3] }],
      );
      const two = scientist.tf.stack([a, b]);
      expect(await batches.call(two, two).getValue()).toEqual([true, true]);
      expect(() => sum.call(a)).toThrow(/2/);
      for (const plan of [sum, product, again, batches]) plan.dispose();
    }));

  it('D72 of a network’s step on two batches gives new weights, and leaves those that went in', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const { tf: remote } = scientist;
      const records = 128;
      const labels = Array.from({ length: records }, (_, at) => at % 10);
      const data = await publishRows(
        pair,
        tf.randomUniform([records, 784], 0, 1, 'float32', 3),
        tf.oneHot(tf.tensor1d(labels, 'int32'), 10).toFloat(),
      );
      const shapes = [[784, 100], [100], [100, 10], [10]];
      const weights = shapes.map((shape, at) =>
        scientist.send(tf.randomNormal(shape, 0, 0.1, 'float32', 1 + at)),
      );
      const before = await Promise.all(weights.map(readable));
      const logits = (x: Value, [w1, b1, w2, b2]: readonly Value[]) => {
        if (!w1 || !b1 || !w2 || !b2) throw new Error('Weights are missing.');
        return x.matMul(w1).add(b1).relu().matMul(w2).add(b2);
      };
      const plan = scientist.plan(
        (x, y, ...given: Pointer[]) =>
          [0, 64].reduce<Pointer[]>((current, from) => {
            const [images, wanted] = [x.slice([from, 0], [64, -1]), y.slice([from, 0], [64, -1])];
            const gradients = remote.grads((...inner: Pointer[]) =>
              remote.losses.softmaxCrossEntropy(wanted, logits(images, inner) as Pointer),
            )(current);
            return current.map((weight, at) => weight.sub((gradients[at] as Pointer).mul(0.1)));
          }, given),
        [data.X, data.y, ...weights],
      );
      const after = plan.call(data.X, data.y, ...weights);
      expect(after.map(({ shape }) => shape)).toEqual(shapes);
      expect(await codeOf(after[0]?.get() ?? Promise.resolve())).toBe('not-released');
      const names = acceptAll(pair);
      for (const [at, pointer] of after.entries()) {
        const [old, now, kept] = [
          before[at],
          await pointer.get({ requestBlock: true, name: `w${at}` }),
          await readable(weights[at] as Pointer),
        ];
        if (!old) throw new Error('There are too few weights.');
        expect(farthest(now, old)).toBeGreaterThan(0);
        expect(farthest(kept, old)).toBe(0);
      }
      expect(names).toEqual(['w0', 'w1', 'w2', 'w3']);
      plan.dispose();
    }));

  it('D73 of a module gives what the module gives here, also after it was sent and came back', () =>
    inDuo(async ({ scientist }) => {
      const images = tf.randomUniform([32, 784], 0, 1, 'float32', 5);
      const local = nn.sequential(
        nn.dense({ inputSize: 784, units: 100, activation: 'relu', kernelInitializer: seeded(2) }),
        nn.dense({ inputSize: 100, units: 10, kernelInitializer: seeded(3) }),
      );
      const wanted = local.apply(images) as tf.Tensor;
      const remote = local.send(scientist);
      const plan = scientist.plan((x) => remote.apply(x) as Pointer, [{ shape: [32, 784] }]);
      const there = await plan.call(images).get();
      expect(there.shape).toEqual([32, 10]);
      expect(farthest(there, wanted)).toBeLessThan(1e-5);
      const back = await remote.get();
      const again = back.send(scientist);
      const anew = scientist.plan((x) => again.apply(x) as Pointer, [{ shape: [32, 784] }]);
      expect(farthest(await anew.call(images).get(), wanted)).toBeLessThan(1e-5);
      for (const used of [plan, anew, remote, again]) used.dispose();
    }));
});

describe('training', () => {
  it('D75 of a network that is split in two: activations come here, their gradients go back', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const inputs = tf.tensor2d([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]);
      await publishRows(pair, inputs, tf.tensor2d([[0], [0], [1], [1]]));
      const X = scientist.store.dataSet('rows').field('X');
      const targets = tf.tensor2d([[0], [0], [1], [1]]);
      const below = scientist.tf.variable(tf.randomNormal([2, 2], 0, 0.5, 'float32', 2));
      const above = tf.variable(tf.tensor2d([[0.6], [0.4]]));
      acceptAll(pair);
      const rate = 0.1;
      const losses: number[] = [];
      for (let step = 0; step < 20; step += 1) {
        const lower = (weights: Pointer) => X.matMul(weights);
        const activation = lower(below);
        const here = await activation.get({ requestBlock: true, name: 'activation' });
        const upper = (values: tf.Tensor, weights: tf.Tensor) =>
          values.matMul(weights).sub(targets).square().sum() as tf.Scalar;
        const { value, grads } = tf.valueAndGrads(upper)([here, above]);
        losses.push(value.dataSync()[0] ?? Number.NaN);
        const [back, own] = grads;
        if (!back || !own) throw new Error('There are no gradients.');
        below.assign(below.sub(scientist.tf.grad(lower)(below, back).mul(rate)));
        above.assign(above.sub(own.mul(rate)) as tf.Tensor2D);
      }
      expect(losses[0]).toBeGreaterThan(0.5);
      expect(losses.at(-1)).toBeLessThan(0.05);
      expect(await codeOf(below.getCopy())).toBe('not-released');
      below.dispose();
    }));

  it('D76 begins with ages: their mean is denied and then approved, their extrema and all of them released', () =>
    inDuo(async (pair) => {
      const { owner } = pair;
      const values = await publishAges(pair);
      const mean = values.mean();
      expect(await codeOf(mean.get())).toBe('not-released');
      const ask = (reason: string) => mean.tryGet({ requestBlock: true, reason });
      const first = ask('Please approve!');
      (await asked(pair)).deny('Why do you need it?');
      expect(await first).toMatchObject({
        ok: false,
        code: 'denied',
        reason: 'Why do you need it?',
      });
      expect(await codeOf(mean.get())).toBe('not-released');
      const second = ask('To see whether the sample is old enough for the study.');
      await (await asked(pair)).accept();
      const answer = await second;
      expect(answer.ok && answer.value.dataSync()[0]).toBeCloseTo(46.8333, 4);
      owner.requests.addHandler({
        action: 'accept',
        tags: ['ages'],
        release: 'records',
        elementQuota: 8,
      });
      const options = { requestBlock: true, timeoutSecs: 10 };
      expect(await values.max().getValue(options)).toBe(88);
      expect(await values.min().getValue(options)).toBe(22);
      expect(await values.getValue(options)).toEqual(ages);
      expect(owner.requests.handlers).toMatchObject([{ quotaLeft: 0 }]);
      expect(await owner.store.value('ages')).toEqual(ages);
    }));
});
