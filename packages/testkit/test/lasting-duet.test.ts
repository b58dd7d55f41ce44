/** Links that last: whole duets whose connections, servers and pages are lost in the middle of things. */

import * as tf from '@tensorflow/tfjs';
import type { OwnerDuet, Pointer, ScientistDuet } from 'duetjs';
import { describe, expect, it } from 'vitest';
import { DuetWorld, hurried, until } from '../src';
import { codeOf } from './parity/duo';

const ages = [25, 32, 49, 65, 88, 22];
const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;

/** The next request that waits. */
async function asked(owner: OwnerDuet) {
  await until(() => owner.requests.length > 0);
  return owner.requests.at(0);
}

async function publishAges(world: DuetWorld, scientist: ScientistDuet, keep = false) {
  await world.owner.store.add(ages, { tags: ['ages'], keep });
  await until(() => scientist.store.length > 0);
  return scientist.store.get('ages');
}

/** Why a scientist's duet ended. */
const ended = (duet: ScientistDuet): Promise<string> =>
  new Promise((resolve) => duet.once('closed', ({ code }) => resolve(code)));

const isAway = ({ peers }: OwnerDuet) => peers.some(({ status }) => status === 'away');
const isHere = ({ peers }: OwnerDuet) => peers.some(({ status }) => status === 'joined');

describe('a connection that is lost', () => {
  it('Duet 14 is taken up again: pointers, requests, handlers and decisions are as they were', async () => {
    await using world = await DuetWorld.open();
    const { owner } = world;
    const { duet } = await world.join();
    const pointer = await publishAges(world, duet);
    const statuses: string[] = [];
    owner.on('peer', ({ status }) => statuses.push(status));
    const doubled = pointer.mul(2);
    world.cut();
    // Computed, and asked for, while there is no connection.
    const tripled = pointer.mul(3);
    const sum = doubled.add(tripled).mean();
    const waiting = sum.getValue({ requestBlock: true, name: 'mean' });
    const request = await asked(owner);
    expect(duet.status.phase).toBe('ready');
    world.cut();
    await request.accept();
    expect(await waiting).toBeCloseTo(5 * mean, 3);
    expect(statuses).toContain('away');
    await until(() => isHere(owner));
    expect(owner.status).toMatchObject({ joined: 1, away: 0 });
    // Everything that was asked for once is there once: the value took its object with it.
    await until(() => owner.store.table().every(({ shape }) => shape !== '[]'));
    expect(await codeOf(sum.getValue())).toBe('disposed');
    const audited = await owner.audit.entries({ kind: 'release' });
    expect(audited).toHaveLength(1);
    expect(
      (await owner.audit.entries({ kind: 'peer' })).map((entry) => 'state' in entry && entry.state),
    ).toEqual(expect.arrayContaining(['knocked', 'joined', 'away', 'back']));
  });

  it('in the middle of transfers both ways costs nothing of them', async () => {
    await using world = await DuetWorld.open();
    const { owner } = world;
    const { duet } = await world.join();
    const count = 2_000_000;
    const large = Float32Array.from({ length: count }, (_, at) => at % 8191);
    await owner.store.add(large, { tags: ['large'], public: true });
    await until(() => duet.store.length > 0);
    const progress: number[] = [];
    const coming = duet.store.get('large').get({
      onProgress: (done) => {
        progress.push(done);
        if (progress.length % 3 === 1 && progress.length < 10) world.cut();
      },
    });
    const mine = tf.tensor1d(large);
    const sent = duet.send(mine, { tags: ['mine'] });
    const [got, back] = [await coming, await sent.get({ deleteObj: true })];
    expect(progress.length).toBeGreaterThan(2);
    // Element by element would take a minute.
    const wanted = Buffer.from(large.buffer);
    for (const tensor of [got, back]) {
      expect(Buffer.from((await tensor.data()).buffer).equals(wanted)).toBe(true);
    }
    tf.dispose([got, back, mine]);
    expect(world.transport.pairs).toHaveLength(1);
  });

  it('Duet 16 is noticed by nobody who says nothing for a minute, and everything works', async () => {
    await using world = await DuetWorld.open({ clock: hurried(60) });
    const { duet } = await world.join();
    const pointer = await publishAges(world, duet);
    const statuses: string[] = [];
    world.owner.on('peer', ({ status }) => statuses.push(status));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(statuses).toEqual([]);
    const asking = pointer.mean().getValue({ requestBlock: true });
    await (await asked(world.owner)).accept();
    expect(await asking).toBeCloseTo(mean, 4);
  });

  it('goes through a restart of the signaling server, and of both', async () => {
    await using world = await DuetWorld.open();
    const { owner } = world;
    const { duet } = await world.join();
    const pointer = await publishAges(world, duet);
    const invite = owner.createInvite();
    await invite.opened;
    world.server.stop();
    // The server does not matter to those who are connected.
    const first = pointer.sum().getValue({ requestBlock: true });
    await (await asked(owner)).accept();
    expect(await first).toBe(281);
    await until(() => invite.status === 'lost');
    world.cut();
    await until(() => isAway(owner));
    const second = pointer.max().getValue({ requestBlock: true });
    world.server.start();
    await (await asked(owner)).accept();
    expect(await second).toBe(88);
    await until(() => invite.status === 'open');
    await (await world.person('Ada')).join(invite.url);
    expect(owner.status.joined).toBe(2);
  });

  it('is taken up over the relay where there is no direct path any more', async () => {
    await using world = await DuetWorld.open({ clock: hurried(10) });
    const { duet } = await world.join();
    const pointer = await publishAges(world, duet);
    world.transport.fails = true;
    world.cut();
    const asking = pointer.mean().getValue({ requestBlock: true });
    await (await asked(world.owner)).accept();
    expect(await asking).toBeCloseTo(mean, 4);
    expect(world.owner.peers[0]?.path).toBe('relay');
    expect(duet.status.path).toBe('relay');
  });

  it('ends with link-lost on both sides after its grace, and the owner’s side is freed', async () => {
    await using world = await DuetWorld.open({
      clock: hurried(10),
      owner: { graceSecs: 5 },
      scientist: { graceSecs: 5 },
    });
    const { owner } = world;
    const { duet } = await world.join();
    const pointer = await publishAges(world, duet);
    const made = pointer.mul(2);
    await until(() => owner.store.table().length === 2);
    const asking = codeOf(made.getValue({ requestBlock: true }));
    await asked(owner);
    const end = ended(duet);
    world.server.stop();
    world.cut();
    await until(() => isAway(owner));
    expect(owner.peers[0]?.awayUntil?.getTime()).toBeGreaterThan(Date.now());
    expect(await end).toBe('link-lost');
    expect(await asking).toBe('link-lost');
    await until(() => owner.peers.length === 0);
    expect(owner.status).toMatchObject({ objects: 1, requests: 0, joined: 0 });
    expect(await world.storage.read('families')).toEqual([]);
    world.server.start();
  });

  it('is not waited for where the owner gives no grace', async () => {
    await using world = await DuetWorld.open({ owner: { graceSecs: 0 } });
    await world.join();
    world.cut();
    await until(() => world.owner.peers.length === 0);
  });
});

describe('a word', () => {
  it('of either side ends it at once, and nothing is left of it', async () => {
    await using world = await DuetWorld.open({ owner: { uses: 9 } });
    const { owner } = world;
    const [grace, ada] = [await world.join('Grace'), await world.join('Ada')];
    expect(await world.storage.read('families')).toHaveLength(2);
    grace.duet.close();
    await until(() => owner.peers.length === 1);
    expect(await grace.reload()).toBeUndefined();
    const end = ended(ada.duet);
    await owner.close();
    expect(await end).toBe('peer-left');
    expect(await ada.reload()).toBeUndefined();
    expect(await world.storage.read('families')).toEqual([]);
    expect(await world.storage.read('invites')).toEqual([]);
    await world.launch();
    expect(world.owner.invites).toHaveLength(1);
    expect(world.owner.peers).toEqual([]);
  });

  it('that is said while the other is away is heard when they come back', async () => {
    await using world = await DuetWorld.open();
    const { owner } = world;
    const { duet } = await world.join();
    const end = ended(duet);
    world.server.stop();
    world.cut();
    await until(() => isAway(owner));
    owner.peers[0]?.disconnect();
    await until(() => owner.peers.length === 0);
    world.server.start();
    expect(await end).toBe('dismissed');
  });
});

describe('a reload of the scientist’s page', () => {
  it('finds everything that was there, by mine(), and what was asked for', async () => {
    await using world = await DuetWorld.open();
    const { owner } = world;
    const grace = await world.join();
    const pointer = await publishAges(world, grace.duet);
    const doubled = pointer.mul(2);
    const sent = grace.duet.send(tf.tensor1d([1, 2, 3]), { tags: ['mine'] });
    const [low] = doubled.split(2);
    const asking = doubled.request({ name: 'doubled', reason: 'to see' });
    asking.decision.catch(() => undefined);
    await asked(owner);
    await until(() => owner.store.table().length >= 4);
    const [doubledId, sentId, lowId] = [doubled.id, sent.id, low?.id];

    const duet = await grace.reload();
    if (!duet) throw new Error('Nothing was resumed.');
    expect(owner.status).toMatchObject({ joined: 1, away: 0 });
    const mine = duet.store.mine();
    expect(mine.map(({ id }) => id)).toEqual(expect.arrayContaining([doubledId, sentId, lowId]));
    const find = (id: string | undefined) => mine.find((each) => each.id === id) as Pointer;
    expect(find(sentId)).toMatchObject({ tags: ['mine'], shape: [3] });
    expect(await find(sentId).getCopy()).toBeTruthy();
    // What was asked for before can be decided and collected now.
    expect(duet.kept.list()).toMatchObject([{ name: 'doubled' }]);
    expect(duet.store.get('ages').shape).toEqual([6]);
    const sum = find(doubledId).sum().getValue({ requestBlock: true, name: 'sum' });
    await until(() => owner.requests.length === 2);
    for (const request of owner.requests.list()) if (request.name === 'sum') await request.accept();
    expect(await sum).toBe(562);
    tf.disposeVariables();
  });

  it('twice, and in the middle of an upload, leaves a session that works', async () => {
    await using world = await DuetWorld.open();
    const grace = await world.join();
    await publishAges(world, grace.duet);
    const large = tf.zeros([1_000_000]);
    grace.duet.send(large).tags;
    await grace.reload();
    const duet = await grace.reload();
    if (!duet) throw new Error('Nothing was resumed.');
    const asking = duet.store.get('ages').mean().getValue({ requestBlock: true });
    await (await asked(world.owner)).accept();
    expect(await asking).toBeCloseTo(mean, 4);
    large.dispose();
  });
});

describe('a reload of the owner’s page', () => {
  it('keeps the invite, the handlers, the audit and kept objects; the scientist’s session goes on, and derived objects are gone', async () => {
    await using world = await DuetWorld.open({ owner: { uses: 3 } });
    const before = world.owner;
    const { url, expiresAt } = before.invite;
    const { duet } = await world.join();
    const kept = await publishAges(world, duet, true);
    await before.store.add([1], { tags: ['fleeting'] });
    await until(() => duet.store.length === 2);
    const fleeting = duet.store.get('fleeting');
    before.requests.addHandler({
      action: 'accept',
      name: 'mean',
      tags: ['ages'],
      release: 'records',
      elementQuota: 10,
    });
    const derived = kept.mul(2);
    await until(() => before.store.table().length === 3);
    const asking = codeOf(derived.getValue({ requestBlock: true }));
    await asked(before);
    await until(() => before.store.kept().length === 1);
    const renewed = new Promise((resolve) => duet.once('renewed', resolve));

    const after = await world.reloadOwner();
    expect(after.invites).toHaveLength(1);
    expect(after.invite).toMatchObject({ url, expiresAt, usesLeft: 2 });
    expect(after.fingerprint).toBe(before.fingerprint);
    await renewed;
    expect(await asking).toBe('gone');
    expect(duet.status.phase).toBe('ready');
    expect(duet.store.list().map(({ tags }) => tags)).toEqual([['ages']]);
    expect(() => derived.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    expect(() => fleeting.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    // The pointer that was made before, and the handler.
    expect(await kept.mean().getValue({ requestBlock: true, name: 'mean' })).toBeCloseTo(mean, 3);
    expect(after.peers).toMatchObject([{ name: 'Grace', status: 'joined' }]);
    const states = (await after.audit.entries({ kind: 'peer' })).map(
      (entry) => 'state' in entry && entry.state,
    );
    expect(states).toEqual(expect.arrayContaining(['knocked', 'joined', 'returning', 'back']));
    await (await world.person('Ada')).join(url);
    expect(after.status.joined).toBe(2);
  });

  it('and of the scientist’s at once leaves what was kept', async () => {
    await using world = await DuetWorld.open();
    const grace = await world.join();
    await publishAges(world, grace.duet, true);
    grace.duet.store.get('ages').mul(2);
    await until(() => world.owner.store.table().length === 2);
    await until(() => world.owner.store.kept().length === 1);
    grace.kill();
    const owner = await world.reloadOwner();
    expect(owner.peers).toMatchObject([{ status: 'away' }]);
    const duet = await grace.reload();
    if (!duet) throw new Error('Nothing was resumed.');
    expect(duet.store.mine()).toEqual([]);
    expect(duet.store.list()).toHaveLength(1);
    const asking = duet.store.get('ages').mean().getValue({ requestBlock: true });
    await (await asked(owner)).accept();
    expect(await asking).toBeCloseTo(mean, 4);
  });

  it('tells what cannot be read any more, though nobody could listen while it was found out', async () => {
    await using world = await DuetWorld.open();
    await world.owner.store.add([1, 2], { tags: ['ages'], keep: true });
    await until(() => world.owner.store.kept().length === 1);
    for (const [key] of await world.storage.read('chunks')) {
      await world.storage.write([{ table: 'chunks', key, value: new Uint8Array(64) }]);
    }
    const owner = await world.reloadOwner();
    expect(owner.store.length).toBe(0);
    expect(owner.failures).toHaveLength(1);
    expect(owner.failures[0]).toMatchObject({ name: 'DuetError' });
  });

  it('is a launch that fails, and forgets nothing, while the server is away', async () => {
    await using world = await DuetWorld.open();
    const { duet } = await world.join();
    // The invite is used up: this launch would open another.
    world.server.stop();
    expect(await codeOf(world.reloadOwner())).toBe('no-signaling');
    world.server.start();
    await world.reloadOwner();
    await until(() => isHere(world.owner));
    expect(duet.status.phase).toBe('ready');
  });
});
