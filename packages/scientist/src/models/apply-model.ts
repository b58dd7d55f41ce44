/** A model as ops: on pointers, which a plan records, or on local tensors. */

import { DuetError } from '@duet/protocol';
import type { Pointer } from '../pointer';
import type { ModelGraph, ModelPort } from './graph';
import type { Run } from './layer';
import type { Ops } from './ops-namespace';
import { runGraph } from './run-graph';

export interface ApplyOptions {
  /** Default false. */
  readonly training?: boolean;
}

export interface Applied {
  /** In the order of the model's outputs. */
  readonly outputs: readonly Pointer[];
  /** New values of weights that are not trained, by their place in the weights: moving means and variances, in training only. */
  readonly updates: ReadonlyMap<number, Pointer>;
}

/**
 * Runs a model by ops. `weights` are in the order of `model.weights`, `inputs` in the order of its inputs, each with the batch as
 * its first axis; nothing of them is disposed. On local tensors call it inside `tf.tidy`. Throws `bad-argument` where inputs or
 * weights do not fit, and what the ops throw.
 */
export function applyModel(
  model: ModelGraph,
  ops: Ops,
  weights: readonly Pointer[],
  inputs: readonly Pointer[],
  { training = false }: ApplyOptions = {},
): Applied {
  checkWeights(model, weights);
  checkPorts(model, inputs, model.inputs, 'input');
  const updates = new Map<number, Pointer>();
  const run: Run = {
    ops,
    training,
    weight: (index) => need(updates.get(index) ?? weights[index]),
    update: (index, value) => {
      updates.set(index, value);
    },
  };
  return { outputs: runGraph(run, model.graph, inputs), updates };
}

/** As tfjs's `fit` and `predict` take data: one number for each example gets an axis of its own. */
export function atLeastRank2(ops: Ops, values: readonly Pointer[]): Pointer[] {
  return values.map((value) => (value.rank === 1 ? ops.expandDims(value, 1) : value));
}

function need(weight: Pointer | undefined): Pointer {
  if (weight === undefined) throw new Error('A model has fewer weights than its layers.');
  return weight;
}

function checkWeights(model: ModelGraph, weights: readonly Pointer[]): void {
  if (weights.length !== model.weights.length) {
    throw new DuetError('bad-argument', {
      detail: `Model ${model.name} has ${model.weights.length} weights, not ${weights.length}.`,
    });
  }
  for (const [at, { name, shape }] of model.weights.entries()) {
    const given = weights[at]?.shape ?? [];
    if (given.length === shape.length && shape.every((length, axis) => length === given[axis])) {
      continue;
    }
    throw new DuetError('bad-argument', {
      detail: `Weight ${name} must have shape [${shape.join(', ')}], not [${given.join(', ')}].`,
    });
  }
}

/** Throws `bad-argument` unless there is one value for each port, of its shape but for what is null there. */
export function checkPorts(
  model: ModelGraph,
  values: readonly Pointer[],
  ports: readonly ModelPort[],
  what: string,
): void {
  if (values.length !== ports.length) {
    throw new DuetError('bad-argument', {
      detail: `Model ${model.name} has ${ports.length} ${what}s, not ${values.length}.`,
    });
  }
  for (const [at, { name, shape }] of ports.entries()) {
    const given = values[at]?.shape ?? [];
    const fits =
      given.length === shape.length &&
      shape.every((length, axis) => length === null || length === given[axis]);
    if (fits) continue;
    const wanted = shape.map((length) => length ?? 'any').join(', ');
    throw new DuetError('bad-argument', {
      detail: `The ${what} ${name} of model ${model.name} must have shape [${wanted}], not [${given.join(', ')}].`,
    });
  }
}
