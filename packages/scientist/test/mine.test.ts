/** What is on the owner's side when the scientist's page was reloaded. */

import { plainToValue } from '@duet/engine';
import { type Mine, type MineItem, tensorMeta } from '@duet/protocol';
import { describe, expect, test } from 'vitest';
import { ScientistSession } from '../src';
import { FakeLink, openSession, published, settle, welcome } from './fake-link';

function item(id: number, more: Partial<MineItem> = {}): MineItem {
  return {
    id,
    path: [],
    meta: tensorMeta('float32', [2]),
    tags: [],
    description: '',
    op: 'add',
    readable: false,
    ...more,
  };
}

function mine(...items: readonly MineItem[]): Mine {
  return { kind: 'mine', items };
}

/** A session of a page that was reloaded, whose owner's side tells this. */
async function comeBack(...messages: readonly Mine[]) {
  const link = new FakeLink();
  const opening = ScientistSession.open(link, { keep: true });
  opening.catch(() => undefined);
  link.say(welcome(1, 100, 1, { mine: messages.length }));
  link.say({ kind: 'catalogue', objects: [published(1, [2])], dataSets: [] });
  for (const message of messages) link.say(message);
  link.sent.length = 0;
  return { session: await opening, link };
}

/** Why a session does not come to be. */
async function refusal(...messages: readonly Mine[]): Promise<string | undefined> {
  const link = new FakeLink();
  const opening = ScientistSession.open(link, { keep: true });
  opening.catch(() => undefined);
  link.say(welcome(1, 100, 0, { mine: messages.length }));
  for (const message of messages) link.say(message);
  await settle();
  return link.reason?.code;
}

describe('a session that keeps what was there', () => {
  test('says so, and is ready when everything was told', async () => {
    const link = new FakeLink();
    let isReady = false;
    const opening = ScientistSession.open(link, { keep: true }).then((session) => {
      isReady = true;
      return session;
    });
    expect(link.sent).toEqual([{ kind: 'begin', epoch: 1, keep: true }]);
    link.say(welcome(1, 10, 0, { mine: 2 }));
    link.say(mine(item(2)));
    await settle();
    expect(isReady).toBe(false);
    link.say(mine(item(5)));
    expect((await opening).store.mine().map(({ id }) => id)).toEqual(['s2', 's5']);
  });

  test('has pointers on it, with what is known of each', async () => {
    const { session } = await comeBack(
      mine(
        item(3, { op: '', tags: ['w'], description: 'weights', readable: true }),
        item(7, { path: [0], op: 'unstack' }),
        item(7, { path: [2], op: 'unstack', meta: tensorMeta('int32', []) }),
      ),
    );
    const [sent, first, third] = session.store.mine();
    expect(sent).toMatchObject({ id: 's3', tags: ['w'], description: 'weights', madeBy: 'send' });
    expect(first).toMatchObject({ id: 's7.0', shape: [2], madeBy: 'unstack' });
    expect(third).toMatchObject({ id: 's7.2', shape: [], dtype: 'int32' });
    expect(session.status.objects).toBe(2);
    expect(session.store.mine()[0]).toBe(sent);
  });

  test('uses them like any other: in ops, gets and requests', async () => {
    const { session, link } = await comeBack(mine(item(3, { readable: true }), item(4)));
    const [readable, other] = session.store.mine();
    if (readable === undefined || other === undefined) throw new Error('They are not there.');
    const sum = readable.add(other);
    expect(sum.id).toBe('s100');
    expect(link.last('action').args).toMatchObject([
      { tensor: { ref: { space: 'own', id: 3, path: [] } } },
      { tensor: { ref: { space: 'own', id: 4, path: [] } } },
    ]);
    const getting = readable.getValue();
    await link.answer(link.last('get').id, plainToValue([1, 2]));
    expect(await getting).toEqual([1, 2]);
    expect(link.of('confirm')).toHaveLength(1);
    other.request({ name: 'other' });
    expect(link.last('request').ref).toEqual({ space: 'own', id: 4, path: [] });
    expect(session.store.mine().map(({ id }) => id)).toEqual(['s4', 's100']);
  });

  test('lets go of them one by one, and of several outputs at once', async () => {
    const { session, link } = await comeBack(
      mine(item(3), item(7, { path: [0] }), item(7, { path: [2] }), item(8, { path: [1] })),
    );
    const [three, sevenFirst, sevenThird] = session.store.mine();
    three?.dispose();
    sevenThird?.dispose();
    await settle();
    expect(link.of('drop')).toEqual([{ kind: 'drop', ids: [3], parts: [{ id: 7, output: 2 }] }]);
    sevenFirst?.dispose();
    session.store.mine()[0]?.dispose();
    await settle();
    expect(session.liveIds).toEqual([]);
    const said = link
      .of('drop')
      .flatMap(({ ids, parts }) => [
        ...ids.map(String),
        ...parts.map(({ id, output }) => `${id}.${output}`),
      ]);
    expect(said.sort()).toEqual(['3', '7.0', '7.2', '8']);
  });

  test('never shows what made one in words of the owner’s side', async () => {
    const { session } = await comeBack(mine(item(3, { op: '<b>trust me</b>' })));
    const [only] = session.store.mine();
    expect(only?.madeBy).toBe('made before a reload');
    only?.dispose();
    expect(() => only?.add(1)).toThrow(/s3 \(made before a reload\) was disposed/);
  });

  test('hears of what a run of before has made, when it has', async () => {
    const { session, link } = await comeBack(mine(item(3)));
    let changes = 0;
    session.on('store', () => {
      changes += 1;
    });
    link.say(mine(item(2, { path: [0], op: 'plan 00c0ffee' }), item(9, { readable: true })));
    expect(changes).toBe(1);
    expect(session.store.mine().map(({ id, madeBy }) => [id, madeBy])).toEqual([
      ['s2.0', 'plan 00c0ffee'],
      ['s3', 'add'],
      ['s9', 'add'],
    ]);
    link.say({ kind: 'gone', published: [], own: [9] });
    expect(session.store.mine()).toHaveLength(2);
    link.say(mine(item(9)));
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('hears of the end of a run of before, and of nothing else that it did not ask', async () => {
    const { session, link } = await comeBack(mine(item(3)));
    link.say({ kind: 'progress', run: 50, step: 3, state: 'finished' });
    expect(session.status.phase).toBe('ready');
    link.say({ kind: 'progress', run: 100, step: 3, state: 'finished' });
    expect(link.reason?.code).toBe('bad-reply');
  });
});

describe('what lives on the owner’s side', () => {
  test('is listed by id: values and variables, while the program has them', async () => {
    const { session } = await openSession();
    const ages = session.store.get('ages');
    const mean = ages.mean();
    const parts = session.tf.unstack(ages);
    const variable = session.tf.variable(session.tf.zeros([2]));
    const ids = () => session.store.mine().map(({ id }) => id);
    const before = ids();
    expect(before).toContain(mean.id);
    expect(before).toEqual(expect.arrayContaining(parts.map(({ id }) => id)));
    expect(session.store.mine()).toContain(variable);
    expect(session.store.mine()).toContain(mean);
    mean.dispose();
    expect(ids()).not.toContain(mean.id);
    expect(ids()).not.toContain('p1');
  });
});

describe('a listing that cannot be', () => {
  test.each([
    ['an id that was never taken', [mine(item(100))]],
    ['ids that do not increase', [mine(item(5), item(4))]],
    ['one id twice', [mine(item(5), item(5))]],
    ['one id in two messages', [mine(item(5)), mine(item(5))]],
    ['an output twice', [mine(item(5, { path: [1] }), item(5, { path: [1] }))]],
    ['outputs that do not increase', [mine(item(5, { path: [1] }), item(5, { path: [0] }))]],
    ['a value and an output of it', [mine(item(5), item(5, { path: [0] }))]],
    ['the same the other way round', [mine(item(5, { path: [0] }), item(5))]],
    ['an output of an output', [mine(item(5, { path: [0, 1] }))]],
    ['an output that no op has', [mine(item(5, { path: [4000] }))]],
  ] as const)('%s', async (_, messages) => {
    expect(await refusal(...messages)).toBe('bad-reply');
  });

  test('one that was not asked for, or says again what was told', async () => {
    const { session, link } = await comeBack(mine(item(3)));
    link.say(mine(item(3)));
    expect(link.reason?.code).toBe('bad-reply');
    expect(session.status.phase).toBe('closed');
    const fresh = await openSession();
    fresh.link.say(mine(item(1)));
    expect(fresh.link.reason?.code).toBe('bad-reply');
  });

  test('is never longer than all that a session may hold', async () => {
    const messages = Array.from({ length: 257 }, (_, which) =>
      mine(...Array.from({ length: 1024 }, (_, output) => item(which + 1, { path: [output] }))),
    );
    const link = new FakeLink();
    const opening = ScientistSession.open(link, { keep: true });
    opening.catch(() => undefined);
    link.say(welcome(1, 1000, 0, { mine: 300 }));
    for (const message of messages.slice(0, 256)) link.say(message);
    expect(link.reason).toBeUndefined();
    for (const message of messages.slice(256)) link.say(message);
    expect(link.reason?.code).toBe('bad-reply');
  });
});
