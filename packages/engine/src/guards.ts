/**
 * What is done to the arguments of an op so that nothing that its tensors hold can make it fail: cpu throws with the value in
 * its text, a GPU gives something. The arguments are those of tfjs's function; what is made here belongs to the caller's scope.
 */

import type { ComposedOp, GuardedOp } from '@duet/ops';
import type * as tf from '@tensorflow/tfjs';
import { clampInto, replaceOutside } from './positions';

export type ArgumentGuard = (...args: never[]) => readonly unknown[];

/** Guards of the ops that stay tfjs's own; those that are made of other ops guard themselves. */
type PlainGuardedOp = Exclude<GuardedOp, ComposedOp>;

export const guards = {
  bincount: (x: tf.Tensor, weights: tf.Tensor, size: number) => [
    replaceOutside(x.flatten(), size, size),
    weights,
    size,
  ],
  denseBincount: (x: tf.Tensor, weights: tf.Tensor, size: number, ...more: unknown[]) => [
    replaceOutside(x, size, size),
    weights,
    size,
    ...more,
  ],
  gatherND: (x: tf.Tensor, indices: tf.Tensor) => [
    x,
    clampInto(indices, x.shape.slice(0, indices.shape.at(-1))),
  ],
  // -1 is left out by all backends, in the gradient too, where an id beyond the last would be read.
  unsortedSegmentSum: (x: tf.Tensor, segmentIds: tf.Tensor, numSegments: number) => [
    x,
    replaceOutside(segmentIds, numSegments, -1),
    numSegments,
  ],
} as const satisfies Readonly<Record<PlainGuardedOp, ArgumentGuard>>;
