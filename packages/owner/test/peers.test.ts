/** Who is at the door, who is in, who is away, and who was here before. */

import { DuetError, type Link, type LinkState, limits, type PeerIdentity } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AuditEvent,
  type Knock,
  memoryStorage,
  Owner,
  type OwnerParts,
  type OwnerStorage,
  type Peer,
} from '../src';
import { idleEngine } from './idle-engine';

const open: Owner[] = [];

afterEach(async () => {
  for (const owner of open.splice(0)) await owner.close();
});

async function start(parts: Partial<OwnerParts> = {}) {
  const noted: AuditEvent[] = [];
  const owner = new Owner({
    createEngine: idleEngine,
    mostScientists: 2,
    audit: { note: (event) => void noted.push(event), release: async () => undefined },
    ...parts,
  });
  open.push(owner);
  await owner.ready;
  const told: string[] = [];
  owner.on('peer', (peer) => told.push(`${peer.name} ${peer.status}`));
  return { owner, noted, told };
}

/** Someone at the door whose connection the test has in its hands. */
class Visitor {
  readonly name: string;
  readonly identity: PeerIdentity;
  readonly refused: string[] = [];
  readonly closed: Promise<DuetError>;
  state: LinkState = { phase: 'open', path: 'direct' };
  #resolve: (reason: DuetError) => void = () => undefined;
  readonly #listeners = new Set<(state: LinkState) => void>();

  constructor(name: string) {
    this.name = name;
    const digit = (name.codePointAt(0) ?? 0) % 16;
    this.identity = { fingerprint: digit.toString(16).repeat(64), name, software: 'test' };
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  knock(some: Partial<Knock> = {}): Knock {
    const visitor = this;
    return {
      identity: this.identity,
      admit: () => this.link,
      refuse: (error) => {
        this.refused.push(error.code);
        this.end(error.code);
      },
      closed: this.closed,
      connection: {
        get state() {
          return visitor.state;
        },
        onState: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      ...some,
    };
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  become(state: LinkState): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }

  away(untilMs = 1000): void {
    this.become({ phase: 'away', awayUntil: untilMs, path: 'direct' });
  }

  end(code: DuetError['code'] = 'link-lost'): void {
    this.#resolve(new DuetError(code));
  }

  get link(): Link {
    return {
      peer: this.identity,
      closed: this.closed,
      send: () => undefined,
      onMessage: () => undefined,
      sendPayload: async () => undefined,
      receivePayload: () => new Promise(() => undefined),
      close: (reason) => this.#resolve(reason),
    };
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

const states = (noted: readonly AuditEvent[]) =>
  noted.flatMap((event) =>
    event.kind === 'peer' ? [[event.name, event.state, event.path ?? event.code ?? '']] : [],
  );

describe('a connection that is lost', () => {
  it('has its scientist away, still joined, until they are back or their time has passed', async () => {
    const { owner, noted, told } = await start();
    const ada = new Visitor('ada');
    const peer = owner.receive(ada.knock());
    peer.admit();
    expect([peer.status, peer.path, peer.awayUntil]).toEqual(['joined', 'direct', undefined]);
    ada.away(5000);
    expect([peer.status, peer.isJoined, peer.awayUntil]).toEqual(['away', true, new Date(5000)]);
    expect(owner.joined).toEqual([peer]);
    const lost = peer.lastSeen;
    ada.become({ phase: 'open', path: 'relay' });
    expect([peer.status, peer.path, peer.awayUntil]).toEqual(['joined', 'relay', undefined]);
    expect(peer.lastSeen.getTime()).toBeGreaterThanOrEqual(lost.getTime());
    ada.away();
    ada.end('link-lost');
    await settle();
    expect([peer.status, peer.isJoined, peer.leftBecause?.code]).toEqual([
      'left',
      false,
      'link-lost',
    ]);
    expect([peer.awayUntil, ada.listeners, owner.peers]).toEqual([undefined, 0, []]);
    expect(told).toEqual([
      'ada waiting',
      'ada joined',
      'ada away',
      'ada joined',
      'ada away',
      'ada left',
    ]);
    expect(states(noted)).toEqual([
      ['ada', 'knocked', ''],
      ['ada', 'joined', 'direct'],
      ['ada', 'away', ''],
      ['ada', 'back', 'relay'],
      ['ada', 'away', ''],
      ['ada', 'left', 'link-lost'],
    ]);
  });

  it('keeps its place: who is away counts among those who may be joined', async () => {
    const { owner } = await start({ mostScientists: 1 });
    const [ada, bob] = [new Visitor('ada'), new Visitor('bob')];
    owner.receive(ada.knock()).admit();
    ada.away();
    expect(() => owner.receive(bob.knock()).admit()).toThrow(/Too many|busy|room|more/);
    expect(bob.refused).toEqual(['busy']);
    ada.end();
    await settle();
    const again = owner.receive(new Visitor('bob').knock());
    again.admit();
    expect(again.status).toBe('joined');
  });

  it('can be paused and ended meanwhile', async () => {
    const { owner } = await start();
    const ada = new Visitor('ada');
    const peer = owner.receive(ada.knock());
    peer.admit();
    ada.away();
    peer.pause();
    expect([peer.status, peer.isPaused]).toEqual(['away', true]);
    peer.disconnect();
    await settle();
    expect([peer.status, peer.leftBecause?.code]).toEqual(['left', 'dismissed']);
  });

  it('of someone who waits is told as such, and is not written down', async () => {
    const { owner, noted } = await start();
    const ada = new Visitor('ada');
    const peer = owner.receive(ada.knock());
    ada.away(7000);
    expect([peer.status, peer.awayUntil]).toEqual(['waiting', new Date(7000)]);
    expect(states(noted)).toEqual([['ada', 'knocked', '']]);
  });

  it('has words to compare, as they are after the last pairing', async () => {
    const { owner } = await start();
    let words = ['dog', 'key'];
    const peer = owner.receive({
      ...new Visitor('ada').knock(),
      get shortAuth() {
        return { words, emoji: [] };
      },
    });
    expect(peer.shortAuth?.words).toEqual(['dog', 'key']);
    words = ['cat', 'bell'];
    expect(peer.shortAuth?.words).toEqual(['cat', 'bell']);
  });
});

describe('at the door', () => {
  it('no more wait than there is room for', async () => {
    const { owner } = await start();
    const fill = Array.from({ length: limits.waitingKnocks }, () => new Visitor('ada'));
    for (const visitor of fill) owner.receive(visitor.knock());
    const late = new Visitor('bob');
    const peer = owner.receive(late.knock());
    await settle();
    expect(late.refused).toEqual(['busy']);
    expect([peer.status, owner.peers.length]).toEqual(['left', limits.waitingKnocks]);
    fill[0]?.end();
    await settle();
    expect(owner.receive(new Visitor('bob').knock()).status).toBe('waiting');
  });

  it('who returns after a reload of this page is in, and is not asked about', async () => {
    const { owner, noted } = await start();
    const ada = new Visitor('ada');
    ada.state = { phase: 'away', awayUntil: 9000 };
    const peer = owner.receive(ada.knock({ returning: true }));
    expect(peer.status).toBe('away');
    ada.become({ phase: 'open', path: 'turn' });
    expect(peer.status).toBe('joined');
    expect(states(noted)).toEqual([
      ['ada', 'returning', ''],
      ['ada', 'back', 'turn'],
    ]);
  });

  it('who returns where no more fit is told so', async () => {
    const { owner } = await start({ mostScientists: 1 });
    owner.receive(new Visitor('bob').knock()).admit();
    const ada = new Visitor('ada');
    owner.receive(ada.knock({ returning: true }));
    await settle();
    expect(ada.refused).toEqual(['busy']);
    expect(owner.peers.map(({ name }) => name)).toEqual(['bob']);
  });
});

describe('partners', () => {
  async function met(storage: OwnerStorage, name = 'ada'): Promise<Owner> {
    const { owner } = await start({ storage });
    const visitor = new Visitor(name);
    owner.receive(visitor.knock()).admit();
    visitor.end();
    await settle();
    return owner;
  }

  it('are known again by their keys, also after a reload', async () => {
    const storage = memoryStorage({ lasting: true });
    const first = await met(storage);
    expect(first.partners.list()).toMatchObject([{ name: 'ada', sessions: 1 }]);
    const { owner } = await start({ storage });
    const peer = owner.receive(new Visitor('ada').knock());
    expect(peer.assurance).toBe('known');
    expect(peer.known).toMatchObject({ name: 'ada', sessions: 1 });
    expect(peer.known?.firstSeen).toEqual(first.partners.list()[0]?.firstSeen);
    peer.admit();
    expect(owner.partners.get(peer.fingerprint)?.sessions).toBe(2);
    // What was known when they knocked.
    expect(peer.known?.sessions).toBe(1);
    const stranger = owner.receive(new Visitor('bob').knock());
    expect([stranger.assurance, stranger.known]).toEqual(['invite', undefined]);
  });

  it('are not those who were refused, or only knocked', async () => {
    const { owner } = await start();
    owner.receive(new Visitor('ada').knock()).disconnect();
    owner.receive(new Visitor('bob').knock());
    expect(owner.partners.list()).toEqual([]);
  });

  it('are no better known by a channel that asked for no invite', async () => {
    const owner = await met(memoryStorage());
    const peer = owner.receive(new Visitor('ada').knock({ assurance: 'key' }));
    expect([peer.assurance, peer.known?.sessions]).toEqual(['key', 1]);
  });

  it('can be forgotten', async () => {
    const storage = memoryStorage({ lasting: true });
    const owner = await met(storage);
    const [{ fingerprint } = { fingerprint: '' }] = owner.partners.list();
    owner.partners.forget(fingerprint);
    expect(() => owner.partners.forget(fingerprint)).toThrow(/admitted before/);
    expect(owner.receive(new Visitor('ada').knock()).assurance).toBe('invite');
    const { owner: next } = await start({ storage });
    expect(next.partners.list()).toEqual([]);
  });
});

describe('who is let in without being asked about', () => {
  async function answer(admit: OwnerParts['admit'], some: Partial<Knock> = {}) {
    const failures: unknown[] = [];
    const { owner } = await start({ admit });
    owner.on('failed', (error) => failures.push(error));
    const ada = new Visitor('ada');
    owner.receive(ada.knock()).admit();
    ada.end();
    await settle();
    const [known, other] = [new Visitor('ada'), new Visitor('bob')];
    const peers = [known, other].map((visitor) => owner.receive(visitor.knock(some)));
    await settle();
    return { statuses: peers.map(({ status }) => status), failures };
  }

  it.each<[OwnerParts['admit'], readonly string[]]>([
    [undefined, ['waiting', 'waiting']],
    ['ask', ['waiting', 'waiting']],
    ['known', ['joined', 'waiting']],
  ])('with %s: known, then new', async (admit, statuses) => {
    expect(await answer(admit)).toEqual({ statuses, failures: [] });
  });

  it('with a function: whoever it names', async () => {
    const refuseBob = ({ name }: Peer) => (name === 'bob' ? 'refuse' : 'ask');
    expect((await answer(refuseBob)).statuses).toEqual(['waiting', 'left']);
  });

  it('with all: everybody who holds an invite', async () => {
    const { owner } = await start({ admit: 'all' });
    expect(owner.receive(new Visitor('ada').knock()).status).toBe('joined');
    expect(owner.receive(new Visitor('bob').knock({ assurance: 'key' })).status).toBe('waiting');
  });

  it('a function that throws, or answers something else, leaves it to the owner, who hears of it', async () => {
    const thrown = new Error('oops');
    const throwing = await answer(() => {
      throw thrown;
    });
    expect(throwing).toEqual({
      statuses: ['waiting', 'waiting'],
      failures: [thrown, thrown, thrown],
    });
    const odd = await answer((() => Promise.resolve('admit')) as never);
    expect(odd.statuses).toEqual(['waiting', 'waiting']);
    expect(odd.failures).toHaveLength(3);
  });

  it('where no more fit, they are told so', async () => {
    const { owner } = await start({ admit: 'all', mostScientists: 1 });
    const [ada, bob] = [new Visitor('ada'), new Visitor('bob')];
    owner.receive(ada.knock());
    owner.receive(bob.knock());
    await settle();
    expect([ada.refused, bob.refused]).toEqual([[], ['busy']]);
  });

  it('a listener that was faster is not overruled', async () => {
    const { owner } = await start({ admit: () => 'refuse' });
    owner.on('peer', (peer) => peer.status === 'waiting' && peer.admit());
    expect(owner.receive(new Visitor('ada').knock()).status).toBe('joined');
  });

  it('is not said by any other word', () => {
    expect(
      () => new Owner({ createEngine: idleEngine, mostScientists: 1, admit: 'some' as never }),
    ).toThrow(/admit is/);
  });
});
