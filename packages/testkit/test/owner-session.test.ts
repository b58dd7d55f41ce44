/** What the owner's side does with whatever a scientist may say, over a real link and the real engine. */

import { nextMacrotask } from '@duet/engine';
import { VirtualClock } from '@duet/link';
import type { Engine } from '@duet/ops';
import { digestOf, type ScientistMessage } from '@duet/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault } from './answers';
import { action, begin, floats, get, own, published, request } from './words';

let open: RawPair[] = [];

afterEach(async () => {
  for (const pair of open) {
    await pair.close();
    expect(pair.owner.objectCount).toBe(pair.owner.store.objects.length);
    expect(pair.owner.requests.length).toBe(0);
  }
  open = [];
});

/** An owner with a private object p1 = [1, 2, 3], a public p2 = [10, 20] and a hidden p3; and one scientist. */
async function start(
  options: RawPairOptions = {},
): Promise<{ pair: RawPair; grace: RawScientist }> {
  const pair = new RawPair(options);
  open.push(pair);
  pair.owner.store.add(floats([1, 2, 3]), { tags: ['ages'] });
  pair.owner.store.add(floats([10, 20]), { tags: ['open'], public: true });
  pair.owner.store.add(floats([7]), { pointable: false });
  const grace = pair.join();
  grace.say(begin);
  await grace.quiet();
  grace.arrivals.length = 0;
  return { pair, grace };
}

const payloads = (grace: RawScientist) =>
  grace.arrivals.flatMap((arrival) =>
    arrival.kind === 'payload' ? [[...new Float32Array(arrival.bytes.buffer)]] : [],
  );

describe('a session', () => {
  it('begins with a welcome and the catalogue, without what is hidden', async () => {
    const { grace } = await start();
    const [welcome, ...catalogues] = await answers(grace, { kind: 'begin', epoch: 9 });
    expect(welcome).toMatchObject({ kind: 'welcome', epoch: 9, nextId: 1 });
    const ids = catalogues.flatMap((message) =>
      message.kind === 'catalogue' ? message.objects.map(({ id }) => id) : [],
    );
    expect(ids).toEqual([1, 2]);
  });

  it('takes nothing before it has begun', async () => {
    const pair = new RawPair();
    open.push(pair);
    pair.owner.store.add(floats([1]));
    const grace = pair.join();
    expect(await answers(grace, action(1, 'neg', published(1)))).toEqual([fault(1, 'bad-message')]);
  });

  it('begun again, drops what the one before left, and its ids stay used', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    expect(pair.owner.requests.length).toBe(1);
    const [welcome] = await answers(grace, { kind: 'begin', epoch: 2 });
    expect(welcome).toMatchObject({ kind: 'welcome', epoch: 2, nextId: 3 });
    expect(pair.owner.requests.length).toBe(0);
    expect(pair.owner.objectCount).toBe(3);
    expect(await answers(grace, get(3, own(1)))).toEqual([failed(3, 'no-object')]);
    expect(await answers(grace, action(2, 'neg', published(1)))).toEqual([fault(2, 'id-taken')]);
  });

  it('tells of what the owner publishes and takes back', async () => {
    const { pair, grace } = await start();
    pair.owner.store.add(floats([4]), { tags: ['new'] });
    pair.owner.store.remove('ages');
    await grace.quiet();
    expect(grace.messages).toMatchObject([
      { kind: 'catalogue', objects: [{ id: 4, tags: ['new'] }] },
      { kind: 'gone', published: [1], own: [] },
    ]);
    expect(await answers(grace, action(1, 'neg', published(1)))).toEqual([fault(1, 'no-object')]);
  });
});

describe('what public facts forbid is a typed error at once, and changes nothing', () => {
  const cases: readonly [string, ScientistMessage, string][] = [
    ['an op that is not in the table', action(5, 'evalScript', published(1)), 'unsupported-op'],
    [
      'the name of a property of every object',
      action(5, 'constructor', published(1)),
      'unsupported-op',
    ],
    ['a denied op', action(5, 'unique', published(1)), 'unsupported-op'],
    ['too few arguments', action(5, 'add', published(1)), 'bad-argument'],
    ['too many arguments', action(5, 'neg', published(1), published(1)), 'bad-argument'],
    ['an argument of a wrong kind', action(5, 'neg', 3), 'bad-argument'],
    ['shapes that do not fit', action(5, 'matMul', published(1), published(2)), 'bad-argument'],
    ['an object that was never made', action(5, 'neg', own(99)), 'no-object'],
    ['an object that is hidden', action(5, 'neg', published(3)), 'no-object'],
    ['a path into a single value', action(5, 'neg', own(1, 0)), 'no-object'],
    ['an id that was used', action(1, 'neg', published(1)), 'id-taken'],
    ['a result over the limits', action(5, 'zeros', [70_000, 70_000], 'float32'), 'too-large'],
    ['a request for nothing', request(5, own(99)), 'no-object'],
    ['a confirmation of nothing', { kind: 'confirm', get: 5 }, 'no-object'],
    ['a withdrawal of nothing', { kind: 'withdraw', request: 5 }, 'no-request'],
    ['a drop of nothing', { kind: 'drop', ids: [5], parts: [] }, 'no-object'],
  ];

  it.each(cases)('%s', async (_, message, code) => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'neg', published(2)));
    const objects = pair.owner.objectCount;
    expect(await answers(grace, message)).toMatchObject([{ kind: 'fault', code }]);
    expect(pair.owner.objectCount).toBe(objects);
    // The session goes on, and what was there is as it was.
    await answers(grace, get(100, own(1)));
    expect(payloads(grace)).toEqual([[-10, -20]]);
  });

  it('is refused before the engine is called', async () => {
    const steps: string[] = [];
    const { grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, {
          run: (step) => {
            steps.push(step.kind === 'op' ? step.op : step.kind);
            engine.run(step);
          },
        }),
    });
    const [answer] = await answers(
      grace,
      action(1, 'randomNormal', [2 ** 31 - 1], 0, 1, 'float32', 1),
    );
    expect(answer).toMatchObject({ kind: 'fault', about: 1 });
    await answers(grace, action(2, 'matMul', published(1), published(2)));
    expect(steps).toEqual([]);
    await answers(grace, action(3, 'neg', published(1)));
    expect(steps).toEqual(['neg']);
  });

  it('reports bytes that are no message, and closes after the third', async () => {
    const { grace } = await start();
    for (const _ of [1, 2]) {
      grace.link.send(Uint8Array.of(255, 1, 2, 3));
      await grace.quiet();
    }
    expect(grace.messages).toEqual([fault(0, 'bad-message'), fault(0, 'bad-message')]);
    grace.link.send(Uint8Array.of(255));
    expect(await grace.link.closed).toMatchObject({ code: 'bad-message' });
  });

  it('ends every random message in an answer or a change, within the session', async () => {
    const { pair, grace } = await start({ limits: { objects: 50 } });
    const ref = fc.oneof(
      fc.nat(30).map((id) => own(id + 1)),
      fc.nat(5).map((id) => published(id + 1)),
      fc.tuple(fc.nat(30), fc.nat(2)).map(([id, at]) => own(id + 1, at)),
    );
    const id = fc.integer({ min: 1, max: 200 });
    const anything: fc.Arbitrary<ScientistMessage> = fc.oneof(
      fc
        .tuple(id, fc.constantFrom('neg', 'add', 'split', 'sum', 'nope'), ref, ref)
        .map(([n, op, a, b]) => action(n, op, a, ...(op === 'add' ? [b] : []))),
      fc
        .tuple(id, ref, fc.nat(40), fc.boolean())
        .map(([n, of, waits, deleteAfter]) => get(n, of, { request: waits, deleteAfter })),
      fc.tuple(id, ref).map(([n, of]) => request(n, of)),
      id.map((n) => ({ kind: 'confirm', get: n }) as const),
      id.map((n) => ({ kind: 'withdraw', request: n }) as const),
      fc.array(id, { maxLength: 3 }).map((ids) => ({ kind: 'drop', ids, parts: [] }) as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 40 }), async (messages) => {
        await answers(grace, ...messages, { kind: 'begin', epoch: 1 });
        expect(grace.messages.some(({ kind }) => kind === 'welcome')).toBe(true);
        expect(pair.owner.objectCount).toBe(3);
        expect(pair.owner.requests.length).toBe(0);
      }),
      { numRuns: 60 },
    );
    // Every id up to 200 is used by now; the session still computes.
    await answers(grace, action(1000, 'neg', published(2)), get(1001, own(1000)));
    expect(payloads(grace)).toEqual([[-10, -20]]);
  });
});

describe('nothing leaves without a decision', () => {
  it('not a published object, nor what is computed from it, nor a mixture with public values', async () => {
    const { grace } = await start();
    const answered = await answers(
      grace,
      get(1, published(1)),
      action(2, 'sum', published(1)),
      get(3, own(2)),
      action(4, 'mul', published(2), own(2)),
      get(5, own(4)),
    );
    expect(answered).toEqual([
      failed(1, 'not-released'),
      failed(3, 'not-released'),
      failed(5, 'not-released'),
    ]);
    expect(payloads(grace)).toEqual([]);
  });

  it('while public values, and what is computed from them alone, are answered', async () => {
    const { grace } = await start();
    await answers(
      grace,
      get(1, published(2)),
      action(2, 'add', published(2), floats([1])),
      get(3, own(2)),
    );
    expect(payloads(grace)).toEqual([
      [10, 20],
      [11, 21],
    ]);
  });

  it('a request by itself gives nothing; a get that waits for it comes with the accept', async () => {
    const { pair, grace } = await start();
    expect(
      await answers(
        grace,
        action(1, 'sum', published(1)),
        request(2, own(1), { name: 'sum' }),
        get(3, own(1), { request: 2 }),
      ),
    ).toEqual([]);
    const asked = pair.owner.requests.at(0);
    expect(asked).toMatchObject({ name: 'sum', elements: 1, bytes: 4, status: 'pending' });
    expect(asked.sources).toMatchObject([{ id: 'p1', name: 'ages', tags: ['ages'], records: 3 }]);
    await asked.accept();
    await grace.quiet();
    expect(grace.messages).toMatchObject([
      { kind: 'decision', request: 2, outcome: 'accepted' },
      { kind: 'value', get: 3 },
    ]);
    expect(payloads(grace)).toEqual([[6]]);
  });

  it('an accept lets exactly that version go, to be fetched later too; what was computed before stays private', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      action(1, 'sum', published(1)),
      action(2, 'neg', own(1)),
      request(3, own(1)),
    );
    await pair.owner.requests.at(0).accept();
    expect(await answers(grace, get(4, own(2)))).toEqual([failed(4, 'not-released')]);
    await answers(grace, get(5, own(1)));
    expect(payloads(grace)).toEqual([[6]]);
    // Released, it may be fetched again, and computed on.
    await answers(grace, get(6, own(1)), action(7, 'neg', own(1)), get(8, own(7)), get(9, own(2)));
    expect(payloads(grace)).toEqual([[6], [-6]]);
    expect(grace.messages.at(-1)).toEqual(failed(9, 'not-released'));
  });

  it('what one scientist was given, another is not', async () => {
    const { pair, grace } = await start();
    const alan = pair.join('alan');
    await answers(
      grace,
      action(1, 'sum', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    await pair.owner.requests.at(0).accept();
    await grace.quiet();
    expect(payloads(grace)).toEqual([[6]]);
    expect(await answers(alan, begin, get(1, own(1)), get(2, published(1)))).toMatchObject([
      { kind: 'welcome' },
      { kind: 'kept', items: [] },
      { kind: 'catalogue' },
      { kind: 'catalogue' },
      failed(1, 'no-object'),
      failed(2, 'not-released'),
    ]);
  });
});

describe('requests', () => {
  it('denied: the reason, and the get that waited, in this order', async () => {
    const { pair, grace } = await start();
    await answers(grace, request(1, published(1)), get(2, published(1), { request: 1 }));
    pair.owner.requests.at(0).deny('too much');
    await grace.quiet();
    expect(grace.messages).toEqual([
      { kind: 'decision', request: 1, outcome: 'denied', reason: 'too much' },
      failed(2, 'denied'),
    ]);
    // It can be asked again.
    expect(await answers(grace, request(3, published(1)))).toEqual([]);
    expect(pair.owner.requests.length).toBe(1);
  });

  it('expired, on the owner’s clock', async () => {
    const clock = new VirtualClock();
    const { pair, grace } = await start({ clock });
    await answers(
      grace,
      request(1, published(1), { timeoutMs: 1000 }),
      get(2, published(1), { request: 1 }),
    );
    const asked = pair.owner.requests.at(0);
    clock.advance(999);
    await grace.quiet();
    expect(grace.messages).toEqual([]);
    clock.advance(1);
    await grace.quiet();
    expect(grace.messages).toEqual([
      { kind: 'decision', request: 1, outcome: 'expired', reason: '' },
      failed(2, 'expired'),
    ]);
    await expect(asked.accept()).rejects.toMatchObject({ code: 'no-request' });
  });

  it('withdrawn: an accept that crosses is void', async () => {
    const { pair, grace } = await start();
    await answers(grace, request(1, published(1)));
    const asked = pair.owner.requests.at(0);
    grace.say({ kind: 'withdraw', request: 1 });
    const accepted = asked.accept().catch((error: { code: string }) => error.code);
    await grace.quiet();
    // Whichever came first, nothing can be fetched.
    await accepted;
    expect(await answers(grace, get(2, published(1)))).toEqual([failed(2, 'not-released')]);
    expect(pair.owner.requests.length).toBe(0);
  });

  it('twice for the same value: told at once, until the first is decided', async () => {
    const { pair, grace } = await start();
    expect(await answers(grace, request(1, published(1)), request(2, published(1)))).toEqual([
      fault(2, 'duplicate-request'),
    ]);
    expect(pair.owner.requests.length).toBe(1);
  });

  it('too many at once: refused, those that wait stay', async () => {
    const { pair, grace } = await start({ limits: { pendingRequests: 2 } });
    const decided: string[] = [];
    pair.owner.requests.on('decided', ({ status }) => decided.push(status));
    const made = [1, 2, 3].map((id) => action(id, 'neg', published(1)));
    expect(
      await answers(grace, ...made, request(11, own(1)), request(12, own(2)), request(13, own(3))),
    ).toEqual([fault(13, 'rate')]);
    expect(pair.owner.requests.length).toBe(2);
    // It never waited for the owner, who has nothing to hear of it.
    expect(decided).toEqual([]);
  });

  it('keep their version alive though its id was dropped', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      action(1, 'sum', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
      { kind: 'drop', ids: [1], parts: [] },
    );
    await pair.owner.requests.at(0).accept();
    await grace.quiet();
    expect(payloads(grace)).toEqual([[6]]);
    expect(pair.owner.objectCount).toBe(3);
  });

  it('end when the scientist goes; nothing of theirs is left', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'sum', published(1)), request(2, own(1)));
    const asked = pair.owner.requests.at(0);
    grace.link.close(Object.assign(new Error(), { code: 'closed' }) as never);
    await grace.quiet();
    expect(asked.status).toBe('left');
    expect(pair.owner.joined).toEqual([]);
    expect(pair.owner.objectCount).toBe(3);
    expect(grace.engine.size).toBe(0);
  });

  it('are decided whole though a listener of the owner’s page throws', async () => {
    const { pair, grace } = await start();
    const reported: unknown[] = [];
    vi.stubGlobal('reportError', (thrown: unknown) => reported.push(thrown));
    pair.owner.requests.on('decided', () => {
      throw new Error('a bug of the page');
    });
    await answers(grace, request(1, published(1)), get(2, published(1), { request: 1 }));
    pair.owner.requests.at(0).deny('no');
    await grace.quiet();
    expect(grace.messages.map(({ kind }) => kind)).toEqual(['decision', 'failed']);
    expect(pair.owner.requests.length).toBe(0);
    expect(String(reported)).toContain('a bug of the page');
    vi.unstubAllGlobals();
  });

  it('can be looked at before they are decided, which tells the scientist nothing', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'sum', published(1)), request(2, own(1)));
    const value = await pair.owner.requests.at(0).preview();
    expect([...new Float32Array(value?.bytes.slice().buffer ?? new ArrayBuffer())]).toEqual([6]);
    await grace.quiet();
    expect(grace.messages).toEqual([]);
  });
});

describe('handlers', () => {
  const accept = { action: 'accept', tags: ['ages'], elementQuota: 4, release: 'records' } as const;

  it('answer within their quota, in the same breath as the request', async () => {
    const { pair, grace } = await start();
    pair.owner.requests.addHandler(accept);
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, published(1)),
      get(3, published(1), { request: 2 }),
      request(4, own(1)),
      get(5, own(1), { request: 4 }),
    );
    expect(grace.messages).toMatchObject([
      { kind: 'decision', request: 2, outcome: 'accepted' },
      { kind: 'value', get: 3 },
      { kind: 'decision', request: 4, outcome: 'denied' },
      failed(5, 'denied'),
    ]);
    expect(payloads(grace)).toEqual([[1, 2, 3]]);
  });

  it('leave alone what also comes from data without their tags', async () => {
    const { pair, grace } = await start();
    pair.owner.store.add(floats([5, 5, 5]), { tags: ['other'] });
    await grace.quiet();
    pair.owner.requests.addHandler(accept);
    await answers(grace, action(1, 'add', published(1), published(4)), request(2, own(1)));
    expect(pair.owner.requests.length).toBe(1);
  });

  it('do not go by what the scientist writes', async () => {
    const { pair, grace } = await start();
    pair.owner.requests.addHandler(accept);
    pair.owner.store.add(floats([9]), { tags: ['secret'] });
    await grace.quiet();
    const digest = await digestOf(floats([1]).bytes);
    grace.say({
      kind: 'put',
      id: 1,
      meta: floats([1]).meta,
      tags: ['ages'],
      description: 'ages',
      digest,
    });
    void grace.link.sendPayload(1, floats([1]).bytes);
    await answers(
      grace,
      action(2, 'mul', own(1), published(4)),
      request(3, own(2), { name: 'ages', reason: 'ages' }),
    );
    expect(pair.owner.requests.length).toBe(1);
  });

  it('D61 show and keep values locally, also denied ones, and send nothing by it', async () => {
    const { pair, grace } = await start();
    const printed: unknown[] = [];
    pair.owner.requests.on('printed', (entry) => printed.push(entry));
    pair.owner.requests.addHandler({ action: 'deny', printLocal: true, logLocal: true });
    expect(
      await answers(grace, action(1, 'sum', published(1)), request(2, own(1), { name: 'sum' })),
    ).toEqual([{ kind: 'decision', request: 2, outcome: 'denied', reason: '' }]);
    expect(printed).toMatchObject([{ name: 'sum', outcome: 'denied' }]);
    expect([
      ...new Float32Array(
        pair.owner.requests.log[0]?.value?.bytes.slice().buffer ?? new ArrayBuffer(),
      ),
    ]).toEqual([6]);
    await pair.close();
    expect(pair.owner.requests.log).toEqual([]);
  });

  it('answer those too that are waiting when they are added', async () => {
    const { pair, grace } = await start();
    await answers(grace, request(1, published(1)));
    pair.owner.requests.addHandler({ action: 'deny' });
    await grace.quiet();
    expect(grace.messages).toMatchObject([{ kind: 'decision', request: 1, outcome: 'denied' }]);
    expect(pair.owner.requests.length).toBe(0);
  });
});

describe('values on their way', () => {
  it('that are sent are usable, readable by their sender, and checked', async () => {
    const { grace } = await start();
    const value = floats([1, 2]);
    grace.say({
      kind: 'put',
      id: 1,
      meta: value.meta,
      tags: [],
      description: '',
      digest: await digestOf(value.bytes),
    });
    // The action that names it waits for its bytes, and later ones behind it.
    grace.say(action(2, 'neg', own(1)), get(3, own(2)), get(4, published(2)));
    for (let turn = 0; turn < 20; turn += 1) await nextMacrotask();
    expect(grace.messages).toEqual([]);
    await grace.link.sendPayload(1, value.bytes);
    await grace.quiet();
    expect(payloads(grace)).toEqual([
      [-1, -2],
      [10, 20],
    ]);
  });

  it('with a wrong digest are not there', async () => {
    const { pair, grace } = await start();
    const value = floats([1, 2]);
    grace.say({
      kind: 'put',
      id: 1,
      meta: value.meta,
      tags: [],
      description: '',
      digest: new Uint8Array(32),
    });
    await grace.link.sendPayload(1, value.bytes);
    await grace.quiet();
    expect(await answers(grace, action(2, 'neg', own(1)))).toEqual([fault(2, 'no-object')]);
    expect(pair.owner.objectCount).toBe(3);
  });

  it('over the limits are let pass by', async () => {
    const { pair, grace } = await start({ limits: { bytes: 7 } });
    const value = floats([1, 2]);
    grace.say({
      kind: 'put',
      id: 1,
      meta: value.meta,
      tags: [],
      description: '',
      digest: await digestOf(value.bytes),
    });
    await grace.link.sendPayload(1, value.bytes);
    await grace.quiet();
    expect(grace.messages).toEqual([fault(1, 'limit')]);
    await answers(grace, get(2, published(2)));
    expect(payloads(grace)).toEqual([[10, 20]]);
    expect(pair.owner.objectCount).toBe(3);
  });

  it('are deleted by a deleting get only after the confirmation', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'neg', published(2)), get(2, own(1), { deleteAfter: true }));
    expect(payloads(grace)).toEqual([[-10, -20]]);
    expect(pair.owner.objectCount).toBe(4);
    await answers(grace, { kind: 'confirm', get: 2 });
    expect(pair.owner.objectCount).toBe(3);
    expect(await answers(grace, { kind: 'confirm', get: 2 })).toEqual([fault(2, 'no-object')]);
  });

  it('of one op that gives several are named, fetched and deleted one by one', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      action(1, 'split', published(2), 2),
      get(2, own(1, 1), { deleteAfter: true }),
      get(3, own(1)),
    );
    expect(payloads(grace)).toEqual([[20]]);
    expect(grace.messages.at(-1)).toEqual(failed(3, 'no-object'));
    await answers(grace, { kind: 'confirm', get: 2 }, get(4, own(1, 1)), get(5, own(1, 0)));
    expect(grace.messages[0]).toEqual(failed(4, 'no-object'));
    expect(payloads(grace)).toEqual([[10]]);
    await answers(grace, { kind: 'drop', ids: [1], parts: [] });
    expect(pair.owner.objectCount).toBe(3);
  });

  it('of the scientist’s may be dropped by the owner, who tells them', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)));
    const row = pair.owner.table().find(({ access }) => access === 'scientist');
    expect(row).toMatchObject({ of: 'grace', shape: '[3]' });
    pair.owner.remove(row?.id ?? '');
    await grace.quiet();
    expect(grace.messages).toEqual([{ kind: 'gone', published: [], own: [1] }]);
    expect(pair.owner.objectCount).toBe(3);
  });
});

describe('a computation that fails', () => {
  it('is only seen by who may read the value: as the payload of a grant', async () => {
    const { pair, grace } = await start({ wrapEngine: failing });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      action(2, 'sum', own(1)),
      get(3, own(2)),
      request(4, own(2)),
      get(5, own(2), { request: 4 }),
    );
    expect(grace.messages).toEqual([failed(3, 'not-released')]);
    await pair.owner.requests.at(0).accept();
    await grace.quiet();
    expect(grace.messages.slice(1)).toEqual([
      { kind: 'decision', request: 4, outcome: 'accepted', reason: '' },
      failed(5, 'op-failed'),
    ]);
  });
});

/** An engine in which every `neg` leaves poison, as if it had run out of memory. */
function failing(engine: Engine): Engine {
  return wrappedEngine(engine, {
    size: 0,
    run: (step) =>
      engine.run(step.kind === 'op' && step.op === 'neg' ? { ...step, op: 'matMul' } : step),
  });
}
