import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Pointer, RemoteVariable } from '../src';
import { openSession } from './fake-link';
import { type PlainPair, plainPair } from './plain-owner';
import { thrownBy } from './thrown-by';

beforeAll(() => tf.setBackend('cpu'));

const a = tf.tensor2d([
  [1, -2],
  [0.5, 3],
]);
const b = tf.tensor2d([[2], [-1]]);

async function close(
  { owner }: PlainPair,
  actual: readonly Pointer[],
  wanted: readonly tf.Tensor[],
): Promise<void> {
  expect(actual).toHaveLength(wanted.length);
  for (const [at, pointer] of actual.entries()) {
    expect(pointer.shape).toEqual(wanted[at]?.shape);
    const numbers = [...(wanted[at]?.dataSync() ?? [])];
    (await owner.numbers(pointer)).forEach((value, index) => {
      expect(value).toBeCloseTo(numbers[index] ?? Number.NaN, 5);
    });
  }
}

describe('as tfjs, and one message each', () => {
  test('grad, with and without dy', async () => {
    const pair = await plainPair([a]);
    const [x] = pair.data as [Pointer];
    const { tf: remote } = pair.session;
    const local = tf.grad((v) => v.square().sin());
    await close(
      pair,
      [remote.grad((v) => v.square().sin())(x), remote.grad((v) => v.square().sin())(x, a)],
      [local(a), local(a, a)],
    );
    expect(pair.link.sent.map(({ kind }) => kind)).toEqual(['define', 'call', 'define', 'call']);
    const [number] = await pair.owner.numbers(remote.grad((v) => v.pow(3))(2));
    expect(number).toBeCloseTo(12, 4);
  });

  test('grads, and the same argument twice', async () => {
    const pair = await plainPair([a, b]);
    const [x, y] = pair.data as [Pointer, Pointer];
    const { tf: remote } = pair.session;
    const local = (u: tf.Tensor, v: tf.Tensor) => u.matMul(v).square();
    await close(
      pair,
      remote.grads((u: Pointer, v: Pointer) => u.matMul(v).square())([x, y]),
      tf.grads(local)([a, b]),
    );
    await close(
      pair,
      remote.grads((u, v) => (u as Pointer).mul(v as Pointer))([x, x]),
      tf.grads((u, v) => (u as tf.Tensor).mul(v as tf.Tensor))([a, a]),
    );
    await close(
      pair,
      remote.grads((u: Pointer, v: Pointer) => u.matMul(v))([y.transpose(), x], tf.ones([1, 2])),
      tf.grads((u: tf.Tensor, v: tf.Tensor) => u.matMul(v))([b.transpose(), a], tf.ones([1, 2])),
    );
  });

  test('what f reaches without its parameter is the same thing', async () => {
    const pair = await plainPair([a]);
    const [x] = pair.data as [Pointer];
    await close(pair, [pair.session.tf.grad(() => x.square())(x)], [tf.grad(() => a.square())(a)]);
  });

  test('valueAndGrad and valueAndGrads', async () => {
    const pair = await plainPair([a, b]);
    const [x, y] = pair.data as [Pointer, Pointer];
    const { tf: remote } = pair.session;
    const one = remote.valueAndGrad((v) => v.square().sum())(x);
    const oneLocal = tf.valueAndGrad((v) => v.square().sum())(a);
    await close(pair, [one.value, one.grad], [oneLocal.value, oneLocal.grad]);
    const two = remote.valueAndGrads((u: Pointer, v: Pointer) => u.matMul(v))([x, y], b);
    const twoLocal = tf.valueAndGrads((u: tf.Tensor, v: tf.Tensor) => u.matMul(v))([a, b], b);
    await close(pair, [two.value, ...two.grads], [twoLocal.value, ...twoLocal.grads]);
    expect(pair.link.of('call')).toHaveLength(2);
  });

  test('gradients of gradients', async () => {
    const pair = await plainPair([a]);
    const [x] = pair.data as [Pointer];
    const { tf: remote } = pair.session;
    const second = remote.grad((v) => remote.grad((u) => u.pow(4))(v));
    const third = remote.grad((v) => second(v));
    await close(pair, [second(x), third(x)], [a.square().mul(12), a.mul(24)]);
    expect(pair.link.of('call')).toHaveLength(2);
  });

  test('inside a plan they are a part of it', async () => {
    const pair = await plainPair([a]);
    const [x] = pair.data as [Pointer];
    const { tf: remote } = pair.session;
    const plan = pair.session.plan(
      (v) => {
        const scale = v.sum();
        return remote.grad((u) => u.square().mul(scale))(v);
      },
      [x],
    );
    await close(pair, [plan.call(x)], [tf.grad((u) => u.square().mul(2.5))(a)]);
    expect(pair.link.of('call')).toHaveLength(1);
  });

  test('variableGrads: what is read, in names', async () => {
    const pair = await plainPair([a]);
    const [x] = pair.data as [Pointer];
    const { tf: remote } = pair.session;
    const w = remote.variable(b, true, 'w');
    const c = remote.variable([1], true, 'c');
    const fixed = remote.variable([2], false, 'fixed');
    const unread = remote.variable([3], true, 'unread');
    const f = () => x.matMul(w).add(c).mul(fixed).square().sum();
    const { value, grads } = remote.variableGrads(f);
    expect(Object.keys(grads)).toEqual(['w', 'c']);
    const [lw, lc] = [b, tf.tensor1d([1])];
    const local = tf.valueAndGrads((p: tf.Tensor, q: tf.Tensor) =>
      a
        .matMul(p)
        .add(q)
        .mul(tf.tensor1d([2]))
        .square()
        .sum(),
    )([lw, lc]);
    await close(
      pair,
      [value, grads['w'] as Pointer, grads['c'] as Pointer],
      [local.value, ...local.grads],
    );
    const asked = remote.variableGrads(f, [c, fixed, unread]);
    expect(asked.grads).toEqual({ c: expect.anything(), fixed: null });
  });

  test('a variable that only a part of a called plan uses has no gradient', async () => {
    const pair = await plainPair([a]);
    const { tf: remote } = pair.session;
    const w = remote.variable([1, 2], true, 'w');
    const other = remote.variable([3], true, 'other');
    const both = pair.session.plan(() => ({ used: w.square(), unused: other.square() }));
    const { grads } = remote.variableGrads(() => both.call().used.sum());
    expect(Object.keys(grads)).toEqual(['w']);
    expect(await pair.owner.numbers(grads['w'] as Pointer)).toEqual([2, 4]);
  });

  test('variables that f assigns have their new value', async () => {
    const pair = await plainPair([]);
    const { tf: remote } = pair.session;
    const w = remote.variable([3], true, 'w');
    const seen = remote.variable(0, false, 'seen');
    remote.train.sgd(0.5).minimize(() => {
      const loss = w.square().sum();
      seen.assign(loss);
      return loss;
    });
    expect(await pair.owner.numbers(seen)).toEqual([9]);
    expect(await pair.owner.numbers(w)).toEqual([0]);
  });
});

describe('errors are at the call site, and nothing is sent', () => {
  test.each<
    [
      string,
      (x: Pointer, tf: Awaited<ReturnType<typeof openSession>>['session']['tf']) => unknown,
      RegExp,
    ]
  >([
    ['no function', (_, remote) => remote.grad(1 as never), /must be a function/],
    ['no list', (x, remote) => remote.grads((v) => v as Pointer)(x as never), /must be an array/],
    ['an empty list', (x, remote) => remote.grads(() => x)([]), /empty list/],
    [
      'no connection',
      (x, remote) => remote.grad(() => remote.ones([2]))(x),
      /encloses all operations/,
    ],
    ['whole numbers', (x, remote) => remote.grad((v) => v.toInt())(x), /float32 value.*int32/],
    [
      'by whole numbers',
      (_, remote) => remote.grad((v) => v.toFloat())(tf.scalar(1, 'int32')),
      /by float32/,
    ],
    ['no tensor', (x, remote) => remote.grad((() => 'x') as never)(x), /must be pointers/],
    ['several', (x, remote) => remote.grad((() => [x, x]) as never)(x), /must be a tensor/],
    [
      'an op without a gradient',
      (x, remote) => remote.grad((v) => v.greater(0).toFloat())(x),
      /greater/,
    ],
    ['dy of another shape', (x, remote) => remote.grad((v) => v.sum())(x, [1, 2]), /dy/],
    ['no variables', (x, remote) => remote.variableGrads(() => x.sum()), /trainable/],
    [
      'a list of others',
      (x, remote) => remote.variableGrads(() => x.sum(), [x as RemoteVariable]),
      /array of variables/,
    ],
    [
      'customGrad',
      (_, remote) => (remote as unknown as { customGrad(f: unknown): void }).customGrad(() => 1),
      /customGrad/,
    ],
  ])('%s', async (_, call, text) => {
    const { session, link } = await openSession();
    const error = thrownBy(() => call(session.store.get('ages'), session.tf));
    expect(error.message).toMatch(text);
    expect(['bad-argument', 'unsupported-op']).toContain(error.code);
    expect(link.sent).toEqual([]);
  });
});
