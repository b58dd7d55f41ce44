/** Objects on their way from one virtual worker to another, through the gate of the one and as a value sent to the other. */

import { DuetError } from '@duet/protocol';
import type { GetOptions } from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import { cutGrad, requireGrad } from './autograd';
import type { Held, HeldPointer, HeldTensor } from './held';
import { Holder } from './holder';
import type { VirtualWorker } from './worker';

/** The page itself, as the place that a value is moved to. */
export const here: unique symbol = Symbol('here');

export interface MoveOptions extends Omit<GetOptions, 'deleteObj'> {
  /**
   * The gradient of what is computed from it there goes back to where it comes from. Default: for what requires a gradient
   * itself, whose gradient then is there; what was computed from others is a value as any after the move.
   */
  readonly requiresGrad?: boolean;
}

/** Throws `unsupported-op` for what is no virtual worker, as the session of a real owner. */
export function checkWorker(doing: string, to: unknown): VirtualWorker {
  if (
    typeof to === 'object' &&
    to !== null &&
    (to as { holder?: unknown }).holder instanceof Holder
  ) {
    return to as VirtualWorker;
  }
  throw new DuetError('unsupported-op', {
    detail: `${doing}: values go to a virtual worker only, and this is none.`,
    hint: 'What an owner holds leaves by their release alone: get() it, and send() it to the other.',
  });
}

/** Under the same id. Does nothing where it is there already. */
export async function moveHeld(
  held: Held,
  user: string,
  { holder: to }: VirtualWorker,
  options: MoveOptions,
): Promise<void> {
  if (held.holder === to) return;
  to.freeId(held.id);
  if (held.kind === 'tensor') return relocate(held, user, to, options);
  held.holder.forget(held);
  held.holder = to;
  to.add(held);
}

/** What a worker's pointer points to is there instead of it. Gives what stands under its id now. */
export async function nextHop(
  hop: HeldPointer,
  user: string,
  options: MoveOptions,
): Promise<{ readonly to: Held; readonly owns: boolean }> {
  const { to: next, owns, holder } = hop;
  next.checkUsable();
  if (next.kind === 'pointer') {
    hop.to = next.to;
    hop.owns = owns && next.owns;
    if (owns) {
      next.owns = false;
      next.holder.drop(next, 'disposed', 'was taken by remoteGet()');
    }
    return { to: hop, owns: true };
  }
  if (next.holder === holder) {
    holder.forget(next);
    replace(hop, next);
  } else await relocate(next, user, holder, options, hop);
  return { to: next, owns };
}

/** An object takes the place and the id of the pointer to it. */
function replace(hop: HeldPointer, by: HeldTensor): void {
  hop.owns = false;
  hop.holder.drop(hop, 'disposed', 'was replaced by remoteGet()');
  by.id = hop.id;
  by.holder.add(by);
}

/** Nothing is lost: the source goes when the target has the value whole, and its gradient too. */
async function relocate(
  held: HeldTensor,
  user: string,
  to: Holder,
  { requiresGrad = held.isLeaf, ...options }: MoveOptions,
  hop?: HeldPointer,
): Promise<void> {
  const { grad, holder: from } = held;
  const all = grad !== undefined && requiresGrad && grad.holder === from ? [held, grad] : [held];
  for (const one of all) {
    one.checkStill('move');
    to.checkUsers(one.allowedUsers);
  }
  for (const one of all) one.isMoving = true;
  const placed: Placed[] = [];
  try {
    for (const one of all) placed.push(await place(one, user, to, options));
    for (const one of all) {
      one.checkUsable();
      // Another may have taken its id meanwhile.
      if (hop === undefined || one === grad) to.freeId(one.id);
      else hop.checkUsable();
    }
  } catch (thrown) {
    for (const one of placed) to.free(one);
    throw thrown;
  } finally {
    for (const one of all) one.isMoving = false;
  }
  for (const [at, one] of all.entries()) {
    settle(one, to, placed[at] as Placed);
    if (hop === undefined || one === grad) to.add(one);
    else replace(hop, one);
  }
  keepGrad(held, from, requiresGrad);
}

type Placed = Pick<HeldTensor, 'pointer' | 'published'>;

/** Not in the books of the target yet. */
function settle(held: HeldTensor, to: Holder, { pointer, published }: Placed): void {
  held.holder.forget(held);
  held.holder.free(held);
  held.holder = to;
  held.pointer = pointer;
  held.published = published;
}

function keepGrad(held: HeldTensor, from: Holder, requiresGrad: boolean): void {
  const { made, origin, grad } = held;
  cutGrad(held);
  if (!requiresGrad) {
    if (grad !== undefined)
      grad.holder.drop(grad, 'disposed', 'went with the end of its gradients');
    return;
  }
  requireGrad(held);
  held.origin = made === undefined ? origin : { holder: from, made };
}

/** As private there as it was here, and for the same users. */
async function place(
  held: HeldTensor,
  user: string,
  to: Holder,
  options: GetOptions,
): Promise<Placed> {
  const value = await held.pointerOf(user).get({ ...options, deleteObj: false });
  try {
    return await placeValue(held, user, value, to);
  } finally {
    value.dispose();
  }
}

async function placeValue(
  { published, words, allowedUsers }: HeldTensor,
  user: string,
  value: tf.Tensor,
  to: Holder,
): Promise<Placed> {
  const session = to.session(user);
  if (published !== undefined) {
    const { elementBytes } = published.value.meta;
    const kept = await to.publish(
      value,
      words,
      allowedUsers,
      elementBytes === 0 ? undefined : elementBytes,
    );
    return { pointer: session.store.get(kept.id), published: kept };
  }
  const pointer = session.send(value, words);
  try {
    await to.arrival(user, pointer);
  } catch (thrown) {
    pointer.dispose();
    throw thrown;
  }
  return { pointer, published: undefined };
}
