import { plainToValue } from '@duet/engine';
import { DuetError, limits, tensorMeta } from '@duet/protocol';
import { describe, expect, test } from 'vitest';
import type { Pointer, ScientistSession } from '../src';
import { type FakeLink, openSession, settle } from './fake-link';

const scalar = (number: number) => plainToValue(number);

async function asking(options: Parameters<Pointer['get']>[0] = {}): Promise<{
  session: ScientistSession;
  link: FakeLink;
  mean: Pointer;
  getting: Promise<unknown>;
}> {
  const { session, link } = await openSession();
  const mean = session.store.get('ages').mean();
  const getting = mean.getValue({ requestBlock: true, name: 'mean age', ...options });
  getting.catch(() => undefined);
  return { session, link, mean, getting };
}

function decide(link: FakeLink, outcome: 'accepted' | 'denied' | 'expired', reason = ''): void {
  link.say({ kind: 'decision', request: link.last('request').id, outcome, reason });
  if (outcome !== 'accepted') link.say({ kind: 'failed', get: link.last('get').id, code: outcome });
}

describe('with requestBlock', () => {
  test('asks, waits, checks, confirms, and takes the pointer', async () => {
    const progress: [number, number][] = [];
    const { session, link, mean, getting } = await asking({
      reason: 'to know',
      timeoutSecs: 2.5,
      onProgress: (received, total) => progress.push([received, total]),
    });
    expect(link.last('request')).toEqual({
      kind: 'request',
      id: 2,
      ref: { space: 'own', id: 1, path: [] },
      name: 'mean age',
      reason: 'to know',
      timeoutMs: 2500,
    });
    expect(link.last('get')).toMatchObject({ id: 3, request: 2, deleteAfter: true });
    expect(session.pending).toBe(2);
    decide(link, 'accepted');
    expect(session.pending).toBe(1);
    await link.answer(3, scalar(42));
    expect(await getting).toBe(42);
    expect(progress).toEqual([[4, 4]]);
    expect(link.sent.at(-1)).toEqual({ kind: 'confirm', get: 3 });
    expect(session.pending).toBe(0);
    expect(session.liveIds).toEqual([]);
    await settle();
    expect(link.of('drop')).toEqual([]);
    expect(() => mean.add(1)).toThrow(/taken by get\(\)/);
    await expect(mean.get()).rejects.toMatchObject({ code: 'disposed' });
    mean.dispose();
    await settle();
    expect(link.of('drop')).toEqual([]);
  });

  test('denied: with the owner’s words, inert, and the session goes on', async () => {
    const { session, link, mean, getting } = await asking();
    decide(link, 'denied', 'too \u202efew people');
    await expect(getting).rejects.toMatchObject({ code: 'denied', from: 'peer' });
    await expect(getting).rejects.toThrow('The owner’s words: “too [U+202E]few people”.');
    expect(session.pending).toBe(0);
    const again = mean.getValue({ requestBlock: true, reason: 'please' });
    decide(link, 'accepted');
    await link.answer(link.last('get').id, scalar(1));
    expect(await again).toBe(1);
  });

  test('denied without words', async () => {
    const { link, getting } = await asking();
    decide(link, 'denied');
    await expect(getting).rejects.toThrow(/^The owner denied this request\. You may ask again/);
  });

  test('expired', async () => {
    const { session, link, mean, getting } = await asking({ timeoutSecs: 1 });
    decide(link, 'expired');
    await expect(getting).rejects.toMatchObject({ code: 'expired' });
    expect(mean.add(1).shape).toEqual([]);
    expect(session.pending).toBe(0);
  });

  test('aborted: withdraws, and what the owner’s side still says is no news', async () => {
    const abort = new AbortController();
    const { session, link, mean, getting } = await asking({ signal: abort.signal });
    abort.abort();
    await expect(getting).rejects.toMatchObject({ code: 'aborted' });
    expect(link.last('withdraw')).toEqual({ kind: 'withdraw', request: 2 });
    expect(session.pending).toBe(0);
    // A decision that crossed the withdrawal, and the answer to the get.
    link.say({ kind: 'decision', request: 2, outcome: 'accepted', reason: '' });
    link.say({ kind: 'failed', get: 3, code: 'withdrawn' });
    expect(link.reason).toBeUndefined();
    const again = mean.getValue({ requestBlock: true });
    decide(link, 'accepted');
    await link.answer(link.last('get').id, scalar(5));
    expect(await again).toBe(5);
  });

  test('aborted while its value arrives: the rest is discarded and nothing is deleted', async () => {
    const abort = new AbortController();
    const { session, link, mean, getting } = await asking({ signal: abort.signal });
    decide(link, 'accepted');
    link.say({
      kind: 'value',
      get: 3,
      meta: tensorMeta('float32', []),
      digest: new Uint8Array(32),
    });
    abort.abort();
    await expect(getting).rejects.toMatchObject({ code: 'aborted' });
    await settle();
    expect(link.discarded).toEqual([3]);
    expect(link.of('confirm')).toEqual([]);
    expect(link.of('withdraw')).toEqual([]);
    // Its first byte had left: it may be read without asking again.
    const again = mean.getValue();
    expect(link.last('get')).toMatchObject({ request: 0, deleteAfter: true });
    await link.answer(link.last('get').id, scalar(5));
    expect(await again).toBe(5);
    expect(session.liveIds).toEqual([]);
  });

  test('aborted before: nothing is sent', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const signal = AbortSignal.abort();
    await expect(mean.get({ requestBlock: true, signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(link.sent.map(({ kind }) => kind)).toEqual(['action']);
  });

  test.each(['closed', 'link-lost', 'peer-left'] as const)('%s', async (code) => {
    const { session, link, getting } = await asking();
    const handle = session.store.get('ages').request();
    link.close(new DuetError(code));
    await expect(getting).rejects.toMatchObject({ code });
    await expect(handle.decision).rejects.toMatchObject({ code });
    expect(session.status).toEqual({ phase: 'closed', objects: 0, waiting: 0, getting: 0 });
    expect(session.liveIds).toEqual([]);
  });

  test('closing while the payload arrives', async () => {
    const { session, link, getting } = await asking();
    decide(link, 'accepted');
    link.say({
      kind: 'value',
      get: 3,
      meta: tensorMeta('float32', []),
      digest: new Uint8Array(32),
    });
    session.close();
    await expect(getting).rejects.toMatchObject({ code: 'closed' });
    await settle();
    expect(link.reason?.code).toBe('closed');
  });

  test('a failure of the computation is told after the accept', async () => {
    const { link, getting, mean } = await asking();
    decide(link, 'accepted');
    link.say({ kind: 'failed', get: 3, code: 'op-failed' });
    await expect(getting).rejects.toMatchObject({ code: 'op-failed', from: 'peer' });
    await expect(getting).rejects.toThrow(/s1 \(mean\)/);
    expect(mean.add(1).id).toBe('s4');
  });

  test('a request that the owner’s side refuses gives its reason', async () => {
    const { session, link, getting } = await asking();
    const faults: unknown[] = [];
    session.on('fault', (fault) => faults.push(fault));
    link.say({ kind: 'fault', about: 2, code: 'rate' });
    link.say({ kind: 'failed', get: 3, code: 'no-request' });
    await expect(getting).rejects.toMatchObject({ code: 'rate' });
    expect(faults).toHaveLength(1);
  });

  test('two gets of one pointer share one request', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const abort = new AbortController();
    const first = mean.getValue({ requestBlock: true, signal: abort.signal, deleteObj: false });
    const second = mean.getValue({ requestBlock: true, deleteObj: false });
    expect(link.of('request')).toHaveLength(1);
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    expect(link.of('withdraw')).toEqual([]);
    decide(link, 'accepted');
    await link.answer(4, scalar(3));
    expect(await second).toBe(3);
  });

  test.each([
    [{ name: 'x'.repeat(limits.nameChars + 1) }, /The name has 65 characters/],
    [{ reason: 'x'.repeat(limits.reasonChars + 1) }, /The reason has 281/],
    [{ timeoutSecs: 0 }, /timeoutSecs/],
    [{ timeoutSecs: Number.NaN }, /timeoutSecs/],
    [{ timeoutSecs: 1e9 }, /timeoutSecs/],
    [{ name: 5 as unknown as string }, /must be a text/],
  ])('%o is refused before anything is sent', async (options, text) => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    await expect(ages.get({ requestBlock: true, ...options })).rejects.toThrow(text);
    expect(() => ages.request(options)).toThrow(text);
    expect(link.sent).toEqual([]);
  });

  test('line breaks in texts become spaces', async () => {
    const { link } = await asking({ name: 'a\nb', reason: '\tc\r\nd\u0000' });
    expect(link.last('request')).toMatchObject({ name: 'a b', reason: 'c d' });
  });
});

describe('without requestBlock', () => {
  test('not released', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const getting = mean.get({ name: 'unused' });
    expect(link.of('request')).toEqual([]);
    expect(link.last('get')).toMatchObject({ request: 0 });
    link.say({ kind: 'failed', get: link.last('get').id, code: 'not-released' });
    await expect(getting).rejects.toMatchObject({ code: 'not-released' });
    expect(session.pending).toBe(0);
    expect(mean.add(1).shape).toEqual([]);
  });

  test('get gives a tensor, getCopy keeps the value', async () => {
    const { session, link } = await openSession();
    const sum = session.tf.add([1, 2], 1);
    const getting = sum.getCopy();
    expect(link.last('get')).toMatchObject({ deleteAfter: false });
    await link.answer(link.last('get').id, plainToValue([2, 3]));
    const tensor = await getting;
    expect(Array.from(tensor.dataSync())).toEqual([2, 3]);
    tensor.dispose();
    expect(link.of('confirm')).toEqual([]);
    expect(sum.add(1).shape).toEqual([2]);
  });

  test('a sent value stays, unless told otherwise', async () => {
    const { session, link } = await openSession();
    const sent = session.send([1, 2]);
    await settle();
    const first = sent.getValue();
    await link.answer(link.last('get').id, plainToValue([1, 2]));
    expect(await first).toEqual([1, 2]);
    expect(session.liveIds).toEqual([1]);
    const second = sent.getValue({ deleteObj: true });
    await link.answer(link.last('get').id, plainToValue([1, 2]));
    await second;
    await settle();
    expect(session.liveIds).toEqual([]);
    expect(link.last('drop').ids).toEqual([1]);
  });

  test('what the owner published is never deleted', async () => {
    const { session, link } = await openSession();
    const pi = session.store.get('pi');
    const getting = pi.getValue({ deleteObj: true });
    expect(link.last('get')).toMatchObject({ deleteAfter: false });
    await link.answer(link.last('get').id, scalar(3));
    await getting;
    expect(pi.add(1).shape).toEqual([]);
  });

  test('one of several outputs is deleted alone; the others are dropped', async () => {
    const { session, link } = await openSession();
    const { values, indices } = session.tf.topk([3, 1, 2], 2);
    const getting = values.getValue();
    expect(link.last('get')).toMatchObject({ ref: { id: 1, path: [0] }, deleteAfter: true });
    await link.answer(link.last('get').id, plainToValue([3, 2]));
    await getting;
    expect(session.liveIds).toEqual([1]);
    expect(() => values.add(1)).toThrow(/taken/);
    indices.dispose();
    await settle();
    expect(link.last('drop')).toMatchObject({ ids: [], parts: [{ id: 1, output: 1 }] });
    expect(session.liveIds).toEqual([]);
  });

  test('disposed while its value is on the way: it still arrives, and nothing is deleted twice', async () => {
    const { session, link } = await openSession();
    const sum = session.tf.add(1, 2);
    const getting = sum.getValue();
    sum.dispose();
    await settle();
    expect(link.last('drop').ids).toEqual([1]);
    await link.answer(link.last('get').id, scalar(3));
    expect(await getting).toBe(3);
    expect(link.of('confirm')).toEqual([]);
    expect(session.liveIds).toEqual([]);
  });
});

describe('tryGet', () => {
  test('a value', async () => {
    const { session, link } = await openSession();
    const trying = session.tf.add(1, 2).tryGet();
    await link.answer(link.last('get').id, scalar(3));
    const result = await trying;
    if (!result.ok) throw new Error(result.code);
    expect(result.value.dataSync()[0]).toBe(3);
    result.value.dispose();
  });

  test('outcomes are results', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const denied = mean.tryGet({ requestBlock: true });
    decide(link, 'denied', 'no');
    expect(await denied).toEqual({ ok: false, code: 'denied', reason: 'no' });
    const expired = mean.tryGet({ requestBlock: true, timeoutSecs: 1 });
    decide(link, 'expired');
    expect(await expired).toMatchObject({ ok: false, code: 'expired' });
    const signal = AbortSignal.abort();
    expect(await mean.tryGet({ signal })).toMatchObject({ ok: false, code: 'aborted' });
    const not = mean.tryGet();
    link.say({ kind: 'failed', get: link.last('get').id, code: 'not-released' });
    expect(await not).toMatchObject({ ok: false, code: 'not-released' });
  });

  test('mistakes and the end of the link are thrown', async () => {
    const { session } = await openSession();
    const sum = session.tf.add(1, 2);
    const ages = session.store.get('ages');
    for (const pointer of [ages, sum]) {
      const trying = pointer.tryGet({ requestBlock: true, timeoutSecs: -1 });
      await expect(trying).rejects.toMatchObject({ code: 'bad-argument' });
    }
    const waiting = ages.tryGet({ requestBlock: true });
    session.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    sum.dispose();
  });
});

describe('request', () => {
  test('accepted, then fetched under its grant', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const decisions: unknown[] = [];
    session.on('decision', (event) => decisions.push(event));
    const handle = mean.request({ name: 'mean', reason: 'why' });
    expect([handle.id, handle.status]).toEqual([2, 'pending']);
    link.say({ kind: 'decision', request: 2, outcome: 'accepted', reason: '' });
    expect(await handle.decision).toEqual({ outcome: 'accepted', reason: '' });
    expect(handle.status).toBe('accepted');
    expect(decisions).toEqual([
      { outcome: 'accepted', reason: '', request: 2, name: 'mean', pointer: 's1' },
    ]);
    const getting = mean.getValue();
    expect(link.last('get')).toMatchObject({ request: 2 });
    await link.answer(link.last('get').id, scalar(9));
    expect(await getting).toBe(9);
    expect(link.of('request')).toHaveLength(1);
  });

  test('requestBlock waits for a request that was made before', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const handle = mean.request();
    const getting = mean.getValue({ requestBlock: true });
    expect(link.of('request')).toHaveLength(1);
    expect(link.last('get')).toMatchObject({ request: handle.id });
    decide(link, 'denied', 'no');
    await expect(getting).rejects.toMatchObject({ code: 'denied' });
    expect(await handle.decision).toEqual({ outcome: 'denied', reason: 'no' });
    expect(handle.status).toBe('denied');
  });

  test('a second request for the same value', async () => {
    const { session } = await openSession();
    const ages = session.store.get('ages');
    ages.request();
    expect(() => ages.request()).toThrow(/waiting already/);
  });

  test('withdrawn, aborted, and left alone without unhandled rejections', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const withdrawn = ages.request();
    withdrawn.withdraw();
    withdrawn.withdraw();
    expect(withdrawn.status).toBe('withdrawn');
    expect(link.of('withdraw')).toHaveLength(1);
    const abort = new AbortController();
    const aborted = ages.request({ signal: abort.signal });
    abort.abort();
    await expect(aborted.decision).rejects.toMatchObject({ code: 'aborted' });
    ages.request();
    session.close();
    await settle();
  });

  test('of a readable value is accepted at once, and nobody is asked', async () => {
    const { session, link } = await openSession();
    const handle = session.tf.add(1, 2).request();
    expect(handle.status).toBe('accepted');
    expect(await handle.decision).toEqual({ outcome: 'accepted', reason: '' });
    expect(link.of('request')).toEqual([]);
  });
});

describe('what is readable already is never asked for', () => {
  async function asksFor(make: (session: ScientistSession) => Pointer): Promise<boolean> {
    const { session, link } = await openSession();
    make(session)
      .get({ requestBlock: true })
      .catch(() => undefined);
    await settle();
    const asked = link.of('request').length > 0;
    expect(link.last('get').request).toBe(asked ? link.last('request').id : 0);
    session.close();
    return asked;
  }

  test.each([
    ['public', false, (s: ScientistSession) => s.store.get('pi')],
    ['sent', false, (s: ScientistSession) => s.send([1])],
    ['made of nothing', false, (s: ScientistSession) => s.tf.ones([2])],
    ['public and sent', false, (s: ScientistSession) => s.store.get('pi').add(s.send(1)).mul(2)],
    ['private', true, (s: ScientistSession) => s.store.get('ages')],
    ['private and sent', true, (s: ScientistSession) => s.store.get('ages').add(s.send(1))],
    ['zeros of private', true, (s: ScientistSession) => s.tf.zerosLike(s.store.get('ages'))],
    [
      'one of several',
      true,
      (s: ScientistSession) => s.tf.split(s.store.get('ages'), 2)[1] as Pointer,
    ],
  ] as const)('%s: asks %s', async (_what, asked, make) => {
    expect(await asksFor(make)).toBe(asked);
  });

  test('a released value is readable from then on; what was computed before stays as it was', async () => {
    const { session, link } = await openSession();
    const mean = session.store.get('ages').mean();
    const before = mean.add(1);
    const getting = mean.getCopy({ requestBlock: true });
    decide(link, 'accepted');
    const during = mean.add(2);
    await link.answer(link.last('get').id, scalar(5));
    (await getting).dispose();
    const after = mean.add(3);
    const asked = async (pointer: Pointer) => {
      const count = link.of('request').length;
      pointer.get({ requestBlock: true }).catch(() => undefined);
      await settle();
      return link.of('request').length > count;
    };
    expect(await asked(mean)).toBe(false);
    expect(await asked(after)).toBe(false);
    expect(await asked(before)).toBe(true);
    expect(await asked(during)).toBe(true);
    session.close();
  });

  test('where the owner’s side thinks otherwise, the next get asks', async () => {
    const { session, link } = await openSession();
    const sum = session.tf.add(1, 2);
    const first = sum.get({ requestBlock: true });
    link.say({ kind: 'failed', get: link.last('get').id, code: 'not-released' });
    await expect(first).rejects.toMatchObject({ code: 'not-released' });
    sum.get({ requestBlock: true }).catch(() => undefined);
    expect(link.of('request')).toHaveLength(1);
    session.close();
  });
});
