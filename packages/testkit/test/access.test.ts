/** Two scientists of one owner, and objects that only some of them may use. */

import { encodeOwnerMessage, type OwnerMessage, type Ref } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { RawPair, type RawScientist } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
import { action, begin, call, define, floats, get, own, plan, published, request } from './words';

let open: RawPair[] = [];

afterEach(async () => {
  for (const pair of open) {
    await pair.close();
    expect(pair.owner.objectCount).toBe(pair.owner.store.objects.length);
    expect(pair.owner.requests.length).toBe(0);
  }
  open = [];
});

async function start(): Promise<{ pair: RawPair; ann: RawScientist; bob: RawScientist }> {
  const pair = new RawPair();
  open.push(pair);
  const [ann, bob] = [pair.join('ann'), pair.join('bob')];
  await answers(ann, begin);
  await answers(bob, begin);
  ann.arrivals.length = 0;
  bob.arrivals.length = 0;
  return { pair, ann, bob };
}

const values = floats([1, 2, 3]);

const idsOf = (messages: readonly OwnerMessage[]) =>
  messages.flatMap((message) => {
    if (message.kind === 'catalogue') {
      const sets = message.dataSets.flatMap(({ id, fields }) => [id, ...fields.map((f) => f.id)]);
      return [...message.objects.map(({ id }) => id), ...sets];
    }
    return message.kind === 'gone' ? message.published.map((id) => -id) : [];
  });

/** Everything that a scientist can say about something published. */
const uses = (ref: Ref, from: number) => [
  action(from, 'neg', ref),
  request(from + 1, ref, { name: 'mine' }),
  get(from + 2, ref),
  define(from + 3, plan([floats([0, 0, 0]).meta], [], [0])),
  call(from + 4, from + 3, [ref]),
];

describe('an object for one scientist', () => {
  it('is told to that one, as published later and when a session begins', async () => {
    const { pair, ann, bob } = await start();
    const { store } = pair.owner;
    store.add(values, { pointable: [ann.identity.fingerprint] });
    store.addDataSet({ X: values }, { pointable: [bob.identity.fingerprint], mock: { X: values } });
    store.add(values);
    await Promise.all([ann.quiet(), bob.quiet()]);
    expect(idsOf(ann.messages)).toEqual([1, 5]);
    expect(idsOf(bob.messages)).toEqual([4, 2, 3, 5]);
    expect(idsOf(await answers(ann, { kind: 'begin', epoch: 2 }))).toEqual([1, 5]);
    expect(idsOf(await answers(bob, { kind: 'begin', epoch: 2 }))).toEqual([4, 2, 3, 5]);
    const [welcome] = await answers(bob, { kind: 'begin', epoch: 3 });
    expect(welcome).toMatchObject({ kind: 'welcome', catalogues: 2 });
  });

  it('is to the others as what never was, whatever they do with it', async () => {
    const { pair, ann, bob } = await start();
    pair.owner.store.add(values, { pointable: [ann.identity.fingerprint], public: true });
    const hidden = await answers(bob, ...uses(published(1), 1));
    const unknown = await answers(bob, ...uses(published(77), 11));
    const shifted = unknown.map((message) => {
      if (message.kind === 'fault') return { ...message, about: message.about - 10 };
      return message.kind === 'failed' ? { ...message, get: message.get - 10 } : message;
    });
    expect(hidden).toEqual(shifted);
    expect(hidden).toEqual([
      fault(1, 'no-object'),
      fault(2, 'no-object'),
      failed(3, 'no-object'),
      fault(5, 'no-object'),
    ]);
    expect(pair.owner.requests.length).toBe(0);
    await answers(ann, get(1, published(1)));
    expect(payloads(ann)).toEqual([[1, 2, 3]]);
  });

  it('is gone for who loses it, and there for who gains it, at once', async () => {
    const { pair, ann, bob } = await start();
    const [a, b] = [ann, bob].map(({ identity }) => identity.fingerprint);
    const object = pair.owner.store.add(values, { tags: ['ages'], pointable: [a ?? ''] });
    await answers(ann, action(1, 'neg', published(1)));
    ann.arrivals.length = 0;
    pair.owner.store.setAccess('ages', { pointable: [b ?? ''] });
    expect(object.pointable).toEqual([b]);
    // Before anything is told.
    ann.say(action(2, 'neg', published(1)));
    bob.say(action(1, 'neg', published(1)));
    await Promise.all([ann.quiet(), bob.quiet()]);
    expect(ann.messages).toEqual([
      { kind: 'gone', published: [1], own: [] },
      fault(2, 'no-object'),
    ]);
    expect(idsOf(bob.messages)).toEqual([1]);
    expect(pair.owner.table().map(({ id }) => id)).toEqual([
      'p1',
      `${ann.peer.id}/s1`,
      `${bob.peer.id}/s1`,
    ]);
    // What was computed before stays, with its label.
    expect(await answers(ann, get(3, own(1)))).toEqual([failed(3, 'not-released')]);
    pair.owner.store.setAccess('ages', { pointable: true });
    await answers(ann, action(4, 'neg', published(1)));
    expect(idsOf(ann.messages)).toEqual([1]);
    expect(ann.messages).toHaveLength(1);
  });

  it('ends requests for itself when it is lost, and grants that were not fetched', async () => {
    const { pair, ann } = await start();
    const { store, requests } = pair.owner;
    store.add(values, { tags: ['ages'] });
    store.add(values, { tags: ['sizes'] });
    await answers(ann, request(1, published(1)), request(2, published(2)));
    await requests.at(0).accept();
    store.setAccess('ages', { pointable: false });
    await ann.quiet();
    expect(await answers(ann, get(3, published(1), { request: 1 }))).toEqual([
      failed(3, 'no-object'),
    ]);
    store.setAccess('ages', { pointable: true });
    expect(await answers(ann, get(4, published(1)))).toMatchObject([
      { kind: 'catalogue' },
      failed(4, 'not-released'),
    ]);
    expect(payloads(ann)).toEqual([]);
    expect(requests.list().map(({ sources }) => sources[0]?.name)).toEqual(['sizes']);
  });
});

describe('replacing and extending, as a scientist sees it', () => {
  it('is a new id; the old one is gone first', async () => {
    const { pair, ann, bob } = await start();
    const { store } = pair.owner;
    store.add(values, { tags: ['ages'], pointable: [ann.identity.fingerprint] });
    await answers(ann, action(1, 'neg', published(1)));
    ann.arrivals.length = 0;
    store.extend('ages', floats([4]));
    store.replace('ages', floats([9, 9]));
    await ann.quiet();
    expect(ann.messages).toMatchObject([
      { kind: 'gone', published: [1] },
      { kind: 'catalogue', objects: [{ id: 2, tags: ['ages'], meta: { shape: [4] } }] },
      { kind: 'gone', published: [2] },
      { kind: 'catalogue', objects: [{ id: 3, tags: ['ages'], meta: { shape: [2] } }] },
    ]);
    expect(bob.arrivals).toEqual([]);
    expect(
      await answers(ann, action(2, 'neg', published(1)), action(3, 'neg', published(2))),
    ).toEqual([fault(2, 'no-object'), fault(3, 'no-object')]);
  });

  it('leaves computations and requests of what was there before as they are', async () => {
    const { pair, ann } = await start();
    const { store, requests } = pair.owner;
    store.add(values, { tags: ['ages'] });
    await answers(ann, action(1, 'sum', published(1)), request(2, own(1)));
    store.extend('ages', floats([4]));
    const asked = requests.at(0);
    expect(asked.sources).toMatchObject([{ id: 'p1', name: 'p1 (taken back)', tags: [] }]);
    await asked.accept();
    await answers(ann, get(3, own(1)), action(4, 'sum', published(2)), get(5, own(4)));
    expect(payloads(ann)).toEqual([[6]]);
    expect(ann.messages.at(-1)).toEqual(failed(5, 'not-released'));
  });
});

describe('what one scientist hears', () => {
  /** All bytes that reach `bob`, who does the same whatever else there is. */
  async function heardByBob(more: (pair: RawPair, ann: RawScientist) => Promise<void>) {
    const pair = new RawPair();
    open.push(pair);
    const [ann, bob] = [pair.join('ann'), pair.join('bob')];
    const { store, requests } = pair.owner;
    store.add(values, { tags: ['ages'] });
    await answers(ann, begin);
    await more(pair, ann);
    bob.say(begin, action(1, 'sum', published(1)), ...uses(published(2), 2));
    await bob.quiet();
    bob.say(request(10, own(1), { name: 'sum' }), get(11, own(1), { request: 10 }));
    await bob.quiet();
    await requests
      .list()
      .findLast(({ peer }) => peer.name === 'bob')
      ?.accept();
    await bob.quiet();
    store.setAccess('ages', { pointable: false });
    await bob.quiet();
    const seen = bob.messages.map((message) => [...encodeOwnerMessage(message)]);
    return { seen, payloads: payloads(bob) };
  }

  it('is the same with objects for another as without them', async () => {
    const alone = await heardByBob(async () => undefined);
    expect(alone.payloads).toEqual([[6]]);
    const amongOthers = await heardByBob(async ({ owner }, ann) => {
      const pointable = [ann.identity.fingerprint];
      owner.store.add(floats([7]), { tags: ['ages', 'secret'], pointable, mock: floats([0]) });
      owner.store.addDataSet({ X: values }, { pointable });
      await answers(ann, action(1, 'neg', published(2)), request(2, own(1)));
      owner.store.setAccess('secret', { pointable: false });
      owner.store.replace('secret', floats([8, 9]));
      owner.store.remove('secret');
      owner.requests.at(0).deny('no');
      await ann.quiet();
    });
    expect(amongOthers).toEqual(alone);
  });

  it('tells by the numbers alone that something was published in between', async () => {
    const { pair, ann, bob } = await start();
    pair.owner.store.add(values);
    pair.owner.store.add(values, { pointable: [ann.identity.fingerprint] });
    pair.owner.store.add(values);
    await bob.quiet();
    expect(idsOf(bob.messages)).toEqual([1, 3]);
  });
});
