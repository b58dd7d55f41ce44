/** Plans, calls and training runs on the owner's side, as a scientist says them on a bare link. */

import { nextMacrotask } from '@duet/engine';
import { permutation } from '@duet/ops';
import { DuetError } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../src/pair';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, failed, fault, payloads } from './answers';
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
  request,
  train,
} from './words';

let open: { pair: RawPair; grace: RawScientist }[] = [];

afterEach(async () => {
  for (const { pair, grace } of open) {
    await pair.close();
    expect(pair.owner.objectCount).toBe(pair.owner.store.objects.length);
    expect(pair.owner.requests.length).toBe(0);
    expect(grace.engine.size).toBe(0);
  }
  open = [];
});

/** Private p1 = [1, 2, 3], public p2 = [10, 20, 30], private records p3 [6, 2] and public labels p4 [6]. */
async function start(
  options: RawPairOptions = {},
): Promise<{ pair: RawPair; grace: RawScientist }> {
  const pair = new RawPair(options);
  const { store } = pair.owner;
  store.add(floats([1, 2, 3]), { tags: ['ages'] });
  store.add(floats([10, 20, 30]), { tags: ['open'], public: true });
  store.add(floats([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [6, 2]), { tags: ['records'] });
  store.add(floats([1, 2, 3, 4, 5, 6]), { tags: ['labels'], public: true });
  const grace = pair.join();
  open.push({ pair, grace });
  grace.say(begin);
  await grace.quiet();
  grace.arrivals.length = 0;
  return { pair, grace };
}

const progress = (run: number, step: number, state = 'running') => ({
  kind: 'progress',
  run,
  step,
  state,
});
/** What the scientist would get if the owner released it. */
async function previewed({ peer }: RawScientist, id: number, ...path: number[]): Promise<number[]> {
  const value = await peer.session?.preview(own(id, ...path));
  if (!value) throw new Error(`${id} has no value.`);
  return [...new Float32Array(value.bytes.slice().buffer)];
}

/** (a, b) → (a + b, −a): the second depends on the first input alone. */
const sumAndNeg = plan([float(3), float(3)], [node('add', 0, 1), node('neg', 0)], [2, 3], {
  name: 'sum and neg',
});

describe('a plan', () => {
  it('is defined once and called as one action, with the same result as op by op', async () => {
    const { grace } = await start();
    const heard = await answers(
      grace,
      define(1, sumAndNeg),
      call(2, 1, [published(2), published(2)]),
      get(3, own(2, 0)),
      get(4, own(2, 1)),
      call(5, 1, [own(2, 0), floats([1, 1, 1])]),
      get(6, own(5, 0)),
    );
    expect(heard.map(({ kind }) => kind)).toEqual(['value', 'value', 'value']);
    expect(payloads(grace)).toEqual([
      [20, 40, 60],
      [-10, -20, -30],
      [21, 41, 61],
    ]);
  });

  it('gives outputs that are readable where what they depend on is', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      define(1, sumAndNeg),
      call(2, 1, [published(2), published(1)]),
      get(3, own(2, 0)),
      get(4, own(2, 1)),
    );
    expect(grace.messages).toMatchObject([failed(3, 'not-released'), { kind: 'value', get: 4 }]);
    expect(payloads(grace)).toEqual([[-10, -20, -30]]);
    await answers(grace, request(5, own(2, 0)));
    expect(
      pair.owner.requests
        .at(0)
        .sources.map(({ name }) => name)
        .sort(),
    ).toEqual(['ages', 'open']);
    await answers(grace, request(6, own(2, 1)));
    expect(grace.messages).toMatchObject([{ kind: 'decision', request: 6, outcome: 'accepted' }]);
  });

  it('that depends on nothing is its caller’s', async () => {
    const { grace } = await start();
    const constant = plan([float(3)], [node('neg', 1)], [2], { constants: [floats([1, 2, 3])] });
    await answers(grace, define(1, constant), call(2, 1, [published(1)]), get(3, own(2)));
    expect(payloads(grace)).toEqual([[-1, -2, -3]]);
  });

  it('is told to the owner by its name, its hash and how often it was called, and in words', async () => {
    const { pair, grace } = await start();
    const step = plan([float(3), float(3)], [node('mul', 0, 1)], [2], { name: 'st”ep\u202e' });
    const calls = Array.from({ length: 5 }, (_, at) =>
      call(10 + at, 1, [at === 0 ? published(2) : own(9 + at), published(1)]),
    );
    await answers(grace, define(1, step), ...calls, request(20, own(14)));
    const { lineage } = pair.owner.requests.at(0);
    const [card] = lineage.plans;
    const called = `“step[U+202E]” (plan ${card?.hash.slice(0, 8)})`;
    expect(lineage.sentence).toBe(`${called}, the last of 5 calls (${called} ×5) on ages, open.`);
    expect(lineage.plans).toHaveLength(1);
    expect(card?.words?.join('\n')).toContain('mul(input 0, input 1): [3]');
    expect(card).toMatchObject({ name: 'st”ep\u202e', ops: 1 });
  });

  it('counts once for all that one call gave', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      define(1, sumAndNeg),
      call(2, 1, [published(1), published(2)]),
      action(3, 'mul', own(2, 0), own(2, 1)),
      request(4, own(3)),
    );
    expect(pair.owner.requests.at(0).lineage.ops.map(({ count }) => count)).toEqual([1, 1]);
  });

  it('draws anew with another salt, and the same with the same', async () => {
    const { grace } = await start();
    const draw = plan(
      [],
      [
        {
          ...node('randomUniform', [4], { number: 0 }, { number: 1 }, 'float32', { number: 7 }),
          salted: true,
        } as never,
      ],
      [0],
    );
    await answers(
      grace,
      define(1, draw),
      call(2, 1, [], { salt: 1 }),
      call(3, 1, [], { salt: 2 }),
      call(4, 1, [], { salt: 1 }),
      get(5, own(2)),
      get(6, own(3)),
      get(7, own(4)),
    );
    const [a, b, c] = payloads(grace);
    expect(a).toEqual(c);
    expect(a).not.toEqual(b);
  });

  it('is gone with its id, and what was made by it stays', async () => {
    const { grace } = await start();
    await answers(
      grace,
      define(1, sumAndNeg),
      call(2, 1, [published(2), published(2)]),
      { kind: 'drop', ids: [1], parts: [] },
      call(3, 1, [published(2), published(2)]),
      get(4, own(2, 1)),
    );
    expect(grace.messages).toMatchObject([fault(3, 'no-object'), { kind: 'value', get: 4 }]);
    expect(grace.peer.session?.planCount).toBeLessThanOrEqual(1);
  });

  it('lets go of what a call drops, also when the call is refused', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      define(1, sumAndNeg),
      action(2, 'neg', published(2)),
      action(3, 'neg', published(2)),
      call(4, 1, [own(2), own(2)], { drops: [2] }),
      get(5, own(4, 1)),
      call(6, 1, [own(99), own(3)], { drops: [3] }),
      call(7, 1, [own(4, 0), own(4, 0)], { drops: [98] }),
      get(8, own(7, 1)),
    );
    expect(grace.messages).toMatchObject([
      { kind: 'value', get: 5 },
      fault(6, 'no-object'),
      fault(7, 'no-object'),
      { kind: 'value', get: 8 },
    ]);
    expect(pair.owner.objectCount).toBe(4 + 4);
  });
});

describe('one of several outputs', () => {
  it('is let go of by itself, and cannot be named again', async () => {
    const { pair, grace } = await start();
    const part = (id: number, output: number) => ({ id, output });
    await answers(
      grace,
      define(1, sumAndNeg),
      call(2, 1, [published(2), published(2)]),
      { kind: 'drop', ids: [], parts: [part(2, 0)] },
      get(3, own(2, 0)),
      get(4, own(2, 1)),
      call(5, 1, [own(2, 1), own(2, 1)], { dropParts: [part(2, 1)] }),
      get(6, own(5, 1)),
      get(7, own(2, 1)),
      { kind: 'drop', ids: [2], parts: [] },
    );
    expect(grace.messages).toMatchObject([
      { kind: 'failed', get: 3, code: 'no-object' },
      { kind: 'value', get: 4 },
      { kind: 'value', get: 6 },
      { kind: 'failed', get: 7, code: 'no-object' },
      fault(0, 'no-object'),
    ]);
    expect(pair.owner.objectCount).toBe(4 + 2);
  });

  it('that is none, or is the only one, is a fault, and the others of the message go', async () => {
    const { pair, grace } = await start();
    const parts = [
      { id: 99, output: 0 },
      { id: 2, output: 0 },
      { id: 3, output: 7 },
      { id: 3, output: 1 },
    ];
    await answers(
      grace,
      define(1, sumAndNeg),
      action(2, 'neg', published(2)),
      call(3, 1, [published(2), published(2)]),
      { kind: 'drop', ids: [], parts },
      get(4, own(3, 1)),
      get(5, own(3, 0)),
      get(6, own(2)),
    );
    expect(grace.messages).toMatchObject([
      fault(0, 'no-object'),
      { kind: 'failed', get: 4, code: 'no-object' },
      { kind: 'value', get: 5 },
      { kind: 'value', get: 6 },
    ]);
    expect(pair.owner.objectCount).toBe(4 + 2);
  });
});

describe('an engine', () => {
  it('that lacks ops says so at the beginning, and is never given them', async () => {
    const steps: string[] = [];
    const { grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, {
          ready: async () => ({ ...(await engine.ready()), lacking: ['neg'] }),
          run: (step) => {
            steps.push(step.kind);
            engine.run(step);
          },
        }),
    });
    const [welcome] = await answers(grace, { kind: 'begin', epoch: 2 });
    expect(welcome).toMatchObject({ kind: 'welcome', backend: 'cpu', lacking: ['neg'] });
    const nested = plan([float(3)], [{ kind: 'call', plan: 0, args: [0] }], [1], {
      plans: [plan([float(3)], [node('neg', 0)], [1])],
    });
    expect(
      await answers(grace, action(1, 'neg', published(2)), define(2, sumAndNeg), define(3, nested)),
    ).toEqual([1, 2, 3].map((id) => fault(id, 'unsupported-op')));
    expect(steps).toEqual([]);
  });

  it('that cannot be had ends the link', async () => {
    const pair = new RawPair({
      wrapEngine: (engine) =>
        wrappedEngine(engine, { ready: () => Promise.reject(new DuetError('no-engine')) }),
    });
    const grace = pair.join();
    grace.say(begin);
    expect(await grace.link.closed).toMatchObject({ code: 'no-engine', from: 'peer' });
    expect(grace.messages).toEqual([]);
    expect(grace.peer).toMatchObject({ status: 'left', leftBecause: { code: 'no-engine' } });
    await pair.close();
  });
});

/** (w [2], X [b, 2], y [b]) → (w + sum over the records of X·y, mean y). */
const stepOf = (size: number, name = 'step') =>
  plan(
    [float(2), float(size, 2), float(size)],
    [
      node('reshape', 2, [size, 1]),
      node('mul', 1, 3),
      node('sum', 4, [0]),
      node('add', 0, 5),
      node('mean', 2),
    ],
    [6, 7],
    { name },
  );

const data = [published(3), published(4)];
const zero = floats([0, 0]);

describe('a training run', () => {
  it('is one action: it tells its progress by counts, and its reports are values like others', async () => {
    const { pair, grace } = await start();
    const heard = await answers(
      grace,
      define(1, stepOf(2)),
      train(2, 1, { state: [zero], data, epochs: 2, batchSize: 2, reportEvery: 2 }),
    );
    expect(heard).toEqual([
      progress(2, 1),
      progress(2, 2),
      progress(2, 3),
      progress(2, 4),
      progress(2, 5),
      progress(2, 6, 'finished'),
    ]);
    // Two epochs of the sum over six records.
    expect(await previewed(grace, 2)).toEqual([322, 364]);
    expect(await previewed(grace, 3)).toEqual([2.5]);
    expect(await previewed(grace, 4)).toEqual([3.5]);
    expect(await previewed(grace, 5)).toEqual([4.5]);
    await answers(grace, get(6, own(3)), request(7, own(3), { name: 'loss' }));
    expect(grace.messages).toEqual([failed(6, 'not-released')]);
    const asked = pair.owner.requests.at(0);
    expect(asked.sources.map(({ name }) => name).sort()).toEqual(['labels', 'records']);
    expect(asked.lineage.sentence).toMatch(
      /^“step” \(plan [0-9a-f]{8}\) ×2, the last of 2 calls \(“step” \(plan [0-9a-f]{8}\) ×2\) on records, labels\.$/,
    );
    await asked.accept();
    await answers(grace, get(8, own(3), { request: 7 }));
    expect(payloads(grace)).toEqual([[2.5]]);
  });

  it('weights the mean of its reports by the records of each batch', async () => {
    const { grace } = await start();
    await answers(
      grace,
      define(1, stepOf(4)),
      define(2, stepOf(2)),
      train(3, 1, { lastPlan: 2, state: [zero], data, batchSize: 4, progressEvery: 10 }),
    );
    expect(grace.messages).toEqual([progress(3, 2, 'finished')]);
    expect(await previewed(grace, 4)).toEqual([3.5]);
    expect(await previewed(grace, 3)).toEqual([161, 182]);
  });

  it('is of no one plan where another one has its last batch: a handler for a plan knows one alone', async () => {
    const { pair, grace } = await start();
    await answers(
      grace,
      define(1, stepOf(4)),
      define(2, stepOf(2)),
      train(3, 1, { lastPlan: 2, state: [zero], data, batchSize: 4, progressEvery: 10 }),
    );
    await answers(grace, train(10, 1, { state: [zero], data, batchSize: 4, progressEvery: 10 }));
    await until(() => pair.owner.runs.length === 0);
    expect(await answers(grace, request(20, own(3)), request(21, own(10)))).toEqual([]);
    const [both, one] = pair.owner.requests.list();
    expect(both?.lineage.plans).toHaveLength(2);
    expect(both?.facts.plan).toBeUndefined();
    expect(one?.lineage.plans).toHaveLength(1);
    expect(one?.facts.plan).toBe(one?.lineage.plans[0]?.hash);
    expect(both?.lineage.plans[0]?.hash).toBe(one?.facts.plan);
  });

  it('leaves the shorter last batch out where there is no plan for it', async () => {
    const { grace } = await start();
    await answers(
      grace,
      define(1, stepOf(4)),
      train(3, 1, { state: [zero], data, batchSize: 4, epochs: 2 }),
    );
    expect(grace.messages).toEqual([progress(3, 1), progress(3, 2, 'finished')]);
    expect(await previewed(grace, 5)).toEqual([2.5]);
  });

  it('cuts its batches by a permutation that both sides know', async () => {
    const { grace } = await start();
    // The state takes on the label of the last record: what it was tells the order.
    const last = plan([float(), float(1)], [node('reshape', 1, [])], [2, 2]);
    await answers(
      grace,
      define(1, last),
      train(2, 1, {
        state: [floats([0], [])],
        data: [published(4)],
        epochs: 2,
        shuffle: true,
        seed: 9,
        reportEvery: 1,
      }),
    );
    const seen: number[] = [];
    for (let step = 0; step < 12; step += 1) seen.push(...(await previewed(grace, 3 + step)));
    const expected = [0, 1].flatMap((epoch) => [...permutation(6, 9, epoch)].map((at) => at + 1));
    expect(seen).toEqual(expected);
    expect(await previewed(grace, 2)).toEqual(expected.slice(-1));
  });

  it('takes a row of each schedule at each step', async () => {
    const { grace } = await start();
    const scaled = plan(
      [float(), float(2), float()],
      [node('mean', 1), node('mul', 2, 3), node('add', 0, 4)],
      [5],
    );
    await answers(
      grace,
      define(1, scaled),
      train(2, 1, {
        state: [floats([0], [])],
        data: [published(4)],
        schedule: [floats([1, 10, 100])],
        batchSize: 2,
      }),
    );
    expect(await previewed(grace, 2)).toEqual([1.5 + 35 + 550]);
  });

  it('leaves checkpoints, of which the last one stays, and resumes from there to the same end', async () => {
    const { grace } = await start();
    const whole = { data, epochs: 4, batchSize: 2, shuffle: true, seed: 3, progressEvery: 100 };
    await answers(
      grace,
      define(1, stepOf(2)),
      train(2, 1, { ...whole, state: [zero], checkpointEvery: 5 }),
    );
    // Reports 3 to 6, checkpoints 7 and 8.
    expect(grace.messages).toEqual([
      ...[3, 5, 6, 9, 10].map((step) => progress(2, step)),
      progress(2, 12, 'finished'),
    ]);
    expect(await answers(grace, get(200, own(7)))).toEqual([failed(200, 'no-object')]);
    // Its scientist may let go of it in the moment in which it goes by itself; once.
    expect(await answers(grace, { kind: 'drop', ids: [7], parts: [] })).toEqual([]);
    expect(await answers(grace, { kind: 'drop', ids: [7], parts: [] })).toEqual([
      fault(0, 'no-object'),
    ]);
    await answers(grace, train(300, 1, { ...whole, state: [own(8)], firstStep: 10 }));
    expect(grace.messages).toEqual([progress(300, 12, 'finished')]);
    expect(await previewed(grace, 300)).toEqual(await previewed(grace, 2));
  });

  it('carries the label of everything that goes in, the schedule and the fixed values included', async () => {
    for (const place of ['state', 'data', 'schedule', 'fixed'] as const) {
      const { grace } = await start();
      const ignoring = plan(
        [float(3), float(1), float(), float(3)],
        [node('neg', 0), node('mean', 1)],
        [4, 5],
      );
      const inputs = {
        state: [published(2)],
        data: [published(2)],
        schedule: [published(2)],
        fixed: [published(2)],
      };
      await answers(
        grace,
        define(1, ignoring),
        train(2, 1, { ...inputs, [place]: [published(1)] }),
      );
      expect(grace.messages.at(-1)).toEqual(progress(2, 3, 'finished'));
      await answers(grace, get(50, own(2)), get(51, own(3)));
      expect(grace.messages).toEqual([failed(50, 'not-released'), failed(51, 'not-released')]);
    }
  });

  it('on what its scientist may read is theirs to read', async () => {
    const { grace } = await start();
    const step = plan([float(), float(1)], [node('mean', 1), node('add', 0, 2)], [3, 2]);
    await answers(
      grace,
      define(1, step),
      train(2, 1, { state: [floats([0], [])], data: [published(4)] }),
    );
    await answers(grace, get(50, own(2)), get(51, own(3)));
    expect(payloads(grace)).toEqual([[21], [3.5]]);
  });

  it('goes on while other messages are handled, and ends at the next step when it is cancelled', async () => {
    const { pair, grace } = await start();
    const long = { state: [zero], data, epochs: 1_000_000, batchSize: 2, reportEvery: 1e9 };
    grace.say(define(1, stepOf(2)), train(2, 1, { ...long, progressEvery: 3 }));
    await until(() => grace.messages.length > 2);
    expect(pair.owner.runs).toMatchObject([{ id: 't1', status: 'running', steps: 3_000_000 }]);
    grace.say(action(10, 'neg', published(2)), get(11, own(10)), request(12, published(1)));
    await until(() => pair.owner.requests.length === 1 && payloads(grace).length === 1);
    expect(pair.owner.runs).toHaveLength(1);
    await pair.owner.requests.at(0).accept();
    grace.say({ kind: 'cancel', run: 2 });
    await until(() => pair.owner.runs.length === 0);
    await grace.quiet();
    const told = grace.messages.filter((message) => message.kind === 'progress');
    const end = told.at(-1);
    expect(end).toMatchObject({ run: 2, state: 'cancelled' });
    told.slice(0, -1).forEach((message, at) => {
      expect(message).toEqual(progress(2, 3 * (at + 1)));
    });
    expect(await previewed(grace, 2)).toHaveLength(2);
    // Nothing comes of a second word, and ids that were not reached never were.
    expect(await answers(grace, { kind: 'cancel', run: 2 }, get(13, own(3)))).toEqual([
      failed(13, 'no-object'),
    ]);
  });

  it('needs nothing that is dropped while it runs', async () => {
    const { pair, grace } = await start();
    const before = pair.owner.objectCount;
    await answers(grace, action(1, 'neg', published(3)), define(2, stepOf(2)));
    grace.say(
      train(3, 2, {
        state: [zero],
        data: [own(1), published(4)],
        epochs: 100,
        batchSize: 2,
        progressEvery: 1000,
      }),
      { kind: 'drop', ids: [1, 2], parts: [] },
    );
    await until(() => pair.owner.runs.length === 1);
    pair.owner.store.remove('labels');
    await grace.quiet();
    expect(grace.messages.at(-1)).toEqual(progress(3, 300, 'finished'));
    expect(await previewed(grace, 3)).toEqual([-16_100, -18_200]);
    expect(pair.owner.objectCount).toBe(before - 1 + 1 + 100);
  });

  it('ends with its session, and nothing of it is left', async () => {
    const { pair, grace } = await start();
    const long = { state: [zero], data, epochs: 1_000_000, batchSize: 2, checkpointEvery: 2 };
    grace.say(define(1, stepOf(2)), train(2, 1, { ...long, reportEvery: 1e9 }));
    await until(() => grace.messages.length > 5);
    await answers(grace, { kind: 'begin', epoch: 2 });
    const afterwards = grace.messages.slice(
      grace.messages.findIndex(({ kind }) => kind === 'welcome'),
    );
    expect(afterwards.some(({ kind }) => kind === 'progress')).toBe(false);
    expect(pair.owner.runs).toEqual([]);
    expect(pair.owner.objectCount).toBe(4);
    expect(grace.engine.size).toBe(0);
  });

  it('takes no more of the engine after a thousand steps than after ten', async () => {
    const { grace } = await start();
    const sizes: number[] = [];
    let id = 10;
    for (const epochs of [3, 334]) {
      await answers(
        grace,
        define(id, stepOf(2)),
        train(id + 1, id, { state: [zero], data, epochs, batchSize: 2, reportEvery: 1e6 }),
        { kind: 'drop', ids: [id], parts: [] },
      );
      sizes.push(grace.engine.size);
      id += 10;
    }
    expect((sizes[1] ?? 0) - (sizes[0] ?? 0)).toBe(2);
  });
});

describe('the owner', () => {
  const long = {
    state: [zero],
    data,
    epochs: 1_000_000,
    batchSize: 2,
    reportEvery: 1e9,
    progressEvery: 2,
  };

  it('pauses, resumes and stops a run; its scientist hears of the end alone', async () => {
    const { pair, grace } = await start();
    const heard: string[] = [];
    pair.owner.on('run', ({ status }) => {
      if (heard.at(-1) !== status) heard.push(status);
    });
    grace.say(define(1, stepOf(2, 'fit')), train(2, 1, { ...long, name: 'fit' }));
    await until(() => grace.messages.length > 1);
    const [run] = pair.owner.runs;
    expect(run).toMatchObject({ name: 'fit', peer: { name: 'grace' }, steps: 3_000_000 });
    expect(run?.words?.[0]).toContain('fit');
    expect(grace.peer.activity?.run).toBe(run);
    run?.pause();
    await grace.quiet();
    const told = grace.messages.length;
    const { step } = run ?? {};
    for (let turn = 0; turn < 20; turn += 1) await nextMacrotask();
    expect(grace.messages).toHaveLength(told);
    expect(run).toMatchObject({ status: 'paused', step });
    run?.resume();
    await until(() => grace.messages.length > told);
    run?.stop();
    await grace.quiet();
    expect(grace.messages.at(-1)).toMatchObject({ kind: 'progress', run: 2, state: 'stopped' });
    expect(pair.owner.runs).toEqual([]);
    expect(heard).toEqual(['running', 'paused', 'running', 'stopped']);
    expect(await previewed(grace, 2)).toHaveLength(2);
  });

  it('stops a run that is paused', async () => {
    const { pair, grace } = await start();
    grace.say(define(1, stepOf(2)), train(2, 1, long));
    await until(() => grace.messages.length > 1);
    const [run] = pair.owner.runs;
    run?.pause();
    await grace.quiet();
    run?.stop();
    await grace.quiet();
    expect(run?.status).toBe('stopped');
    expect(grace.messages.at(-1)).toMatchObject({ state: 'stopped', step: run?.step });
  });

  it('keeps a scientist waiting, who hears nothing, while requests are decided', async () => {
    const { pair, grace } = await start();
    grace.say(request(1, published(1)), define(2, stepOf(2)), train(3, 2, long));
    await until(() => grace.messages.length > 1);
    grace.peer.pause();
    await grace.quiet();
    expect(pair.owner.runs).toMatchObject([{ status: 'paused' }]);
    grace.arrivals.length = 0;
    grace.say(action(100, 'neg', published(2)), get(101, own(100)));
    for (let turn = 0; turn < 20; turn += 1) await nextMacrotask();
    expect(grace.messages).toEqual([]);
    expect(grace.peer.activity).toMatchObject({ inHand: true });
    await pair.owner.requests.at(0).accept();
    await until(() => grace.messages.length === 1);
    expect(grace.messages).toMatchObject([{ kind: 'decision', outcome: 'accepted' }]);
    grace.peer.resume();
    await until(() => payloads(grace).length === 1);
    expect(payloads(grace)).toEqual([[-10, -20, -30]]);
    grace.say({ kind: 'cancel', run: 3 });
    await grace.quiet();
  });

  it('sends a paused scientist away', async () => {
    const { pair, grace } = await start();
    grace.say(define(1, stepOf(2)), train(2, 1, long));
    await until(() => grace.messages.length > 1);
    grace.peer.pause();
    grace.say(action(100, 'neg', published(2)));
    for (let turn = 0; turn < 5; turn += 1) await nextMacrotask();
    grace.peer.disconnect();
    await grace.peer.session?.freed;
    await until(() => grace.engine.size === 0);
    expect(pair.owner.runs).toEqual([]);
    expect(() => grace.peer.pause()).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});
