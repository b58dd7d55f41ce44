/** Requests that outlive their session, from the scientist's side; and what the owner may say of requests beside yes and no. */

import { plainToValue } from '@duet/engine';
import { VirtualClock } from '@duet/link';
import {
  DuetError,
  digestOf,
  type Kept,
  type KeptItem,
  limits,
  type Outcome,
  tensorMeta,
} from '@duet/protocol';
import { describe, expect, test } from 'vitest';
import { type KeptRequest, type Pointer, ScientistSession } from '../src';
import { FakeLink, openSession, published, settle, welcome } from './fake-link';

const hourMs = 3600_000;
const scalar = (number: number) => plainToValue(number);

function item(id: number, more: Partial<KeptItem> = {}): KeptItem {
  return {
    id,
    meta: tensorMeta('float32', []),
    name: 'mean age',
    outcome: undefined,
    reason: '',
    leftMs: hourMs,
    ...more,
  };
}

function kept(items: readonly KeptItem[], gone: readonly number[] = []): Kept {
  return { kind: 'kept', items, gone };
}

/** A session whose owner's side has kept these. */
async function comeBack(items: readonly KeptItem[]) {
  const link = new FakeLink();
  const clock = new VirtualClock();
  const opening = ScientistSession.open(link, { clock });
  link.say(welcome(1, 1, 1, { keepMs: hourMs }));
  link.say(kept(items));
  const ages = published(1, [4], { tags: ['ages'] });
  link.say({ kind: 'catalogue', objects: [ages], dataSets: [] });
  const session = await opening;
  link.sent.length = 0;
  const heard: string[] = [];
  session.on('decision', ({ outcome, kept }) => heard.push(`${outcome} ${kept?.id}`));
  session.on('kept', ({ id, status }) => heard.push(`${id} ${status}`));
  return { session, link, clock, heard };
}

function decide(link: FakeLink, outcome: Outcome, reason = ''): void {
  link.say({ kind: 'decision', request: link.last('request').id, outcome, reason });
}

describe('keepSecs', () => {
  test('the arrival of a value is confirmed, also where nothing is deleted by it', async () => {
    const { session, link } = await openSession(undefined, {}, { keepMs: hourMs });
    const mean = session.store.get('ages').mean();
    const getting = mean.getCopy({ requestBlock: true, keepSecs: 60 });
    decide(link, 'accepted');
    await link.answer(link.last('get').id, scalar(42));
    (await getting).dispose();
    expect(link.last('get').deleteAfter).toBe(false);
    expect(link.of('confirm')).toEqual([{ kind: 'confirm', get: link.last('get').id }]);
    mean.dispose();
    session.close();
  });

  test('goes along with the request, and with a get that asks', async () => {
    const { session, link } = await openSession(undefined, {}, { keepMs: hourMs });
    expect(session.kept.longestSecs).toBe(3600);
    session.store.get('ages').request({ keepSecs: 1.5 });
    expect(link.last('request')).toMatchObject({ keepMs: 1500 });
    const getting = session.store.get('ages').mean().get({ requestBlock: true, keepSecs: 3600 });
    getting.catch(() => undefined);
    expect(link.last('request')).toMatchObject({ keepMs: hourMs });
    session.store.get('ages').add(1).request();
    expect(link.last('request').keepMs).toBeUndefined();
    session.close();
  });

  test.each([0, -1, 3600.001, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d is refused before anything is sent',
    async (keepSecs) => {
      const { session, link } = await openSession(undefined, {}, { keepMs: hourMs });
      const ages = session.store.get('ages');
      expect(() => ages.request({ keepSecs })).toThrow(/keepSecs must be .* 3600 seconds/);
      await expect(ages.get({ requestBlock: true, keepSecs })).rejects.toMatchObject({
        code: 'bad-argument',
      });
      expect(link.sent).toEqual([]);
    },
  );

  test('is refused where the owner’s side keeps nothing', async () => {
    const { session, link } = await openSession();
    expect(() => session.store.get('ages').request({ keepSecs: 1 })).toThrow(/keeps no requests/);
    expect(link.sent).toEqual([]);
  });
});

describe('what was kept', () => {
  test('is there when the session is ready, with all facts', async () => {
    const { session } = await comeBack([
      item(1),
      item(3, { outcome: 'denied', reason: 'too \u202efew', name: 'rows', leftMs: 1500 }),
      item(4, { outcome: 'accepted', meta: tensorMeta('int32', [2, 3]) }),
    ]);
    expect(session.kept.table()).toEqual([
      {
        id: 1,
        name: 'mean age',
        shape: '[]',
        dtype: 'float32',
        status: 'pending',
        reason: '',
        secondsLeft: 3600,
      },
      {
        id: 3,
        name: 'rows',
        shape: '[]',
        dtype: 'float32',
        status: 'denied',
        reason: 'too [U+202E]few',
        secondsLeft: 2,
      },
      {
        id: 4,
        name: 'mean age',
        shape: '[2, 3]',
        dtype: 'int32',
        status: 'accepted',
        reason: '',
        secondsLeft: 3600,
      },
    ]);
    expect(session.kept.length).toBe(3);
    expect([...session.kept].map(({ id }) => id)).toEqual([1, 3, 4]);
    expect(session.kept.at(-1).size).toBe(6);
    expect(session.kept.get(3).name).toBe('rows');
    expect(session.kept.get('mean age').id).toBe(4);
    expect(() => session.kept.get('other')).toThrow(/No kept request goes by “other”/);
    expect(() => session.kept.at(3)).toThrow(/3 requests are kept/);
    expect(await session.kept.get(3).decision).toEqual({
      outcome: 'denied',
      reason: 'too [U+202E]few',
    });
  });

  test('a session waits for it, and only where something can be kept', async () => {
    const link = new FakeLink();
    let isReady = false;
    const opening = ScientistSession.open(link).then((session) => {
      isReady = true;
      return session;
    });
    link.say(welcome(1, 1, 0, { keepMs: hourMs }));
    await settle();
    expect(isReady).toBe(false);
    link.say(kept([]));
    expect((await opening).kept.length).toBe(0);
    const { session } = await openSession();
    expect(session.kept.longestSecs).toBe(0);
  });

  test('the seconds that are left go down, and never below zero', async () => {
    const { session, clock } = await comeBack([item(1)]);
    await clock.advance(hourMs - 1000);
    expect(session.kept.at(0).secondsLeft).toBe(1);
    await clock.advance(hourMs);
    expect(session.kept.at(0).secondsLeft).toBe(0);
  });

  test('is fetched: collect, check, confirm; then it is not kept any more', async () => {
    const { session, link, heard } = await comeBack([item(7, { outcome: 'accepted' })]);
    const released: unknown[] = [];
    session.on('release', ({ request, kept, digits }) =>
      released.push([request, kept?.id, digits]),
    );
    const request = session.kept.get(7);
    const progress: number[][] = [];
    const getting = request.getValue({ onProgress: (...bytes) => progress.push(bytes) });
    expect(link.sent).toEqual([{ kind: 'collect', id: 1, kept: 7 }]);
    expect(session.pending).toBe(1);
    await link.answer(1, scalar(42));
    expect(await getting).toBe(42);
    expect(progress).toEqual([[4, 4, expect.any(Number)]]);
    expect(link.sent.at(-1)).toEqual({ kind: 'confirm', get: 1 });
    expect(released).toEqual([[7, 7, undefined]]);
    expect([request.status, request.secondsLeft, session.kept.length]).toEqual(['gone', 0, 0]);
    await expect(request.get()).rejects.toMatchObject({ code: 'no-request' });
    expect(heard).toEqual(['7 gone']);
    expect(session.pending).toBe(0);
  });

  test('as a tensor, which the caller disposes', async () => {
    const { session, link } = await comeBack([
      item(1, { outcome: 'accepted', meta: tensorMeta('float32', [2]) }),
    ]);
    const getting = session.kept.at(0).get();
    await link.answer(1, plainToValue([1, 2]));
    const tensor = await getting;
    expect(Array.from(tensor.dataSync())).toEqual([1, 2]);
    tensor.dispose();
  });

  test('one that waits: the decision is told, then the value comes', async () => {
    const { session, link, heard } = await comeBack([item(1), item(2)]);
    const first = session.kept.get(1);
    const getting = first.getValue();
    link.say(kept([item(1, { outcome: 'accepted', leftMs: 5000 })]));
    expect(await first.decision).toEqual({ outcome: 'accepted', reason: '' });
    expect([first.status, first.secondsLeft]).toEqual(['accepted', 5]);
    await link.answer(1, scalar(3));
    expect(await getting).toBe(3);
    expect(heard).toEqual(['accepted 1', '1 accepted', '1 gone']);
    expect(session.kept.list().map(({ id }) => id)).toEqual([2]);
  });

  test.each(['denied', 'expired', 'revoked'] as const)(
    '%s: told as an event, and to the get',
    async (outcome) => {
      const { session, link, heard } = await comeBack([item(1)]);
      const request = session.kept.at(0);
      const getting = request.getValue();
      link.say(kept([item(1, { outcome, reason: 'no \u202ething' })]));
      link.say({ kind: 'failed', get: 1, code: outcome });
      await expect(getting).rejects.toMatchObject({ code: outcome, from: 'peer' });
      await expect(getting).rejects.toThrow('“no [U+202E]thing”');
      expect(await request.decision).toMatchObject({ outcome });
      expect(heard).toEqual([`${outcome} 1`, `1 ${outcome}`]);
      expect(link.reason).toBeUndefined();
      // It stays listed until it is forgotten.
      request.forget();
      request.forget();
      expect(link.of('forget')).toEqual([{ kind: 'forget', kept: 1 }]);
      expect(session.kept.length).toBe(0);
    },
  );

  test('revoked after accepted', async () => {
    const { session, link, heard } = await comeBack([item(1, { outcome: 'accepted' })]);
    link.say(kept([item(1, { outcome: 'revoked' })]));
    expect(session.kept.at(0).status).toBe('revoked');
    expect(heard).toEqual(['revoked 1', '1 revoked']);
    // What it was decided first stays what it was.
    expect(await session.kept.at(0).decision).toMatchObject({ outcome: 'accepted' });
  });

  test('a failure of the computation is told after the accept', async () => {
    const { session, link } = await comeBack([item(1, { outcome: 'accepted' })]);
    const getting = session.kept.at(0).getValue();
    link.say({ kind: 'failed', get: 1, code: 'op-failed' });
    await expect(getting).rejects.toMatchObject({ code: 'op-failed', from: 'peer' });
    await expect(getting).rejects.toThrow(/Kept request 1/);
  });

  test('aborted: the get alone; a value that comes all the same is discarded and not confirmed', async () => {
    const { session, link } = await comeBack([item(1)]);
    const abort = new AbortController();
    const getting = session.kept.at(0).get({ signal: abort.signal });
    abort.abort();
    await expect(getting).rejects.toMatchObject({ code: 'aborted' });
    const { meta, bytes } = scalar(1);
    link.say({ kind: 'value', get: 1, meta, digest: await digestOf(bytes) });
    await settle();
    expect(link.discarded).toEqual([1]);
    expect(link.sent.map(({ kind }) => kind)).toEqual(['collect']);
    const again = session.kept.at(0).getValue();
    await link.answer(2, scalar(8));
    expect(await again).toBe(8);
    const before = session.kept.length;
    const signal = AbortSignal.abort();
    expect(before).toBe(0);
    link.say(kept([item(2)]));
    await expect(session.kept.at(0).get({ signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(link.of('collect')).toHaveLength(2);
  });

  test('gone before it was decided, or fetched', async () => {
    const { session, link, heard } = await comeBack([item(1), item(2, { outcome: 'accepted' })]);
    const [waits, accepted] = session.kept.list() as [KeptRequest, KeptRequest];
    link.say(kept([item(1, { outcome: 'expired', leftMs: 0 })], [1, 2]));
    expect(await waits.decision).toEqual({ outcome: 'expired', reason: '' });
    expect([waits.status, accepted.status]).toEqual(['gone', 'gone']);
    await expect(accepted.get()).rejects.toThrow(/not kept any more/);
    expect(heard).toEqual(['expired 1', '1 expired', '1 gone', '2 gone']);
    expect(link.sent).toEqual([]);
    link.say(kept([item(3)]));
    const third = session.kept.at(0);
    link.say(kept([], [3]));
    await expect(third.decision).rejects.toMatchObject({ code: 'no-request' });
  });

  test('what is said of one that was let go of here is no news', async () => {
    const { session, link, heard } = await comeBack([item(1), item(2)]);
    session.kept.get(1).forget();
    link.say(kept([item(1, { outcome: 'accepted' })]));
    link.say(kept([], [1]));
    expect(link.reason).toBeUndefined();
    expect(heard).toEqual(['1 gone']);
    // Once more would be one word too many.
    link.say(kept([], [1]));
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('a get of one that is forgotten here', async () => {
    const { session, link } = await comeBack([item(1)]);
    const getting = session.kept.at(0).get();
    session.kept.at(0).forget();
    link.say({ kind: 'failed', get: 1, code: 'withdrawn' });
    await expect(getting).rejects.toThrow(/was forgotten/);
    expect(link.reason).toBeUndefined();
  });

  test('the end of the link leaves them to the next session', async () => {
    const { session, link } = await comeBack([item(1), item(2, { outcome: 'accepted' })]);
    const [waits, accepted] = session.kept.list() as [KeptRequest, KeptRequest];
    const getting = waits.get();
    link.close(new DuetError('link-lost'));
    await expect(getting).rejects.toMatchObject({ code: 'link-lost' });
    await expect(waits.decision).rejects.toMatchObject({ code: 'link-lost' });
    expect(await accepted.decision).toMatchObject({ outcome: 'accepted' });
    await expect(accepted.get()).rejects.toMatchObject({ code: 'link-lost' });
    expect(() => accepted.forget()).toThrow(/connection/);
    expect(waits.status).toBe('pending');
  });
});

describe('an owner’s side that lies about what it kept is left', () => {
  test.each<[string, Kept]>([
    ['another shape', kept([item(2, { meta: tensorMeta('float32', [1]) })])],
    ['another dtype', kept([item(2, { meta: tensorMeta('int32', []) })])],
    ['another name', kept([item(2, { name: 'median' })])],
    ['a decision that was another before', kept([item(3, { outcome: 'accepted' })])],
    ['a decision that is none any more', kept([item(3)])],
    ['an id that was over before the first', kept([item(1)])],
    ['longer than announced', kept([item(9, { leftMs: hourMs + 1 })])],
    ['one that never was is gone', kept([], [9])],
    ['gone twice', kept([], [2, 2])],
  ])('%s', async (_what, message) => {
    const { session, link } = await comeBack([item(2), item(3, { outcome: 'denied' })]);
    const getting = session.kept.get(2).get();
    getting.catch(() => undefined);
    link.say(message);
    expect(link.reason?.code).toBe('bad-reply');
    await expect(getting).rejects.toMatchObject({ code: 'bad-reply' });
    expect(session.status.phase).toBe('closed');
  });

  test('more than fit', async () => {
    const { session, link } = await comeBack(
      Array.from({ length: limits.keptItems }, (_, index) => item(index + 1)),
    );
    expect(session.kept.length).toBe(limits.keptItems);
    link.say(kept([item(1000)]));
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('where nothing can be kept', async () => {
    const { link } = await openSession();
    link.say(kept([item(1)]));
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('a value of another shape, and bytes that are not the announced ones', async () => {
    const { bytes } = scalar(1);
    const first = await comeBack([item(1, { outcome: 'accepted' })]);
    first.session.kept
      .at(0)
      .get()
      .catch(() => undefined);
    const meta = tensorMeta('float32', [1]);
    first.link.say({ kind: 'value', get: 1, meta, digest: await digestOf(bytes) });
    expect(first.link.reason?.code).toBe('bad-reply');
    const second = await comeBack([item(1, { outcome: 'accepted' })]);
    const getting = second.session.kept.at(0).getValue();
    getting.catch(() => undefined);
    const digest = await digestOf(bytes);
    second.link.say({ kind: 'value', get: 1, meta: tensorMeta('float32', []), digest });
    second.link.deliver(1, scalar(2).bytes);
    await settle();
    expect(second.link.reason?.code).toBe('bad-reply');
    expect(second.link.of('confirm')).toEqual([]);
  });
});

describe('revoked', () => {
  async function accepted() {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const heard: unknown[] = [];
    session.on('decision', ({ outcome, reason }) => heard.push([outcome, reason]));
    const handle = mean.request({ name: 'mean' });
    decide(link, 'accepted');
    return { session, link, mean, handle, heard };
  }

  test('is told as an event; a later get says so, and one may ask again', async () => {
    const { session, link, mean, handle, heard } = await accepted();
    decide(link, 'revoked', 'not \u202eyet');
    expect(handle.status).toBe('revoked');
    expect(heard).toEqual([
      ['accepted', ''],
      ['revoked', 'not [U+202E]yet'],
    ]);
    const sent = link.sent.length;
    await expect(mean.getValue()).rejects.toMatchObject({ code: 'revoked', from: 'peer' });
    expect(await mean.tryGet()).toEqual({
      ok: false,
      code: 'revoked',
      reason: 'not [U+202E]yet',
    });
    expect(link.sent).toHaveLength(sent);
    const again = mean.getValue({ requestBlock: true });
    expect(link.of('request')).toHaveLength(2);
    decide(link, 'accepted');
    await link.answer(link.last('get').id, scalar(1));
    expect(await again).toBe(1);
    expect(session.liveIds).toEqual([]);
  });

  test('a get that crosses it', async () => {
    const { link, mean, handle } = await accepted();
    const getting = mean.getValue();
    decide(link, 'revoked');
    link.say({ kind: 'failed', get: link.last('get').id, code: 'revoked' });
    await expect(getting).rejects.toMatchObject({ code: 'revoked' });
    await expect(mean.getValue()).rejects.toMatchObject({ code: 'revoked' });
    expect(handle.status).toBe('revoked');
    expect(mean.request().status).toBe('pending');
  });

  test('crosses a withdrawal with its accept: both are no news', async () => {
    const { session, link } = await openSession();
    const handle = session.store.get('ages').request();
    handle.withdraw();
    decide(link, 'accepted');
    decide(link, 'revoked');
    expect(link.reason).toBeUndefined();
    expect(handle.status).toBe('withdrawn');
    decide(link, 'revoked');
    expect(link.reason?.code).toBe('bad-reply');
  });

  test.each<[string, (link: FakeLink, mean: Pointer) => Promise<unknown>]>([
    ['before it was accepted', async (link) => decide(link, 'revoked')],
    [
      'after it was fetched',
      async (link, mean) => {
        decide(link, 'accepted');
        const getting = mean.getValue();
        await link.answer(link.last('get').id, scalar(1));
        await getting;
        decide(link, 'revoked');
      },
    ],
    [
      'after its failure was fetched',
      async (link, mean) => {
        decide(link, 'accepted');
        const getting = mean.getValue();
        link.say({ kind: 'failed', get: link.last('get').id, code: 'op-failed' });
        await getting.catch(() => undefined);
        decide(link, 'revoked');
      },
    ],
    [
      'twice',
      async (link) => {
        decide(link, 'accepted');
        decide(link, 'revoked');
        decide(link, 'revoked');
      },
    ],
  ])('%s it ends the link', async (_when, tell) => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    mean.request();
    await tell(link, mean);
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('what was accepted is not there any more: told like a failure', async () => {
    const { link, mean } = await accepted();
    const trying = mean.tryGet();
    link.say({ kind: 'failed', get: link.last('get').id, code: 'stale-grant' });
    expect(await trying).toMatchObject({ ok: false, code: 'stale-grant' });
    expect(mean.request().status).toBe('pending');
  });
});

describe('a rounded release', () => {
  async function say(link: FakeLink, get: number, number: number, digits: number) {
    const { meta, bytes } = scalar(number);
    link.say({ kind: 'value', get, meta, digest: await digestOf(bytes), digits });
    return () => link.deliver(get, bytes);
  }

  test('says its digits, and is no more readable than before', async () => {
    const { session, link } = await openSession();
    const released: unknown[] = [];
    session.on('release', ({ name, pointer, digits, meta }) =>
      released.push([name, pointer, digits, meta.shape]),
    );
    const loss = session.store.get('ages').mean();
    const trying = loss.tryGet({ requestBlock: true, deleteObj: false, name: 'loss' });
    decide(link, 'accepted');
    const deliver = await say(link, link.last('get').id, 0.25, 4);
    deliver();
    const result = await trying;
    if (!result.ok) throw new Error(result.code);
    expect([result.digits, result.value.dataSync()[0]]).toEqual([4, 0.25]);
    result.value.dispose();
    expect(released).toEqual([['loss', 's1', 4, []]]);
    // Once more: it is asked again, and so is what is computed from it.
    const again = loss.getValue({ requestBlock: true, deleteObj: false });
    expect(link.of('request')).toHaveLength(2);
    decide(link, 'denied');
    link.say({ kind: 'failed', get: link.last('get').id, code: 'denied' });
    await expect(again).rejects.toMatchObject({ code: 'denied' });
    loss
      .add(1)
      .get({ requestBlock: true })
      .catch(() => undefined);
    expect(link.of('request')).toHaveLength(3);
    const now = loss.getValue();
    expect(link.last('get')).toMatchObject({ request: 0 });
    link.say({ kind: 'failed', get: link.last('get').id, code: 'not-released' });
    await expect(now).rejects.toMatchObject({ code: 'not-released' });
    session.close();
  });

  test('an exact one says so, and is readable from then on', async () => {
    const { session, link } = await openSession();
    const released: unknown[] = [];
    session.on('release', ({ digits }) => released.push(digits));
    const mean = session.store.get('ages').mean();
    const trying = mean.tryGet({ requestBlock: true, deleteObj: false });
    decide(link, 'accepted');
    await link.answer(link.last('get').id, scalar(1));
    const result = await trying;
    if (!result.ok) throw new Error(result.code);
    expect('digits' in result).toBe(false);
    result.value.dispose();
    const again = mean.getValue();
    await link.answer(link.last('get').id, scalar(1));
    expect(await again).toBe(1);
    // What may be read is no release.
    expect(released).toEqual([undefined]);
  });

  test('is shared by the gets that waited for the same request', async () => {
    const { session, link } = await openSession();
    const loss = session.store.get('ages').mean();
    const first = loss.get({ requestBlock: true, deleteObj: false });
    const second = loss.get({ requestBlock: true, deleteObj: false });
    const [one, two] = link.of('get');
    decide(link, 'accepted');
    const deliver = await say(link, one?.id ?? 0, 0.5, 4);
    // The grant is spent: the second is refused, before the bytes of the first are here.
    link.say({ kind: 'failed', get: two?.id ?? 0, code: 'not-released' });
    deliver();
    const tensors = await Promise.all([first, second]);
    expect(tensors.map((tensor) => tensor.dataSync()[0])).toEqual([0.5, 0.5]);
    // Each has its own.
    const [own, other] = tensors;
    (own?.dataSync() as Float32Array)[0] = 7;
    expect(other?.dataSync()[0]).toBe(0.5);
    for (const tensor of tensors) tensor.dispose();
    expect(link.of('request')).toHaveLength(1);
    expect(session.pending).toBe(0);
  });
});

describe('duet.requests', () => {
  test('are those that wait: by index and id, as a table, withdrawn one by one', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const first = ages.request({ name: 'ages', reason: 'to know' });
    const mean = ages.mean();
    const getting = mean.getValue({ requestBlock: true, name: 'mean' });
    getting.catch(() => undefined);
    expect(session.requests.length).toBe(2);
    expect(session.requests.at(0)).toBe(first);
    expect(session.requests.get(first.id)).toBe(first);
    expect(session.requests.table()).toEqual([
      {
        id: 1,
        name: 'ages',
        reason: 'to know',
        pointer: 'p1',
        shape: '[4, 3]',
        dtype: 'float32',
      },
      { id: 3, name: 'mean', reason: '', pointer: 's2', shape: '[]', dtype: 'float32' },
    ]);
    const [, second] = session.requests;
    second?.withdraw();
    expect(link.last('withdraw')).toEqual({ kind: 'withdraw', request: 3 });
    link.say({ kind: 'failed', get: link.last('get').id, code: 'withdrawn' });
    await expect(getting).rejects.toMatchObject({ code: 'withdrawn' });
    link.say({ kind: 'decision', request: first.id, outcome: 'denied', reason: '' });
    expect(session.requests.length).toBe(0);
    expect(() => session.requests.at(0)).toThrow(/0 requests wait/);
    expect(() => session.requests.get(1)).toThrow(/No request 1 waits/);
    expect(first.status).toBe('denied');
  });

  test('D46 a duplicate is told to who asks, here and by the owner’s side', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const first = ages.request();
    expect(() => ages.request()).toThrow(expect.objectContaining({ code: 'duplicate-request' }));
    expect(link.of('request')).toHaveLength(1);
    // One that this side cannot know: the same version asked for under another name.
    const other = ages.mean().request();
    link.say({ kind: 'fault', about: other.id, code: 'duplicate-request' });
    await expect(other.decision).rejects.toMatchObject({ code: 'duplicate-request' });
    expect([first.status, other.status]).toEqual(['pending', 'failed']);
  });

  test('several in flight are decided in any order', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const values = [1, 2, 3].map((n) => ages.add(n).mean());
    const handles = values.map((value, index) => value.request({ name: `n${index}` }));
    const tell = (at: number, outcome: Outcome) =>
      link.say({ kind: 'decision', request: handles[at]?.id ?? 0, outcome, reason: '' });
    tell(2, 'accepted');
    tell(0, 'denied');
    expect(handles.map(({ status }) => status)).toEqual(['denied', 'pending', 'accepted']);
    tell(1, 'expired');
    const decisions = await Promise.all(handles.map(({ decision }) => decision));
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['denied', 'expired', 'accepted']);
    const getting = values[2]?.getValue();
    await link.answer(link.last('get').id, scalar(9));
    expect(await getting).toBe(9);
  });

  test('in a training loop each outcome leaves the loop usable', async () => {
    const { session, link } = await openSession();
    const outcomes = ['denied', 'accepted', 'expired', 'revoked', 'accepted'] as const;
    const told: unknown[] = [];
    let weights = session.store.get('ages').mean();
    for (const outcome of outcomes) {
      weights = weights.mul(0.5);
      const loss = weights.square();
      const trying = loss.tryGet({ requestBlock: true, name: 'loss' });
      const get = link.last('get').id;
      if (outcome === 'accepted') {
        decide(link, 'accepted');
        await link.answer(get, scalar(told.length));
      } else {
        if (outcome === 'revoked') decide(link, 'accepted');
        decide(link, outcome);
        link.say({ kind: 'failed', get, code: outcome });
      }
      const result = await trying;
      told.push(result.ok ? result.value.dataSync()[0] : result.code);
      if (result.ok) result.value.dispose();
    }
    expect(told).toEqual(['denied', 1, 'expired', 'revoked', 4]);
    expect(session.status).toMatchObject({ phase: 'ready', waiting: 0, getting: 0 });
    expect(link.reason).toBeUndefined();
  });
});
