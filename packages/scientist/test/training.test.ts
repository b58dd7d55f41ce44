import { plainToValue } from '@duet/engine';
import { permutation } from '@duet/ops';
import type { RunState } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  batchIndices,
  type Pointer,
  type ScientistSession,
  type TrainingReport,
  type TrainOptions,
} from '../src';
import { type FakeLink, openSession, published, settle } from './fake-link';
import { thrownBy } from './thrown-by';

beforeAll(() => tf.setBackend('cpu'));

interface Opened {
  readonly session: ScientistSession;
  readonly link: FakeLink;
  readonly X: Pointer;
  readonly y: Pointer;
  readonly options: TrainOptions;
  progress(step: number, state?: RunState): void;
}

/** Ten records of three columns, and a step that changes w and its momentum and reports the loss and an error. */
async function opened(): Promise<Opened> {
  const { session, link } = await openSession([
    published(1, [10, 3], { tags: ['X'] }),
    published(2, [10, 1], { tags: ['y'] }),
  ]);
  const [X, y] = [session.store.get('X'), session.store.get('y')];
  const w = session.tf.variable(tf.zeros([3, 1]), true, 'w');
  const optimizer = session.tf.train.momentum(0.1, 0.9);
  const step = (bx: Pointer, by: Pointer) => {
    const loss = optimizer.minimize(() => bx.matMul(w).sub(by).square().mean(), true) as Pointer;
    return { loss, error: bx.matMul(w).sub(by).abs().mean() };
  };
  let told = { run: 0, step: 0 };
  const progress = (at: number, state: RunState = 'running') => {
    const { id: run, firstStep, progressEvery } = link.last('train');
    const say = (step: number, as: RunState) =>
      link.say({ kind: 'progress', run, step, state: as });
    const from = told.run === run ? told.step : firstStep;
    for (
      let step = from + 1;
      step < at + (state === 'cancelled' || state === 'stopped' ? 1 : 0);
      step++
    )
      if (step % progressEvery === 0) say(step, 'running');
    say(at, state);
    told = { run, step: at };
  };
  const options = { step, data: [X, y], epochs: 2, batchSize: 4, seed: 7, name: 'fit' };
  return { session, link, X, y, options, progress };
}

describe('a run', () => {
  test('is one message after its plans', async () => {
    const { session, link, X, options } = await opened();
    await settle();
    link.sent.length = 0;
    const run = session.train(options);
    await settle();
    // The momentum, which is made at the first step that is recorded.
    expect(link.sent.map(({ kind }) => kind)).toEqual(['action', 'define', 'define', 'train']);
    const [whole, last] = link.of('define');
    const train = link.last('train');
    expect(train).toMatchObject({
      plan: whole?.id,
      lastPlan: last?.id,
      epochs: 2,
      batchSize: 4,
      shuffle: true,
      seed: 7,
      firstStep: 0,
      reportEvery: 0,
      checkpointEvery: 0,
      name: 'fit',
    });
    expect(
      [train.state, train.data, train.schedule, train.fixed].map(({ length }) => length),
    ).toEqual([2, 2, 0, 1]);
    expect(train.data[0]).toEqual({ kind: 'ref', ref: { space: 'published', id: 1, path: [] } });
    // State, a batch of each data tensor, fixed values; the state anew, then the reports.
    const shapes = (metas: readonly { shape: readonly number[] }[] | undefined) =>
      metas?.map(({ shape }) => shape);
    expect(shapes(whole?.plan.inputs)).toEqual([[3, 1], [3, 1], [4, 3], [4, 1], []]);
    expect(shapes(last?.plan.inputs)).toEqual([[3, 1], [3, 1], [2, 3], [2, 1], []]);
    expect(whole?.plan.outputs).toHaveLength(4);
    expect([run.id, run.steps, run.stepsPerEpoch, run.step, run.status]).toEqual([
      train.id,
      6,
      3,
      0,
      'running',
    ]);
    // What follows has ids after those of the run.
    expect(Number(X.sum().id.slice(1))).toBe(train.id + 2 * 2 + 1);
    session.close();
  });

  test('gives its variables their new version when it ends', async () => {
    const { session, link, options, progress } = await opened();
    const w = session.tf.variable([0], true, 'own');
    const run = session.train({
      ...options,
      step: (bx) => {
        w.add_(bx.sum());
      },
    });
    const { id } = link.last('train');
    expect(link.last('train').state).toHaveLength(1);
    expect(thrownBy(() => w.assign([1])).message).toMatch(/being changed by a training run/);
    expect(w.add(1).shape).toEqual([1]);
    progress(3);
    expect([run.step, run.status]).toEqual([3, 'running']);
    progress(6, 'finished');
    await expect(run.done).resolves.toEqual({ status: 'finished', step: 6, reports: [] });
    w.add(1);
    expect(link.last('action').args[0]).toMatchObject({
      tensor: { ref: { space: 'own', id, path: [] } },
    });
    w.assign([1]);
    await settle();
    expect(link.of('drop').flatMap(({ ids }) => ids)).toContain(id);
    session.close();
  });

  test('asks for each report with a request of its name; a denied one does not stop it', async () => {
    const { session, link, options, progress } = await opened();
    const heard: TrainingReport[] = [];
    const run = session.train({ ...options, reason: 'to see', onReport: (one) => heard.push(one) });
    const iterated: TrainingReport[] = [];
    const iterating = (async () => {
      for await (const report of run) iterated.push(report);
    })();
    const { id } = link.last('train');
    progress(3);
    const [loss, error] = link.of('request');
    expect([loss?.name, loss?.reason, loss?.ref.id]).toEqual(['loss', 'to see', id + 1]);
    expect([error?.name, error?.ref.id]).toEqual(['error', id + 2]);
    const [getLoss, getError] = link.of('get');
    expect(getLoss?.deleteAfter).toBe(true);
    link.say({ kind: 'decision', request: error?.id ?? 0, outcome: 'denied', reason: 'no' });
    link.say({ kind: 'failed', get: getError?.id ?? 0, code: 'denied' });
    link.say({ kind: 'decision', request: loss?.id ?? 0, outcome: 'accepted', reason: '' });
    await link.answer(getLoss?.id ?? 0, plainToValue(0.5));
    await settle();
    const first = {
      step: 3,
      epoch: 0,
      values: {
        loss: { ok: true, value: 0.5 },
        error: { ok: false, code: 'denied', reason: 'no' },
      },
    };
    expect(heard).toEqual([first]);
    progress(6, 'finished');
    expect(run.status).toBe('finished');
    expect(
      link
        .of('get')
        .map(({ ref }) => ref.id)
        .slice(2),
    ).toEqual([id + 3, id + 4]);
    for (const get of link.of('get').slice(2)) {
      link.say({ kind: 'decision', request: get.request, outcome: 'accepted', reason: '' });
      await link.answer(get.id, plainToValue(0.25));
    }
    const { reports } = await run.done;
    expect(reports.map(({ step, epoch }) => [step, epoch])).toEqual([
      [3, 0],
      [6, 1],
    ]);
    await iterating;
    expect(iterated).toEqual(reports);
    await settle();
    // Confirmed ones go by themselves, the denied one is let go of.
    expect(link.of('drop').flatMap(({ ids }) => ids)).toContain(id + 2);
    session.close();
  });

  test('reports come in the order of the steps, whichever is decided first', async () => {
    const { session, link, options, progress } = await opened();
    const heard: number[] = [];
    session.train({ ...options, report: ['loss'], onReport: ({ step }) => heard.push(step) });
    progress(6, 'finished');
    const [first, second] = link.of('get');
    for (const get of [second, first]) {
      link.say({ kind: 'decision', request: get?.request ?? 0, outcome: 'accepted', reason: '' });
      await link.answer(get?.id ?? 0, plainToValue(1));
      expect(heard).toEqual(get === second ? [] : [3, 6]);
    }
    session.close();
  });

  test('reports that nobody wants are not computed', async () => {
    const { session, link, options, progress } = await opened();
    const run = session.train({ ...options, report: 'none' });
    expect(link.of('define')[0]?.plan.outputs).toHaveLength(2);
    progress(6, 'finished');
    expect((await run.done).reports).toEqual([]);
    expect(link.of('request')).toEqual([]);
    expect(thrownBy(() => session.train({ ...options, report: ['x'] })).message).toMatch(/“x”/);
    session.close();
  });

  test('checkpoints: the latest is there, and is where another run begins', async () => {
    const { session, link, options, progress } = await opened();
    const run = session.train({ ...options, report: 'none', checkpointEvery: 2 });
    const { id } = link.last('train');
    expect(run.checkpoint).toBeUndefined();
    progress(2);
    const first = run.checkpoint;
    expect(first?.step).toBe(2);
    progress(4);
    expect(run.checkpoint?.step).toBe(4);
    expect(thrownBy(() => first?.restore()).code).toBe('disposed');
    run.cancel();
    expect(link.last('cancel')).toEqual({ kind: 'cancel', run: id });
    progress(5, 'cancelled');
    expect(await run.done).toMatchObject({ status: 'cancelled', step: 5 });
    run.cancel();
    expect(link.of('cancel')).toHaveLength(1);
    const { seed: _, ...others } = options;
    const again = session.train({ ...others, resumeFrom: run.checkpoint as never, report: 'none' });
    expect(link.last('train')).toMatchObject({ firstStep: 4, seed: 7 });
    expect(link.last('train').state).toEqual(
      [0, 1].map((path) => ({ kind: 'ref', ref: { space: 'own', id: id + 2, path: [path] } })),
    );
    expect(again.step).toBe(4);
    progress(6, 'finished');
    await again.done;
    // Neither a checkpoint nor an old state is left.
    await settle();
    expect(session.liveIds).toEqual([again.id]);
    const left = session.train({ ...options, epochs: 4, resumeFrom: again, report: 'none' });
    expect(link.last('train').firstStep).toBe(6);
    expect(left.steps).toBe(12);
    session.close();
  });

  test('restore gives the variables what they were', async () => {
    const { session, link, options, progress } = await opened();
    const run = session.train({ ...options, report: 'none', checkpointEvery: 2 });
    const { id } = link.last('train');
    progress(4);
    expect(thrownBy(() => run.checkpoint?.restore()).message).toMatch(/training run/);
    progress(5, 'stopped');
    expect((await run.done).status).toBe('stopped');
    run.checkpoint?.restore();
    const copies = link.of('action').slice(-2);
    expect(copies.map(({ op }) => op)).toEqual(['clone', 'clone']);
    expect(copies[0]?.args[0]).toMatchObject({ tensor: { ref: { id: id + 2, path: [0] } } });
    run.checkpoint?.dispose();
    session.close();
  });

  test('a signal cancels it', async () => {
    const { session, link, options, progress } = await opened();
    const controller = new AbortController();
    const run = session.train({ ...options, signal: controller.signal });
    progress(3);
    controller.abort();
    expect(link.last('cancel').run).toBe(run.id);
    expect(link.of('withdraw')).toHaveLength(2);
    progress(4, 'cancelled');
    await expect(run.done).rejects.toMatchObject({ code: 'aborted' });
    expect(thrownBy(() => session.train({ ...options, signal: controller.signal })).code).toBe(
      'aborted',
    );
    session.close();
  });

  test('refused by the owner’s side, or with the link gone', async () => {
    const { session, link, options } = await opened();
    const refused = session.train(options);
    link.say({ kind: 'fault', about: refused.id, code: 'limit' });
    await expect(refused.done).rejects.toMatchObject({ code: 'limit' });
    expect(refused.status).toBe('failed');
    const run = session.train(options);
    session.close();
    await expect(run.done).rejects.toMatchObject({ code: 'closed' });
    await expect(
      (async () => {
        for await (const _ of run) expect.unreachable();
      })(),
    ).rejects.toMatchObject({ code: 'closed' });
  });

  test.each<[string, number, RunState]>([
    ['backwards', 1, 'running'],
    ['the same again', 3, 'running'],
    ['at a step of which nothing is told', 4, 'running'],
    ['over a report', 6, 'running'],
    ['beyond the end', 10, 'finished'],
    ['finished before the end', 5, 'finished'],
    ['cancelled with a report that was not told', 5, 'cancelled'],
  ])('impossible progress ends the session: %s', async (_, step, state) => {
    const { session, link, options, progress } = await opened();
    const paced = { ...options, epochs: 3, reportEvery: 5, progressEvery: 3 };
    session.train(paced).done.catch(() => undefined);
    progress(3);
    expect(link.reason).toBeUndefined();
    link.say({ kind: 'progress', run: link.last('train').id, step, state });
    expect(link.reason?.code).toBe('bad-reply');
  });

  test('progress of a run that is none, or is over, ends the session', async () => {
    for (const over of [false, true]) {
      const { session, link, options, progress } = await opened();
      const run = session.train({ ...options, report: 'none' });
      if (over) progress(6, 'finished');
      link.say({ kind: 'progress', run: over ? run.id : 99, step: 6, state: 'finished' });
      expect(link.reason?.code).toBe('bad-reply');
      expect((await run.done.catch((error: unknown) => error)) as object).toMatchObject(
        over ? { status: 'finished' } : { code: 'bad-reply' },
      );
    }
  });

  test('a listener of progress that throws is reported, and the run goes on', async () => {
    const { session, link, options, progress } = await opened();
    const reported: unknown[] = [];
    vi.stubGlobal('reportError', (thrown: unknown) => reported.push(String(thrown)));
    const onProgress = () => {
      throw new Error('a bug of the page');
    };
    const run = session.train({ ...options, report: 'none', onProgress });
    progress(6, 'finished');
    vi.unstubAllGlobals();
    expect((await run.done).status).toBe('finished');
    expect(link.reason).toBeUndefined();
    expect(run.step).toBe(6);
    expect(new Set(reported)).toEqual(new Set(['Error: a bug of the page']));
    session.close();
  });

  test('progress is told', async () => {
    const { session, options, progress } = await opened();
    const told: unknown[] = [];
    const run = session.train({
      ...options,
      report: 'none',
      progressEvery: 2,
      reportEvery: 6,
      onProgress: (one) => told.push(one),
    });
    run.on('progress', ({ step }) => told.push(step));
    progress(2);
    progress(4);
    progress(6, 'finished');
    expect(told).toEqual([
      { step: 2, steps: 6, epoch: 0, status: 'running' },
      2,
      { step: 4, steps: 6, epoch: 1, status: 'running' },
      4,
      { step: 6, steps: 6, epoch: 1, status: 'finished' },
      6,
    ]);
    session.close();
  });
});

describe('learning rates', () => {
  test('a schedule has a row for each step', async () => {
    const { session, link, options } = await opened();
    session.train({ ...options, learningRate: (step, epoch) => 10 * epoch + step });
    const [schedule] = link.last('train').schedule;
    if (schedule?.kind !== 'literal') throw new Error('no literal');
    expect([...new Float32Array(schedule.value.bytes.slice().buffer)]).toEqual([
      0, 1, 2, 13, 14, 15,
    ]);
    expect(link.last('train').fixed).toEqual([]);
    session.close();
  });

  test('of one optimizer of several; a number; no number', async () => {
    const { session, link, X } = await opened();
    const [a, b] = [session.tf.variable(0, true, 'a'), session.tf.variable(0, true, 'b')];
    const [one, two] = [session.tf.train.sgd(0.1), session.tf.train.sgd(0.2)];
    const options = {
      step: (batch: Pointer) => {
        one.minimize(() => batch.sum().mul(a));
        two.minimize(() => batch.sum().mul(b));
      },
      data: [X],
      optimizer: two,
    };
    const run = session.train({ ...options, learningRate: 0.5 });
    const { schedule, fixed } = link.last('train');
    expect([schedule.length, fixed.length]).toEqual([1, 1]);
    link.say({ kind: 'progress', run: run.id, step: 1, state: 'finished' });
    const error = thrownBy(() => session.train({ ...options, learningRate: () => Number.NaN }));
    expect(error.code).toBe('bad-argument');
    expect([one.iterations, two.iterations]).toEqual([1, 1]);
    session.close();
  });
});

describe('what cannot run throws at once, and nothing is sent', () => {
  test.each<[string, (o: Opened) => Partial<TrainOptions>, RegExp]>([
    ['no data', () => ({ data: [] }), /no data/],
    ['scalars', () => ({ data: [1] }), /record axis/],
    ['data of two lengths', ({ X }) => ({ data: [X, tf.ones([9, 1])] }), /10 and 9 differ/],
    ['a batch that is too large', () => ({ batchSize: 11 }), /batch of 11/],
    ['no batch', () => ({ batchSize: 0 }), /batch of 0/],
    ['no epochs', () => ({ epochs: 0 }), /epoch/],
    ['half an epoch', () => ({ epochs: 0.5 }), /epochs cannot be 0.5/],
    [
      'a step that changes nothing',
      () => ({ step: (a: Pointer) => a.sum() }),
      /changes no variable/,
    ],
    ['a wrong call in the step', () => ({ step: (a: Pointer) => a.matMul(a) }), /matMul/],
  ])('%s', async (_, change, text) => {
    const all = await opened();
    await settle();
    const sent = all.link.sent.length;
    const error = thrownBy(() => all.session.train({ ...all.options, ...change(all) }));
    expect(error.message).toMatch(text);
    await settle();
    expect(all.link.of('train')).toEqual([]);
    expect(all.link.of('define')).toEqual([]);
    expect(all.link.sent.length - sent).toBeLessThanOrEqual(1);
  });

  test('reports that are no scalars, and other reports for the last batch', async () => {
    const { session, options, X } = await opened();
    const w = session.tf.variable(0, true, 'own');
    const train = (step: TrainOptions['step']) =>
      thrownBy(() => session.train({ ...options, data: [X], step })).message;
    const changing = (report: (batch: Pointer) => never) => (batch: Pointer) => {
      w.add_(batch.sum());
      return report(batch);
    };
    expect(train(changing((batch) => ({ rows: batch }) as never))).toMatch(
      /“rows” must be a scalar/,
    );
    expect(train(changing((batch) => [batch.sum()] as never))).toMatch(/object of scalars/);
    expect(train(changing((batch) => ({ [`r${batch.shape[0]}`]: 1 }) as never))).toMatch(
      /last batch/,
    );
  });

  test('too many operations', async () => {
    const { session, link } = await openSession([published(1, [10, 3])], {}, { runCost: 1000 });
    const w = session.tf.variable(0);
    const step = (batch: Pointer) => {
      w.add_(batch.sum());
    };
    const data = [session.store.at(0)];
    expect(thrownBy(() => session.train({ step, data, epochs: 100 })).code).toBe('too-costly');
    session.train({ step, data, epochs: 1 });
    expect(link.of('train')).toHaveLength(1);
    session.close();
  });

  test('two runs on one variable', async () => {
    const { session, options } = await opened();
    session.train(options);
    expect(thrownBy(() => session.train(options)).message).toMatch(/training run/);
    session.close();
  });
});

describe('batchIndices', () => {
  test('every record once an epoch, in the order that the seed says', () => {
    const batches = [...batchIndices({ records: 10, batchSize: 4, epochs: 2, seed: 7 })];
    expect(batches.map(({ step, epoch, indices }) => [step, epoch, indices.length])).toEqual([
      [0, 0, 4],
      [1, 0, 4],
      [2, 0, 2],
      [3, 1, 4],
      [4, 1, 4],
      [5, 1, 2],
    ]);
    const second = batches.slice(3).flatMap(({ indices }) => [...indices]);
    expect(second).toEqual([...permutation(10, 7, 1)]);
    expect([...second].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('without the last, without an order', () => {
    const plain = { records: 5, batchSize: 2, shuffle: false, dropLast: true };
    expect([...batchIndices(plain)].map(({ indices }) => [...indices])).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(() => [...batchIndices({ records: 2, batchSize: 3 })]).toThrow(/batch of 3/);
  });
});
