/** One worker: what a pointer is, and what can be done with it. */

import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import '../../src/augment';
import { sendToAll, VirtualPointer, VirtualWorker, virtualTf, virtualTidy } from '../../src';
import { expectThere, settled, start, valuesOf } from './workers';

describe('PC-01 send and get', () => {
  it('gives a pointer with all public facts; get removes the object and gives an equal value; the second get fails', async () => {
    const [alice] = await start(['alice']);
    const x = tf.tensor2d([[1, 2, 3]], undefined, 'int32');
    const p = alice.send(x, { id: 'x', tags: ['#x', 'ages'], description: 'Ages in years' });
    expect(p.location).toBe(alice);
    expect([p.id, p.shape, p.dtype, p.rank, p.size]).toEqual(['x', [1, 3], 'int32', 2, 3]);
    expect([p.tags, p.description]).toEqual([['#x', 'ages'], 'Ages in years']);
    await expectThere(alice, 1);
    expect(alice.listObjects()).toMatchObject([
      {
        id: 'x',
        kind: 'tensor',
        shape: '[1, 3]',
        dtype: 'int32',
        tags: '#x, ages',
        access: 'user',
      },
    ]);
    const got = await p.get();
    expect(got.dtype).toBe('int32');
    expect(valuesOf(got)).toEqual([[1, 2, 3]]);
    expect(x.isDisposed).toBe(false);
    x.dispose();
    expect(alice.countObjects()).toBe(0);
    await expectThere(alice, 0);
    await expect(p.get()).rejects.toMatchObject({ code: 'disposed' });
    await expect(p.get()).rejects.toThrow(/“x” of “alice” was taken by get\(\)/);
  });

  it('works in the form of the tutorials, on the tensor', async () => {
    const [alice] = await start(['alice']);
    const x = tf.tensor([1, 2]);
    const p = x.tag('#t').describe('two').send(alice);
    expect([p.tags, p.description]).toEqual([['#t'], 'two']);
    expect(valuesOf(await p.add(p).get())).toEqual([2, 4]);
    const kept = await x.send(alice, { private: true });
    await expect(kept.get()).rejects.toMatchObject({ code: 'not-released' });
    x.dispose();
  });

  it('getCopy and deleteObj: false leave the object where it is; getValue and tryGet take it too', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1, 2]);
    expect(valuesOf(await p.getCopy())).toEqual([1, 2]);
    expect(valuesOf(await p.get({ deleteObj: false }))).toEqual([1, 2]);
    expect(alice.countObjects()).toBe(1);
    expect(await p.getValue()).toEqual([1, 2]);
    expect(alice.countObjects()).toBe(0);
    const tried = await alice.send(7).tryGet();
    if (!tried.ok) throw new Error(tried.reason);
    expect(valuesOf(tried.value)).toBe(7);
    await expectThere(alice, 0);
  });
});

describe('PC-02 in place', () => {
  it('send_ and get_ keep the handle', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const handle = VirtualPointer.of(tf.tensor([1, 2]));
    expect(handle.isHere).toBe(true);
    expect(handle.send_(alice, { id: 'x', tags: ['#x'] })).toBe(handle);
    expect([handle.isHere, handle.location, handle.id, handle.tags]).toEqual([
      false,
      alice,
      'x',
      ['#x'],
    ]);
    expect(() => handle.tensor).toThrow(/not here/);
    expect(() => handle.send_(bob)).toThrow(/move\(\) it/);
    handle.add_(1);
    expect(await handle.get_()).toBe(handle);
    expect(handle.tensor.arraySync()).toEqual([2, 3]);
    expect(alice.countObjects()).toBe(0);
    expect(() => handle.add(1)).toThrow(/is here/);
    const y = alice.send([10, 20]);
    expect(await y.add(handle).getValue()).toEqual([12, 23]);
    handle.send_(bob);
    expect(handle.location).toBe(bob);
    expect(await handle.getValue()).toEqual([2, 3]);
  });
});

describe('PC-06 indexing', () => {
  it('gives new objects, whose shapes are known without a transfer', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send(tf.tidy(() => tf.range(0, 12).reshape([3, 4]).arraySync() as number[][]));
    const greater = p.greater(4);
    const parts: [VirtualPointer, number[], unknown][] = [
      [p.at(1), [4], [4, 5, 6, 7]],
      [p.at(-1, -2), [], 10],
      [p.at(null, 1), [3], [1, 5, 9]],
      [
        p.at({ from: 1 }, { step: 2 }),
        [2, 2],
        [
          [4, 6],
          [8, 10],
        ],
      ],
      [
        p.at({ step: -2 }, { step: -1 }),
        [2, 4],
        [
          [11, 10, 9, 8],
          [3, 2, 1, 0],
        ],
      ],
      [p.slice({ 0: [0, -1], 1: 3 }), [2], [3, 7]],
      [
        p.slice([1, 2], [2, 2]),
        [2, 2],
        [
          [6, 7],
          [10, 11],
        ],
      ],
      [
        p.gather([2, 0]),
        [2, 4],
        [
          [8, 9, 10, 11],
          [0, 1, 2, 3],
        ],
      ],
      [
        p.mask(greater),
        [3, 4],
        [
          [0, 0, 0, 0],
          [0, 5, 6, 7],
          [8, 9, 10, 11],
        ],
      ],
      [
        p.where(greater, -1),
        [3, 4],
        [
          [-1, -1, -1, -1],
          [-1, 5, 6, 7],
          [8, 9, 10, 11],
        ],
      ],
    ];
    expect(parts.map(([part]) => part.shape)).toEqual(parts.map(([, shape]) => shape));
    expect(parts.map(([{ location }]) => location)).toEqual(parts.map(() => alice));
    expect(alice.countMessages('get')).toBe(0);
    expect(alice.countObjects()).toBe(2 + parts.length);
    await expectThere(alice, 2 + parts.length);
    for (const [part, , value] of parts) expect(await part.getValue()).toEqual(value);
    expect(await p.getValue()).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
  });

  it('what is outside throws before anything is sent; masks and tensors of another worker too', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const p = alice.send([[1, 2, 3]]);
    const far = bob.send([true]);
    await settled(alice);
    const before = alice.countMessages();
    expect(() => p.at(1)).toThrow(/index 1 is outside axis 0/);
    expect(() => p.slice({ 2: 0 })).toThrow(/axes from 0 to 1/);
    expect(() => p.at({ step: 0 })).toThrow(/the step of axis 0 is zero/);
    expect(() => p.mask(p)).toThrow(/dtype bool/);
    expect(() => p.mask(far)).toThrow(/on “alice” and another on “bob”/);
    await settled(alice);
    expect([alice.countMessages(), alice.countObjects()]).toEqual([before, 1]);
  });

  it('reaches through a chain, and works on all workers of a MultiPointer', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const chain = alice
      .send([
        [1, 2],
        [3, 4],
      ])
      .send(bob);
    const row = chain.at(-1);
    expect([row.location, alice.countObjects(), bob.countObjects()]).toEqual([bob, 2, 2]);
    expect(await (await row.get()).getValue()).toEqual([3, 4]);
    const all = sendToAll(
      [
        [1, 2],
        [3, 4],
      ],
      [alice, bob],
    );
    const sums = [all.at(null, 0), all.slice({ 1: [0, 1] }), all.mask(all.greater(2))].map((part) =>
      part.get({ sum: true }),
    );
    expect((await Promise.all(sums)).map(valuesOf)).toEqual([
      [2, 6],
      [[2], [6]],
      [
        [0, 0],
        [6, 8],
      ],
    ]);
  });
});

describe('PC-07 rows', () => {
  it('iterating over a pointer gives a remote object for each row; those that are not taken are not left', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const rows = [...p];
    expect(rows.map(({ shape, location }) => [shape, location])).toEqual(
      rows.map(() => [[2], alice]),
    );
    expect(alice.countObjects()).toBe(4);
    expect(alice.countMessages('get')).toBe(0);
    expect(await Promise.all(rows.map((row) => row.getValue()))).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const taken: VirtualPointer[] = [];
    for (const row of p) {
      taken.push(row);
      if (taken.length === 2) break;
    }
    await expectThere(alice, 3);
    expect(await taken[1]?.getValue()).toEqual([3, 4]);
    expect(() => [...alice.send(1)]).toThrow(/scalar has no rows/);
  });

  it('unstack gives a remote object for each row', async () => {
    const [alice] = await start(['alice']);
    const rows = alice
      .send([
        [1, 2],
        [3, 4],
      ])
      .unstack();
    expect(rows.map(({ location }) => location)).toEqual([alice, alice]);
    expect(await Promise.all(rows.map((row) => row.getValue()))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('PC-08 in-place ops', () => {
  it('change the object under its id, for every pointer on it; the owner’s side gets a new version and drops the old', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1, -2], { id: 'x', tags: ['#x'] });
    const [found] = alice.search('#x');
    const before = found?.clone();
    expect(p.add_(1)).toBe(p);
    p.mul_([2, 3]).abs_();
    expect([p.id, p.tags, alice.countObjects()]).toEqual(['x', ['#x'], 2]);
    expect(await found?.getCopy().then(valuesOf)).toEqual([4, 3]);
    expect(await before?.getValue()).toEqual([1, -2]);
    await expectThere(alice, 1);
    p.zero_();
    expect(await p.getCopy().then(valuesOf)).toEqual([0, 0]);
    p.fill_(7).sub_(p);
    expect(await p.getCopy().then(valuesOf)).toEqual([0, 0]);
    const local = tf.tensor([5, 6]);
    p.copy_(local);
    local.dispose();
    const q = alice.send([8, 9]);
    expect(await p.getCopy().then(valuesOf)).toEqual([5, 6]);
    expect(await p.copy_(q).getValue()).toEqual([8, 9]);
    expect(await q.getValue()).toEqual([8, 9]);
  });

  it('never change shape or dtype; such a call throws before anything is sent', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send(tf.tidy(() => tf.tensor([1, 2], undefined, 'int32').arraySync()));
    const whole = alice.tf.cast(p, 'int32');
    await settled(alice);
    const before = alice.countMessages();
    expect(() => p.add_([[1], [2]])).toThrow(
      /add_: the result would be float32 \[2,2\], .* float32 \[2\]. Use add\(\)/,
    );
    expect(() => whole.add_(0.5)).toThrow(/float32 \[2\].* int32 \[2\]/);
    expect(() => p.add_([1, 2, 3])).toThrow(/broadcast/);
    await settled(alice);
    expect(alice.countMessages()).toBe(before);
    expect(await p.getValue()).toEqual([1, 2]);
  });

  it('leave what a get has asked for as it was at the call', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1, 2]);
    const asked = p.getCopy();
    p.add_(10);
    expect(valuesOf(await asked)).toEqual([1, 2]);
    expect(await p.getValue()).toEqual([11, 12]);
  });

  it('do not change what the worker keeps as private', async () => {
    const [alice] = await start(['alice']);
    const p = await alice.send([1, 2], { private: true });
    expect(() => p.add_(1)).toThrow(/is the worker’s own and private/);
  });
});

describe('PC-09 several inputs and outputs', () => {
  it('stack, concat, split and topk work on one worker, each output an object of its own', async () => {
    const [alice] = await start(['alice']);
    const a = alice.send([1, 5, 3]);
    const b = alice.send([4, 2, 6]);
    expect(await virtualTf.stack([a, b]).getValue()).toEqual([
      [1, 5, 3],
      [4, 2, 6],
    ]);
    expect(await a.concat(b).getValue()).toEqual([1, 5, 3, 4, 2, 6]);
    expect(await virtualTf.concat([b, a]).getValue()).toEqual([4, 2, 6, 1, 5, 3]);
    const parts = virtualTf.split(a, 3);
    expect(parts).toHaveLength(3);
    expect(new Set(parts.map(({ id }) => id)).size).toBe(3);
    expect(await Promise.all(parts.map((part) => part.getValue()))).toEqual([[1], [5], [3]]);
    const { values, indices } = a.topk(1);
    expect([await values.getValue(), await indices.getValue()]).toEqual([[5], [1]]);
    expect(alice.countObjects()).toBe(2);
    await expectThere(alice, 2);
  });

  it('inputs on different workers throw an error that names both, before anything is sent', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const a = alice.send([1]);
    const b = bob.send([2]);
    await settled(alice);
    await settled(bob);
    const before = [alice.countMessages(), bob.countMessages()];
    const calls = [
      () => a.add(b),
      () => a.add_(b),
      () => virtualTf.stack([a, b]),
      () => a.concat([a, b]),
      () => alice.tf.neg(b),
    ];
    for (const call of calls) {
      expect(call).toThrow(expect.objectContaining({ code: 'bad-argument' }));
      expect(call).toThrow(/on “alice” and another on “bob”.*move\(\)/);
    }
    await settled(alice);
    await settled(bob);
    expect([alice.countMessages(), bob.countMessages()]).toEqual(before);
    await b.move(alice);
    expect(await a.add(b).getValue()).toEqual([3]);
    a.dispose();
    b.dispose();
  });
});

describe('PC-10 local arguments', () => {
  it('tensors, arrays and numbers are shipped with the call, and stay the caller’s', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1, 2]);
    const local = tf.tensor([10, 20]);
    expect(await p.add(local).mul(2).sub([1, 1]).getValue()).toEqual([21, 43]);
    expect(await virtualTf.concat([p, local]).getValue()).toEqual([1, 2, 10, 20]);
    expect(local.isDisposed).toBe(false);
    local.dispose();
    expect(await alice.tf.zeros([2]).getValue()).toEqual([0, 0]);
    expect(() => virtualTf.add(1, 2)).toThrow(/none of the inputs is on a worker/);
  });
});

describe('PC-14 what a pointer is not', () => {
  it('item and the like refuse, attributes are local or remote, printing transfers nothing', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([[1, 2, 3]]);
    await settled(alice);
    const before = alice.countMessages();
    expect(() => p.item()).toThrow(/get\(\)/);
    expect(() => (p as unknown as tf.Tensor).dataSync()).toThrow(/not here/);
    expect(() => (p as unknown as number) + 1).toThrow(/not here/);
    expect(() => JSON.stringify(p)).toThrow(/not here/);
    expect(String(p)).toBe(`VirtualPointer ${p.id} on “alice”: float32 [1, 3]`);
    expect([p.shape, p.dtype]).toEqual([[1, 3], 'float32']);
    await settled(alice);
    expect(alice.countMessages()).toBe(before);
    expect(p.T.shape).toEqual([3, 1]);
    expect(await p.T.getValue()).toEqual([[1], [2], [3]]);
    const copy = p.copy();
    const clone = p.clone();
    expect(new Set([p.id, copy.id, clone.id]).size).toBe(3);
    p.add_(1);
    expect(await copy.getValue()).toEqual([[1, 2, 3]]);
    expect(await clone.getValue()).toEqual([[1, 2, 3]]);
  });
});

describe('PC-15 ids and tags', () => {
  it('search takes all tags, or an id; ids are any text, and taken once', async () => {
    const [alice] = await start(['alice']);
    const ids = ['42', '7e1b', '#mnist image/0', 'Жа 1'];
    const pointers = ids.map((id, at) => alice.send(at, { id, tags: ['all', `n${at % 2}`] }));
    expect(alice.search('all').map(({ id }) => id)).toEqual(ids);
    expect(alice.search(['all', 'n1']).map(({ id }) => id)).toEqual(['7e1b', 'Жа 1']);
    expect(alice.search(['n0', 'n1'])).toEqual([]);
    for (const [at, id] of ids.entries()) {
      const [found, ...others] = alice.search(id);
      expect(others).toEqual([]);
      expect(await found?.getCopy().then(valuesOf)).toBe(at);
    }
    expect(alice.search('nothing')).toEqual([]);
    const before = alice.countMessages();
    expect(() => alice.send(1, { id: '42' })).toThrow(
      expect.objectContaining({ code: 'id-taken' }),
    );
    expect(() => alice.send(1, { id: '' })).toThrow(/1 to 64 characters/);
    await settled(alice);
    expect(alice.countMessages()).toBe(before);
    for (const pointer of pointers) pointer.dispose();
    expect(alice.search('all')).toEqual([]);
  });
});

describe('PC-17 what a worker does, and its books', () => {
  it('runs ops of the table alone', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1, 2]);
    const all = virtualTf as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;
    expect(() => all['booleanMaskAsync']?.(p, [true, false])).toThrow(
      expect.objectContaining({ code: 'unsupported-op' }),
    );
    expect(all['constructor']).toBeUndefined();
    expect(() => (p as unknown as { print(): void }).print()).toThrow(
      expect.objectContaining({ code: 'unsupported-op' }),
    );
  });

  it('counts objects and messages, lists and clears', async () => {
    const [alice] = await start(['alice']);
    const a = alice.send([1, 2], { tags: ['a'] });
    const b = a.add(1);
    await alice.send([3], { private: true, tags: ['own'] });
    await settled(alice);
    expect(alice.countObjects()).toBe(3);
    expect(alice.listObjects().map(({ access }) => access)).toEqual(['user', 'user', 'private']);
    expect([alice.countMessages('put'), alice.countMessages('action')]).toEqual([1, 1]);
    expect(alice.messages().find(({ kind }) => kind === 'put')?.direction).toBe('toWorker');
    expect(await b.getValue()).toEqual([2, 3]);
    expect([alice.countMessages('get'), alice.countMessages('value')]).toEqual([1, 1]);
    alice.clearObjects();
    expect(alice.countObjects()).toBe(0);
    await expectThere(alice, 0);
    expect(() => a.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    const [quiet] = await start(['quiet'], { log: false });
    expect(() => quiet.messages()).toThrow(/keeps no log/);
  });

  it('what the owner’s end takes back is gone from the books', async () => {
    const [alice] = await start(['alice']);
    const own = await alice.send([3], { private: true });
    const sent = alice.send([1]);
    await settled(alice);
    for (const { id } of alice.owner.store.table()) alice.owner.store.remove(id);
    await settled(alice);
    expect(alice.countObjects()).toBe(0);
    for (const pointer of [own, sent]) {
      expect(() => pointer.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    }
  });

  it('a worker needs a name, and users who are some', async () => {
    await expect(VirtualWorker.create({ name: '' })).rejects.toThrow(/needs a name/);
    await expect(VirtualWorker.create({ name: 'a', users: [] })).rejects.toThrow(/users/);
    await expect(VirtualWorker.create({ name: 'a', users: ['x', 'x'] })).rejects.toThrow(/users/);
  });
});

describe('virtualTidy', () => {
  it('disposes what was made inside and not returned', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1, 2]);
    const { sum } = virtualTidy(() => ({ sum: p.add(1).mul(2).sum() }));
    expect(alice.countObjects()).toBe(2);
    await expectThere(alice, 2);
    expect(alice.countMessages('drop')).toBe(1);
    expect(await sum.getValue()).toBe(10);
    expect(() => virtualTidy(async () => p.add(1))).toThrow(/async/);
  });
});
