/** Functions recorded once, as plain data that runs on the owner's side, on local tensors and on mocks. */

import { runPlanLocally } from '@duet/engine';
import { checkInputs, describePlan, planHash } from '@duet/ops';
import {
  checkMeta,
  type DType,
  DuetError,
  decodePlan,
  encodePlan,
  limits,
  type Plan,
  type TensorMeta,
  tensorMeta,
} from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import type { Given } from './given';
import type { Definition } from './plan-calls';
import { type Composed, isValue, type Planner } from './planner';
import { Pointer } from './pointer';
import { drawSeed } from './recorder';
import { listOf, rebuild } from './structure';
import type { TensorLike } from './variables';
import { ownText } from './words';

/** What an input is: its shape, and its dtype (float32 where it is left out). */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: DType;
}

/** A spec, or an example of which the shape and dtype are taken. */
export type PlanInput = InputSpec | Pointer | tf.Tensor;

export interface PlanOptions {
  /** What the owner reads. Up to 64 characters. */
  readonly name?: string;
}

export interface PlanCallOptions {
  /**
   * Mixed into the seeds of random ops that were recorded without one: the same number gives the same draws. A whole number
   * from 1 to 2³² − 1; drawn where it is left out.
   */
  readonly salt?: number;
}

/** What a recorded function may return. */
export type PlanResult =
  | Pointer
  | tf.Tensor
  | number
  | boolean
  | null
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that only assigns variables returns nothing.
  | void
  | readonly PlanResult[]
  | { readonly [name: string]: PlanResult };

/** The same with `T` for each value. */
export type Returned<R, T> = R extends Pointer | tf.Tensor | number | boolean
  ? T
  : R extends null
    ? null
    : R extends void
      ? undefined
      : { -readonly [K in keyof R]: Returned<R[K], T> };

/** A function that was recorded. It belongs to its duet, and lives until it is disposed or the duet ends. */
export class RemotePlan<R = Pointer | Pointer[]> {
  readonly name: string;
  /** The graph as plain data: the declared inputs, then the captured ones. */
  readonly graph: Plan;
  /** What it takes. */
  readonly inputs: readonly TensorMeta[];
  /** What else it takes, which a call looks up by itself: pointers, variables and local values that the function used. */
  readonly captures: readonly TensorMeta[];
  /** What the function returns, flattened in its order. */
  readonly outputs: readonly TensorMeta[];
  readonly #planner: Planner;
  readonly #composed: Composed;
  readonly #definition: Definition;
  #disposed = false;

  /** Made by `duet.plan` and `duet.planFromBytes`. */
  constructor(planner: Planner, composed: Composed) {
    const { plan, captures, results } = composed;
    this.#planner = planner;
    this.#composed = composed;
    this.#definition = planner.calls.define(plan);
    this.name = plan.name;
    this.graph = plan;
    const declared = plan.inputs.length - captures.length;
    this.inputs = plan.inputs.slice(0, declared);
    this.captures = plan.inputs.slice(declared);
    this.outputs = this.#definition.facts.outputs.slice(0, results);
  }

  /**
   * Runs it on the owner's side, with one message, and gives pointers in the form in which the function returned them; inside
   * a recording it becomes a part of that plan. The first call sends the plan ahead. Variables that it assigns have their new
   * version at once. Throws `bad-argument` for arguments that do not fit, `disposed` where it, or what it captured, was.
   */
  call(...args: readonly TensorLike[]): Returned<R, Pointer> {
    return this.callWith({}, ...args);
  }

  /** As call, with options. */
  callWith({ salt }: PlanCallOptions, ...args: readonly TensorLike[]): Returned<R, Pointer> {
    this.#checkUsable();
    const given = args.map((arg, at) => this.#given(arg, at));
    this.#checkArgs(given.map(metaOfArg));
    const result =
      this.#planner.tracer.current === undefined
        ? this.#planner.call(this.#composed, this.#definition, given, saltOf(salt))
        : this.#planner.callInside(this.#composed, this.#definition, given);
    return result as Returned<R, Pointer>;
  }

  /**
   * Runs it here, on the local tfjs: first the inputs, then a tensor for each capture. The results are the caller's to dispose,
   * the arguments stay the caller's. Variables are not touched: what would be assigned is not given.
   */
  run(...tensors: readonly tf.Tensor[]): Returned<R, tf.Tensor> {
    return this.runWith({}, ...tensors);
  }

  /** As run, with options. */
  runWith({ salt }: PlanCallOptions, ...tensors: readonly tf.Tensor[]): Returned<R, tf.Tensor> {
    checkInputs(
      this.graph,
      tensors.map(({ dtype, shape }) => tensorMeta(dtype, shape)),
    );
    const { results, structure } = this.#composed;
    const outputs = runPlanLocally(this.graph, [...tensors], saltOf(salt) ?? drawSeed());
    for (const tensor of outputs.slice(results)) tensor.dispose();
    return rebuild(structure, outputs.slice(0, results)) as Returned<R, tf.Tensor>;
  }

  /** What it does, in words, a line for each node: as the owner reads it. */
  describe(): string {
    return describePlan(this.graph).join('\n');
  }

  /** SHA-256 of the graph, in hex: the same for the same graph. */
  hash(): Promise<string> {
    return planHash(this.graph);
  }

  /** The graph alone. What it captured becomes further inputs, what it assigned further outputs. */
  toBytes(): Uint8Array {
    return encodePlan(this.graph);
  }

  /** The owner's side lets go of it. Calls under way end as they would. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#planner.calls.release(this.#definition);
  }

  #checkUsable(): void {
    if (!this.#disposed) return;
    throw new DuetError('disposed', { detail: `The plan “${this.name}” was disposed.` });
  }

  #given(arg: TensorLike, at: number): Given {
    return this.#planner.recorder.given(arg, `The plan “${this.name}”`, this.inputs[at]?.dtype);
  }

  #checkArgs(metas: readonly TensorMeta[]): void {
    checkInputs({ ...this.graph, inputs: this.inputs }, metas);
  }
}

/** The plan of a function. Throws what the function throws, and what the checks of the plan find. */
export function recordPlan<R>(
  planner: Planner,
  fn: (...inputs: Pointer[]) => R,
  inputs: readonly PlanInput[],
  options: PlanOptions,
): RemotePlan<R> {
  const name = ownText(options.name ?? '', limits.nameChars, 'The name');
  const declared = inputs.map((input) => ({ meta: metaOfInput(input) }));
  const traced = planner.trace(declared, fn);
  if (traced.outputs.length === 0) {
    throw new DuetError('bad-argument', {
      detail: 'The recorded function returns nothing and assigns nothing.',
    });
  }
  return new RemotePlan<R>(planner, planner.compose(traced, name));
}

/** A plan from its bytes. Throws `bad-message` for other bytes, and what the checks of the plan find. */
export function readPlan(planner: Planner, bytes: Uint8Array): RemotePlan {
  const plan = decodePlan(bytes);
  const results = plan.outputs.length;
  return new RemotePlan(planner, {
    plan,
    captures: [],
    structure: listOf(results),
    results,
    assigned: [],
    effects: [],
  });
}

function metaOfInput(input: PlanInput): TensorMeta {
  if (!(input instanceof Pointer) && !isValue(input)) {
    const { shape, dtype = 'float32' } = input;
    const meta = tensorMeta(dtype, [...shape]);
    checkMeta(meta);
    return meta;
  }
  return tensorMeta(input.dtype ?? 'float32', input.shape);
}

function metaOfArg(given: Given): TensorMeta {
  if (given.kind === 'variable') return tensorMeta(given.variable.dtype, given.variable.shape);
  return given.kind === 'live' ? given.meta : given.value.meta;
}

function saltOf(salt: number | undefined): number | undefined {
  if (salt === undefined) return undefined;
  if (Number.isInteger(salt) && salt >= 1 && salt < 2 ** 32) return salt;
  throw new DuetError('bad-argument', {
    detail: 'A salt is a whole number from 1 to 2³² − 1.',
  });
}
