import { allowedOps, inferCall, inferPlan, type OpSpec, type TensorFact } from '@duet/ops';
import { type Arg, isDuetError, mapArg, type Plan, tensorMeta, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { callOf } from '../../ops/test/calls';
import { makeTensor } from '../../ops/test/tfjs';
import { runPlanLocally } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Fixed, so that a failure can be repeated. */
const seed = Number(process.env['DUET_PLANS_SEED'] ?? 815);
const runs = Number(process.env['DUET_PLANS_RUNS'] ?? 25);

type Args = readonly Arg<TensorFact>[];

/** The sum of one output of a call, and of the squares of what it is made of, with its gradient by one tensor. */
function gradientPlan(spec: OpSpec, args: Args, output: number, by: number): Plan | undefined {
  const facts = tensorsOf(args);
  const made = inferCall(spec, args, { opCost: 1e6 }).outputs;
  if (made[output] === undefined || facts.some(({ meta }) => meta.dtype === 'string'))
    return undefined;
  let next = 0;
  const first = facts.length;
  const inner: Plan = {
    name: '',
    inputs: facts.map(({ meta }) => meta),
    constants: [],
    plans: [],
    nodes: [
      {
        kind: 'op',
        op: spec.name,
        args: args.map((arg) => mapArg(arg, () => next++)),
        outputs: made.length,
        salted: false,
      },
      {
        kind: 'op',
        op: 'cast',
        args: [
          { kind: 'tensor', tensor: first + output },
          { kind: 'text', text: 'float32' },
        ],
        outputs: 1,
        salted: false,
      },
    ],
    outputs: [first + made.length],
  };
  return {
    name: '',
    inputs: inner.inputs,
    constants: [],
    plans: [inner],
    nodes: [{ kind: 'grads', plan: 0, args: facts.map((_, at) => at), wrt: [by], dy: undefined }],
    outputs: [first, first + 1],
  };
}

function refusalOf(plan: Plan): string | undefined {
  try {
    inferPlan(plan);
    return undefined;
  } catch (error) {
    if (isDuetError(error)) return error.message;
    throw error;
  }
}

/** What is wrong with running it, if anything. */
function failureOf(plan: Plan): string | undefined {
  const before = tf.memory().numTensors;
  let failure: string | undefined;
  tf.tidy(() => {
    const inputs = plan.inputs.map((meta, at) => makeTensor(meta, at));
    try {
      const [value, gradient] = runPlanLocally(plan, inputs, 0);
      const by = plan.nodes[0]?.kind === 'grads' ? plan.nodes[0].wrt[0] : undefined;
      expect(gradient?.shape).toEqual(plan.inputs[by ?? 0]?.shape);
      expect(value?.dtype).toBe('float32');
    } catch (error) {
      failure = String(error);
    }
  });
  expect(tf.memory().numTensors).toBe(before);
  return failure;
}

/** Does tfjs find the gradient, over the same ops? */
function tfjsFinds(inner: Plan, by: number): boolean {
  let found = true;
  tf.tidy(() => {
    const inputs = inner.inputs.map((meta, at) => makeTensor(meta, at));
    const f = (x: tf.Tensor) => {
      const given = inputs.map((each, at) => (at === by ? x : each));
      return runPlanLocally(inner, given, 0)[0] as tf.Tensor;
    };
    try {
      tf.grads(f)([inputs[by] as tf.Tensor]);
    } catch {
      found = false;
    }
  });
  return found;
}

function fitting(spec: OpSpec): Args[] {
  return fc.sample(callOf(spec, false), { seed, numRuns: runs }).filter((args) => {
    try {
      return inferCall(spec, args, { opCost: 1e6 }).outputs.every(
        ({ dtype }) => dtype !== 'string',
      );
    } catch {
      return false;
    }
  });
}

/** Refused although tfjs has some gradients of the kind. */
const stricter = ['without elements', 'preluActivationWeights'];

let accepted = 0;

test.each(allowedOps.map((spec) => [spec.name, spec] as const))(
  'gradients of %s: what is accepted works, and what is refused has none',
  (_, spec) => {
    for (const args of fitting(spec)) {
      const facts = tensorsOf(args);
      const count = Math.min(3, inferCall(spec, args).outputs.length);
      for (const [by, { meta }] of facts.entries()) {
        if (meta.dtype !== 'float32') continue;
        for (let output = 0; output < count; output++) {
          const plan = gradientPlan(spec, args, output, by);
          if (plan === undefined) continue;
          const refusal = refusalOf(plan);
          if (refusal === undefined) {
            accepted += 1;
            expect(failureOf(plan), JSON.stringify(plan)).toBeUndefined();
          } else if (!stricter.some((each) => refusal.includes(each))) {
            const [inner] = plan.plans;
            const found = inner !== undefined && tfjsFinds(inner, by);
            expect(found, `${refusal} ${JSON.stringify(plan)}`).toBe(false);
          }
        }
      }
    }
  },
);

test('most of it was tried', () => {
  expect(accepted).toBeGreaterThan(1000);
});

/** Differences of values, far enough apart for float32. */
function numericGradient(f: (x: tf.Tensor) => tf.Tensor, at: tf.Tensor): number[] {
  const step = 1 / 64;
  const values = Array.from(at.dataSync());
  return values.map((_, index) =>
    tf.tidy(() => {
      const moved = (by: number) => {
        const each = values.map((value, place) => (place === index ? value + by : value));
        return f(tf.tensor(each, at.shape)).dataSync()[0] ?? Number.NaN;
      };
      return (moved(step) - moved(-step)) / (2 * step);
    }),
  );
}

/** Those that are made otherwise while tfjs records, since its own gradients are wrong or fail. */
const repaired: readonly (readonly [string, readonly number[][], readonly Arg<number>[]])[] = [
  ['maximum', [[2, 3], [3]], []],
  [
    'minimum',
    [
      [1, 3],
      [2, 1],
    ],
    [],
  ],
  ['squaredDifference', [[2, 3], []], []],
  ['prelu', [[3], [2, 3]], []],
  [
    'matMul',
    [
      [2, 2, 3],
      [3, 2],
    ],
    [],
  ],
  [
    'matMul',
    [
      [1, 2, 3],
      [4, 1, 2, 3],
    ],
    [flagOf(false), flagOf(true)],
  ],
  ['cumsum', [[2, 2]], [numberOf(0)]],
  ['cumsum', [[3, 2, 2]], [numberOf(1), flagOf(true), flagOf(true)]],
  ['prod', [[2, 2, 2]], [numbersOf(-1, 0)]],
  ['batchNorm', [[2, 3], [3], [3]], []],
  ['batchNorm', [[2, 3], [3], [3], [3], [3]], []],
  ['linalg.bandPart', [[3, 4]], [numberOf(1), numberOf(-1)]],
  ['linalg.bandPart', [[2, 3, 3]], [numberOf(0), numberOf(1)]],
  ['split', [[3]], [numberOf(1)]],
  ['unstack', [[3, 1]], [numberOf(1)]],
  ['tile', [[]], [numbersOf()]],
  [
    'conv1d',
    [
      [1, 6, 2],
      [2, 2, 3],
    ],
    [numberOf(1), textOf('same'), textOf('NWC'), numberOf(2)],
  ],
  [
    'conv2d',
    [
      [1, 5, 5, 1],
      [2, 2, 1, 2],
    ],
    [numberOf(1), textOf('valid'), textOf('NHWC'), numbersOf(2, 3)],
  ],
  [
    'conv3d',
    [
      [1, 3, 4, 3, 1],
      [2, 2, 1, 1, 1],
    ],
    [numberOf(1), textOf('same'), textOf('NDHWC'), numberOf(2)],
  ],
  [
    'depthwiseConv2d',
    [
      [1, 4, 4, 2],
      [2, 2, 2, 1],
    ],
    [numberOf(1), textOf('same'), textOf('NHWC'), numberOf(2)],
  ],
];

function numberOf(number: number): Arg<number> {
  return { kind: 'number', number };
}
function numbersOf(...numbers: number[]): Arg<number> {
  return { kind: 'numbers', numbers };
}
function textOf(text: string): Arg<number> {
  return { kind: 'text', text };
}
function flagOf(flag: boolean): Arg<number> {
  return { kind: 'flag', flag };
}

test.each(repaired)(
  '%s %j: the gradient is that of differences, the value that of the op',
  (op, shapes, more) => {
    const inputs = shapes.map((shape) => tensorMeta('float32', shape));
    const first = inputs.length;
    const node = {
      kind: 'op',
      op,
      args: [...inputs.map((_, tensor): Arg<number> => ({ kind: 'tensor', tensor })), ...more],
      outputs: 1,
      salted: false,
    } as const;
    const on = (name: string, ...tensors: number[]) =>
      ({
        ...node,
        op: name,
        args: tensors.map((tensor) => ({ kind: 'tensor', tensor }) as const),
      }) as const;
    // Cosines, so that not all of a sum have the same gradient.
    const inner: Plan = {
      name: '',
      inputs,
      constants: [],
      plans: [],
      nodes: [node, on('sin', first), on('sum', first + 1)],
      outputs: [first + 2, first],
    };
    tf.tidy(() => {
      const values = shapes.map((shape, at) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const each = Array.from(
          { length: size },
          (_, place) => 0.3 + 0.05 * at + ((place * 7 + 3 * at) % 11) / 9,
        );
        return tf.tensor(each, shape);
      });
      shapes.forEach((_, by) => {
        const plan: Plan = {
          ...inner,
          plans: [inner],
          nodes: [
            { kind: 'grads', plan: 0, args: inputs.map((_, at) => at), wrt: [by], dy: undefined },
          ],
          outputs: [first + 1, first + 2],
        };
        expect(refusalOf(plan)).toBeUndefined();
        const [value, gradient] = runPlanLocally(plan, values, 0);
        const [, plain] = runPlanLocally(inner, values, 0);
        expect(value?.shape).toEqual(plain?.shape);
        const [mine, own] = [value, plain].map((each) => Array.from(each?.dataSync() ?? []));
        own?.forEach((each, at) => {
          expect(mine?.[at]).toBeCloseTo(each, 4);
        });
        const expected = numericGradient(
          (x) =>
            runPlanLocally(
              inner,
              values.map((each, at) => (at === by ? x : each)),
              0,
            )[0] as tf.Tensor,
          values[by] as tf.Tensor,
        );
        const given = Array.from(gradient?.dataSync() ?? []);
        expect(given).toHaveLength(expected.length);
        expected.forEach((each, at) => {
          expect(Math.abs((given[at] ?? Number.NaN) - each)).toBeLessThan(
            0.02 * (1 + Math.abs(each)),
          );
        });
      });
    });
  },
);
