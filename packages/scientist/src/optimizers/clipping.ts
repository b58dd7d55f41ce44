/** Gradients kept within bounds before they are applied. */

import { DuetError } from '@duet/protocol';
import type { Pointer } from '../pointer';
import type { Ops } from './rule';

export interface ClipOptions {
  /** Each element is kept between −value and value. */
  readonly value?: number;
  /** Each gradient is scaled down to at most this Euclidean norm. */
  readonly norm?: number;
  /** All gradients are scaled down by one factor, so that their Euclidean norm taken together is at most this. */
  readonly globalNorm?: number;
}

/** Throws `bad-argument` for a bound that is not over 0. */
export function checkClip(options: ClipOptions): void {
  for (const bound of [options.value, options.norm, options.globalNorm]) {
    if (bound !== undefined && !(bound > 0 && Number.isFinite(bound))) {
      throw new DuetError('bad-argument', {
        detail: `A bound for gradients is over 0, not ${bound}.`,
      });
    }
  }
}

/** Applies what is asked, in the order value, norm, globalNorm. */
export function clipGradients(
  ops: Ops,
  gradients: readonly Pointer[],
  { value, norm, globalNorm }: ClipOptions,
): Pointer[] {
  let clipped = [...gradients];
  if (value !== undefined) clipped = clipped.map((one) => ops.clipByValue(one, -value, value));
  if (norm !== undefined) clipped = clipped.map((one) => clipByNorm(ops, one, norm));
  return globalNorm === undefined ? clipped : clipByGlobalNorm(ops, clipped, globalNorm);
}

/** `gradient · norm / max(‖gradient‖, norm)`, as TensorFlow's `clip_by_norm`. */
export function clipByNorm(ops: Ops, gradient: Pointer, norm: number): Pointer {
  const length = ops.sqrt(ops.sum(ops.square(gradient)));
  return ops.div(ops.mul(gradient, norm), ops.maximum(length, norm));
}

/** Each times `norm / max(‖all‖, norm)`, as TensorFlow's `clip_by_global_norm`. */
export function clipByGlobalNorm(ops: Ops, gradients: readonly Pointer[], norm: number): Pointer[] {
  const [first, ...others] = gradients.map((one) => ops.sum(ops.square(one)));
  if (first === undefined) return [];
  const total = ops.sqrt(others.reduce((sum, one) => ops.add(sum, one), first));
  const factor = ops.div(norm, ops.maximum(total, norm));
  return gradients.map((one) => ops.mul(one, factor));
}
