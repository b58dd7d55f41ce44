/** Cases 24 to 42: the store and pointers. */

import * as tf from '@tensorflow/tfjs';
import { nn, type Pointer } from 'duetjs';
import 'duetjs/augment';
import { describe, expect, it } from 'vitest';
import { until } from '../../src';
import { RawPair } from '../../src/raw-pair';
import { answers, failed } from '../answers';
import { begin, floats, get, published } from '../words';
import { codeOf, inDuo, publishAges } from './duo';

describe('the store', () => {
  it('D24 what is not pointable is in no scientist’s store, until it is shown to all or to that one', () =>
    inDuo(async (pair) => {
      const { owner, scientist } = pair;
      await owner.store.add([1, 2], { tags: ['hidden'], pointable: false });
      await publishAges(pair);
      expect(scientist.store.length).toBe(1);
      const fingerprint = owner.peers[0]?.fingerprint ?? '';
      const someoneElse = 'ab'.repeat(32);
      for (const pointable of [true, [fingerprint], [someoneElse, fingerprint]] as const) {
        owner.store.setAccess('hidden', { pointable });
        await until(() => scientist.store.length === 2);
        expect(scientist.store.get('hidden').shape).toEqual([2]);
        owner.store.setAccess('hidden', { pointable: false });
        await until(() => scientist.store.length === 1);
        expect(() => scientist.store.get('hidden')).toThrow('Nothing in the store');
      }
    }));

  it('D25 what is as pointable as it is told to be stays so, without a message', async () => {
    const pair = new RawPair();
    const { store } = pair.owner;
    store.add(floats([1, 2]), { tags: ['t'], pointable: false });
    const grace = pair.join();
    await answers(grace, begin);
    const heardOf = async (pointable: boolean) => {
      grace.arrivals.length = 0;
      store.setAccess('t', { pointable });
      await grace.quiet();
      return grace.messages.map(({ kind }) => kind);
    };
    expect(await heardOf(false)).toEqual([]);
    expect(await heardOf(true)).toEqual(['catalogue']);
    expect(await heardOf(true)).toEqual([]);
    expect(await heardOf(false)).toEqual(['gone']);
    expect(await heardOf(false)).toEqual([]);
    await pair.close();
  });

  it('D27 is a table on both sides: id, tags, description, and what kind of tensor it is', () =>
    inDuo(async (pair) => {
      await publishAges(pair);
      expect(pair.scientist.store.table()).toMatchObject([
        { id: 'p1', tags: 'ages', description: 'in years', shape: '[6]', dtype: 'float32' },
      ]);
      const mine = pair.scientist.store.get('ages').mean();
      await until(() => pair.owner.store.table().length === 2);
      expect(pair.owner.store.table()).toMatchObject([
        { id: 'p1', tags: 'ages', description: 'in years', shape: '[6]', dtype: 'float32' },
        { shape: '[]', dtype: 'float32' },
      ]);
      mine.dispose();
    }));
});

describe('tags and descriptions', () => {
  it('D28 the same tag twice is one, where it was first; those given at sending replace them', () =>
    inDuo(async ({ owner, scientist }) => {
      const tensor = tf.tensor1d([1]).tag('tag1', 'tag1', 'other');
      expect((await tensor.send(owner)).tags).toEqual(['tag1', 'other']);
      const sent = await tensor.send(owner, { tags: ['tag2', 'tag2', 'other'] });
      expect(sent.tags).toEqual(['tag2', 'other']);
      await until(() => scientist.store.length === 2);
      expect(scientist.store.get('tag1').tags).toEqual(['tag1', 'other']);
      expect(scientist.store.get('tag2').tags).toEqual(['tag2', 'other']);
    }));

  it('D29 a description given at sending counts over the one before, on the object and on pointers', () =>
    inDuo(async ({ owner, scientist }) => {
      const tensor = tf.tensor1d([1]).describe('as it was');
      expect((await tensor.send(owner)).description).toBe('as it was');
      expect((await tensor.send(owner, { description: 'anew' })).description).toBe('anew');
      await until(() => scientist.store.length === 2);
      const described = scientist.store.list().map(({ description }) => description);
      expect(described).toEqual(['as it was', 'anew']);
    }));
});

describe('what pointers keep', () => {
  it('D31 the same value sent 100 times is 100 objects, and none when its pointers are let go of', () =>
    inDuo(async ({ owner, scientist }) => {
      const pointers = Array.from({ length: 100 }, () => scientist.send([1, 2, 3]));
      await until(() => owner.status.objects === 100);
      for (const pointer of pointers) pointer.dispose();
      await until(() => owner.status.objects === 0);
      const variable = scientist.tf.variable(tf.scalar(0));
      for (let turn = 1; turn <= 100; turn += 1) variable.assign(tf.scalar(turn));
      expect(await variable.getValue()).toBe(100);
      await until(() => owner.status.objects <= 1);
      variable.dispose();
    }));

  it('D33 get takes the value away, getCopy leaves it, and whoever gets it again hears that it is gone', () =>
    inDuo(async ({ owner, scientist }) => {
      const value = scientist.tf.ones([2]).add(1);
      await until(() => owner.status.objects > 0);
      expect([...(await value.getCopy()).dataSync()]).toEqual([2, 2]);
      expect(owner.status.objects).toBe(2);
      expect([...(await value.get()).dataSync()]).toEqual([2, 2]);
      await until(() => owner.status.objects === 1);
      const again = value.get();
      expect(await codeOf(again)).toBe('disposed');
      await expect(again).rejects.toThrow(/taken by get/);
      expect(() => value.add(1)).toThrow(/taken by get/);
    }));

  it('D34 a guessed id is nothing’s, and the owner has the value', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([4, 5]), { tags: ['hidden'], pointable: false });
    const grace = pair.join();
    await answers(grace, begin);
    const guessed = await answers(grace, get(1, published(1)), get(2, published(7)));
    expect(guessed).toEqual([failed(1, 'no-object'), failed(2, 'no-object')]);
    const value = await pair.owner.readValue('hidden');
    expect(value).toEqual(floats([4, 5]));
    await pair.close();
  });

  it('D36 how long one’s own value is, and what it holds, needs no approval, sent or made there', () =>
    inDuo(async ({ owner, scientist }) => {
      let requests = 0;
      owner.on('request', () => {
        requests += 1;
      });
      const own = [scientist.send([1, 2, 3]), scientist.tf.range(1, 4)];
      expect(own.map(({ size }) => size)).toEqual([3, 3]);
      for (const pointer of own) expect(await pointer.getValue()).toEqual([1, 2, 3]);
      expect(requests).toBe(0);
    }));

  it('D38 rows, rows backwards and the fields of a data set come as they do locally', () =>
    inDuo(async ({ owner, scientist }) => {
      const rows = [
        [1, 2],
        [3, 4],
        [5, 6],
      ];
      await owner.store.addDataset({ X: rows, y: [0, 1, 0] }, { name: 'set', public: true });
      await until(() => scientist.store.length > 0);
      const set = scientist.store.dataSet('set');
      const walked = async (pointer: Pointer) => {
        const values: unknown[] = [];
        for (const row of pointer) values.push(await row.getValue());
        return values;
      };
      const X = set.field('X');
      expect(await walked(X)).toEqual(rows);
      expect(await walked(X.reverse(0))).toEqual([...rows].reverse());
      expect(set.fields).toEqual(['X', 'y']);
      const fields = await Promise.all(set.fields.map((name) => set.field(name).getValue()));
      expect(fields).toEqual([rows, [0, 1, 0]]);
      expect(X.shape[0]).toBe(rows.length);
    }));

  it('D41 the weights of a layer there are those of here, and can be set to zeros', () =>
    inDuo(async ({ scientist }) => {
      const local = nn.dense({ inputSize: 100, units: 10, biasInitializer: 'ones' });
      const remote = local.send(scientist);
      const here = Object.values(local.stateDict());
      const there = remote.parameters() as Pointer[];
      expect(there.map(({ shape }) => shape)).toEqual([[100, 10], [10]]);
      for (const [at, pointer] of there.entries()) {
        expect(await pointer.getValue()).toEqual(await here[at]?.array());
      }
      const zeros = Object.entries(local.stateDict()).map(([name, { shape }]) => [
        name,
        tf.zeros(shape),
      ]);
      remote.loadStateDict(Object.fromEntries(zeros));
      for (const pointer of remote.parameters() as Pointer[]) {
        const read = await pointer.getCopy();
        expect(new Set(read.dataSync())).toEqual(new Set([0]));
      }
      remote.dispose();
    }));
});
