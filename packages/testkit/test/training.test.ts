/** Training on records that stay with their owner, in every way in which it can be written: the same result each time. */

import { nextMacrotask } from '@duet/engine';
import * as tf from '@tensorflow/tfjs';
import type { OwnerDuet, OwnerRequest, Pointer, RemoteVariable, ScientistDuet } from 'duetjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectedPair, type TestPair, until } from '../src';
import { batches, fitLocally, publishRegression, settings, type Weights } from './diabetes';

let local: ReturnType<typeof fitLocally>;

beforeAll(async () => {
  await tf.setBackend('cpu');
  local = fitLocally();
});

interface Task {
  readonly X: Pointer;
  readonly y: Pointer;
  readonly w: RemoteVariable;
  readonly b: RemoteVariable;
}

async function begin({ owner, scientist }: TestPair): Promise<Task> {
  await publishRegression(owner);
  await until(() => scientist.store.length > 0);
  const { X, y } = scientist.store.dataSet<'X' | 'y'>('diabetes');
  const zeros = tf.zeros([10, 1]);
  const w = scientist.tf.variable(zeros, true, 'w');
  zeros.dispose();
  return { X, y, w, b: scientist.tf.variable([0], true, 'b') };
}

/** The values of a variable, which the owner releases. */
async function valuesOf(owner: OwnerDuet, variable: RemoteVariable): Promise<number[]> {
  const release = (request: OwnerRequest) => void request.accept();
  owner.on('request', release);
  try {
    const tensor = await variable.getCopy({ requestBlock: true });
    const values = [...tensor.dataSync()];
    tensor.dispose();
    return values;
  } finally {
    owner.off('request', release);
  }
}

async function expectLocal(owner: OwnerDuet, { w, b }: Task): Promise<void> {
  const weights: Weights = { w: await valuesOf(owner, w), b: await valuesOf(owner, b) };
  for (const name of ['w', 'b'] as const) {
    expect(weights[name]).toHaveLength(local[name].length);
    for (const [at, value] of weights[name].entries()) {
      expect(Math.abs(value - (local[name][at] ?? Number.NaN))).toBeLessThan(1e-4);
    }
  }
}

function lossOf({ w, b }: Pick<Task, 'w' | 'b'>, bx: Pointer, by: Pointer): Pointer {
  return bx.matMul(w).add(b).sub(by).square().mean();
}

function end({ w, b }: Task): void {
  w.dispose();
  b.dispose();
}

describe('the same regression as on local tfjs', () => {
  it('learns something', () => {
    expect(local.losses.at(-1)).toBeLessThan((local.losses[0] ?? 0) * 0.9);
  });

  it('by hand-written ops', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { X, y, w, b } = task;
    for (const { indices } of batches()) {
      pair.scientist.tidy(() => {
        const [bx, by] = [X.gather(indices), y.gather(indices)];
        const error = bx
          .matMul(w)
          .add(b)
          .sub(by)
          .mul(2 / indices.length);
        w.sub_(bx.transpose().matMul(error).mul(settings.learningRate));
        b.sub_(error.sum(0).mul(settings.learningRate));
      });
    }
    await expectLocal(pair.owner, task);
    end(task);
  });

  it('by minimize', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { X, y } = task;
    const optimizer = pair.scientist.tf.train.sgd(settings.learningRate);
    for (const { indices } of batches()) {
      const rows = tf.tensor1d(indices, 'int32');
      optimizer.minimize(() => lossOf(task, X.gather(rows), y.gather(rows)));
      rows.dispose();
    }
    await expectLocal(pair.owner, task);
    optimizer.dispose();
    end(task);
  });

  it('one message a step, whichever way', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { scientist, wire } = pair;
    const optimizer = scientist.tf.train.adam(0.01);
    const loss = () => lossOf(task, task.X, task.y);
    const plan = scientist.plan(() => {
      optimizer.minimize(loss);
    });
    const sent = async (act: () => unknown) => {
      await valuesOf(pair.owner, task.b);
      const before = wire.log.length;
      act();
      await until(() => wire.log.length > before);
      await nextMacrotask();
      return wire.log.slice(before).filter(({ lane }) => lane === 'bToA');
    };
    for (const act of [() => optimizer.minimize(loss), () => plan.call()]) {
      await sent(act);
      const [frame, ...more] = await sent(act);
      expect(more).toEqual([]);
      // A step of this size takes a few dozen bytes, however many ops it has.
      expect(frame?.frame.length).toBeLessThan(200);
    }
    plan.dispose();
    optimizer.dispose();
    end(task);
  });

  it('keeps of a step whose loss is kept nothing but the loss', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const task = await begin(pair);
    const optimizer = scientist.tf.train.momentum(0.1, 0.9);
    const step = () => optimizer.minimize(() => lossOf(task, task.X, task.y), true) as Pointer;
    const losses = [step()];
    await valuesOf(owner, task.b);
    const before = owner.status.objects;
    for (let more = 0; more < 20; more += 1) losses.push(step());
    await valuesOf(owner, task.b);
    expect(owner.status.objects).toBe(before + 20);
    for (const loss of losses) loss.dispose();
    await valuesOf(owner, task.b);
    expect(owner.status.objects).toBe(before - 1);
    optimizer.dispose();
    end(task);
  });

  it('by a plan of one step', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { X, y } = task;
    const { scientist } = pair;
    const optimizer = scientist.tf.train.sgd(settings.learningRate);
    const plans = new Map([64, 353 % 64].map((size) => [size, stepPlan(size)]));
    function stepPlan(size: number) {
      return scientist.plan(
        (rows) => {
          optimizer.minimize(() => lossOf(task, X.gather(rows), y.gather(rows)));
        },
        [{ shape: [size], dtype: 'int32' }],
        { name: 'step' },
      );
    }
    for (const { indices } of batches()) plans.get(indices.length)?.call(indices);
    await expectLocal(pair.owner, task);
    for (const plan of plans.values()) plan.dispose();
    end(task);
  });

  it('by one plan with a loop over the batches of an epoch', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { X, y } = task;
    const { scientist } = pair;
    const whole = [...batches()].filter(({ indices }) => indices.length === 64);
    const rest = [...batches()].filter(({ indices }) => indices.length < 64);
    const optimizer = scientist.tf.train.sgd(settings.learningRate);
    const minimize = (rows: Pointer) =>
      optimizer.minimize(() => lossOf(task, X.gather(rows), y.gather(rows)));
    const each = whole.length / settings.epochs;
    const epoch = scientist.plan(
      (order, last) => {
        scientist.loop(each, null, (_, round) => {
          minimize(order.gather(round));
          return { carried: null };
        });
        minimize(last);
      },
      [
        { shape: [each, 64], dtype: 'int32' },
        { shape: [353 % 64], dtype: 'int32' },
      ],
    );
    for (let at = 0; at < settings.epochs; at++) {
      const rows = whole.slice(at * each, (at + 1) * each).map(({ indices }) => [...indices]);
      epoch.call(rows, rest[at]?.indices ?? []);
    }
    expect(optimizer.iterations).toBe(whole.length + rest.length);
    await expectLocal(pair.owner, task);
    epoch.dispose();
    end(task);
  });

  it('by one training run, whose losses a handler releases', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { X, y } = task;
    const { owner, scientist } = pair;
    owner.requests.addHandler({
      action: 'accept',
      name: 'loss',
      tags: ['diabetes'],
      elementQuota: 100,
      release: 'records',
    });
    const optimizer = scientist.tf.train.sgd(settings.learningRate);
    const { learningRate: _, ...options } = settings;
    const progress: number[] = [];
    const run = scientist.train({
      ...options,
      data: [X, y],
      name: 'regression',
      step: (bx, by) => ({
        loss: optimizer.minimize(() => lossOf(task, bx, by), true) as Pointer,
        error: bx.matMul(task.w).sub(by).abs().mean(),
      }),
      report: ['loss'],
      progressEvery: 4,
      onProgress: ({ step }) => progress.push(step),
    });
    const { status, step, reports } = await run.done;
    expect([status, step]).toEqual(['finished', 24]);
    expect(progress).toEqual([4, 6, 8, 12, 16, 18, 20, 24]);
    const losses = reports.map(({ values }) => values['loss']);
    losses.forEach((loss, at) => {
      expect(loss?.ok).toBe(true);
      if (loss?.ok) expect(loss.value).toBeCloseTo(local.losses[at] ?? Number.NaN, 3);
    });
    expect(losses).toHaveLength(4);
    expect(optimizer.iterations).toBe(24);
    await expectLocal(owner, task);
    end(task);
  });

  it('by fit of a layers model', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    await publishRegression(owner);
    await until(() => scientist.store.length > 0);
    const { X, y } = scientist.store.dataSet<'X' | 'y'>('diabetes');
    const layer = tf.layers.dense({ units: 1, inputShape: [10], kernelInitializer: 'zeros' });
    const model = tf.sequential({ layers: [layer] });
    const { learningRate, ...options } = settings;
    const optimizer = tf.train.sgd(learningRate);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const remote = scientist.sendModel(model);
    model.dispose();
    optimizer.dispose();
    const run = remote.fit(X, y, { ...options, report: 'none' });
    expect(await run.done).toMatchObject({ status: 'finished', step: 24 });
    const [w, b] = remote.getWeights() as [RemoteVariable, RemoteVariable];
    await expectLocal(owner, { X, y, w, b });
    remote.dispose();
  });

  it('by a run that is cancelled and taken up again, with a schedule and denied losses', async () => {
    await using pair = await connectedPair();
    const task = await begin(pair);
    const { X, y } = task;
    const { owner, scientist } = pair;
    owner.on('request', (request) => void (request.name === 'loss' && request.deny('no')));
    const optimizer = scientist.tf.train.sgd(1);
    const { learningRate, ...options } = settings;
    const cancelAt = (step: number) => ({
      ...options,
      data: [X, y],
      step: (bx: Pointer, by: Pointer) =>
        optimizer.minimize(() => lossOf(task, bx, by), true) as Pointer,
      learningRate: () => learningRate,
      checkpointEvery: 5,
      progressEvery: 1,
      reportEvery: 3,
      onProgress: (told: { step: number }) => {
        if (told.step === step) run.cancel();
      },
    });
    let run = scientist.train(cancelAt(11));
    const first = await run.done;
    expect(first.status).toBe('cancelled');
    expect(first.reports.every(({ values }) => values['loss']?.ok === false)).toBe(true);
    const checkpoint = run.checkpoint;
    expect(checkpoint?.step).toBeGreaterThanOrEqual(10);
    if (checkpoint === undefined) return;
    run = scientist.train({ ...cancelAt(-1), resumeFrom: checkpoint });
    expect((await run.done).status).toBe('finished');
    owner.off('request');
    await expectLocal(owner, task);
    end(task);
  });
});

describe('over a thousand steps nothing piles up', () => {
  interface Small {
    readonly X: Pointer;
    readonly w: RemoteVariable;
    readonly loss: () => Pointer;
  }

  async function small({ owner, scientist }: TestPair): Promise<Small> {
    const x = tf.ones([8, 2]);
    await owner.store.add(x, { tags: ['x'] });
    x.dispose();
    await until(() => scientist.store.length > 0);
    const X = scientist.store.get('x');
    const w = scientist.tf.variable([[1], [2]]);
    return { X, w, loss: () => X.matMul(w).square().mean() };
  }

  /** Tensors after a few steps and after a thousand. */
  async function counts(
    { owner, scientist }: TestPair,
    w: RemoteVariable,
    step: (at: number) => void,
  ): Promise<readonly number[]> {
    const found: number[] = [];
    for (let at = 1; at <= 1000; at++) {
      step(at);
      if (at !== 10 && at !== 1000) continue;
      const sum = await valuesOf(owner, w);
      expect(sum).toHaveLength(2);
      await until(() => scientist.pending === 0 && owner.requests.length === 0);
      // What was let go of in the task that asked is gone once the owner's side has answered something later.
      await valuesOf(owner, w);
      found.push(tf.memory().numTensors, scientist.liveIds.length, owner.status.objects);
    }
    return found;
  }

  const ways: [string, (duet: ScientistDuet, task: Small) => (at: number) => void][] = [
    [
      'minimize',
      ({ tf: remote }, { loss }) => {
        const optimizer = remote.train.adam(0.001);
        return () => optimizer.minimize(loss);
      },
    ],
    [
      'a plan',
      (duet, { loss }) => {
        const optimizer = duet.tf.train.momentum(0.001, 0.9);
        const plan = duet.plan(() => optimizer.minimize(loss, true) as Pointer);
        return () => plan.call().dispose();
      },
    ],
    [
      'a hand-written loop with tidy',
      (duet, { w, loss }) =>
        () =>
          duet.tidy(() => {
            const { grads } = duet.tf.variableGrads(loss);
            w.sub_((grads[w.name] as Pointer).mul(0.001));
          }),
    ],
  ];

  it.each(ways)('by %s', async (_, way) => {
    await using pair = await connectedPair();
    const task = await small(pair);
    const [tensors, ids, objects, ...after] = await counts(pair, task.w, way(pair.scientist, task));
    expect(after).toEqual([tensors, ids, objects]);
    pair.scientist.close();
    await until(() => pair.owner.status.objects === pair.owner.store.length);
  });

  it('by a training run', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X, w } = await small(pair);
    const optimizer = scientist.tf.train.adam(0.001);
    const step = (bx: Pointer) => {
      optimizer.minimize(() => bx.matMul(w).square().mean());
    };
    const train = async (epochs: number) => {
      await scientist.train({ step, data: [X], batchSize: 4, epochs, seed: 1 }).done;
      // What was dropped is gone once an answer to something later has come.
      expect(await valuesOf(owner, w)).toHaveLength(2);
      return [tf.memory().numTensors, scientist.liveIds.length, owner.status.objects];
    };
    const before = await train(5);
    expect(await train(500)).toEqual(before);
    w.dispose();
    optimizer.dispose();
  });

  it('by fit', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X, w } = await small(pair);
    w.dispose();
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const remote = scientist.sendModel(model);
    model.dispose();
    const [kernel] = remote.getWeights() as [RemoteVariable];
    // Held: a pointer that nothing refers to goes whenever the garbage collector pleases.
    const labels = X.slice([0, 0], [8, 1]);
    const fit = async (epochs: number) => {
      const options = { batchSize: 4, epochs, seed: 1, report: 'none' } as const;
      await remote.fit(X, labels, options).done;
      expect(await valuesOf(owner, kernel)).toHaveLength(2);
      return [tf.memory().numTensors, scientist.status.objects, owner.status.objects];
    };
    const before = await fit(5);
    expect(await fit(500)).toEqual(before);
    labels.dispose();
    remote.dispose();
    scientist.close();
    await until(() => owner.status.objects === owner.store.length);
  });

  it('a scientist who never lets go of anything meets a limit, and can go on', async () => {
    await using pair = await connectedPair({ limits: { objects: 50 } });
    const { scientist } = pair;
    const { X } = await small(pair);
    const kept: Pointer[] = [];
    const faults: string[] = [];
    scientist.on('fault', ({ error }) => faults.push(error.code));
    for (let at = 0; at < 60; at++) kept.push(X.add(at));
    await until(() => faults.length > 0);
    expect(new Set(faults)).toEqual(new Set(['limit']));
    expect(() => kept.at(-1)?.add(1)).toThrow(/limit/);
    for (const pointer of kept) pointer.dispose();
    // They are let go of with the end of this task.
    await nextMacrotask();
    const asked = await X.mean().tryGet();
    expect(asked.ok ? 'released' : asked.code).toBe('not-released');
    scientist.close();
    await until(() => pair.owner.status.objects === pair.owner.store.length);
  });
});
