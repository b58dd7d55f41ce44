/**
 * What a scientist with a client of their own may try against an owner's side. The ids are those of the attack
 * catalogue. After each attack the owner's objects are as they were, nothing private has left, and the session goes on.
 */

import { nextMacrotask } from '@duet/engine';
import { VirtualClock } from '@duet/link';
import type { Engine } from '@duet/ops';
import {
  digestOf,
  encodeOwnerMessage,
  limits,
  type OwnerMessage,
  type Put,
  type TensorValue,
  visibleText,
} from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../src/pair';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
import { canary, spilt } from './canary';
import { action, begin, floats, get, ints, own, published, request } from './words';

/** p1: private; p2: public; p3: hidden; p4: private, [2, 3]. */
const ages = canary([6], 1);
const hidden = canary([3], 2);
const matrix = canary([2, 3], 3);
const secrets = [ages, hidden, matrix];
const open = floats([10, 20]);
const ownersObjects = 4;

interface Attacked {
  readonly pair: RawPair;
  readonly scientists: RawScientist[];
  /** The owner let something go on purpose. */
  released: boolean;
}

let attacked: Attacked[] = [];

afterEach(async () => {
  const ended = attacked;
  attacked = [];
  for (const { pair, scientists, released } of ended) {
    expect(pair.owner.store.objects).toHaveLength(ownersObjects);
    expect(pair.owner.store.get('ages')).toMatchObject({ value: { bytes: canary([6], 1).bytes } });
    if (!released) for (const { wire } of scientists) expect(spilt(wire, ...secrets)).toBe(0);
    await pair.close();
    expect(pair.owner.requests.length).toBe(0);
    for (const { engine } of scientists) expect(engine.size).toBe(0);
  }
});

interface Scene extends Attacked {
  readonly grace: RawScientist;
}

async function start(options: RawPairOptions = {}): Promise<Scene> {
  const pair = new RawPair(options);
  const { store } = pair.owner;
  store.add(canary([6], 1), { tags: ['ages'] });
  store.add(open, { tags: ['open'], public: true });
  store.add(hidden, { pointable: false });
  store.add(matrix, { tags: ['matrix'] });
  const grace = pair.join();
  const scene = { pair, scientists: [grace], released: false, grace };
  attacked.push(scene);
  await answers(grace, begin);
  return scene;
}

async function joinAlan({ pair, scientists }: Scene): Promise<RawScientist> {
  const alan = pair.join('alan');
  scientists.push(alan);
  await answers(alan, begin);
  return alan;
}

const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});
async function put(id: number, { meta, bytes }: TensorValue): Promise<Put> {
  return { kind: 'put', id, meta, tags: [], description: '', digest: await digestOf(bytes) };
}

/** The session still computes and answers. */
async function goesOn(scientist: RawScientist, from = 1_000_000): Promise<void> {
  await answers(scientist, action(from, 'neg', published(2)), get(from + 1, own(from)));
  expect(payloads(scientist)).toEqual([[-10, -20]]);
  await answers(scientist, { kind: 'drop', ids: [from], parts: [] });
}

/** An engine whose reads wait until the test lets them go: stands for work that takes its time. */
function slowEngine(): { wrapEngine: (engine: Engine) => Engine; hold(): void; go(): void } {
  let gate = Promise.resolve();
  let go = () => {};
  return {
    hold: () => {
      gate = new Promise((resolve) => {
        go = resolve;
      });
    },
    go: () => go(),
    wrapEngine: (engine) =>
      wrappedEngine(engine, {
        close: () => {
          go();
          return engine.close();
        },
        read: async (slot) => {
          await gate;
          return engine.read(slot);
        },
      }),
  };
}

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextMacrotask();
}

const accepting = {
  action: 'accept',
  tags: ['ages'],
  elementQuota: 8,
  release: 'records',
} as const;

describe('A: reaching for what is not theirs', () => {
  it('A1, B1: no way of asking for a private value, whole or in another form, gives it', async () => {
    const { grace } = await start();
    const derived = [
      action(1, 'clone', published(1)),
      action(2, 'reshape', published(1), [2, 3]),
      action(3, 'cast', published(1), 'float32'),
      action(4, 'slice', published(1), [1], [2]),
      action(5, 'concat', [published(2), published(1)]),
      action(6, 'mul', published(1), floats([1], [])),
      action(7, 'add', published(1), floats([0], [])),
      action(8, 'zerosLike', published(1)),
      action(9, 'maximum', published(1), published(1)),
    ];
    await answers(grace, ...derived);
    expect(grace.messages).toEqual([]);
    const gets = derived.map(({ id }) => get(100 + id, own(id)));
    expect(await answers(grace, ...gets)).toEqual(gets.map(({ id }) => failed(id, 'not-released')));
    await goesOn(grace);
  });

  it('B11: each output of an op that gives several is as private as its input', async () => {
    const { grace } = await start();
    await answers(
      grace,
      action(1, 'split', published(1), 3),
      action(2, 'topk', published(1), 2),
      action(3, 'moments', published(1)),
      action(4, 'unstack', published(4)),
    );
    const outputs = [own(1, 0), own(1, 1), own(1, 2), own(2, 0), own(2, 1), own(3, 0), own(3, 1)];
    const all = [...outputs, own(4, 0), own(4, 1)].map((ref, at) => get(10 + at, ref));
    expect(await answers(grace, ...all)).toEqual(all.map(({ id }) => failed(id, 'not-released')));
    await goesOn(grace);
  });

  it('A3, A16: what is hidden, unknown or someone else’s is told in the same words', async () => {
    const scene = await start();
    const { grace } = scene;
    const alan = await joinAlan(scene);
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    expect(
      await answers(
        alan,
        get(11, published(3)),
        get(12, published(99)),
        get(13, own(1)),
        request(14, published(3)),
        request(15, published(99)),
        action(16, 'neg', published(3)),
        action(17, 'neg', own(1)),
      ),
    ).toEqual([
      failed(11, 'no-object'),
      failed(12, 'no-object'),
      failed(13, 'no-object'),
      fault(14, 'no-object'),
      fault(15, 'no-object'),
      fault(16, 'no-object'),
      fault(17, 'no-object'),
    ]);
    await goesOn(alan);
  });

  it('A16: taking back what was hidden tells nobody that it was there', async () => {
    const { pair, grace } = await start();
    const extra = pair.owner.store.add(canary([2], 9), { pointable: false });
    const data = pair.owner.store.addDataSet({ X: canary([2], 9) }, { pointable: false });
    grace.arrivals.length = 0;
    pair.owner.store.remove(extra.id);
    pair.owner.store.remove(data.id);
    await grace.quiet();
    expect(grace.messages).toEqual([]);
  });

  it('A4, A5: an id that is taken is never bound again, and the space of the owner’s ids cannot be written to', async () => {
    const { pair, grace } = await start();
    grace.say(await put(1, open), action(2, 'neg', published(2)));
    await grace.link.sendPayload(1, open.bytes);
    await grace.quiet();
    expect(
      await answers(
        grace,
        action(1, 'neg', published(2)),
        action(2, 'neg', published(1)),
        request(2, published(1)),
        get(3, own(1)),
        get(4, own(2)),
      ),
    ).toMatchObject([
      fault(1, 'id-taken'),
      fault(2, 'id-taken'),
      fault(2, 'id-taken'),
      { kind: 'value', get: 3 },
      { kind: 'value', get: 4 },
    ]);
    expect(payloads(grace)).toEqual([
      [10, 20],
      [-10, -20],
    ]);
    expect(pair.owner.objectCount).toBe(ownersObjects + 2);
  });

  it('A6: nothing that they did not make can be dropped', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const alan = await joinAlan(scene);
    await answers(grace, action(7, 'neg', published(2)));
    expect(await answers(alan, { kind: 'drop', ids: [1, 2, 3, 4, 7], parts: [] })).toEqual([
      fault(0, 'no-object'),
    ]);
    expect(pair.owner.objectCount).toBe(ownersObjects + 1);
    await answers(grace, get(8, own(7)));
    expect(payloads(grace)).toEqual([[-10, -20]]);
  });

  it('A13, A14: an owner’s words in a scientist’s mouth are no messages', async () => {
    const said: OwnerMessage[] = [
      {
        kind: 'welcome',
        epoch: 1,
        nextId: 1,
        catalogues: 0,
        opCost: 1,
        planCost: 1,
        runCost: 1,
        backend: 'cpu',
        lacking: [],
        keepMs: 0,
      },
      { kind: 'decision', request: 1, outcome: 'accepted', reason: '' },
      { kind: 'admitted', name: 'me' },
      { kind: 'failed', get: 1, code: 'denied' },
      { kind: 'fault', about: 1, code: 'denied' },
      { kind: 'gone', published: [1], own: [] },
      { kind: 'catalogue', objects: [], dataSets: [] },
    ];
    for (const message of said) {
      const { pair, grace } = await start();
      await answers(grace, request(1, published(1)));
      grace.arrivals.length = 0;
      grace.link.send(encodeOwnerMessage(message));
      await grace.quiet();
      expect(grace.messages).toEqual([fault(0, 'bad-message')]);
      expect(pair.owner.requests.at(0).status).toBe('pending');
      await goesOn(grace);
    }
  });

  it('A15: another’s request can be neither asked after nor withdrawn', async () => {
    const scene = await start();
    const alan = await joinAlan(scene);
    await answers(scene.grace, request(5, published(1)));
    expect(
      await answers(alan, { kind: 'withdraw', request: 5 }, get(6, published(1), { request: 5 })),
    ).toEqual([fault(5, 'no-request'), failed(6, 'no-request')]);
    expect(scene.pair.owner.requests.length).toBe(1);
    await goesOn(alan);
  });
});

describe('A: decisions that cross', () => {
  it('A8, A9: what was asked for is what an accept gives, whatever was done under its id since', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    await answers(grace, action(1, 'neg', published(2)));
    await answers(grace, action(2, 'mul', published(1), floats([0], [])), request(3, own(2)));
    expect(
      await answers(grace, { kind: 'drop', ids: [2], parts: [] }, action(2, 'clone', published(1))),
    ).toEqual([fault(2, 'id-taken')]);
    await pair.owner.requests.at(0).accept();
    expect(await answers(grace, get(4, own(2)), get(5, published(1), { request: 3 }))).toEqual([
      failed(4, 'no-object'),
      failed(5, 'no-request'),
    ]);
  });

  it('A10: a grant is gone with the session it was made in, and is nobody else’s', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const alan = await joinAlan(scene);
    await answers(grace, request(1, published(1)));
    await pair.owner.requests.at(0).accept();
    expect(await answers(alan, get(1, published(1)))).toEqual([failed(1, 'not-released')]);
    const again = await answers(grace, { kind: 'begin', epoch: 2 }, get(3, published(1)));
    expect(again.at(-1)).toEqual(failed(3, 'not-released'));
  });

  it('A10: two gets that race for one grant get the one value, by one grant', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const released: number[] = [];
    pair.owner.on('release', ({ get: answered }) => released.push(answered));
    await answers(
      grace,
      action(1, 'sum', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
      get(4, own(1), { request: 2 }),
    );
    await pair.owner.requests.at(0).accept();
    await grace.quiet();
    expect(grace.messages).toMatchObject([
      decision(2, 'accepted'),
      { kind: 'value', get: 3 },
      { kind: 'value', get: 4 },
    ]);
    expect(released).toEqual([3]);
  });

  it('H19: accepted twice, or denied after an accept, or accepted after a denial: the first counts', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    await answers(grace, request(1, published(1)), request(2, published(4)));
    const [one, two] = pair.owner.requests.list();
    const twice = [one?.accept(), one?.accept().catch((error: { code: string }) => error.code)];
    expect(await Promise.all(twice)).toEqual([undefined, 'no-request']);
    expect(() => one?.deny()).toThrow(expect.objectContaining({ code: 'no-request' }));
    two?.deny('no');
    await expect(two?.accept()).rejects.toMatchObject({ code: 'no-request' });
    await grace.quiet();
    expect(grace.messages).toEqual([decision(1, 'accepted'), decision(2, 'denied', 'no')]);
  });

  it('H19: a denial that overtakes an accept under way leaves nothing to fetch', async () => {
    const slow = slowEngine();
    const { pair, grace } = await start(slow);
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    slow.hold();
    const asked = pair.owner.requests.at(0);
    const accepted = asked.accept().catch((error: { code: string }) => error.code);
    await turns();
    asked.deny('no');
    slow.go();
    expect(await accepted).toBe('no-request');
    await grace.quiet();
    expect(grace.messages).toEqual([decision(2, 'denied', 'no'), failed(3, 'denied')]);
    expect(await answers(grace, get(4, own(1)))).toEqual([failed(4, 'not-released')]);
  });

  it('H19: a denial that crosses a withdrawal answers every get, and lets the value go', async () => {
    const slow = slowEngine();
    const { pair, grace } = await start(slow);
    await answers(
      grace,
      action(1, 'neg', published(1)),
      action(2, 'neg', published(4)),
      request(3, own(1)),
      request(4, own(2)),
      get(5, own(2), { request: 4 }),
    );
    const [one, two] = pair.owner.requests.list();
    slow.hold();
    const accepted = one?.accept();
    await turns();
    // It waits its turn behind the accept, and the denial behind it.
    grace.say({ kind: 'withdraw', request: 4 });
    await turns();
    two?.deny('no');
    slow.go();
    await accepted;
    await grace.quiet();
    expect(grace.messages).toEqual([decision(3, 'accepted'), failed(5, 'denied')]);
    // It may be asked for again, and goes when it is dropped.
    expect(await answers(grace, request(6, own(2)), { kind: 'withdraw', request: 6 })).toEqual([]);
    await answers(grace, { kind: 'drop', ids: [2], parts: [] });
    expect(pair.owner.objectCount).toBe(ownersObjects + 1);
    await goesOn(grace);
  });

  it('H19: an expiry that crosses a new beginning is not told to the new session', async () => {
    const slow = slowEngine();
    const clock = new VirtualClock();
    const { pair, grace } = await start({ ...slow, clock });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      request(3, published(4), { timeoutMs: 1000 }),
    );
    slow.hold();
    const accepted = pair.owner.requests.at(0).accept();
    const caught = accepted.catch((error: { code: string }) => error.code);
    await turns();
    grace.say({ kind: 'begin', epoch: 2 });
    await turns();
    clock.advance(1000);
    slow.go();
    await caught;
    await grace.quiet();
    const kinds = grace.messages.map(({ kind }) => kind);
    expect(kinds.slice(kinds.indexOf('welcome'))).not.toContain('decision');
    expect(pair.owner.objectCount).toBe(ownersObjects);
    // The same object may be asked for in the new session.
    expect(await answers(grace, request(4, published(4)))).toEqual([]);
    await goesOn(grace);
  });

  it('H12: a request in the very breath in which the link closes leaves no ghost before the owner', async () => {
    const { pair, grace } = await start();
    const asked: string[] = [];
    pair.owner.requests.on('waiting', ({ id }) => asked.push(id));
    grace.say(request(1, published(1)));
    grace.link.close(Object.assign(new Error(), { code: 'closed' }) as never);
    await turns();
    expect(pair.owner.requests.length).toBe(0);
    expect(asked).toEqual([]);
  });

  it('A10: an open grant is not made twice, so that empty values cannot pile up behind a handler', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    pair.owner.requests.addHandler({ ...accepting, elementQuota: 0 });
    await answers(grace, action(1, 'slice', published(1), [0], [0]), request(2, own(1)));
    expect(grace.messages).toEqual([decision(2, 'accepted')]);
    expect(await answers(grace, request(3, own(1)))).toEqual([fault(3, 'duplicate-request')]);
    expect(await answers(grace, get(4, own(1)))).toMatchObject([{ kind: 'value', get: 4 }]);
  });
});

describe('E: handlers', () => {
  it('E2: a quota is never overdrawn by several scientists at once', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const alan = await joinAlan(scene);
    const released: number[] = [];
    pair.owner.on('release', ({ elements }) => released.push(elements));
    const ask = [
      action(1, 'slice', published(1), [0], [3]),
      action(2, 'slice', published(1), [3], [3]),
      request(3, own(1)),
      get(4, own(1), { request: 3 }),
      request(5, own(2)),
      get(6, own(2), { request: 5 }),
    ];
    scene.released = true;
    grace.say(...ask);
    alan.say(...ask);
    pair.owner.requests.addHandler(accepting);
    await grace.quiet();
    await alan.quiet();
    pair.owner.requests.addHandler({ action: 'deny' });
    await grace.quiet();
    await alan.quiet();
    expect(released).toEqual([3, 3]);
    expect(pair.owner.requests.handlers[0]?.quotaLeft).toBe(2);
  });

  it('E2: a handler and the owner who accept at the same time make one grant', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    await answers(grace, request(1, published(1)));
    const asked = pair.owner.requests.at(0);
    pair.owner.requests.addHandler(accepting);
    const codes = await Promise.all([
      asked.accept().catch((error: { code: string }) => error.code),
      asked.accept().catch((error: { code: string }) => error.code),
    ]);
    await grace.quiet();
    expect(codes).toEqual(['no-request', 'no-request']);
    expect(grace.messages).toEqual([decision(1, 'accepted')]);
    expect(pair.owner.requests.handlers[0]?.quotaLeft).toBe(2);
  });

  it('E1: tags of what was taken back speak for nothing, also in a request that waits already', async () => {
    const { pair, grace } = await start();
    const extra = pair.owner.store.add(canary([2], 9), { tags: ['extra'] });
    await answers(grace, request(1, published(extra.number)));
    pair.owner.store.remove(extra.id);
    pair.owner.requests.addHandler({ ...accepting, tags: ['extra'] });
    await grace.quiet();
    expect(pair.owner.requests.at(0)).toMatchObject({ status: 'pending', sources: [{ tags: [] }] });
    pair.owner.requests.at(0).deny();
  });

  it('G10: a local log that a scientist fills by asking keeps the newest', async () => {
    const { pair, grace } = await start();
    pair.owner.requests.addHandler({ action: 'deny', logLocal: true });
    const count = limits.localLogEntries + 50;
    const asks = Array.from({ length: count }, (_, at) => request(at + 1, published(1)));
    await answers(grace, ...asks);
    expect(pair.owner.requests.log).toHaveLength(limits.localLogEntries);
    expect(pair.owner.requests.log.at(-1)?.request).toBe(`r${count}`);
  });

  it('A9: what a handler or a preview shows the owner is a copy', async () => {
    const { pair, grace } = await start();
    grace.say(await put(1, open));
    await grace.link.sendPayload(1, open.bytes);
    await answers(grace, request(2, published(1)));
    (await pair.owner.requests.at(0).preview())?.bytes.fill(0);
    (await grace.peer.session?.preview(own(1)))?.bytes.fill(0);
    pair.owner.requests.addHandler({ action: 'deny', logLocal: true });
    await grace.quiet();
    pair.owner.requests.log[0]?.value?.bytes.fill(0);
    // The owner's own bytes are compared after each test.
    await answers(grace, get(3, own(1)));
    expect(payloads(grace)).toEqual([[10, 20]]);
  });
});

describe('G: keeping the owner busy', () => {
  it('G9, H12: an upload that never comes holds up its sender alone, not the owner’s decisions', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const alan = await joinAlan(scene);
    await answers(grace, request(1, published(1)), request(2, published(4)));
    grace.say(await put(3, open), action(4, 'neg', own(3)), get(5, own(4)));
    await turns();
    const [one, two] = pair.owner.requests.list();
    await one?.accept();
    two?.deny('no');
    await turns();
    expect(grace.messages).toEqual([decision(1, 'accepted'), decision(2, 'denied', 'no')]);
    await goesOn(alan);
    // What waits is answered when it comes, in its order.
    await grace.link.sendPayload(3, open.bytes);
    await grace.quiet();
    expect(payloads(grace)).toEqual([[-10, -20]]);
  });

  it('G9: values that are never taken hold up their receiver alone', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const alan = await joinAlan(scene);
    await answers(grace, request(1, published(1)), request(2, published(4)));
    await answers(grace, action(3, 'zeros', [20_000], 'float32'));
    // From here on nothing reaches them, and so nothing is given back.
    grace.wire.aToB.hold();
    const gets = Array.from({ length: 3 * limits.transfers }, (_, at) => get(10 + at, own(3)));
    grace.say(...gets, action(100, 'neg', published(2)), get(101, own(100)));
    await turns(200);
    const [one, two] = pair.owner.requests.list();
    await one?.accept();
    two?.deny('no');
    await goesOn(alan);
    grace.wire.aToB.release();
    await grace.quiet();
    expect(grace.messages).toContainEqual(decision(1, 'accepted'));
    expect(grace.messages).toContainEqual(decision(2, 'denied', 'no'));
    expect(payloads(grace)).toHaveLength(gets.length + 1);
    expect(payloads(grace).at(-1)).toEqual([-10, -20]);
  });

  it('G9: gets that wait for one accept do not keep it waiting', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    await answers(grace, action(3, 'zeros', [20_000], 'float32'));
    await answers(grace, action(4, 'sum', published(1)), request(5, own(4)));
    await answers(grace, get(6, own(4), { request: 5 }), get(7, own(4), { request: 5 }));
    grace.wire.aToB.hold();
    grace.say(...Array.from({ length: limits.transfers }, (_, at) => get(10 + at, own(3))));
    await turns(100);
    await pair.owner.requests.at(0).accept();
    grace.wire.aToB.release();
    await grace.quiet();
    expect(payloads(grace)).toHaveLength(limits.transfers + 2);
  });

  it('an upload that breaks is told in its turn, never in the middle of a decision', async () => {
    const slow = slowEngine();
    const scene = await start(slow);
    const { pair, grace } = scene;
    await answers(
      grace,
      action(1, 'sum', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    slow.hold();
    const accepted = pair.owner.requests.at(0).accept();
    await turns();
    grace.say({ ...(await put(4, open)), digest: new Uint8Array(32) });
    void grace.link.sendPayload(4, open.bytes);
    await turns();
    slow.go();
    await accepted;
    await grace.quiet();
    expect(grace.messages).toMatchObject([
      decision(2, 'accepted'),
      { kind: 'value', get: 3 },
      fault(4, 'bad-transfer'),
    ]);
  });

  it('an object that is taken back while a call on it waits for an upload is not there, and no failure', async () => {
    const { pair, grace } = await start();
    const extra = pair.owner.store.add(open, { tags: ['extra'], public: true });
    await grace.quiet();
    grace.say(
      await put(1, open),
      action(2, 'add', published(extra.number), own(1)),
      get(3, own(2)),
    );
    await turns();
    pair.owner.store.remove(extra.id);
    await grace.link.sendPayload(1, open.bytes);
    await grace.quiet();
    expect(grace.messages.slice(-3)).toEqual([
      { kind: 'gone', published: [extra.number], own: [] },
      fault(2, 'no-object'),
      failed(3, 'no-object'),
    ]);
    await goesOn(grace);
  });

  it('G6: ops that give nothing use ids up, and those are limited too', async () => {
    const { pair, grace } = await start({ limits: { objects: 20 } });
    await answers(grace, action(1, 'zeros', [0, 3], 'float32'));
    const empty = Array.from({ length: 30 }, (_, at) => action(2 + at, 'unstack', own(1)));
    const refused = await answers(grace, ...empty);
    expect(refused).toHaveLength(11);
    expect(refused[0]).toEqual(fault(21, 'limit'));
    await answers(grace, {
      kind: 'drop',
      ids: Array.from({ length: 20 }, (_, at) => at + 1),
      parts: [],
    });
    expect(pair.owner.objectCount).toBe(ownersObjects);
    await goesOn(grace);
  });

  it('G2, G5: a thousand outputs, and hundreds of operands, are counted and freed', async () => {
    const { pair, grace } = await start({ limits: { objects: 2000 } });
    await answers(
      grace,
      action(1, 'zeros', [limits.outputs, 2], 'float32'),
      action(2, 'unstack', own(1)),
      action(3, 'unstack', own(1)),
    );
    expect(grace.messages).toEqual([fault(3, 'limit')]);
    expect(pair.owner.objectCount).toBe(ownersObjects + 1 + limits.outputs);
    const operands = Array.from({ length: limits.operands }, (_, at) => own(2, at));
    await answers(grace, action(4, 'stack', operands), action(5, 'addN', operands));
    expect(grace.messages).toEqual([]);
    await answers(grace, { kind: 'drop', ids: [1, 2, 4, 5], parts: [] });
    expect(pair.owner.objectCount).toBe(ownersObjects);
    await goesOn(grace);
  });

  it('H5: uploads that are dropped or begun anew over come to an end, and leave nothing', async () => {
    const { pair, grace } = await start();
    grace.say(await put(1, open), { kind: 'drop', ids: [1], parts: [] }, action(2, 'neg', own(1)));
    await turns();
    expect(grace.messages).toContainEqual(fault(2, 'no-object'));
    grace.say(await put(3, open), { kind: 'begin', epoch: 2 });
    await turns();
    await grace.link.sendPayload(1, open.bytes);
    await grace.link.sendPayload(3, open.bytes);
    await grace.quiet();
    expect(pair.owner.objectCount).toBe(ownersObjects);
    expect(grace.peer.session?.objects).toMatchObject({ count: 0, bytes: 0 });
    await goesOn(grace);
  });

  it('H10: ids that are used up are a limit, also of a session begun anew, and do not wrap around', async () => {
    const { grace } = await start();
    await answers(grace, action(limits.id, 'neg', published(2)), get(1, published(2)));
    expect(grace.messages).toEqual([failed(1, 'id-taken')]);
    expect(await answers(grace, { kind: 'begin', epoch: 2 })).toEqual([fault(0, 'limit')]);
    expect(await answers(grace, { kind: 'drop', ids: [limits.id], parts: [] })).toEqual([]);
  });

  it('G8: who makes the owner’s side talk and never listens is cut off', async () => {
    const { pair, grace } = await start();
    const extras = Array.from({ length: 200 }, () => pair.owner.store.add(open));
    await grace.quiet();
    grace.wire.aToB.hold();
    for (let epoch = 2; epoch < 1000; epoch += 1) grace.say({ kind: 'begin', epoch });
    await until(() => grace.peer.status === 'left');
    expect(grace.peer.leftBecause?.code).toBe('limit');
    expect(pair.owner.joined).toEqual([]);
    for (const { id } of extras) pair.owner.store.remove(id);
  });
});

describe('B, D, F: names and values as ways in', () => {
  it.each([
    'constructor',
    '__proto__',
    'toString',
    'add.constructor',
    'engine',
    'loadLayersModel',
    'browser.fromPixels',
    'data.webcam',
    'fused.matmul',
    'print',
    'setBackend',
    '',
  ])('F1-F7: “%s” is no op', async (name) => {
    const { pair, grace } = await start();
    const [answer] = await answers(grace, action(1, name, published(1)));
    expect(answer).toEqual(fault(1, 'unsupported-op'));
    expect(pair.owner.objectCount).toBe(ownersObjects);
    await goesOn(grace);
  });

  it('B9: a private tensor is never an attribute', async () => {
    const { grace } = await start();
    expect(
      await answers(
        grace,
        action(1, 'reshape', published(1), published(1)),
        action(2, 'sum', published(1), published(4)),
        action(3, 'clipByValue', published(1), published(4), 1),
      ),
    ).toEqual([1, 2, 3].map((id) => fault(id, 'bad-argument')));
    await goesOn(grace);
  });

  it('D1, D2, D9: private indices out of range neither fail nor tell', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    grace.say(await put(1, ints([424242, -7, 1])));
    await grace.link.sendPayload(1, ints([424242, -7, 1]).bytes);
    await answers(
      grace,
      action(2, 'cast', published(1), 'int32'),
      action(3, 'gather', published(1), own(2)),
      action(4, 'gather', published(2), own(1)),
      action(5, 'oneHot', own(2), 4),
      action(6, 'sum', own(5)),
      get(7, own(4)),
    );
    expect(grace.messages).toMatchObject([{ kind: 'value', get: 7 }]);
    expect(payloads(grace)).toEqual([[20, 10, 20]]);
    await answers(grace, request(8, own(3)), get(9, own(3), { request: 8 }));
    scene.released = true;
    await pair.owner.requests.at(0).accept();
    await grace.quiet();
    expect(payloads(grace)).toHaveLength(1);
    expect(spilt(grace.wire, hidden, matrix)).toBe(0);
  });

  it('E4-E6: what they write stays text, with every trick visible', async () => {
    const { pair, grace } = await start();
    const name = '<img src=x onerror=alert(1)>';
    const reason = 'denied\u202eyb renwo\u200b';
    await answers(grace, request(1, published(1), { name, reason }));
    const [row] = pair.owner.requests.table();
    expect(row).toMatchObject({ name, reason: 'denied[U+202E]yb renwo[U+200B]' });
    expect(visibleText(pair.owner.requests.at(0).lineage.sentence)).not.toContain('img');
    pair.owner.requests.at(0).deny();
  });
});

describe('identities', () => {
  it('E9: the same identity in two sessions is told apart, and neither sees what was released to the other', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    const twin = pair.join('grace');
    scene.scientists.push(twin);
    await answers(twin, begin);
    await answers(grace, action(1, 'neg', published(2)), request(2, published(1)));
    await answers(twin, action(1, 'neg', published(2)));
    const rows = pair.owner.table().filter(({ access }) => access === 'scientist');
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
    pair.owner.remove(rows[1]?.id ?? '');
    await twin.quiet();
    expect(twin.messages).toContainEqual({ kind: 'gone', published: [], own: [1] });
    expect(grace.messages).toEqual([]);
    scene.released = true;
    await pair.owner.requests.at(0).accept();
    await answers(grace, get(3, published(1)));
    expect(payloads(grace)).toHaveLength(1);
    expect(await answers(twin, get(2, published(1)))).toEqual([failed(2, 'not-released')]);
  });
});

describe('the check', () => {
  it('finds a private value that has left', async () => {
    const scene = await start();
    const { pair, grace } = scene;
    scene.released = true;
    expect(spilt(grace.wire, ages)).toBe(0);
    await answers(grace, request(1, published(1)), get(2, published(1), { request: 1 }));
    await pair.owner.requests.at(0).accept();
    await until(() => payloads(grace).length === 1);
    expect(spilt(grace.wire, ages)).toBe(6);
    expect(spilt(grace.wire, hidden, matrix)).toBe(0);
  });
});
