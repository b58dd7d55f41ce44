/** Calls of real tfjs with the arguments of the wire, as an engine would make them. */

import { type Arg, mapArg, type TensorMeta, tensorMeta } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { largestIndex, type OpSpec, type TensorFact, unbindArgs } from '../src';

export { tf };

/** Quiet, and on the backend that is the same everywhere. */
export async function prepareTfjs(): Promise<void> {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
}

export type AnyFunction = (...args: unknown[]) => unknown;

export function resolveOp(name: string): AnyFunction | undefined {
  let found: unknown = tf;
  for (const step of name.split('.')) found = (found as Record<string, unknown>)[step];
  return typeof found === 'function' ? (found as AnyFunction) : undefined;
}

/** Values that break what can be broken by values. */
const nasty = [0, 1, -1, 2.5, Number.NaN, Infinity, -Infinity, 1e30, -7, 2 ** 31 - 1, -(2 ** 31)];

export function makeTensor(meta: TensorMeta, offset: number): tf.Tensor {
  const count = meta.shape.reduce((product, dimension) => product * dimension, 1);
  const shape = [...meta.shape];
  const value = (at: number) => nasty[(at * 7 + offset) % nasty.length] ?? 0;
  const values = Array.from({ length: count }, (_, at) => value(at));
  if (meta.dtype === 'complex64') {
    const part = Float32Array.from(values);
    return tf.complex(tf.tensor(part, shape), tf.tensor(part, shape));
  }
  if (meta.dtype === 'string') {
    return tf.tensor(
      values.map((each) => `${each}é`),
      shape,
      'string',
    );
  }
  if (meta.dtype === 'int32') return tf.tensor(Int32Array.from(values), shape, 'int32');
  if (meta.dtype === 'bool') {
    return tf.tensor(
      Uint8Array.from(values, (each) => (each > 0 ? 1 : 0)),
      shape,
      'bool',
    );
  }
  return tf.tensor(Float32Array.from(values), shape, 'float32');
}

/** Windows go by name on the wire, and are functions in tfjs. */
const windows: Readonly<Record<string, unknown>> = {
  hannWindow: tf.signal.hannWindow,
  hammingWindow: tf.signal.hammingWindow,
};

/** The tensors that a call of tfjs gives, in the order of the op's form; rejects with what tfjs throws. */
export async function callTfjs(
  spec: OpSpec,
  args: readonly Arg<TensorFact>[],
  offset: number,
): Promise<TensorMeta[]> {
  const run = resolveOp(spec.name);
  if (run === undefined) throw new Error(`tfjs has no ${spec.name}.`);
  tf.engine().startScope();
  try {
    let seen = offset;
    const tensors = args.map((arg) => mapArg(arg, ({ meta }) => makeTensor(meta, seen++)));
    for (const clamp of spec.clamps) {
      const indices = tensors[clamp.indices];
      if (indices?.kind !== 'tensor') continue;
      const most = largestIndex(clamp, tensors, (tensor) => tensor.shape);
      tensors[clamp.indices] = {
        kind: 'tensor',
        tensor: tf.clipByValue(indices.tensor, 0, most),
      };
    }
    // What becomes of an entry out of range is the engine's own test; tfjs may fail for it.
    for (const at of spec.guard?.indices ?? []) {
      const indices = tensors[at];
      if (indices?.kind !== 'tensor') continue;
      tensors[at] = { kind: 'tensor', tensor: tf.zerosLike(indices.tensor) };
    }
    const given = unbindArgs(spec, tensors).map((each) =>
      typeof each === 'string' ? (windows[each] ?? each) : each,
    );
    const result = await run(...given);
    return resultTensors(spec, result).map((each) => tensorMeta(each.dtype, each.shape));
  } finally {
    tf.engine().endScope();
  }
}

function resultTensors(spec: OpSpec, result: unknown): tf.Tensor[] {
  const { form } = spec;
  if (form.kind === 'single') return [result as tf.Tensor];
  if (form.kind === 'fields') {
    return form.fields.map((field) => (result as Record<string, tf.Tensor>)[field] as tf.Tensor);
  }
  return result as tf.Tensor[];
}
