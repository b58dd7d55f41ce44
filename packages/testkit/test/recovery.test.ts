/** What is left of a session when its engine is lost at chosen moments, and that nobody is told. */

import type { Engine, Step } from '@duet/ops';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../src/pair';
import { RawPair, type RawPairOptions, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { answers, payloads } from './answers';
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
    expect(pair.owner.requests.length).toBe(0);
    expect(grace.engine.size).toBe(0);
  }
  open = [];
});

/** Private p1 = [1, 2, 3], public p2 = [10, 20, 30] and private records p3 [6, 2]. */
async function start(
  options: RawPairOptions = {},
): Promise<{ pair: RawPair; grace: RawScientist }> {
  const pair = new RawPair(options);
  const { store } = pair.owner;
  store.add(floats([1, 2, 3]), { tags: ['ages'] });
  store.add(floats([10, 20, 30]), { tags: ['open'], public: true });
  store.add(floats([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [6, 2]), { tags: ['records'] });
  const grace = pair.join();
  open.push({ pair, grace });
  grace.say(begin);
  await grace.quiet();
  grace.arrivals.length = 0;
  return { pair, grace };
}

async function previewed({ peer }: RawScientist, id: number, ...path: number[]) {
  const value = await peer.session?.preview(own(id, ...path));
  return value && [...new Float32Array(value.bytes.slice().buffer)];
}

const ended = (grace: RawScientist) => grace.peer.endComputation();

/** An engine that remembers what it was given to run. */
function watched(): { steps: Step[]; wrapEngine: (engine: Engine) => Engine } {
  const steps: Step[] = [];
  return {
    steps,
    wrapEngine: (engine) =>
      wrappedEngine(engine, {
        run: (step) => {
          steps.push(step);
          engine.run(step);
        },
      }),
  };
}

/** An engine that is lost each time it is given a step that the test names. */
function lostAt(when: (step: Step) => boolean): (engine: Engine) => Engine {
  return (engine) =>
    wrappedEngine(engine, {
      run: (step) => {
        engine.run(step);
        // Not from within a call: an engine ends by itself.
        if (when(step)) queueMicrotask(() => engine.restart());
      },
    });
}

/** p1 + 300, in so many steps on private values that nobody makes it again. */
const tooLong = Array.from({ length: 300 }, (_, at) => [
  action(1 + at, 'add', at === 0 ? published(1) : own(at), floats([1], [])),
  ...(at > 0 ? [{ kind: 'drop', ids: [at], parts: [] } as const] : []),
]).flat();

/** (a, b) → (a + b, −a). */
const sumAndNeg = plan([float(3), float(3)], [node('add', 0, 1), node('neg', 0)], [2, 3]);

describe('after its engine was lost, a scientist', () => {
  it('finds what was published, sent and computed from it, and hears nothing', async () => {
    const { grace } = await start();
    await answers(
      grace,
      action(1, 'neg', published(2)),
      action(2, 'add', own(1), floats([1, 1, 1])),
      action(3, 'split', own(2), 3),
      define(4, sumAndNeg),
      call(5, 4, [own(2), published(2)]),
      action(6, 'sum', published(1)),
    );
    ended(grace);
    await grace.quiet();
    expect(grace.messages).toEqual([]);
    await answers(
      grace,
      get(10, published(2)),
      get(11, own(2)),
      get(12, own(3, 1)),
      get(13, own(5, 0)),
      call(14, 4, [own(5, 1), own(2)]),
      get(15, own(14, 0)),
    );
    expect(payloads(grace)).toEqual([[10, 20, 30], [-9, -19, -29], [-19], [1, 1, 1], [0, 0, 0]]);
    expect(await previewed(grace, 6)).toEqual([6]);
  });

  it('finds what was released, by its bytes', async () => {
    const { pair, grace } = await start();
    await answers(grace, action(1, 'square', published(1)), request(2, own(1)));
    await pair.owner.requests.at(0).accept();
    await answers(grace, get(3, own(1), { request: 2 }), action(4, 'neg', own(1)));
    ended(grace);
    await answers(grace, get(5, own(1)), get(6, own(4)));
    expect(payloads(grace)).toEqual([
      [1, 4, 9],
      [-1, -4, -9],
    ]);
  });

  it('finds what was computed from values that it has dropped', async () => {
    const { grace } = await start();
    await answers(
      grace,
      define(1, sumAndNeg),
      action(2, 'neg', published(2)),
      call(3, 1, [own(2), own(2)]),
      { kind: 'drop', ids: [1, 2], parts: [] },
    );
    const { size } = grace.engine;
    ended(grace);
    await answers(grace, get(4, own(3, 1)));
    expect(payloads(grace)).toEqual([[10, 20, 30]]);
    // What was only needed on the way has no place there.
    expect(grace.engine.size).toBe(size);
    await answers(grace, { kind: 'drop', ids: [3], parts: [] });
    expect(grace.peer.session?.planCount).toBe(0);
  });

  it('may read what a plan made of readable inputs, though others of its inputs are gone', async () => {
    const { grace } = await start();
    const mixed = plan([float(3), float(3)], [node('add', 0, 1), node('neg', 1)], [2, 3]);
    await answers(
      grace,
      ...tooLong,
      define(1000, mixed),
      call(1001, 1000, [own(300), published(2)]),
    );
    expect(await previewed(grace, 1001, 0)).toEqual([311, 322, 333]);
    ended(grace);
    await answers(grace, get(1002, own(1001, 1)), get(1003, own(1001, 0)));
    expect(payloads(grace)).toEqual([[-10, -20, -30]]);
    expect(await previewed(grace, 1001, 0)).toBeUndefined();
    expect(grace.messages.find(({ kind }) => kind === 'failed')).toEqual({
      kind: 'failed',
      get: 1003,
      code: 'not-released',
    });
  });

  it('may read it also where what goes with it ends the engine whenever it is computed', async () => {
    let privateSlot: number | undefined;
    let ends = 0;
    const { grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, {
          put: (slot, value) => {
            // Of the two published objects of this length, the private one.
            if (new Float32Array(value.bytes.slice().buffer)[0] === 1) privateSlot ??= slot;
            engine.put(slot, value);
          },
          run: (step) => {
            engine.run(step);
            if (step.kind !== 'plan' || !step.inputs.includes(privateSlot ?? -1)) return;
            ends += 1;
            queueMicrotask(() => engine.restart());
          },
        }),
    });
    await answers(
      grace,
      define(1, sumAndNeg),
      call(2, 1, [published(2), published(1)]),
      get(3, own(2, 1)),
      get(4, own(2, 0)),
    );
    expect(payloads(grace)).toEqual([[-10, -20, -30]]);
    expect(grace.messages.at(-1)).toEqual({ kind: 'failed', get: 4, code: 'not-released' });
    // Once by the call, once in the hope that it was chance.
    expect(ends).toBeLessThanOrEqual(2);
  });

  it('is told of a value that is gone only by a grant', async () => {
    const { pair, grace } = await start();
    await answers(grace, ...tooLong, request(1000, own(300)));
    ended(grace);
    expect(await answers(grace, get(1001, own(300)))).toEqual([
      { kind: 'failed', get: 1001, code: 'not-released' },
    ]);
    await pair.owner.requests.at(0).accept();
    const gets = [get(1002, own(300), { request: 1000 }), get(1003, own(300))];
    expect(await answers(grace, ...gets)).toEqual([
      { kind: 'failed', get: 1002, code: 'op-failed' },
      { kind: 'failed', get: 1003, code: 'op-failed' },
    ]);
  });

  it('gets a readable value that the engine failed to make, made once more', async () => {
    let broken = true;
    const { grace } = await start({
      wrapEngine: (engine) =>
        wrappedEngine(engine, {
          run: (step) => {
            const spoilt = broken && step.kind === 'op' && step.op === 'neg';
            engine.run(spoilt ? { ...step, args: [] } : step);
          },
        }),
    });
    await answers(grace, action(1, 'neg', published(2)), action(2, 'square', own(1)));
    broken = false;
    await answers(grace, get(3, own(2)), get(4, own(1)));
    expect(payloads(grace)).toEqual([
      [100, 400, 900],
      [-10, -20, -30],
    ]);
  });

  it('hears that a readable value failed where it fails again', async () => {
    const { steps, wrapEngine } = watched();
    const { grace } = await start({
      wrapEngine: (engine) =>
        wrapEngine(
          wrappedEngine(engine, {
            run: (step) => engine.run(step.kind === 'op' ? { ...step, args: [] } : step),
          }),
        ),
    });
    await answers(grace, action(1, 'neg', published(2)), get(2, own(1)));
    expect(grace.messages).toEqual([{ kind: 'failed', get: 2, code: 'op-failed' }]);
    expect(steps).toHaveLength(2);
  });

  it('does not hang where a value ends the engine each time it is made', async () => {
    const { grace } = await start({
      wrapEngine: lostAt((step) => step.kind === 'op' && step.op === 'exp'),
    });
    await answers(
      grace,
      action(1, 'exp', published(2)),
      action(2, 'neg', published(2)),
      get(3, own(2)),
      get(4, own(1)),
      get(5, own(2)),
    );
    expect(payloads(grace)[0]).toEqual([-10, -20, -30]);
    expect(payloads(grace).at(-1)).toEqual([-10, -20, -30]);
  });

  it('keeps working through a long chain of steps, of which only the end is remembered', async () => {
    const { steps, wrapEngine } = watched();
    const { grace } = await start({ wrapEngine });
    const chain = Array.from({ length: 500 }, (_, at) => [
      action(1 + at, 'add', at === 0 ? published(2) : own(at), floats([1], [])),
      ...(at > 0 ? [{ kind: 'drop', ids: [at], parts: [] } as const] : []),
    ]).flat();
    await answers(grace, ...chain);
    steps.length = 0;
    ended(grace);
    await answers(grace, get(1000, own(500)));
    expect(payloads(grace)).toEqual([[510, 520, 530]]);
    expect(steps.length).toBeLessThan(64);
  });
});

/** (w [2], X [2, 2]) → (w + sum of X over its records, mean w). */
const step = plan(
  [float(2), float(2, 2)],
  [node('sum', 1, [0]), node('add', 0, 2), node('mean', 0)],
  [3, 4],
);
const whole = {
  state: [floats([0, 0])],
  data: [published(3)],
  batchSize: 2,
  epochs: 10,
  reportEvery: 4,
  progressEvery: 3,
};

describe('a training run whose engine is lost', () => {
  async function trained(options: RawPairOptions, more = {}): Promise<RawScientist> {
    const { grace } = await start(options);
    await answers(grace, define(1, step), train(2, 1, { ...whole, checkpointEvery: 7, ...more }));
    return grace;
  }

  async function results(grace: RawScientist): Promise<unknown[]> {
    const reports = Array.from({ length: 8 }, (_, at) => previewed(grace, 3 + at));
    return [grace.messages, await previewed(grace, 2), await Promise.all(reports)];
  }

  it.each([1, 2, 5, 9, 16, 29, 30])('in step %i ends as if it had not been', async (at) => {
    const undisturbed = await trained({});
    let steps = 0;
    const disturbed = await trained({
      wrapEngine: lostAt((given) => given.kind === 'plan' && ++steps === at),
    });
    expect(steps).toBeGreaterThan(30);
    expect(await results(disturbed)).toEqual(await results(undisturbed));
    expect(await previewed(undisturbed, 2)).toEqual([360, 420]);
  });

  it('before its first checkpoint begins anew', async () => {
    let steps = 0;
    const grace = await trained(
      { wrapEngine: lostAt((given) => given.kind === 'plan' && ++steps === 20) },
      { checkpointEvery: 0 },
    );
    expect(await previewed(grace, 2)).toEqual([360, 420]);
    expect(steps).toBeGreaterThanOrEqual(46);
  });

  it('again and again runs its full course all the same, and its state is lost', async () => {
    const undisturbed = await trained({}, { checkpointEvery: 0 });
    const disturbed = await trained(
      { wrapEngine: lostAt(({ kind }) => kind === 'plan') },
      { checkpointEvery: 0 },
    );
    expect(disturbed.messages).toEqual(undisturbed.messages);
    expect(await previewed(disturbed, 2)).toBeUndefined();
  });

  it('on values that its scientist may read gives them, whatever else ends the engine', async () => {
    const { grace } = await start({
      wrapEngine: lostAt((given) => given.kind === 'op' && given.op === 'exp'),
    });
    const count = plan([float(), float(1)], [node('sum', 1), node('add', 0, 2)], [3]);
    const spoilers = Array.from({ length: 12 }, (_, at) =>
      action(100_000 + at, 'exp', published(1)),
    );
    grace.say(
      define(1, count),
      train(2, 1, {
        state: [floats([0], [])],
        data: [published(2)],
        batchSize: 1,
        epochs: 100,
        reportEvery: 300,
        progressEvery: 5,
      }),
    );
    for (const spoiler of spoilers) {
      const before = grace.messages.length;
      await until(() => grace.messages.length > before);
      grace.say(spoiler);
    }
    await grace.quiet();
    await answers(grace, get(200_000, own(2)));
    expect(payloads(grace)).toEqual([[6000]]);
  });

  it('keeps its checkpoint and its final state through a loss afterwards', async () => {
    const grace = await trained({});
    const before = await results(grace);
    const checkpoint = await previewed(grace, 2 + 8 + 4);
    expect(checkpoint).toBeDefined();
    ended(grace);
    expect(await results(grace)).toEqual(before);
    expect(await previewed(grace, 2 + 8 + 4)).toEqual(checkpoint);
  });

  it('while it is paused goes on where it was', async () => {
    const { pair, grace } = await start();
    grace.say(define(1, step), train(2, 1, { ...whole, epochs: 2000, checkpointEvery: 7 }));
    await until(() => grace.messages.length > 2);
    const [run] = pair.owner.runs;
    run?.pause();
    await grace.quiet();
    ended(grace);
    run?.resume();
    await grace.quiet();
    const told = grace.messages.map((message) => message.kind === 'progress' && message.step);
    expect(told).toEqual([...new Set(told)].sort((a, b) => Number(a) - Number(b)));
    expect(await previewed(grace, 2)).toEqual([72_000, 84_000]);
  });
});
