import { inferPlan } from '@duet/ops';
import { isDuetError, type Plan } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { float, meta, number, numbers, PlanBuilder, text } from '../../ops/test/plan-builder';
import { createPageEngine, plainToValue, runPlanLocally, toNested } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** One step of gradient descent with dropout: new weights, and the loss. */
function trainingStep(): Plan {
  const loss = new PlanBuilder([float(2, 1), float(4, 2), float(4, 1)]);
  const dropped = loss.salted('dropout', 1, number(0.25), { kind: 'absent' }, number(1));
  const residuals = loss.op('sub', loss.op('matMul', dropped, 0), 2);
  const lossPlan = loss.build(loss.op('mean', loss.op('square', residuals)), residuals);
  const step = new PlanBuilder(
    [float(2, 1), float(4, 2), float(4, 1)],
    [plainToValue(0.1), plainToValue([9])],
  );
  const [value = 0, , gradient = 0] = step.grads(lossPlan, [0, 1, 2], [0]);
  step.op('neg', gradient);
  const next = step.op('sub', 0, step.op('mul', step.constant(0), gradient));
  return step.build(next, value, step.constant(1));
}

const data = [
  plainToValue([[0.5], [-0.5]]),
  plainToValue([
    [1, 2],
    [3, 4],
    [-1, 0],
    [0, 1],
  ]),
  plainToValue([[1], [2], [0], [1]]),
];

test.each([
  ['in a page', {}],
  ['in a thread of its own', { isAlone: true }],
])('a thousand training steps %s leave no tensor behind', async (_where, options) => {
  const engine = createPageEngine({ backend: 'cpu', ...options });
  const graph = trainingStep();
  inferPlan(graph);
  engine.install(1, graph);
  data.forEach((value, at) => {
    engine.put(at + 1, value);
  });
  let weights = 1;
  const counts = new Set<number>();
  for (let step = 1; step <= 1000; step++) {
    const [next, loss, constant] = [10 * step, 10 * step + 1, 10 * step + 2];
    const inputs = [weights, 2, 3];
    engine.run({ kind: 'plan', plan: 1, inputs, outputs: [next, loss, constant], salt: step });
    engine.drop([weights, loss, constant]);
    weights = next;
    await engine.settled();
    counts.add(tf.memory().numTensors);
  }
  expect(counts.size).toBe(1);
  expect(await engine.read(weights)).toBeDefined();
  await engine.close();
});

/** Fails in the third round of the loop that is under gradients, or not. */
function failsLate(underGradients: boolean): Plan {
  const body = new PlanBuilder([float(4), meta('int32')]);
  const kept = body.op('exp', body.op('square', 0));
  const round = body.op('cast', 1, text('float32'));
  const broken = body.op('reshape', body.op('add', kept, round), numbers(5));
  const bodyPlan = body.build(kept, broken);
  const loop = new PlanBuilder([float(4)]);
  const [carried = 0] = loop.loop(bodyPlan, 3, [0]);
  const looped = loop.build(loop.op('sum', carried), carried);
  const plan = new PlanBuilder([float(4)]);
  const made = underGradients ? plan.grads(looped, [0], [0]) : plan.call(looped, 0);
  return plan.build(...made);
}

test.each([true, false])('failures leave nothing behind, under gradients: %s', async (under) => {
  const before = tf.memory().numTensors;
  const input = tf.tensor1d([1, 2, 3, 4]);
  for (let time = 0; time < 5; time++) {
    expect(() => runPlanLocally(failsLate(under), [input], 0)).toThrow();
    expect(tf.memory().numTensors).toBe(before + 1);
  }
  input.dispose();
});

test('the way back that fails leaves nothing behind', () => {
  const before = tf.memory().numTensors;
  const inner = new PlanBuilder([float(4)]);
  const above = inner.op('greater', inner.op('exp', 0), 0);
  const graph = inner.build(inner.op('sum', inner.op('cast', above, text('float32'))), above);
  const plan = new PlanBuilder([float(4)]);
  const whole = plan.build(...plan.grads(graph, [0], [0]));
  const input = tf.tensor1d([1, 2, 3, 4]);
  for (let time = 0; time < 5; time++) {
    expect(() => runPlanLocally(whole, [input], 0)).toThrow(/gradient/);
    expect(tf.memory().numTensors).toBe(before + 1);
  }
  input.dispose();
});

/** Every look at it ends the slice. */
function hastyClock() {
  let now = 0;
  return {
    now: () => {
      now += 1000;
      return now;
    },
  };
}

test('values are gone after their last use', async () => {
  const plan = new PlanBuilder([float(4)]);
  let at = plan.op('neg', 0);
  for (let op = 0; op < 20; op++) at = plan.op('neg', at);
  const unused = plan.op('square', at);
  expect(unused).toBeGreaterThan(at);
  const counts: number[] = [];
  const engine = createPageEngine({
    backend: 'cpu',
    clock: hastyClock(),
    yieldTo: async () => {
      counts.push(tf.memory().numTensors);
    },
  });
  engine.put(1, plainToValue([1, 2, 3, 4]));
  await engine.settled();
  const before = tf.memory().numTensors;
  counts.length = 0;
  engine.install(1, plan.build(at));
  engine.run({ kind: 'plan', plan: 1, inputs: [1], outputs: [2], salt: 0 });
  await engine.settled();
  // A turn after each of the nodes, and one value at a time.
  expect(counts.length).toBeGreaterThan(22);
  expect(Math.max(...counts)).toBe(before + 1);
  await engine.close();
});

describe('a plan that is under way', () => {
  /** An engine that stops at the page's turns, until it is let go on. */
  function stoppable() {
    let wait: ((go: () => void) => void) | undefined;
    let waiting: () => void = () => undefined;
    const yieldTo = () =>
      new Promise<void>((go) => {
        if (wait === undefined) go();
        else wait(go);
      });
    return {
      engine: createPageEngine({ backend: 'cpu', clock: hastyClock(), yieldTo }),
      /** Resolves when it stops at its fourth turn from now on. */
      stop: () =>
        new Promise<void>((stopped) => {
          let turns = 0;
          wait = (go) => {
            turns += 1;
            if (turns < 4) return go();
            waiting = go;
            stopped();
          };
        }),
      goOn: () => {
        wait = undefined;
        waiting();
      },
    };
  }

  function longLoop(): Plan {
    const body = new PlanBuilder([float(4), meta('int32')]);
    const next = body.build(body.op('tanh', body.op('square', 0)), 0);
    const plan = new PlanBuilder([float(4)]);
    return plan.build(...plan.loop(next, 50, [0]));
  }

  test('ends where it is when the engine closes, and leaves nothing behind', async () => {
    const before = tf.memory().numTensors;
    const { engine, stop, goOn } = stoppable();
    engine.put(1, plainToValue([1, 2, 3, 4]));
    engine.install(1, longLoop());
    await engine.settled();
    const stopped = stop();
    engine.run({ kind: 'plan', plan: 1, inputs: [1], outputs: [2, 3], salt: 0 });
    await stopped;
    const during = tf.memory().numTensors;
    const closing = engine.close();
    goOn();
    await closing;
    expect(during).toBeGreaterThan(before + 1);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('ends where it is when the engine restarts, and gives nothing', async () => {
    const before = tf.memory().numTensors;
    const { engine, stop, goOn } = stoppable();
    engine.onLost(() => engine.put(9, plainToValue(1)));
    engine.put(1, plainToValue([1, 2, 3, 4]));
    engine.install(1, longLoop());
    await engine.settled();
    const stopped = stop();
    engine.run({ kind: 'plan', plan: 1, inputs: [1], outputs: [2, 3], salt: 0 });
    await stopped;
    engine.restart();
    const reading = Promise.all([1, 2, 3, 9].map((slot) => engine.read(slot)));
    goOn();
    const values = await reading;
    expect(values.map((value) => value && toNested(value))).toEqual([
      undefined,
      undefined,
      undefined,
      1,
    ]);
    expect(engine.size).toBe(1);
    expect(tf.memory().numTensors).toBe(before + 1);
    await engine.close();
  });
});

test('a scope that the page holds open cannot take what a plan makes', async () => {
  const before = tf.memory().numTensors;
  const engine = createPageEngine({ backend: 'cpu' });
  tf.engine().startScope();
  engine.install(1, trainingStep());
  data.forEach((value, at) => {
    engine.put(at + 1, value);
  });
  engine.run({ kind: 'plan', plan: 1, inputs: [1, 2, 3], outputs: [4, 5, 6], salt: 0 });
  await engine.settled();
  tf.engine().endScope();
  engine.run({ kind: 'plan', plan: 1, inputs: [4, 2, 3], outputs: [7, 8, 9], salt: 0 });
  for (const slot of [4, 5, 6, 7, 8, 9]) expect(await engine.read(slot)).toBeDefined();
  await engine.close();
  expect(tf.memory().numTensors).toBe(before);
});

describe('runPlanLocally', () => {
  test('gives what the engine gives, with the same salt', async () => {
    const engine = createPageEngine({ backend: 'cpu' });
    const graph = trainingStep();
    engine.install(1, graph);
    data.forEach((value, at) => {
      engine.put(at + 1, value);
    });
    engine.run({ kind: 'plan', plan: 1, inputs: [1, 2, 3], outputs: [4, 5, 6], salt: 17 });
    const given = await Promise.all([4, 5, 6].map((slot) => engine.read(slot)));
    const inputs = data.map((value) => tf.tensor(toNested(value) as tf.TensorLike));
    const local = runPlanLocally(graph, inputs, 17);
    expect(local.map((tensor) => tensor.arraySync())).toEqual(
      given.map((value) => value && toNested(value)),
    );
    tf.dispose([...inputs, ...local]);
    await engine.close();
  });

  test('leaves the inputs alone, and gives tensors of its own that a scope can take', () => {
    const before = tf.memory().numTensors;
    const plan = new PlanBuilder([float(2)], [plainToValue([5, 6])]);
    const graph = plan.build(0, plan.constant(0), plan.op('neg', 0));
    const input = tf.tensor1d([1, 2]);
    const outputs = runPlanLocally(graph, [input], 0);
    expect(outputs.map((tensor) => tensor.arraySync())).toEqual([
      [1, 2],
      [5, 6],
      [-1, -2],
    ]);
    tf.dispose(outputs);
    tf.tidy(() => void runPlanLocally(graph, [input], 0));
    expect(input.arraySync()).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(before + 1);
    input.dispose();
  });

  test('is recorded by gradient functions around it', () => {
    const before = tf.memory().numTensors;
    const inner = new PlanBuilder([float(), float()], [plainToValue(3)]);
    const cube = inner.build(
      inner.op('mul', inner.op('mul', inner.op('square', 0), 1), inner.constant(0)),
    );
    const outer = new PlanBuilder([float(), float()]);
    const [, slope = 0] = outer.grads(cube, [0, 1], [0]);
    const graph = outer.build(slope);
    tf.tidy(() => {
      // The slope of 3a²b is 6ab, and its own slopes are 6b and 6a.
      const slopes = tf.grads((a: tf.Tensor, b: tf.Tensor) => {
        const [value] = runPlanLocally(graph, [a, b], 0);
        return value as tf.Tensor;
      });
      const given = slopes([tf.scalar(2), tf.scalar(5)]).map((tensor) => tensor.arraySync());
      expect(given).toEqual([30, 12]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('says how many inputs it takes', () => {
    const graph = new PlanBuilder([float(2)]).build(0);
    let thrown: unknown;
    try {
      runPlanLocally(graph, [], 0);
    } catch (error) {
      thrown = error;
    }
    expect(isDuetError(thrown, 'bad-argument')).toBe(true);
  });
});
