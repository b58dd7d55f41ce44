/** The same from the scientist's program: both whole sides, one identity that comes back. */

import type { OwnerRequest } from '@duet/owner';
import * as tf from '@tensorflow/tfjs';
import { type Identity, joinLoopback, loopback, makeIdentity, type ScientistDuet } from 'duetjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../src/pair';

beforeAll(() => tf.setBackend('cpu'));

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start() {
  const identity = await makeIdentity();
  const { owner, scientist } = await loopback({
    owner: { backend: 'cpu', mostScientists: 4, logging: false },
    identity,
    scientistName: 'Grace',
  });
  closing.push(() => owner.close());
  await owner.store.add([1, 2, 3, 6], { tags: ['ages'] });
  await until(() => scientist.store.length === 1);
  return { owner, scientist, identity };
}

async function comeBack(owner: Parameters<typeof joinLoopback>[0], identity: Identity) {
  const scientist = await joinLoopback(owner, { identity, scientistName: 'Grace' });
  closing.push(() => scientist.close());
  return scientist;
}

async function leave(scientist: ScientistDuet, owner: { peers: readonly unknown[] }) {
  scientist.close();
  await until(() => owner.peers.length === 0);
}

describe('a scientist’s program', () => {
  it('asks, leaves, comes back, and collects what was accepted meanwhile', async () => {
    const { owner, scientist, identity } = await start();
    const mean = scientist.store.get('ages').mean();
    const asked = mean.request({ name: 'mean age', reason: 'for the paper', keepSecs: 3600 });
    await until(() => owner.requests.length === 1);
    await leave(scientist, owner);
    await expect(asked.decision).rejects.toMatchObject({ code: 'closed' });
    const request: OwnerRequest = owner.requests.at(0);
    expect(request.isPresent).toBe(false);
    expect(owner.holdings).toMatchObject([{ name: 'Grace', kept: 1, requests: 1 }]);
    await request.accept();
    const again = await comeBack(owner, identity);
    expect(again.kept.table()).toMatchObject([
      { id: 1, name: 'mean age', shape: '[]', dtype: 'float32', status: 'accepted' },
    ]);
    const released: unknown[] = [];
    again.on('release', ({ name, kept }) => released.push([name, kept?.id]));
    expect(await again.kept.get('mean age').getValue()).toBe(3);
    expect(released).toEqual([['mean age', 1]]);
    expect(again.kept.length).toBe(0);
    await leave(again, owner);
    const third = await comeBack(owner, identity);
    expect(third.kept.length).toBe(0);
    expect([owner.requests.length, owner.grants.length]).toEqual([0, 0]);
  });

  it('comes back before it is decided: an event tells, and a get waits', async () => {
    const { owner, scientist, identity } = await start();
    const ages = scientist.store.get('ages');
    ages.mean().request({ name: 'mean', keepSecs: 60 });
    ages.max().request({ name: 'max', keepSecs: 60 });
    await until(() => owner.requests.length === 2);
    await leave(scientist, owner);
    const again = await comeBack(owner, identity);
    const heard: string[] = [];
    again.on('decision', ({ name, outcome, reason }) => heard.push(`${name} ${outcome} ${reason}`));
    const [mean, max] = again.kept.list();
    const getting = mean?.get();
    const denied = max?.getValue();
    denied?.catch(() => undefined);
    const [first, second] = owner.requests.list();
    second?.deny('one person’s age');
    await first?.accept();
    const tensor = await getting;
    expect(tensor?.dataSync()[0]).toBe(3);
    tensor?.dispose();
    await expect(denied).rejects.toMatchObject({ code: 'denied', from: 'peer' });
    await expect(denied).rejects.toThrow('one person’s age');
    expect(heard.sort()).toEqual(['max denied one person’s age', 'mean accepted ']);
    max?.forget();
    expect(again.kept.length).toBe(0);
  });

  it('is another’s neither to see nor to have', async () => {
    const { owner, scientist } = await start();
    scientist.store.get('ages').mean().request({ name: 'mean', keepSecs: 60 });
    await until(() => owner.requests.length === 1);
    await leave(scientist, owner);
    await owner.requests.at(0).accept();
    const eve = await comeBack(owner, await makeIdentity());
    expect(eve.kept.length).toBe(0);
    expect(owner.grants.length).toBe(1);
  });

  it('what was accepted and revoked is distinct, to a get and as an event', async () => {
    const { owner, scientist } = await start();
    closing.push(() => scientist.close());
    const mean = scientist.store.get('ages').mean();
    const heard: string[] = [];
    scientist.on('decision', ({ outcome }) => heard.push(outcome));
    const asked = mean.request({ name: 'mean' });
    await until(() => owner.requests.length === 1);
    await owner.requests.at(0).accept();
    await asked.decision;
    owner.grants.list()[0]?.revoke();
    await until(() => asked.status === 'revoked');
    expect(heard).toEqual(['accepted', 'revoked']);
    await expect(mean.getValue()).rejects.toMatchObject({ code: 'revoked' });
    const again = mean.getValue({ requestBlock: true });
    await until(() => owner.requests.length === 1);
    await owner.requests.at(0).accept();
    expect(await again).toBe(3);
  });

  it('several in flight and a loop go on after each outcome', async () => {
    const { owner, scientist } = await start();
    closing.push(() => scientist.close());
    owner.on('request', (request) => {
      if (request.name === 'yes') void request.accept();
      else if (request.name === 'no') request.deny('no');
    });
    const ages = scientist.store.get('ages');
    const told: unknown[] = [];
    for (const name of ['no', 'yes', 'late', 'no', 'yes']) {
      const options = { requestBlock: true, name, ...(name === 'late' && { timeoutSecs: 0.01 }) };
      const [result, twice] = await Promise.all([
        ages.mean().tryGet(options),
        ages.sum().tryGet(options),
      ]);
      told.push([result, twice].map((one) => (one.ok ? one.value.dataSync()[0] : one.code)));
      if (result.ok) result.value.dispose();
      if (twice.ok) twice.value.dispose();
    }
    expect(told).toEqual([
      ['denied', 'denied'],
      [3, 12],
      ['expired', 'expired'],
      ['denied', 'denied'],
      [3, 12],
    ]);
    expect(scientist.status).toMatchObject({ phase: 'ready', waiting: 0, getting: 0 });
  });
});
