import { plainToValue } from '@duet/engine';
import {
  DuetError,
  digestOf,
  encodeScientistMessage,
  type OwnerMessage,
  tensorMeta,
} from '@duet/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ScientistSession } from '../src';
import { FakeLink, openSession, published, settle, welcome } from './fake-link';

describe('opening', () => {
  test('says begin, and takes ids from what the welcome says', async () => {
    const link = new FakeLink();
    const opening = ScientistSession.open(link, { epoch: 7 });
    expect(link.sent).toEqual([{ kind: 'begin', epoch: 7 }]);
    link.say(welcome(7, 40));
    const session = await opening;
    expect(session.tf.add(1, 2).id).toBe('s40');
    expect(session.peer.name).toBe('Olga');
  });

  test('is ready when everything that is published was told', async () => {
    const link = new FakeLink();
    let isReady = false;
    const opening = ScientistSession.open(link).then((session) => {
      isReady = true;
      return session;
    });
    link.say(welcome(1, 1, 2));
    link.say({ kind: 'catalogue', objects: [published(1, [2])], dataSets: [] });
    await settle();
    expect(isReady).toBe(false);
    link.say({ kind: 'catalogue', objects: [published(2, [2])], dataSets: [] });
    expect((await opening).store.length).toBe(2);
  });

  test('everything before its own welcome belongs to an earlier session', async () => {
    const link = new FakeLink();
    const opening = ScientistSession.open(link, { epoch: 2 });
    const meta = tensorMeta('float32', [2]);
    link.say(welcome(1, 1));
    link.say({ kind: 'catalogue', objects: [published(9, [1])], dataSets: [] });
    link.say({ kind: 'value', get: 5, meta, digest: new Uint8Array(32) });
    link.say({ kind: 'decision', request: 4, outcome: 'accepted', reason: '' });
    link.say({ kind: 'failed', get: 6, code: 'denied' });
    link.say({ kind: 'fault', about: 3, code: 'limit' });
    link.say(welcome(2, 10));
    // In the same frame, before anyone can have listened.
    link.say({ kind: 'catalogue', objects: [published(1, [1])], dataSets: [] });
    const session = await opening;
    expect(session.store.list().map(({ id }) => id)).toEqual(['p1']);
    await settle();
    expect(link.discarded).toEqual([5]);
    expect(link.reason).toBeUndefined();
  });

  test('a link that ends, and an abort', async () => {
    const link = new FakeLink();
    const opening = ScientistSession.open(link);
    link.close(new DuetError('peer-left'));
    await expect(opening).rejects.toMatchObject({ code: 'peer-left' });
    const abort = new AbortController();
    const other = new FakeLink();
    const aborting = ScientistSession.open(other, { signal: abort.signal });
    abort.abort();
    await expect(aborting).rejects.toMatchObject({ code: 'aborted' });
    expect(other.reason?.code).toBe('aborted');
    const before = ScientistSession.open(new FakeLink(), { signal: abort.signal });
    await expect(before).rejects.toMatchObject({ code: 'aborted' });
  });

  test('an abort after it is open changes nothing', async () => {
    const abort = new AbortController();
    const { session, link } = await openSession(undefined, { signal: abort.signal });
    abort.abort();
    expect(link.reason).toBeUndefined();
    expect(session.status.phase).toBe('ready');
  });
});

describe('closing', () => {
  test('tells once, whoever closes', async () => {
    const { session, link } = await openSession();
    const reasons: string[] = [];
    session.on('closed', ({ code }) => reasons.push(code));
    session.close();
    session.close();
    await settle();
    expect(reasons).toEqual(['closed']);
    expect(link.reason?.code).toBe('closed');
    const other = await openSession();
    other.session.on('closed', ({ code }) => reasons.push(code));
    other.link.close(new DuetError('link-lost'));
    await settle();
    expect(reasons).toEqual(['closed', 'link-lost']);
    expect(() => other.session.tf.add(1, 1)).toThrow(/connection/);
  });
});

describe('a listener that throws', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('is reported, and ends neither the session nor what it was told of', async () => {
    const reported: unknown[] = [];
    vi.stubGlobal('reportError', (thrown: unknown) => reported.push(thrown));
    const { session, link } = await openSession();
    const bug = new Error('a bug of the page');
    for (const event of ['store', 'decision', 'fault', 'status', 'closed'] as const) {
      session.on(event, () => {
        throw bug;
      });
    }
    const request = session.store.get('p1').request({ name: 'ages' });
    link.say({ kind: 'catalogue', objects: [published(9, [1])], dataSets: [] });
    const { id } = link.last('request');
    link.say({ kind: 'decision', request: id, outcome: 'denied', reason: 'no' });
    link.say({ kind: 'fault', about: 0, code: 'bad-message' });
    await settle();
    expect(link.reason).toBeUndefined();
    expect(session.store.get('p9').shape).toEqual([1]);
    expect(await request.decision).toMatchObject({ outcome: 'denied', reason: 'no' });
    session.close();
    expect(link.reason?.code).toBe('closed');
    await settle();
    expect(new Set(reported)).toEqual(new Set([bug]));
    expect(reported.length).toBeGreaterThanOrEqual(5);
  });
});

describe('an owner’s side that does not keep to the protocol is left', () => {
  const value = plainToValue(3);
  const digest = new Uint8Array(32);

  async function told(messages: (get: number) => OwnerMessage[], bytes?: Uint8Array) {
    const { session, link } = await openSession();
    const getting = session.tf.add(1, 2).getValue();
    getting.catch(() => undefined);
    for (const message of messages(2)) link.say(message);
    if (bytes !== undefined) link.deliver(2, bytes);
    await settle();
    return { session, link, getting };
  }

  test.each<[string, (get: number) => OwnerMessage[]]>([
    ['a value nobody asked for', () => [{ kind: 'value', get: 99, meta: value.meta, digest }]],
    ['a value for an op’s id', () => [{ kind: 'value', get: 1, meta: value.meta, digest }]],
    ['another dtype', (get) => [{ kind: 'value', get, meta: tensorMeta('int32', []), digest }]],
    ['another shape', (get) => [{ kind: 'value', get, meta: tensorMeta('float32', [1]), digest }]],
    [
      'a value twice',
      (get) => [
        { kind: 'value', get, meta: value.meta, digest },
        { kind: 'value', get, meta: value.meta, digest },
      ],
    ],
    ['a failure nobody waits for', () => [{ kind: 'failed', get: 99, code: 'denied' }]],
    [
      'a failure after a value',
      (get) => [
        { kind: 'value', get, meta: value.meta, digest },
        { kind: 'failed', get, code: 'denied' },
      ],
    ],
    [
      'a decision nobody asked for',
      () => [{ kind: 'decision', request: 1, outcome: 'accepted', reason: '' }],
    ],
    ['a second welcome', () => [welcome(1, 1)]],
    ['a handshake in the middle', () => [{ kind: 'admitted', name: '' }]],
    [
      'columns that do not fit',
      () => [{ kind: 'catalogue', objects: [published(5, [2], { columns: ['a'] })], dataSets: [] }],
    ],
    [
      'another meaning of a known id',
      () => [{ kind: 'catalogue', objects: [published(1, [9, 9])], dataSets: [] }],
    ],
    [
      'a data set with one name twice',
      () => [
        {
          kind: 'catalogue',
          objects: [],
          dataSets: [
            {
              id: 10,
              name: '',
              tags: [],
              description: '',
              fields: [published(11, [1], { field: 'a' }), published(12, [1], { field: 'a' })],
              unit: '',
              units: 0,
              splits: [],
            },
          ],
        },
      ],
    ],
  ])('%s', async (_what, messages) => {
    const { session, link, getting } = await told(messages);
    expect(link.reason?.code).toBe('bad-reply');
    await expect(getting).rejects.toMatchObject({ code: 'bad-reply' });
    expect(session.status.phase).toBe('closed');
    expect(session.liveIds).toEqual([]);
  });

  test.each([
    ['bytes that are not the announced ones', async () => digest],
    ['not the bytes of its own digest', async () => digestOf(plainToValue(4).bytes)],
  ])('%s', async (_what, make) => {
    const wrong = await make();
    const { link, getting } = await told(
      (get) => [{ kind: 'value', get, meta: value.meta, digest: wrong }],
      value.bytes,
    );
    await expect(getting).rejects.toMatchObject({ code: 'bad-reply' });
    expect(link.reason?.code).toBe('bad-reply');
    expect(link.of('confirm')).toEqual([]);
  });

  test('bytes that no tensor has', async () => {
    const { session, link } = await openSession();
    const getting = session.tf.greater(1, [2]).getValue();
    getting.catch(() => undefined);
    const bytes = Uint8Array.of(7);
    const meta = tensorMeta('bool', [1]);
    link.say({ kind: 'value', get: 2, meta, digest: await digestOf(bytes) });
    link.deliver(2, bytes);
    await expect(getting).rejects.toMatchObject({ code: 'bad-reply' });
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('messages of the other role and random bytes: the third closes the link', async () => {
    const { session, link } = await openSession();
    const reflected = encodeScientistMessage({ kind: 'withdraw', request: 1 });
    link.sayBytes(reflected);
    link.sayBytes(new Uint8Array());
    expect(link.reason).toBeUndefined();
    expect(session.tf.add(1, 1).shape).toEqual([]);
    link.sayBytes(Uint8Array.of(255, 255, 255));
    expect(link.reason?.code).toBe('bad-message');
    await settle();
    expect(session.status.phase).toBe('closed');
  });

  test('whatever it says, nothing is thrown at the link', async () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), async (messages) => {
        const { session, link } = await openSession();
        const getting = session.store.get('ages').getValue({ requestBlock: true });
        getting.catch(() => undefined);
        for (const message of messages) link.sayBytes(message);
        session.close();
        await expect(getting).rejects.toBeDefined();
        expect(session.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test('after the end nothing is heard', async () => {
    const { session, link } = await openSession();
    session.close();
    link.say({ kind: 'catalogue', objects: [published(8, [1])], dataSets: [] });
    link.say({ kind: 'value', get: 99, meta: value.meta, digest });
    expect(() => session.store.get('p8')).toThrow(/goes by/);
  });
});
