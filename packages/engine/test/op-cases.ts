/** Sample calls of every allowed op with values to go with them, and the same call made of tfjs directly. */

import { inferCall, type OpSpec, type TensorFact, unbindArgs } from '@duet/ops';
import {
  type Arg,
  elementCount,
  encodeStrings,
  isDuetError,
  mapArg,
  type TensorMeta,
  type TensorValue,
  tensorsOf,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { callOf } from '../../ops/test/calls';
import { valueToTensor } from '../src';
import { allKernels } from '../src/dispatch';

export type OpCase = readonly Arg<TensorValue>[];

/** Above this a random call only takes time. */
const mostCost = 1e6;

/** The first `most` of some random calls that the rules accept and tfjs runs, always the same ones. */
export function opCases(spec: OpSpec, most: number, seed = 1): OpCase[] {
  const found: OpCase[] = [];
  for (const args of fc.sample(callOf(spec, true), { seed, numRuns: 6 * most })) {
    if (found.length === most) break;
    if (!isAccepted(spec, args)) continue;
    const values = new Filling();
    found.push(args.map((arg) => mapArg(arg, (fact) => values.next(fact))));
  }
  return found;
}

function isAccepted(spec: OpSpec, args: readonly Arg<TensorFact>[]): boolean {
  try {
    inferCall(spec, args, { opCost: mostCost });
    return true;
  } catch (error) {
    if (isDuetError(error)) return false;
    throw error;
  }
}

/** Values between 0.1 and 1.1, or small integers, none equal to its neighbour. */
class Filling {
  #at = 0;
  #real = 0;

  next({ meta, literal }: TensorFact): TensorValue {
    return literal ?? { meta, bytes: this.#bytes(meta) };
  }

  #bytes(meta: TensorMeta): Uint8Array {
    const count = elementCount(meta.shape);
    const draw = (): number => (this.#at++ * 7) % 11;
    // No two of one window are equal, and no row follows from the others.
    const real = (): number => {
      this.#real = (this.#real * 37 + 11) % 101;
      return this.#real / 101 + 0.1;
    };
    const list = <T>(each: () => T, length = count): T[] => Array.from({ length }, each);
    switch (meta.dtype) {
      case 'bool':
        return Uint8Array.from(list(() => draw() % 2));
      case 'int32':
        return new Uint8Array(Int32Array.from(list(() => draw() % 4)).buffer);
      case 'string':
        return encodeStrings(
          list(() => 'abcdefghijk'.charAt(draw())),
          meta.shape,
          meta.elementBytes,
        ).bytes;
      case 'float32':
        return new Uint8Array(Float32Array.from(list(real)).buffer);
      case 'complex64':
        return new Uint8Array(Float32Array.from(list(real, 2 * count)).buffer);
      default:
        return meta.dtype satisfies never;
    }
  }
}

/** The op on the page's own tfjs and its current backend. The caller disposes what it gives. */
export function runHere(spec: OpSpec, args: OpCase): tf.Tensor[] {
  const kernel = allKernels().get(spec.name);
  if (kernel === undefined) throw new Error(`${spec.name} has no kernel`);
  const given = args.map((arg) => mapArg(arg, (value) => valueToTensor(value)));
  try {
    return kernel.run(given);
  } finally {
    tf.dispose(tensorsOf(given));
  }
}

/** The op by its own name in tfjs, past all that the engine does around it. The caller disposes what it gives. */
export function runDirectly(spec: OpSpec, args: OpCase): tf.Tensor[] {
  const [first = '', second] = spec.name.split('.');
  const members = tf as unknown as Record<string, unknown>;
  const fn = (
    second === undefined ? members[first] : (members[first] as Record<string, unknown>)[second]
  ) as (...args: unknown[]) => unknown;
  const given = args.map((arg) => mapArg(arg, (value) => valueToTensor(value)));
  try {
    const result = fn(...unbindArgs(spec, given));
    if (result instanceof Promise) throw new Error(`${spec.name} gives a promise`);
    const tensors =
      result instanceof tf.Tensor
        ? [result]
        : spec.form.kind === 'fields'
          ? spec.form.fields.map((field) => (result as Record<string, tf.Tensor>)[field])
          : (result as tf.Tensor[]);
    // Some give back what they were given.
    return tensors.map((tensor) => tf.clone(tensor as tf.Tensor));
  } finally {
    tf.dispose(tensorsOf(given));
  }
}
