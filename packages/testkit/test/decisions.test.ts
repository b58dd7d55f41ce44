/** What the owner decides is what happens: the very bytes that they saw, once, to the one who asked, or nothing. */

import type { Engine } from '@duet/ops';
import { type AuditEvent, type AuditSink, noAudit } from '@duet/owner';
import { asDuetError, digestOf, type OwnerMessage } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { connectedPair, until } from '../src/pair';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
import { canary, spilt } from './canary';
import { action, begin, bools, floats, get, ints, own, published, put, request } from './words';

const secret = canary([4], 7);
let open: RawPair[] = [];

afterEach(async () => {
  for (const pair of open) {
    await pair.close();
    expect(pair.owner.requests.length).toBe(0);
    expect(pair.owner.grants.length).toBe(0);
  }
  open = [];
});

/** p1: private, [4], of a canary; p2: private, [1.23456, -98765, 0]. */
async function start(options: RawPairOptions = {}) {
  const pair = new RawPair(options);
  open.push(pair);
  pair.owner.store.add(secret, { tags: ['secret'] });
  pair.owner.store.add(floats([1.23456, -98765, 0]), { tags: ['ages'] });
  const grace = pair.join();
  await answers(grace, begin);
  grace.arrivals.length = 0;
  const { requests, grants } = pair.owner;
  return { pair, grace, requests, grants };
}

const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});
const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (thrown: unknown) => asDuetError(thrown).code,
  );
const bytesOf = (grace: RawScientist) =>
  grace.arrivals.flatMap((arrival) => (arrival.kind === 'payload' ? [arrival.bytes] : []));
const ends = (messages: readonly OwnerMessage[]) => messages.map(({ kind }) => kind);

/** An engine whose readings can be changed from outside. */
function fickle() {
  const readings = { change: (bytes: Uint8Array): Uint8Array | undefined => bytes, count: 0 };
  return {
    readings,
    wrapEngine: (engine: Engine): Engine =>
      wrappedEngine(engine, {
        read: async (slot) => {
          const value = await engine.read(slot);
          readings.count += 1;
          const bytes = value && readings.change(value.bytes);
          return value && bytes && { meta: value.meta, bytes };
        },
      }),
  };
}

const otherBytes = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 1);

describe('what is accepted is what was shown', () => {
  it('an accept of other bytes than were shown is refused, decides nothing, and tells nothing', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests } = await start({ wrapEngine });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    const asked = requests.at(0);
    expect(await asked.show()).toBe('ready');
    readings.change = otherBytes;
    expect(await code(asked.accept())).toBe('stale-grant');
    expect(asked).toMatchObject({ status: 'pending', found: 'stale', decidedBy: undefined });
    expect(asked.warnings[0]).toMatchObject({ kind: 'stale' });
    expect(await asked.preview()).toBeUndefined();
    await grace.quiet();
    expect(grace.messages).toEqual([]);
    // The very bytes again: it can be accepted after all.
    readings.change = (bytes) => bytes;
    await asked.accept();
    await grace.quiet();
    expect(grace.messages).toMatchObject([decision(2, 'accepted'), { kind: 'value', get: 3 }]);
  });

  it('accepted all the same, the scientist is told that, like a failure, and no byte leaves', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests, grants } = await start({ wrapEngine });
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    const asked = requests.at(0);
    await asked.show();
    readings.change = otherBytes;
    await asked.accept({ evenStale: true });
    expect(grants.list()).toMatchObject([{ failure: 'stale-grant', by: 'owner' }]);
    readings.change = (bytes) => bytes;
    expect(await answers(grace, get(3, own(1), { request: 2 }))).toEqual([
      failed(3, 'stale-grant'),
    ]);
    // It stays a failure, whatever an engine makes of it later.
    expect(await answers(grace, get(4, own(1)))).toEqual([failed(4, 'op-failed')]);
    expect(spilt(grace.wire, secret)).toBe(0);
    expect(bytesOf(grace)).toEqual([]);
  });

  it('bytes that are gone and can be made again are the same, and are accepted', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests } = await start({ wrapEngine });
    await answers(grace, action(1, 'neg', published(2)), request(2, own(1)));
    const asked = requests.at(0);
    expect(await asked.show()).toBe('ready');
    const { count } = readings;
    // The next reading finds nothing; the value is made once more.
    readings.change = (bytes) => (readings.count === count + 1 ? undefined : bytes);
    await asked.accept();
    await answers(grace, get(3, own(1), { request: 2 }));
    expect(payloads(grace)).toEqual([[Math.fround(-1.23456), 98765, -0]]);
  });

  it('without a look, an accept is of the bytes that are there', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests, grants } = await start({ wrapEngine });
    await answers(grace, action(1, 'neg', published(2)), request(2, own(1)));
    await requests.at(0).accept();
    readings.change = otherBytes;
    expect(grants.list()).toMatchObject([{ failure: undefined, digits: undefined }]);
    await answers(grace, get(3, own(1), { request: 2 }));
    expect(payloads(grace)).toEqual([[Math.fround(-1.23456), 98765, -0]]);
  });

  it('a handler that accepts what was shown and is gone since gives the failure', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests } = await start({ wrapEngine });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    await requests.at(0).show();
    readings.change = () => undefined;
    requests.addHandler({
      action: 'accept',
      release: 'records',
      tags: ['secret'],
      elementQuota: 9,
    });
    await grace.quiet();
    expect(grace.messages).toEqual([decision(2, 'accepted'), failed(3, 'stale-grant')]);
  });

  it('a failed computation is shown as such, and stays what was shown', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests } = await start({ wrapEngine });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    const asked = requests.at(0);
    readings.change = () => undefined;
    expect(await asked.show()).toBe('failed');
    expect(await asked.preview()).toBeUndefined();
    expect(asked.warnings[0]).toMatchObject({ kind: 'failed' });
    readings.change = (bytes) => bytes;
    await asked.accept();
    await grace.quiet();
    expect(grace.messages).toEqual([decision(2, 'accepted'), failed(3, 'op-failed')]);
    expect(spilt(grace.wire, secret)).toBe(0);
  });

  it('a refused accept leaves the clock of the request running', async () => {
    const { VirtualClock } = await import('@duet/link');
    const clock = new VirtualClock();
    const { readings, wrapEngine } = fickle();
    const { grace, requests } = await start({ wrapEngine, clock });
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1), { timeoutMs: 1000 }));
    const asked = requests.at(0);
    await asked.show();
    readings.change = otherBytes;
    expect(await code(asked.accept())).toBe('stale-grant');
    clock.advance(1000);
    await grace.quiet();
    expect(grace.messages).toEqual([decision(2, 'expired')]);
  });

  it('looking at it tells the scientist nothing, and may be repeated', async () => {
    const { grace, requests } = await start();
    await answers(grace, action(1, 'neg', published(2)), request(2, own(1)));
    const asked = requests.at(0);
    expect(await Promise.all([asked.show(), asked.show(), asked.preview()])).toMatchObject([
      'ready',
      'ready',
      { meta: { shape: [3] } },
    ]);
    await grace.quiet();
    expect(grace.messages).toEqual([]);
    asked.deny();
    expect(await code(asked.show())).toBe('no-request');
  });
});

describe('a rounded release', () => {
  const rounding = {
    action: 'accept',
    release: 'records',
    tags: ['ages'],
    elementQuota: 100,
    digits: 2,
  } as const;

  it('gives fewer digits and says so, and makes nothing readable', async () => {
    const { grace, requests } = await start();
    requests.addHandler(rounding);
    await answers(
      grace,
      action(1, 'neg', published(2)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
      get(4, own(1), { request: 2 }),
      get(5, own(1)),
      action(6, 'neg', own(1)),
      get(7, own(6)),
    );
    const rounded = floats([-1.2, 99000, -0]);
    expect(grace.messages).toEqual([
      decision(2, 'accepted'),
      {
        kind: 'value',
        get: 3,
        meta: rounded.meta,
        digest: await digestOf(rounded.bytes),
        digits: 2,
      },
      failed(4, 'not-released'),
      failed(5, 'not-released'),
      failed(7, 'not-released'),
    ]);
    expect(bytesOf(grace)).toEqual([rounded.bytes]);
    // Nothing of it is kept: it is as it was, and may be asked for again.
    const version = grace.peer.session?.objects.find(own(1));
    expect(version).toMatchObject({ bytes: undefined, failed: false });
    expect(await answers(grace, request(8, own(1)), get(9, own(1), { request: 8 }))).toMatchObject([
      decision(8, 'accepted'),
      { kind: 'value', get: 9, digits: 2 },
    ]);
  });

  it('answers all that waited for it with the same bytes, as one release', async () => {
    const { pair, grace, requests } = await start();
    const releases: number[] = [];
    pair.owner.on('release', ({ get: answered }) => releases.push(answered));
    await answers(
      grace,
      request(1, published(2)),
      get(2, published(2), { request: 1 }),
      get(3, published(2), { request: 1 }),
    );
    requests.addHandler(rounding);
    await grace.quiet();
    expect(grace.messages).toMatchObject([
      decision(1, 'accepted'),
      { kind: 'value', get: 2, digits: 2 },
      { kind: 'value', get: 3, digits: 2 },
    ]);
    const [one, two] = bytesOf(grace);
    expect(one).toEqual(floats([1.2, -99000, 0]).bytes);
    expect(two).toEqual(one);
    expect(releases).toEqual([2]);
  });

  it('rounds whole numbers too; what has no digits leaves as it is', async () => {
    const { pair, grace, requests } = await start();
    pair.owner.store.add(ints([1234, -56]), { tags: ['ages'] });
    pair.owner.store.add(bools([1, 0]), { tags: ['ages'] });
    await grace.quiet();
    requests.addHandler(rounding);
    await answers(
      grace,
      request(1, published(3)),
      get(2, published(3), { request: 1 }),
      request(3, published(4)),
      get(4, published(4), { request: 3 }),
    );
    expect(bytesOf(grace)).toEqual([ints([1200, -56]).bytes, bools([1, 0]).bytes]);
    expect(grace.messages.filter(({ kind }) => kind === 'value')).toMatchObject([
      { get: 2, digits: 2 },
      { get: 4 },
    ]);
    expect(grace.messages.at(-1)).not.toHaveProperty('digits');
  });
});

describe('a grant that is not spent', () => {
  it('is listed, and can be taken back: the scientist is told, and what they fetch later fails', async () => {
    const { grace, requests, grants } = await start();
    await answers(grace, action(1, 'sum', published(1)), request(2, own(1), { name: 'sum' }));
    const asked = requests.at(0);
    await asked.accept();
    const [grant] = grants.list();
    expect(grant).toMatchObject({
      request: asked.id,
      name: 'sum',
      recipient: grace.identity,
      meta: { shape: [] },
      by: 'owner',
    });
    expect(JSON.stringify(grant)).not.toContain('bytes');
    grant?.revoke();
    expect(asked.status).toBe('revoked');
    expect(grants.list()).toEqual([]);
    expect(() => grant?.revoke()).toThrow(expect.objectContaining({ code: 'no-request' }));
    await grace.quiet();
    expect(grace.messages).toEqual([decision(2, 'accepted'), decision(2, 'revoked')]);
    expect(
      await answers(grace, get(3, own(1), { request: 2 }), get(4, own(1)), get(5, own(1))),
    ).toEqual([failed(3, 'revoked'), failed(4, 'not-released'), failed(5, 'not-released')]);
    // It may be asked for again, and the first word is not the last.
    await answers(grace, request(6, own(1)), get(7, own(1), { request: 6 }));
    await requests.at(0).accept();
    await grace.quiet();
    expect(bytesOf(grace)).toHaveLength(1);
    expect(requests.history.map(({ status }) => status)).toEqual(['revoked', 'accepted']);
  });

  it('carries the words of a revocation', async () => {
    const { grace, requests } = await start();
    await answers(grace, request(1, published(1)));
    const asked = requests.at(0);
    await asked.accept();
    asked.revoke('a mistake');
    await grace.quiet();
    expect(grace.messages.at(-1)).toEqual(decision(1, 'revoked', 'a mistake'));
    expect(spilt(grace.wire, secret)).toBe(0);
  });

  it('once spent, cannot be taken back', async () => {
    const { grace, requests, grants } = await start();
    await answers(grace, request(1, published(2)), get(2, published(2), { request: 1 }));
    const asked = requests.at(0);
    await asked.accept();
    await grace.quiet();
    expect(grants.length).toBe(0);
    expect(() => asked.revoke()).toThrow(expect.objectContaining({ code: 'no-request' }));
    expect(asked.status).toBe('accepted');
  });

  it('is gone with the session, with what it is about, and with a withdrawal', async () => {
    const { pair, grace, grants, requests } = await start();
    const alan = pair.join('alan');
    await answers(alan, begin, request(1, published(1)));
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      request(3, published(1)),
    );
    for (const asked of requests.list()) await asked.accept();
    expect(grants.length).toBe(3);
    await answers(grace, { kind: 'drop', ids: [1], parts: [] });
    expect(grants.length).toBe(2);
    await answers(grace, { kind: 'withdraw', request: 3 });
    expect(grants.length).toBe(1);
    alan.link.close(Object.assign(new Error(), { code: 'closed' }) as never);
    await alan.quiet();
    expect(grants.length).toBe(0);
    expect(spilt(grace.wire, secret) + spilt(alan.wire, secret)).toBe(0);
  });
});

describe('a release is written down before its first byte leaves', () => {
  /** A log that writes when it is let. */
  function slowLog() {
    const events: AuditEvent[] = [];
    let go: (error?: Error) => void = () => undefined;
    const audit: AuditSink = {
      note: (event) => void events.push(event),
      release: (event) =>
        new Promise((resolve, reject) => {
          events.push(event);
          go = (error) => (error ? reject(error) : resolve(undefined));
        }),
    };
    return { audit, events, go: (error?: Error) => go(error) };
  }

  it('and until then it does not leave, and cannot be taken back any more', async () => {
    const { audit, events, go } = slowLog();
    const { grace, requests, grants } = await start({ audit });
    await answers(grace, request(1, published(2), { name: 'n' }));
    const asked = requests.at(0);
    await asked.accept();
    grace.say(get(2, published(2), { request: 1 }));
    await until(() => events.at(-1)?.kind === 'release');
    expect(events.at(-1)).toMatchObject({ request: asked.id, number: 1, elements: 3, by: 'owner' });
    expect(grants.length).toBe(1);
    expect(() => asked.revoke()).toThrow(expect.objectContaining({ code: 'no-request' }));
    expect(ends(grace.messages)).toEqual(['decision']);
    go();
    await grace.quiet();
    expect(ends(grace.messages)).toEqual(['decision', 'value']);
    expect(grants.length).toBe(0);
  });

  it('and what cannot be written down does not leave; the grant stays', async () => {
    const { audit, events, go } = slowLog();
    const { grace, requests, grants } = await start({ audit });
    await answers(grace, request(1, published(1)));
    await requests.at(0).accept();
    grace.say(get(2, published(1), { request: 1 }));
    await until(() => events.at(-1)?.kind === 'release');
    go(new Error('no room on the disk'));
    await grace.quiet();
    expect(grace.messages).toEqual([decision(1, 'accepted'), failed(2, 'op-failed')]);
    expect(spilt(grace.wire, secret)).toBe(0);
    expect(grants.length).toBe(1);
    grace.say(get(3, published(1)));
    await until(() => events.filter(({ kind }) => kind === 'release').length === 2);
    go();
    await grace.quiet();
    expect(spilt(grace.wire, secret)).toBe(4);
  });

  it('and does not leave to someone who went away meanwhile', async () => {
    const { audit, events, go } = slowLog();
    const { pair, grace, requests } = await start({ audit });
    const released: unknown[] = [];
    pair.owner.on('release', (release) => released.push(release));
    await answers(grace, request(1, published(1)));
    await requests.at(0).accept();
    grace.say(get(2, published(1), { request: 1 }));
    await until(() => events.at(-1)?.kind === 'release');
    grace.link.close(Object.assign(new Error(), { code: 'closed' }) as never);
    await until(() => pair.owner.joined.length === 0);
    go();
    await grace.quiet();
    expect(released).toEqual([]);
    expect(spilt(grace.wire, secret)).toBe(0);
  });

  it('every request, decision and refusal is noted, with facts and no values', async () => {
    const events: AuditEvent[] = [];
    const { grace, requests } = await start({
      audit: { ...noAudit, note: (event) => void events.push(event) },
    });
    await answers(grace, request(1, published(1)), get(2, published(1)));
    requests.at(0).deny('no');
    await answers(grace, request(3, published(1)), { kind: 'withdraw', request: 3 });
    await answers(
      grace,
      request(4, published(1)),
      request(5, published(1)),
      request(6, published(99)),
    );
    grace.link.close(Object.assign(new Error(), { code: 'closed' }) as never);
    await grace.quiet();
    const ours = events.filter(({ kind }) => kind !== 'peer' && kind !== 'published');
    expect(ours).toMatchObject([
      { kind: 'request', request: 'r1', number: 1, facts: { elements: 4, class: 'record' } },
      { kind: 'refused', code: 'not-released' },
      { kind: 'decision', request: 'r1', outcome: 'denied', by: 'owner' },
      { kind: 'request', request: 'r2', number: 3 },
      { kind: 'decision', request: 'r2', outcome: 'withdrawn', by: undefined },
      { kind: 'request', request: 'r3', number: 4 },
      { kind: 'refused', code: 'duplicate-request' },
      { kind: 'refused', code: 'no-object' },
      { kind: 'decision', request: 'r3', outcome: 'left', by: undefined },
    ]);
  });
});

describe('several requests in flight', () => {
  it('are decided in any order, each for itself', async () => {
    const { grace, requests } = await start();
    await answers(
      grace,
      ...[1, 2, 3, 4].map((id) => action(id, 'mul', published(2), floats([id], []))),
      ...[1, 2, 3, 4].map((id) => request(10 + id, own(id))),
      ...[1, 2, 3, 4].map((id) => get(20 + id, own(id), { request: 10 + id })),
    );
    const [one, two, three, four] = requests.list();
    await three?.accept();
    one?.deny('first');
    await grace.quiet();
    expect(grace.messages).toMatchObject([
      decision(13, 'accepted'),
      { kind: 'value', get: 23 },
      decision(11, 'denied', 'first'),
      failed(21, 'denied'),
    ]);
    await answers(grace, { kind: 'withdraw', request: 14 });
    await two?.accept();
    await grace.quiet();
    expect(four?.status).toBe('withdrawn');
    expect(grace.messages).toMatchObject([
      failed(24, 'withdrawn'),
      decision(12, 'accepted'),
      { kind: 'value', get: 22 },
    ]);
    expect(requests.history.map(({ id, status }) => [id, status])).toEqual([
      ['r3', 'accepted'],
      ['r1', 'denied'],
      ['r4', 'withdrawn'],
      ['r2', 'accepted'],
    ]);
  });

  it('that handlers answer are not counted among those that wait', async () => {
    const { grace, requests } = await start({ limits: { pendingRequests: 1 } });
    requests.addHandler({ action: 'deny', name: 'loss' });
    await answers(grace, request(1, published(2)));
    const asks = Array.from({ length: 50 }, (_, at) =>
      request(2 + at, published(1), { name: 'loss' }),
    );
    const answered = await answers(grace, ...asks);
    expect(answered).toEqual(asks.map(({ id }) => decision(id, 'denied')));
    expect(await answers(grace, request(100, published(1)))).toEqual([fault(100, 'rate')]);
    expect(requests.length).toBe(1);
  });

  it('an accept that crosses a withdrawal is void', async () => {
    const { readings, wrapEngine } = fickle();
    const { grace, requests, grants } = await start({ wrapEngine });
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    const asked = requests.at(0);
    // Their words cross while the bytes are read.
    readings.change = (bytes) => {
      grace.say({ kind: 'withdraw', request: 2 });
      return bytes;
    };
    await code(asked.accept());
    await grace.quiet();
    expect(grants.length).toBe(0);
    expect(await answers(grace, get(3, own(1)))).toEqual([failed(3, 'not-released')]);
    expect(spilt(grace.wire, secret)).toBe(0);
  });
});

describe('a request before the owner', () => {
  it('says who asks and how they proved it, for what, from what, and how it came about', async () => {
    const { grace, requests } = await start();
    await answers(
      grace,
      action(1, 'square', published(2)),
      request(2, own(1), { name: 'n', reason: 'why', timeoutMs: 5000 }),
    );
    const asked = requests.at(0);
    expect(asked).toMatchObject({
      peer: { name: 'grace', fingerprint: grace.identity.fingerprint },
      assurance: 'invite',
      isPresent: true,
      name: 'n',
      reason: 'why',
      object: 's1',
      meta: { shape: [3], dtype: 'float32' },
      elements: 3,
      bytes: 12,
      class: 'record',
      keepMs: 0,
      secondsLeft: 5,
      sources: [{ id: 'p2', name: 'ages', tags: ['ages'], records: 3 }],
    });
    expect(asked.why).not.toBe('');
    expect(requests.table()).toMatchObject([
      {
        id: asked.id,
        from: 'grace',
        name: 'n',
        reason: 'why',
        object: 's1',
        shape: '[3]',
        dtype: 'float32',
        elements: 3,
        bytes: 12,
        class: 'record',
        sources: 'ages',
        tags: 'ages',
        records: 3,
        secondsLeft: 5,
      },
    ]);
    expect(asked.facts).toEqual(requests.get(asked.id).facts);
  });

  it('warns of what it holds, of few records, and of what was taken back', async () => {
    const { pair, grace, requests } = await start();
    await answers(grace, request(1, published(2)));
    await answers(grace, action(2, 'square', published(2)), request(3, own(2)));
    const [whole, squares] = requests.list();
    const kinds = (each = whole) => each?.warnings.map(({ kind }) => kind);
    expect(kinds(whole)).toEqual(['whole-object', 'few-records']);
    expect(kinds(squares)).toEqual(['many-numbers', 'few-records']);
    pair.owner.store.remove('ages');
    expect(kinds(squares)).toContain('changed-source');
    requests.addHandler({ action: 'accept', name: 'x' });
    expect(kinds(squares)).not.toContain('too-narrow');
    requests.addHandler({ action: 'accept' });
    await grace.quiet();
    expect(kinds(squares)).toContain('too-narrow');
    expect(requests.length).toBe(2);
  });
});

describe('what one session may ask for', () => {
  it('is limited in actions, and goes on with the rest', async () => {
    const { grace } = await start({ limits: { actions: 2 } });
    expect(
      await answers(
        grace,
        action(1, 'neg', published(1)),
        action(2, 'nonsense', published(1)),
        action(3, 'neg', published(1)),
        request(4, own(1)),
      ),
    ).toEqual([fault(2, 'unsupported-op'), fault(3, 'limit')]);
  });

  it('is limited in elements of one tensor of theirs', async () => {
    const { grace } = await start({ limits: { elements: 3 } });
    const value = floats([1, 2, 3, 4]);
    grace.say(await put(1, value));
    await grace.link.sendPayload(1, value.bytes);
    await grace.quiet();
    expect(grace.messages).toEqual([fault(1, 'limit')]);
    expect(
      await answers(
        grace,
        action(2, 'neg', published(1)),
        action(3, 'neg', published(2)),
        action(4, 'outerProduct', own(3), own(3)),
      ),
    ).toEqual([fault(2, 'limit'), fault(4, 'limit')]);
  });

  it('is limited in messages, after which it is over', async () => {
    const { pair, grace } = await start({ limits: { messages: 3 } });
    grace.say(...[1, 2, 3].map((id) => action(id, 'neg', published(1))));
    await until(() => pair.owner.joined.length === 0);
    expect(grace.peer.leftBecause?.code).toBe('limit');
  });
});

describe('a scientist’s program', () => {
  it('goes on in a loop whose requests are denied', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    await owner.store.add([1, 2, 3], { tags: ['ages'] });
    await until(() => scientist.store.length === 1);
    owner.requests.addHandler({ action: 'deny', name: 'loss' });
    const outcomes: string[] = [];
    for (let step = 0; step < 20; step += 1) {
      const loss = scientist.store.get('ages').mul(step).sum();
      const result = await loss.tryGet({ requestBlock: true, name: 'loss' });
      outcomes.push(result.ok ? 'value' : result.code);
      loss.dispose();
    }
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => 'denied'));
    owner.requests.clearHandlers();
    const total = scientist.store.get('ages').sum();
    const value = total.getValue({ requestBlock: true, name: 'total' });
    await until(() => owner.requests.length === 1);
    expect(await owner.requests.at(0).show()).toBe('ready');
    await owner.requests.at(0).accept();
    expect(await value).toBe(6);
    expect(owner.requests.history).toHaveLength(21);
  });

  it('hears that an accept was taken back, and may ask again', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    await owner.store.add([1, 2, 3], { tags: ['ages'] });
    await until(() => scientist.store.length === 1);
    const total = scientist.store.get('ages').sum();
    const asked = total.request({ name: 'total' });
    await until(() => owner.requests.length === 1);
    await owner.requests.at(0).accept();
    await asked.decision;
    expect(owner.grants.length).toBe(1);
    owner.grants.list()[0]?.revoke();
    await until(() => asked.status === 'revoked');
    expect(await code(total.get())).toMatch(/revoked|not-released/);
    const value = total.getValue({ requestBlock: true });
    await until(() => owner.requests.length === 1);
    await owner.requests.at(0).accept();
    expect(await value).toBe(6);
    expect(owner.status.requests).toBe(0);
  });
});
