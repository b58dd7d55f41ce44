/** A scientist's page is reloaded: what the owner's side does with what the page before has left. */

import { nextMacrotask } from '@duet/engine';
import { VirtualClock } from '@duet/link';
import {
  DuetError,
  limits,
  type MineItem,
  type OwnerMessage,
  type ScientistMessage,
  tensorMeta,
} from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
import { RenewablePair } from './renewable-wire';
import {
  action,
  begin,
  call,
  define,
  float,
  floats,
  get,
  node,
  own,
  plan,
  published,
  put,
  request,
  train,
} from './words';

let open: RenewablePair[] = [];

afterEach(async () => {
  for (const { pair } of open) {
    await pair.close();
    expect(pair.owner.objectCount).toBe(pair.owner.store.objects.length);
    expect(pair.owner.requests.length).toBe(0);
    expect(pair.owner.grants.length).toBe(0);
  }
  open = [];
});

const keeping = { kind: 'begin', epoch: 2, keep: true } as const;

async function start(options: RawPairOptions = {}) {
  const clock = new VirtualClock();
  const wires = new RenewablePair({ clock, ...options });
  open.push(wires);
  wires.pair.owner.store.add(floats([1, 2, 3]), { tags: ['ages'] });
  const grace = wires.pair.join();
  await answers(grace, begin);
  return { wires, owner: wires.pair.owner, clock, grace };
}

/** What the page that comes after a reload is told when it begins. */
async function reloaded(
  wires: RenewablePair,
  before: RawScientist,
  message: ScientistMessage = keeping,
): Promise<RawScientist> {
  const next = await wires.reload(before);
  await answers(next, message);
  return next;
}

const kindsOf = ({ messages }: RawScientist) => messages.map(({ kind }) => kind);

const mineOf = (messages: readonly OwnerMessage[]): readonly MineItem[] =>
  messages.flatMap((message) => (message.kind === 'mine' ? message.items : []));

const keptOf = (messages: readonly OwnerMessage[]) =>
  messages.flatMap((message) => (message.kind === 'kept' ? message.items : []));

const collect = (id: number, kept: number): ScientistMessage => ({ kind: 'collect', id, kept });

describe('what stays', () => {
  it('is listed by id after welcome, kept and catalogue, with what is known of it, and can be used', async () => {
    const { wires, grace } = await start();
    const sent = { ...(await put(1, floats([5, 6]))), tags: ['w'], description: 'weights' };
    grace.say(sent);
    void grace.link.sendPayload(1, floats([5, 6]).bytes);
    await answers(
      grace,
      action(2, 'neg', published(1)),
      action(3, 'split', own(1), 2, 0),
      { kind: 'drop', ids: [], parts: [{ id: 3, output: 0 }] },
      define(4, plan([float(2)], [node('neg', 0)], [1])),
      call(5, 4, [own(1)]),
    );
    const next = await reloaded(wires, grace);
    expect(kindsOf(next)).toEqual(['welcome', 'kept', 'catalogue', 'mine']);
    expect(next.messages[0]).toMatchObject({ kind: 'welcome', epoch: 2, nextId: 6, mine: 1 });
    expect(mineOf(next.messages)).toMatchObject([
      { id: 1, path: [], op: '', tags: ['w'], description: 'weights', readable: true },
      { id: 2, path: [], op: 'neg', tags: [], readable: false, meta: tensorMeta('float32', [3]) },
      { id: 3, path: [1], op: 'split', readable: true, meta: tensorMeta('float32', [1]) },
      { id: 5, path: [], readable: true, op: expect.stringMatching(/^plan [0-9a-f]{8}$/) },
    ]);
    next.arrivals.length = 0;
    await answers(next, action(6, 'neg', own(1)), get(7, own(6)), get(8, own(5)));
    expect(payloads(next)).toEqual([
      [-5, -6],
      [-5, -6],
    ]);
    expect(await answers(next, call(9, 4, [own(1)]))).toEqual([fault(9, 'no-object')]);
  });

  it('goes where the new page does not want it', async () => {
    const { wires, owner, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1), { name: 'n' }));
    const next = await reloaded(wires, grace, { kind: 'begin', epoch: 2 });
    expect(kindsOf(next)).toEqual(['welcome', 'kept', 'catalogue']);
    expect(next.messages[0]).toMatchObject({ nextId: 3, mine: 0 });
    expect(keptOf(next.messages)).toEqual([]);
    expect([owner.requests.length, next.peer.session?.objects.count]).toEqual([0, 0]);
    expect(await answers(next, get(3, own(1)))).toEqual([failed(3, 'no-object')]);
  });

  it('is nothing for the first page of a session', async () => {
    const { wires } = await start();
    const ada = wires.pair.join('ada');
    await answers(ada, keeping);
    expect(kindsOf(ada)).toEqual(['welcome', 'kept', 'catalogue']);
    expect(ada.messages[0]).toMatchObject({ nextId: 1, mine: 0 });
  });

  it('comes in messages of so many', async () => {
    const { wires, grace } = await start();
    const most = limits.mineItems;
    const many = Array.from({ length: most + 1 }, (_, at) => action(at + 1, 'neg', published(1)));
    await answers(grace, ...many);
    while (grace.peer.session?.objects.count !== many.length) await grace.quiet();
    const next = await reloaded(wires, grace);
    expect(next.messages[0]).toMatchObject({ mine: 2 });
    const sizes = next.messages.flatMap((message) =>
      message.kind === 'mine' ? [message.items.length] : [],
    );
    expect(sizes).toEqual([most, 1]);
  });

  it('what was half received is dropped, and nobody is told', async () => {
    const { wires, grace } = await start();
    const value = floats([1, 2, 3, 4]);
    grace.say(await put(1, value), action(2, 'neg', own(1)));
    // What names it waits for it.
    while (grace.peer.session?.activity.inHand !== true) await nextMacrotask();
    while (grace.peer.session.objects.count === 0) await nextMacrotask();
    const next = await wires.reload(grace);
    await answers(next, keeping);
    expect(kindsOf(next)).toEqual(['welcome', 'kept', 'catalogue']);
    expect(next.messages[0]).toMatchObject({ nextId: 3, mine: 0 });
    expect(next.peer.session?.objects.count).toBe(0);
  });

  it('survives one reload after the other', async () => {
    const { wires, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)));
    const second = await wires.reload(grace);
    const third = await reloaded(wires, second);
    expect(mineOf(third.messages).map(({ id }) => id)).toEqual([1]);
    await answers(third, action(2, 'neg', own(1)));
    const fourth = await reloaded(wires, third);
    expect(mineOf(fourth.messages).map(({ id }) => id)).toEqual([1, 2]);
  });

  it('hears nothing before it has begun', async () => {
    const { wires, owner, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    const next = await wires.reload(grace);
    owner.store.add(floats([4]));
    owner.requests.at(0).deny('no');
    await next.quiet();
    expect(next.messages).toEqual([]);
    await answers(next, keeping);
    expect(keptOf(next.messages)).toMatchObject([{ outcome: 'denied', reason: 'no' }]);
  });

  it('a drop of the owner’s that the old page never heard of is not held against the new one', async () => {
    const { wires, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), action(2, 'abs', published(1)));
    const next = await reloaded(wires, grace);
    next.peer.session?.drop(1);
    await next.quiet();
    expect(next.messages.at(-1)).toEqual({ kind: 'gone', published: [], own: [1] });
    expect(await answers(next, { kind: 'drop', ids: [1, 2], parts: [] })).toEqual([]);
  });
});

describe('requests', () => {
  it('that wait are kept for the new page, and are decided and collected there', async () => {
    const { wires, owner, grace } = await start();
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1), { name: 'ages', timeoutMs: 60_000 }),
      get(3, own(1), { request: 2 }),
    );
    const next = await reloaded(wires, grace);
    const [item] = keptOf(next.messages);
    expect(item).toMatchObject({ name: 'ages', outcome: undefined });
    expect(owner.requests.at(0)).toMatchObject({ id: 'r1', isPresent: true, secondsLeft: 60 });
    next.arrivals.length = 0;
    await owner.requests.at(0).accept();
    await next.quiet();
    expect(keptOf(next.messages)).toMatchObject([{ outcome: 'accepted' }]);
    await answers(next, get(4, own(1)));
    expect(next.messages).toEqual([failed(4, 'not-released')]);
    await answers(next, collect(5, item?.id ?? 0));
    expect(payloads(next)).toEqual([[-1, -2, -3]]);
    expect(await answers(next, { kind: 'confirm', get: 5 })).toEqual([]);
    // As with any release, that version is readable from then on.
    await answers(next, get(6, own(1)));
    expect(payloads(next)).toEqual([[-1, -2, -3]]);
    const last = await reloaded(wires, next);
    expect(mineOf(last.messages)).toMatchObject([{ id: 1, readable: true }]);
  });

  it('that another session of the same scientist collects make nothing readable there or here', async () => {
    const { wires, owner, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    const next = await reloaded(wires, grace);
    const other = wires.pair.join();
    await answers(other, begin);
    await owner.requests.at(0).accept();
    await answers(other, collect(1, keptOf(other.messages)[0]?.id ?? 1));
    expect(payloads(other)).toEqual([[-1, -2, -3]]);
    await answers(other, { kind: 'confirm', get: 1 });
    expect(await answers(next, get(3, own(1)))).toEqual([failed(3, 'not-released')]);
  });

  it('that were accepted and not fetched are kept, too', async () => {
    const { wires, owner, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1)));
    await owner.requests.at(0).accept();
    const next = await reloaded(wires, grace);
    expect(owner.grants.length).toBe(1);
    const [item] = keptOf(next.messages);
    expect(item?.outcome).toBe('accepted');
    await answers(next, collect(3, item?.id ?? 0));
    expect(payloads(next)).toEqual([[-1, -2, -3]]);
    await answers(next, { kind: 'confirm', get: 3 });
    expect(owner.grants.length).toBe(0);
  });

  it('A7: that were accepted and sent, unheard: the value is readable, and comes again', async () => {
    const { wires, owner, grace } = await start();
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2, deleteAfter: true }),
    );
    await owner.requests.at(0).accept();
    await grace.quiet();
    expect(payloads(grace)).toEqual([[-1, -2, -3]]);
    const next = await reloaded(wires, grace);
    expect(mineOf(next.messages)).toMatchObject([{ id: 1, readable: true }]);
    // Nobody has confirmed the value: it was not deleted, and cannot be by a word of the new page's about the old get.
    expect(await answers(next, { kind: 'confirm', get: 3 })).toEqual([]);
    await answers(next, get(4, own(1)));
    expect(payloads(next)).toEqual([[-1, -2, -3]]);
  });

  it('expire as they were to', async () => {
    const { wires, owner, clock, grace } = await start();
    await answers(grace, action(1, 'neg', published(1)), request(2, own(1), { timeoutMs: 5000 }));
    const next = await reloaded(wires, grace);
    next.arrivals.length = 0;
    clock.advance(5000);
    await next.quiet();
    expect(keptOf(next.messages)).toMatchObject([{ outcome: 'expired' }]);
    expect(owner.requests.length).toBe(0);
  });

  it('are kept as far as there is room: those that were to be kept first, then the oldest', async () => {
    const { wires, owner, grace } = await start({ limits: { keptRequests: 2 } });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      action(2, 'abs', published(1)),
      action(3, 'exp', published(1)),
      request(4, own(1), { name: 'first' }),
      request(5, own(2), { name: 'second' }),
      request(6, own(3), { name: 'third', keepMs: 3600_000 }),
    );
    const next = await reloaded(wires, grace);
    expect(
      keptOf(next.messages)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['first', 'third']);
    expect(owner.requests.history.map(({ name, status }) => [name, status])).toEqual([
      ['second', 'left'],
    ]);
  });

  it('that were not to be kept go with the session', async () => {
    const { wires, owner, grace } = await start();
    await answers(
      grace,
      action(1, 'neg', published(1)),
      action(2, 'abs', published(1)),
      request(3, own(1), { name: 'here' }),
      request(4, own(2), { name: 'kept', keepMs: 3600_000 }),
    );
    const next = await reloaded(wires, grace);
    const { freed } = next.peer.session ?? {};
    next.link.close(new DuetError('closed'));
    await freed;
    expect(owner.requests.list().map(({ name }) => name)).toEqual(['kept']);
  });
});

it('tells the same of a value that failed as of one that did not', async () => {
  const told = async (broken: boolean) => {
    const { wires, owner, grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, {
          run: (step) => {
            if (!broken || step.kind !== 'op' || step.op !== 'neg') engine.run(step);
          },
        }),
    });
    await answers(
      grace,
      action(1, 'neg', published(1)),
      request(2, own(1), { name: 'asked' }),
      action(3, 'abs', own(1)),
      request(4, own(3), { name: 'granted' }),
    );
    const [asked, granted] = owner.requests.list();
    await granted?.accept();
    const next = await reloaded(wires, grace);
    asked?.deny('no');
    await next.quiet();
    return { messages: next.messages, grants: owner.grants.list() };
  };
  const [whole, broken] = [await told(false), await told(true)];
  // That one of them did fail shows on the owner's side alone.
  expect([whole, broken].map(({ grants }) => grants[0]?.failure)).toEqual([undefined, 'op-failed']);
  expect(mineOf(whole.messages)).toHaveLength(2);
  expect(broken.messages).toEqual(whole.messages);
});

describe('a training run', () => {
  /** (w [], x [1]) → (w + mean x, mean x). */
  const step = plan([float(), float(1)], [node('mean', 1), node('add', 0, 2)], [3, 2]);

  it('goes on, and what it gives is told when it ends', async () => {
    const { wires, owner, grace } = await start();
    await answers(grace, define(1, step), action(2, 'sum', published(1), undefined, false));
    let paused = false;
    owner.on('run', (run) => {
      if (paused || run.step === 0) return;
      paused = true;
      run.pause();
    });
    grace.say(
      train(3, 1, { state: [own(2)], data: [published(1)], epochs: 2, checkpointEvery: 2 }),
    );
    await grace.quiet();
    expect(owner.runs).toMatchObject([{ status: 'paused' }]);
    const next = await reloaded(wires, grace);
    // The engine had the next step already when the run was halted, and with it a checkpoint.
    const before = mineOf(next.messages).map(({ id }) => id);
    expect(before).toEqual([2, 6]);
    next.arrivals.length = 0;
    owner.runs[0]?.resume();
    await next.quiet();
    expect(owner.runs).toEqual([]);
    expect(next.messages.every(({ kind }) => kind === 'mine' || kind === 'gone')).toBe(true);
    expect(mineOf(next.messages)).toContainEqual(
      expect.objectContaining({ id: 3, path: [], readable: false }),
    );
    const told = mineOf(next.messages).length;
    expect(new Set(mineOf(next.messages).map(({ id, path }) => `${id}.${path}`)).size).toBe(told);
    // All that is there is known: the next page is told the same.
    const last = await reloaded(wires, next);
    const gone = new Set(
      next.messages.flatMap((message) => (message.kind === 'gone' ? message.own : [])),
    );
    const known = [...before, ...mineOf(next.messages).map(({ id }) => id)].filter(
      (id) => !gone.has(id),
    );
    expect([...new Set(mineOf(last.messages).map(({ id }) => id))]).toEqual(
      [...new Set(known)].sort((a, b) => a - b),
    );
  });

  it('ends where the new page begins another, or does not keep it', async () => {
    const { wires, owner, grace } = await start();
    await answers(grace, define(1, step), action(2, 'sum', published(1), undefined, false));
    owner.on('run', (run) => run.id === 't1' && run.step === 0 && run.pause());
    grace.say(train(3, 1, { state: [own(2)], data: [published(1)], epochs: 50 }));
    await grace.quiet();
    const first = owner.runs[0];
    const next = await reloaded(wires, grace);
    const [welcome] = next.messages;
    const id = welcome?.kind === 'welcome' ? welcome.nextId : 0;
    await answers(
      next,
      define(id, step),
      train(id + 1, id, { state: [own(2)], data: [published(1)] }),
    );
    expect(first?.status).toBe('left');
    expect(next.messages.at(-1)).toMatchObject({
      kind: 'progress',
      run: id + 1,
      state: 'finished',
    });
  });
});
