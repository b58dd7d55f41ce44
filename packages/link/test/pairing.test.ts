import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DuetError, limits, sameBytes } from '@duet/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Paired, roomOf, type Signaling, socketSignaling, type Transport } from '../src';
import { codeOf } from './helpers';
import { calm, outcomeOf, until, Village } from './pairing-helpers';

let village: Village;
beforeEach(async () => {
  village = await Village.build();
});
afterEach(() => village.close());

async function talk(from: Paired, to: Paired, number: number): Promise<void> {
  const got = new Promise<Uint8Array>((resolve) => to.channel.onFrame(resolve));
  from.channel.send(Uint8Array.of(number));
  expect(await got).toEqual(Uint8Array.of(number));
}

describe('pairing', () => {
  it('gives both sides the same transcript, the same pictures, and each other', async () => {
    const { owner, scientist } = await village.pair();
    expect(owner.transcript).toEqual(scientist.transcript);
    expect(owner.transcript).toHaveLength(32);
    expect(owner.shortAuth).toEqual(scientist.shortAuth);
    expect(owner.peer).toMatchObject({
      fingerprint: village.scientist.fingerprint,
      name: 'Sam',
      software: 'duet test',
    });
    expect(scientist.peer).toMatchObject({
      fingerprint: village.owner.fingerprint,
      name: 'Olga',
      publicKey: village.owner.publicKey,
    });
    expect([owner.path, scientist.path]).toEqual(['memory', 'memory']);
    expect(owner.resume).toBeUndefined();
    await talk(owner, scientist, 1);
    await talk(scientist, owner, 2);
  });

  it('lets one guest in after another, and leaves nothing of them at the server or in memory', async () => {
    const room = await roomOf(village.secret);
    const transcripts = new Set<string>();
    for (const round of [1, 2, 3]) {
      const { owner, scientist } = await village.pair();
      await talk(scientist, owner, round);
      transcripts.add(owner.transcript.join());
    }
    expect(transcripts.size).toBe(3);
    await calm();
    expect(village.server.rooms).toEqual([room]);
    expect(village.transport.connecting).toBe(0);
    expect(village.clock.pending).toBe(0);
    expect(village.statuses).toEqual(['connecting', 'open']);
    expect(village.strangers).toBe(0);
  });

  it('P3 of all who have the invite, takes nobody but its owner for the owner', async () => {
    const { fingerprint } = village.owner;
    await village.host();
    const other = `${fingerprint[0] === '0' ? '1' : '0'}${fingerprint.slice(1, 28)}`;
    expect(await outcomeOf(village.join({ owner: other }))).toBe('peer-auth');
    expect(await outcomeOf(village.join({ owner: fingerprint.slice(0, 28) }))).toMatchObject({
      peer: { fingerprint },
    });
  });

  it('lets several in at once', async () => {
    await village.host();
    const joining = [village.join(), village.join(), village.join(), village.join()];
    const scientists = await village.settle(Promise.all(joining));
    const owners = await Promise.all(village.pairings);
    const all = (paired: Paired[]): string[] =>
      paired.map(({ transcript }) => transcript.join()).sort();
    expect(all(owners)).toEqual(all(scientists));
  });

  it('shows the server nothing but ciphertext, in lengths that say little', async () => {
    await village.pair();
    const signals = village.server.seen.filter(({ kind }) => kind === 'signal');
    expect(signals.length).toBeGreaterThan(3);
    const words = ['Olga', 'Sam', 'duet test', 'pppp'].map((word) => Buffer.from(word));
    for (const { bytes } of signals) {
      const wire = Buffer.from(bytes);
      expect(wire.includes(Buffer.from(village.secret))).toBe(false);
      expect(wire.includes(Buffer.from(village.owner.publicKey))).toBe(false);
      expect(words.some((word) => wire.includes(word))).toBe(false);
    }
    const lengths = signals.map(({ bytes }) => bytes.length % limits.sealedStepBytes);
    expect(new Set(lengths).size).toBeLessThanOrEqual(2);
  });

  it('hands on what comes right behind the confirmation', async () => {
    await village.host();
    const joining = village.join();
    const owner = await village.pairing(0);
    owner.channel.send(Uint8Array.of(7));
    owner.channel.send(Uint8Array.of(8));
    const scientist = await joining;
    await calm();
    const got: number[] = [];
    scientist.channel.onFrame(([first = 0]) => got.push(first));
    expect(got).toEqual([7, 8]);
  });

  it('can be done again with what the last one left, and with nothing before that', async () => {
    const first = await village.pair();
    village.hosts[0]?.close();
    const { nextSecret } = first.owner;
    expect(nextSecret.extractable).toBe(false);
    expect(nextSecret).not.toBe(first.scientist.nextSecret);
    await village.host({ secret: nextSecret });
    expect(await codeOf(village.join())).toBe('invite-expired');
    const resume = { self: new Uint8Array(16).fill(1), peer: new Uint8Array(16).fill(2) };
    const again = await village.join({ secret: first.scientist.nextSecret, resume });
    const owner = await village.pairing(1);
    expect(owner.resume).toEqual(resume);
    expect(again.resume).toBeUndefined();
    expect(sameBytes(owner.transcript, first.owner.transcript)).toBe(false);
  });

  it('tells a lost state apart from none', async () => {
    const lost = { self: new Uint8Array(16).fill(1), peer: undefined };
    const { owner } = await village.pair({ resume: lost });
    expect(owner.resume).toEqual(lost);
  });

  it('tells a guest of an invite that is not open, or used', async () => {
    expect(await codeOf(village.join())).toBe('invite-expired');
    const host = await village.host();
    host.close('invite-used');
    expect(host.status).toBe('closed');
    expect(village.statuses.at(-1)).toBe('closed');
    expect(await codeOf(village.join())).toBe('invite-used');
  });

  it('refuses a second host of the same secret, and a first one once it is used up', async () => {
    const host = await village.host();
    expect(await codeOf(village.host())).toBe('id-taken');
    host.close();
    await village.host();
    village.hosts.at(-1)?.close('invite-used');
    expect(await codeOf(village.host())).toBe('id-taken');
  });

  it('waits a while for a door that is busy, and no longer', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const squatter = await village.page().join(room, { signal: () => {}, left: () => {} });
    const joining = village.join();
    await calm();
    squatter.leave();
    expect((await village.settle(joining)).peer.name).toBe('Olga');
    // Others who are always there before.
    const page = village.page();
    const signaling: Signaling = {
      address: page.address,
      status: page.status,
      host: (...args) => page.host(...args),
      close: () => page.close(),
      join: () => Promise.reject(new DuetError('room-full')),
    };
    expect(await village.settle(codeOf(village.join({ signaling })))).toBe('room-full');
  });

  it('says on both sides when no connection can be made', async () => {
    village.transport.fails = true;
    await village.host();
    const joining = codeOf(village.join({ relay: 'never' }));
    expect(await village.settle(joining)).toBe('no-connection');
    expect(await village.settle(codeOf(village.pairing(0)))).toBe('no-connection');
    expect(village.transport.connecting).toBe(0);
    village.transport.fails = false;
    expect((await village.join()).peer.name).toBe('Olga');
  });

  it('comes back with its room when the server does', async () => {
    await village.host();
    village.server.stop();
    expect(village.statuses.at(-1)).toBe('lost');
    expect(await codeOf(village.join())).toBe('no-signaling');
    village.server.start();
    village.clock.advance(1000);
    expect(village.statuses.at(-1)).toBe('open');
    expect((await village.join()).peer.name).toBe('Olga');
  });

  it('a server that cannot be reached is not taken for an owner who does not answer', async () => {
    const web = createServer();
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as AddressInfo;
    await new Promise((resolve) => web.close(resolve));
    const signaling = socketSignaling(`http://127.0.0.1:${port}`, village.clock);
    const failing = codeOf(village.join({ signaling }));
    expect(await village.settle(failing)).toBe('no-signaling');
    signaling.close();
    expect(village.clock.pending).toBe(0);
  });

  it('prepares nothing where nobody is, and once for all turns at a busy door', async () => {
    let prepared = 0;
    const transport: Transport = {
      prepare() {
        prepared += 1;
        return village.transport.prepare();
      },
    };
    expect(await codeOf(village.join({ transport }))).toBe('invite-expired');
    expect(prepared).toBe(0);
    await village.host();
    const page = village.page();
    let turns = 0;
    const signaling: Signaling = {
      address: page.address,
      status: page.status,
      host: (...args) => page.host(...args),
      close: () => page.close(),
      async join(room, listener, joining) {
        const joined = await page.join(room, listener, joining);
        turns += 1;
        if (turns < 3) {
          joined.leave();
          listener.left();
        }
        return joined;
      },
    };
    const paired = await village.settle(village.join({ transport, signaling }));
    expect(paired.peer.name).toBe('Olga');
    expect([turns, prepared]).toEqual([4, 1]);
  });

  it('eager, prepares before it is known whether anybody is there, and leaves nothing of it', async () => {
    const steps: string[] = [];
    const transport: Transport = {
      async prepare() {
        const prepared = await village.transport.prepare();
        steps.push('prepared');
        return {
          ...prepared,
          begin: () => void steps.push('begun'),
          discard: () => void steps.push('discarded'),
        };
      },
    };
    expect(await codeOf(village.join({ transport, eager: true }))).toBe('invite-expired');
    await village.settle(Promise.resolve());
    expect(steps[0]).toBe('prepared');
    expect(steps.at(-1)).toBe('discarded');
    steps.splice(0);
    await village.host();
    const heard: string[] = [];
    const onHello = (fingerprint: string): void => void heard.push(fingerprint);
    const paired = await village.settle(village.join({ transport, eager: true, onHello }));
    expect(heard).toEqual([paired.peer.fingerprint]);
    expect(steps.slice(0, 2)).toEqual(['prepared', 'begun']);
  });

  it('an owner who does not answer is not waited for', async () => {
    const room = await roomOf(village.secret);
    let left = 0;
    const silent = {
      guest: () => {},
      signal: () => {},
      left: () => {
        left += 1;
      },
    };
    await village.page().host(room, silent);
    expect(await village.settle(codeOf(village.join()))).toBe('no-connection');
    await calm();
    expect([left, village.clock.pending]).toEqual([1, 0]);
  });

  it('closing the room leaves connections in the making alone; aborting does not', async () => {
    const host = await village.host();
    const room = await roomOf(village.secret);
    const held: (() => void)[] = [];
    village.server.between = (event, deliver) => {
      if (event.room === room) deliver(event);
      else held.push(() => deliver(event));
    };
    const joining = village.join();
    await calm();
    expect(held.length).toBeGreaterThan(0);
    host.close('invite-used');
    village.server.between = undefined;
    for (const deliver of held) deliver();
    expect((await joining).peer.name).toBe('Olga');
    const abort = new AbortController();
    village.transport.fails = true;
    const secret = new Uint8Array(32).fill(8);
    await village.host({ signal: abort.signal, secret });
    const stuck = codeOf(village.join({ secret }));
    await calm();
    expect(village.pairings).toHaveLength(2);
    abort.abort();
    expect(await codeOf(village.pairing(1))).toBe('aborted');
    expect(village.hosts.at(-1)?.status).toBe('closed');
    expect(await village.settle(stuck)).toBe('no-connection');
    expect(village.clock.pending).toBe(0);
  });

  it('can be aborted at any moment, and leaves nothing behind', async () => {
    expect(await codeOf(village.join({ signal: AbortSignal.abort() }))).toBe('aborted');
    expect(await codeOf(village.host({ signal: AbortSignal.abort() }))).toBe('aborted');
    village.transport.fails = true;
    await village.host();
    for (const turns of [0, 1, 2, 4, 8, 16]) {
      const abort = new AbortController();
      const joining = codeOf(village.join({ signal: abort.signal }));
      for (let turn = 0; turn < turns; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      abort.abort();
      expect(await joining).toBe('aborted');
    }
    await village.settle(Promise.allSettled(village.pairings));
    expect(village.transport.connecting).toBe(0);
    expect(village.server.rooms).toHaveLength(1);
  });

  it('refuses an insecure context before anything else', async () => {
    Object.defineProperty(globalThis, 'isSecureContext', { value: false, configurable: true });
    try {
      expect(await codeOf(village.join())).toBe('insecure-context');
      expect(await codeOf(village.host())).toBe('insecure-context');
    } finally {
      Reflect.deleteProperty(globalThis, 'isSecureContext');
    }
  });
});

describe('the relay', () => {
  it('is used where no direct path is found, and frames go both ways', async () => {
    village.transport.fails = true;
    await village.host();
    const scientist = await village.settle(village.join());
    const owner = await village.pairing(0);
    expect([owner.path, scientist.path]).toEqual(['relay', 'relay']);
    expect(owner.transcript).toEqual(scientist.transcript);
    await talk(owner, scientist, 1);
    await talk(scientist, owner, 2);
    expect(village.server.seen.some(({ kind }) => kind === 'relayed')).toBe(true);
    const ended = new Promise<DuetError>((resolve) => owner.channel.onClosed(resolve));
    scientist.channel.close();
    expect((await ended).code).toBe('peer-left');
    await until(() => village.server.rooms.length === 1);
    await until(() => village.transport.connecting === 0);
  });

  it.each([
    ['the owner', {}, { relay: 'only' }],
    ['the scientist', { relay: 'only' }, {}],
    ['both', { relay: 'only' }, { relay: 'only' }],
  ] as const)('is used at once where %s wants nothing else', async (_, join, host) => {
    const { owner, scientist } = await village.pair(join, host);
    expect([owner.path, scientist.path]).toEqual(['relay', 'relay']);
    expect(village.transport.pairs).toHaveLength(0);
    await talk(scientist, owner, 1);
  });

  it.each([
    ['the owner does not allow it', { relay: 'only' }, { relay: 'never' }, true],
    ['the scientist does not allow it', { relay: 'never' }, { relay: 'only' }, true],
    ['the server does not', { relay: 'only' }, {}, false],
  ] as const)('is not used where %s, and both sides hear why', async (_, join, host, relays) => {
    village.server.relays = relays;
    await village.host(host);
    const joining = codeOf(village.join(join));
    const owner = until(() => village.pairings.length === 1).then(() => codeOf(village.pairing(0)));
    expect(await village.settle(joining)).toBe('no-connection');
    expect(await village.settle(owner)).toBe('no-connection');
    expect(village.server.seen.some(({ kind }) => kind === 'relayed')).toBe(false);
  });

  it('is used, too, where a direct channel opened for the owner alone and was given up', async () => {
    const { transport } = village;
    const late: Transport = {
      async prepare() {
        const { fingerprint, connect } = await transport.prepare();
        return {
          fingerprint,
          connect(options) {
            const connecting = connect(options);
            const channel = connecting.channel.then(async (opened) => {
              opened.close();
              await calm();
              throw new DuetError('no-connection');
            });
            channel.catch(() => {});
            return {
              channel,
              path: connecting.path,
              signal: (signal) => connecting.signal(signal),
              close: (reason) => connecting.close(reason),
            };
          },
        };
      },
    };
    await village.host();
    const scientist = await village.join({ transport: late });
    const owner = await village.pairing(0);
    expect([owner.path, scientist.path]).toEqual(['relay', 'relay']);
    await talk(owner, scientist, 1);
    // Where nobody asks for the relay either, that is an end.
    village.server.relays = false;
    expect(await village.settle(codeOf(village.join({ transport: late })))).toBe('no-connection');
    expect(await village.settle(codeOf(village.pairing(1)))).toBe('no-connection');
    expect(village.transport.connecting).toBe(0);
  });

  it('ends with the server', async () => {
    const { owner, scientist } = await village.pair({ relay: 'only' });
    const reasons = [owner, scientist].map(
      ({ channel }) =>
        new Promise<string>((resolve) => channel.onClosed(({ code }) => resolve(code))),
    );
    village.server.stop();
    expect(await Promise.all(reasons)).toEqual(['link-lost', 'link-lost']);
  });

  it('seals what it carries', async () => {
    const { owner, scientist } = await village.pair({ relay: 'only' });
    const got = new Promise<Uint8Array>((resolve) => scientist.channel.onFrame(resolve));
    owner.channel.send(new Uint8Array(Buffer.from('a word that nobody else may read')));
    await got;
    const wires = village.server.seen.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
    expect(wires.some((wire) => wire.includes('a word that'))).toBe(false);
  });
});

it('an error of pairing says no secret', async () => {
  const reason = await village.join().catch((thrown: unknown) => thrown);
  expect(reason).toBeInstanceOf(DuetError);
  expect(String(reason)).not.toContain(Buffer.from(village.secret).toString('base64url'));
});
