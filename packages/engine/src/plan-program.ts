/** A plan made ready to run: its constants as tensors, and what is needed no more after each of its nodes. */

import { DuetError, type Plan, type PlanNode, type Register, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { valueToTensor } from './tensor-value';

export interface Program {
  readonly plan: Plan;
  /** Of the program: freed by `unloadPlan`. */
  readonly constants: readonly tf.Tensor[];
  readonly plans: readonly Program[];
  /** For each node the values, made by it or before it, that neither a later node nor an output needs. */
  readonly freed: readonly (readonly Register[])[];
}

/** How many values a node gives. Throws DuetError `bad-argument` where it names a plan that is not there. */
export function valueCount(plan: Plan, node: PlanNode): number {
  if (node.kind === 'op') return node.outputs;
  const inner = plan.plans[node.plan];
  if (inner === undefined) {
    throw new DuetError('bad-argument', { detail: `There is no plan ${node.plan} in the plan.` });
  }
  return inner.outputs.length + (node.kind === 'grads' ? node.wrt.length : 0);
}

/** The values that a node takes. */
function takenBy(node: PlanNode): readonly Register[] {
  switch (node.kind) {
    case 'op':
      return tensorsOf(node.args);
    case 'call':
      return node.args;
    case 'loop':
      return [...node.carried, ...node.fixed];
    case 'grads':
      return node.dy === undefined ? node.args : [...node.args, node.dy];
    default:
      return node satisfies never;
  }
}

function lastUses(plan: Plan): Register[][] {
  const firstMade = plan.inputs.length + plan.constants.length;
  const last = new Map<Register, number>();
  let next = firstMade;
  plan.nodes.forEach((node, at) => {
    for (const register of takenBy(node)) if (register >= firstMade) last.set(register, at);
    const made = valueCount(plan, node);
    for (let each = 0; each < made; each++) last.set(next++, at);
  });
  for (const register of plan.outputs) last.delete(register);
  const freed: Register[][] = plan.nodes.map(() => []);
  for (const [register, at] of last) freed[at]?.push(register);
  return freed;
}

/**
 * Makes a plan ready. With `keep` no scope of the caller's takes its constants: they live until `unloadPlan`. Throws
 * `bad-tensor` for a constant whose bytes do not fit, and then nothing is left.
 */
export function loadPlan(plan: Plan, keep: boolean): Program {
  const constants: tf.Tensor[] = [];
  const plans: Program[] = [];
  try {
    const freed = lastUses(plan);
    for (const constant of plan.constants) {
      const tensor = valueToTensor(constant, { share: true });
      constants.push(keep ? tf.keep(tensor) : tensor);
    }
    for (const inner of plan.plans) plans.push(loadPlan(inner, keep));
    return { plan, constants, plans, freed };
  } catch (error) {
    tf.dispose(constants);
    plans.forEach(unloadPlan);
    throw error;
  }
}

export function unloadPlan({ constants, plans }: Program): void {
  for (const constant of constants) constant.dispose();
  plans.forEach(unloadPlan);
}
