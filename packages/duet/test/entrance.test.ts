/** How scientists come in and back: invites, links that last, and both over a reload of the owner's page. */

import {
  type Family,
  type Identity,
  joinOn,
  joinRoom,
  LastingLink,
  type MemorySignaling,
  type MemoryTransport,
  makeIdentity,
  memorySignaling,
  memoryTransport,
  parseInvite,
  type Signaling,
  seekRepair,
} from '@duet/link';
import { type Knock, memoryStorage, type OwnerStorage, type Peer } from '@duet/owner';
import { DuetError, limits, systemClock } from '@duet/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { Entrance, type EntranceParts } from '../src/entrance';
import type { Invite } from '../src/invite';

/** An owner's side that only keeps the door. */
class Doorkeeper {
  readonly entrance: Entrance;
  readonly knocks: Knock[] = [];
  readonly strangers: Invite[] = [];
  readonly failures: unknown[] = [];
  readonly #signalings: Signaling[] = [];

  constructor(world: World, parts: Partial<EntranceParts> = {}) {
    this.entrance = new Entrance(
      {
        identity: world.owner,
        name: 'Olga',
        storage: world.storage,
        clock: systemClock,
        receive: (knock) => {
          this.knocks.push(knock);
          let status = 'waiting';
          void knock.closed.then(() => {
            status = 'left';
          });
          return {
            get status() {
              return status;
            },
            disconnect: () => knock.refuse(new DuetError('not-admitted')),
          } as Peer;
        },
        stranger: (invite) => this.strangers.push(invite),
        failed: (error) => this.failures.push(error),
      },
      {
        address: 'https://signal.example',
        scientistPage: 'https://signal.example/scientist/',
        network: {
          signaling: () => {
            const signaling = world.server.connect();
            this.#signalings.push(signaling);
            return signaling;
          },
          transport: () => world.transport,
        },
        graceMs: limits.graceMs,
        iceServers: [],
        ...parts,
      },
    );
  }

  /** The page is gone. Nothing was closed by anybody's word. */
  die(): void {
    for (const signaling of this.#signalings) signaling.close();
    world.transport.killAll();
  }

  async next(): Promise<Knock> {
    await until(() => this.knocks.length > 0);
    return this.knocks.shift() as Knock;
  }
}

interface World {
  readonly server: MemorySignaling;
  readonly transport: MemoryTransport;
  readonly storage: OwnerStorage;
  readonly owner: Identity;
}

let world: World;

beforeEach(async () => {
  world = {
    server: memorySignaling(),
    transport: memoryTransport(),
    storage: memoryStorage({ lasting: true }),
    owner: await makeIdentity(),
  };
});

/** A scientist's page, as far as the door. */
async function knock(url: string, identity?: Identity) {
  const me = identity ?? (await makeIdentity());
  const signaling = world.server.connect();
  const common = {
    identity: me,
    software: 'test',
    name: 'Grace',
    signaling,
    transport: world.transport,
  };
  const paired = await joinRoom({
    ...common,
    role: 'scientist',
    secret: parseInvite(url).secret,
  });
  const lasting = new LastingLink(paired, {
    role: 'scientist',
    repair: seekRepair(common),
    graceMs: limits.graceMs,
    clock: systemClock,
  });
  return { lasting, admitted: joinOn(lasting.link).admitted, identity: me };
}

async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 4000; look += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('What was waited for did not happen.');
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const utf8 = new TextEncoder();

/** Everything that the owner's browser has stored. */
async function stored() {
  const tables = ['invites', 'families'] as const;
  return Promise.all(tables.map(async (table) => (await world.storage.read(table)).length));
}

describe('an entrance', () => {
  it('lets in who has the invite, and uses it up at admission alone', async () => {
    const keeper = new Doorkeeper(world);
    const invite = keeper.entrance.makeInvite({});
    const { url } = invite;
    await invite.opened;
    const first = await knock(url);
    const atDoor = await keeper.next();
    expect(atDoor.identity).toMatchObject({
      name: 'Grace',
      fingerprint: first.identity.fingerprint,
    });
    expect(invite.usesLeft).toBe(1);
    atDoor.refuse(new DuetError('not-admitted'));
    await expect(first.admitted).rejects.toMatchObject({ code: 'not-admitted' });
    const second = await knock(url);
    const link = (await keeper.next()).admit();
    expect(await second.admitted).toBe('Grace');
    expect([invite.status, invite.url]).toEqual(['used', '']);
    const heard: string[] = [];
    link.onMessage((bytes) => void heard.push(text(bytes)));
    second.lasting.link.send(utf8.encode('hello'));
    await until(() => heard.length === 1);
    await expect(knock(url)).rejects.toMatchObject({ code: 'invite-used' });
    await keeper.entrance.close(true);
  });

  it('turns away who still waits by an invite that is used up', async () => {
    const keeper = new Doorkeeper(world);
    const invite = keeper.entrance.makeInvite({});
    const { url } = invite;
    await invite.opened;
    const first = await knock(url);
    const firstAtDoor = await keeper.next();
    const second = await knock(url);
    await keeper.next();
    firstAtDoor.admit();
    await first.admitted;
    await expect(second.admitted).rejects.toMatchObject({ code: 'not-admitted' });
    await keeper.entrance.close(true);
  });

  it('P3 P18 counts who comes without the invite, shows them out, and lets in the next who has it', async () => {
    const keeper = new Doorkeeper(world);
    const invite = keeper.entrance.makeInvite({});
    await invite.opened;
    const [room = ''] = world.server.rooms;
    let wasShownOut = false;
    const stranger = await world.server.connect().join(room, {
      signal: () => undefined,
      left: () => {
        wasShownOut = true;
      },
    });
    stranger.signal(new Uint8Array(600));
    await until(() => wasShownOut);
    expect([invite.strangers, invite.failedKnocks, invite.usesLeft]).toEqual([1, 0, 1]);
    expect(keeper.strangers).toEqual([invite]);
    await knock(invite.url);
    (await keeper.next()).admit();
    expect(invite.status).toBe('used');
    await keeper.entrance.close(true);
  });

  it('P22 finds its invites and those who were admitted after a reload of the page, by keys that nobody can read', async () => {
    const before = new Doorkeeper(world);
    const invite = before.entrance.makeInvite({ uses: 3 });
    const { url } = invite;
    await invite.opened;
    const grace = await knock(url);
    (await before.next()).admit();
    await grace.admitted;
    // Someone else has knocked, and was not admitted.
    await knock(url);
    await before.next();
    await until(() => grace.lasting.family?.secrets.length === 1);
    expect(await stored()).toEqual([1, 1]);
    // P22: keys that can be used, and not read.
    for (const [, row] of await world.storage.read('families')) {
      const { secrets } = row as Family;
      expect(secrets.length).toBeGreaterThan(0);
      for (const key of secrets) {
        expect(key).toMatchObject({ extractable: false, algorithm: { name: 'HKDF' } });
        await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
      }
    }
    // Nothing that is stored has the link in clear.
    const secret = parseInvite(url).url.split('#')[1] ?? '';
    const rows = JSON.stringify([...(await world.storage.read('invites'))].map(([, row]) => row));
    expect(rows).not.toContain(secret);
    expect(rows).not.toContain([...utf8.encode(secret)].slice(0, 16).join(','));

    before.die();
    const after = new Doorkeeper(world);
    const [restored, ...more] = await after.entrance.restore();
    expect(more).toEqual([]);
    expect(restored).toMatchObject({ url, usesLeft: 2, expiresAt: invite.expiresAt });
    await restored?.opened;
    const back = await after.next();
    expect(back).toMatchObject({ returning: true, identity: { name: 'Grace' } });
    const link = back.admit();
    await until(() => link.state?.phase === 'open');
    expect(grace.lasting.reason).toBeUndefined();
    const heard: string[] = [];
    link.onMessage((bytes) => void heard.push(text(bytes)));
    grace.lasting.link.send(utf8.encode('again'));
    await until(() => heard.length === 1);
    await knock(url);
    (await after.next()).admit();
    await until(() => restored?.usesLeft === 1);

    // A word of the owner's ends it all, for the next page too.
    await after.entrance.close(true);
    link.close(new DuetError('closed'));
    expect((await grace.lasting.link.closed).code).toBe('peer-left');
    expect(await stored()).toEqual([0, 0]);
    expect(await new Doorkeeper(world).entrance.restore()).toEqual([]);
    expect([before, after].flatMap(({ failures }) => failures)).toEqual([]);
  });

  it('goes on looking for a server that is away when the page is loaded', async () => {
    const before = new Doorkeeper(world);
    await before.entrance.makeInvite({}).opened;
    while ((await stored())[0] !== 1) await new Promise((resolve) => setTimeout(resolve, 2));
    before.die();
    world.server.stop();
    const after = new Doorkeeper(world);
    const [invite] = await after.entrance.restore();
    expect(invite?.status).not.toBe('open');
    world.server.start();
    await until(() => invite?.status === 'open');
    await after.entrance.close(true);
    invite?.revoke();
  });

  it('P3 takes its room again after somebody has squatted it while the server was restarted', async () => {
    const keeper = new Doorkeeper(world);
    const invite = keeper.entrance.makeInvite({});
    await invite.opened;
    const [room = ''] = world.server.rooms;
    world.server.stop();
    await until(() => invite.status === 'lost');
    world.server.start();
    const squatter = await world.server
      .connect()
      .host(room, { guest: () => undefined, signal: () => undefined, left: () => undefined });
    // The server has told the page by then that the room is taken.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(invite.status).not.toBe('open');
    squatter.close();
    await until(() => invite.status === 'open');
    await knock(invite.url);
    (await keeper.next()).admit();
    expect(invite.status).toBe('used');
    await keeper.entrance.close(true);
  });

  it('forgets invites that have expired, and families that were not here for a day', async () => {
    const family = { id: 'f', secrets: [], peer: { fingerprint: 'ab', name: '', software: '' } };
    const dayMs = 24 * 3600_000;
    const url = await world.storage.seal(utf8.encode('x'), 'invite|i');
    await world.storage.write([
      { table: 'families', key: 'f', value: { ...family, until: Date.now() - dayMs - 1 } },
      { table: 'invites', key: 'i', value: { url, usesLeft: 1, expiresAt: Date.now() - 1 } },
      // Of another's, put in its place.
      { table: 'invites', key: 'j', value: { url, usesLeft: 1, expiresAt: Date.now() + dayMs } },
    ]);
    const keeper = new Doorkeeper(world);
    expect(await keeper.entrance.restore()).toEqual([]);
    expect(keeper.knocks).toEqual([]);
    await keeper.entrance.close(false);
    expect(await stored()).toEqual([0, 0]);
  });
});
