/** The owner's page was reloaded in the middle of a session. */

import { plainToValue, tensorToValue } from '@duet/engine';
import { DuetError, digestOf, type MineItem, type Published, tensorMeta } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Pointer, ScientistSession } from '../src';
import { type FakeLink, openSession, published, settle, welcome } from './fake-link';

const ages = published(1, [4, 3], { tags: ['ages'], columns: ['young', 'old', 'older'] });
const pi = published(2, [], { tags: ['pi'], public: true });

function item(
  id: number,
  meta = tensorMeta('float32', []),
  more: Partial<MineItem> = {},
): MineItem {
  return { id, path: [], meta, tags: [], description: '', op: 'mean', readable: false, ...more };
}

/** The owner's page comes back, and says what it has. */
function comeBack(
  link: FakeLink,
  objects: readonly Published[] = [ages, pi],
  mine: readonly MineItem[] = [],
  nextId = 1,
): void {
  const { epoch } = link.last('begin');
  link.say(welcome(epoch, nextId, 1, { mine: mine.length > 0 ? 1 : 0 }));
  link.say({ kind: 'catalogue', objects, dataSets: [] });
  if (mine.length > 0) link.say({ kind: 'mine', items: mine });
}

function reload(link: FakeLink, ...told: [(readonly Published[])?, (readonly MineItem[])?]): void {
  link.renew();
  comeBack(link, ...told);
}

async function opened() {
  const { session, link } = await openSession([ages, pi]);
  const gone: number[] = [];
  session.on('renewed', (event) => gone.push(event.gone));
  return { session, link, gone };
}

function numberOf(pointer: Pointer): number {
  return Number(pointer.id.slice(1));
}

describe('when the owner’s page was reloaded', () => {
  test('the session begins anew, keeps what is there, and goes on with new ids', async () => {
    const { session, link, gone } = await opened();
    const mean = session.store.get('ages').mean();
    link.renew();
    expect(link.sent).toEqual([{ kind: 'begin', epoch: 2, keep: true }]);
    expect(session.status.phase).toBe('reconnecting');
    comeBack(link);
    expect(session.status.phase).toBe('ready');
    expect(gone).toEqual([1]);
    expect(() => mean.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    const next = session.store.get('ages').mean();
    expect(numberOf(next)).toBeGreaterThan(numberOf(mean));
    expect(session.liveIds).toEqual([numberOf(next)]);
  });

  test('pointers on what is published and still there are the same, and go on', async () => {
    const { session, link } = await opened();
    const before = session.store.get('ages');
    reload(link, [{ ...ages, description: 'again', columns: ['a', 'b', 'c'] }]);
    expect(session.store.get('ages')).toBe(before);
    expect(before.description).toBe('again');
    before.mean();
    expect(link.last('action').args).toMatchObject([
      { tensor: { ref: { space: 'published', id: 1 } } },
    ]);
    expect(session.store.list().map(({ id }) => id)).toEqual(['p1']);
  });

  test('what is published no more, or is something else under its number, is gone', async () => {
    const { session, link, gone } = await opened();
    const before = session.store.get('ages');
    const constant = session.store.get('pi');
    reload(link, [published(1, [5], { tags: ['other'] })]);
    expect(gone).toEqual([1]);
    for (const pointer of [before, constant]) {
      expect(() => pointer.mean()).toThrow(expect.objectContaining({ code: 'gone' }));
    }
    expect(session.store.get('other').mean().shape).toEqual([]);
    expect(session.store.length).toBe(1);
  });

  test('data sets, their fields and mocks are told anew', async () => {
    const { session, link } = await openSession([]);
    const x = published(11, [4], { field: 'x' });
    const set = {
      id: 10,
      name: 'patients',
      tags: [],
      description: '',
      fields: [x],
      unit: '',
      units: 0,
      splits: [],
    };
    const mock = published(12, [4], { public: true, mockOf: 11 });
    link.say({ kind: 'catalogue', objects: [mock], dataSets: [set] });
    const field = session.store.dataSet('patients').field('x');
    link.renew();
    link.say(welcome(2, 1, 1));
    link.say({ kind: 'catalogue', objects: [mock], dataSets: [set] });
    expect(session.store.dataSet('patients').field('x')).toBe(field);
    expect(field.mock).toBeDefined();
    link.renew();
    link.say(welcome(3, 1, 1));
    link.say({ kind: 'catalogue', objects: [], dataSets: [] });
    expect(session.store.length).toBe(0);
    expect(() => field.mean()).toThrow(expect.objectContaining({ code: 'gone' }));
  });

  test('gets and requests that waited reject with gone, and may be made again', async () => {
    const { session, link } = await opened();
    const all = session.store.get('ages');
    const pending = all.get({ requestBlock: true });
    const request = all.sum().request();
    const accepted = all.mean().request();
    link.say({ kind: 'decision', request: accepted.id, outcome: 'accepted', reason: '' });
    const receiving = session.store.get('pi').getValue();
    link.say({
      kind: 'value',
      get: link.last('get').id,
      meta: tensorMeta('float32', []),
      digest: new Uint8Array(32),
    });
    const settled = Promise.allSettled([pending, request.decision, receiving]);
    link.renew();
    for (const result of await settled) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'gone' } });
    }
    expect(accepted.status).toBe('failed');
    comeBack(link);
    expect(session.pending).toBe(0);
    const again = all.getValue({ requestBlock: true });
    const { id } = link.last('request');
    link.say({ kind: 'decision', request: id, outcome: 'accepted', reason: '' });
    const value = tf.zeros([4, 3]);
    await link.answer(link.last('get').id, tensorToValue(value));
    expect(await again).toEqual(await value.array());
    expect(link.reason).toBeUndefined();
  });

  test('a value that was here already is not lost', async () => {
    const { session, link } = await opened();
    const getting = session.store.get('pi').getValue();
    const { meta, bytes } = plainToValue(3);
    const get = link.last('get').id;
    link.say({ kind: 'value', get, meta, digest: await digestOf(bytes) });
    link.deliver(get, bytes);
    link.renew();
    expect(await getting).toBe(3);
    expect(link.of('confirm')).toEqual([]);
    comeBack(link);
    expect(session.status).toMatchObject({ phase: 'ready', getting: 0 });
  });

  test('what was released is asked for again, unless the owner’s side remembers it', async () => {
    const { session, link } = await opened();
    const all = session.store.get('ages');
    const first = all.getValue({ requestBlock: true });
    const { id } = link.last('request');
    link.say({ kind: 'decision', request: id, outcome: 'accepted', reason: '' });
    await link.answer(link.last('get').id, tensorToValue(tf.zeros([4, 3])));
    await first;
    reload(link);
    all.getValue({ requestBlock: true }).catch(() => undefined);
    expect(link.of('request')).toHaveLength(1);
  });

  test('values of ours that it still has stay: then nothing of them is gone', async () => {
    const { session, link, gone } = await opened();
    const all = session.store.get('ages');
    const mean = all.mean();
    const [first, second] = session.tf.unstack(session.tf.zeros([2]));
    if (first === undefined || second === undefined) throw new Error('They are not there.');
    const scalar = tensorMeta('float32', []);
    const unstacked = Number(first.id.slice(1).split('.')[0]);
    link.renew();
    comeBack(
      link,
      [ages, pi],
      [item(numberOf(mean), scalar, { readable: true }), item(unstacked, scalar, { path: [1] })],
      50,
    );
    // The zeros, and one output.
    expect(gone).toEqual([2]);
    mean.add(second);
    expect(() => first.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    void mean.getCopy().catch(() => undefined);
    expect(link.last('get')).toMatchObject({ ref: { id: numberOf(mean) }, request: 0 });
    expect(
      session.store
        .mine()
        .map(({ id }) => id)
        .slice(0, 2),
    ).toEqual([mean.id, second.id]);
  });

  test('what it has and nobody here uses any more is let go of', async () => {
    const { session, link } = await opened();
    const mean = session.store.get('ages').mean();
    const sum = session.store.get('ages').sum();
    mean.dispose();
    await settle();
    link.renew();
    comeBack(link, [ages, pi], [item(numberOf(mean)), item(numberOf(sum))]);
    await settle();
    expect(link.of('drop')).toEqual([{ kind: 'drop', ids: [numberOf(mean)], parts: [] }]);
    expect(session.liveIds).toEqual([numberOf(sum)]);
  });

  test('a value of ours with another meaning ends the session', async () => {
    const { session, link } = await opened();
    const mean = session.store.get('ages').mean();
    link.renew();
    comeBack(link, [ages, pi], [item(numberOf(mean), tensorMeta('int32', []))]);
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('sends under way reject with gone, unless the value is there', async () => {
    const { session, link } = await opened();
    link.holdPayloads = true;
    const lost = session.send([1, 2]);
    const arrived = session.send([3, 4]);
    await settle();
    const digesting = session.send([5, 6]);
    const settled = Promise.allSettled([lost.sent, arrived.sent, digesting.sent]);
    link.renew();
    await settle();
    // What was not sent before is not sent later: its id is of before.
    expect(link.of('put')).toEqual([]);
    const there = item(numberOf(arrived), tensorMeta('float32', [2]), { op: '', readable: true });
    comeBack(link, [ages], [there]);
    const [first, second, third] = await settled;
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'gone' } });
    expect(second).toMatchObject({ status: 'fulfilled' });
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'gone' } });
    expect(() => lost.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    expect(arrived.add(1).shape).toEqual([2]);
  });

  test('a variable whose version is gone is gone; a plan is defined again', async () => {
    const { session, link } = await opened();
    const variable = session.tf.variable(session.tf.zeros([2]), true, 'w');
    const plan = session.plan((x: Pointer) => x.add(1), [{ shape: [4, 3] }]);
    plan.call(session.store.get('ages'));
    expect(link.of('define')).toHaveLength(1);
    reload(link);
    const gone = expect.objectContaining({ code: 'gone' });
    expect(() => variable.add(1)).toThrow(gone);
    expect(() => variable.assign([1, 2])).toThrow(gone);
    expect(session.tf.variable(session.tf.zeros([2]), true, 'w').name).toBe('w');
    plan.call(session.store.get('ages'));
    expect(link.of('define')).toHaveLength(1);
    expect(link.last('call').plan).toBe(link.last('define').id);
    plan.dispose();
    await settle();
    expect(link.of('drop').flatMap(({ ids }) => ids)).toContain(link.last('define').id);
  });

  test('a training run fails with gone, and its variables with it', async () => {
    const { session, link } = await opened();
    const weight = session.tf.variable(session.tf.zeros([3]));
    const run = session.train({
      step: (x) => {
        weight.assign(weight.add(x.mean(0)));
        return { loss: weight.mean() };
      },
      data: [session.store.get('ages')],
    });
    const failed = expect(run.done).rejects.toMatchObject({ code: 'gone' });
    reload(link);
    await failed;
    expect(run.status).toBe('failed');
    expect(() => weight.assign([1, 2, 3])).toThrow(expect.objectContaining({ code: 'gone' }));
    // It may have gone on over there.
    link.say({ kind: 'progress', run: run.id, step: 1, state: 'finished' });
    expect(link.reason).toBeUndefined();
  });

  test('kept requests are told anew: the same ones go on, others are gone', async () => {
    const keepMs = 3600_000;
    const { session, link } = await openSession([ages], {}, { keepMs });
    const kept = (id: number, name: string) => ({
      id,
      meta: tensorMeta('float32', []),
      name,
      outcome: undefined,
      reason: '',
      leftMs: 1000,
    });
    link.say({ kind: 'kept', items: [kept(3, 'a'), kept(4, 'b')], gone: [] });
    const [a, b] = session.kept.list();
    const gone = expect(b?.decision).rejects.toMatchObject({ code: 'no-request' });
    link.renew();
    link.say(welcome(2, 1, 1, { keepMs }));
    link.say({ kind: 'kept', items: [kept(1, 'new'), kept(3, 'a'), kept(4, 'else')], gone: [] });
    link.say({ kind: 'catalogue', objects: [ages], dataSets: [] });
    await gone;
    expect(session.kept.get(3)).toBe(a);
    expect(session.kept.get(4).name).toBe('else');
    expect(b?.status).toBe('gone');
    expect(session.kept.length).toBe(3);
    link.renew();
    link.say(welcome(3, 1, 1));
    link.say({ kind: 'catalogue', objects: [ages], dataSets: [] });
    expect(session.kept.length).toBe(0);
    expect(session.kept.longestSecs).toBe(0);
    expect(session.status.phase).toBe('ready');
  });

  test('what comes before its welcome is of the page that is gone', async () => {
    const { session, link } = await opened();
    link.renew();
    link.say(welcome(1, 1));
    link.say({ kind: 'decision', request: 4, outcome: 'accepted', reason: '' });
    const meta = tensorMeta('float32', [2]);
    link.say({ kind: 'value', get: 5, meta, digest: new Uint8Array(32) });
    link.say({ kind: 'failed', get: 6, code: 'denied' });
    comeBack(link);
    await settle();
    expect(link.discarded).toEqual([5]);
    expect(session.status.phase).toBe('ready');
  });

  test('again before it has told everything, and before the session was there', async () => {
    const { session, link, gone } = await opened();
    const mean = session.store.get('ages').mean();
    link.renew();
    link.say(welcome(2, 1, 2));
    link.say({ kind: 'catalogue', objects: [ages], dataSets: [] });
    const inBetween = session.store.get('ages').sum();
    link.renew();
    expect(link.sent).toEqual([{ kind: 'begin', epoch: 3, keep: true }]);
    comeBack(link, [ages]);
    expect(gone).toEqual([3]);
    for (const pointer of [mean, inBetween]) {
      expect(() => pointer.add(1)).toThrow(expect.objectContaining({ code: 'gone' }));
    }
  });

  test('calls made in the meantime go to the new page, after the begin', async () => {
    const { session, link } = await opened();
    link.renew();
    const sum = session.store.get('ages').sum();
    expect(link.sent.map(({ kind }) => kind)).toEqual(['begin', 'action']);
    comeBack(link);
    expect(sum.add(1).shape).toEqual([]);
  });

  test('other terms hold from then on', async () => {
    const { session, link } = await opened();
    link.renew();
    link.say(welcome(2, 1, 1, { lacking: ['mean'], opCost: 1 }));
    link.say({ kind: 'catalogue', objects: [ages], dataSets: [] });
    const all = session.store.get('ages');
    expect(() => all.mean()).toThrow(expect.objectContaining({ code: 'unsupported-op' }));
    expect(() => all.matMul(all, true)).toThrow(expect.objectContaining({ code: 'too-costly' }));
  });
});

describe('while the session is being opened', () => {
  test('a reload of the owner’s page only begins again', async () => {
    const { ScientistSession } = await import('../src');
    const { FakeLink } = await import('./fake-link');
    for (const keep of [true, false]) {
      const link = new FakeLink();
      const opening: Promise<ScientistSession> = ScientistSession.open(link, { keep, epoch: 5 });
      link.renew();
      const begin = { kind: 'begin', epoch: 6, ...(keep && { keep }) };
      expect(link.sent).toEqual([begin]);
      link.say(welcome(5, 1));
      link.say(welcome(6, 1, 1));
      link.renew();
      expect(link.sent).toEqual([{ ...begin, epoch: 7 }]);
      link.say(welcome(7, 9));
      const session = await opening;
      expect(session.store.length).toBe(0);
      expect(session.tf.add(1, 2).id).toBe('s9');
    }
  });
});

describe('status', () => {
  test('tells of a connection that is lost, and until when it is sought', async () => {
    const { session, link } = await openSession();
    const phases: string[] = [];
    session.on('status', ({ phase }) => phases.push(phase));
    expect(session.status.phase).toBe('ready');
    link.become({ phase: 'away', awayUntil: 5000, path: 'direct' });
    await settle();
    expect(session.status).toMatchObject({
      phase: 'reconnecting',
      path: 'direct',
      awayUntil: new Date(5000),
    });
    // Calls go on being recorded.
    session.store.get('ages').mean();
    expect(link.last('action').op).toBe('mean');
    link.become({ phase: 'open', path: 'relay' });
    await settle();
    expect(session.status).toMatchObject({ phase: 'ready', path: 'relay' });
    link.close(new DuetError('link-lost'));
    await settle();
    expect(phases.filter((phase, at) => phase !== phases[at - 1])).toEqual([
      'reconnecting',
      'ready',
      'closed',
    ]);
  });

  test('a get whose link ends for good rejects with why', async () => {
    const { session, link } = await openSession();
    const getting = session.store.get('pi').getValue();
    const { id } = link.last('get');
    const meta = tensorMeta('float32', []);
    link.say({ kind: 'value', get: id, meta, digest: new Uint8Array(32) });
    link.holdPayloads = true;
    const sent = session.send([1, 2]).sent;
    const failed = Promise.allSettled([getting, sent]);
    await settle();
    link.close(new DuetError('link-lost'));
    for (const result of await failed) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'link-lost' } });
    }
  });
});
