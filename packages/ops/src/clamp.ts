import type { Arg } from '@duet/protocol';
import { wrapAxis } from './shapes';
import type { Clamp } from './spec';

/**
 * The largest index that is safe in the tensor at `clamp.indices`; the smallest is 0. Where the axis is empty there is
 * none, and `inferCall` has refused the call unless there are no indices either: 0 is given then.
 */
export function largestIndex<T>(
  clamp: Clamp,
  args: readonly Arg<T>[],
  shapeOf: (tensor: T) => readonly number[],
): number {
  const of = args[clamp.of];
  const axis = clamp.axis === undefined ? undefined : args[clamp.axis];
  if (of?.kind !== 'tensor') return 0;
  const shape = shapeOf(of.tensor);
  const extent = shape[wrapAxis(axis?.kind === 'number' ? axis.number : 0, shape.length)] ?? 0;
  return Math.max(0, extent - 1);
}
