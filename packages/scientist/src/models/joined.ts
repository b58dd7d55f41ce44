/** Many weights as one value, so that they are asked for, and released, in one piece. */

import { type DType, elementCount } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../pointer';
import { concatAll } from './ops-namespace';
import type { ModelHost } from './parameter';

/** What a weight looks like. */
export interface WeightForm {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * All elements of all values in their order, as one float32 pointer of rank 1, of the versions that are current. Whole numbers
 * beyond 2²⁴ lose their last digits. The pointer is the caller's. Throws `too-large` beyond the limits of one value.
 */
export function join(host: ModelHost, values: readonly Pointer[]): Pointer {
  return host.tidy(() => {
    const flat = values.map((value) => {
      const float = value.dtype === 'float32' ? value : host.tf.cast(value, 'float32');
      return host.tf.reshape(float, [value.size]);
    });
    return concatAll(host.tf, flat, 0);
  });
}

/** The values of `join` again, as tensors, which the caller disposes. */
export function separate(joined: tf.Tensor, forms: readonly WeightForm[]): tf.Tensor[] {
  return tf.tidy(() => {
    let begin = 0;
    return forms.map(({ shape, dtype }) => {
      const size = elementCount(shape);
      const part = tf.slice(joined, [begin], [size]);
      begin += size;
      return tf.cast(tf.reshape(part, [...shape]), dtype as 'float32');
    });
  });
}
