/** Plans and ops on the caller's own tfjs: for mocks, and to see what it does before it is sent. */

import { type Arg, DuetError, type Plan } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import { allKernels } from './dispatch';
import { underTape } from './gradients';
import { loadPlan, unloadPlan } from './plan-program';
import { runProgram, toEnd } from './plan-runner';

/**
 * Runs a plan that was validated with `inferPlan` at once, on tensors that stay the caller's, and gives its outputs, which the
 * caller disposes (or a `tf.tidy` around it). `salt` is that of the call; 0 uses seeds as they are written. Inside tfjs's own
 * gradient functions the run is recorded as any other op. Throws DuetError `bad-argument` for the wrong number of inputs, and
 * what an op of tfjs throws; then nothing is left.
 */
export function runPlanLocally(
  plan: Plan,
  inputs: readonly tf.Tensor[],
  salt: number,
): tf.Tensor[] {
  if (inputs.length !== plan.inputs.length) {
    throw new DuetError('bad-argument', {
      detail: `The plan takes ${plan.inputs.length} inputs, not ${inputs.length}.`,
    });
  }
  // What a tape has seen is freed by the scope that belongs to it.
  const taped = underTape();
  const program = loadPlan(plan, !taped);
  try {
    // Without a listener for failures none of its values is poison.
    return toEnd(
      runProgram(program, inputs, salt, { keep: false, taped, scoped: taped }),
    ) as tf.Tensor[];
  } finally {
    if (!taped) unloadPlan(program);
  }
}

/**
 * Runs one op of the table at once, on tensors that stay the caller's, and gives its outputs in the order of its form, which
 * the caller disposes. Throws DuetError `unsupported-op` for what may not be called, and what tfjs throws.
 */
export function runOpLocally(op: string, args: readonly Arg<tf.Tensor>[]): tf.Tensor[] {
  const kernel = allKernels().get(op);
  if (kernel === undefined) throw new DuetError('unsupported-op');
  return kernel.run(args);
}
