import { toNested } from '@duet/engine';
import { limits } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { Pointer } from '../src';
import { openSession, published, settle } from './fake-link';
import { thrownBy } from './thrown-by';

describe('calls that work', () => {
  test('give a pointer at once, whose shape and dtype are known', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const mean = ages.mean();
    expect(mean).toBeInstanceOf(Pointer);
    expect([mean.id, mean.shape, mean.dtype, mean.rank, mean.size]).toEqual([
      's1',
      [],
      'float32',
      0,
      1,
    ]);
    const wide = session.tf.matMul(ages, tf.ones([3, 5]));
    expect([wide.id, wide.shape, wide.size]).toEqual(['s2', [4, 5], 20]);
    expect(ages.greater(3).dtype).toBe('bool');
    expect(link.sent.map(({ kind }) => kind)).toEqual(['action', 'action', 'action']);
  });

  test('a chain of ten ops and a get is one frame', async () => {
    const { session, link } = await openSession();
    const ones = session.tf.ones([3, 3]);
    const steps: ((at: Pointer) => Pointer)[] = [
      (at) => at.sub(1),
      (at) => at.div(2),
      (at) => at.matMul(ones),
      (at) => at.relu(),
      (at) => at.add(1),
      (at) => at.log(),
      (at) => at.mul(2),
      (at) => at.sum(),
      (at) => at.sqrt(),
    ];
    // Held, since what is collected is dropped, in a frame of its own.
    const chain = [ones, session.store.get('ages')];
    for (const step of steps) chain.push(step(chain.at(-1) as Pointer));
    const result = chain.at(-1) as Pointer;
    const getting = result.get({ requestBlock: true, name: 'chain' });
    getting.catch(() => undefined);
    await settle();
    expect(link.frames).toHaveLength(1);
    const kinds = link.frames[0]?.map(({ kind }) => kind) ?? [];
    expect(kinds.filter((kind) => kind === 'action')).toHaveLength(10);
    expect(kinds.slice(-2)).toEqual(['request', 'get']);
    session.close();
  });

  test('ids of every kind come from one counter that only grows', async () => {
    const { session, link } = await openSession();
    session.store
      .get('ages')
      .mean()
      .get({ requestBlock: true })
      .catch(() => undefined);
    session.store.get('ages').request({ name: 'all' });
    session.send([1, 2]);
    session.tf.add(1, 2);
    await settle();
    const ids = link.sent.flatMap((message) => ('id' in message ? [message.id] : []));
    expect(ids).toEqual([1, 2, 3, 4, 5, 6]);
    session.close();
  });

  test('arguments: pointers, tensors, numbers, nested and typed arrays', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const local = tf.tensor1d([1, 2, 3]);
    for (const other of [local, 2, [1, 2, 3], new Float32Array([1, 2, 3]), [[1], [2], [3], [4]]]) {
      expect(session.tf.add(ages, other as tf.Tensor).shape).toEqual([4, 3]);
    }
    expect(local.isDisposed).toBe(false);
    local.dispose();
    const literal = link.of('action')[0]?.args[1];
    if (literal?.kind !== 'tensor' || literal.tensor.kind !== 'literal') throw new Error('literal');
    expect(toNested(literal.tensor.value)).toEqual([1, 2, 3]);
  });

  test('several outputs come in the form of tfjs, each with its path', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const { values, indices } = session.tf.topk(ages, 2);
    expect([values.id, indices.id]).toEqual(['s1.0', 's1.1']);
    expect([values.dtype, indices.dtype]).toEqual(['float32', 'int32']);
    const parts = session.tf.split(ages, 4);
    expect(parts.map(({ id }) => id)).toEqual(['s2.0', 's2.1', 's2.2', 's2.3']);
    expect(parts[0]?.shape).toEqual([1, 3]);
    session.tf.add(values, 1);
    const used = link.last('action').args[0];
    expect(used).toMatchObject({
      tensor: { kind: 'ref', ref: { space: 'own', id: 1, path: [0] } },
    });
    const [only] = session.tf.split(ages, 1);
    expect(only?.id).toBe('s4');
  });

  test('a large literal travels by put, and is dropped after its action', async () => {
    const { session, link } = await openSession();
    const size = limits.literalBytes / 4 + 1;
    const large = tf.ones([size]);
    const sum = session.tf.add(large, 1);
    expect(sum.id).toBe('s2');
    await settle();
    large.dispose();
    expect(link.sent.map(({ kind }) => kind)).toEqual(['put', 'action', 'drop']);
    expect(link.last('put')).toMatchObject({ id: 1, meta: { shape: [size] }, tags: [] });
    expect(link.payloads.get(1)).toHaveLength(size * 4);
    expect(link.last('drop').ids).toEqual([1]);
    expect(session.liveIds).toEqual([2]);
  });

  test('many literals together never make a message too large', async () => {
    const { session, link } = await openSession();
    const row = tf.ones([1000]);
    const stacked = session.tf.stack(Array.from({ length: 250 }, () => row));
    expect(stacked.shape).toEqual([250, 1000]);
    await settle();
    row.dispose();
    expect(link.of('put').length).toBeGreaterThan(0);
    expect(session.liveIds).toHaveLength(1);
  });

  test('random ops get a seed where the caller names none', async () => {
    const { session, link } = await openSession();
    (session.tf.randomNormal as (shape: number[]) => Pointer)([2]);
    session.tf.randomUniform([2], 0, 1, 'float32', 42);
    const [drawn, named] = link.of('action').map(({ args }) => args[4]);
    expect(drawn?.kind === 'number' && drawn.number > 0 && drawn.number < 2 ** 31).toBe(true);
    expect(named).toEqual({ kind: 'number', number: 42 });
  });

  test('columns by name are slices of the last axis', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const column = ages.column('old');
    expect(column.shape).toEqual([4, 1]);
    expect(link.last('action')).toMatchObject({
      op: 'slice',
      args: [{}, { numbers: [0, 1] }, { numbers: [4, 1] }],
    });
  });
});

describe('calls that cannot work throw where they are written, and nothing is sent', () => {
  test.each([
    ['shapes', 'bad-argument', /matMul.*\[4,3\].*\[4,3\]/s],
    ['kinds', 'bad-argument', /sum/],
    ['axis', 'bad-argument', /mean/],
    ['missing', 'bad-argument', /add/],
    ['cost', 'too-large', /randomNormal/],
    ['ragged', 'bad-argument', /\[1\] has 1 entries/],
    ['dtype', 'bad-argument', /logicalAnd/],
    ['object', 'bad-argument', /add/],
    ['function', 'bad-argument', /add/],
  ])('%s', async (what, code, text) => {
    const { session, link } = await openSession();
    const { tf: remote, store } = session;
    const ages = store.get('ages');
    const calls: Record<string, () => unknown> = {
      shapes: () => remote.matMul(ages, ages),
      kinds: () => remote.sum(ages, 'x' as never),
      axis: () => ages.mean(5),
      missing: () => (remote.add as (a: unknown) => unknown)(ages),
      cost: () => remote.randomNormal([2 ** 28], 0, 1, 'float32', 1),
      ragged: () => remote.add(ages, [[1, 2], [3]] as never),
      dtype: () => remote.logicalAnd(ages as never, ages as never),
      object: () => remote.add(ages, {} as never),
      function: () => remote.add(ages, (() => 1) as never),
    };
    const error = thrownBy(calls[what] as () => unknown);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(text);
    await settle();
    expect(link.sent).toEqual([]);
    expect(session.liveIds).toEqual([]);
  });

  test('an op over the announced cost', async () => {
    const { session, link } = await openSession(undefined, { limits: { opCost: 10 } });
    const ages = session.store.get('ages');
    expect(thrownBy(() => session.tf.matMul(ages, tf.ones([3, 3]))).code).toBe('too-costly');
    expect(link.sent).toEqual([]);
  });

  test('ops that pointers do not have say why', async () => {
    const { session, link } = await openSession();
    const remote = session.tf as unknown as Record<string, (...args: unknown[]) => unknown>;
    const ages = session.store.get('ages');
    const unique = thrownBy(() => remote['unique']?.(ages));
    expect(unique.code).toBe('unsupported-op');
    expect(unique.message).toMatch(/unique.*depends on values/s);
    expect(thrownBy(() => remote['loadLayersModel']?.('https://example.org')).code).toBe(
      'unsupported-op',
    );
    const image = (session.tf as unknown as Record<string, Record<string, () => unknown>>)['image'];
    expect(thrownBy(() => image?.['nonMaxSuppression']?.()).code).toBe('unsupported-op');
    expect(remote['noSuchThing']).toBeUndefined();
    expect(remote['constructor']).toBeUndefined();
    expect(Object.isFrozen(session.tf)).toBe(true);
    expect(link.sent).toEqual([]);
  });

  test('pointers of another duet, disposed ones, and look-alikes', async () => {
    const { session, link } = await openSession();
    const other = await openSession();
    const foreign = other.session.store.get('ages');
    expect(thrownBy(() => session.tf.add(foreign, 1)).message).toMatch(/another duet/);
    const mine = session.tf.add(1, 2);
    mine.dispose();
    await settle();
    const sent = link.sent.length;
    const disposed = thrownBy(() => mine.add(1));
    expect(disposed.code).toBe('disposed');
    expect(disposed.message).toMatch(/s1 \(add\) was disposed/);
    expect((disposed.cause as Error).stack).toMatch(/calls\.test/);
    const fake = { data: () => [], dataSync: () => [1], throwIfDisposed: () => undefined };
    expect(thrownBy(() => session.tf.add(fake as never, 1)).code).toBe('bad-argument');
    expect(link.sent).toHaveLength(sent);
  });

  test('a duet that has ended says why', async () => {
    const { session } = await openSession();
    const ages = session.store.get('ages');
    session.close();
    expect(thrownBy(() => ages.mean()).code).toBe('closed');
    expect(thrownBy(() => session.send(1)).code).toBe('closed');
    expect(thrownBy(() => ages.request()).code).toBe('closed');
    await expect(ages.get()).rejects.toMatchObject({ code: 'closed' });
  });

  test('an unknown column names those that are near', async () => {
    const { session } = await openSession();
    const error = thrownBy(() => session.store.get('ages').column('odl'));
    expect(error.code).toBe('bad-argument');
    expect(error.message).toMatch(/Did you mean “old”/);
    const plain = await openSession([published(1, [2], { tags: ['x'] })]);
    expect(thrownBy(() => plain.session.store.get('x').column('a')).message).toMatch(/none/);
  });
});

describe('a pointer is no value', () => {
  test('in expressions and JSON it throws', async () => {
    const { session } = await openSession();
    const pointer = session.store.get('ages');
    const loose = pointer as unknown as number;
    expect(thrownBy(() => loose + 1).message).toMatch(/no value here/);
    expect(thrownBy(() => loose * 2).code).toBe('bad-argument');
    expect(thrownBy(() => loose > 2).code).toBe('bad-argument');
    expect(thrownBy(() => JSON.stringify({ pointer })).message).toMatch(/in JSON/);
    expect(`${pointer}`).toBe('Pointer p1: float32 [4, 3]');
  });

  test('awaiting it gives the pointer', async () => {
    const { session, link } = await openSession();
    const pointer = session.store.get('ages');
    expect(await pointer).toBe(pointer);
    expect(link.sent).toEqual([]);
  });

  test('local tfjs refuses it by name', async () => {
    const { session } = await openSession();
    const pointer = session.store.get('ages') as unknown as tf.Tensor;
    expect(pointer instanceof tf.Tensor).toBe(false);
    expect(() => tf.add(pointer, 1)).toThrow(/Pointer/);
    expect(() => tf.stack([pointer])).toThrow(/Pointer/);
  });

  test('methods of tensors that it cannot have say why', async () => {
    const { session, link } = await openSession();
    const pointer = session.store.get('ages') as unknown as Record<string, () => unknown>;
    for (const method of ['array', 'arraySync', 'data', 'dataSync']) {
      expect(thrownBy(() => pointer[method]?.()).message).toMatch(/elements.*get\(\)/);
    }
    expect(thrownBy(() => pointer['unique']?.()).code).toBe('unsupported-op');
    expect(thrownBy(() => pointer['print']?.()).code).toBe('unsupported-op');
    expect(pointer['throwIfDisposed']).toBeUndefined();
    expect(pointer['then']).toBeUndefined();
    expect(link.sent).toEqual([]);
  });

  test('its shape is a copy', async () => {
    const { session } = await openSession();
    const pointer = session.store.get('ages');
    pointer.shape[0] = 99;
    expect(pointer.shape).toEqual([4, 3]);
  });
});
