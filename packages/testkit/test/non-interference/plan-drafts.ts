/** Random plans and training runs: values, gradients, loops, and outputs that depend on some of the inputs. */

import type { Plan, Ref, TensorValue } from '@duet/protocol';
import fc from 'fast-check';
import { float, floats, ints, node, own, plan, published, type train } from '../words';

export type Given = Ref | TensorValue;

/** A plan that is defined and called twice, its own outputs among the inputs of the second call. */
export interface PlanDraft {
  readonly kind: 'plan';
  readonly graph: Plan;
  readonly args: readonly Given[];
}

export interface TrainDraft {
  readonly kind: 'train';
  readonly graph: Plan;
  readonly options: Parameters<typeof train>[2];
  readonly cancel: boolean;
}

const smooth = fc.constantFrom('square', 'exp', 'tanh', 'sqrt', 'log', 'relu');
/** Something made before, most often of another shape. */
const any = fc.nat(29).map((index) => own(index + 1));
const rows = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(published(1), published(5)) },
  { weight: 1, arbitrary: any },
);
const row = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Given>(published(6), floats([1, 2, 3])) },
  { weight: 1, arbitrary: any },
);
const pair = [float(4, 3), float(3)];

const graph: fc.Arbitrary<Plan> = fc
  .tuple(
    smooth,
    smooth,
    fc.constantFrom('add', 'mul', 'div', 'maximum'),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([one, other, both, count]) => {
    const value = plan(pair, [node(both, 0, 1), node(one, 2), node('mean', 3)], [4]);
    const round = plan(
      [float(3), float(4, 3), ints([0], []).meta],
      [node('mean', 1, [0]), node(other, 3), node('add', 0, 4), node('sum', 5)],
      [5, 6],
    );
    return plan(
      pair,
      [
        node(other, 1),
        node('sum', 0),
        { kind: 'grads', plan: 0, args: [0, 1], wrt: [0, 1], dy: undefined },
        { kind: 'loop', plan: 1, count, carried: [1], fixed: [0] },
      ],
      [2, 3, 4, 5, 6, 7, 8, 1],
      { plans: [value, round] },
    );
  });

export const planned: fc.Arbitrary<PlanDraft> = fc
  .tuple(graph, rows, row)
  .map(([made, ...args]) => ({ kind: 'plan', graph: made, args }));

/** (w [3], X [2, 3], i [2], c) → (w less c times a gradient, mean of that, mean of X at i). */
const stepOf = (op: string, size = 2): Plan =>
  plan(
    [float(3), float(size, 3), ints([0], [size]).meta, float()],
    [
      { kind: 'grads', plan: 0, args: [1, 0], wrt: [1], dy: undefined },
      node('mul', 5, 3),
      node('sub', 0, 6),
      node('gather', 1, 2),
      node('mean', 8),
    ],
    [7, 4, 9],
    {
      name: op,
      plans: [
        plan([float(size, 3), float(3)], [node('mul', 0, 1), node(op, 2), node('mean', 3)], [4]),
      ],
    },
  );

export const trained: fc.Arbitrary<TrainDraft> = fc
  .record({
    op: smooth,
    state: row,
    on: rows,
    fixed: fc.constantFrom<Given>(published(4), floats([0.1], [])),
    indices: fc.constantFrom<Given>(published(2), ints([0, 1, 0, 1])),
    epochs: fc.integer({ min: 1, max: 2 }),
    shuffle: fc.boolean(),
    reportEvery: fc.nat(2),
    checkpointEvery: fc.nat(2),
    progressEvery: fc.integer({ min: 1, max: 3 }),
    cancel: fc.boolean(),
  })
  .map(({ op, state, on, fixed, indices, cancel, ...options }) => ({
    kind: 'train',
    graph: stepOf(op),
    options: {
      ...options,
      state: [state],
      data: [on, indices],
      fixed: [fixed],
      batchSize: 2,
      seed: 5,
    },
    cancel,
  }));
