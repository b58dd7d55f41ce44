/** PySyft Duet's requests, case by case, with the numbers of the parity list. */

import { VirtualClock } from '@duet/link';
import { isDuetError } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { connectedPair, type TestPair, until } from '../src/pair';
import { RawPair } from '../src/raw-pair';
import { answers, failed, fault } from './answers';
import { action, begin, floats, get, own, published, request } from './words';

/** A pair with private ages and what follows from them. */
async function start(clock?: VirtualClock): Promise<TestPair> {
  const pair = await connectedPair(clock ? { clock } : {});
  await pair.owner.store.add([30, 40, 50], { tags: ['ages', 'people'], description: 'In years.' });
  await until(() => pair.scientist.store.length === 1);
  return pair;
}

async function waiting({ owner }: TestPair, count = 1): Promise<void> {
  await until(() => owner.requests.length === count);
}

const codeOf = (thrown: unknown): string =>
  isDuetError(thrown) ? thrown.code : 'no error of ours';

describe('requests', () => {
  it('case 43: one request is listed with all that it is, its tags from the owner’s store', async () => {
    await using pair = await start();
    const { owner, scientist } = pair;
    const mean = scientist.store.get('ages').mean();
    const asked = mean.request({ name: 'mean', reason: 'to know it' });
    await waiting(pair);
    const [found] = owner.requests.list();
    expect(owner.requests.at(0)).toBe(found);
    expect(owner.requests.get(found?.id ?? '')).toBe(found);
    expect(found).toMatchObject({
      name: 'mean',
      reason: 'to know it',
      number: asked.id,
      peer: owner.peers[0] && { fingerprint: owner.peers[0].fingerprint, name: 'Grace' },
      assurance: 'key',
      sources: [{ tags: ['ages', 'people'] }],
    });
    found?.deny();
    expect((await asked.decision).outcome).toBe('denied');
    mean.dispose();
  });

  it('case 44: it is pending, then accepted or denied; an unknown one is told from a denied one', async () => {
    await using pair = await start();
    const { owner, scientist } = pair;
    const [one, two] = [scientist.store.get('ages').sum(), scientist.store.get('ages').mean()];
    const asked = [one.request(), two.request()];
    expect(asked.map(({ status }) => status)).toEqual(['pending', 'pending']);
    await waiting(pair, 2);
    await owner.requests.at(0).accept();
    owner.requests.at(0).deny();
    await Promise.all(asked.map(({ decision }) => decision));
    expect(asked.map(({ status }) => status)).toEqual(['accepted', 'denied']);
    one.dispose();
    two.dispose();

    const raw = new RawPair();
    raw.owner.store.add(floats([1]));
    const grace = raw.join();
    await answers(grace, begin);
    expect(await answers(grace, get(1, published(1), { request: 99 }))).toEqual([
      failed(1, 'no-request'),
    ]);
    await raw.close();
  });

  it('case 45: a decision without anybody to hear it is an error of its own', async () => {
    await using pair = await start();
    const { owner, scientist } = pair;
    scientist.store.get('ages').request();
    await waiting(pair);
    const asked = owner.requests.at(0);
    asked.deny();
    expect(await asked.accept().catch(codeOf)).toBe('no-request');
    expect(() => asked.deny()).toThrow(expect.objectContaining({ code: 'no-request' }));
  });

  it('case 46: a second one for the same value is refused, and its asker is told', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([1]));
    const grace = pair.join();
    await answers(grace, begin);
    expect(await answers(grace, request(1, published(1)), request(2, published(1)))).toEqual([
      fault(2, 'duplicate-request'),
    ]);
    expect(pair.owner.requests.length).toBe(1);
    await pair.close();
  });

  it('case 47: without permission a get fails; asked for, and accepted by a handler, it gives the value', async () => {
    await using pair = await start();
    const { owner, scientist } = pair;
    const ages = scientist.store.get('ages');
    expect(await ages.get().catch(codeOf)).toBe('not-released');
    owner.requests.addHandler({
      action: 'accept',
      release: 'records',
      tags: ['ages'],
      elementQuota: 3,
    });
    expect(await ages.getValue({ requestBlock: true })).toEqual([30, 40, 50]);
    expect(owner.requests.length).toBe(0);
  });

  it('case 48: with nobody to decide it expires, and is gone from the owner’s list', async () => {
    const clock = new VirtualClock();
    await using pair = await start(clock);
    const { owner, scientist } = pair;
    const value = scientist.store.get('ages').get({ requestBlock: true, timeoutSecs: 3 });
    const outcome = value.then(() => 'value', codeOf);
    await waiting(pair);
    clock.advance(2999);
    expect(owner.requests.at(0).secondsLeft).toBe(1);
    clock.advance(1);
    expect(await outcome).toBe('expired');
    expect(owner.requests.length).toBe(0);
    expect(owner.requests.history).toMatchObject([{ status: 'expired', decidedBy: undefined }]);
  });

  it('case 49: a denial is what a get that waits gets, with the owner’s words', async () => {
    await using pair = await start();
    const { owner, scientist } = pair;
    const value = scientist.store.get('ages').tryGet({ requestBlock: true });
    await waiting(pair);
    owner.requests.at(0).deny('too much');
    expect(await value).toMatchObject({ ok: false, code: 'denied', reason: 'too much' });
  });

  it('case 50: whoever asked may withdraw it, and nobody else’s', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([1]));
    const [grace, alan] = [pair.join(), pair.join('alan')];
    await answers(grace, begin, request(1, published(1)));
    expect(await answers(alan, begin, { kind: 'withdraw', request: 1 })).toContainEqual(
      fault(1, 'no-request'),
    );
    expect(pair.owner.requests.length).toBe(1);
    await answers(grace, { kind: 'withdraw', request: 1 });
    expect(pair.owner.requests.length).toBe(0);
    expect(pair.owner.requests.history).toMatchObject([{ status: 'withdrawn' }]);
    await pair.close();
  });

  it('case 51: the table has tags, reason, ids of the request and its object, and what it is', async () => {
    await using pair = await start();
    const { owner, scientist } = pair;
    scientist.store.get('ages').request({ name: 'all', reason: 'why' });
    await waiting(pair);
    expect(owner.requests.table()).toMatchObject([
      {
        id: 'r1',
        name: 'all',
        reason: 'why',
        object: 'p1',
        tags: 'ages, people',
        dtype: 'float32',
        shape: '[3]',
      },
    ]);
    owner.requests.at(0).deny();
  });

  it('case 52: two of the same id: the second is refused, and an accept is of the first one’s value', async () => {
    const pair = new RawPair();
    pair.owner.store.add(floats([1, 2]));
    const grace = pair.join();
    await answers(grace, begin, action(1, 'sum', published(1)));
    expect(await answers(grace, request(2, own(1)), request(2, published(1)))).toEqual([
      fault(2, 'id-taken'),
    ]);
    await pair.owner.requests.at(0).accept();
    expect(await answers(grace, get(3, published(1)))).toEqual([failed(3, 'not-released')]);
    const [value] = await answers(grace, get(4, own(1), { request: 2 }));
    expect(value).toMatchObject({ kind: 'value', get: 4, meta: { shape: [] } });
    await pair.close();
  });

  it('case 53: the owner needs no request for what is theirs', async () => {
    await using pair = await start();
    expect(await pair.owner.store.value('ages')).toEqual([30, 40, 50]);
    expect(pair.owner.requests.length).toBe(0);
  });
});
