/**
 * What a scientist with a client of their own may try with plans and training runs. After each attempt the owner's objects
 * are as they were, nothing private has left, and the session goes on.
 */

import { nextMacrotask } from '@duet/engine';
import {
  DuetError,
  encodeStrings,
  limits,
  type Plan,
  type PlanNode,
  type ScientistMessage,
} from '@duet/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../src/pair';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
import { canary, spilt } from './canary';
import {
  action,
  begin,
  call,
  define,
  float,
  floats,
  get,
  ints,
  node,
  own,
  plan,
  published,
  request,
  train,
} from './words';

/** p1: private [6]; p2: public [2]; p3: hidden; p4: private [6, 2]; p5: public strings [6]. */
const ages = canary([6], 1);
const hidden = canary([3], 2);
const matrix = canary([6, 2], 3);
const secrets = [ages, hidden, matrix];
const ownersObjects = 5;

let opened: { pair: RawPair; scientists: RawScientist[] }[] = [];

afterEach(async () => {
  const ended = opened;
  opened = [];
  for (const { pair, scientists } of ended) {
    expect(pair.owner.store.objects).toHaveLength(ownersObjects);
    for (const { wire } of scientists) expect(spilt(wire, ...secrets)).toBe(0);
    await pair.close();
    expect(pair.owner.requests.length).toBe(0);
    for (const { engine } of scientists) expect(engine.size).toBe(0);
  }
});

interface Scene {
  readonly pair: RawPair;
  readonly grace: RawScientist;
  readonly scientists: RawScientist[];
}

async function start(options: RawPairOptions = {}): Promise<Scene> {
  const pair = new RawPair(options);
  const { store } = pair.owner;
  store.add(ages, { tags: ['ages'] });
  store.add(floats([10, 20]), { tags: ['open'], public: true });
  store.add(hidden, { pointable: false });
  store.add(matrix, { tags: ['matrix'] });
  store.add(encodeStrings(['a', 'b', 'c', 'd', 'e', 'f'], [6]), { public: true });
  const scientists: RawScientist[] = [];
  opened.push({ pair, scientists });
  const grace = await join(pair, scientists, 'grace');
  return { pair, grace, scientists };
}

async function join(pair: RawPair, scientists: RawScientist[], name: string) {
  const scientist = pair.join(name);
  scientists.push(scientist);
  await answers(scientist, begin);
  return scientist;
}

/** The session still computes, by op and by plan, and answers. */
async function goesOn(scientist: RawScientist, from = 10_000_000): Promise<void> {
  await answers(
    scientist,
    action(from, 'neg', published(2)),
    define(from + 1, plan([float(2)], [node('neg', 0)], [1])),
    call(from + 2, from + 1, [own(from)]),
    get(from + 3, own(from)),
    get(from + 4, own(from + 2)),
  );
  expect(payloads(scientist)).toEqual([
    [-10, -20],
    [10, 20],
  ]);
  await answers(scientist, { kind: 'drop', ids: [from, from + 1, from + 2], parts: [] });
}

const negate = plan([float(6)], [node('neg', 0)], [1]);

function nested(depth: number): Plan {
  let inner = negate;
  for (let level = 1; level < depth; level += 1) {
    inner = plan([float(6)], [{ kind: 'call', plan: 0, args: [0] }], [1], { plans: [inner] });
  }
  return inner;
}

const loop = (
  count: number,
  more: Partial<Extract<PlanNode, { kind: 'loop' }>> = {},
): PlanNode => ({
  kind: 'loop',
  plan: 0,
  count,
  carried: [0],
  fixed: [],
  ...more,
});
const counted = plan([float(6), { ...ints([0], []).meta }], [node('neg', 0)], [2]);

describe('a plan that does not fit together is refused, and nothing of it is kept', () => {
  const grads = (more: Partial<Extract<PlanNode, { kind: 'grads' }>>): PlanNode => ({
    kind: 'grads',
    plan: 0,
    args: [0],
    wrt: [0],
    dy: undefined,
    ...more,
  });
  const mean = plan([float(6)], [node('mean', 0)], [1]);
  const cases: readonly [string, Plan, string][] = [
    ['without outputs', plan([float(6)], [], []), 'bad-argument'],
    ['that gives what is not there', plan([float(6)], [], [1]), 'bad-argument'],
    ['whose node uses itself', plan([float(6)], [node('neg', 1)], [1]), 'bad-argument'],
    [
      'whose node uses a later one',
      plan([float(6)], [node('neg', 2), node('neg', 0)], [1]),
      'bad-argument',
    ],
    [
      'that names a register far away',
      plan([float(6)], [node('neg', 4_294_967_295)], [1]),
      'bad-argument',
    ],
    [
      'with an op that is not in the table',
      plan([float(6)], [node('evalScript', 0)], [1]),
      'unsupported-op',
    ],
    [
      'with the name of a property',
      plan([float(6)], [node('constructor', 0)], [1]),
      'unsupported-op',
    ],
    ['with a denied op', plan([float(6)], [node('unique', 0)], [1]), 'unsupported-op'],
    [
      'with shapes that do not fit',
      plan([float(6), float(5)], [node('add', 0, 1)], [2]),
      'bad-argument',
    ],
    [
      'whose node says that it gives more than it does',
      plan([float(6)], [{ ...node('neg', 0), outputs: 2 } as PlanNode], [1]),
      'bad-argument',
    ],
    [
      'with a plan that is not in it',
      plan([float(6)], [{ kind: 'call', plan: 0, args: [0] }], [1]),
      'bad-argument',
    ],
    [
      'that gives its inner plan too little',
      plan([float(6)], [{ kind: 'call', plan: 0, args: [] }], [1], { plans: [negate] }),
      'bad-argument',
    ],
    ['that loops no time', plan([float(6)], [loop(0)], [1], { plans: [counted] }), 'bad-argument'],
    [
      'that loops too often',
      plan([float(6)], [loop(4_294_967_295)], [1], { plans: [counted] }),
      'bad-argument',
    ],
    [
      'that loops in loops for ever',
      plan([float(6)], [loop(65_536)], [1], {
        plans: [
          plan([float(6), ints([0], []).meta], [loop(65_536)], [2], {
            plans: [
              plan([float(6), ints([0], []).meta], [loop(65_536)], [2], { plans: [counted] }),
            ],
          }),
        ],
      }),
      'too-costly',
    ],
    [
      'with the gradient of what is no input',
      plan([float(6)], [grads({ wrt: [1] })], [2], { plans: [mean] }),
      'bad-argument',
    ],
    [
      'with gradients in disorder',
      plan([float(6)], [grads({ args: [0], wrt: [0, 0] })], [2], { plans: [mean] }),
      'bad-argument',
    ],
    [
      'with no gradient',
      plan([float(6)], [grads({ wrt: [] })], [1], { plans: [mean] }),
      'bad-argument',
    ],
    [
      'that makes too much',
      plan([], [node('zeros', [40_000, 40_000], 'float32')], [0]),
      'too-large',
    ],
    [
      'that costs too much',
      plan([], [node('zeros', [8000, 8000], 'float32'), node('matMul', 0, 0)], [1]),
      'too-costly',
    ],
  ];

  it.each(cases)('%s', async (_, graph, code) => {
    const { grace } = await start();
    expect(await answers(grace, define(1, graph))).toEqual([fault(1, code)]);
    expect(grace.peer.session?.planCount).toBe(0);
    expect(await answers(grace, call(2, 1, [published(1)]))).toEqual([fault(2, 'no-object')]);
    await goesOn(grace);
  });

  it('deeper than may be', async () => {
    const { grace } = await start();
    await answers(grace, define(1, nested(limits.planDepth)), call(2, 1, [published(1)]));
    expect(grace.messages).toEqual([]);
    grace.say(define(3, nested(limits.planDepth + 1)));
    await grace.quiet();
    expect(grace.messages).toMatchObject([{ kind: 'fault', code: 'bad-message' }]);
    await goesOn(grace);
  });

  it('over the limits of its session, until another is dropped', async () => {
    const { grace } = await start({ limits: { plans: 2 } });
    await answers(grace, define(1, negate), define(2, negate), define(3, negate));
    expect(grace.messages).toEqual([fault(3, 'limit')]);
    expect(await answers(grace, { kind: 'drop', ids: [1], parts: [] }, define(4, negate))).toEqual(
      [],
    );
    await answers(grace, { kind: 'drop', ids: [2], parts: [] });
    await goesOn(grace);
  });

  it('over the bytes that plans may take, those included that recipes need', async () => {
    const { grace } = await start({ limits: { definedBytes: 8000 } });
    const bulky = plan([float(2)], [node('neg', 0)], [2], {
      constants: [floats(new Array(1000).fill(1))],
    });
    for (let round = 0; round < 5; round += 1) {
      const id = 10 * (round + 1);
      await answers(grace, define(id, bulky), call(id + 1, id, [published(2)]), {
        kind: 'drop',
        ids: [id],
        parts: [],
      });
      expect(grace.messages).toEqual([]);
    }
    expect(await answers(grace, define(91, bulky), define(92, bulky))).toEqual([
      fault(92, 'limit'),
    ]);
    await answers(
      grace,
      { kind: 'drop', ids: [91], parts: [] },
      get(93, own(11)),
      get(94, own(51)),
    );
    expect(payloads(grace)).toEqual([
      [-10, -20],
      [-10, -20],
    ]);
  });
});

describe('a call', () => {
  it('reaches nothing that is not its caller’s', async () => {
    const { pair, grace, scientists } = await start();
    const alan = await join(pair, scientists, 'alan');
    await answers(alan, define(1, negate), action(2, 'neg', published(1)));
    await answers(grace, define(3, negate), action(4, 'neg', published(1)));
    const heard = await answers(
      grace,
      call(10, 1, [published(1)]),
      call(11, 4, [published(1)]),
      call(12, 99, [published(1)]),
      call(13, 3, [own(2)]),
      call(14, 3, [own(3)]),
      call(15, 3, [published(3)]),
      call(16, 3, [published(99)]),
      call(17, 3, [own(4, 0)]),
      call(18, 3, [own(18)]),
      get(19, own(3)),
      request(20, own(3)),
      action(21, 'neg', own(3)),
    );
    const refused = [10, 11, 12, 13, 14, 15, 16, 17, 18].map((id) => fault(id, 'no-object'));
    expect(heard).toEqual([
      ...refused,
      failed(19, 'no-object'),
      fault(20, 'no-object'),
      fault(21, 'no-object'),
    ]);
    await goesOn(grace);
    await answers(alan, get(5, own(2)));
    expect(alan.messages).toEqual([failed(5, 'not-released')]);
  });

  it('drops nothing of the owner’s or of others', async () => {
    const { pair, grace, scientists } = await start();
    const alan = await join(pair, scientists, 'alan');
    await answers(alan, action(7, 'neg', published(2)));
    await answers(grace, define(1, negate), call(2, 1, [published(1)], { drops: [7, 4, 2] }));
    // Its own output is there before the drops are heard.
    expect(grace.messages).toEqual([fault(2, 'no-object')]);
    await answers(alan, get(8, own(7)));
    expect(payloads(alan)).toEqual([[-10, -20]]);
    await goesOn(grace);
  });

  it('is refused where its inputs do not fit, or its outputs have no room', async () => {
    const { grace } = await start({ limits: { objects: 4 } });
    const two = plan([float(6)], [node('neg', 0), node('abs', 0)], [1, 2]);
    const heard = await answers(
      grace,
      define(1, two),
      call(2, 1, []),
      call(3, 1, [published(1), published(1)]),
      call(4, 1, [published(4)]),
      call(5, 1, [ints([1, 2, 3, 4, 5, 6])]),
      call(6, 1, [published(1)]),
      call(7, 1, [published(1)]),
      call(8, 1, [published(1)]),
      call(8, 1, [published(1)]),
    );
    expect(heard).toEqual([
      ...[2, 3, 4, 5].map((id) => fault(id, 'bad-argument')),
      fault(8, 'limit'),
      fault(8, 'id-taken'),
    ]);
    await answers(grace, { kind: 'drop', ids: [6], parts: [] });
    await goesOn(grace);
  });

  it('gives no private byte by any output, copy or gradient', async () => {
    const { grace } = await start();
    const graph = plan(
      [float(6), float(6)],
      [
        node('clone', 0),
        {
          kind: 'grads',
          plan: 0,
          args: [0, 1],
          wrt: [0, 1],
          dy: undefined,
        },
        { kind: 'loop', plan: 1, count: 2, carried: [1], fixed: [0] },
      ],
      [0, 2, 3, 4, 5, 6, 7, 1],
      {
        plans: [
          plan([float(6), float(6)], [node('mul', 0, 1), node('mean', 2)], [3]),
          plan([float(6), float(6), ints([0], []).meta], [node('add', 0, 1)], [3, 1]),
        ],
      },
    );
    await answers(grace, define(1, graph), call(2, 1, [published(1), floats([1, 1, 1, 1, 1, 1])]));
    expect(grace.messages).toEqual([]);
    const gets = [0, 1, 2, 3, 4, 5, 6].map((path) => get(10 + path, own(2, path)));
    expect(await answers(grace, ...gets)).toEqual(gets.map(({ id }) => failed(id, 'not-released')));
    // What it was given comes back as it was.
    await answers(grace, get(20, own(2, 7)));
    expect(payloads(grace)).toEqual([[1, 1, 1, 1, 1, 1]]);
  });
});

/** (w [], X [b]) → (w + mean X, mean X). */
const stepOf = (size: number) =>
  plan([float(), float(size)], [node('mean', 1), node('add', 0, 2)], [3, 2]);
const zero = floats([0], []);
const ready = { state: [zero], data: [published(1)], batchSize: 2, epochs: 1 };

describe('a training run that cannot be is refused before anything of it runs', () => {
  const strings = plan([float(), { ...encodeStrings(['a'], [1]).meta }], [node('neg', 0)], [2]);
  const halfReport = plan([float(), float(2)], [node('cast', 1, 'int32'), node('sum', 2)], [0, 3]);
  const cases: readonly [string, ScientistMessage, string][] = [
    ['with a plan that is not there', train(50, 9, ready), 'no-object'],
    ['with an object for a plan', train(50, 8, ready), 'no-object'],
    ['with a last plan that is not there', train(50, 1, { ...ready, lastPlan: 9 }), 'no-object'],
    [
      'with a last plan that does not fit',
      train(50, 2, { ...ready, batchSize: 4, lastPlan: 1, data: [published(4)] }),
      'bad-argument',
    ],
    ['on what is hidden', train(50, 1, { ...ready, data: [published(3)] }), 'no-object'],
    ['on a plan', train(50, 1, { ...ready, state: [own(1)] }), 'no-object'],
    ['without data', train(50, 1, { ...ready, data: [] }), 'bad-argument'],
    ['on a scalar', train(50, 1, { ...ready, data: [zero] }), 'bad-argument'],
    [
      'on data of unlike lengths',
      train(50, 1, { ...ready, data: [published(1), published(2)] }),
      'bad-argument',
    ],
    [
      'with a state that does not fit',
      train(50, 1, { ...ready, state: [floats([0, 0])] }),
      'bad-argument',
    ],
    [
      'with more state than the plan gives',
      train(50, 1, { ...ready, state: [zero, zero, zero] }),
      'bad-argument',
    ],
    ['with a report that is no float', train(50, 4, ready), 'bad-argument'],
    ['on strings', train(50, 3, { ...ready, batchSize: 1, data: [published(5)] }), 'bad-argument'],
    ['with batches of nothing', train(50, 1, { ...ready, batchSize: 0 }), 'bad-argument'],
    ['with batches larger than the data', train(50, 1, { ...ready, batchSize: 7 }), 'bad-argument'],
    ['of no epoch', train(50, 1, { ...ready, epochs: 0 }), 'bad-argument'],
    ['without progress', train(50, 1, { ...ready, progressEvery: 0 }), 'bad-argument'],
    ['that begins after its end', train(50, 1, { ...ready, firstStep: 3 }), 'bad-argument'],
    ['that is too long', train(50, 1, { ...ready, epochs: 4_000_000_000 }), 'limit'],
    [
      'that reports more than there is room for',
      train(50, 1, { ...ready, epochs: 1_000_000, reportEvery: 1 }),
      'limit',
    ],
    [
      'whose schedule is too short',
      train(50, 5, { ...ready, schedule: [floats([1, 2])] }),
      'bad-argument',
    ],
    ['whose schedule is a scalar', train(50, 5, { ...ready, schedule: [zero] }), 'bad-argument'],
    [
      'whose schedule is no input',
      train(50, 1, { ...ready, schedule: [floats([1, 2, 3])] }),
      'bad-argument',
    ],
    ['with a fixed value too many', train(50, 1, { ...ready, fixed: [zero] }), 'bad-argument'],
    ['under an id that was used', train(8, 1, ready), 'id-taken'],
    ['beyond the last id', train(limits.id, 1, ready), 'limit'],
  ];

  it.each(cases)('%s', async (_, message, code) => {
    const { pair, grace } = await start();
    const scheduled = plan([float(), float(2), float()], [node('add', 0, 2)], [3]);
    await answers(
      grace,
      define(1, stepOf(2)),
      define(2, plan([float(), float(4, 2)], [node('neg', 0)], [2])),
      define(3, strings),
      define(4, halfReport),
      define(5, scheduled),
      action(8, 'neg', published(2)),
    );
    expect(grace.messages).toEqual([]);
    const objects = pair.owner.objectCount;
    expect(await answers(grace, message)).toMatchObject([{ kind: 'fault', code }]);
    expect(pair.owner.runs).toEqual([]);
    expect(pair.owner.objectCount).toBe(objects);
    if (code !== 'limit' || (message.kind === 'train' && message.id === 50)) await goesOn(grace);
  });

  it('by what it costs', async () => {
    const { grace } = await start({ limits: { runCost: 1000 } });
    expect(
      await answers(grace, define(1, stepOf(2)), train(2, 1, { ...ready, epochs: 1000 })),
    ).toEqual([fault(2, 'too-costly')]);
    await goesOn(grace);
  });
});

describe('a training run', () => {
  const long = { ...ready, epochs: 100_000, reportEvery: 100_000, progressEvery: 7 };

  async function running(options: RawPairOptions = {}): Promise<Scene> {
    const scene = await start(options);
    scene.grace.arrivals.length = 0;
    scene.grace.say(define(1, stepOf(2)), train(2, 1, long));
    await until(() => scene.grace.messages.length > 1);
    return scene;
  }

  it('is the only one of its scientist, and others have theirs', async () => {
    const { pair, grace, scientists } = await running();
    const alan = await join(pair, scientists, 'alan');
    grace.say(train(100, 1, ready));
    await until(() => grace.messages.some(({ kind }) => kind === 'fault'));
    expect(grace.messages).toContainEqual(fault(100, 'limit'));
    alan.say(define(1, stepOf(2)), train(2, 1, { ...ready, name: 'other' }));
    await until(() => alan.messages.some((heard) => heard.kind === 'progress' && heard.step === 3));
    expect(pair.owner.runs.map(({ peer }) => peer.name)).toEqual(['grace']);
    grace.say({ kind: 'cancel', run: 2 });
    await grace.quiet();
    expect(await answers(grace, train(200, 1, ready))).toHaveLength(3);
  });

  it('is not ended by what is no run, or by someone else', async () => {
    const { pair, grace, scientists } = await running();
    const alan = await join(pair, scientists, 'alan');
    expect(
      await answers(alan, { kind: 'cancel', run: 2 }, { kind: 'cancel', run: 0xffff_ffff }),
    ).toEqual([fault(2, 'no-object'), fault(0xffff_ffff, 'no-object')]);
    grace.say({ kind: 'cancel', run: 1 }, { kind: 'cancel', run: 3 }, { kind: 'cancel', run: 77 });
    const faults = () => grace.messages.filter(({ kind }) => kind === 'fault');
    await until(() => faults().length === 3);
    expect(faults()).toEqual([1, 3, 77].map((id) => fault(id, 'no-object')));
    expect(pair.owner.runs).toMatchObject([{ status: 'running' }]);
    grace.say({ kind: 'cancel', run: 2 });
    await grace.quiet();
    await goesOn(grace);
  });

  it('keeps its ids to itself, and gives them only when they are reached', async () => {
    const { grace } = await running();
    grace.say(
      action(3, 'neg', published(2)),
      get(1000, own(2)),
      get(1001, own(3)),
      request(1002, own(4)),
      { kind: 'drop', ids: [2], parts: [] },
      { kind: 'drop', ids: [3], parts: [] },
      { kind: 'cancel', run: 2 },
    );
    await grace.quiet();
    const others = grace.messages.filter(({ kind }) => kind === 'fault' || kind === 'failed');
    expect(others).toEqual([
      fault(3, 'id-taken'),
      failed(1000, 'no-object'),
      failed(1001, 'no-object'),
      fault(1002, 'no-object'),
      fault(0, 'no-object'),
      fault(0, 'no-object'),
    ]);
    expect(await answers(grace, get(1003, own(2)), get(1004, own(3)))).toEqual([
      failed(1003, 'not-released'),
      failed(1004, 'no-object'),
    ]);
    await goesOn(grace);
  });

  it('leaves nothing when its scientist goes in the middle', async () => {
    const { pair, grace } = await running();
    grace.link.close(new DuetError('closed'));
    await grace.peer.session?.freed;
    await until(() => pair.owner.runs.length === 0 && grace.engine.size === 0);
    expect(pair.owner.objectCount).toBe(ownersObjects);
  });

  it('whose steps fail by values runs its full course', async () => {
    const { grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, {
          run: (step) => engine.run(step.kind === 'plan' ? { ...step, inputs: [] } : step),
        }),
    });
    await answers(grace, define(1, stepOf(2)), train(2, 1, ready));
    expect(grace.messages.map((heard) => heard.kind === 'progress' && heard.state)).toEqual([
      'running',
      'running',
      'finished',
    ]);
    expect(await answers(grace, get(9, own(3)))).toEqual([failed(9, 'not-released')]);
    expect(await grace.peer.session?.preview(own(2))).toBeUndefined();
  });

  it('among random messages ends in answers, and the session goes on', async () => {
    const { pair, grace } = await start({ limits: { objects: 60, plans: 6 } });
    const ref = fc.oneof(
      fc.nat(30).map((id) => own(id + 1)),
      fc.nat(5).map((id) => published(id + 1)),
    );
    const id = fc.integer({ min: 1, max: 60 });
    const graph = fc.constantFrom(stepOf(2), stepOf(1), negate, nested(3), plan([], [], []));
    const small = fc.nat(4);
    const anything: fc.Arbitrary<ScientistMessage> = fc.oneof(
      fc.tuple(id, graph).map(([n, of]) => define(n, of)),
      fc
        .tuple(id, id, fc.array(ref, { maxLength: 2 }), fc.array(id, { maxLength: 2 }))
        .map(([n, of, args, drops]) => call(n, of, args, { drops })),
      fc
        .tuple(id, id, ref, ref, small, small, small, small, fc.boolean())
        .map(([n, of, state, on, epochs, batchSize, reportEvery, checkpointEvery, shuffle]) =>
          train(n, of, {
            state: [state],
            data: [on],
            epochs,
            batchSize,
            reportEvery,
            checkpointEvery,
            shuffle,
          }),
        ),
      fc
        .tuple(id, id, small)
        .map(([n, of, epochs]) => train(n, of, { ...ready, epochs, checkpointEvery: 1 })),
      id.map((run) => ({ kind: 'cancel', run }) as const),
      fc.array(id, { maxLength: 3 }).map((ids) => ({ kind: 'drop', ids, parts: [] }) as const),
      fc.tuple(id, ref).map(([n, of]) => get(n, of)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 30 }), async (messages) => {
        await answers(grace, ...messages, { kind: 'begin', epoch: 1 });
        expect(grace.messages.some(({ kind }) => kind === 'welcome')).toBe(true);
        expect(pair.owner.objectCount).toBe(ownersObjects);
        expect(pair.owner.runs).toEqual([]);
        expect(grace.peer.session?.planCount).toBe(0);
        expect(grace.engine.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('of a scientist who floods does not hold up the owner', async () => {
    const { pair, grace } = await running();
    grace.say(...Array.from({ length: 3000 }, (_, at) => action(10_000 + at, 'neg', published(2))));
    await until(() => pair.owner.runs[0] !== undefined);
    pair.owner.runs[0]?.stop();
    await until(() => pair.owner.runs.length === 0);
    for (let turn = 0; turn < 5; turn += 1) await nextMacrotask();
    await grace.quiet();
    expect(grace.messages.at(-1)).toMatchObject({ kind: 'progress', state: 'stopped' });
  });
});
