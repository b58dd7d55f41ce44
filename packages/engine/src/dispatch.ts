/** From the names of the op table to tfjs's functions. The only way by which a step reaches tfjs. */

import { allowedOps, largestIndex, type OpSpec, unbindArgs } from '@duet/ops';
import { type Arg, DuetError, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { compositions } from './compositions';
import { differentiable } from './differentiable';
import { underTape } from './gradients';
import { guards } from './guards';

type TfFunction = (...args: readonly unknown[]) => unknown;

// The rules of the op table have checked the arguments against the op's own parameters.
const guardOf = new Map(Object.entries(guards)) as ReadonlyMap<
  string,
  (...args: readonly unknown[]) => readonly unknown[]
>;
const compositionOf = new Map(Object.entries(compositions)) as ReadonlyMap<string, TfFunction>;

export interface Kernel {
  readonly spec: OpSpec;
  /**
   * Runs the op. Outputs in the order of the spec's form, each a tensor of its own that the caller disposes; what the op
   * needed meanwhile is gone, also when it throws. The arguments stay the caller's.
   */
  readonly run: (args: readonly Arg<tf.Tensor>[]) => tf.Tensor[];
  /** The same in a scope of the caller's, which takes what is left of an op that throws. */
  readonly runInScope: (args: readonly Arg<tf.Tensor>[]) => tf.Tensor[];
}

/** Everything that tfjs exports, members of its namespaces included: `matMul`, `image.resizeBilinear`. */
export function tfNames(): string[] {
  return Object.entries(tf).flatMap(([name, member]) =>
    typeof member === 'object' && member !== null
      ? [name, ...Object.keys(member).map((inner) => `${name}.${inner}`)]
      : [name],
  );
}

/** The methods that tfjs gives its tensors. */
export function tensorMethodNames(): string[] {
  return Object.getOwnPropertyNames(tf.Tensor.prototype).filter((name) => name !== 'constructor');
}

/** Walks tfjs by a name of the table, never by a string of the other side's. */
function resolve(name: string): TfFunction {
  let at: unknown = tf;
  for (const part of name.split('.')) {
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, part)
        ? (at as Record<string, unknown>)[part]
        : undefined;
  }
  if (typeof at !== 'function') {
    throw new DuetError('internal', { detail: `tfjs has no op ${name}.` });
  }
  return at as TfFunction;
}

/** The tensors of a result in the order of the spec's form. */
function resultTensors({ name, form }: OpSpec, result: unknown): tf.Tensor[] {
  const found: unknown[] =
    form.kind === 'single'
      ? [result]
      : form.kind === 'fields'
        ? form.fields.map((field) => (result as Record<string, unknown>)[field])
        : (result as unknown[]);
  const tensors = found.filter((item): item is tf.Tensor => item instanceof tf.Tensor);
  if (tensors.length !== found.length) {
    throw new DuetError('internal', { detail: `${name} returned something that is no tensor.` });
  }
  return tensors;
}

/**
 * The arguments with every index moved into its axis. Which index is out of range depends on values, and backends differ in
 * what they do about it: cpu throws with the value in its text.
 */
function clampIndices(spec: OpSpec, args: readonly Arg<tf.Tensor>[]): Arg<tf.Tensor>[] {
  const clamped = [...args];
  for (const clamp of spec.clamps) {
    const indices = args[clamp.indices];
    if (indices?.kind !== 'tensor') continue;
    const largest = largestIndex(clamp, args, ({ shape }) => shape);
    clamped[clamp.indices] = { kind: 'tensor', tensor: tf.clipByValue(indices.tensor, 0, largest) };
  }
  return clamped;
}

/** The function that runs the op: tfjs's own, with its guard in front where it has one, or the engine's composition. */
function functionOf({ name }: OpSpec): TfFunction {
  const composed = compositionOf.get(name);
  if (composed !== undefined) return composed;
  const own = withGradient(name, resolve(name));
  const guard = guardOf.get(name);
  return guard === undefined ? own : (...args) => own(...guard(...args));
}

/** While tfjs records for gradients, the form of the op whose gradient is right, where that is another one. */
function withGradient(name: string, own: TfFunction): TfFunction {
  const form = differentiable.get(name) as TfFunction | undefined;
  return form === undefined ? own : (...args) => (underTape() ? form : own)(...args);
}

/** tfjs's mark of a function that frees what it makes on the way. */
const ownScope = '__op';

/** Is it tfjs's function as it stands, with a scope of its own? */
function freesItself({ name, clamps }: OpSpec): boolean {
  const isPlain = !compositionOf.has(name) && !guardOf.has(name) && clamps.length === 0;
  return isPlain && resolve(name).name.endsWith(ownScope);
}

function kernelOf(spec: OpSpec): Kernel {
  const fn = functionOf(spec);
  const runInScope = (args: readonly Arg<tf.Tensor>[]): tf.Tensor[] => {
    const taken = new Set(tensorsOf(args));
    const result = fn(...unbindArgs(spec, clampIndices(spec, args)));
    return resultTensors(spec, result).map((tensor) => {
      // ensureShape and einsum may return their very input: two names for one tensor would be freed together.
      const own = taken.has(tensor) ? tensor.clone() : tensor;
      taken.add(own);
      return own;
    });
  };
  const run: Kernel['run'] = (args) => tf.tidy(() => runInScope(args));
  return { spec, run, runInScope: freesItself(spec) ? runInScope : run };
}

let kernels: ReadonlyMap<string, Kernel> | undefined;

/** One kernel for each allowed op, made at the first call. */
export function allKernels(): ReadonlyMap<string, Kernel> {
  kernels ??= new Map(allowedOps.map((spec) => [spec.name, kernelOf(spec)]));
  return kernels;
}
