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

/** The tensors that a call of tfjs gives, in the order of the op's form; throws what tfjs throws. */
export function callTfjs(
  spec: OpSpec,
  args: readonly Arg<TensorFact>[],
  offset: number,
): TensorMeta[] {
  const run = resolveOp(spec.name);
  if (run === undefined) throw new Error(`tfjs has no ${spec.name}.`);
  let metas: TensorMeta[] = [];
  tf.tidy(() => {
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
    const result = run(...unbindArgs(spec, tensors));
    metas = resultTensors(spec, result).map((each) => tensorMeta(each.dtype, each.shape));
  });
  return metas;
}

function resultTensors(spec: OpSpec, result: unknown): tf.Tensor[] {
  const { form } = spec;
  if (form.kind === 'single') return [result as tf.Tensor];
  if (form.kind === 'fields') {
    return form.fields.map((field) => (result as Record<string, tf.Tensor>)[field] as tf.Tensor);
  }
  return result as tf.Tensor[];
}
