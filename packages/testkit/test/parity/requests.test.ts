/** Cases 43 to 64: requests and handlers. */

import { VirtualClock } from '@duet/link';
import { describe, expect, it } from 'vitest';
import { until } from '../../src';
import { RawPair } from '../../src/raw-pair';
import { answers, failed, fault, payloads } from '../answers';
import { begin, floats, get, published, request } from '../words';
import { ages, asked, codeOf, inDuo, publishAges } from './duo';

describe('a request', () => {
  it('D43 waits with what it asks, who asks, and the owner’s own tags, whatever the scientist says', () =>
    inDuo(async (pair) => {
      const { owner, scientist } = pair;
      const values = await publishAges(pair);
      const liar = scientist.send([1, 2, 3, 4, 5, 6], {
        tags: ['harmless'],
        description: 'public',
      });
      values.add(liar).request({ name: 'harmless', reason: 'for the paper' });
      const waiting = await asked(pair);
      expect(owner.requests.length).toBe(1);
      expect(waiting).toMatchObject({
        id: 'r1',
        name: 'harmless',
        reason: 'for the paper',
        status: 'pending',
        peer: { name: 'Grace', fingerprint: owner.peers[0]?.fingerprint },
        meta: { shape: [6], dtype: 'float32' },
      });
      expect(waiting.object).toMatch(/^s\d+$/);
      expect(waiting.sources).toMatchObject([{ id: 'p1', tags: ['ages'] }]);
      expect(JSON.stringify(waiting.facts.sources)).not.toContain('harmless');
    }));

  it('D44 is pending, then accepted or denied; an unknown one is no request', () =>
    inDuo(async (pair) => {
      const { owner } = pair;
      const values = await publishAges(pair);
      const requests = [values.mean(), values.max()].map((pointer) => pointer.request());
      await until(() => owner.requests.length === 2);
      expect(requests.map(({ status }) => status)).toEqual(['pending', 'pending']);
      const [first, second] = owner.requests.list();
      await first?.accept();
      second?.deny('one person’s');
      await Promise.all(requests.map(({ decision }) => decision));
      expect(requests.map(({ status }) => status)).toEqual(['accepted', 'denied']);
      for (const id of ['r1', 'r2', 'r3', '']) {
        expect(() => owner.requests.get(id)).toThrow(`No request ${id}`);
      }
    }));

  it('D47 is needed for what is not permitted; a handler accepts it, and then the value is there', () =>
    inDuo(async (pair) => {
      const values = await publishAges(pair);
      const max = values.max();
      expect(await codeOf(max.getValue())).toBe('not-released');
      pair.owner.requests.addHandler({
        action: 'accept',
        tags: ['ages'],
        release: 'records',
        elementQuota: 1,
      });
      const { decision } = max.request({ name: 'max' });
      expect(await decision).toEqual({ outcome: 'accepted', reason: '' });
      expect(await max.getValue()).toBe(88);
    }));

  it('D48 that nobody answers in its three seconds ends the get that waits, and is gone before the owner', () => {
    const clock = new VirtualClock();
    return inDuo(
      async (pair) => {
        const values = await publishAges(pair);
        const { requests } = pair.owner;
        const getting = codeOf(values.mean().getValue({ requestBlock: true, timeoutSecs: 3 }));
        await until(() => requests.length === 1);
        clock.advance(2999);
        expect(requests.at(0)).toMatchObject({ status: 'pending', secondsLeft: 1 });
        clock.advance(1);
        expect(await getting).toBe('expired');
        expect(requests.length).toBe(0);
      },
      { clock },
    );
  });

  it('D50 is withdrawn by who made it, and by nobody else', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([1, 2]), { tags: ['ages'] });
    const [grace, eve] = [pair.join('grace'), pair.join('eve')];
    await answers(grace, begin);
    await answers(eve, begin);
    await answers(grace, request(1, published(1)));
    const waiting = pair.owner.requests.at(0);
    expect(await answers(eve, { kind: 'withdraw', request: 1 })).toEqual([fault(1, 'no-request')]);
    expect(waiting.status).toBe('pending');
    expect(await answers(grace, { kind: 'withdraw', request: 1 })).toEqual([]);
    expect([waiting.status, pair.owner.requests.length]).toEqual(['withdrawn', 0]);
    await pair.close();
  });

  it('D51 is a row of a table, with what the owner decides by', () =>
    inDuo(async (pair) => {
      const values = await publishAges(pair);
      values.max().request({ name: 'oldest', reason: 'for the paper' });
      await asked(pair);
      const [row, ...others] = pair.owner.requests.table();
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        id: 'r1',
        tags: 'ages',
        reason: 'for the paper',
        name: 'oldest',
        dtype: 'float32',
        shape: '[]',
        class: 'record',
      });
      expect(row?.object).toMatch(/^s\d+$/);
    }));

  it('D52 with an id that is taken is refused, and an accept hits no other object', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([1, 2]), { tags: ['secret'] });
    pair.owner.store.add(floats([3, 4]), { tags: ['harmless'] });
    const handler = { action: 'accept', tags: ['harmless'], release: 'records' } as const;
    pair.owner.requests.addHandler({ ...handler, elementQuota: 10 });
    const grace = pair.join();
    await answers(grace, begin);
    const heard = await answers(grace, request(1, published(1)), request(1, published(2)));
    expect(heard).toMatchObject([{ kind: 'fault', about: 1 }]);
    expect(pair.owner.requests.at(0)).toMatchObject({ object: 'p1', status: 'pending' });
    expect(pair.owner.grants.length).toBe(0);
    await answers(grace, request(2, published(2)), get(3, published(2), { request: 2 }));
    expect(payloads(grace)).toEqual([[3, 4]]);
    const stolen = await answers(grace, get(4, published(1)), get(5, published(1), { request: 2 }));
    expect(stolen).toEqual([failed(4, 'not-released'), failed(5, 'not-released')]);
    expect(pair.owner.requests.at(0).status).toBe('pending');
    await pair.close();
  });
});

describe('the owner', () => {
  it('D53 asks nobody for what is theirs, or for what was made of it', () =>
    inDuo(async (pair) => {
      const { owner } = pair;
      const values = await publishAges(pair);
      const max = values.max();
      await until(() => owner.store.table().length === 2);
      const theirs = owner.store.table()[1]?.id ?? '';
      owner.requests.addHandler({ action: 'deny' });
      expect(await owner.store.value('ages')).toEqual(ages);
      expect(await owner.store.value(theirs)).toBe(88);
      const tensor = await owner.store.tensor('ages');
      expect(tensor.mean().dataSync()[0]).toBeCloseTo(46.8333, 4);
      const entries = await owner.audit.entries({ kind: 'request' });
      expect([owner.requests.length, entries]).toEqual([0, []]);
      max.dispose();
    }));
});

describe('a handler', () => {
  it('D64 decides a request once, however many handlers come after', () =>
    inDuo(async (pair) => {
      const { owner, scientist } = pair;
      const values = await publishAges(pair);
      const heard: string[] = [];
      scientist.on('decision', ({ outcome }) => heard.push(outcome));
      owner.requests.addHandler({ action: 'deny', tags: ['ages'] });
      const max = values.max();
      expect(await codeOf(max.get({ requestBlock: true }))).toBe('denied');
      const more = { action: 'accept', release: 'records', tags: ['ages'] } as const;
      for (let count = 0; count < 3; count += 1) {
        owner.requests.addHandler({ ...more, elementQuota: 5 });
      }
      expect(await codeOf(max.get())).toBe('not-released');
      expect(heard).toEqual(['denied']);
      const decisions = await owner.audit.entries({ kind: 'decision' });
      expect(decisions).toHaveLength(1);
      expect(owner.requests.handlers.map(({ quotaLeft }) => quotaLeft)).toEqual([
        undefined,
        5,
        5,
        5,
      ]);
    }));
});
