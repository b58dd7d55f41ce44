/** Gradients of values on virtual workers. */

import { DuetError, sameShape } from '@duet/protocol';
import type { GetOptions, Pointer, ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { differentWorkers, resolve } from './calls';
import { handleOf } from './handle';
import { HeldTensor, type Origin } from './held';
import { Tape } from './tape';

/** Throws `bad-argument` for what has no gradient, or is not the scientist's own. */
export function requireGrad(held: HeldTensor): void {
  if (held.published !== undefined) {
    throw new DuetError('bad-argument', {
      detail: `requiresGrad: ${held.name} is the worker’s own and private.`,
      hint: 'clone() is a value of your own.',
    });
  }
  const { dtype } = held.pointer;
  if (dtype !== 'float32') {
    throw new DuetError('bad-argument', {
      detail: `requiresGrad: gradients are by float32 values, and ${held.name} is ${dtype}.`,
    });
  }
  if (held.made === undefined) held.isLeaf = true;
}

/** From here on it is a value as others, whatever it was computed from. */
export function cutGrad(held: HeldTensor): void {
  held.isLeaf = false;
  held.made = undefined;
  held.origin = undefined;
}

/** A gradient that goes on at another worker. */
interface Flow {
  readonly origin: Origin;
  readonly gradient: Pointer;
}

/**
 * Adds to the gradients of all that a value was computed from. On one worker that is one message, sent at once; where a
 * value was moved on with its gradient, the gradient leaves by `get` with these options, and goes on at the worker before.
 */
export async function backward(
  self: object,
  dy: unknown,
  options: Omit<GetOptions, 'deleteObj'>,
): Promise<void> {
  const { end, user } = handleOf(self).end('backward');
  const { session, args } = resolve('backward', dy === undefined ? [self] : [self, dy]);
  checkDifferentiable(end, dy !== undefined);
  const flows =
    end.made === undefined
      ? settle(session, [[end, ownGradient(session, end, args[1])]])
      : pull(session, new Tape(end.made), args[1]);
  await flowBack(flows, user, options);
}

function checkDifferentiable(end: HeldTensor, hasDy: boolean): void {
  const { size, shape } = end.pointer;
  if (!end.isTracked) {
    throw new DuetError('bad-argument', {
      detail: `backward: ${end.name} was not computed from a value that requires a gradient.`,
      hint: 'Send that one with requiresGrad before the computation. Gradients flow through float32 values alone.',
    });
  }
  if (hasDy || size === 1) return;
  throw new DuetError('bad-argument', {
    detail: `backward: ${end.name} has shape [${shape.join(', ')}].`,
    hint: 'Take it of a single number, or give the gradient of this value.',
  });
}

/** Of a value with respect to itself. */
function ownGradient({ tf: remote }: ScientistSession, end: HeldTensor, dy: unknown): Pointer {
  if (dy === undefined) return remote.onesLike(end.pointer);
  const gradient = remote.clone(dy as Pointer | tf.Tensor);
  if (sameShape(gradient.shape, end.pointer.shape)) return gradient;
  gradient.dispose();
  throw new DuetError('bad-argument', {
    detail: `backward: the gradient must have the shape of ${end.name}.`,
  });
}

/** Throws, before anything is sent, where an input is not what it was. */
function pull(session: ScientistSession, tape: Tape, dy: unknown): Flow[] {
  tape.check();
  const leaves = [...tape.leaves.keys()];
  for (const leaf of leaves) checkTakesGradient(leaf);
  const made: tf.Tensor[] = [];
  try {
    const gradients = session.tf.grads((...inputs: Pointer[]) =>
      tape.replay(new Map(leaves.map((leaf, at) => [leaf, inputs[at] as Pointer])), made),
    )([...tape.leaves.values()], dy as Pointer | tf.Tensor | undefined);
    return settle(
      session,
      leaves.map((leaf, at) => [leaf, gradients[at] as Pointer]),
    );
  } finally {
    tf.dispose(made);
  }
}

function checkTakesGradient(leaf: HeldTensor): void {
  const { holder, grad } = leaf;
  leaf.checkStill('backward');
  if (grad === undefined) return;
  if (grad.holder !== holder) throw differentWorkers('backward', holder, grad.holder);
  grad.checkStill('backward');
}

/** Gradients stay with the leaves, or are to go on. */
function settle(
  session: ScientistSession,
  gradients: readonly (readonly [HeldTensor, Pointer])[],
): Flow[] {
  const flows: Flow[] = [];
  for (const [leaf, gradient] of gradients) {
    if (leaf.origin === undefined) accumulate(session, leaf, gradient);
    else flows.push({ origin: leaf.origin, gradient });
  }
  return flows;
}

function accumulate({ tf: remote }: ScientistSession, leaf: HeldTensor, gradient: Pointer): void {
  const { grad, holder, user } = leaf;
  if (grad === undefined) {
    const words = { tags: [], description: '' };
    leaf.grad = new HeldTensor({ id: holder.freeId(), holder, user, words, pointer: gradient });
    holder.add(leaf.grad);
    return;
  }
  const before = grad.pointer;
  grad.pointer = remote.add(before, gradient);
  before.dispose();
  gradient.dispose();
}

async function flowBack(
  flows: readonly Flow[],
  user: string,
  options: Omit<GetOptions, 'deleteObj'>,
): Promise<void> {
  const ends = await Promise.allSettled(
    flows.map(async ({ origin: { holder, made }, gradient }) => {
      const value = await gradient
        .get({ ...options, deleteObj: false })
        .finally(() => gradient.dispose());
      try {
        return pull(holder.session(user), new Tape(made), value);
      } finally {
        value.dispose();
      }
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const next = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
  if (next.length > 0) await flowBack(next, user, options);
}
