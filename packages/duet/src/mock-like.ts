import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';

/** What the owner says that values lie between: both ends belong to it. */
export interface MockRange {
  readonly min: number;
  readonly max: number;
}

export interface MockLikeOptions {
  /** One for all, or one for each entry of the last axis. Default 0 to 1. */
  readonly ranges?: MockRange | readonly MockRange[];
  /** The same seed makes the same values. Default 1. */
  readonly seed?: number;
}

/**
 * Made-up values of a shape and dtype, for the `mock` of a published object: drawn evenly from the ranges, whole numbers for
 * int32, either for bool. Of what it is like, only shape and dtype are looked at, never a value. The caller disposes the
 * tensor. Throws `bad-argument` for other dtypes and for ranges that do not fit.
 */
export function mockLike(
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: string },
  options: MockLikeOptions = {},
): tf.Tensor {
  const { ranges = { min: 0, max: 1 }, seed = 1 } = options;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new DuetError('bad-argument', {
      detail: `mockLike makes up float32, int32 and bool values, not ${dtype}.`,
      hint: 'Give a mock of your own.',
    });
  }
  const list = 'min' in ranges ? [ranges] : [...ranges];
  checkRanges(list, shape);
  return tf.tidy(() => {
    const drawn = tf.randomUniform([...shape], 0, 1, 'float32', seed);
    if (dtype === 'bool') return drawn.greaterEqual(0.5);
    const low = tf.tensor1d(list.map(({ min }) => min));
    // One more whole number fits between the ends than their distance says.
    const more = dtype === 'int32' ? 1 : 0;
    const span = tf.tensor1d(list.map(({ min, max }) => max - min + more));
    const scalars = shape.length === 0;
    const values = drawn.mul(scalars ? span.asScalar() : span).add(scalars ? low.asScalar() : low);
    return dtype === 'int32' ? values.floor().cast('int32') : values;
  });
}

function checkRanges(ranges: readonly MockRange[], shape: readonly number[]): void {
  const fits = ranges.length === 1 || ranges.length === shape.at(-1);
  const ordered = ranges.every(
    ({ min, max }) => Number.isFinite(min) && Number.isFinite(max) && min <= max,
  );
  if (!fits || !ordered) {
    throw new DuetError('bad-argument', {
      detail: fits
        ? 'A range must be two finite numbers, min and max.'
        : `${ranges.length} ranges do not fit shape [${shape.join(', ')}].`,
      hint: 'Give one for all values, or one for each entry of the last axis.',
    });
  }
}
