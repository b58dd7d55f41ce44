/** Tries on tfjs by which tensors of each allowed op it has a gradient, and a gradient of that. */

import { type Arg, mapArg } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { allKernels, type Kernel } from '../../engine/src/dispatch';
import { allowedOps, inferCall, type OpSpec, type TensorFact } from '../src';
import { callOf } from '../test/calls';

/** Random calls that are looked through for ones that fit; with fewer, rare ones have none. */
const draws = 400;
/** Calls that are tried before a tensor is taken to have no gradient: some attributes rule one out. */
const tries = 12;

export interface Gradients {
  readonly first: Readonly<Record<string, readonly string[]>>;
  readonly second: Readonly<Record<string, readonly string[]>>;
}

type Args = readonly Arg<TensorFact>[];

function sizes(shapes: readonly { readonly shape: readonly number[] }[]): boolean {
  return shapes.every(({ shape }) => !shape.includes(0));
}

function metasOf(args: Args) {
  return args.flatMap((arg) => {
    if (arg.kind === 'tensor') return [arg.tensor.meta];
    return arg.kind === 'tensors' ? arg.tensors.map(({ meta }) => meta) : [];
  });
}

/** Is every tensor of float32 that may be? */
function isFloat(spec: OpSpec, args: Args): boolean {
  return args.every((arg, at) => {
    const dtype = spec.params[at]?.dtype ?? 'float32';
    if (arg.kind === 'tensor') return arg.tensor.meta.dtype === dtype;
    return arg.kind !== 'tensors' || arg.tensors.every(({ meta }) => meta.dtype === dtype);
  });
}

/** Calls that the rules accept and that have something in every tensor; those of float32 alone come first. */
function sampleCalls(spec: OpSpec, complex: boolean): Args[] {
  const drawn = fc.sample(callOf(spec, complex), { seed: 20262, numRuns: draws });
  const fitting = drawn.filter((args) => {
    try {
      return sizes(inferCall(spec, args, { opCost: 1e6 }).outputs) && sizes(metasOf(args));
    } catch {
      return false;
    }
  });
  const [floats, others] = [true, false].map((wanted) =>
    fitting.filter((args) => isFloat(spec, args) === wanted),
  );
  return [...(floats ?? []), ...(others ?? [])];
}

/** Values that no op objects to: between 0 and 1, small whole numbers. */
function makeTensor({ meta }: TensorFact): tf.Tensor {
  const { dtype } = meta;
  const shape = [...meta.shape];
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const values = Array.from({ length: count }, (_, at) =>
    dtype === 'float32' ? 0.1 + ((at * 7) % 11) / 13 : at % 2,
  );
  if (dtype === 'string') return tf.tensor(values.map(String), shape, 'string');
  if (dtype !== 'complex64') return tf.tensor(values, shape, dtype);
  return tf.complex(tf.tensor(values, shape), tf.tensor(values, shape));
}

/** One number that depends on all that the op gives, so that all of the way back is gone. */
function summed(tensors: readonly tf.Tensor[]): tf.Scalar {
  const floats = tensors.filter(({ dtype }) => dtype === 'float32');
  const squares = (floats.length > 0 ? floats : tensors).map((each) =>
    tf.sum(tf.square(tf.cast(each, 'float32'))),
  );
  return tf.addN(squares) as tf.Scalar;
}

/** The op as a function of the tensors of one parameter. */
function asFunction(kernel: Kernel, args: readonly Arg<tf.Tensor>[], at: number) {
  return (...xs: tf.Tensor[]) => {
    const [x] = xs;
    const given = args.map((arg, index): Arg<tf.Tensor> => {
      if (index !== at || x === undefined) return arg;
      return arg.kind === 'tensors' ? { ...arg, tensors: xs } : { kind: 'tensor', tensor: x };
    });
    return summed(kernel.run(given));
  };
}

/** How often a gradient can be taken by the tensors at this position: 0, 1 or 2. */
function orderOf(kernel: Kernel, facts: Args, at: number): number {
  let order = 0;
  tf.tidy(() => {
    const args = facts.map((arg) => mapArg(arg, makeTensor));
    const arg = args[at];
    const xs = arg?.kind === 'tensor' ? [arg.tensor] : arg?.kind === 'tensors' ? arg.tensors : [];
    const f = asFunction(kernel, args, at);
    try {
      tf.grads(f)([...xs]);
      order = 1;
      tf.grads((...inner: tf.Tensor[]) => summed(tf.grads(f)(inner)))([...xs]);
      order = 2;
    } catch {
      // tfjs says which kernel has none; that it fails is all that is asked here.
    }
  });
  return order;
}

function bestOrder(kernel: Kernel, calls: readonly Args[], at: number): number {
  const given = calls.filter((args) => args[at]?.kind === 'tensor' || args[at]?.kind === 'tensors');
  let best = 0;
  for (const args of given.slice(0, tries)) {
    best = Math.max(best, orderOf(kernel, args, at));
    if (best === 2) break;
  }
  return best;
}

/** Runs on the cpu backend, which has every kernel. */
export async function findGradients(): Promise<Gradients> {
  await tf.setBackend('cpu');
  const first: [string, string[]][] = [];
  const second: [string, string[]][] = [];
  for (const spec of allowedOps) {
    const kernel = allKernels().get(spec.name);
    const takesTensors = spec.params.some(({ kind }) => kind.startsWith('tensor'));
    if (kernel === undefined || !takesTensors) continue;
    const plain = sampleCalls(spec, false);
    const calls = plain.length > 0 ? plain : sampleCalls(spec, true);
    if (calls.length === 0) throw new Error(`No random call of ${spec.name} fits.`);
    const orders = spec.params.map(({ name }, at) => [name, bestOrder(kernel, calls, at)] as const);
    const atLeast = (order: number) =>
      orders.flatMap(([name, reached]) => (reached >= order ? [name] : []));
    if (atLeast(1).length > 0) first.push([spec.name, atLeast(1)]);
    if (atLeast(2).length > 0) second.push([spec.name, atLeast(2)]);
  }
  return { first: Object.fromEntries(first), second: Object.fromEntries(second) };
}

function recordSource(name: string, words: string, all: Gradients['first']): string {
  const entries = Object.entries(all).map(([op, params]) => {
    const key = op.includes('.') ? `'${op}'` : op;
    return `  ${key}: [${params.map((param) => `'${param}'`).join(', ')}],\n`;
  });
  const type = 'Readonly<Record<string, readonly string[]>>';
  return `/** ${words} */\n// biome-ignore format: one line for each op.\nexport const ${name}: ${type} = {\n${entries.join('')}};\n`;
}

/** The text of src/gradients.generated.ts. */
export function gradientsSource({ first, second }: Gradients): string {
  return [
    '// Made by tools/generate.ts from what tfjs does; do not edit.\n\n',
    recordSource('firstGradients', 'The tensor parameters by which tfjs has a gradient.', first),
    '\n',
    recordSource('secondGradients', 'Those by which it has a gradient of the gradient.', second),
  ].join('');
}
