/** The public surface, with both ends in one process. */

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  isDuetError,
  joinLoopback,
  type Loopback,
  type LoopbackOptions,
  loopback,
  toNested,
} from '../src';
import '../src/augment';

let open: Loopback[] = [];

beforeAll(() => tf.setBackend('cpu'));

afterEach(async () => {
  for (const { owner, scientist } of open) {
    scientist.close();
    await owner.close();
  }
  open = [];
});

async function start(options: LoopbackOptions = {}): Promise<Loopback> {
  const pair = await loopback({
    scientistName: 'Grace',
    ...options,
    owner: { backend: 'cpu', ...options.owner },
  });
  open.push(pair);
  return pair;
}

/** Resolves when the scientist's catalogue has so many entries. */
function entries(scientist: Loopback['scientist'], count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (scientist.store.length >= count) resolve();
      else scientist.once('store', look);
    };
    look();
  });
}

describe('publishing', () => {
  it('takes tensors, numbers, booleans, texts and arrays of them; what is public needs no request', async () => {
    const { owner, scientist } = await start();
    await owner.store.add(['cat', 'dog'], { tags: ['classes'], public: true });
    await owner.store.add(7, { tags: ['seven'], public: true });
    await owner.store.add([[true], [false]], { tags: ['flags'], public: true });
    const ages = tf.tensor1d([31, 45], 'int32');
    await owner.store.add(ages, { tags: ['ages'], public: true });
    ages.dispose();
    await entries(scientist, 4);
    const value = (key: string) => scientist.store.get(key).getValue();
    expect(await value('classes')).toEqual(['cat', 'dog']);
    expect(await value('seven')).toBe(7);
    expect(await value('flags')).toEqual([[true], [false]]);
    expect(await value('ages')).toEqual([31, 45]);
  });

  it('pads texts that are not public to a declared size, so that no size tells a length', async () => {
    const { owner } = await start();
    const { value } = await owner.store.add(['Al', 'Alexandra'], { tags: ['names'] });
    expect(value.bytes.length).toBe(2 * (4 + 64));
    await expect(owner.store.add(['x'.repeat(65)])).rejects.toMatchObject({ code: 'too-large' });
    const wide = await owner.store.add(['x'.repeat(65)], { maxElementBytes: 100 });
    expect(wide.value.bytes.length).toBe(104);
  });

  it('copies: the tensor is the caller’s to dispose, or to go on with', async () => {
    const { owner, scientist } = await start();
    const data = new Float32Array([1, 2]);
    const tensor = tf.tensor1d(data);
    await owner.store.add(tensor, { tags: ['t'], public: true });
    data[0] = 99;
    tensor.dispose();
    await entries(scientist, 1);
    expect(await scientist.store.get('t').getValue()).toEqual([1, 2]);
  });

  it('reads as in PySyft with duetjs/augment, on either side', async () => {
    const { owner, scientist } = await start();
    const ages = tf.tensor1d([31, 45]);
    const published = await ages.tag('ages', 'ages').describe('in years').send(owner);
    expect(published).toMatchObject({ tags: ['ages'], description: 'in years' });
    const sent = ages.send(scientist);
    expect(await sent.getValue()).toEqual([31, 45]);
    ages.dispose();
  });
});

describe('events and status of the owner’s side', () => {
  it('tell of requests, decisions, releases, people and the store', async () => {
    const { owner, scientist } = await start();
    const heard: string[] = [];
    owner.on('request', ({ name }) => heard.push(`request ${name}`));
    owner.on('decision', ({ name, status }) => heard.push(`decision ${name} ${status}`));
    owner.on('release', ({ elements, to }) => heard.push(`release ${elements} to ${to.name}`));
    owner.on('peer', ({ name, status }) => heard.push(`peer ${name} ${status}`));
    await owner.store.add([1, 2, 3], { tags: ['t'] });
    await entries(scientist, 1);
    const asked = scientist.store
      .get('t')
      .sum()
      .getValue({ requestBlock: true, name: 'sum', reason: 'why' });
    await new Promise<void>((resolve) => owner.once('request', () => resolve()));
    expect(owner.status).toMatchObject({
      phase: 'open',
      joined: 1,
      waiting: 0,
      requests: 1,
      objects: 2,
    });
    expect(owner.requests.table()).toMatchObject([
      {
        id: 'r1',
        from: 'Grace',
        name: 'sum',
        reason: 'why',
        shape: '[]',
        elements: 1,
        sources: 't',
      },
    ]);
    await owner.requests.at(0).accept();
    expect(await asked).toBe(6);
    scientist.close();
    await new Promise<void>((resolve) => owner.once('peer', () => resolve()));
    expect(heard).toEqual([
      'request sum',
      'decision sum accepted',
      'release 1 to Grace',
      'peer Grace left',
    ]);
    expect(owner.status).toMatchObject({ joined: 0, requests: 0, objects: 1 });
  });

  it('list the scientist’s objects as theirs, which the owner may drop', async () => {
    const { owner, scientist } = await start();
    const sent = scientist.send([1, 2], { tags: ['w'] });
    await sent.getValue();
    const row = owner.store.table().find(({ access }) => access === 'scientist');
    expect(row).toMatchObject({ of: 'Grace', shape: '[2]', dtype: 'float32' });
    owner.store.remove(row?.id ?? '');
    await expect(sent.getValue()).rejects.toMatchObject({ code: 'gone' });
  });

  it('closing sends everybody away, wipes the local log, and closes once', async () => {
    const { owner, scientist } = await start();
    await owner.store.add([1, 2], { tags: ['t'] });
    owner.requests.addHandler({ action: 'deny', logLocal: true });
    await entries(scientist, 1);
    const logged = new Promise((resolve) => owner.once('log', resolve));
    expect(await scientist.store.get('t').tryGet({ requestBlock: true })).toMatchObject({
      ok: false,
      code: 'denied',
    });
    await logged;
    expect(owner.requests.log.map(({ value }) => value && toNested(value))).toEqual([[1, 2]]);
    const ended = new Promise((resolve) => scientist.once('closed', resolve));
    await owner.close();
    await owner.close();
    expect(isDuetError(await ended, 'peer-left')).toBe(true);
    expect(owner.requests.log).toEqual([]);
    expect(owner.status.phase).toBe('closed');
    expect(() => owner.createInvite()).toThrow(/closed/);
  });
});

describe('several scientists', () => {
  it('are one at a time by default; the next hears why', async () => {
    const { owner } = await start();
    const waiting = new Promise<void>((resolve) => owner.once('peer', () => resolve()));
    const second = joinLoopback(owner, { scientistName: 'Alan' });
    await waiting;
    await expect(second).rejects.toMatchObject({ code: 'busy' });
    // They were told, and do not wait any more.
    while (owner.peers.length > 1)
      await new Promise<void>((resolve) => owner.once('peer', () => resolve()));
    expect(owner.status).toMatchObject({ joined: 1, waiting: 0 });
  });

  it('where there is room for them, have ids, labels and requests of their own', async () => {
    const { owner, scientist: grace } = await start({ owner: { mostScientists: 2 } });
    const alan = await joinLoopback(owner, { scientistName: 'Alan' });
    await owner.store.add([1, 2, 3], { tags: ['t'] });
    await entries(grace, 1);
    await entries(alan, 1);
    const sums = [grace, alan].map((scientist) => scientist.store.get('t').sum());
    expect(sums.map(({ id }) => id)).toEqual(['s1', 's1']);
    const answers = sums.map((sum) => sum.tryGet({ requestBlock: true, name: 'sum' }));
    while (owner.requests.length < 2)
      await new Promise<void>((resolve) => owner.once('request', () => resolve()));
    const [first, second] = owner.requests.list();
    await first?.accept();
    second?.deny('one is enough');
    const [one, other] = await Promise.all(answers);
    expect([one?.ok, other?.ok].sort()).toEqual([false, true]);
    alan.close();
  });
});

describe('a scientist who is sent away', () => {
  it('hears that it was the owner who ended it', async () => {
    const { owner, scientist } = await start();
    const ended = new Promise((resolve) => scientist.once('closed', resolve));
    owner.peers[0]?.disconnect();
    expect(isDuetError(await ended, 'dismissed')).toBe(true);
  });
});

describe('what is computed for whom', () => {
  it('a run is seen, paused, resumed and stopped by the owner, while requests are decided', async () => {
    const { owner, scientist } = await start();
    await owner.store.add(
      Array.from({ length: 64 }, (_, at) => [at]),
      { tags: ['X'] },
    );
    await entries(scientist, 1);
    const w = scientist.tf.variable(tf.scalar(0));
    const told: string[] = [];
    owner.on('run', ({ status, name }) => told.push(`${name} ${status}`));
    const run = scientist.train({
      step: (batch) => {
        w.assign(w.add(batch.mean()));
      },
      data: [scientist.store.get('X')],
      batchSize: 8,
      epochs: 100_000,
      progressEvery: 5,
      name: 'fit',
    });
    const asked = scientist.store.get('X').mean().getValue({ requestBlock: true, name: 'mean' });
    await new Promise<void>((resolve) => owner.once('request', () => resolve()));
    while (owner.runs[0] === undefined) await new Promise((resolve) => setTimeout(resolve));
    const [seen] = owner.runs;
    expect(seen).toMatchObject({ name: 'fit', steps: 800_000, status: 'running' });
    expect(seen.peer.name).toBe('Grace');
    expect(seen.words?.join(' ')).toContain('mean(');
    expect(owner.peers[0]?.activity).toMatchObject({ run: seen });
    await owner.requests.at(0).accept();
    expect(await asked).toBe(31.5);
    seen.pause();
    expect(seen.status).toBe('paused');
    seen.resume();
    seen.stop();
    expect(await run.done).toMatchObject({ status: 'stopped', step: seen.step });
    expect(owner.runs).toEqual([]);
    expect(told[0]).toBe('fit running');
    expect(told).toContain('fit paused');
    expect(told.at(-1)).toBe('fit stopped');
    expect(seen.step).toBeLessThan(800_000);
    w.dispose();
  });

  it('a scientist is kept waiting, and what is computed is ended, without a word to them', async () => {
    const { owner, scientist } = await start();
    await owner.store.add([1, 2, 3], { tags: ['open'], public: true });
    await entries(scientist, 1);
    const [peer] = owner.peers;
    if (peer === undefined) throw new Error('Nobody is joined.');
    const sum = scientist.store.get('open').sum();
    expect(await sum.getValue({ deleteObj: false })).toBe(6);
    peer.pause();
    expect(peer.isPaused).toBe(true);
    const mean = scientist.store.get('open').mean().getValue();
    peer.endComputation();
    peer.resume();
    expect(await mean).toBe(2);
    expect(await sum.getValue()).toBe(6);
    peer.disconnect();
    await new Promise((resolve) => owner.once('peer', resolve));
    expect(() => peer.pause()).toThrow(/not joined/);
  });
});

describe('a listener that throws', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is reported, and the duet is closed all the same', async () => {
    const reported: unknown[] = [];
    vi.stubGlobal('reportError', (thrown: unknown) => reported.push(String(thrown)));
    const { owner, scientist } = await start();
    let told = 0;
    owner.on('status', () => {
      told += 1;
    });
    owner.on('store', () => {
      throw new Error('of the store');
    });
    await owner.store.add(7, { tags: ['seven'], public: true });
    expect(told).toBeGreaterThan(0);
    await entries(scientist, 1);
    expect(await scientist.store.get('seven').getValue()).toBe(7);
    owner.on('closed', () => {
      throw new Error('of the end');
    });
    await owner.close();
    expect(new Set(reported)).toEqual(new Set(['Error: of the store', 'Error: of the end']));
  });
});

describe('a mock', () => {
  it('stands in the store with what it is like, and is no object of its own', async () => {
    const { owner, scientist } = await start();
    await owner.store.add([[1, 2]], { tags: ['X'], mock: [[5, 6]] });
    await owner.store.addDataset({ y: [1, 2] }, { name: 'd', mock: { y: [0, 1] } });
    expect(owner.store.length).toBe(2);
    expect(owner.store.table()).toHaveLength(2);
    await expect(owner.store.add([1], { mock: [1, 2] })).rejects.toMatchObject({
      code: 'bad-argument',
    });
    expect(scientist.status.phase).toBe('ready');
  });
});
