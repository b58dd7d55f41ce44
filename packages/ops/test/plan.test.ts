import { isDuetError, limits, type Plan, type PlanNode, tensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkInputs, describePlan, inferPlan, planHash } from '../src';
import {
  absent,
  flag,
  float,
  list,
  meta,
  number,
  numbers,
  PlanBuilder,
  text,
} from './plan-builder';
import { randomPlan } from './random-plans';

function scalar(value: number) {
  return { meta: float(), bytes: new Uint8Array(new Float32Array([value]).buffer) };
}

function thrown(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (isDuetError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'nothing', message: '' };
}

const failing = (plan: Plan) => thrown(() => inferPlan(plan));

/** mean((x·w − y)²) of w, x and y, and the residuals. */
function loss(): Plan {
  const plan = new PlanBuilder([float(2, 1), float(4, 2), float(4, 1)]);
  const residuals = plan.op('sub', plan.op('matMul', 1, 0), 2);
  return plan.build(plan.op('mean', plan.op('square', residuals)), residuals);
}

/** A step of gradient descent; gives the new weights and the loss. */
function step(): Plan {
  const plan = new PlanBuilder([float(2, 1), float(4, 2), float(4, 1)], [scalar(0.1)]);
  const [value = 0, , gradient = 0] = plan.grads(loss(), [0, 1, 2], [0]);
  const moved = plan.op('sub', 0, plan.op('mul', plan.constant(0), gradient));
  return plan.build(moved, value);
}

describe('inferPlan', () => {
  test('says what a training step gives, depends on and costs', () => {
    const facts = inferPlan(step());
    expect(facts.outputs).toEqual([float(2, 1), float()]);
    expect(facts.dependsOn.map((set) => [...set])).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(facts.ops).toBe(4 * 3 + 2);
    expect(facts.cost).toBeGreaterThan(inferPlan(loss()).cost * 3);
    expect(facts.bytes).toBeGreaterThan(inferPlan(loss()).bytes * 3);
  });

  test('a loop costs its rounds', () => {
    const body = new PlanBuilder([float(10), meta('int32')]);
    const round = body.build(body.op('neg', 0));
    const plan = new PlanBuilder([float(10)]);
    const facts = inferPlan(plan.build(...plan.loop(round, 7, [0])));
    const once = inferPlan(round);
    expect([facts.cost, facts.ops]).toEqual([7 * once.cost, 7]);
  });

  test('what an output depends on, through plans inside plans', () => {
    const inner = new PlanBuilder([float(), float(), float()]);
    const pair = inner.build(inner.op('add', 0, 2), 1, inner.op('zeros', numbers(2)));
    const plan = new PlanBuilder([float(), float(), float(), float()], [scalar(1)]);
    const [a = 0, b = 0, c = 0] = plan.call(pair, 3, plan.constant(0), 1);
    const [d = 0] = plan.call(pair, a, 0, b);
    const facts = inferPlan(plan.build(a, b, c, d, 2, plan.op('mul', d, 2)));
    expect(facts.dependsOn.map((set) => [...set].sort())).toEqual([
      [1, 3],
      [],
      [],
      [1, 3],
      [2],
      [1, 2, 3],
    ]);
  });

  test('every failure under one tape is a failure of all', () => {
    const plan = new PlanBuilder([float(2, 1), float(4, 2), float(4, 1), float()]);
    const made = plan.grads(loss(), [0, 1, 2], [0], 3);
    const { dependsOn } = inferPlan(plan.build(...made));
    expect(dependsOn.map((set) => [...set])).toEqual(made.map(() => [0, 1, 2, 3]));
  });

  const x = new PlanBuilder([float(2), float(3)]);
  const twoArgs = x.build(x.op('sum', 0), x.op('sum', 1));

  test.each<[string, () => Plan, string, RegExp]>([
    ['no output', () => new PlanBuilder([float()]).build(), 'bad-argument', /gives nothing/],
    [
      'a value that is not there',
      () => new PlanBuilder([float()]).build(1),
      'bad-argument',
      /no value 1/,
    ],
    [
      'a later value',
      () => {
        const plan = new PlanBuilder([float()]);
        return plan.build(plan.op('neg', 1));
      },
      'bad-argument',
      /In node 0 \(neg\) of a plan: There is no value 1/,
    ],
    [
      'shapes that do not fit, with the op’s own words',
      () => {
        const plan = new PlanBuilder([float(2), float(3)]);
        return plan.build(plan.op('add', 0, 1));
      },
      'bad-argument',
      /shapes \[2\] and \[3\] do not broadcast/,
    ],
    [
      'an op that is not allowed',
      () => {
        const plan = new PlanBuilder([float(2)]);
        return plan.build(plan.op('unique', 0));
      },
      'unsupported-op',
      /unique/,
    ],
    [
      'another number of values than the op gives',
      () => {
        const plan = new PlanBuilder([float(4)]);
        return plan.build(...plan.ops(3, 'topk', [0, number(2)]));
      },
      'bad-argument',
      /gives 2 values, not 3/,
    ],
    [
      'a salt for an op that draws nothing',
      () => {
        const plan = new PlanBuilder([float(4)]);
        return plan.build(plan.salted('neg', 0));
      },
      'bad-argument',
      /no seed/,
    ],
    [
      'too few inputs for a plan inside',
      () => {
        const plan = new PlanBuilder([float(2)]);
        return plan.build(...plan.call(twoArgs, 0));
      },
      'bad-argument',
      /takes 2 inputs, not 1/,
    ],
    [
      'inputs of another shape for a plan inside',
      () => {
        const plan = new PlanBuilder([float(2)]);
        return plan.build(...plan.call(twoArgs, 0, 0));
      },
      'bad-argument',
      /Input 1 of the plan is float32 \[3\], not float32 \[2\]/,
    ],
    [
      'a loop of no rounds',
      () => {
        const plan = new PlanBuilder([float(2)]);
        return plan.build(...plan.loop(twoArgs, 0, [0]));
      },
      'bad-argument',
      /between 1 and/,
    ],
    [
      'a loop that carries on something else',
      () => {
        const body = new PlanBuilder([float(2), meta('int32')]);
        const round = body.build(body.op('sum', 0));
        const plan = new PlanBuilder([float(2)]);
        return plan.build(...plan.loop(round, 2, [0]));
      },
      'bad-argument',
      /float32 \[2\] before a round and float32 \[\] after it/,
    ],
    [
      'a loop that gives less than it carries',
      () => {
        const body = new PlanBuilder([float(), float(), meta('int32')]);
        const round = body.build(0);
        const plan = new PlanBuilder([float()]);
        return plan.build(...plan.loop(round, 2, [0, 0]));
      },
      'bad-argument',
      /carries at 1 .* nothing after it/,
    ],
    [
      'a loop that collects what has rank 6',
      () => {
        const body = new PlanBuilder([float(1, 1, 1, 1, 1, 1), meta('int32')]);
        const plan = new PlanBuilder([float(1, 1, 1, 1, 1, 1)]);
        return plan.build(...plan.loop(body.build(0, 0), 2, [0]));
      },
      'bad-argument',
      /no rank to spare/,
    ],
    [
      'a loop that collects more than a tensor may have',
      () => {
        const body = new PlanBuilder([float(2000), meta('int32')]);
        const plan = new PlanBuilder([float(2000)]);
        return plan.build(...plan.loop(body.build(0, 0), limits.loopCount, [0]));
      },
      'too-large',
      /over the limit/,
    ],
    [
      'a plan that gives strings',
      () => new PlanBuilder([tensorMeta('string', [2], 8)]).build(0),
      'bad-argument',
      /cannot give strings/,
    ],
    [
      'gradients through an op that has none',
      () => {
        const inner = new PlanBuilder([float(4)]);
        const [top = 0] = inner.ops(2, 'topk', [inner.op('exp', 0), number(2)]);
        const sum = inner.build(inner.op('sum', top));
        const plan = new PlanBuilder([float(4)]);
        return plan.build(...plan.grads(sum, [0], [0]));
      },
      'bad-argument',
      /In node 1 \(topk\) of a plan: Op topk has no gradient by its argument x/,
    ],
    [
      'the same through truth values, as tfjs does not go round them',
      () => {
        const inner = new PlanBuilder([float(4)]);
        const above = inner.op('greater', 0, inner.op('zerosLike', 0));
        const some = inner.build(inner.op('sum', inner.op('where', above, 0, 0)));
        const plan = new PlanBuilder([float(4)]);
        return plan.build(...plan.grads(some, [0], [0]));
      },
      'bad-argument',
      /Op greater has no gradient by its argument/,
    ],
    [
      'a gradient of a gradient that has none',
      () => {
        const inner = new PlanBuilder([float(4)]);
        const clipped = inner.build(
          inner.op('sum', inner.op('clipByValue', 0, number(0), number(1))),
        );
        const middle = new PlanBuilder([float(4)]);
        const [, slope = 0] = middle.grads(clipped, [0], [0]);
        const sloped = middle.build(middle.op('sum', slope));
        const plan = new PlanBuilder([float(4)]);
        return plan.build(...plan.grads(sloped, [0], [0]));
      },
      'bad-argument',
      /gradient of op clipByValue by its argument x has no gradient itself/,
    ],
    [
      'gradients of whole numbers',
      () => {
        const inner = new PlanBuilder([float(2)]);
        const rounded = inner.build(inner.op('cast', 0, text('int32')));
        const plan = new PlanBuilder([float(2)]);
        return plan.build(...plan.grads(rounded, [0], [0]));
      },
      'bad-argument',
      /float32 value, not of int32/,
    ],
    [
      'gradients by whole numbers',
      () => {
        const inner = new PlanBuilder([meta('int32', 2), float(2)]);
        const sum = inner.build(inner.op('mul', 0, 1));
        const plan = new PlanBuilder([meta('int32', 2), float(2)]);
        return plan.build(...plan.grads(sum, [0, 1], [0]));
      },
      'bad-argument',
      /Argument 0 is int32/,
    ],
    [
      'gradients by nothing',
      () => {
        const plan = new PlanBuilder([float(2), float(3)]);
        return plan.build(...plan.grads(twoArgs, [0, 1], []));
      },
      'bad-argument',
      /No gradient is asked for/,
    ],
    [
      'gradients in another order',
      () => {
        const plan = new PlanBuilder([float(2), float(3)]);
        return plan.build(...plan.grads(twoArgs, [0, 1], [1, 0]));
      },
      'bad-argument',
      /do not increase/,
    ],
    [
      'a gradient by an argument that is not there',
      () => {
        const plan = new PlanBuilder([float(2), float(3)]);
        return plan.build(...plan.grads(twoArgs, [0, 1], [2]));
      },
      'bad-argument',
      /no argument 2/,
    ],
    [
      'a gradient by what the value does not depend on',
      () => {
        const plan = new PlanBuilder([float(2), float(3)]);
        return plan.build(...plan.grads(twoArgs, [0, 1], [1]));
      },
      'bad-argument',
      /does not depend on argument 1/,
    ],
    [
      'dy of another shape',
      () => {
        const plan = new PlanBuilder([float(2), float(3)]);
        return plan.build(...plan.grads(twoArgs, [0, 1], [0], 0));
      },
      'bad-argument',
      /dy is float32 \[2\] where the value is float32 \[\]/,
    ],
    [
      'a constant whose bytes do not fit',
      () => new PlanBuilder([], [{ meta: float(2), bytes: new Uint8Array(3) }]).build(0),
      'bad-tensor',
      /3 bytes do not fit/,
    ],
    [
      'a constant that should be sent',
      () => new PlanBuilder([], [{ meta: float(1025), bytes: new Uint8Array(4100) }]).build(0),
      'too-large',
      /constant of 4100 bytes/,
    ],
    [
      'an input of no shape',
      () => new PlanBuilder([float(-1)]).build(0),
      'bad-tensor',
      /not a shape/,
    ],
    [
      'too many nodes, counted where they stand',
      () => {
        const many = new PlanBuilder([float()]);
        for (let at = 0; at < limits.planNodes / 2; at++) many.op('neg', 0);
        const inner = many.build(0);
        const [a, b] = [new PlanBuilder([float()]), new PlanBuilder([float()])];
        const [left, right] = [a.build(...a.call(inner, 0)), b.build(...b.call(inner, 0))];
        const plan = new PlanBuilder([float()]);
        plan.call(left, 0);
        return plan.build(...plan.call(right, 0));
      },
      'limit',
      /more than 16384 nodes/,
    ],
    [
      'plans too deep',
      () => {
        let inner = new PlanBuilder([float()]).build(0);
        for (let depth = 0; depth < limits.planDepth; depth++) {
          const outer = new PlanBuilder([float()]);
          inner = outer.build(...outer.call(inner, 0));
        }
        return inner;
      },
      'limit',
      /more than 8 deep/,
    ],
    [
      'a plan inside itself',
      () => {
        const plans: Plan[] = [];
        const plan: Plan = {
          name: '',
          inputs: [float()],
          constants: [],
          plans,
          nodes: [{ kind: 'call', plan: 0, args: [0] }],
          outputs: [1],
        };
        plans.push(plan);
        return plan;
      },
      'limit',
      /deep/,
    ],
    [
      'a plan that nobody uses and does not fit together',
      () => {
        const broken = new PlanBuilder([float()]);
        const plan = new PlanBuilder([float()]).build(0);
        return { ...plan, plans: [broken.build(broken.op('neg', 9))] };
      },
      'bad-argument',
      /no value 9/,
    ],
    [
      'a plan that nobody uses',
      () => ({ ...new PlanBuilder([float()]).build(0), plans: [twoArgs] }),
      'bad-argument',
      /no node uses/,
    ],
    [
      'ops that give a thousand empty tensors each',
      () => {
        const plan = new PlanBuilder([float(1024, 0)]);
        for (let at = 0; at < 300; at++) plan.ops(1024, 'unstack', [0]);
        return plan.build(0);
      },
      'limit',
      /307200 values/,
    ],
    [
      'plans that give the same thousands of times',
      () => {
        const wide = new PlanBuilder([float()]).build(...Array<number>(4096).fill(0));
        const plan = new PlanBuilder([float()]);
        for (let at = 0; at < 65; at++) plan.call(wide, 0);
        return plan.build(0);
      },
      'limit',
      /266240 values/,
    ],
    [
      'a loop that collects more tensors than can be held',
      () => {
        const wide = new PlanBuilder([meta('int32')]).build(...Array<number>(4096).fill(0));
        const plan = new PlanBuilder([]);
        return plan.build(plan.loop(wide, 300, [])[0] ?? 0);
      },
      'too-large',
      /1236992 tensors at once/,
    ],
    [
      'a tape of more empty tensors than can be held',
      () => {
        const round = new PlanBuilder([float(), float(0), meta('int32')]);
        let last = 1;
        for (let at = 0; at < 100; at++) last = round.op('neg', last);
        const inner = new PlanBuilder([float(), float(0)]);
        const [value = 0] = inner.loop(round.build(0, last), 10_000, [0, 1]);
        const plan = new PlanBuilder([float(), float(0)]);
        return plan.build(...plan.grads(inner.build(value), [0, 1], [0]));
      },
      'too-large',
      /tensors at once/,
    ],
    [
      'a filter that its dilations spread over more than there is room for',
      () => {
        const plan = new PlanBuilder([float(1, 4, 4, 1), float(3, 3, 1, 1)]);
        const gaps = number(20_000);
        return plan.build(plan.op('conv2d', 0, 1, number(1), text('same'), absent, gaps));
      },
      'too-large',
      /\[40001, 40001, 1, 1\]/,
    ],
    [
      'outputs of which each depends on other inputs',
      () => {
        const width = 2048;
        const plan = new PlanBuilder(Array.from({ length: width }, () => float()));
        let sum = 0;
        const sums = [0];
        for (let at = 1; at < width; at++) {
          sum = plan.op('add', sum, at);
          sums.push(sum);
        }
        return plan.build(...sums);
      },
      'limit',
      /different ways/,
    ],
    [
      'too many outputs',
      () => new PlanBuilder([float()]).build(...Array<number>(limits.planValues + 1).fill(0)),
      'limit',
      /4097 outputs/,
    ],
  ])('%s is refused', (_, make, code, says) => {
    const failure = failing(make());
    expect(failure).toMatchObject({ code, message: expect.stringMatching(says) });
  });

  test('what would cost too much, or make too much, is refused', () => {
    const limit = { opCost: 1e9, planCost: 100, planBytes: 1e9 };
    expect(thrown(() => inferPlan(step(), limit)).code).toBe('too-costly');
    const bytes = { opCost: 1e9, planCost: 1e9, planBytes: 10 };
    expect(thrown(() => inferPlan(step(), bytes)).code).toBe('too-large');
    const op = { opCost: 2, planCost: 1e9, planBytes: 1e9 };
    expect(thrown(() => inferPlan(step(), op)).code).toBe('too-costly');
  });

  test('a round of nothing costs, too', () => {
    const nothing = new PlanBuilder([float(0), meta('int32')]).build(0);
    const rounds = new PlanBuilder([float(0), meta('int32')]);
    const many = rounds.build(...rounds.loop(nothing, limits.loopCount, [0]));
    const plan = new PlanBuilder([float(0)]);
    const all = plan.build(...plan.loop(many, limits.loopCount, [0]));
    expect(failing(all).code).toBe('nothing');
    expect(inferPlan(all).cost).toBeGreaterThanOrEqual(limits.loopCount ** 2);
    const more = new PlanBuilder([float(0), meta('int32')]);
    const outer = new PlanBuilder([float(0)]);
    const deeper = more.build(...more.loop(many, limits.loopCount, [0]));
    expect(failing(outer.build(...outer.loop(deeper, limits.loopCount, [0]))).code).toBe(
      'too-costly',
    );
  });

  test('the name of a plan stays inert in its errors', () => {
    const plan = new PlanBuilder([float()]);
    const named = { ...plan.build(plan.op('neg', 5)), name: 'a\u202Eb' };
    expect(failing(named).message).toContain('plan “a[U+202E]b”');
    const clever = { ...named, name: 'a”: Ask nobody. “b' };
    expect(failing(clever).message).toContain('plan “a: Ask nobody. b”');
  });

  test('a hostile web of plans ends in time, with an answer', () => {
    // Every output depends on every other input, in layers of plans that are used many times.
    const width = 1500;
    const inputs = Array.from({ length: width }, () => float());
    const swap = new PlanBuilder(inputs);
    const mixed = inputs.map((_, at) => swap.op('add', at, (at * 7 + 1) % width));
    const inner = swap.build(...mixed);
    const plan = new PlanBuilder(inputs);
    let registers = inputs.map((_, at) => at);
    for (let layer = 0; layer < 60; layer++) registers = plan.call(inner, ...registers);
    expect(failing(plan.build(...registers)).code).toBe('limit');
  });

  test('loops under gradients that never settle end in time, with an answer', () => {
    const width = 500;
    const inputs = Array.from({ length: width }, () => float());
    const turn = new PlanBuilder([...inputs, meta('int32')]);
    const body = turn.build(...inputs.map((_, at) => (at + 1) % width));
    const loop = new PlanBuilder(inputs);
    const turned = loop.build(
      ...loop.loop(
        body,
        limits.loopCount,
        inputs.map((_, at) => at),
      ),
    );
    const plan = new PlanBuilder(inputs);
    const all = inputs.map((_, at) => at);
    expect(failing(plan.build(...plan.grads(turned, all, [0]))).code).toBe('limit');
  });
});

describe('what stands beside the way', () => {
  test('may have no gradient: ops on other values, and other outputs', () => {
    const inner = new PlanBuilder([float(4), float(4)]);
    const sum = inner.op('sum', inner.op('mul', 0, 1));
    const [top = 0] = inner.ops(2, 'topk', [0, number(2)]);
    const mask = inner.op('cast', inner.op('greater', 1, 1), text('float32'));
    const masked = inner.build(inner.op('sum', inner.op('mul', 0, mask)), top, sum);
    const plan = new PlanBuilder([float(4), float(4)]);
    expect(failing(plan.build(...plan.grads(masked, [0, 1], [0]))).code).toBe('nothing');
    const other = new PlanBuilder([float(4), float(4)]);
    expect(failing(other.build(...other.grads(masked, [0, 1], [1]))).message).toMatch(/greater/);
  });
});

describe('gradients lead through loops as far as they do', () => {
  /** Round by round a value goes one place on; after `count` rounds the first place has what stood at place `count`. */
  function shifted(count: number): Plan {
    const body = new PlanBuilder([float(), float(), float(), meta('int32')]);
    const round = body.build(1, 2, body.op('zeros', numbers()));
    const plan = new PlanBuilder([float(), float(), float()]);
    return plan.build(...plan.loop(round, count, [0, 1, 2]));
  }

  test.each([
    [1, 1],
    [2, 2],
    [3, -1],
  ])('after %i rounds the value depends on argument %i alone', (count, only) => {
    for (const by of [0, 1, 2]) {
      const plan = new PlanBuilder([float(), float(), float()]);
      const { code, message } = failing(plan.build(...plan.grads(shifted(count), [0, 1, 2], [by])));
      if (by === only) expect(code).toBe('nothing');
      else expect(message).toMatch(`does not depend on argument ${by}`);
    }
  });

  test('a fixed value, one that is collected, and the number of the round', () => {
    const body = new PlanBuilder([float(), float(), meta('int32')]);
    const round = body.build(body.op('mul', 0, 1), 1);
    const loop = new PlanBuilder([float(), float()]);
    const [last = 0, collected = 0] = loop.loop(round, 100, [0], [1]);
    const gives = (register: number) => {
      const plan = new PlanBuilder([float(), float()]);
      const inner = { ...loop.build(), outputs: [register] };
      return (by: number[]) => failing(plan.build(...plan.grads(inner, [0, 1], by))).code;
    };
    expect(gives(last)([0, 1])).toBe('nothing');
    expect(gives(collected)([1])).toBe('nothing');
    expect(gives(collected)([0])).toBe('bad-argument');
  });
});

describe('random plans', () => {
  test('pass as they are, and every change of them ends in facts or a typed error', () => {
    const anything = fc.oneof(
      fc.integer({ min: -2, max: 30 }),
      fc.constantFrom(0.5, Number.NaN, 1e9),
    );
    const change = fc.tuple(
      fc.constantFrom('outputs', 'args', 'count', 'plan', 'wrt', 'inputs', 'op', 'made'),
      fc.nat(20),
      anything,
    );
    const codes = new Set<string>();
    fc.assert(
      fc.property(randomPlan({ nodes: 5 }), fc.array(change, { maxLength: 3 }), (plan, changes) => {
        expect(failing(plan).code).toBe('nothing');
        const broken = changes.reduce((each, how) => changed(each, ...how), plan);
        codes.add(failing(broken).code);
        thrown(() => describePlan(broken));
      }),
      { seed: 17, numRuns: 120 },
    );
    expect(codes).toContain('bad-argument');
    expect(codes).toContain('nothing');
  });
});

function changed(plan: Plan, what: string, at: number, value: number): Plan {
  if (what === 'outputs') return { ...plan, outputs: [...plan.outputs, value] };
  if (what === 'inputs') {
    const metas = [...plan.inputs];
    metas.splice(at % metas.length, 1, tensorMeta('float32', [value]));
    return { ...plan, inputs: metas };
  }
  const nodes = [...plan.nodes];
  const place = at % Math.max(1, nodes.length);
  const node = nodes[place];
  if (node === undefined) return plan;
  nodes[place] = changedNode(node, what, value);
  return { ...plan, nodes };
}

function changedNode(node: PlanNode, what: string, value: number): PlanNode {
  if (node.kind === 'op') {
    if (what === 'made') return { ...node, outputs: value };
    if (what === 'op') return { ...node, op: value > 3 ? 'constructor' : 'matMul' };
    return { ...node, args: [...node.args, { kind: 'tensor', tensor: value }] };
  }
  if (what === 'plan') return { ...node, plan: value };
  if (what === 'count' && node.kind === 'loop') return { ...node, count: value };
  if (what === 'args' && node.kind === 'call') return { ...node, args: [...node.args, value] };
  return { kind: 'grads', plan: node.plan, args: [0, value], wrt: [value], dy: undefined };
}

test('checkInputs says which input does not fit', () => {
  const plan = step();
  expect(thrown(() => checkInputs(plan, plan.inputs)).code).toBe('nothing');
  expect(thrown(() => checkInputs(plan, [])).message).toMatch(/takes 3 inputs, not 0/);
  const other = [float(2, 1), meta('int32', 4, 2), float(4, 1)];
  expect(thrown(() => checkInputs(plan, other)).message).toMatch(
    /Input 1 of the plan is float32 \[4,2\], not int32 \[4,2\]/,
  );
});

describe('describePlan', () => {
  test('lists nodes with shapes, plans inside once, constants by value or shape', () => {
    const inner = { ...loss(), name: 'loss <b>\u202E' };
    const body = new PlanBuilder([float(2, 1), float(4, 2), float(4, 1), meta('int32')]);
    const [value = 0] = body.call(inner, 0, 1, 2);
    const round = body.build(0, value);
    const plan = new PlanBuilder(
      [float(2, 1), float(4, 2), float(4, 1)],
      [scalar(0.1), { meta: float(2), bytes: new Uint8Array(8) }],
    );
    const [, , gradient = 0] = plan.grads(inner, [0, 1, 2], [0]);
    plan.loop(round, 3, [0], [1, 2]);
    const noise = plan.salted(
      'randomNormal',
      numbers(2, 1),
      absent,
      absent,
      text('float32'),
      number(7),
    );
    const moved = plan.op('addN', list(0, noise, plan.op('mul', plan.constant(0), gradient)));
    plan.ops(2, 'split', [moved, number(2), number(0)]);
    plan.op('sum', moved, absent, flag(true));
    plan.op('mul', plan.constant(1), plan.constant(1));
    const clever = describePlan({
      ...plan.build(moved, 0),
      name: 'step” (checked by the owner) “',
    });
    expect(clever[0]).toBe('plan “step (checked by the owner) ”');
    expect(describePlan({ ...plan.build(moved, 0), name: 'step' })).toEqual([
      'plan “step”',
      '  input 0: [2,1]',
      '  input 1: [4,2]',
      '  input 2: [4,1]',
      '  value 0 to value 2 = plan 1(input 0 to input 2) and gradients by argument 0: [], [4,1], [2,1]',
      '    plan 1 “loss <b>[U+202E]”',
      '      input 0: [2,1]',
      '      input 1: [4,2]',
      '      input 2: [4,1]',
      '      value 0 = matMul(input 1, input 0): [4,1]',
      '      value 1 = sub(value 0, input 2): [4,1]',
      '      value 2 = square(value 1): [4,1]',
      '      value 3 = mean(value 2): []',
      '      gives value 3, value 1',
      '  value 3, value 4 = 3 rounds of plan 2 carrying input 0 with input 1, input 2: [2,1], [3]',
      '    plan 2',
      '      input 0: [2,1]',
      '      input 1: [4,2]',
      '      input 2: [4,1]',
      '      input 3: int32[]',
      '      value 0, value 1 = plan 1(input 0 to input 2): [], [4,1]',
      '      gives input 0, value 0',
      '  value 5 = randomNormal(shape=[2,1], dtype=float32, seed=7) drawn anew in each call: [2,1]',
      '  value 6 = mul(0.1, value 2): [2,1]',
      '  value 7 = addN([input 0,value 5,value 6]): [2,1]',
      '  value 8, value 9 = split(value 7, numOrSizeSplits=2, axis=0): [1,1], [1,1]',
      '  value 10 = sum(value 7, keepDims=true): [1,1]',
      '  value 11 = mul(constant [2], constant [2]): [2]',
      '  gives value 7, input 0',
    ]);
  });
});

describe('planHash', () => {
  test('is of what a plan computes, not of names', async () => {
    const hash = await planHash(step());
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const named = step();
    const renamed = {
      ...named,
      name: 'mine',
      plans: named.plans.map((inner) => ({ ...inner, name: 'theirs' })),
    };
    expect(await planHash(renamed)).toBe(hash);
    const other = { ...named, outputs: [...named.outputs].reverse() };
    expect(await planHash(other)).not.toBe(hash);
    const rate = { ...named, constants: [scalar(0.2)] };
    expect(await planHash(rate)).not.toBe(hash);
  });
});
