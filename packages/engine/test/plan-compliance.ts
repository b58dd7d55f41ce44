/** What every engine must do with plans. Part of the compliance suite. */

import { type Engine, inferPlan, type Slot } from '@duet/ops';
import type { Plan, TensorValue } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { float, list, meta, number, numbers, PlanBuilder, text } from '../../ops/test/plan-builder';
import { plainToValue, tensorToValue, toNested } from '../src';
import type { MakeEngine } from './compliance';

type Numbers = number | readonly Numbers[];

/** Equal but for the last bits, in which backends and orders of sums differ. */
function expectClose(actual: TensorValue | undefined, expected: tf.Tensor): void {
  expect(actual?.meta).toEqual({ ...tensorToValue(expected).meta });
  const flat = (value: unknown): number[] => [value].flat(Number.POSITIVE_INFINITY) as number[];
  const [mine, theirs] = [flat(actual && toNested(actual)), flat(expected.arraySync() as Numbers)];
  theirs.forEach((each, at) => {
    expect(mine[at]).toBeCloseTo(each, 4);
  });
}

/** sum((x·w − y)²), its residuals, and the number of records. */
function lossPlan(): Plan {
  const plan = new PlanBuilder([float(3, 2), float(2, 1), float(3, 1)]);
  const residuals = plan.op('sub', plan.op('matMul', 0, 1), 2);
  return plan.build(plan.op('sum', plan.op('square', residuals)), residuals, 2);
}

const x = [
  [1, 2],
  [-0.5, 3],
  [0.25, -1],
];
const w = [[0.3], [-0.7]];
const y = [[1], [0], [2]];

export function planCompliance(name: string, makeEngine: MakeEngine): void {
  describe(`plans: ${name}`, () => {
    let engine: Engine;
    let failures: { op: string; error: unknown }[];
    let tensorsBefore: number;
    let next: number;

    beforeEach(async () => {
      await tf.ready();
      tensorsBefore = tf.memory().numTensors;
      failures = [];
      next = 1000;
      engine = makeEngine((op, error) => failures.push({ op, error }));
    });

    afterEach(async () => {
      await engine.close();
      expect(engine.size).toBe(0);
      expect(tf.memory().numTensors).toBe(tensorsBefore);
    });

    function put(value: Parameters<typeof plainToValue>[0]): Slot {
      engine.put(++next, plainToValue(value));
      return next;
    }

    /** Slots of the outputs. */
    function start(plan: number, graph: Plan, inputs: readonly Slot[], salt = 0): Slot[] {
      const outputs = graph.outputs.map(() => ++next);
      engine.run({ kind: 'plan', plan, inputs, outputs, salt });
      return outputs;
    }

    function read(slots: readonly Slot[]): Promise<(TensorValue | undefined)[]> {
      return Promise.all(slots.map((slot) => engine.read(slot)));
    }

    /** Installs, runs once and reads. The plan is one that fits together. */
    async function outcome(
      graph: Plan,
      inputs: readonly Slot[],
      salt = 0,
    ): Promise<(TensorValue | undefined)[]> {
      inferPlan(graph);
      engine.install(++next, graph);
      return read(start(next, graph, inputs, salt));
    }

    const nested = async (values: Promise<(TensorValue | undefined)[]>): Promise<unknown[]> =>
      (await values).map((value) => (value === undefined ? undefined : toNested(value)));

    test('says what it can do', async () => {
      const { backend, lacking } = await engine.ready();
      expect(['cpu', 'wasm', 'webgl', 'webgpu']).toContain(backend);
      expect([...lacking].sort()).toEqual(lacking);
    });

    test('a plan gives what its ops give one by one', async () => {
      const plan = new PlanBuilder([float(2, 2), float(2, 2)], [plainToValue(0.5)]);
      const product = plan.op('matMul', 0, 1);
      const shifted = plan.op('add', product, plan.constant(0));
      const [values, indices] = plan.ops(2, 'topk', [shifted, number(1)]);
      const graph = plan.build(plan.op('tanh', shifted), values ?? 0, indices ?? 0);
      const a = put([
        [1, -2],
        [0.5, 3],
      ]);
      const b = put([
        [0.1, 0.2],
        [0.3, -0.4],
      ]);
      const planned = await outcome(graph, [a, b]);

      const half = put(0.5);
      const slot = (tensor: Slot) => ({ kind: 'tensor', tensor }) as const;
      const run = (op: string, args: Parameters<typeof engine.run>[0] & { kind: 'op' }) =>
        engine.run({ ...args, op });
      const step = { kind: 'op', op: '', outputs: [] } as const;
      run('matMul', { ...step, args: [slot(a), slot(b)], outputs: [1] });
      run('add', { ...step, args: [slot(1), slot(half)], outputs: [2] });
      run('topk', { ...step, args: [slot(2), number(1)], outputs: [3, 4] });
      run('tanh', { ...step, args: [slot(2)], outputs: [5] });
      expect(planned).toEqual(await read([5, 3, 4]));
      expect(failures).toEqual([]);
    });

    test('plans inside plans, one of them twice', async () => {
      const twice = new PlanBuilder([float(2)]);
      const doubled = twice.build(twice.op('add', 0, 0), 0);
      const inner = new PlanBuilder([float(2)]);
      const [one = 0] = inner.call(doubled, 0);
      const [two = 0, same = 0] = inner.call(doubled, one);
      const middle = inner.build(two, same);
      const plan = new PlanBuilder([float(2)]);
      const [four = 0, half = 0] = plan.call(middle, 0);
      const graph = plan.build(plan.op('sub', four, 0), half, 0);
      expect(await nested(outcome(graph, [put([1, 2])]))).toEqual([
        [3, 6],
        [2, 4],
        [1, 2],
      ]);
    });

    test('outputs that are inputs, constants or named twice are values of their own', async () => {
      const plan = new PlanBuilder([float(2)], [plainToValue([true, false])]);
      const negative = plan.op('neg', 0);
      const graph = plan.build(0, 0, plan.constant(0), negative, negative);
      engine.install(1, graph);
      const input = put([1, 2]);
      const outputs = start(1, graph, [input]);
      const [first = 0, , third = 0, fourth = 0] = outputs;
      engine.drop([input, first, fourth]);
      engine.uninstall(1);
      expect(await nested(read(outputs))).toEqual([
        undefined,
        [1, 2],
        [true, false],
        undefined,
        [-1, -2],
      ]);
      expect(await nested(read([third]))).toEqual([[true, false]]);
    });

    test('a loop carries, counts, takes what is fixed and collects', async () => {
      const round = new PlanBuilder([float(2), float(2), float(), meta('int32')]);
      const at = round.op('cast', 3, text('float32'));
      const grown = round.op('add', round.op('mul', 0, 2), at);
      const body = round.build(grown, 0, at, round.op('greater', grown, 1));
      const plan = new PlanBuilder([float(2), float(2), float()]);
      const graph = plan.build(...plan.loop(body, 4, [0, 1], [2]));
      const [last, before, rounds, above] = await nested(
        outcome(graph, [put([1, 10]), put([0, 0]), put(2)]),
      );
      let [a, b] = [
        [1, 10],
        [0, 0],
      ];
      const expected = [];
      for (let each = 0; each < 4; each++) {
        const next = a.map((value) => value * 2 + each);
        expected.push(next.map((value, index) => value > (b[index] ?? 0)));
        [a, b] = [next, a];
      }
      expect(last).toEqual(a);
      expect(before).toEqual(b);
      expect(rounds).toEqual([0, 1, 2, 3]);
      expect(above).toEqual(expected);
    });

    test('a loop of one round, in a loop', async () => {
      const add = new PlanBuilder([float(), meta('int32')], [plainToValue(1)]);
      const one = add.build(add.op('add', 0, add.constant(0)), 0);
      const inner = new PlanBuilder([float(), meta('int32')]);
      const [after = 0, seen = 0] = inner.loop(one, 1, [0]);
      const body = inner.build(after, seen);
      const plan = new PlanBuilder([float()]);
      const graph = plan.build(...plan.loop(body, 3, [0]));
      expect(await nested(outcome(graph, [put(5)]))).toEqual([8, [[5], [6], [7]]]);
    });

    test('gradients are those of tfjs, beside all that the plan gives', async () => {
      const loss = lossPlan();
      const plan = new PlanBuilder([float(3, 2), float(2, 1), float(3, 1)]);
      const graph = plan.build(...plan.grads(loss, [0, 1, 2], [0, 1]));
      const given = await outcome(graph, [put(x), put(w), put(y)]);
      const expected = tf.tidy(() => {
        const residuals = tf.sub(tf.matMul(tf.tensor2d(x), tf.tensor2d(w)), tf.tensor2d(y));
        const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) =>
          tf.sum(tf.square(tf.sub(tf.matMul(a, b), tf.tensor2d(y)))),
        )([tf.tensor2d(x), tf.tensor2d(w)]);
        return [value, residuals, tf.tensor2d(y), ...grads];
      });
      expect(given).toHaveLength(5);
      expected.forEach((tensor, at) => {
        expectClose(given[at], tensor);
      });
      tf.dispose(expected);
      expect(failures).toEqual([]);
    });

    test('gradients of a value that is no scalar, with dy and without', async () => {
      const inner = new PlanBuilder([float(3), float(3)]);
      const cubic = inner.build(inner.op('mul', inner.op('square', 0), 1));
      const plan = new PlanBuilder([float(3), float(3), float(3)]);
      const [, withDy = 0] = plan.grads(cubic, [0, 1], [0], 2);
      const [, without = 0] = plan.grads(cubic, [0, 1], [1]);
      const graph = plan.build(withDy, without);
      const [a, b, dy] = [
        [1, -2, 0.5],
        [3, 0.25, -1],
        [2, 0, 10],
      ];
      const given = await outcome(graph, [put(a), put(b), put(dy)]);
      const f = (p: tf.Tensor, q: tf.Tensor) => tf.mul(tf.square(p), q);
      const expected = tf.tidy(() => [
        ...tf
          .grads((p: tf.Tensor) => f(p, tf.tensor1d(b)))([tf.tensor1d(a)], tf.tensor1d(dy))
          .slice(),
        ...tf.grads((q: tf.Tensor) => f(tf.tensor1d(a), q))([tf.tensor1d(b)]),
      ]);
      expected.forEach((tensor, at) => {
        expectClose(given[at], tensor);
      });
      tf.dispose(expected);
    });

    test('one value at two positions has a gradient by each', async () => {
      const inner = new PlanBuilder([float(), float()]);
      const product = inner.build(inner.op('mul', inner.op('square', 0), 1));
      const plan = new PlanBuilder([float()]);
      const [, by0 = 0, by1 = 0] = plan.grads(product, [0, 0], [0, 1]);
      const [, only1 = 0] = plan.grads(product, [0, 0], [1]);
      const graph = plan.build(by0, by1, only1);
      expect(await nested(outcome(graph, [put(3)]))).toEqual([18, 9, 9]);
    });

    test('the gradient of what is its very argument is dy, and each is a value of its own', async () => {
      const same = new PlanBuilder([float(2)]).build(0);
      const plan = new PlanBuilder([float(2), float(2)]);
      const [value = 0, gradient = 0] = plan.grads(same, [0], [0], 1);
      const graph = plan.build(value, gradient, gradient);
      engine.install(1, graph);
      const [input, dy] = [put([1, 2]), put([5, 7])];
      const outputs = start(1, graph, [input, dy]);
      engine.drop([input, ...outputs.slice(1, 2)]);
      expect(await nested(read([...outputs, dy]))).toEqual([[1, 2], undefined, [5, 7], [5, 7]]);
    });

    test('gradients through nested plans and loops', async () => {
      const step = new PlanBuilder([float(), float(), meta('int32')]);
      const body = step.build(step.op('mul', 0, 1), step.op('square', 0));
      const power = new PlanBuilder([float(), float()]);
      const [last = 0, squares = 0] = power.loop(body, 3, [0], [1]);
      const powered = power.build(power.op('add', last, power.op('sum', squares)));
      const outer = new PlanBuilder([float(), float()]);
      const wrapped = outer.build(...outer.call(powered, 0, 1));
      const plan = new PlanBuilder([float(), float()]);
      const graph = plan.build(...plan.grads(wrapped, [0, 1], [0, 1]));
      const f = (a: tf.Tensor, b: tf.Tensor) => {
        let at = a;
        let sum = tf.scalar(0) as tf.Tensor;
        for (let round = 0; round < 3; round++) {
          sum = tf.add(sum, tf.square(at));
          at = tf.mul(at, b);
        }
        return tf.add(at, sum);
      };
      const given = await outcome(graph, [put(2), put(-0.5)]);
      const expected = tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads(f)([tf.scalar(2), tf.scalar(-0.5)]);
        return [value, ...grads];
      });
      expected.forEach((tensor, at) => {
        expectClose(given[at], tensor);
      });
      tf.dispose(expected);
    });

    test('gradients of gradients', async () => {
      const cube = new PlanBuilder([float()]);
      const cubed = cube.build(cube.op('mul', cube.op('square', 0), 0));
      const slope = new PlanBuilder([float()]);
      const [value = 0, first = 0] = slope.grads(cubed, [0], [0]);
      const sloped = slope.build(first, value);
      const plan = new PlanBuilder([float()]);
      const graph = plan.build(...plan.grads(sloped, [0], [0]));
      expect(await nested(outcome(graph, [put(2)]))).toEqual([12, 8, 12]);
    });

    test('draws alike with the same salt, otherwise with another, and as written with none', async () => {
      const draw = new PlanBuilder([]);
      const shape = numbers(4);
      const dtype = text('float32');
      const one = draw.salted('randomUniform', shape, number(0), number(1), dtype, number(7));
      const free = draw.op('randomUniform', shape, number(0), number(1), dtype, number(7));
      const drawn = draw.build(one, free);
      const body = new PlanBuilder([float(4), meta('int32')]);
      const [inLoop = 0] = body.call(drawn);
      const rounds = body.build(0, inLoop);
      const plan = new PlanBuilder([float(4)]);
      const [a = 0, b = 0] = plan.call(drawn);
      const [c = 0] = plan.call(drawn);
      const [, looped = 0] = plan.loop(rounds, 2, [0]);
      const graph = plan.build(a, b, c, looped);
      engine.install(1, graph);
      const input = put([0, 0, 0, 0]);
      const draws = (salt: number) => nested(read(start(1, graph, [input], salt)));
      const first = await draws(11);
      expect(await draws(11)).toEqual(first);
      const other = await draws(12);
      expect(other[0]).not.toEqual(first[0]);
      expect(other[3]).not.toEqual(first[3]);
      // What is not salted is the same in every call.
      expect(other[1]).toEqual(first[1]);
      // Each node and each round draws for itself.
      expect(first[2]).not.toEqual(first[0]);
      const [round0, round1] = first[3] as unknown[];
      expect(round1).not.toEqual(round0);
      const plain = await draws(0);
      expect(plain).toEqual([first[1], first[1], first[1], [first[1], first[1]]]);
    });

    test('the value and its gradient see the same draw', async () => {
      const inner = new PlanBuilder([float(8)]);
      const noise = inner.salted(
        'randomNormal',
        numbers(8),
        number(0),
        number(1),
        text('float32'),
        number(3),
      );
      const noisy = inner.build(inner.op('sum', inner.op('mul', 0, noise)), noise);
      const plan = new PlanBuilder([float(8)]);
      const graph = plan.build(...plan.grads(noisy, [0], [0]));
      const [, noiseDrawn, gradient] = await nested(
        outcome(graph, [put([1, 2, 3, 4, 5, 6, 7, 8])], 99),
      );
      expect(gradient).toEqual(noiseDrawn);
    });

    /** Gives what works, and what cannot: a product of shapes that do not fit. */
    function halfBroken(): Plan {
      const plan = new PlanBuilder([float(2), float(3)]);
      const broken = plan.op('add', 0, 1);
      const after = plan.op('neg', broken);
      return plan.build(plan.op('neg', 0), broken, after);
    }

    test('what failed poisons what depends on it, and nothing else, also inside plans', async () => {
      const plan = new PlanBuilder([float(2), float(3)]);
      const [fine = 0, broken = 0, after = 0] = plan.call(halfBroken(), 0, 1);
      const body = new PlanBuilder([float(2), float(3), float(3), meta('int32')]);
      const [stays = 0, breaks = 0] = body.call(halfBroken(), 0, 2);
      const loop = plan.loop(body.build(stays, breaks, 0, breaks), 2, [0, 1], [1]);
      const late = plan.op('add', fine, broken);
      const graph = plan.build(fine, broken, after, late, plan.op('square', 0), ...loop);
      engine.install(1, graph);
      const outputs = start(1, graph, [put([1, 2]), put([1, 2, 3])]);
      expect(await nested(read(outputs))).toEqual([
        [-1, -2],
        undefined,
        undefined,
        undefined,
        [1, 4],
        [1, 2],
        undefined,
        [
          [1, 2],
          [-1, -2],
        ],
        undefined,
      ]);
      expect(failures.map(({ op }) => op)).toEqual(['add', 'add', 'add']);
    });

    test('poison goes in as a value', async () => {
      engine.install(1, halfBroken());
      engine.run({ kind: 'op', op: 'noSuchOp', args: [], outputs: [1] });
      const outputs = start(1, halfBroken(), [put([1, 2]), 1]);
      expect(await nested(read(outputs))).toEqual([[-1, -2], undefined, undefined]);
      expect(failures.map(({ op }) => op)).toEqual(['noSuchOp']);
    });

    test('a plan under gradients fails as a whole', async () => {
      const plan = new PlanBuilder([float(2), float(3)]);
      const gradients = plan.grads(halfBroken(), [0, 1], [0]);
      const graph = plan.build(...gradients, plan.op('neg', 0));
      engine.install(1, graph);
      const outputs = start(1, graph, [put([1, 2]), put([1, 2, 3])]);
      expect(await nested(read(outputs))).toEqual([...gradients.map(() => undefined), [-1, -2]]);
      expect(failures.map(({ op }) => op)).toEqual(['grads']);
    });

    test('an op without a gradient on the way fails the gradients alone, and leaves nothing', async () => {
      const inner = new PlanBuilder([float(4)]);
      const steps = inner.op(
        'cast',
        inner.op('greater', inner.op('square', 0), 0),
        text('float32'),
      );
      const stepped = inner.build(steps);
      const plan = new PlanBuilder([float(4)]);
      const gradients = plan.grads(stepped, [0], [0]);
      const graph = plan.build(...gradients, 0);
      engine.install(1, graph);
      const outputs = start(1, graph, [put([1, 2, 4, 3])]);
      expect(await nested(read(outputs))).toEqual([undefined, undefined, [1, 2, 4, 3]]);
    });

    test('a plan that is not installed, or not any more, and one that cannot be', async () => {
      const graph = new PlanBuilder([float(1)]).build(0);
      const bytes = new Uint8Array(3);
      const bad = new PlanBuilder([], [{ meta: float(1), bytes }]);
      engine.install(1, graph);
      const before = start(1, graph, [put([1])]);
      engine.uninstall(1);
      engine.install(2, bad.build(bad.constant(0)));
      const after = [
        ...start(1, graph, [put([1])]),
        ...start(2, graph, []),
        ...start(3, graph, []),
      ];
      expect(await nested(read([...before, ...after]))).toEqual([
        [1],
        undefined,
        undefined,
        undefined,
      ]);
      expect(failures.map(({ op }) => op)).toEqual(['install']);
    });

    test('the wrong number of inputs poisons every output', async () => {
      const graph = halfBroken();
      engine.install(1, graph);
      expect(await nested(read(start(1, graph, [put([1, 2])])))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(failures).toHaveLength(1);
    });

    test('a restart loses everything, and what a listener gives comes before what waited', async () => {
      const graph = new PlanBuilder([float(2)]).build(0, 0);
      const told: string[] = [];
      engine.onLost(() => {
        told.push(`lost, holds ${engine.size}`);
        engine.put(1, plainToValue([7, 8]));
        engine.install(5, graph);
        engine.run({ kind: 'plan', plan: 5, inputs: [1], outputs: [3, 4], salt: 0 });
      });
      engine.onLost(() => {
        told.push(`again, holds ${engine.size}`);
        throw new Error('broken listener');
      });
      engine.put(1, plainToValue([1, 2]));
      engine.put(2, plainToValue([3, 4]));
      engine.install(6, graph);
      await engine.settled();
      // This may or may not be under way when the engine ends.
      start(6, graph, [1]);
      const waiting = read([1, 2, 3, 4]);
      void engine.read(4).then(() => told.push('read'));
      const settled = engine.settled().then(() => told.push('settled'));
      engine.restart();
      expect(await nested(waiting)).toEqual([[7, 8], undefined, [7, 8], [7, 8]]);
      await settled;
      expect(told).toEqual(['lost, holds 0', 'again, holds 3', 'read', 'settled']);
      expect(engine.size).toBe(3);
      // The old plan has gone, the new one has not.
      const [gone = 0] = start(6, graph, [1]);
      const [there = 0] = start(5, graph, [1]);
      expect(await nested(read([gone, there]))).toEqual([undefined, [7, 8]]);
    });

    test('closing while a plan runs', async () => {
      const body = new PlanBuilder([float(60, 60), meta('int32')]);
      const multiplied = body.build(body.op('tanh', body.op('matMul', 0, 0)), 0);
      const plan = new PlanBuilder([float(60, 60)]);
      const graph = plan.build(...plan.loop(multiplied, 200, [0]));
      engine.install(1, graph);
      const row = Array.from({ length: 60 }, (_, at) => at / 60);
      const [first = 0] = start(1, graph, [put(row.map(() => row))]);
      const reading = engine.read(first);
      const closing = engine.close();
      expect(await reading).toBeUndefined();
      await closing;
    });

    test('lists, and the same value twice in one', async () => {
      const plan = new PlanBuilder([float(2), float(2)]);
      const graph = plan.build(plan.op('stack', list(0, 1, 0)));
      expect(await nested(outcome(graph, [put([1, 2]), put([3, 4])]))).toEqual([
        [
          [1, 2],
          [3, 4],
          [1, 2],
        ],
      ]);
    });
  });
}
