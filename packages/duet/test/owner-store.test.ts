/** What the owner does with their store: records, replacing, access, and their own use of what is in it. */

import type { Owner } from '@duet/owner';
import { isDuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Loopback, loopback, type OwnerDuetOptions } from '../src';
import { OwnerDuetStore } from '../src/owner-store';

let open: Loopback[] = [];

beforeAll(() => tf.setBackend('cpu'));

afterEach(async () => {
  for (const { owner, scientist } of open) {
    scientist.close();
    await owner.close();
  }
  open = [];
});

async function start(options: OwnerDuetOptions = {}): Promise<Loopback> {
  const pair = await loopback({ scientistName: 'Grace', owner: { backend: 'cpu', ...options } });
  open.push(pair);
  return pair;
}

/** Resolves when a condition on the scientist's store holds. */
function stored({ scientist }: Loopback, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (holds()) resolve();
      else scientist.once('store', look);
    };
    look();
  });
}

describe('records', () => {
  it('are told to the scientist, with persons and splits', async () => {
    const pair = await start({ minRecords: 3 });
    await pair.owner.store.addDataset(
      { X: tf.zeros([2, 4]), who: ['ann', 'bob', 'ann', 'ann'] },
      { name: 'clinic', recordAxis: { X: 1 }, unit: 'who', splits: { test: [2, 4] } },
    );
    await stored(pair, () => pair.scientist.store.length === 1);
    const set = pair.scientist.store.dataSet<'X'>('clinic');
    expect(set).toMatchObject({ records: 4, unit: 'who', persons: 2 });
    expect(set.splits).toEqual([{ name: 'test', from: 2, to: 4, persons: 1 }]);
    expect(set.X).toMatchObject({ recordAxis: 1, records: 4, minRecords: 3 });
    expect(pair.owner.store.table()[0]).toMatchObject({ records: 4, usedBy: 'everyone' });
  });

  it('are at least as many as the launch says', async () => {
    const { owner } = await start({ minRecords: 3 });
    const wrong = owner.store.add([1, 2, 3], { minRecords: 2 });
    await expect(wrong).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(start({ minRecords: 0 })).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('replacing and extending', () => {
  it('follow the dtype and the slots of what is there, and old pointers say gone', async () => {
    const pair = await start();
    const { owner, scientist } = pair;
    await owner.store.add(new Int32Array([1, 2]), { tags: ['ages'] });
    await owner.store.add(['ann'], { tags: ['names'], maxElementBytes: 8 });
    await stored(pair, () => scientist.store.length === 2);
    const ages = scientist.store.get('ages');
    const longer = await owner.store.extend('ages', [3]);
    expect(longer).toMatchObject({ id: 'p3', tags: ['ages'] });
    expect(await owner.store.value('ages')).toEqual([1, 2, 3]);
    expect(longer.value.meta.dtype).toBe('int32');
    await stored(pair, () => scientist.store.list().some(({ id }) => id === 'p3'));
    expect(() => ages.sum()).toThrow(/took this object back/);
    const names = await owner.store.extend('names', ['bob']);
    expect(names.value.meta).toEqual({ dtype: 'string', shape: [2], elementBytes: 8 });
    const tooLong = owner.store.extend('names', ['maximilian']);
    await expect(tooLong).rejects.toMatchObject({ code: 'too-large' });
    const wide = await owner.store.extend('names', ['maximilian'], { maxElementBytes: 16 });
    expect(wide.value.meta).toEqual({ dtype: 'string', shape: [3], elementBytes: 16 });
    expect(await owner.store.value('names')).toEqual(['ann', 'bob', 'maximilian']);
    const fresh = await owner.store.replace('ages', [0.5], { description: 'anew' });
    expect(fresh).toMatchObject({ tags: ['ages'], description: 'anew' });
    expect(await owner.store.value('ages')).toEqual([0.5]);
  });

  it('take all fields of a data set, with mocks', async () => {
    const { owner } = await start();
    await owner.store.addDataset({ X: [[1], [2]], y: [1, 2] }, { name: 'd', mock: { y: [0, 0] } });
    const longer = await owner.store.extend('d', { X: [[3]], y: [3] }, { mock: { y: [0, 0, 0] } });
    expect([...longer.fields.values()].map(({ mock }) => mock?.value.meta.shape)).toEqual([
      undefined,
      [3],
    ]);
    const kept = await owner.store.replace('d', { X: [[1], [2], [3]], y: [4, 5, 6] });
    expect(kept.fields.get('y')?.mock).toBeDefined();
    for (const wrong of [
      owner.store.replace('d', [1, 2]),
      owner.store.extend('d', tf.zeros([1])),
      owner.store.extend('d', { X: [[3]] }),
      owner.store.replace('p2', { X: [1] }),
    ]) {
      await expect(wrong).rejects.toMatchObject({ code: expect.stringMatching(/bad-arg|no-obj/) });
    }
    expect(owner.store.get('d')).toBe(kept);
    await owner.store.add([1], { tags: ['one'] });
    const fields = owner.store.replace('one', { X: [1] });
    await expect(fields).rejects.toThrow(/“one” is one tensor: give a tensor/);
  });

  it('keep public texts as they are written', async () => {
    const { owner } = await start();
    await owner.store.add(['cat'], { tags: ['classes'], public: true });
    const longer = await owner.store.extend('classes', ['giraffe']);
    expect(longer).toMatchObject({ public: true, value: { meta: { elementBytes: 7 } } });
    expect(await owner.store.value('classes')).toEqual(['cat', 'giraffe']);
  });
});

describe('access', () => {
  it('is for some alone, and changes', async () => {
    const pair = await start();
    const { owner, scientist } = pair;
    const [grace] = owner.peers;
    await owner.store.add([1, 2], { tags: ['a'], pointable: [grace?.fingerprint ?? ''] });
    await owner.store.add([1, 2], { tags: ['b'], pointable: ['0'.repeat(64)] });
    await stored(pair, () => scientist.store.length === 1);
    const a = scientist.store.get('a');
    expect(owner.store.table().map(({ usedBy, access }) => [usedBy, access])).toEqual([
      [grace?.id, 'private'],
      ['00000000', 'private'],
    ]);
    owner.store.setAccess('a', { pointable: false });
    await stored(pair, () => scientist.store.length === 0);
    expect(() => a.sum()).toThrow(/took this object back/);
    owner.store.setAccess('b', { pointable: true });
    await stored(pair, () => scientist.store.length === 1);
    expect(scientist.store.get('b').id).toBe('p2');
    expect(owner.store.table()[0]).toMatchObject({ usedBy: 'nobody', access: 'hidden' });
  });
});

describe('what the owner computes themselves', () => {
  it('is on copies, of their own objects and of a scientist’s', async () => {
    const { owner, scientist } = await start();
    await owner.store.add([1, 2], { tags: ['ages'] });
    await owner.store.addDataset({ X: [[1], [2]], y: ['no', 'yes'] }, { name: 'd' });
    const sent = scientist.send([3, 4]);
    await sent.getValue();
    const theirs = owner.store.table().find(({ access }) => access === 'scientist');
    const before = tf.memory().numTensors;
    const tensors = [
      await owner.store.tensor('ages'),
      await owner.store.tensor('p3'),
      await owner.store.tensor(theirs?.id ?? ''),
      ...Object.values(await owner.store.tensors('d')),
    ];
    const shown = tensors.map((tensor) => tensor.arraySync());
    expect(shown).toEqual([
      [1, 2],
      [[1], [2]],
      [3, 4],
      [[1], [2]],
      ['no', 'yes'],
    ]);
    (tensors[0]?.dataSync() as Float32Array)[0] = 99;
    tf.dispose(tensors);
    expect(tf.memory().numTensors).toBe(before);
    expect(await owner.store.value('ages')).toEqual([1, 2]);
    expect(await owner.store.value(theirs?.id ?? '')).toEqual([3, 4]);
  });

  it('fails clearly for what is not there, and for a whole data set', async () => {
    const { owner } = await start();
    await owner.store.addDataset({ X: [1] }, { name: 'd' });
    const code = (made: Promise<unknown>) =>
      made.then(
        () => 'nothing',
        (thrown: unknown) => (isDuetError(thrown) ? thrown.code : 'foreign'),
      );
    const { id } = owner.peers[0] ?? { id: '' };
    expect(await code(owner.store.tensor('nothing'))).toBe('no-object');
    expect(await code(owner.store.tensor(`${id}/s7`))).toBe('no-object');
    expect(await code(owner.store.tensor('00000000/s1'))).toBe('no-object');
    expect(await code(owner.store.tensor('d'))).toBe('bad-argument');
    expect(await code(owner.store.tensors('p2'))).toBe('bad-argument');
  });

  it('fails clearly where a scientist’s computation has failed', async () => {
    const failing = { readValue: async () => undefined } as unknown as Owner;
    const store = new OwnerDuetStore(failing);
    await expect(store.tensor('0123abcd/s1')).rejects.toMatchObject({ code: 'op-failed' });
    await expect(store.value('0123abcd/s1')).rejects.toThrow(/“0123abcd\/s1” failed/);
  });
});

describe('holdings', () => {
  it('tell what is held for whom, and how large it is', async () => {
    const pair = await start();
    const { owner, scientist } = pair;
    await owner.store.add([1, 2, 3], { tags: ['ages'] });
    await stored(pair, () => scientist.store.length === 1);
    expect(owner.holdings).toMatchObject([{ name: 'Grace', objects: 0, bytes: 0, requests: 0 }]);
    const sent = scientist.send([1, 2, 3, 4]);
    const asked = scientist.store.get('ages').request({ name: 'ages' });
    await new Promise((resolve) => owner.once('request', resolve));
    const [{ id, fingerprint } = { id: '', fingerprint: '' }] = owner.peers;
    const held = {
      fingerprint,
      name: 'Grace',
      peers: id,
      plans: 0,
      planBytes: 0,
      kept: 0,
      keptBytes: 0,
    };
    expect(owner.holdings).toMatchObject([
      { ...held, objects: 1, bytes: 16, requests: 1, requestBytes: 12, grants: 0, grantBytes: 0 },
    ]);
    await owner.requests.at(0).accept();
    await asked.decision;
    expect(owner.holdings).toMatchObject([
      { ...held, requests: 0, requestBytes: 0, grants: 1, grantBytes: 12 },
    ]);
    sent.dispose();
  });
});
