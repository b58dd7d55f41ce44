import { DuetError, limits } from '@duet/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Family,
  hostRepair,
  LastingLink,
  makeIdentity,
  type Paired,
  type PairingOptions,
  type RepairOptions,
  type Role,
  type Signaling,
  seekRepair,
} from '../src';
import { codeOf } from './helpers';
import { calm, Village } from './pairing-helpers';

// Links that survive, with all that is under them: a signaling server, pairing, and real keys.

let village: Village;
beforeEach(async () => {
  village = await Village.build();
});
afterEach(() => village.close());

const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

interface Side {
  readonly lasting: LastingLink;
  /** Cuts this side off from the server. */
  readonly gate: { isShut: boolean };
  readonly got: string[];
  /** What is stored. */
  readonly family: Family | undefined;
}

/** A page's way to the server, which can be cut. */
function gated(signaling: Signaling, gate: { readonly isShut: boolean }): Signaling {
  const check = (): void => {
    if (gate.isShut) throw new DuetError('no-signaling');
  };
  return {
    address: signaling.address,
    get status() {
      return signaling.status;
    },
    async host(...args) {
      check();
      return signaling.host(...args);
    },
    async join(...args) {
      check();
      return signaling.join(...args);
    },
    close: () => signaling.close(),
  };
}

function optionsOf(role: Role, gate: { readonly isShut: boolean }): RepairOptions {
  return {
    identity: village[role],
    software: 'duet test',
    name: role,
    signaling: gated(village.page(), gate),
    transport: village.transport,
    clock: village.clock,
  };
}

function sideOf(role: Role, paired: Paired | undefined, family?: Family): Side {
  const gate = { isShut: false };
  const common = optionsOf(role, gate);
  const got: string[] = [];
  let stored = family;
  const lasting = new LastingLink(paired, {
    role,
    repair: role === 'owner' ? hostRepair(common) : seekRepair(common),
    graceMs: limits.graceMs,
    clock: village.clock,
    ownFingerprint: common.identity.fingerprint,
    family,
    // As a store does it, later.
    onFamily: async (changed) => {
      await Promise.resolve();
      stored = changed === undefined ? undefined : structuredClone(changed);
    },
  });
  lasting.link.onMessage((message) => void got.push(new TextDecoder().decode(message)));
  lasting.link.onRenewed(() => got.push('renewed'));
  return {
    lasting,
    gate,
    got,
    get family() {
      return stored;
    },
  };
}

async function pass(ms: number, stepMs = 250): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    village.clock.advance(Math.min(left, stepMs));
    await calm();
  }
}

async function passUntil(holds: () => boolean, mostMs = 60_000): Promise<void> {
  for (let ms = 0; ms < mostMs && !holds(); ms += 250) await pass(250);
  expect(holds()).toBe(true);
}

async function meet(): Promise<{ owner: Side; scientist: Side }> {
  const paired = await village.pair();
  village.hosts[0]?.close();
  await calm();
  return {
    owner: sideOf('owner', paired.owner),
    scientist: sideOf('scientist', paired.scientist),
  };
}

const areOpen = (...sides: Side[]): (() => boolean) => {
  return () => sides.every(({ lasting }) => lasting.state === 'open');
};

describe('a link over pairing', () => {
  it('finds the other side again, time after time, under another room each time', async () => {
    const { owner, scientist } = await meet();
    const rooms = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      village.transport.killAll();
      owner.lasting.link.send(bytes(`to ${time}`));
      scientist.lasting.link.send(bytes(`from ${time}`));
      await passUntil(areOpen(owner, scientist));
      await calm();
    }
    for (const { kind, to, room } of village.server.seen) {
      if (kind === 'guest' && to === 'host') rooms.add(room);
    }
    expect(owner.got).toEqual(['from 0', 'from 1', 'from 2']);
    expect(scientist.got).toEqual(['to 0', 'to 1', 'to 2']);
    // The invite's, and three to find each other; each with a private one behind it.
    expect(rooms.size).toBe(8);
    // No room is open that nobody is to come to.
    expect(village.server.rooms).toEqual([]);
    expect(owner.family?.secrets).toHaveLength(1);
  });

  it('survives the loss of the server and of the connection together', async () => {
    const { owner, scientist } = await meet();
    village.server.stop();
    village.transport.killAll();
    await pass(30_000, 1000);
    expect([owner.lasting.state, scientist.lasting.state]).toEqual(['away', 'away']);
    owner.lasting.link.send(bytes('still here'));
    village.server.start();
    await passUntil(areOpen(owner, scientist));
    await calm();
    expect(scientist.got).toEqual(['still here']);
  });

  it('survives connections that cannot be made for a while', async () => {
    const { owner, scientist } = await meet();
    village.server.relays = false;
    village.transport.fails = true;
    village.transport.killAll();
    await pass(40_000, 1000);
    expect([owner.lasting.state, scientist.lasting.state]).toEqual(['away', 'away']);
    village.transport.fails = false;
    await passUntil(areOpen(owner, scientist));
  });

  it('goes through the server where there is no direct path any more, and says so', async () => {
    const { owner, scientist } = await meet();
    village.transport.fails = true;
    village.transport.killAll();
    await passUntil(areOpen(owner, scientist));
    expect([owner.lasting.path, scientist.lasting.path]).toEqual(['relay', 'relay']);
    expect(owner.lasting.link.state.path).toBe('relay');
    scientist.lasting.link.send(bytes('by relay'));
    await calm();
    expect(owner.got).toEqual(['by relay']);
    // When that is lost, too, it looks for a direct one again.
    village.transport.fails = false;
    village.server.stop();
    village.server.start();
    await passUntil(() => owner.lasting.path === 'memory' && areOpen(owner, scientist)());
    scientist.lasting.link.send(bytes('directly'));
    await calm();
    expect(owner.got).toEqual(['by relay', 'directly']);
  });

  it('takes a scientist up again who has only what is stored', async () => {
    const { owner, scientist } = await meet();
    scientist.lasting.link.send(bytes('before'));
    await calm();
    // The page that was there before is gone, as far as that can be in one process.
    scientist.gate.isShut = true;
    village.transport.killAll();
    const reloaded = sideOf('scientist', undefined, structuredClone(scientist.family));
    reloaded.lasting.link.send(bytes('begin'));
    await passUntil(areOpen(owner, reloaded));
    await calm();
    expect(owner.got).toEqual(['before', 'renewed', 'begin']);
    expect(owner.family?.peer.fingerprint).toBe(village.scientist.fingerprint);
  });
});

describe('a stored family', () => {
  it('A7 P22 of before the last reconnection opens no room', async () => {
    const { owner, scientist } = await meet();
    const old = structuredClone(scientist.family) as Family;
    village.transport.killAll();
    await passUntil(areOpen(owner, scientist));
    await pass(1000);
    // Whoever kept it comes with it while the link is lost again.
    village.transport.killAll();
    const join = (changes: Partial<PairingOptions>): Promise<string> =>
      codeOf(village.settle(village.join(changes)));
    const [secret] = old.secrets;
    expect(await join({ secret: secret! })).toBe('invite-expired');
    await passUntil(areOpen(owner, scientist));
  });

  it('P22 without the identity that belongs to it lets nobody in, and costs the scientist nothing', async () => {
    const { owner, scientist } = await meet();
    const refused: string[] = [];
    owner.lasting.on('refused', ({ code }) => refused.push(code));
    const stolen = structuredClone(scientist.family) as Family;
    // The scientist cannot reach the server for a while, the thief can.
    const thief = await makeIdentity();
    scientist.gate.isShut = true;
    village.transport.killAll();
    await calm();
    const pairing = await village.settle(
      village.join({ identity: thief, secret: stolen.secrets[0]! }).catch(() => undefined),
    );
    const ended = await village.settle(
      new Promise((resolve) => {
        if (pairing === undefined) resolve('not paired');
        else pairing.channel.onClosed(({ code }) => resolve(code));
      }),
    );
    expect(['peer-left', 'not paired']).toContain(ended);
    expect(owner.lasting.state).toBe('away');
    scientist.gate.isShut = false;
    await passUntil(areOpen(owner, scientist));
    scientist.lasting.link.send(bytes('me'));
    await calm();
    expect(owner.got).toEqual(['me']);
    expect(refused).toEqual(['peer-auth']);
    expect(owner.lasting.peer.fingerprint).toBe(village.scientist.fingerprint);
  });

  it('has keys that nobody can read', async () => {
    const { owner, scientist } = await meet();
    await calm();
    for (const { family } of [owner, scientist]) {
      for (const secret of family?.secrets ?? []) expect(secret.extractable).toBe(false);
      expect(family?.secrets).toHaveLength(1);
    }
  });
});
