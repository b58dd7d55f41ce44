/** Requests that outlive their scientist's absence: they ask, leave, come back and collect. */

import { VirtualClock } from '@duet/link';
import type { OpenGrant, OwnerRequest } from '@duet/owner';
import {
  DuetError,
  digestOf,
  isDuetError,
  type OwnerMessage,
  type ScientistMessage,
} from '@duet/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
import { canary, spilt } from './canary';
import { action, begin, floats, get, own, published, request } from './words';

const hourMs = 3600_000;

let open: RawPair[] = [];

afterEach(async () => {
  for (const pair of open) {
    await pair.close();
    expect(pair.owner.objectCount).toBe(pair.owner.store.objects.length);
    expect(pair.owner.requests.length).toBe(0);
    expect(pair.owner.grants.length).toBe(0);
  }
  open = [];
});

async function start(options: RawPairOptions = {}) {
  const clock = new VirtualClock();
  const pair = new RawPair({ clock, ...options });
  open.push(pair);
  pair.owner.store.add(floats([1, 2, 3]), { tags: ['ages'] });
  const grace = await join(pair);
  return { pair, clock, grace };
}

/** With what the owner's side has told of kept requests. */
async function join(pair: RawPair, name = 'grace'): Promise<RawScientist> {
  const scientist = pair.join(name);
  await answers(scientist, begin);
  return scientist;
}

async function leave(scientist: RawScientist): Promise<void> {
  const freed = scientist.peer.session?.freed;
  scientist.link.close(new DuetError('closed'));
  await freed;
}

/** Asks for -ages under s1, to be kept. */
const asking: readonly ScientistMessage[] = [
  action(1, 'neg', published(1)),
  request(2, own(1), { name: 'ages', reason: 'to know', keepMs: hourMs }),
];

const collect = (id: number, kept: number): ScientistMessage => ({ kind: 'collect', id, kept });
const forget = (kept: number): ScientistMessage => ({ kind: 'forget', kept });
const confirm = (id: number): ScientistMessage => ({ kind: 'confirm', get: id });

const keptOf = (messages: readonly OwnerMessage[]) =>
  messages.flatMap((message) => (message.kind === 'kept' ? [message] : []));

/** What a session is told when it begins. */
function toldAtFirst(scientist: RawScientist) {
  const [first, ...more] = keptOf(scientist.messages);
  expect(more).toEqual([]);
  return first?.items ?? [];
}

function only(pair: RawPair): OwnerRequest {
  expect(pair.owner.requests.length).toBe(1);
  return pair.owner.requests.at(0);
}

describe('ask, leave, come back, collect', () => {
  it('what is accepted meanwhile is told at first, sent once, and let go of when it was confirmed', async () => {
    const { pair, clock, grace } = await start();
    const released: unknown[] = [];
    pair.owner.on('release', ({ to, get }) => released.push([to.name, get]));
    await answers(grace, ...asking);
    expect(only(pair).isPresent).toBe(true);
    await leave(grace);
    const waiting = only(pair);
    expect([waiting.status, waiting.isPresent, waiting.name]).toEqual(['pending', false, 'ages']);
    expect(pair.owner.requests.table()).toMatchObject([
      { id: 'r1', from: 'grace', present: false, secondsLeft: 3600 },
    ]);
    expect(waiting.lineage.sentence).toContain('neg');
    // The page still has the value: the engine of its session has not.
    const shown = await waiting.preview();
    expect([...new Float32Array(shown?.bytes.slice().buffer ?? new ArrayBuffer(0))]).toEqual([
      -1, -2, -3,
    ]);
    clock.advance(1000);
    await waiting.accept();
    expect(pair.owner.requests.length).toBe(0);
    expect(pair.owner.grants.list()).toMatchObject([{ name: 'ages', by: 'owner' }]);
    const again = await join(pair);
    expect(again.messages.map(({ kind }) => kind).slice(0, 3)).toEqual([
      'welcome',
      'kept',
      'catalogue',
    ]);
    expect(toldAtFirst(again)).toEqual([
      {
        id: 1,
        meta: floats([1, 2, 3]).meta,
        name: 'ages',
        outcome: 'accepted',
        reason: '',
        leftMs: hourMs - 1000,
      },
    ]);
    const told = await answers(again, collect(7, 1));
    expect(told).toMatchObject([
      { kind: 'value', get: 7, digest: await digestOf(floats([-1, -2, -3]).bytes) },
    ]);
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
    expect(released).toEqual([['grace', 7]]);
    expect(pair.owner.grants.length).toBe(0);
    expect(await answers(again, confirm(7))).toEqual([]);
    expect(await answers(again, collect(8, 1))).toEqual([failed(8, 'no-request')]);
    await leave(again);
    expect(toldAtFirst(await join(pair))).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('a collect waits for the decision, which is told before the value', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    const again = await join(pair);
    expect(toldAtFirst(again)).toMatchObject([{ id: 1, outcome: undefined }]);
    expect(only(pair).isPresent).toBe(true);
    expect(await answers(again, collect(1, 1))).toEqual([]);
    again.arrivals.length = 0;
    await only(pair).accept();
    await again.quiet();
    expect(again.messages).toMatchObject([
      { kind: 'kept', items: [{ id: 1, outcome: 'accepted' }], gone: [] },
      { kind: 'value', get: 1 },
    ]);
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
    await answers(again, confirm(1));
  });

  it('what was accepted before they left, and not fetched', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await only(pair).accept();
    await grace.quiet();
    await leave(grace);
    expect(pair.owner.grants.length).toBe(1);
    const again = await join(pair);
    expect(toldAtFirst(again)).toMatchObject([{ id: 1, outcome: 'accepted' }]);
    await answers(again, collect(1, 1), confirm(1));
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
    expect(pair.owner.grants.length).toBe(0);
  });

  it('an accept that was under way when they left', async () => {
    let hold: Promise<void> = Promise.resolve();
    const { pair, grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, { read: (slot) => hold.then(() => engine.read(slot)) }),
    });
    await answers(grace, ...asking);
    let goOn: () => void = () => undefined;
    hold = new Promise((resolve) => {
      goOn = resolve;
    });
    const accepting = only(pair).accept();
    const left = leave(grace);
    await Promise.resolve();
    goOn();
    await accepting;
    await left;
    expect(pair.owner.grants.length).toBe(1);
    const again = await join(pair);
    expect(toldAtFirst(again)).toMatchObject([{ id: 1, outcome: 'accepted' }]);
    await answers(again, collect(1, 1), confirm(1));
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
  });

  it('what handlers decide meanwhile', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      ...asking,
      request(3, published(1), { name: 'no', keepMs: hourMs }),
      request(4, own(1), { keepMs: hourMs }),
    );
    await leave(grace);
    pair.owner.requests.addHandler({ action: 'deny', name: 'no' });
    pair.owner.requests.addHandler({
      action: 'accept',
      tags: ['ages'],
      release: 'records',
      elementQuota: 3,
    });
    const again = await join(pair);
    await again.quiet();
    const told = keptOf(again.messages).flatMap(({ items }) => items);
    const last = new Map(told.map(({ name, outcome }) => [name, outcome]));
    expect([...last]).toEqual([
      ['ages', 'accepted'],
      ['no', 'denied'],
    ]);
    expect(pair.owner.requests.length).toBe(0);
    await answers(again, collect(1, 1), confirm(1));
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
  });

  it('denied and revoked, with the owner’s words', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking, request(3, published(1), { keepMs: hourMs }));
    await leave(grace);
    const [first, second] = pair.owner.requests.list();
    first?.deny('too few');
    await second?.accept();
    second?.revoke('not yet');
    const again = await join(pair);
    expect(toldAtFirst(again)).toMatchObject([
      { id: 1, outcome: 'denied', reason: 'too few' },
      { id: 2, outcome: 'revoked', reason: 'not yet' },
    ]);
    expect(await answers(again, collect(1, 1), collect(2, 2))).toEqual([
      failed(1, 'denied'),
      failed(2, 'revoked'),
    ]);
    expect(pair.owner.grants.length).toBe(0);
  });

  it('revoked while they are there', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    const again = await join(pair);
    const waiting = only(pair);
    await waiting.accept();
    await again.quiet();
    again.arrivals.length = 0;
    pair.owner.grants.list()[0]?.revoke();
    await again.quiet();
    expect(again.messages).toMatchObject([
      { kind: 'kept', items: [{ id: 1, outcome: 'revoked' }] },
    ]);
    expect(waiting.status).toBe('revoked');
    expect(await answers(again, collect(1, 1))).toEqual([failed(1, 'revoked')]);
  });

  it('a failed computation is told under an accept, and only there', async () => {
    const { pair, grace } = await start({
      wrapEngine: (engine) => wrappedEngine(engine, { read: async () => undefined }),
    });
    await answers(grace, ...asking);
    await leave(grace);
    const again = await join(pair);
    expect(await answers(again, collect(1, 1))).toEqual([]);
    await only(pair).accept();
    await again.quiet();
    expect(again.messages).toMatchObject([
      { kind: 'kept', items: [{ id: 1, outcome: 'accepted' }] },
      failed(1, 'op-failed'),
      { kind: 'kept', items: [], gone: [1] },
    ]);
  });

  it('a rounded release says its digits', async () => {
    const { pair, grace } = await start();
    pair.owner.store.add(floats([1.23456, 2.34567, 3.45678]), { tags: ['weights'] });
    await answers(grace, request(1, published(2), { keepMs: hourMs }));
    await leave(grace);
    pair.owner.requests.addHandler({
      action: 'accept',
      tags: ['weights'],
      release: 'records',
      elementQuota: 3,
      digits: 2,
    });
    const again = await join(pair);
    expect(await answers(again, collect(1, 1))).toMatchObject([
      { kind: 'value', get: 1, digits: 2 },
    ]);
    const [values = []] = payloads(again);
    expect(values.map((value) => value.toPrecision(3))).toEqual(['1.20', '2.30', '3.50']);
    // The object itself is no more readable than before.
    expect(await answers(again, confirm(1), get(2, published(2)))).toEqual([
      failed(2, 'not-released'),
    ]);
  });

  it('beginning anew on the same link is leaving, too', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking, request(3, published(1)));
    expect(pair.owner.requests.length).toBe(2);
    await answers(grace, { kind: 'begin', epoch: 2 });
    expect(toldAtFirst(grace)).toMatchObject([{ id: 1, name: 'ages', outcome: undefined }]);
    await only(pair).accept();
    await answers(grace, collect(4, 1), confirm(4));
    expect(payloads(grace)).toEqual([[-1, -2, -3]]);
  });
});

describe('what is not kept', () => {
  it('a request that did not ask for it', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    const waiting = only(pair);
    await leave(grace);
    expect([waiting.status, pair.owner.requests.length]).toEqual(['left', 0]);
    expect(toldAtFirst(await join(pair))).toEqual([]);
  });

  it('what was fetched, denied, or withdrawn before they left', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      ...asking,
      request(3, published(1), { keepMs: hourMs }),
      action(4, 'abs', published(1)),
      request(5, own(4), { keepMs: hourMs }),
      get(6, own(1), { request: 2 }),
    );
    const [first, second] = pair.owner.requests.list();
    await first?.accept();
    second?.deny('no');
    await grace.quiet();
    expect(payloads(grace)).toEqual([[-1, -2, -3]]);
    await answers(grace, confirm(6), { kind: 'withdraw', request: 5 });
    await leave(grace);
    expect(pair.owner.requests.length).toBe(0);
    expect(toldAtFirst(await join(pair))).toEqual([]);
  });

  it('anything of a scientist whom the owner has sent away', async () => {
    const { pair, clock, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    const again = await join(pair);
    await answers(again, request(1, published(1), { keepMs: hourMs }));
    const [before, now] = pair.owner.requests.list();
    const freed = again.peer.session?.freed;
    again.peer.disconnect();
    await freed;
    expect([before?.status, now?.status]).toEqual(['left', 'left']);
    expect(pair.owner.requests.length).toBe(0);
    expect(toldAtFirst(await join(pair))).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('anything at all where the limits say so', async () => {
    const { pair, grace } = await start({ limits: { keepMs: 0 } });
    const [welcome] = grace.messages;
    expect(welcome).toMatchObject({ kind: 'welcome', keepMs: 0 });
    expect(keptOf(grace.messages)).toEqual([]);
    expect(await answers(grace, ...asking)).toEqual([fault(2, 'bad-argument')]);
    expect(pair.owner.requests.length).toBe(0);
    expect(await answers(grace, collect(3, 1), forget(1))).toEqual([
      failed(3, 'no-request'),
      fault(0, 'no-request'),
    ]);
  });
});

describe('lives', () => {
  it('the owner’s clock counts from when they leave; then they wait in vain', async () => {
    const { pair, clock, grace } = await start();
    await answers(grace, ...asking);
    clock.advance(10 * hourMs);
    await leave(grace);
    const waiting = only(pair);
    const again = await join(pair);
    expect(await answers(again, collect(1, 1))).toEqual([]);
    again.arrivals.length = 0;
    clock.advance(hourMs - 1);
    await again.quiet();
    expect([waiting.status, again.messages]).toEqual(['pending', []]);
    clock.advance(1);
    await again.quiet();
    expect(waiting.status).toBe('expired');
    expect(again.messages).toMatchObject([
      { kind: 'kept', items: [{ id: 1, outcome: 'expired', leftMs: 0 }] },
      failed(1, 'expired'),
      { kind: 'kept', items: [], gone: [1] },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('an accepted one that nobody collects is void', async () => {
    const { pair, clock, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    await only(pair).accept();
    expect(pair.owner.grants.length).toBe(1);
    clock.advance(hourMs);
    await Promise.resolve();
    const again = await join(pair);
    expect(pair.owner.grants.length).toBe(0);
    expect(toldAtFirst(again)).toEqual([]);
    expect(await answers(again, collect(1, 1))).toEqual([failed(1, 'no-request')]);
  });

  it('the request’s own time runs on, and its end is told', async () => {
    const { pair, clock, grace } = await start();
    await answers(
      grace,
      request(1, published(1), { timeoutMs: 5000, keepMs: hourMs, name: 'short' }),
    );
    clock.advance(2000);
    await leave(grace);
    const waiting = only(pair);
    expect(waiting.secondsLeft).toBe(3);
    clock.advance(3000);
    expect(waiting.status).toBe('expired');
    const again = await join(pair);
    expect(toldAtFirst(again)).toMatchObject([{ id: 1, name: 'short', outcome: 'expired' }]);
    expect(await answers(again, collect(1, 1))).toEqual([failed(1, 'expired')]);
  });

  it('is forgotten: one that waits is withdrawn, one that was accepted is void', async () => {
    const { pair, clock, grace } = await start();
    await answers(grace, ...asking, request(3, published(1), { keepMs: hourMs }));
    await leave(grace);
    const [first, second] = pair.owner.requests.list();
    await second?.accept();
    const again = await join(pair);
    expect(await answers(again, collect(1, 1), forget(1), forget(2))).toEqual([
      failed(1, 'withdrawn'),
    ]);
    expect(first?.status).toBe('withdrawn');
    expect([pair.owner.requests.length, pair.owner.grants.length]).toEqual([0, 0]);
    // The two words may cross: nothing comes back. One that never was is an error.
    expect(await answers(again, forget(2), forget(3))).toEqual([fault(0, 'no-request')]);
    expect(clock.pending).toBe(0);
  });

  it('nothing outlives the owner’s duet', async () => {
    const { pair, clock, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    const waiting = only(pair);
    await pair.close();
    expect([waiting.status, pair.owner.requests.length]).toEqual(['left', 0]);
    expect(clock.pending).toBe(0);
  });
});

describe('a transfer that breaks off', () => {
  it('may be collected again until it was confirmed: the same bytes', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    await only(pair).accept();
    const second = await join(pair);
    const [first] = await answers(second, collect(1, 1));
    await leave(second);
    expect(pair.owner.grants.length).toBe(1);
    const third = await join(pair);
    expect(toldAtFirst(third)).toMatchObject([{ id: 1, outcome: 'accepted' }]);
    const [again] = await answers(third, collect(1, 1));
    expect(again?.kind === 'value' && first?.kind === 'value' && again.digest).toEqual(
      first?.kind === 'value' && first.digest,
    );
    expect(payloads(third)).toEqual([[-1, -2, -3]]);
    await answers(third, confirm(1));
    expect(pair.owner.grants.length).toBe(0);
    await leave(third);
    expect(toldAtFirst(await join(pair))).toEqual([]);
  });

  it('in the session that asked, it may be collected in the next one: the same bytes', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking, get(3, own(1), { request: 2, deleteAfter: true }));
    await only(pair).accept();
    await grace.quiet();
    expect(payloads(grace)).toEqual([[-1, -2, -3]]);
    // Its scientist never says that it has arrived.
    await leave(grace);
    expect(pair.owner.grants.list()).toMatchObject([{ name: 'ages', by: 'owner' }]);
    expect(toldAtFirst(await join(pair, 'eve'))).toEqual([]);
    const again = await join(pair);
    expect(toldAtFirst(again)).toMatchObject([{ id: 1, outcome: 'accepted' }]);
    await answers(again, collect(1, 1), confirm(1));
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
    expect(pair.owner.grants.length).toBe(0);
    await leave(again);
    expect(toldAtFirst(await join(pair))).toEqual([]);
  });

  it.each([true, false])(
    'what was confirmed is not kept (deleted with it: %s)',
    async (deleteAfter) => {
      const { pair, grace } = await start();
      const gets = [get(3, own(1), { request: 2, deleteAfter }), get(4, own(1), { request: 2 })];
      await answers(grace, ...asking, ...gets);
      await only(pair).accept();
      await grace.quiet();
      expect(payloads(grace)).toHaveLength(2);
      expect(await answers(grace, confirm(3), confirm(4), confirm(4))).toEqual([
        fault(4, 'no-object'),
      ]);
      await leave(grace);
      expect(pair.owner.grants.length).toBe(0);
      expect(toldAtFirst(await join(pair))).toEqual([]);
    },
  );

  it('a failure that was told is not kept', async () => {
    const { pair, grace } = await start({
      wrapEngine: (engine) => wrappedEngine(engine, { read: async () => undefined }),
    });
    await answers(grace, ...asking, get(3, own(1), { request: 2 }));
    await only(pair).accept();
    await grace.quiet();
    await leave(grace);
    expect(pair.owner.grants.length).toBe(0);
    expect(toldAtFirst(await join(pair))).toEqual([]);
  });

  it('within a session it leaves once', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    await only(pair).accept();
    const again = await join(pair);
    expect(await answers(again, collect(1, 1), collect(2, 1))).toMatchObject([
      { kind: 'value', get: 1 },
    ]);
    expect(await answers(again, confirm(1))).toEqual([failed(2, 'no-request')]);
  });

  it('two collects that waited for the decision are both answered', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    const again = await join(pair);
    await answers(again, collect(1, 1), collect(2, 1));
    await only(pair).accept();
    await again.quiet();
    expect(payloads(again)).toEqual([
      [-1, -2, -3],
      [-1, -2, -3],
    ]);
    expect(await answers(again, confirm(1), confirm(2))).toEqual([]);
  });

  it('what cannot be written down does not leave, and may be had later', async () => {
    let isFull = true;
    const { pair, grace } = await start({
      audit: {
        note: () => undefined,
        release: () => (isFull ? Promise.reject(new Error('full')) : Promise.resolve(undefined)),
      },
    });
    await answers(grace, ...asking);
    await leave(grace);
    await only(pair).accept();
    const again = await join(pair);
    expect(await answers(again, collect(1, 1))).toEqual([failed(1, 'op-failed')]);
    expect(pair.owner.grants.length).toBe(1);
    isFull = false;
    await answers(again, collect(2, 1));
    expect(payloads(again)).toEqual([[-1, -2, -3]]);
    await answers(again, confirm(2));
  });

  it('a session that leaves while its collect waits asks no more', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    for (let visit = 0; visit < 20; visit += 1) {
      const again = await join(pair);
      expect(await answers(again, collect(1, 1))).toEqual([]);
      await leave(again);
    }
    await only(pair).accept();
    expect(pair.owner.grants.length).toBe(1);
    const last = await join(pair);
    await answers(last, collect(1, 1), confirm(1));
    expect(payloads(last)).toEqual([[-1, -2, -3]]);
  });
});

describe('two sessions of one identity', () => {
  it('are both told, and the first to collect has it', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    const [one, two] = [await join(pair), await join(pair)];
    await answers(one, collect(1, 1));
    await answers(two, collect(1, 1));
    one.arrivals.length = 0;
    await only(pair).accept();
    await one.quiet();
    await two.quiet();
    const accepted = { kind: 'kept', items: [{ id: 1, outcome: 'accepted' }] };
    expect(one.messages).toMatchObject([accepted, { kind: 'value', get: 1 }]);
    expect(two.messages).toMatchObject([accepted]);
    await answers(one, confirm(1));
    await two.quiet();
    expect(two.messages).toMatchObject([
      accepted,
      failed(1, 'no-request'),
      { kind: 'kept', items: [], gone: [1] },
    ]);
    expect(payloads(two)).toEqual([]);
    // The one that has it knows.
    expect(keptOf(one.messages)).toEqual([]);
  });

  it('the second has it where the first leaves without having confirmed', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...asking);
    await leave(grace);
    await only(pair).accept();
    const [one, two] = [await join(pair), await join(pair)];
    await answers(one, collect(1, 1));
    expect(await answers(two, collect(1, 1))).toEqual([]);
    await leave(one);
    await two.quiet();
    expect(payloads(two)).toEqual([[-1, -2, -3]]);
    await answers(two, confirm(1));
    expect(pair.owner.grants.length).toBe(0);
  });

  it('one hears of what the other leaves, and may collect it', async () => {
    const { pair, grace } = await start();
    const other = await join(pair);
    await answers(grace, ...asking);
    other.arrivals.length = 0;
    await leave(grace);
    await other.quiet();
    expect(other.messages).toMatchObject([
      { kind: 'kept', items: [{ id: 1, name: 'ages', outcome: undefined }], gone: [] },
    ]);
    expect(only(pair).isPresent).toBe(true);
    await only(pair).accept();
    await answers(other, collect(1, 1), confirm(1));
    expect(payloads(other)).toEqual([[-1, -2, -3]]);
  });
});

describe('in any order of what both sides do', () => {
  const step = fc.oneof(
    fc.record({
      what: fc.constantFrom('collect', 'collect', 'confirm', 'leave', 'join', 'ask', 'forget'),
      who: fc.nat(1),
      which: fc.nat(3),
    }),
    fc.record({
      what: fc.constantFrom('accept', 'accept', 'deny', 'revoke', 'wait'),
      who: fc.constant(0),
      which: fc.nat(3),
    }),
  );

  it('each collect has one answer, nothing leaves without an accept, and nothing is left over', async () => {
    let collected = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const clock = new VirtualClock();
        const pair = new RawPair({ clock });
        pair.owner.store.add(floats([1, 2, 3]), { tags: ['ages'] });
        const first = await visit(pair);
        for (const op of ['neg', 'abs', 'square']) ask(first, op);
        await first.scientist.quiet();
        await leave(first.scientist);
        const sessions: (Visit | undefined)[] = [await visit(pair), await visit(pair)];
        const accepted = new Set<string>();
        for (const { what, who, which } of steps) {
          const session = sessions[who];
          const asked = pair.owner.requests.list()[which];
          const granted = pair.owner.grants.list()[which];
          if (what === 'join' && !session) sessions[who] = await visit(pair);
          if (what === 'accept' && asked) {
            accepted.add(asked.name);
            void asked.accept().catch(() => undefined);
          }
          if (what === 'deny') asked?.deny();
          if (what === 'revoke') revoke(granted);
          if (what === 'wait') clock.advance(hourMs / 3);
          if (!session) continue;
          const { scientist, ids } = session;
          if (what === 'ask') ask(session, 'exp');
          if (what === 'collect') {
            ids.set(session.nextId, which + 1);
            scientist.say(collect(session.nextId++, which + 1));
          }
          if (what === 'confirm') scientist.say(confirm([...ids.keys()][which] ?? 1));
          if (what === 'forget') scientist.say(forget(which + 1));
          if (what === 'leave') {
            sessions[who] = undefined;
            await leave(scientist);
          }
          // Now and then several things happen at once.
          if (which > 1) await scientist.quiet();
        }
        clock.advance(2 * hourMs);
        // Decisions have their place in the turn of one of the two, and are told to both.
        for (const session of [...sessions, ...sessions]) await session?.scientist.quiet();
        for (const session of sessions) {
          if (!session) continue;
          const { scientist, ids } = session;
          const answered = scientist.messages.flatMap((message) =>
            message.kind === 'value' || message.kind === 'failed' ? [message.get] : [],
          );
          expect(answered.sort((a, b) => a - b)).toEqual([...ids.keys()]);
          const values = scientist.messages.flatMap((message) =>
            message.kind === 'value' ? [message.get] : [],
          );
          expect(payloads(scientist)).toHaveLength(values.length);
          collected += values.length;
          const items = keptOf(scientist.messages).flatMap((told) => told.items);
          const names = new Map(items.map(({ id, name }) => [id, name]));
          for (const value of values) {
            expect(accepted).toContain(names.get(ids.get(value) ?? 0));
          }
          await leave(scientist);
        }
        clock.advance(2 * hourMs);
        await pair.close();
        expect([pair.owner.requests.length, pair.owner.grants.length, clock.pending]).toEqual([
          0, 0, 0,
        ]);
        expect(pair.owner.objectCount).toBe(1);
      }),
      { numRuns: 60 },
    );
    expect(collected).toBeGreaterThan(0);
  });

  interface Visit {
    readonly scientist: RawScientist;
    /** What each collect is for. */
    readonly ids: Map<number, number>;
    nextId: number;
  }

  async function visit(pair: RawPair): Promise<Visit> {
    return { scientist: await join(pair), ids: new Map(), nextId: 1 };
  }

  function revoke(grant: OpenGrant | undefined): void {
    try {
      grant?.revoke();
    } catch (thrown) {
      // It is just being sent.
      if (!isDuetError(thrown, 'no-request')) throw thrown;
    }
  }

  function ask(session: Visit, op: string): void {
    const id = session.nextId;
    session.nextId += 2;
    session.scientist.say(action(id, op, published(1)));
    session.scientist.say(request(id + 1, own(id), { keepMs: hourMs, name: `${op} ${id}` }));
  }
});

describe('limits', () => {
  it('a life that is longer than announced, and more than fit, are refused when it is asked', async () => {
    const bytes = floats([1, 2, 3]).bytes.length;
    const { pair, grace } = await start({
      limits: { keepMs: hourMs, keptRequests: 3, keptBytes: 2 * bytes },
    });
    expect(grace.messages[0]).toMatchObject({ kind: 'welcome', keepMs: hourMs });
    const ops = ['neg', 'abs', 'square'].map((op, at) => action(at + 1, op, published(1)));
    await answers(grace, ...ops);
    const ask = (id: number, of: number, keepMs: number) => request(id, own(of), { keepMs });
    expect(await answers(grace, ask(11, 1, hourMs + 1))).toEqual([fault(11, 'bad-argument')]);
    expect(await answers(grace, ask(12, 1, hourMs), ask(13, 2, hourMs))).toEqual([]);
    expect(await answers(grace, ask(14, 3, hourMs))).toEqual([fault(14, 'limit')]);
    // Without being kept it may wait.
    expect(await answers(grace, request(15, own(3)))).toEqual([]);
    await leave(grace);
    const again = await join(pair);
    expect(toldAtFirst(again)).toHaveLength(2);
    const more = request(1, published(1), { keepMs: hourMs });
    expect(await answers(again, more)).toEqual([fault(1, 'limit')]);
    // What is decided against takes no room.
    pair.owner.requests.at(0).deny();
    expect(await answers(again, request(2, published(1), { keepMs: hourMs }))).toMatchObject([
      { kind: 'kept', items: [{ id: 1, outcome: 'denied' }] },
    ]);
    expect(pair.owner.requests.length).toBe(2);
  });

  it('only so many', async () => {
    const { pair, grace } = await start({ limits: { keptRequests: 2 } });
    const ask = (id: number, op: string) => [
      action(id, op, published(1)),
      request(id + 1, own(id), { keepMs: hourMs }),
    ];
    expect(await answers(grace, ...ask(1, 'neg'), ...ask(3, 'abs'), ...ask(5, 'square'))).toEqual([
      fault(6, 'limit'),
    ]);
    // Those that are over are told for a while: as many as may be kept, and no more.
    for (let visit = 0, scientist = grace; visit < 4; visit += 1) {
      await leave(scientist);
      for (const waiting of pair.owner.requests.list()) waiting.deny();
      scientist = await join(pair);
      expect(toldAtFirst(scientist)).toHaveLength(2);
      await answers(scientist, ...ask(1, 'neg'), ...ask(3, 'abs'));
      expect(pair.owner.requests.length).toBe(2);
    }
  });
});

describe('nobody else', () => {
  it('hears of it, can collect it, or makes it go', async () => {
    const secret = canary([3]);
    const pair = new RawPair({ clock: new VirtualClock() });
    open.push(pair);
    pair.owner.store.add(secret, { tags: ['ages'] });
    const grace = await join(pair);
    await answers(grace, ...asking);
    await leave(grace);
    const eve = await join(pair, 'eve');
    expect(toldAtFirst(eve)).toEqual([]);
    await only(pair).accept();
    expect(await answers(eve, collect(1, 1), forget(1), confirm(1))).toEqual([
      failed(1, 'no-request'),
      fault(0, 'no-request'),
      fault(1, 'no-object'),
    ]);
    expect(pair.owner.grants.length).toBe(1);
    expect(spilt(eve.wire, secret)).toBe(0);
    const again = await join(pair);
    expect(spilt(again.wire, secret)).toBe(0);
    await answers(again, collect(1, 1), confirm(1));
    expect(payloads(again)).toHaveLength(1);
    expect(spilt(eve.wire, secret)).toBe(0);
    expect(keptOf(eve.messages)).toEqual([]);
  });

  it('without an accept nothing leaves, whatever its scientist says', async () => {
    const secret = canary([3]);
    const pair = new RawPair({ clock: new VirtualClock() });
    open.push(pair);
    pair.owner.store.add(secret, { tags: ['ages'] });
    const grace = await join(pair);
    await answers(grace, ...asking);
    await leave(grace);
    const again = await join(pair);
    await answers(
      again,
      collect(1, 1),
      confirm(1),
      get(2, own(1)),
      get(3, published(1), { request: 1 }),
      { kind: 'withdraw', request: 1 },
      collect(4, 1),
    );
    only(pair).deny();
    await answers(again, collect(5, 1), forget(1), collect(6, 1));
    expect(payloads(again)).toEqual([]);
    expect(spilt(again.wire, secret)).toBe(0);
  });
});
