/** Cases 80 to 96: ways of getting at private values that a program of a scientist’s may try. */

import * as tf from '@tensorflow/tfjs';
import type { Pointer } from 'duetjs';
import { joinLoopback } from 'duetjs';
import { describe, expect, it } from 'vitest';
import { type TestPair, until } from '../../src';
import { ages, asked, codeOf, inDuo, publishAges } from './duo';

/** None of these is readable, and nobody was asked. */
async function arePrivate({ owner }: TestPair, ...pointers: readonly Pointer[]): Promise<void> {
  for (const pointer of pointers) expect(await codeOf(pointer.getCopy())).toBe('not-released');
  expect(owner.requests.length).toBe(0);
  expect(await owner.audit.entries({ kind: 'release' })).toEqual([]);
}

describe('laundering', () => {
  it('D80 a private value in a list of one’s own makes all of it private', () =>
    inDuo(async (pair) => {
      const { tf: remote } = pair.scientist;
      const values = await publishAges(pair);
      const own = pair.scientist.send(tf.zeros([6]));
      const list = remote.stack([own, values]);
      const [first, second] = remote.unstack(list);
      if (!first || !second) throw new Error('There are no rows.');
      const chained = remote.concat([own, values]);
      await arePrivate(pair, list, first, second, chained, chained.slice([0], [6]));
      expect(await own.getValue()).toEqual([0, 0, 0, 0, 0, 0]);
    }));

  it('D81 a private value put into one of one’s own, as a whole or in places, makes it private', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const values = await publishAges(pair);
      const whole = scientist.tf.variable(tf.zeros([6]));
      whole.assign(values);
      const places = scientist.tf.tensorScatterUpdate(
        scientist.send(tf.zeros([6])),
        tf.tensor2d([[0], [5]], [2, 1], 'int32'),
        values.slice([0], [2]),
      );
      const chosen = values.where(tf.zeros([6], 'bool'), scientist.send(tf.zeros([6])));
      await arePrivate(pair, whole, places, chosen);
      whole.dispose();
    }));

  it('D82 the gradient of one’s own weight by a private loss is private', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const values = await publishAges(pair);
      const weight = scientist.tf.variable(tf.ones([6]));
      const { value, grads } = scientist.tf.variableGrads(() => weight.mul(values).sum());
      const [gradient] = Object.values(grads);
      if (!gradient) throw new Error('There is no gradient.');
      const other = scientist.tf.grad((w) => w.mul(values).sum())(scientist.send(tf.zeros([6])));
      await arePrivate(pair, value, gradient, other);
      expect(await weight.getValue()).toEqual([1, 1, 1, 1, 1, 1]);
      weight.dispose();
    }));

  it('D83, D85 after a step on a private loss weights are asked for, with what they come from; a copy from before is what it was', () =>
    inDuo(async (pair) => {
      const { owner, scientist } = pair;
      const values = await publishAges(pair);
      const weight = scientist.tf.variable(tf.zeros([6]));
      const before = weight.clone();
      const optimizer = scientist.tf.train.sgd(1);
      optimizer.minimize(() => weight.sub(values).square().sum());
      await arePrivate(pair, weight);
      expect(await before.getValue()).toEqual([0, 0, 0, 0, 0, 0]);
      const getting = codeOf(weight.getCopy({ requestBlock: true, name: 'weights' }));
      const request = await asked(pair);
      expect(request.sources).toMatchObject([{ id: 'p1', tags: ['ages'] }]);
      expect(request.class).toBe('record');
      expect(request.lineage.plans.some(({ takesGradients }) => takesGradients)).toBe(true);
      expect(request.warnings.map(({ kind }) => kind)).not.toEqual([]);
      request.deny('These are the ages, doubled.');
      expect(await getting).toBe('denied');
      expect(owner.grants.length).toBe(0);
      optimizer.dispose();
      weight.dispose();
    }));

  it('D84 a view of one’s own value from before is the old value; what came in since is in the new one alone', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const values = await publishAges(pair);
      const own = scientist.send([1, 2, 3, 4, 5, 6]);
      const variable = scientist.tf.variable(own);
      const views = [variable.slice([0], [2]), variable.reshape([2, 3]), variable.clone()];
      variable.assign(variable.add(values));
      await arePrivate(pair, variable, variable.slice([0], [2]));
      const [slice, matrix, clone] = await Promise.all(views.map((view) => view.getValue()));
      expect(slice).toEqual([1, 2]);
      expect(matrix).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      expect(clone).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await own.getValue()).toEqual([1, 2, 3, 4, 5, 6]);
      variable.dispose();
    }));
});

describe('approvals', () => {
  it('D88 an approved get leaves what the owner has, and takes the result alone away', () =>
    inDuo(async (pair) => {
      const { owner } = pair;
      const values = await publishAges(pair);
      owner.on('request', (request) => void request.accept());
      expect(await values.getValue({ requestBlock: true, deleteObj: true })).toEqual(ages);
      const sum = values.sum();
      expect(await sum.getValue({ requestBlock: true })).toBe(281);
      expect(await codeOf(sum.get())).toBe('disposed');
      await until(() => owner.status.objects === 1);
      expect(await owner.store.value('ages')).toEqual(ages);
      expect(values.mean().shape).toEqual([]);
    }));

  it('D89, D90 an approval is of the value that was asked for, and gives nothing of what is put in its place', () =>
    inDuo(async (pair) => {
      const { scientist } = pair;
      const values = await publishAges(pair);
      const mean = values.mean();
      const variable = scientist.tf.variable(mean);
      const { decision } = variable.request({ name: 'mean' });
      const request = await asked(pair);
      variable.assign(values.slice([0], [1]).reshape([]));
      const shown = await request.preview();
      expect(new Float32Array(shown?.bytes.slice().buffer ?? new ArrayBuffer(0))[0]).toBeCloseTo(
        46.8333,
        4,
      );
      await request.accept();
      expect((await decision).outcome).toBe('accepted');
      await arePrivate(pair, variable);
      variable.assign(mean);
      const again = variable.getCopy({ requestBlock: true, name: 'mean' });
      await (await asked(pair)).accept();
      expect((await again).dataSync()[0]).toBeCloseTo(46.8333, 4);
      variable.assign(values.slice([0], [1]).reshape([]));
      expect(await codeOf(variable.getCopy())).toBe('not-released');
      variable.dispose();
    }));

  it('D91 what was accepted can be taken back, and the audit has the release of one and the revocation of the other', () =>
    inDuo(async (pair) => {
      const { owner } = pair;
      const values = await publishAges(pair);
      const sum = values.sum();
      const asking = sum.getValue({ requestBlock: true, name: 'sum' });
      await (await asked(pair)).accept();
      expect(await asking).toBe(281);
      const max = values.max();
      const mine = max.request({ name: 'max' });
      const request = await asked(pair);
      await request.accept();
      await mine.decision;
      request.revoke('It is one person’s.');
      await until(() => mine.status === 'revoked');
      const got = max.get();
      expect(await codeOf(got)).toBe('revoked');
      await expect(got).rejects.toThrow('It is one person’s.');
      expect(owner.grants.length).toBe(0);
      const releases = await owner.audit.entries({ kind: 'release' });
      expect(releases).toMatchObject([{ request: 'r1' }]);
      const decisions = await owner.audit.entries({ kind: 'decision' });
      expect(decisions).toMatchObject([
        { request: 'r1', outcome: 'accepted' },
        { request: 'r2', outcome: 'accepted' },
        { request: 'r2', outcome: 'revoked', by: 'owner' },
      ]);
    }));
});

describe('leaving', () => {
  it('D96 what a scientist has made goes with them, and the owner’s stays, for who comes next', () =>
    inDuo(async (pair) => {
      const { owner, scientist } = pair;
      const values = await publishAges(pair);
      const kept = Array.from({ length: 20 }, (_, at) => values.mul(at));
      values.max().request();
      await asked(pair);
      expect(owner.status.objects).toBe(1 + kept.length + 1);
      scientist.close();
      await until(() => owner.peers.length === 0);
      expect(owner.status).toMatchObject({ objects: 1, requests: 0, joined: 0 });
      expect(owner.holdings).toEqual([]);
      const next = await joinLoopback(owner);
      await until(() => next.store.length === 1);
      expect(next.store.get('ages').shape).toEqual([6]);
      next.close();
      await until(() => owner.peers.length === 0);
    }));
});
