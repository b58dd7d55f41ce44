/** Coming in: whole duets over a signaling server in memory. */

import * as tf from '@tensorflow/tfjs';
import { connectInvite, type OwnerDuet, type Peer } from 'duetjs';
import { describe, expect, it } from 'vitest';
import { DuetWorld, hurried, until } from '../src';
import { codeOf } from './parity/duo';

const ages = [25, 32, 49, 65, 88, 22];

/** The next who knocks. */
async function knocking(owner: OwnerDuet): Promise<Peer> {
  const find = () => owner.peers.find(({ status }) => status === 'waiting');
  await until(() => find() !== undefined);
  return find() as Peer;
}

describe('who has the invite', () => {
  it('Duet 1, Duet 2, Duet 3, Duet 13 joins, sees what is published, and gets it to the last bit; both sides know who the other is, and when it leaves', async () => {
    await using world = await DuetWorld.open({ owner: { name: 'Olga' } });
    const { owner } = world;
    const table = tf.randomNormal([4, 5]);
    await owner.store.add([1, 2, 3], { tags: ['list'] });
    await owner.store.add(table, { tags: ['table'] });
    owner.requests.addHandler({
      action: 'accept',
      tags: ['list'],
      release: 'records',
      elementQuota: 3,
    });
    owner.requests.addHandler({
      action: 'accept',
      tags: ['table'],
      release: 'records',
      elementQuota: 20,
      digits: 'exact',
    });
    const { duet, identity } = await world.join();
    expect(duet.peer).toMatchObject({ fingerprint: owner.fingerprint, name: 'Olga' });
    expect(owner.peers).toMatchObject([
      { name: 'Grace', fingerprint: identity.fingerprint, status: 'joined', path: 'memory' },
    ]);
    expect(identity.fingerprint).not.toBe(owner.fingerprint);
    expect(duet.store.length).toBe(2);
    const first = await duet.store.at(0).getValue({ requestBlock: true, deleteObj: false });
    expect(first).toEqual([1, 2, 3]);
    const got = await duet.store.get('table').get({ requestBlock: true });
    expect(got.shape).toEqual([4, 5]);
    expect(await got.data()).toEqual(await table.data());
    expect(owner.store.length).toBe(2);
    tf.dispose([table, got]);
    duet.close();
    await until(() => owner.peers.length === 0);
  });

  it('P8 sees the same five pictures as the owner, and another the next time', async () => {
    await using world = await DuetWorld.open({ owner: { admit: 'ask', name: 'Olga' } });
    const { owner } = world;
    const browser = await world.person();
    const seen: (readonly string[])[] = [];
    for (let round = 0; round < 2; round += 1) {
      const shown: (readonly string[])[] = [];
      const joining = connectInvite(owner.invite.url, {
        ...browser.optionsWith(),
        onOwner: ({ shortAuth }) => shown.push(shortAuth.words),
      });
      const peer = await knocking(owner);
      await until(() => shown.length === 1);
      expect(peer.shortAuth?.words).toEqual(shown[0]);
      expect(peer.shortAuth?.emoji).toHaveLength(5);
      expect(peer.known?.sessions).toBe(round === 0 ? undefined : 1);
      expect(peer.assurance).toBe(round === 0 ? 'invite' : 'known');
      peer.admit();
      const connection = await joining;
      expect(connection.shortAuth?.words).toEqual(peer.shortAuth?.words);
      expect(connection.known?.name).toBe(round === 0 ? undefined : 'Olga');
      seen.push(...shown);
      connection.close();
      await until(() => owner.peers.length === 0);
      if (round === 0) await owner.createInvite().opened;
    }
    expect(seen[0]).not.toEqual(seen[1]);
    expect(owner.partners.list()).toMatchObject([{ name: 'Grace', sessions: 2 }]);
  });

  it('waits while another waits, and both can be let in by an invite with two uses', async () => {
    await using world = await DuetWorld.open({ owner: { admit: 'ask', uses: 2 } });
    const { owner } = world;
    const { url } = owner.invite;
    const [grace, ada, eve] = [
      await world.person('Grace'),
      await world.person('Ada'),
      await world.person('Eve'),
    ];
    const joins = [grace.join(url), ada.join(url)];
    await until(() => owner.status.waiting === 2);
    expect(owner.invite.usesLeft).toBe(2);
    for (const peer of owner.peers) peer.admit();
    await Promise.all(joins);
    expect(owner.peers.map(({ name }) => name).sort()).toEqual(['Ada', 'Grace']);
    expect([owner.invite.status, owner.invite.url]).toEqual(['used', '']);
    expect(await codeOf(eve.join(url))).toBe('invite-used');
  });

  it('P4 is turned away where all uses are gone while they wait', async () => {
    await using world = await DuetWorld.open({ owner: { admit: 'ask' } });
    const { owner } = world;
    const { url } = owner.invite;
    const [grace, eve] = [await world.person('Grace'), await world.person('Eve')];
    const first = grace.join(url);
    const peer = await knocking(owner);
    const second = codeOf(eve.join(url));
    await until(() => owner.status.waiting === 2);
    peer.admit();
    await first;
    expect(await second).toBe('not-admitted');
    expect(owner.status).toMatchObject({ waiting: 0, joined: 1 });
  });

  it('P4 is one of many who come at once, of whom a policy lets in as many as the invite has uses', async () => {
    await using world = await DuetWorld.open({
      owner: { admit: 'all', uses: 2, mostScientists: 9 },
    });
    const { url } = world.owner.invite;
    const names = ['Ada', 'Grace', 'Emmy', 'Mary', 'Rosa'];
    const people = await Promise.all(names.map((name) => world.person(name)));
    const codes = await Promise.all(people.map((each) => codeOf(each.join(url))));
    expect(codes.filter((code) => code === 'done')).toHaveLength(2);
    for (const code of codes)
      expect(['done', 'not-admitted', 'invite-used', 'peer-left']).toContain(code);
    expect(world.owner.status).toMatchObject({ waiting: 0, joined: 2 });
  });

  it('comes too late for an invite that was revoked or has expired; who is in stays', async () => {
    await using world = await DuetWorld.open({ owner: { uses: 5 } });
    const { owner } = world;
    const { url } = owner.invite;
    const grace = await world.join();
    owner.invite.revoke();
    const eve = await world.person('Eve');
    expect(await codeOf(eve.join(url))).toBe('invite-expired');
    const short = owner.createInvite({ expiresInSecs: 0.2 });
    await short.opened;
    const shortUrl = short.url;
    await until(() => short.status === 'expired');
    expect(await codeOf(eve.join(shortUrl))).toBe('invite-expired');
    expect(owner.peers).toMatchObject([{ status: 'joined' }]);
    expect(grace.duet.status.phase).toBe('ready');
    const audited = await owner.audit.entries({ kind: 'invite' });
    expect(audited.map((entry) => entry.kind === 'invite' && entry.what)).toEqual([
      'made',
      'used',
      'revoked',
      'made',
      'expired',
    ]);
  });

  it('hears busy where no more fit, dismissed when sent away, not-admitted when refused', async () => {
    await using world = await DuetWorld.open({ owner: { uses: 5, mostScientists: 1 } });
    const { owner } = world;
    const grace = await world.join();
    expect(await codeOf(world.join('Ada'))).toBe('busy');
    const ended = new Promise<string>((resolve) =>
      grace.duet.once('closed', ({ code }) => resolve(code)),
    );
    owner.peers[0]?.disconnect();
    expect(await ended).toBe('dismissed');
    await world.reloadOwner({ admit: () => 'refuse' });
    expect(await codeOf(world.join('Eve'))).toBe('not-admitted');
  });

  it('is let in by a policy, which may go by whom the owner knows', async () => {
    await using world = await DuetWorld.open({ owner: { admit: 'ask', uses: 9 } });
    const grace = await world.person('Grace');
    const joining = grace.join(world.owner.invite.url);
    (await knocking(world.owner)).admit();
    (await joining).close();
    await until(() => world.owner.peers.length === 0);
    const owner = await world.reloadOwner({ admit: 'known' });
    const ada = await world.person('Ada');
    const waiting = codeOf(ada.join(owner.invite.url));
    await until(() => owner.status.waiting === 1);
    await grace.join(owner.invite.url);
    expect(owner.status).toMatchObject({ waiting: 1, joined: 1 });
    owner.peers.find(({ name }) => name === 'Ada')?.disconnect();
    expect(await waiting).toBe('not-admitted');
  });
});

describe('who does not', () => {
  it('P3 is a stranger: shown out, counted, told, and using nothing up', async () => {
    await using world = await DuetWorld.open();
    const { owner } = world;
    const [room = ''] = world.server.rooms;
    let told = 0;
    owner.on('stranger', () => {
      told += 1;
    });
    for (let count = 1; count <= 3; count += 1) {
      const guest = await world.server
        .connect()
        .join(room, { signal: () => undefined, left: () => undefined });
      guest.signal(crypto.getRandomValues(new Uint8Array(600)));
      await until(() => told === count);
    }
    expect(owner.invite).toMatchObject({
      strangers: 3,
      failedKnocks: 0,
      usesLeft: 1,
      status: 'open',
    });
    await world.join();
    expect(owner.invite.status).toBe('used');
  });

  it('Duet 5 P23 is the owner itself, under its own identity', async () => {
    await using world = await DuetWorld.open();
    const me = await world.person();
    const { loadIdentity } = await import('@duet/link');
    const identity = await loadIdentity('owner');
    expect(identity.fingerprint).toBe(world.owner.fingerprint);
    expect(await codeOf(me.join(world.owner.invite.url, { identity }))).toBe('peer-auth');
    expect(world.owner.peers).toEqual([]);
    expect(world.owner.invite.usesLeft).toBe(1);
  });
});

describe('the way there', () => {
  it('Duet 8 ends in an error where the signaling server cannot be reached', async () => {
    await using world = await DuetWorld.open();
    const { url } = world.owner.invite;
    world.server.stop();
    expect(await codeOf(world.join())).toBe('no-signaling');
    await world.owner.close();
    expect(await codeOf(world.launch())).toBe('no-signaling');
    expect(url).not.toBe('');
  });

  it('Duet 9 ends in an error where no connection can be made, and nobody hears of one', async () => {
    await using world = await DuetWorld.open({
      clock: hurried(10),
      owner: { relay: 'never' },
      scientist: { relay: 'never' },
    });
    world.transport.fails = true;
    const statuses: string[] = [];
    const peers: string[] = [];
    world.owner.on('peer', ({ status }) => peers.push(status));
    expect(await codeOf(world.join('Grace', { onStatus: (status) => statuses.push(status) }))).toBe(
      'no-connection',
    );
    expect(statuses).not.toContain('connected');
    expect(peers).toEqual([]);
    expect(world.owner.invite.usesLeft).toBe(1);
  });

  it('is the server’s relay where both sides allow no other, and the server reads nothing', async () => {
    await using world = await DuetWorld.open({
      owner: { name: 'Olga' },
      scientist: { relay: 'only' },
    });
    const { owner } = world;
    await owner.store.add(ages, { tags: ['private-ages'] });
    const { duet } = await world.join();
    expect(owner.peers[0]?.path).toBe('relay');
    const getting = duet.store.get('private-ages').getValue({ requestBlock: true, name: 'all' });
    await until(() => owner.requests.length === 1);
    await owner.requests.at(0).accept();
    expect(await getting).toEqual(ages);
    const seen = world.server.seen
      .map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
      .join('');
    expect(seen.length).toBeGreaterThan(1000);
    const bits = Buffer.from(new Float32Array(ages).buffer).toString('latin1');
    for (const plain of ['Olga', 'Grace', 'private-ages', bits, bits.slice(0, 8)]) {
      expect(seen).not.toContain(plain);
    }
    const key = Buffer.from(duet.peer.publicKey ?? []).toString('latin1');
    expect(key).toHaveLength(65);
    expect(seen).not.toContain(key);
  });
});
