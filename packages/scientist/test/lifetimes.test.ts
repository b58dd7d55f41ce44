import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { plainToValue } from '@duet/engine';
import { digestOf, limits } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Pointer } from '../src';
import { openSession, settle } from './fake-link';

describe('dispose', () => {
  test('all of a microtask go in one drop', async () => {
    const { session, link } = await openSession();
    const pointers = [1, 2, 3].map((value) => session.tf.add(value, 1));
    for (const pointer of pointers) pointer.dispose();
    for (const pointer of pointers) pointer.dispose();
    expect(link.of('drop')).toEqual([]);
    await settle();
    expect(link.of('drop').map(({ ids }) => ids)).toEqual([[1, 2, 3]]);
    expect(session.liveIds).toEqual([]);
    expect(session.status.objects).toBe(0);
  });

  test('one of several outputs goes by itself, and the id with the last of them', async () => {
    const { session, link } = await openSession();
    const [a, b] = session.tf.split([1, 2], 2) as [Pointer, Pointer];
    a.dispose();
    await settle();
    expect(link.last('drop')).toMatchObject({ ids: [], parts: [{ id: 1, output: 0 }] });
    expect(b.add(1).shape).toEqual([1]);
    b.dispose();
    await settle();
    expect(link.last('drop')).toMatchObject({ ids: [], parts: [{ id: 1, output: 1 }] });
    expect(session.liveIds).toEqual([2]);
  });

  test('all outputs of one op in one microtask go as one id', async () => {
    const { session, link } = await openSession();
    for (const part of session.tf.split([1, 2, 3], 3)) part.dispose();
    await settle();
    expect(link.of('drop')).toHaveLength(1);
    expect(link.last('drop')).toMatchObject({ ids: [1], parts: [] });
  });

  test('using', async () => {
    const { session, link } = await openSession();
    {
      using sum = session.tf.add(1, 2);
      expect(sum.shape).toEqual([]);
    }
    await settle();
    expect(link.last('drop').ids).toEqual([1]);
  });

  test('what the owner published is left alone', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    ages.dispose();
    await settle();
    expect(link.sent).toEqual([]);
    expect(ages.mean().shape).toEqual([]);
  });

  test('more than fit one message', async () => {
    const { session, link } = await openSession();
    session.tidy(() => {
      for (let index = 0; index <= limits.dropIds; index++) session.tf.add(index, 1);
    });
    await settle();
    expect(link.of('drop').map(({ ids }) => ids.length)).toEqual([limits.dropIds, 1]);
  });
});

describe('tidy', () => {
  test('drops what it made and does not return, in one message', async () => {
    const { session, link } = await openSession();
    const outside = session.tf.add(0, 0);
    const result = session.tidy(() => {
      const a = outside.add(1);
      const b = a.mul(2);
      return { list: [b], other: 'x', nothing: null };
    });
    await settle();
    expect(link.of('drop').map(({ ids }) => ids)).toEqual([[2]]);
    expect(result.list[0]?.add(1).shape).toEqual([]);
    expect(outside.add(1).shape).toEqual([]);
  });

  test('nested: what the inner returns belongs to the outer', async () => {
    const { session, link } = await openSession();
    let inner: Pointer | undefined;
    const kept = session.tidy(() => {
      inner = session.tidy(() => session.tf.add(1, 1).add(2));
      return session.tidy(() => session.tf.add(3, 3));
    });
    await settle();
    expect(link.of('drop').flatMap(({ ids }) => ids)).toEqual([1, 2]);
    expect(() => inner?.add(1)).toThrow(/disposed/);
    expect(kept.add(1).shape).toEqual([]);
  });

  test('sent values and outputs of several count too', async () => {
    const { session, link } = await openSession();
    const values = session.tidy(() => {
      session.send([1, 2]);
      return session.tf.topk([1, 2], 1).values;
    });
    await settle();
    expect(link.last('drop').ids).toEqual([1]);
    expect(session.liveIds).toEqual([2]);
    values.dispose();
    await settle();
    expect(session.liveIds).toEqual([]);
  });

  test('when the function throws everything goes', async () => {
    const { session, link } = await openSession();
    expect(() =>
      session.tidy(() => {
        session.tf.add(1, 1);
        throw new Error('mine');
      }),
    ).toThrow('mine');
    await settle();
    expect(link.last('drop').ids).toEqual([1]);
  });

  test('async functions are refused', async () => {
    const { session, link } = await openSession();
    const run = () =>
      session.tidy(async () => {
        session.tf.add(1, 1);
        throw new Error('later');
      });
    expect(run).toThrow(/async function/);
    await settle();
    expect(link.last('drop').ids).toEqual([1]);
  });
});

describe('send', () => {
  test('gives a pointer at once; its announcement and bytes follow', async () => {
    const { session, link } = await openSession();
    const local = tf.tensor2d([[1, 2]]);
    const pointer = session.send(local, { tags: ['mine'], description: 'two\nnumbers' });
    local.dispose();
    expect([pointer.id, pointer.shape, pointer.dtype]).toEqual(['s1', [1, 2], 'float32']);
    expect([pointer.tags, pointer.description]).toEqual([['mine'], 'two numbers']);
    await pointer.sent;
    const value = plainToValue([[1, 2]]);
    expect(link.last('put')).toEqual({
      kind: 'put',
      id: 1,
      meta: value.meta,
      tags: ['mine'],
      description: 'two numbers',
      digest: await digestOf(value.bytes),
    });
    expect(link.payloads.get(1)).toEqual(value.bytes);
    expect(session.liveIds).toEqual([1]);
  });

  test('everything said meanwhile keeps its order', async () => {
    const { session, link } = await openSession();
    const first = session.send([1]);
    const sum = first.add(1);
    const second = session.send([2]);
    sum
      .add(second)
      .getValue()
      .catch(() => undefined);
    await settle();
    expect(link.sent.map((message) => ('id' in message ? message.id : 0))).toEqual([1, 2, 3, 4, 5]);
    expect(link.sent.map(({ kind }) => kind)).toEqual(['put', 'action', 'put', 'action', 'get']);
    session.close();
  });

  test('strings, booleans, scalars, nothing', async () => {
    const { session, link } = await openSession();
    for (const [plain, dtype, shape] of [
      ['a', 'string', []],
      [[true], 'bool', [1]],
      [3, 'float32', []],
      [[], 'float32', [0]],
      [new Int32Array([1]), 'int32', [1]],
    ] as const) {
      const pointer = session.send(plain as never);
      expect([pointer.dtype, pointer.shape]).toEqual([dtype, [...shape]]);
      await pointer.sent;
    }
    expect(link.of('put')).toHaveLength(5);
  });

  test('progress', async () => {
    const { session } = await openSession();
    const progress: number[][] = [];
    await session.send([1, 2], { onProgress: (...counts) => progress.push(counts) }).sent;
    expect(progress).toEqual([[8, 8, expect.any(Number)]]);
  });

  test('aborted: the pointer is unusable, and the owner’s side lets go by itself', async () => {
    const { session, link } = await openSession();
    link.holdPayloads = true;
    const abort = new AbortController();
    const pointer = session.send([1], { signal: abort.signal });
    await settle();
    abort.abort();
    await expect(pointer.sent).rejects.toMatchObject({ code: 'aborted' });
    expect(() => pointer.add(1)).toThrow(/s1 \(send\): This was aborted/);
    expect(session.liveIds).toEqual([]);
    link.say({ kind: 'fault', about: 1, code: 'bad-transfer' });
    pointer.dispose();
    await settle();
    expect(link.of('drop')).toEqual([]);
    expect(() => session.send(1, { signal: abort.signal })).toThrow(/aborted/);
  });

  test('the link ends meanwhile: no unhandled rejection', async () => {
    const { session, link } = await openSession();
    link.holdPayloads = true;
    const pointer = session.send([1]);
    await settle();
    session.close();
    await expect(pointer.sent).rejects.toMatchObject({ code: 'closed' });
    session.on('closed', () => undefined);
  });

  test.each([
    [[[1, 2], [3]], {}, /\[1\] has 1 entries/],
    [[1, 'a'], {}, /string among/],
    [1, { tags: ['a', 'a'] }, /Tags must be/],
    [1, { tags: [''] }, /Tags must be/],
    [1, { tags: ['x'.repeat(65)] }, /A tag has 65/],
    [1, { description: 'x'.repeat(1001) }, /The description has 1001/],
  ] as const)('%j with %j is refused', async (value, options, text) => {
    const { session, link } = await openSession();
    expect(() => session.send(value as never, options)).toThrow(text);
    await settle();
    expect(link.sent).toEqual([]);
  });
});

describe('faults', () => {
  test('break the pointer that they are about, with their code', async () => {
    const { session, link } = await openSession();
    const sum = session.tf.add(1, 2);
    const after = sum.add(1);
    const events: unknown[] = [];
    session.on('fault', (event) => events.push(event));
    link.say({ kind: 'fault', about: 1, code: 'limit' });
    link.say({ kind: 'fault', about: 2, code: 'no-object' });
    expect(() => sum.add(1)).toThrow(/s1 \(add\): A limit was reached/);
    await expect(sum.get({ requestBlock: true })).rejects.toMatchObject({
      code: 'limit',
      from: 'peer',
    });
    expect(() => sum.request()).toThrow(/limit/);
    expect(() => after.add(1)).toThrow(/s2/);
    expect(events).toMatchObject([{ about: 's1' }, { about: 's2' }]);
    expect(session.liveIds).toEqual([]);
    sum.dispose();
    await settle();
    expect(link.of('drop')).toEqual([]);
  });

  test('a get that was on its way hears the reason, not the consequence', async () => {
    const { session, link } = await openSession();
    const getting = session.tf.add(1, 2).get();
    link.say({ kind: 'fault', about: 1, code: 'too-costly' });
    link.say({ kind: 'failed', get: 2, code: 'no-object' });
    await expect(getting).rejects.toMatchObject({ code: 'too-costly' });
  });

  test('about a get, about nothing, and about what is gone', async () => {
    const { session, link } = await openSession();
    const events: unknown[] = [];
    session.on('fault', (event) => events.push(event));
    const getting = session.tf.add(1, 2).get();
    link.say({ kind: 'fault', about: 2, code: 'id-taken' });
    await expect(getting).rejects.toMatchObject({ code: 'id-taken' });
    link.say({ kind: 'fault', about: 0, code: 'bad-message' });
    link.say({ kind: 'fault', about: 77, code: 'no-object' });
    expect(events).toMatchObject([{ about: 's2' }, { about: undefined }]);
    expect(link.reason).toBeUndefined();
  });

  test('the owner drops an object of ours', async () => {
    const { session, link } = await openSession();
    const sum = session.tf.add(1, 2);
    link.say({ kind: 'gone', published: [], own: [1, 55] });
    expect(() => sum.add(1)).toThrow(/took this object back/);
    expect(session.liveIds).toEqual([]);
  });
});

describe('forgotten pointers', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  async function collectUntil(done: () => boolean): Promise<void> {
    for (let turn = 0; turn < 50 && !done(); turn++) {
      collect();
      await settle();
    }
  }

  test('are dropped when they are collected, one output with its op', async () => {
    const { session, link } = await openSession();
    const kept = session.tf.add(0, 1);
    (() => {
      for (let index = 0; index < 10; index++) session.tf.add(index, 1);
      session.tf.split([1, 2], 2);
    })();
    await collectUntil(() => session.liveIds.length === 1);
    const dropped = link.of('drop').flatMap(({ ids }) => ids);
    expect(dropped.toSorted((x, y) => x - y)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(kept.add(1).shape).toEqual([]);
  });

  test('are not dropped while a get waits for them', async () => {
    const { session, link } = await openSession();
    const getting = (() => session.store.get('ages').mean().getValue({ requestBlock: true }))();
    for (let turn = 0; turn < 5; turn++) {
      collect();
      await settle();
    }
    expect(link.of('drop')).toEqual([]);
    link.say({ kind: 'decision', request: 2, outcome: 'accepted', reason: '' });
    await link.answer(3, plainToValue(1));
    expect(await getting).toBe(1);
    expect(link.of('confirm')).toHaveLength(1);
  });
});

test('status is told once for all changes of a microtask', async () => {
  const { session } = await openSession();
  const told: unknown[] = [];
  session.on('status', (status) => told.push(status));
  const ages = session.store.get('ages');
  ages.request();
  ages.get({ requestBlock: true }).catch(() => undefined);
  await settle();
  expect(told).toEqual([{ phase: 'ready', objects: 0, waiting: 1, getting: 1 }]);
  session.close();
  await settle();
  expect(told.at(-1)).toEqual({ phase: 'closed', objects: 0, waiting: 0, getting: 0 });
});
