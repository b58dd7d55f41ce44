/** Runs a plan node by node. */

import { findOp, innerSalt, saltedSeed } from '@duet/ops';
import {
  type Arg,
  DuetError,
  type GradsNode,
  type LoopNode,
  mapArg,
  type OpNode,
  type PlanNode,
  type Register,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { allKernels } from './dispatch';
import { withGradients } from './gradients';
import { type Program, valueCount } from './plan-program';

/** Stands for a value that could not be made. */
export const poison = Symbol('poison');

export type Held = tf.Tensor | typeof poison;

export interface RunMode {
  /**
   * Told of a node that failed; its outputs, and what depends on them, are poison then. Where absent, a failure is thrown
   * and ends the run.
   */
  readonly onFailure?: (op: string, error: unknown) => void;
  /** Keeps every value from scopes that others have open while the run waits. */
  readonly keep: boolean;
  /** tfjs records what is run: nothing is freed before its own scope ends. */
  readonly taped: boolean;
  /** The whole run is in a scope of its caller's, which takes what an op that fails leaves. */
  readonly scoped: boolean;
}

/** Yields wherever the run may wait, or be ended by `return()`. It then frees what it made. */
export type Running<T> = Generator<undefined, T, undefined>;

const taped: RunMode = { keep: false, taped: true, scoped: true };

/** Takes a run to its end at once. */
export function toEnd<T>(running: Running<T>): T {
  for (;;) {
    const { done, value } = running.next();
    if (done) return value;
  }
}

/** The same in a scope of tfjs's, for a run that is `scoped`. */
export function toEndInScope(running: Running<Held[]>): Held[] {
  let made: Held[] = [];
  tf.tidy(() => {
    made = toEnd(running);
    return made.filter((held) => held !== poison);
  });
  return made;
}

/**
 * Runs a plan on values that stay the caller's. Gives one value for each output, each a tensor of its own that the caller
 * disposes; what was made meanwhile is gone, also when it throws or is ended.
 */
export function* runProgram(
  program: Program,
  inputs: readonly Held[],
  salt: number,
  mode: RunMode,
): Running<Held[]> {
  const { plan, constants, freed } = program;
  if (inputs.length !== plan.inputs.length) {
    throw new DuetError('internal', {
      detail: `A plan with ${plan.inputs.length} inputs was given ${inputs.length}.`,
    });
  }
  const values: Held[] = [...inputs, ...constants];
  const firstMade = values.length;
  const free = (register: Register) => {
    if (!mode.taped) dispose(values[register]);
    values[register] = poison;
  };
  try {
    for (const [at, node] of plan.nodes.entries()) {
      for (const made of yield* runNode(program, node, values, partSalt(salt, at), mode)) {
        values.push(made);
      }
      freed[at]?.forEach(free);
      yield;
    }
    const outputs = takeOutputs(plan.outputs, values, firstMade, mode);
    for (const register of plan.outputs) if (register >= firstMade) values[register] = poison;
    return outputs;
  } finally {
    for (let register = firstMade; register < values.length; register++) free(register);
  }
}

/** A value that was made goes out itself; an input, a constant and one that goes out twice are copied. */
function takeOutputs(
  registers: readonly Register[],
  values: readonly Held[],
  firstMade: number,
  mode: RunMode,
): Held[] {
  const taken = new Set<Register>();
  const copies: Held[] = [];
  try {
    return registers.map((register) => {
      const value = values[register] ?? poison;
      if (value === poison) return poison;
      if (register >= firstMade && !taken.has(register)) {
        taken.add(register);
        return value;
      }
      const [copy = poison] = attempt('clone', 1, mode, () => [value.clone()]);
      copies.push(copy);
      return copy;
    });
  } catch (error) {
    if (!mode.taped) copies.forEach(dispose);
    throw error;
  }
}

function* runNode(
  program: Program,
  node: PlanNode,
  values: readonly Held[],
  salt: number,
  mode: RunMode,
): Running<readonly Held[]> {
  switch (node.kind) {
    case 'op':
      return runOp(node, values, salt, mode);
    case 'call':
      return yield* runProgram(innerOf(program, node), pick(values, node.args), salt, mode);
    case 'loop':
      return yield* runLoop(innerOf(program, node), node, values, salt, mode);
    case 'grads':
      return runGrads(program, node, values, salt, mode);
    default:
      return node satisfies never;
  }
}

function runOp(node: OpNode, values: readonly Held[], salt: number, mode: RunMode): Held[] {
  let whole = true;
  const args = node.args.map((arg) =>
    mapArg(arg, (register) => {
      const value = values[register] ?? poison;
      if (value === poison) whole = false;
      return value;
    }),
  );
  if (!whole) return poisons(node.outputs);
  return attempt(node.op, node.outputs, mode, () => {
    const kernel = allKernels().get(node.op);
    if (kernel === undefined) throw new DuetError('unsupported-op');
    const given = args as Arg<tf.Tensor>[];
    const run = mode.scoped ? kernel.runInScope : kernel.run;
    return run(node.salted ? salted(node.op, given, salt) : given);
  });
}

/** The arguments with the seed mixed with the salt. */
function salted(
  op: string,
  args: readonly Arg<tf.Tensor>[],
  salt: number,
): readonly Arg<tf.Tensor>[] {
  if (salt === 0) return args;
  const place = findOp(op)?.params.findIndex(({ name }) => name === 'seed') ?? -1;
  return args.map((arg, at) =>
    at === place && arg.kind === 'number'
      ? { kind: 'number', number: saltedSeed(arg.number, salt) }
      : arg,
  );
}

/** What a round made is freed when the next one has taken it, and whatever was not given in the end. */
function* runLoop(
  inner: Program,
  { carried, fixed, count }: LoopNode,
  values: readonly Held[],
  salt: number,
  mode: RunMode,
): Running<Held[]> {
  const given = pick(values, fixed);
  let state: readonly Held[] = pick(values, carried);
  let owned: readonly Held[] = [];
  const collected: Held[][] = inner.plan.outputs.slice(carried.length).map(() => []);
  const stacked: Held[] = [];
  const free = (held: readonly Held[]) => {
    if (!mode.taped) held.forEach(dispose);
  };
  try {
    for (let round = 0; round < count; round++) {
      const number = attempt('scalar', 1, mode, () => [tf.scalar(round, 'int32')]);
      try {
        const inputs = [...state, ...given, ...number];
        const made = yield* runProgram(inner, inputs, partSalt(salt, round), mode);
        free(owned);
        state = made.slice(0, carried.length);
        owned = state;
        made.slice(carried.length).forEach((value, place) => {
          collected[place]?.push(value);
        });
      } finally {
        free(number);
      }
      yield;
    }
    for (const parts of collected) {
      stacked.push(...stack(parts, mode));
      free(parts.splice(0));
    }
    owned = [];
    return [...state, ...stacked.splice(0)];
  } finally {
    free(owned);
    free(stacked);
    collected.forEach(free);
  }
}

function stack(parts: readonly Held[], mode: RunMode): Held[] {
  const tensors = parts.filter((part) => part !== poison);
  if (tensors.length < parts.length) return [poison];
  return attempt('stack', 1, mode, () => [tf.stack(tensors)]);
}

function runGrads(
  program: Program,
  node: GradsNode,
  values: readonly Held[],
  salt: number,
  mode: RunMode,
): Held[] {
  const count = valueCount(program.plan, node);
  const given = pick(values, node.dy === undefined ? node.args : [...node.args, node.dy]);
  const tensors = given.filter((value) => value !== poison);
  if (tensors.length < given.length) return poisons(count);
  const inner = innerOf(program, node);
  return attempt('grads', count, mode, () =>
    withGradients(
      (args) => toEnd(runProgram(inner, args, salt, taped)) as tf.Tensor[],
      tensors.slice(0, node.args.length),
      node.wrt,
      node.dy === undefined ? undefined : tensors.at(-1),
    ),
  );
}

function innerOf({ plans }: Program, node: { readonly plan: number }): Program {
  const inner = plans[node.plan];
  if (inner === undefined) throw new DuetError('internal', { detail: `No plan ${node.plan}.` });
  return inner;
}

function pick(values: readonly Held[], registers: readonly Register[]): Held[] {
  return registers.map((register) => values[register] ?? poison);
}

/** A call without a salt uses every seed as it is written, also in the plans inside it. */
function partSalt(salt: number, part: number): number {
  return salt === 0 ? 0 : innerSalt(salt, part);
}

/** What `make` gives, so many tensors, or as many poisons where it fails. */
function attempt(
  op: string,
  count: number,
  { onFailure, keep }: RunMode,
  make: () => tf.Tensor[],
): Held[] {
  try {
    const made = make();
    if (made.length !== count) {
      tf.dispose(made);
      throw new DuetError('internal', {
        detail: `${op} returned ${made.length} tensors, not ${count}.`,
      });
    }
    return keep ? made.map((tensor) => tf.keep(tensor)) : made;
  } catch (error) {
    if (onFailure === undefined) throw error;
    onFailure(op, error);
    return poisons(count);
  }
}

export function poisons(count: number): Held[] {
  return Array.from({ length: count }, () => poison);
}

export function dispose(held: Held | undefined): void {
  if (held !== undefined && held !== poison) held.dispose();
}
