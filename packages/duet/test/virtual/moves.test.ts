/** Several workers: objects that move, and pointers to pointers. */

import { nextMacrotask } from '@duet/engine';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { here, loopback, move, type VirtualPointer, type VirtualWorker } from '../../src';
import { expectThere, settled, start, valuesOf } from './workers';

/** The owner of a worker accepts whatever is asked. */
function acceptAll({ owner }: VirtualWorker): void {
  owner.on('request', (request) => void request.accept());
}

describe('PC-03 move', () => {
  it('the source loses it, the target has it under the same id with its tags, and every pointer follows', async () => {
    const [jake, john] = await start(['jake', 'john']);
    const p = jake.send([[1, 2]], { id: 'x', tags: ['#x', 'y'], description: 'two' });
    const [found] = jake.search('#x');
    expect(await p.move(john)).toBe(p);
    expect([p.location, p.id, p.tags, p.description]).toEqual([john, 'x', ['#x', 'y'], 'two']);
    expect([jake.search('#x').length, john.search(['#x', 'y']).length]).toEqual([0, 1]);
    expect(found?.location).toBe(john);
    await expectThere(jake, 0);
    await expectThere(john, 1);
    expect(await p.add(1).getValue()).toEqual([[2, 3]]);
    expect(await p.getValue()).toEqual([[1, 2]]);
  });

  it('to where it is does nothing; to here is get', async () => {
    const [jake] = await start(['jake']);
    const p = jake.send([1, 2]);
    await settled(jake);
    const before = jake.countMessages();
    expect(await p.move(jake)).toBe(p);
    await settled(jake);
    expect(jake.countMessages()).toBe(before);
    expect(valuesOf(await p.move(here))).toEqual([1, 2]);
    expect(jake.countObjects()).toBe(0);
    const own = await jake.send([3], { private: true });
    await expect(own.move(here)).rejects.toMatchObject({ code: 'not-released' });
  });

  it('a private object, and what is made of it, leaves by a release alone; private it is there again', async () => {
    const [jake, john] = await start(['jake', 'john']);
    const own = await jake.send([1, 2], { private: true, tags: ['#own'] });
    const sum = own.sum();
    await expect(own.move(john)).rejects.toMatchObject({ code: 'not-released' });
    await expect(sum.move(john)).rejects.toMatchObject({ code: 'not-released' });
    expect([jake.countObjects(), john.countObjects()]).toEqual([2, 0]);
    acceptAll(jake);
    await own.move(john, { requestBlock: true, name: 'move' });
    await sum.move(john, { requestBlock: true });
    expect([own.location, sum.location]).toEqual([john, john]);
    await expectThere(jake, 0);
    await expect(own.get()).rejects.toMatchObject({ code: 'not-released' });
    expect(john.search('#own')).toHaveLength(1);
    expect(await sum.getValue()).toBe(3);
  });

  it('an id that is taken there is refused before anything is sent, and nothing changes', async () => {
    const [jake, john] = await start(['jake', 'john']);
    const p = jake.send([1], { id: 'x' });
    const other = john.send([2], { id: 'x' });
    await settled(jake);
    const before = jake.countMessages();
    await expect(p.move(john)).rejects.toMatchObject({ code: 'id-taken' });
    await settled(jake);
    expect(jake.countMessages()).toBe(before);
    expect([await p.getValue(), await other.getValue()]).toEqual([[1], [2]]);
  });

  it('what the target cannot take stays at the source', async () => {
    const [jake] = await start(['jake']);
    const [small] = await start(['small'], { limits: { objects: 1 } });
    const p = jake.send([1]);
    const full = small.send([2]);
    await expect(p.move(small)).rejects.toMatchObject({ code: 'limit' });
    expect(p.location).toBe(jake);
    expect([jake.countObjects(), small.countObjects()]).toEqual([1, 1]);
    expect([await p.getValue(), await full.getValue()]).toEqual([[1], [2]]);
  });

  it('while it moves, it is read but not changed; disposed meanwhile, it is nowhere', async () => {
    const [jake, john] = await start(['jake', 'john']);
    const p = jake.send([1, 2]);
    const moving = p.move(john);
    expect(() => p.add_(1)).toThrow(/being moved/);
    await expect(p.move(john)).rejects.toThrow(/being moved/);
    const sum = p.sum();
    await moving;
    expect(sum.location).toBe(jake);
    expect(await sum.getValue()).toBe(3);
    const lost = p.move(jake);
    p.dispose();
    await expect(lost).rejects.toMatchObject({ code: 'disposed' });
    await expectThere(jake, 0);
    await expectThere(john, 0);
  });

  it('between real owners it is refused, with the reason and what to do', async () => {
    const { owner, scientist } = await loopback({ owner: { backend: 'cpu' } });
    const [john] = await start(['john']);
    const pointer = scientist.send([1]);
    const refused = { code: 'unsupported-op' };
    await expect(move(pointer, john)).rejects.toMatchObject(refused);
    await expect(move(pointer, john)).rejects.toThrow(
      /What a real owner holds leaves by their release.*get\(\) it.*send\(\) it/,
    );
    const p = john.send([1]);
    const real = scientist as unknown as VirtualWorker;
    await expect(p.move(real)).rejects.toMatchObject(refused);
    await expect(p.remoteSend(real)).rejects.toMatchObject(refused);
    expect(() => p.send(real)).toThrow(expect.objectContaining(refused));
    expect(await ((await move(p, john)) as VirtualPointer).getValue()).toEqual([1]);
    scientist.close();
    await owner.close();
  });
});

describe('PC-04 remoteSend', () => {
  it('the holder forwards the object and keeps a pointer to it, under the same id', async () => {
    const [bob, carol] = await start(['bob', 'carol']);
    const p = bob.send([1, 2], { id: 'x' });
    const chain = await p.remoteSend(carol);
    expect(chain).toBe(p);
    expect(chain.location).toBe(bob);
    expect(String(chain)).toBe('VirtualPointer x on “bob” → “carol”: float32 [2]');
    expect(bob.listObjects()).toMatchObject([{ id: 'x', kind: 'pointer', to: 'carol/x' }]);
    expect(carol.listObjects()).toMatchObject([{ id: 'x', kind: 'tensor' }]);
    await expectThere(bob, 0);
    await expectThere(carol, 1);
    await expect(chain.remoteSend(bob)).rejects.toThrow(/there already/);
    const inner = await chain.get();
    expect([inner.location, bob.countObjects()]).toEqual([carol, 0]);
    expect(await inner.getValue()).toEqual([1, 2]);
  });

  it('of a private object needs a release', async () => {
    const [bob, carol] = await start(['bob', 'carol']);
    const own = await bob.send([1], { private: true });
    await expect(own.remoteSend(carol)).rejects.toMatchObject({ code: 'not-released' });
    expect([own.location, carol.countObjects()]).toEqual([bob, 0]);
  });
});

describe('PC-05 pointers to pointers', () => {
  it('the far worker has the tensor, the near one a pointer; get peels one level at a time', async () => {
    const [bob, carol] = await start(['bob', 'carol']);
    const chain = bob.send([1, 2]).send(carol, { id: 'way', tags: ['#way'] });
    expect([chain.location, chain.id, chain.shape, chain.tags]).toEqual([
      carol,
      'way',
      [2],
      ['#way'],
    ]);
    await expectThere(bob, 1);
    await expectThere(carol, 0);
    expect([bob.countObjects(), carol.countObjects()]).toEqual([1, 1]);
    await expect(chain.getValue()).rejects.toThrow(/pointer to a pointer/);
    const inner = await chain.get();
    expect([inner.location, carol.countObjects(), bob.countObjects()]).toEqual([bob, 0, 1]);
    await expect(chain.get()).rejects.toMatchObject({ code: 'disposed' });
    expect(valuesOf(await inner.get())).toEqual([1, 2]);
    expect(bob.countObjects()).toBe(0);
  });

  it('ops run where the tensor is, and their results have a chain by the same way', async () => {
    const [bob, carol, dave] = await start(['bob', 'carol', 'dave']);
    const chain = carol.send(bob.send([1, 2]));
    const sum = chain.add(chain).mul(chain);
    expect(sum.location).toBe(carol);
    expect([bob.countObjects(), carol.countObjects()]).toEqual([3, 3]);
    await expectThere(bob, 3);
    expect([carol.countMessages('action'), bob.countMessages('action')]).toEqual([0, 2]);
    expect(valuesOf(await (await sum.get()).get())).toEqual([2, 8]);
    const elsewhere = dave.send([1, 1]);
    expect(() => chain.add(elsewhere)).toThrow(/on “bob” and another on “dave”/);
    const direct = bob.send([10, 10]);
    expect(await direct.add(chain).getValue()).toEqual([11, 12]);
    expect(await (await chain.add(direct).get()).getValue()).toEqual([11, 12]);
  });

  it('PC-08 in-place ops reach through the chain', async () => {
    const [bob, carol] = await start(['bob', 'carol']);
    const chain = carol.send(bob.send([1, 2], { id: 'x' }), { id: 'way' });
    expect(chain.add_(1).mul_(chain)).toBe(chain);
    expect([chain.id, bob.countObjects(), carol.countObjects()]).toEqual(['way', 1, 1]);
    const inner = await chain.get();
    expect(inner.id).toBe('x');
    expect(await inner.getValue()).toEqual([4, 9]);
  });

  it('remoteGet collapses the far hop, and the object takes the pointer’s id', async () => {
    const [bob, carol, dave] = await start(['bob', 'carol', 'dave']);
    const chain = dave.send(carol.send(bob.send([1, 2])), { id: 'way' });
    expect(String(chain)).toMatch(/on “dave” → “carol” → “bob”/);
    const nearer = await chain.remoteGet();
    expect(nearer).toBe(chain as unknown);
    expect(carol.countObjects()).toBe(0);
    expect(String(nearer)).toMatch(/way on “dave” → “bob”/);
    const direct = await nearer.remoteGet();
    expect([direct.location, direct.id]).toEqual([dave, 'way']);
    await expectThere(bob, 0);
    await expectThere(dave, 1);
    expect(await direct.getValue()).toEqual([1, 2]);
    await expect(dave.send([1]).remoteGet()).rejects.toThrow(/is a tensor, not a pointer/);
  });

  it('a stored pointer moves too, without a message; send_ and get_ work on chains in place', async () => {
    const [bob, carol, dave] = await start(['bob', 'carol', 'dave']);
    const chain = carol.send(bob.send([1, 2]), { id: 'way' });
    await settled(bob);
    const before = bob.countMessages();
    await chain.move(dave);
    expect([carol.countObjects(), dave.search('way').length]).toEqual([0, 1]);
    await settled(bob);
    expect(bob.countMessages()).toBe(before);
    const inner = await chain.get_();
    expect(inner).toBe(chain as unknown);
    expect(inner.location).toBe(bob);
    expect(await inner.getValue()).toEqual([1, 2]);
  });

  it('the pointer that was stored does not own any more what it points to', async () => {
    const [bob, carol] = await start(['bob', 'carol']);
    const inner = bob.send([1, 2]);
    const chain = inner.send(carol);
    inner.dispose();
    expect(await (await chain.get()).getValue()).toEqual([1, 2]);
  });
});

describe('PC-11 letting go', () => {
  it('dispose deletes remotely, all of a moment in one message', async () => {
    const [alice] = await start(['alice']);
    const pointers = Array.from({ length: 20 }, (_, at) => alice.send(at));
    await expectThere(alice, 20);
    for (const pointer of pointers) pointer.dispose();
    pointers[0]?.dispose();
    expect(alice.countObjects()).toBe(0);
    await expectThere(alice, 0);
    expect(alice.countMessages('drop')).toBe(1);
    expect(() => pointers[0]?.add(1)).toThrow(expect.objectContaining({ code: 'disposed' }));
  });

  it('what search found never owns', async () => {
    const [alice] = await start(['alice']);
    const p = alice.send([1], { tags: ['a'] });
    for (const found of alice.search('a')) found.dispose();
    expect(await p.getValue()).toEqual([1]);
  });

  it('keepObject opts out', async () => {
    const [alice] = await start(['alice']);
    alice.send([1], { id: 'kept', keepObject: true }).dispose();
    const [found] = alice.search('kept');
    expect(await found?.getValue()).toEqual([1]);
  });

  it('a chain goes as a whole', async () => {
    const [bob, carol, dave] = await start(['bob', 'carol', 'dave']);
    const chain = dave.send(carol.send(bob.send([1, 2])));
    const sum = chain.add(1);
    await expectThere(bob, 2);
    chain.dispose();
    sum[Symbol.dispose]();
    expect([bob, carol, dave].map((worker) => worker.countObjects())).toEqual([0, 0, 0]);
    await expectThere(bob, 0);
  });

  it('the private objects of a worker stay', async () => {
    const [alice] = await start(['alice']);
    (await alice.send([1], { private: true, id: 'own' })).dispose();
    expect(alice.search('own')).toHaveLength(1);
  });

  it('a lost link frees everything of that user, and says so to all that wait', async () => {
    const [alice] = await start(['alice'], { users: ['me', 'carol'] });
    const mine = alice.send([1]);
    mine.add(1);
    const hers = alice.as('carol').send([2]);
    const own = await alice.send([3], { private: true });
    await expectThere(alice, 4);
    const asked = own.get({ requestBlock: true });
    alice.breakLink();
    await expect(asked).rejects.toMatchObject({ code: 'link-lost' });
    await expect(mine.get()).rejects.toMatchObject({ code: 'link-lost' });
    await expectThere(alice, 2);
    expect(alice.listObjects().map(({ id }) => id)).toEqual([hers.id, own.id]);
    expect(await hers.getValue()).toEqual([2]);
  });

  it('forgotten pointers go too, and take their chains along', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const [bob, carol] = await start(['bob', 'carol']);
    const kept = bob.send([0]);
    (() => {
      for (let at = 0; at < 5; at += 1) bob.send([at]).add(1);
      carol.send(bob.send([1]));
    })();
    expect([bob.countObjects(), carol.countObjects()]).toEqual([12, 1]);
    for (let turn = 0; turn < 50 && bob.countObjects() > 1; turn += 1) {
      collect();
      await nextMacrotask();
    }
    expect([bob.countObjects(), carol.countObjects()]).toEqual([1, 0]);
    await expectThere(bob, 1);
    expect(await kept.getValue()).toEqual([0]);
  });
});

describe('PC-16 allowedUsers', () => {
  it('they read without a request; get and move by others need one; what is derived is for those whom all inputs allow', async () => {
    const users = ['me', 'carol', 'dave'];
    const [alice, bob] = await start(['alice', 'bob'], { users });
    const x = await alice.send([1, 2], {
      private: true,
      allowedUsers: ['me', 'carol'],
      tags: ['#x'],
    });
    const y = await alice.send([10, 20], { private: true, allowedUsers: ['me'], tags: ['#y'] });
    expect(await x.getValue()).toEqual([1, 2]);
    expect(await x.add(y).getValue()).toEqual([11, 22]);
    const seenBy = (user: string, tag: string): VirtualPointer => {
      const [found] = alice.as(user).search(tag);
      if (found === undefined) throw new Error(`${user} does not see ${tag}.`);
      return found;
    };
    const refused = { code: 'not-released' };
    const [hisX, herX, herY] = [seenBy('dave', '#x'), seenBy('carol', '#x'), seenBy('carol', '#y')];
    await expect(hisX.get()).rejects.toMatchObject(refused);
    await expect(hisX.move(bob)).rejects.toMatchObject(refused);
    await expect(hisX.move(here)).rejects.toMatchObject(refused);
    expect(await herX.mul(2).getValue()).toEqual([2, 4]);
    await expect(herY.get()).rejects.toMatchObject(refused);
    await expect(herX.add(herY).get()).rejects.toMatchObject(refused);
    await expect(herX.add(herY).move(bob)).rejects.toMatchObject(refused);
    expect(() => herX.add(x)).toThrow(/different users/);

    await herX.move(bob);
    expect([x.location, herX.location, hisX.location]).toEqual([
      bob,
      bob.as('carol'),
      bob.as('dave'),
    ]);
    expect(alice.search('#x')).toEqual([]);
    await expect(hisX.get()).rejects.toMatchObject(refused);
    expect(await herX.getValue()).toEqual([1, 2]);
    expect(await x.getValue()).toEqual([1, 2]);
  });

  it('users are those of the worker; where one is missing, nothing is sent or moved', async () => {
    const [alice] = await start(['alice'], { users: ['me', 'carol'] });
    const [bob] = await start(['bob']);
    await expect(alice.send([1], { private: true, allowedUsers: ['nobody'] })).rejects.toThrow(
      /“nobody” is no user of “alice”/,
    );
    const x = await alice.send([1], { private: true, allowedUsers: ['me', 'carol'] });
    await expect(x.move(bob)).rejects.toThrow(/“carol” is no user of “bob”/);
    expect(() => alice.as('dave')).toThrow(/no user/);
    expect([x.location, bob.countObjects()]).toEqual([alice, 0]);
  });

  it('another user’s own objects are neither found nor used', async () => {
    const [alice] = await start(['alice'], { users: ['me', 'carol'] });
    const p = alice.send([1], { tags: ['a'] });
    expect(alice.as('carol').search('a')).toEqual([]);
    expect(() => alice.as('carol').tf.neg(p)).toThrow(/different users/);
    expect(alice.countObjects()).toBe(1);
  });
});

describe('private objects', () => {
  it('are asked for as between real owners: requests, handlers, denials', async () => {
    const [alice] = await start(['alice']);
    const own = await alice.send(
      tf.tidy(() => tf.range(0, 6).arraySync()),
      {
        private: true,
        tags: ['ages'],
      },
    );
    alice.owner.on('request', (request) => request.deny('no'));
    await expect(own.get({ requestBlock: true })).rejects.toMatchObject({ code: 'denied' });
    const mean = own.mean();
    const handle = mean.request({ name: 'mean' });
    expect(await handle.decision).toMatchObject({ outcome: 'denied', reason: 'no' });
    alice.owner.removeAllListeners('request');
    acceptAll(alice);
    expect(await mean.getValue({ requestBlock: true })).toBe(2.5);
    const tried = await own.tryGet();
    expect(tried).toMatchObject({ ok: false, code: 'not-released' });
    expect(await own.getValue({ requestBlock: true })).toEqual([0, 1, 2, 3, 4, 5]);
    // What the worker keeps stays there, and is readable now.
    expect(await own.getValue()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(alice.countObjects()).toBe(1);
  });
});
