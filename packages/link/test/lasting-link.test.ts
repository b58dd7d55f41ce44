import { DuetError, limits, sameBytes } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { type LastingLink, type Role, VirtualClock } from '../src';
import { codeOf, pattern, settle } from './helpers';
import { pagesOf, peerIn, Rendezvous, roles, type TestPages } from './lasting-helpers';

const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

interface Setup extends TestPages {
  readonly clock: VirtualClock;
  readonly rendezvous: Rendezvous;
  /** What each side has received, and `renewed` where it was told so. */
  readonly got: { readonly owner: string[]; readonly scientist: string[] };
}

function listen(lasting: LastingLink, into: string[]): void {
  lasting.link.onMessage((message) => void into.push(new TextDecoder().decode(message)));
  lasting.link.onRenewed(() => into.push('renewed'));
}

async function setUp(options: Parameters<typeof pagesOf>[1] = {}): Promise<Setup> {
  const clock = new VirtualClock();
  const rendezvous = new Rendezvous(clock);
  rendezvous.isAutomatic = false;
  const pages = pagesOf(rendezvous, options);
  const got = { owner: [], scientist: [] };
  for (const role of roles) listen(pages[role].lasting, got[role]);
  await settle();
  return { ...pages, clock, rendezvous, got };
}

/** Lets time go on in small steps, with everything that follows. */
async function pass(clock: VirtualClock, ms: number, stepMs = 500): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(left, stepMs));
    await settle();
  }
}

function reload(setup: Setup, role: Role): void {
  setup[role] = setup[role].reload();
  listen(setup[role].lasting, setup.got[role]);
}

function secretsOf(setup: Setup, role: Role): readonly CryptoKey[] {
  return setup[role].lasting.family?.secrets ?? [];
}

describe('a lasting link', () => {
  it('is open from the first pairing on, and passes what is sent', async () => {
    const { owner, scientist, got } = await setUp();
    owner.lasting.link.send(bytes('welcome'));
    scientist.lasting.link.send(bytes('begin'));
    await settle();
    expect(got).toEqual({ owner: ['begin'], scientist: ['welcome'] });
    expect([owner.lasting.state, scientist.lasting.state]).toEqual(['open', 'open']);
    expect(owner.lasting.link.state).toEqual({ phase: 'open', path: 'memory' });
    expect(owner.lasting.link.peer).toEqual(peerIn('scientist'));
  });

  it('goes on over the next connection: nothing is lost, nothing comes twice, transfers continue', async () => {
    const setup = await setUp();
    const { owner, scientist, rendezvous, got, clock } = setup;
    const payload = pattern(3_000_000);
    rendezvous.pair.aToB.hold();
    const received = scientist.lasting.link.receivePayload(1, payload.length);
    const sent = owner.lasting.link.sendPayload(1, payload);
    owner.lasting.link.send(bytes('1'));
    scientist.lasting.link.send(bytes('a'));
    await settle();
    rendezvous.pair.aToB.release(2);
    rendezvous.pair.fail();
    owner.lasting.link.send(bytes('2'));
    scientist.lasting.link.send(bytes('b'));
    await settle();
    expect([owner.states, scientist.states]).toEqual([['away'], ['away']]);
    expect(owner.lasting.awayUntil).toBeGreaterThan(Date.now() + 590_000);
    expect(rendezvous.meet()).toBe(true);
    await settle();
    await pass(clock, 100);
    expect(sameBytes(await received, payload)).toBe(true);
    await sent;
    expect(got).toEqual({ owner: ['a', 'b'], scientist: ['1', '2'] });
    expect([owner.states, scientist.states]).toEqual([
      ['away', 'open'],
      ['away', 'open'],
    ]);
    expect(owner.lasting.awayUntil).toBeUndefined();
  });

  it.each(roles)(
    'is renewed for the other side when the page of the %s was reloaded',
    async (role) => {
      const setup = await setUp();
      const { rendezvous, got } = setup;
      const other = role === 'owner' ? 'scientist' : 'owner';
      setup[role].lasting.link.send(bytes('before'));
      const pending = codeOf(setup[other].lasting.link.receivePayload(1, 100));
      await settle();
      reload(setup, role);
      // What a page sends while it looks for the other side is not lost: there is no life before.
      setup[role].lasting.link.send(bytes('begin'));
      setup[other].lasting.link.send(bytes('too late'));
      await settle();
      expect(setup[role].lasting.state).toBe('away');
      expect(rendezvous.meet()).toBe(true);
      expect(await pending).toBe('link-lost');
      await settle();
      setup[other].lasting.link.send(bytes('welcome'));
      await settle();
      expect(got[other]).toEqual(['before', 'renewed', 'begin']);
      expect(got[role]).toEqual(['welcome']);
      expect([setup.owner.lasting.state, setup.scientist.lasting.state]).toEqual(['open', 'open']);
    },
  );

  it('begins anew when both pages were reloaded', async () => {
    const setup = await setUp();
    reload(setup, 'owner');
    reload(setup, 'scientist');
    setup.owner.lasting.link.send(bytes('x'));
    setup.scientist.lasting.link.send(bytes('y'));
    expect(setup.rendezvous.meet()).toBe(true);
    await settle();
    expect(setup.got).toEqual({ owner: ['y'], scientist: ['x'] });
  });

  it('handles what was received before it tells of the renewal, and what comes after it afterwards', async () => {
    const setup = await setUp();
    const { owner, rendezvous } = setup;
    const events: string[] = [];
    let release = (): void => {};
    owner.lasting.link.onMessage(async (message) => {
      events.push(new TextDecoder().decode(message));
      if (events.length === 1) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
    });
    owner.lasting.link.onRenewed(() => events.push('renewed'));
    for (const message of ['1', '2', '3']) setup.scientist.lasting.link.send(bytes(message));
    await settle();
    reload(setup, 'scientist');
    setup.scientist.lasting.link.send(bytes('begin'));
    rendezvous.meet();
    await settle();
    expect(events).toEqual(['1']);
    release();
    await settle();
    expect(events).toEqual(['1', '2', '3', 'renewed', 'begin']);
  });
});

describe('a pairing of which only a half arrived', () => {
  it.each(roles)('goes on with the next one if only the %s came out of it', async (role) => {
    const setup = await setUp();
    const { rendezvous, got, clock } = setup;
    rendezvous.pair.fail();
    setup.owner.lasting.link.send(bytes('1'));
    setup.scientist.lasting.link.send(bytes('a'));
    rendezvous.meet({ arrives: role });
    await settle();
    expect(secretsOf(setup, role)).toHaveLength(2);
    await pass(clock, 1000);
    expect(rendezvous.meet()).toBe(true);
    await settle();
    expect(got).toEqual({ owner: ['a'], scientist: ['1'] });
    expect(secretsOf(setup, 'owner')).toEqual(secretsOf(setup, 'scientist'));
    expect(secretsOf(setup, 'owner')).toHaveLength(1);
  });

  it.each(
    roles.flatMap((reloaded) =>
      (['owner', 'scientist', 'both'] as const).map((arrives) => ({ reloaded, arrives })),
    ),
  )(
    'loses nothing of the new page when the $reloaded was reloaded and only $arrives entered',
    async ({ reloaded, arrives }) => {
      const setup = await setUp();
      const { rendezvous, got, clock } = setup;
      const stays = reloaded === 'owner' ? 'scientist' : 'owner';
      reload(setup, reloaded);
      setup[reloaded].lasting.link.send(bytes('begin'));
      rendezvous.meet({ arrives, stillborn: arrives === 'both' });
      await settle();
      await pass(clock, 1000);
      setup[reloaded].lasting.link.send(bytes('more'));
      expect(rendezvous.meet()).toBe(true);
      await settle();
      setup[stays].lasting.link.send(bytes('welcome'));
      await settle();
      expect(got[stays]).toEqual(['renewed', 'begin', 'more']);
      expect(got[reloaded]).toEqual(['welcome']);
      expect(secretsOf(setup, 'owner')).toEqual(secretsOf(setup, 'scientist'));
    },
  );

  it.each(roles)('loses nothing when only the ready of the %s arrived', async (role) => {
    for (const reloaded of [undefined, ...roles]) {
      const setup = await setUp();
      const { rendezvous, got, clock } = setup;
      if (reloaded === undefined) rendezvous.pair.fail();
      else reload(setup, reloaded);
      setup.owner.lasting.link.send(bytes('1'));
      setup.scientist.lasting.link.send(bytes('a'));
      rendezvous.meet({
        prepare: ({ aToB, bToA }) => (role === 'owner' ? bToA : aToB).drop(() => true),
      });
      await settle();
      rendezvous.pair.fail();
      await pass(clock, 1000);
      expect(rendezvous.meet()).toBe(true);
      await settle();
      const expected = { owner: ['a'], scientist: ['1'] };
      // What was sent to a page that is gone goes with it, until the session was told.
      if (reloaded === 'owner') expected.owner = ['a'];
      if (reloaded !== undefined) {
        const stays = reloaded === 'owner' ? 'scientist' : 'owner';
        expected[stays] = ['renewed', ...expected[stays]];
        expected[reloaded] = [];
      }
      expect(got).toEqual(expected);
      expect(secretsOf(setup, 'owner')).toEqual(secretsOf(setup, 'scientist'));
    }
  });

  it('is survived by a page that is reloaded before it has stored what came of it', async () => {
    for (const role of roles) {
      const setup = await setUp();
      const { rendezvous, clock, disks } = setup;
      disks[role].delayMs = () => 50;
      rendezvous.pair.fail();
      rendezvous.meet();
      await settle();
      // It has come out of the pairing, and has not told: the other side keeps the older secret.
      reload(setup, role);
      disks[role].delayMs = () => 0;
      await pass(clock, 1000);
      expect(rendezvous.meet()).toBe(true);
      await settle();
      expect([setup.owner.lasting.state, setup.scientist.lasting.state]).toEqual(['open', 'open']);
    }
  });
});

describe('the secrets of a lasting link', () => {
  it('A7 P22 an old one opens nothing once the other side has the next', async () => {
    const setup = await setUp();
    const { rendezvous, clock } = setup;
    const [first] = secretsOf(setup, 'owner');
    rendezvous.pair.fail();
    rendezvous.meet();
    await settle();
    await pass(clock, 1000);
    expect(secretsOf(setup, 'owner')).not.toContain(first);
    expect(secretsOf(setup, 'scientist')).not.toContain(first);
    rendezvous.pair.fail();
    await settle();
    for (const { secrets } of rendezvous.seats.values()) expect(secrets).not.toContain(first);
  });

  it('P22 do not let anybody in who has another identity, and nothing changes', async () => {
    const setup = await setUp();
    const { owner, rendezvous } = setup;
    const refused: string[] = [];
    owner.lasting.on('refused', ({ code }) => refused.push(code));
    rendezvous.pair.fail();
    await settle();
    const seat = rendezvous.seats.get('owner')!;
    const before = owner.lasting.family;
    const thief = rendezvous.makePair();
    let ended = '';
    thief.pair.b.onClosed(({ code }) => {
      ended = code;
    });
    const thiefKey = { ...peerIn('scientist'), fingerprint: 'thief'.padEnd(64, '.') };
    seat.onPaired({ ...thief.owner, peer: thiefKey }, seat.secrets[0]!);
    await settle();
    expect(refused).toEqual(['peer-auth']);
    expect(ended).toBe('peer-left');
    expect(owner.lasting.state).toBe('away');
    expect(owner.lasting.family?.secrets).toEqual(before?.secrets);
    expect(rendezvous.meet()).toBe(true);
    await settle();
    expect(owner.lasting.state).toBe('open');
  });
});

describe('the end of a lasting link', () => {
  it('comes when the grace is over, on both sides, and leaves nothing behind', async () => {
    const setup = await setUp();
    const { owner, scientist, rendezvous, clock, disks } = setup;
    const pending = codeOf(owner.lasting.link.receivePayload(1, 10));
    rendezvous.pair.fail();
    await pass(clock, 599_000, 20_000);
    expect(owner.lasting.state).toBe('away');
    await pass(clock, 2000);
    expect(await pending).toBe('link-lost');
    for (const { lasting } of [owner, scientist]) {
      expect(lasting.state).toBe('ended');
      expect((await lasting.link.closed).code).toBe('link-lost');
    }
    expect(disks.owner.family).toBeUndefined();
    expect(disks.scientist.family).toBeUndefined();
    await pass(clock, limits.farewellMs + 1000, 5000);
    expect(clock.pending).toBe(0);
    expect(rendezvous.seats.size).toBe(0);
    expect(owner.events.listeners).toBe(0);
  });

  it('can be given more time, or none', async () => {
    const { owner, scientist, rendezvous, clock } = await setUp();
    scientist.lasting.setGrace(0);
    rendezvous.pair.fail();
    await pass(clock, 1);
    expect(scientist.lasting.state).toBe('ended');
    await pass(clock, 500_000, 20_000);
    owner.lasting.setGrace(1_200_000);
    await pass(clock, 600_000, 20_000);
    expect(owner.lasting.state).toBe('away');
    await pass(clock, 200_000, 20_000);
    expect(owner.lasting.state).toBe('ended');
  });

  it('by a word is told to the other side at once', async () => {
    const { owner, scientist, clock } = await setUp();
    scientist.lasting.link.send(bytes('last'));
    owner.lasting.end(new DuetError('dismissed'));
    expect(owner.lasting.state).toBe('ended');
    await settle();
    expect(scientist.lasting.reason?.code).toBe('dismissed');
    await pass(clock, 2000);
    expect(clock.pending).toBe(0);
  });

  it.each([true, false])(
    'by a word while it is away is told when the other comes back (reloaded: %s)',
    async (isReloaded) => {
      const setup = await setUp();
      const { owner, rendezvous, clock, disks } = setup;
      rendezvous.pair.fail();
      await settle();
      owner.lasting.end(new DuetError('dismissed'));
      expect((await owner.lasting.link.closed).code).toBe('dismissed');
      expect(disks.owner.family).toBeUndefined();
      if (isReloaded) reload(setup, 'scientist');
      await pass(clock, 5000);
      expect(setup.scientist.lasting.state).toBe('away');
      expect(rendezvous.meet()).toBe(true);
      await settle();
      expect(setup.scientist.lasting.reason?.code).toBe('dismissed');
      await pass(clock, 2000);
      expect(clock.pending).toBe(0);
      expect(rendezvous.seats.size).toBe(0);
    },
  );
});

describe('G a stranger, who was not let in yet', () => {
  const isStranger = true;

  it('is told why not, also before the connection is ready', async () => {
    const clock = new VirtualClock();
    const { owner, scientist } = pagesOf(new Rendezvous(clock), { isStranger });
    owner.lasting.end(new DuetError('busy'));
    await settle();
    expect(scientist.lasting.reason?.code).toBe('busy');
    await pass(clock, 2000);
    expect(clock.pending).toBe(0);
  });

  it('who is away then is not looked for', async () => {
    const { owner, scientist, rendezvous } = await setUp({ isStranger });
    rendezvous.pair.fail();
    await settle();
    expect(rendezvous.seats.size).toBe(2);
    for (const { lasting } of [owner, scientist]) lasting.end(new DuetError('not-admitted'));
    expect(rendezvous.seats.size).toBe(0);
    expect([owner.clock.pending, scientist.clock.pending]).toEqual([0, 0]);
  });

  it('who does not take the word, or goes before, is not looked for either', async () => {
    for (const goes of [false, true]) {
      const { owner, rendezvous, clock } = await setUp({ isStranger });
      rendezvous.pair.bToA.drop(() => true);
      owner.lasting.end(new DuetError('not-admitted'));
      await settle();
      if (goes) rendezvous.pair.fail();
      else await pass(clock, limits.silenceMs);
      await settle();
      expect(rendezvous.seats.has('owner')).toBe(false);
      expect(owner.clock.pending).toBe(0);
      expect(owner.events.listeners).toBe(0);
    }
  });

  it('is none any more once they are let in', async () => {
    const { owner, scientist, rendezvous, clock } = await setUp({ isStranger });
    owner.lasting.setGrace(limits.graceMs);
    rendezvous.pair.fail();
    await settle();
    owner.lasting.end(new DuetError('dismissed'));
    await pass(clock, 1000);
    expect(rendezvous.meet()).toBe(true);
    await settle();
    expect(scientist.lasting.reason?.code).toBe('dismissed');
  });
});

describe('a page of a lasting link', () => {
  it('that is closed is missed at once', async () => {
    const { owner, scientist } = await setUp();
    scientist.events.tell('pagehide');
    await settle();
    expect(owner.lasting.state).toBe('away');
  });

  it('L6 that is shown again after it was put away looks for the other side', async () => {
    const { owner, scientist, rendezvous, got } = await setUp();
    scientist.events.tell('pageshow');
    expect(scientist.lasting.state).toBe('open');
    scientist.events.tell('pageshow', true);
    await settle();
    expect([owner.lasting.state, scientist.lasting.state]).toEqual(['away', 'away']);
    scientist.lasting.link.send(bytes('back'));
    rendezvous.meet();
    await settle();
    expect(got.owner).toEqual(['back']);
  });

  it('whose connections fail as soon as they are made tries again, and less and less often', async () => {
    const { rendezvous, clock } = await setUp();
    rendezvous.isAutomatic = true;
    rendezvous.next = () => ({ stillborn: true });
    rendezvous.pair.fail();
    await pass(clock, 60_000, 100);
    expect(rendezvous.pairs.length).toBeGreaterThan(8);
    expect(rendezvous.pairs.length).toBeLessThan(24);
  });
});
