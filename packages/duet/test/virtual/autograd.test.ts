/** Gradients of values on workers. */

import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import {
  here,
  sendToAll,
  VirtualPointer,
  type VirtualWorker,
  virtualTf,
  virtualTidy,
} from '../../src';
import { expectThere, settled, start, valuesOf } from './workers';

const records = [
  [0.5, -1],
  [2, 0.25],
  [-0.75, 1.5],
  [1, 1],
];
const targets = [[1], [-0.5], [2], [0.25]];
const weights = [[0.3], [-0.2]];
const firstWeights = [
  [0.1, 0.2],
  [0.3, -0.4],
];

/** The gradients that tfjs itself gives. */
function localGrads(
  f: (...xs: tf.Tensor[]) => tf.Tensor,
  ...xs: readonly tf.TensorLike[]
): number[][] {
  const gradients = tf.tidy(() => tf.grads(f)(xs.map((x) => tf.tensor(x))));
  return gradients.map((gradient) => flat(valuesOf(gradient)));
}

function needed<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('It is not there.');
  return value;
}

/** The numbers in nested arrays. */
function flat(values: unknown): number[] {
  return [values].flat(9) as number[];
}

function expectClose(values: unknown, expected: readonly number[]): void {
  expect(flat(values)).toHaveLength(expected.length);
  for (const [at, number] of flat(values).entries()) {
    expect(number).toBeCloseTo(expected[at] ?? Number.NaN, 5);
  }
}

async function expectGrad(
  pointer: VirtualPointer<unknown>,
  expected: readonly number[] | undefined,
): Promise<void> {
  const gradient = needed(pointer.grad);
  expect(gradient.shape).toEqual(pointer.shape);
  expectClose(valuesOf(await gradient.getCopy()), needed(expected));
}

const squaredError = (w: tf.Tensor, b: tf.Tensor): tf.Scalar =>
  (
    tf
      .tensor2d(records)
      .matMul(w as tf.Tensor2D)
      .add(b)
      .sub(targets) as tf.Tensor
  )
    .square()
    .mean();

describe('PC-12 gradients on one worker', () => {
  it('backward gives a pointer to the same gradient as tfjs, and is one message', async () => {
    const [alice] = await start(['alice']);
    const [x, y] = [alice.send(records), alice.send(targets)];
    const w = alice.send(weights, { requiresGrad: true });
    const b = alice.send([0.1]).requiresGrad_();
    expect([x, w, b].map(({ requiresGrad }) => requiresGrad)).toEqual([false, true, true]);
    const loss = x.matMul(w).add(b).sub(y).square().mean();
    expect(loss.requiresGrad).toBe(true);
    expect([w.grad, loss.grad]).toEqual([null, null]);
    await settled(alice);
    const before = alice.countMessages('call');
    await loss.backward();
    await settled(alice);
    expect(alice.countMessages('call') - before).toBe(1);
    expect([alice.countMessages('get'), x.grad]).toEqual([0, null]);
    expect(needed(w.grad)).toBeInstanceOf(VirtualPointer);
    expect(needed(w.grad).location).toBe(alice);
    const [dw, db] = localGrads(squaredError as (...xs: tf.Tensor[]) => tf.Tensor, weights, [0.1]);
    await expectGrad(w, dw);
    await expectGrad(b, db);
  });

  it('adds up until zeroGrad, and zeroGrad begins anew', async () => {
    const [alice] = await start(['alice']);
    const w = alice.send([1, 2, 3], { requiresGrad: true });
    const loss = w.square().sum();
    void loss.backward();
    const id = needed(w.grad).id;
    await loss.backward();
    expect(needed(w.grad).id).toBe(id);
    await expectGrad(w, [4, 8, 12]);
    w.zeroGrad();
    expect(w.grad).toBeNull();
    await loss.backward();
    await expectGrad(w, [2, 4, 6]);
    needed(w.grad).zero_();
    await expectGrad(w, [0, 0, 0]);
    // The object and its gradient, the square, and the loss.
    await settled(alice);
    w.dispose();
    loss.dispose();
    expect(alice.listObjects().map(({ shape }) => shape)).toEqual(['[3]']);
  });

  it('a manual SGD step on pointers lowers the loss, step by step as in tfjs', async () => {
    const [alice] = await start(['alice']);
    const [x, y] = [alice.send(records), alice.send(targets)];
    const w = alice.send(weights, { requiresGrad: true });
    const b = alice.send([0.1], { requiresGrad: true });
    const [u, v] = tf.tidy(() => [
      tf.variable(tf.tensor(weights)),
      tf.variable(tf.tensor([0.1])),
    ]) as [tf.Variable, tf.Variable];
    const optimizer = tf.train.sgd(0.1);
    const losses: number[] = [];
    for (let step = 0; step < 10; step += 1) {
      const loss = virtualTidy(() => {
        const error = x.matMul(w).add(b).sub(y).square().mean();
        void error.backward();
        w.sub_(needed(w.grad).mul(0.1));
        b.sub_(needed(b.grad).mul(0.1));
        return error;
      });
      w.zeroGrad();
      b.zeroGrad();
      losses.push((await loss.getValue()) as number);
      const local = tf.tidy(() =>
        needed(optimizer.minimize(() => squaredError(u, v), true, [u, v])).arraySync(),
      );
      expect(losses.at(-1)).toBeCloseTo(local, 5);
    }
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(new Set(losses).size).toBe(10);
    expectClose(valuesOf(await w.getCopy()), flat(u.arraySync()));
    await expectThere(alice, 4);
    u.dispose();
    v.dispose();
    optimizer.dispose();
  });

  it('goes through ops of every form: several outputs, rows, indices, masks, in-place ops, and local values that are gone', async () => {
    const [alice] = await start(['alice']);
    const first = [
      [1, -2, 3],
      [0.5, 4, -1],
    ];
    const w = alice.send(first, { requiresGrad: true });
    const local = tf.tensor([2, 3, 4]);
    const scaled = w.mul(local);
    local.dispose();
    const parts = virtualTf.split(scaled, 3, 1);
    const { mean, variance } = virtualTf.moments(w, 1);
    const rows = [...w];
    const masked = scaled.mask(w.greater(0));
    const changed = w.square().add_(w).mul_(2);
    const terms = [
      needed(parts[1]).sum(),
      mean.mul(variance).sum(),
      needed(rows[1]).mul(5).sum(),
      w.at(0, -1),
      w.slice({ 1: [0, 2] }).prod(),
      masked.sum(),
      changed.mean(),
      virtualTf.stack([w, scaled]).max(),
    ];
    expect(terms.every(({ requiresGrad }) => requiresGrad)).toBe(true);
    const loss = terms.reduce((sum, term) => sum.add(term));
    for (const pointer of [...parts, ...rows, masked, changed, ...terms]) pointer.dispose();
    await loss.backward();
    const [expected] = localGrads((v) => {
      const u = needed(v) as tf.Tensor2D;
      const product = u.mul([2, 3, 4]);
      return tf.addN([
        product.slice([0, 1], [2, 1]).sum(),
        tf.moments(u, 1).mean.mul(tf.moments(u, 1).variance).sum(),
        u.slice([1, 0], [1, 3]).mul(5).sum(),
        u.slice([0, 2], [1, 1]).sum(),
        u.slice([0, 0], [2, 2]).prod(),
        tf.where(tf.tensor(first).greater(0), product, tf.zerosLike(product)).sum(),
        u.square().add(u).mul(2).mean(),
        tf.stack([u, product]).max(),
      ]);
    }, first);
    await expectGrad(w, expected);
  });

  it('draws the same again', async () => {
    const [alice] = await start(['alice']);
    const w = alice.send(new Array<number>(64).fill(1), { requiresGrad: true });
    const dropped = virtualTf.dropout(w, 0.5);
    await dropped.sum().backward();
    const values = flat(valuesOf(await dropped.getCopy()));
    expect(new Set(values)).toEqual(new Set([0, 2]));
    await expectGrad(w, values);
  });

  it('of a value that is no single number needs the gradient of that value', async () => {
    const [alice] = await start(['alice']);
    const w = alice.send([1, 2], { requiresGrad: true });
    const square = w.square();
    await expect(square.backward()).rejects.toThrow(/has shape \[2\]/);
    await square.backward([10, 1]);
    await expectGrad(w, [20, 4]);
    await square.backward(alice.send([1, 0]));
    await expectGrad(w, [22, 4]);
    await expect(square.backward([1, 2, 3])).rejects.toMatchObject({ code: 'bad-argument' });
    await w.backward([1, 1]);
    await expectGrad(w, [23, 5]);
    await expect(w.backward([[1, 1]])).rejects.toThrow(/must have the shape/);
  });

  it('what has no gradient is refused, with the reason, before anything is sent', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const own = await alice.send([1, 2], { private: true });
    expect(() => own.requiresGrad_()).toThrow(/worker’s own and private/);
    const whole = alice.tf.cast(alice.send([1, 2]), 'int32');
    expect(() => whole.requiresGrad_()).toThrow(/float32 values, and .* is int32/);
    expect(() => alice.send([true], { requiresGrad: true })).toThrow(/is bool/);
    const w = alice.send([1, 2], { requiresGrad: true });
    const plain = alice.send([3, 4]);
    const loss = w.mul(plain).sum();
    await settled(alice);
    const before = alice.countMessages();
    const actions = alice.countMessages('action');
    const dropped = alice.countMessages('drop');
    await expect(plain.sum().backward()).rejects.toThrow(/not computed from a value that requires/);
    await expect(w.argMax().backward()).rejects.toThrow(/float32 values alone/);
    await expect(loss.backward(bob.send(1))).rejects.toThrow(/on “alice” and another on “bob”/);
    expect(() => plain.add_(w)).toThrow(/would lose the version/);
    await settled(alice);
    // The sum and the argMax, and what of all this was forgotten.
    const drops = alice.countMessages('drop') - dropped;
    expect(alice.countMessages('action') - actions).toBe(2);
    expect(alice.countMessages() - before - drops).toBe(2);
    plain.add_(1);
    await expect(loss.backward()).rejects.toThrow(/was changed or moved since it was used/);
    const again = w.mul(plain).sum();
    plain.dispose();
    await expect(again.backward()).rejects.toMatchObject({ code: 'disposed' });
    expect(w.grad).toBeNull();
    const cut = w.mul(2).requiresGrad_(false);
    await expect(cut.sum().backward()).rejects.toThrow(/not computed from/);
  });

  it('a step on a leaf is no part of what is computed from it', async () => {
    const [alice] = await start(['alice']);
    const w = alice.send([1, 2], { requiresGrad: true });
    w.mul_(10).sub_(w.mul(0.5));
    await w.square().sum().backward();
    await expectGrad(w, [10, 20]);
  });

  it('on a chain it is the gradient at the end', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const chain = alice.send([1, 2]).send(bob, { requiresGrad: true });
    const loss = chain.square().sum();
    await loss.backward();
    expect(needed(chain.grad).location).toBe(alice);
    await expectGrad(chain, [2, 4]);
    chain.sub_(needed(chain.grad));
    const inner = await chain.get();
    expect(valuesOf(await inner.get())).toEqual([-1, -2]);
    loss.dispose();
  });
});

describe('PC-12 gradients that come along', () => {
  it('get_ and send_ bring value and gradient, and back; getWithGrad gives both', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const handle = VirtualPointer.of(tf.tensor([1, 2])).requiresGrad_();
    handle.send_(alice, { id: 'w' });
    expect(handle.requiresGrad).toBe(true);
    await virtualTidy(() => handle.square().sum()).backward();
    await handle.get_();
    expect(alice.search('w')).toEqual([]);
    expect([handle.isHere, handle.requiresGrad]).toEqual([true, true]);
    const gradient = needed(handle.grad);
    expect(gradient.tensor.arraySync()).toEqual([2, 4]);
    handle.send_(bob);
    expect([handle.requiresGrad, needed(handle.grad).location]).toEqual([true, bob]);
    await virtualTidy(() => handle.sum()).backward();
    const { value, grad } = await handle.getWithGrad();
    expect([valuesOf(value), valuesOf(needed(grad))]).toEqual([
      [1, 2],
      [3, 5],
    ]);
    bob.clearObjects();
    const plain = await alice.send([1]).getWithGrad();
    expect([valuesOf(plain.value), plain.grad]).toEqual([[1], null]);
    alice.clearObjects();
    const kept = VirtualPointer.of(tf.tensor([3])).requiresGrad_();
    kept.send_(alice);
    await kept.square().backward();
    await kept.get_();
    kept.zeroGrad();
    expect(kept.grad).toBeNull();
    kept.dispose();
  });

  it('get takes the object, and its gradient is gone with it', async () => {
    const [alice] = await start(['alice']);
    const w = alice.send([2], { requiresGrad: true });
    const loss = w.square();
    await loss.backward();
    const gradient = needed(w.grad);
    loss.dispose();
    expect(valuesOf(await w.get())).toEqual([2]);
    await expect(gradient.get()).rejects.toMatchObject({ code: 'disposed' });
    await expectThere(alice, 0);
  });

  it('a gradient that was taken by get is not there any more', async () => {
    const [alice] = await start(['alice']);
    const w = alice.send([2], { requiresGrad: true });
    await w.square().backward();
    expect(await needed(w.grad).getValue()).toEqual([4]);
    expect(w.grad).toBeNull();
  });

  it('move takes the gradient along, unless requiresGrad is false; all of it or nothing', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const [small] = await start(['small'], { limits: { objects: 1 } });
    const w = alice.send([1, 2], { requiresGrad: true });
    await virtualTidy(() => w.square().sum()).backward();
    await expect(w.move(small)).rejects.toMatchObject({ code: 'limit' });
    expect([w.location, needed(w.grad).location, small.countObjects()]).toEqual([alice, alice, 0]);
    const again = w.square().sum();
    const moving = w.move(bob);
    await expect(again.backward()).rejects.toThrow(/is being moved/);
    again.dispose();
    await moving;
    expect([w.location, needed(w.grad).location]).toEqual([bob, bob]);
    await virtualTidy(() => w.sum()).backward();
    await expectGrad(w, [3, 5]);
    await w.move(alice, { requiresGrad: false });
    expect([w.requiresGrad, w.grad]).toEqual([false, null]);
  });
});

describe('PC-12 gradients from worker to worker', () => {
  /** A model whose first half is at alice, with the data, and whose second half is at bob, with the targets. */
  async function halves(alice: VirtualWorker, bob: VirtualWorker) {
    const x = await alice.send(records, { private: true });
    const y = await bob.send(targets, { private: true });
    const w1 = alice.send(firstWeights, { requiresGrad: true });
    const w2 = bob.send(weights, { requiresGrad: true });
    return { x, y, w1, w2 };
  }

  it('flows back to the origin after a move, through both gates', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const asked: string[] = [];
    for (const worker of [alice, bob]) {
      worker.owner.on('request', (request) => {
        asked.push(`${worker.name} ${request.name}`);
        void request.accept();
      });
    }
    const { x, y, w1, w2 } = await halves(alice, bob);
    const hidden = x.matMul(w1).tanh();
    await expect(hidden.move(bob, { requiresGrad: true })).rejects.toMatchObject({
      code: 'not-released',
    });
    expect([hidden.location, hidden.requiresGrad]).toEqual([alice, true]);
    await hidden.move(bob, { requiresGrad: true, requestBlock: true, name: 'activations' });
    expect([hidden.location, hidden.requiresGrad]).toEqual([bob, true]);
    const loss = hidden.matMul(w2).sub(y).square().mean();
    await expect(loss.backward()).rejects.toMatchObject({ code: 'not-released' });
    expect(w1.grad).toBeNull();
    w2.zeroGrad();
    await loss.backward(undefined, { requestBlock: true, name: 'gradient' });
    expect(asked).toEqual(['alice activations', 'bob gradient']);
    const gradients = localGrads(
      (a, b) =>
        tf
          .tensor2d(records)
          .matMul(a as tf.Tensor2D)
          .tanh()
          .matMul(b as tf.Tensor2D)
          .sub(targets)
          .square()
          .mean(),
      firstWeights,
      weights,
    );
    expect(needed(w1.grad).location).toBe(alice);
    expect(needed(w2.grad).location).toBe(bob);
    const own = [needed(w1.grad), needed(w2.grad)];
    const values = await Promise.all(own.map((each) => each.getValue({ requestBlock: true })));
    expectClose(values, flat(gradients));
  });

  it('over three workers, and twice from one origin', async () => {
    const [alice, bob, carol] = await start(['alice', 'bob', 'carol']);
    const w = alice.send([1, 2], { requiresGrad: true });
    const [a, b] = [w.mul(3), w.square()];
    await a.move(bob, { requiresGrad: true });
    await b.move(bob, { requiresGrad: true });
    const c = a.mul(b);
    await c.move(carol, { requiresGrad: true });
    const loss = virtualTidy(() => c.square().sum());
    await loss.backward();
    // (3w · w²)² = 9w⁶
    await expectGrad(w, [54, 54 * 32]);
    expect([a.grad, b.grad, c.grad]).toEqual([null, null, null]);
    expect(() => c.add_(1)).toThrow(/would lose the version/);
    for (const pointer of [a, b, c, loss]) pointer.dispose();
    await expectThere(bob, 0);
    await expectThere(carol, 0);
    await expectThere(alice, 2);
  });

  it('a move without requiresGrad is the end of it', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const w = alice.send([1], { requiresGrad: true });
    const moved = await w.mul(2).move(bob);
    expect(moved.requiresGrad).toBe(false);
    await expect(moved.square().backward()).rejects.toThrow(/not computed from/);
    expect(valuesOf(await moved.move(here))).toEqual([2]);
  });

  it('what has changed at the origin is said, and leaves nothing', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const w = alice.send([1], { requiresGrad: true });
    const moved = await w.mul(2).move(bob, { requiresGrad: true });
    const loss = moved.square();
    w.add_(1);
    await expect(loss.backward()).rejects.toThrow(/of “alice” was changed or moved/);
    moved.dispose();
    loss.dispose();
    await expectThere(bob, 0);
    await expectThere(alice, 1);
  });
});

describe('PC-13 MultiPointer', () => {
  it('has gradients on each worker', async () => {
    const workers = await start(['alice', 'bob']);
    const w = sendToAll([1, 2], workers).requiresGrad_();
    expect(w.grad).toBeNull();
    const x = sendToAll([3, 4], workers);
    await w.mul(x).sum().backward();
    expect(valuesOf(await needed(w.grad).get({ sum: true }))).toEqual([6, 8]);
    w.dispose();
    x.dispose();
  });
});
