/** Values of virtual workers that come to the page. */

import type { GetOptions, Pointer } from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import type { Handle } from './handle';
import type { Held, HeldPointer, HeldTensor } from './held';

/** A value with its gradient, null where there is none. The caller disposes both. */
export interface ValueAndGrad {
  readonly value: tf.Tensor;
  readonly grad: tf.Tensor | null;
}

/** Does a get take the object away from its worker? Never what the worker keeps as its own. */
export function removes({ published }: HeldTensor, { deleteObj = true }: GetOptions): boolean {
  return published === undefined && deleteObj;
}

/** What is under way stays with the version that was current at the call. */
export async function take<R>(
  handle: Handle,
  doing: string,
  options: GetOptions,
  get: (pointer: Pointer, options: GetOptions) => Promise<R>,
): Promise<R> {
  const { held, user } = handle.tensor(doing);
  held.checkStill(doing);
  const deleteObj = removes(held, options);
  const value = await get(held.pointerOf(user), { ...options, deleteObj });
  if (deleteObj) taken(handle, held);
  return value;
}

/** With the gradient, which leaves by the same options. */
export async function takeWithGrad(
  handle: Handle,
  doing: string,
  options: GetOptions,
): Promise<ValueAndGrad> {
  const { held, user } = handle.tensor(doing);
  const { grad } = held;
  held.checkStill(doing);
  grad?.checkStill(doing);
  const copy = { ...options, deleteObj: false };
  const [value, gradient] = await Promise.allSettled([
    held.pointerOf(user).get(copy),
    grad?.pointerOf(user).get(copy) ?? null,
  ]);
  if (value.status === 'fulfilled' && gradient.status === 'fulfilled') {
    if (removes(held, options)) taken(handle, held);
    return { value: value.value, grad: gradient.value };
  }
  for (const each of [value, gradient]) {
    if (each.status === 'fulfilled') each.value?.dispose();
  }
  throw value.status === 'rejected' ? value.reason : (gradient as PromiseRejectedResult).reason;
}

/** The object is here now, and not at its worker any more. */
export function taken(handle: Handle, held: HeldTensor): void {
  handle.disown();
  held.holder.drop(held, 'disposed', 'was taken by get(); getCopy() keeps it');
}

/** Takes a stored pointer out of its worker. */
export function unchain(
  handle: Handle,
  held: HeldPointer,
): { readonly to: Held; readonly owns: boolean } {
  const { to, owns } = held;
  to.checkUsable();
  handle.disown();
  held.owns = false;
  held.holder.drop(held, 'disposed', 'was taken by get()');
  return { to, owns };
}
