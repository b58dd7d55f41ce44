import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Pointer, RemoteVariable } from '../src';
import { openSession, settle } from './fake-link';
import { plainPair } from './plain-owner';
import { thrownBy } from './thrown-by';

beforeAll(() => tf.setBackend('cpu'));

describe('a variable', () => {
  test('is a pointer with an id that stays', async () => {
    const { session, owner } = await plainPair([]);
    const w = session.tf.variable(tf.tensor1d([1, 2]), true, 'w');
    expect(w).toBeInstanceOf(Pointer);
    expect(w).toBeInstanceOf(RemoteVariable);
    expect([w.id, w.name, w.trainable, w.shape, w.dtype]).toEqual([
      'v0',
      'w',
      true,
      [2],
      'float32',
    ]);
    w.assign(w.add(1));
    expect(w.id).toBe('v0');
    expect(await owner.numbers(w)).toEqual([2, 3]);
    expect(await owner.numbers(w.mul(2))).toEqual([4, 6]);
    expect(`${w}`).toBe('Variable v0: float32 [2]');
  });

  test('of a pointer is a copy: both live by themselves', async () => {
    const { session, owner, data } = await plainPair([tf.tensor1d([1, 2])]);
    const twice = data[0]?.mul(2) as Pointer;
    const w = session.tf.variable(twice);
    twice.dispose();
    expect(await owner.numbers(w)).toEqual([2, 4]);
    const p = w.add(0);
    w.assign(p);
    p.dispose();
    expect(await owner.numbers(w)).toEqual([2, 4]);
    w.dispose();
    await owner.catchUp();
    expect(session.liveIds).toEqual([]);
    expect(thrownBy(() => w.add(1)).code).toBe('disposed');
  });

  test('names are unique, and counted where none is given', async () => {
    const { session } = await openSession();
    const [a, b] = [session.tf.variable(1), session.tf.variable(2)];
    expect(new Set([a.name, b.name]).size).toBe(2);
    session.tf.variable(1, true, 'w');
    expect(thrownBy(() => session.tf.variable(1, true, 'w')).message).toMatch(/already registered/);
    a.dispose();
    expect(session.tf.variable(1, true, a.name).name).toBe(a.name);
  });

  test('a dtype casts', async () => {
    const { session, owner } = await plainPair([]);
    const w = session.tf.variable(tf.tensor1d([1.5, 2.5]), true, 'w', 'int32');
    expect(w.dtype).toBe('int32');
    expect(await owner.numbers(w)).toEqual([1, 2]);
    w.assign([7, 8]);
    expect(await owner.numbers(w)).toEqual([7, 8]);
    const written = session.tf.variable([1, 2], false, 'i', 'int32');
    expect(written.dtype).toBe('int32');
  });

  test('tidy leaves it alone', async () => {
    const { session, owner } = await plainPair([]);
    const w = session.tidy(() => {
      const made = session.tf.variable([1]);
      made.assign(made.add(1).mul(2));
      made.add_(1);
      return { made };
    }).made;
    session.tidy(() => {
      w.sub_(1);
    });
    expect(await owner.numbers(w)).toEqual([4]);
    expect(session.liveIds).toHaveLength(1);
  });

  test('another shape or dtype is refused before anything is sent', async () => {
    const { session, link } = await openSession();
    const w = session.tf.variable([1, 2]);
    await settle();
    const sent = link.sent.length;
    expect(thrownBy(() => w.assign([1, 2, 3])).code).toBe('bad-argument');
    expect(thrownBy(() => w.assign(tf.tensor1d([1, 2], 'int32'))).code).toBe('bad-argument');
    expect(thrownBy(() => w.add_([[1, 1]])).message).toMatch(/add.*\[2\].*\[1, ?2\]/);
    expect(thrownBy(() => session.plan(() => w.assign(1))).code).toBe('bad-argument');
    await settle();
    expect(link.sent).toHaveLength(sent);
  });

  test('in-place methods give the variable', async () => {
    const { session, owner, link } = await plainPair([]);
    const w = session.tf.variable([1, 2, 3]);
    expect(w.add_(1).mul_([2, 2, 2])).toBe(w);
    expect(await owner.numbers(w)).toEqual([4, 6, 8]);
    w.sub_(2).div_(2).square_().neg_();
    expect(await owner.numbers(w)).toEqual([-1, -4, -9]);
    w.clipByValue_(-4, 0).abs_().sqrt_();
    expect(await owner.numbers(w)).toEqual([1, 2, 2]);
    w.copy_(9);
    expect(await owner.numbers(w)).toEqual([9, 9, 9]);
    w.fill_(0.5);
    expect(await owner.numbers(w)).toEqual([0.5, 0.5, 0.5]);
    w.zero_();
    expect(await owner.numbers(w)).toEqual([0, 0, 0]);
    // Each is one message, and nothing but the last version is left.
    expect(link.of('action')).toHaveLength(1 + 12);
    expect(session.liveIds).toHaveLength(1);
  });

  test('a request or get binds the version of that moment, and leaves it', async () => {
    const { session, link } = await openSession();
    const w = session.tf.variable(session.store.get('ages').mean());
    const version = link.last('action').id;
    w.request({ name: 'then' });
    w.assign(0);
    expect(link.last('request').ref.id).toBe(version);
    w.get().catch(() => undefined);
    expect(link.last('get')).toMatchObject({ deleteAfter: false });
    expect(link.last('get').ref.id).not.toBe(version);
    w.get({ deleteObj: true }).catch(() => undefined);
    expect(link.last('get').deleteAfter).toBe(true);
    session.close();
  });

  test('a version of private data cannot be read, one of public values can', async () => {
    const { session } = await openSession();
    const w = session.tf.variable([1]);
    expect((await w.request().decision).outcome).toBe('accepted');
    w.assign(session.store.get('ages').mean().reshape([1]));
    expect(w.request().status).toBe('pending');
    session.close();
  });
});

describe('in a plan', () => {
  test('it is read anew at each call, and assigned by it', async () => {
    const { session, owner, link } = await plainPair([]);
    const w = session.tf.variable([1, 1]);
    const plan = session.plan(
      (a) => {
        w.assign(w.add(a));
        const after = w.mul(10);
        w.mul_(2);
        return after;
      },
      [{ shape: [2] }],
    );
    expect(await owner.numbers(w)).toEqual([1, 1]);
    const first = plan.call([1, 2]);
    expect(await owner.numbers(first)).toEqual([20, 30]);
    first.dispose();
    expect(await owner.numbers(w)).toEqual([4, 6]);
    const result = plan.call([1, 2]);
    expect(await owner.numbers(result)).toEqual([50, 80]);
    expect(link.of('define')).toHaveLength(1);
    // The version before went with the call that made the new one.
    const [made, next] = link.of('call');
    expect(next?.dropParts).toEqual([{ id: made?.id, output: 1 }]);
    result.dispose();
    w.assign([0, 0]);
    plan.call([1, 1]).dispose();
    await owner.catchUp();
    expect(session.liveIds).toHaveLength(1);
  });

  test('an assignment in one plan is seen by a plan around it', async () => {
    const { session, owner } = await plainPair([]);
    const w = session.tf.variable(1);
    const grow = session.plan(() => {
      w.mul_(3);
    });
    const outer = session.plan(() => {
      grow.call();
      const between = w.add(0);
      grow.call();
      return between;
    });
    expect(await owner.numbers(outer.call())).toEqual([3]);
    expect(await owner.numbers(w)).toEqual([9]);
    expect(outer.captures).toHaveLength(1);
  });

  test('one that was disposed meanwhile is a clear error', async () => {
    const { session } = await openSession();
    const w = session.tf.variable(1);
    const plan = session.plan(() => w.add(1));
    w.dispose();
    expect(thrownBy(() => plan.call()).code).toBe('disposed');
  });

  test('a call that the owner’s side refuses breaks the variables that it assigned', async () => {
    const { session, link } = await openSession();
    const w = session.tf.variable(1);
    session.plan(() => w.add_(1)).call();
    link.say({ kind: 'fault', about: link.last('call').id, code: 'limit' });
    expect(thrownBy(() => w.add(1)).code).toBe('limit');
    expect(thrownBy(() => w.assign(1)).code).toBe('limit');
  });
});
