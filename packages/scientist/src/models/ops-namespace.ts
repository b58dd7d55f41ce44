/** The ops that layers are written in: the same code runs on pointers, inside a plan, and on local tensors. */

import type { RemoteTf } from '@duet/ops';
import { limits } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../pointer';

/** `duet.tf`, or the local tfjs seen through the same type: a layer does not know which. */
export type Ops = RemoteTf<Pointer>;

/**
 * The local tfjs as an `Ops`. What it takes and returns are tensors of tfjs, which are the caller's to dispose: call it inside
 * `tf.tidy`.
 */
export const localOps = tf as unknown as Ops;

/** A tensor of the local tfjs, for `localOps`. */
export function asPointer(tensor: tf.Tensor): Pointer {
  return tensor as unknown as Pointer;
}

/** A result of `localOps`, which is a tensor of tfjs. */
export function asTensor(pointer: Pointer): tf.Tensor {
  return pointer as unknown as tf.Tensor;
}

/** Stacks any number of values along a new axis: one op takes only so many. */
export function stackAll(ops: Ops, values: readonly Pointer[], axis: number): Pointer {
  return joinAll(
    values,
    (some) => ops.stack(some, axis),
    (parts) => ops.concat(parts, axis),
  );
}

/** Joins any number of values along an axis. */
export function concatAll(ops: Ops, values: readonly Pointer[], axis: number): Pointer {
  const join = (some: Pointer[]) => ops.concat(some, axis);
  return joinAll(values, join, join);
}

function joinAll(
  values: readonly Pointer[],
  first: (some: Pointer[]) => Pointer,
  again: (parts: Pointer[]) => Pointer,
): Pointer {
  let parts = chunked(values).map(first);
  while (parts.length > 1) parts = chunked(parts).map(again);
  const [only] = parts;
  if (only === undefined) throw new Error('There is nothing to join.');
  return only;
}

function chunked<T>(values: readonly T[]): T[][] {
  const count = Math.ceil(values.length / limits.operands);
  return Array.from({ length: count }, (_, at) =>
    values.slice(at * limits.operands, (at + 1) * limits.operands),
  );
}
