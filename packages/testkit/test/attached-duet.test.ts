/** A duet whose session runs in a worker of the scientist's page, over the connection that the page has lent it. */

import * as tf from '@tensorflow/tfjs';
import {
  type Connection,
  type ConnectOptions,
  connectInvite,
  joinDuet,
  resumeConnection,
  type ScientistDuet,
} from 'duetjs';
import { describe, expect, it } from 'vitest';
import { DuetWorld, type ScientistBrowser } from '../src/duet-world';

async function open(): Promise<DuetWorld> {
  const world = await DuetWorld.open();
  await world.owner.store.add(tf.tensor1d([1, 2, 3]), { tags: ['ages'], public: true, keep: true });
  return world;
}

function connect(world: DuetWorld, person: ScientistBrowser, options: ConnectOptions = {}) {
  return connectInvite(world.owner.invite.url, person.optionsWith(options));
}

/** What the page does for its worker, and the worker's end of it. */
async function work(connection: Connection): Promise<ScientistDuet> {
  const { port1, port2 } = new MessageChannel();
  connection.attach(port1);
  return joinDuet(port2);
}

const renewed = (duet: ScientistDuet) =>
  new Promise<{ readonly gone: number }>((resolve) => duet.on('renewed', resolve));

async function mean(duet: ScientistDuet): Promise<unknown> {
  return duet.store.get('ages').mean().getValue();
}

describe('a session in a worker of the page', () => {
  it('lives on when the owner’s page is reloaded', async () => {
    await using world = await open();
    const connection = await connect(world, await world.person());
    const duet = await work(connection);
    const derived = duet.store.get('ages').sum();
    expect(await derived.getValue({ deleteObj: false })).toBe(6);
    const told = renewed(duet);
    await world.reloadOwner();
    expect(await told).toEqual({ gone: 1 });
    expect(() => derived.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    expect(await mean(duet)).toBe(2);
    expect(connection.status).toBe('connected');
    connection.close();
  });

  it('finds everything again when its own page is reloaded; a program that is started anew does not', async () => {
    await using world = await open();
    const person = await world.person();
    const before = await work(await connect(world, person));
    const sum = before.store.get('ages').sum();
    before.send([1, 2], { tags: ['mine'] });
    expect(await sum.getValue({ deleteObj: false })).toBe(6);
    person.kill();
    const connection = await resumeConnection(person.optionsWith());
    expect(connection?.status).toBe('reconnecting');
    expect(connection?.awayUntil).toBeInstanceOf(Date);
    if (!connection) return;
    const duet = await work(connection);
    expect(connection.status).toBe('connected');
    expect(duet.store.mine().map(({ id, madeBy }) => `${id} ${madeBy}`)).toEqual([
      's1 sum',
      's2 send',
    ]);
    expect(await duet.store.mine()[0]?.getValue()).toBe(6);
    const another = await work(connection);
    expect(another.store.mine()).toEqual([]);
    expect(await mean(another)).toBe(2);
    connection.close();
  });

  it('goes through a lost connection as if nothing had been', async () => {
    await using world = await open();
    const connection = await connect(world, await world.person());
    const duet = await work(connection);
    const phases: string[] = [];
    duet.on('status', ({ phase }) => phases.push(phase));
    world.cut();
    expect(await mean(duet)).toBe(2);
    expect(phases).toContain('reconnecting');
    expect(duet.status.phase).toBe('ready');
    connection.close();
  });
});

describe('a connection', () => {
  it('says who the owner is before they have admitted anyone, and whether they were met before', async () => {
    await using world = await open();
    const person = await world.person();
    const steps: string[] = [];
    const first = await connect(world, person, {
      onStatus: (status) => steps.push(status),
      onOwner: ({ fingerprint, shortAuth, known }) => {
        expect(fingerprint).toBe(world.owner.fingerprint);
        expect(shortAuth.words).toHaveLength(5);
        expect(known).toBeUndefined();
        steps.push('owner');
      },
    });
    expect(steps).toEqual([
      'joining',
      'connecting',
      'securing',
      'owner',
      'waiting for the owner to admit you',
      'connected',
    ]);
    expect(first.path).toBe('memory');
    expect(first.known).toBeUndefined();
    first.close();
    expect((await first.closed).code).toBe('closed');
    const invite = world.owner.createInvite();
    await invite.opened;
    const second = await connect(world, person);
    expect(second.known).toMatchObject({ sessions: 1 });
    expect(second.ownerBadge).toEqual(first.ownerBadge);
    expect(second.shortAuth?.words).toHaveLength(5);
    second.close();
  });

  it('L4 that was left is not gone on with, and neither is one that the owner has ended', async () => {
    await using world = await open();
    const person = await world.person();
    const left = await connect(world, person);
    left.close();
    await left.closed;
    person.kill();
    expect(await resumeConnection(person.optionsWith())).toBeUndefined();
    await world.owner.createInvite().opened;
    const sent = await connect(world, person);
    world.owner.peers.at(-1)?.disconnect();
    expect((await sent.closed).code).toBe('dismissed');
    person.kill();
    expect(await resumeConnection(person.optionsWith())).toBeUndefined();
  });

  it('is not gone on with where there is no grace, and a bad one is refused', async () => {
    await using world = await open();
    const person = await world.person();
    for (const graceSecs of [-1, Number.NaN, 1e9]) {
      await expect(connect(world, person, { graceSecs })).rejects.toMatchObject({
        code: 'bad-argument',
      });
    }
    await connect(world, person, { graceSecs: 0 });
    person.kill();
    expect(await resumeConnection(person.optionsWith())).toBeUndefined();
  });

  it('ends when it is aborted, also while the owner’s page is sought', async () => {
    await using world = await open();
    const person = await world.person();
    await connect(world, person);
    person.kill();
    world.killOwner();
    const abort = new AbortController();
    const resumed = await resumeConnection(person.optionsWith({ signal: abort.signal }));
    expect(resumed?.status).toBe('reconnecting');
    abort.abort();
    expect((await resumed?.closed)?.code).toBe('aborted');
    await world.launch();
  });
});
