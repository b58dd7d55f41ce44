/** Positions that depend on values: moved inside, or told apart from those that are. No value is read back. */

import * as tf from '@tensorflow/tfjs';

/** int32 entries, each moved to the nearest of 0 to `size` - 1. `sizes` is one for all, or one for each entry of the last axis. */
export function clampInto(indices: tf.Tensor, sizes: number | readonly number[]): tf.Tensor {
  const last =
    typeof sizes === 'number'
      ? tf.scalar(Math.max(0, sizes - 1), 'int32')
      : tf.tensor1d(
          sizes.map((size) => Math.max(0, size - 1)),
          'int32',
        );
  return tf.maximum(tf.minimum(indices, last), tf.scalar(0, 'int32'));
}

/** int32 entries with `otherwise` in the place of those that are not between 0 and `size` - 1. Rank up to 4. */
export function replaceOutside(indices: tf.Tensor, size: number, otherwise: number): tf.Tensor {
  const zero = tf.scalar(0, 'int32');
  const inside = tf.logicalAnd(
    tf.greaterEqual(indices, zero),
    tf.less(indices, tf.scalar(size, 'int32')),
  );
  return tf.where(inside, indices, tf.scalar(otherwise, 'int32'));
}

export interface Rows {
  /** [count, depth], all inside. */
  readonly positions: tf.Tensor2D;
  /** [count]: was it inside before? */
  readonly inside: tf.Tensor1D;
  readonly count: number;
  /** How many of the leading axes a position points into. */
  readonly depth: number;
}

/** Positions as rows. A list of rank 1 (or one number) is one index for each, as the scattering ops of tfjs read it. */
export function positionRows(indices: tf.Tensor, shape: readonly number[]): Rows {
  const depth = indices.rank > 1 ? (indices.shape.at(-1) ?? 1) : 1;
  const count = indices.size / depth;
  const given = tf.reshape(indices, [count, depth]);
  const positions = clampInto(given, shape.slice(0, depth)) as tf.Tensor2D;
  const inside = tf.all(tf.equal(given, positions), 1) as tf.Tensor1D;
  return { positions, inside, count, depth };
}
