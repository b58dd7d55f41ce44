/** Sums over rows that belong together: the gradient of gather. */

import * as tf from '@tensorflow/tfjs';
import { floatsOf, heapOf, type KernelCall } from './wasm-heap';

/** Gradient of gather. Numbers of segments that there are not count nowhere, as on cpu. */
export function segmentSum({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  const segments = attrs['numSegments'] as number;
  return tf.tidy(() => {
    const x = tf.cast(inputs['x'] as tf.Tensor, 'float32');
    const [count = 0, ...rest] = x.shape;
    const width = tf.util.sizeFromShape(rest);
    const made = tf.zeros([segments, ...rest]);
    // A copy: the views of the others come after all that allocates.
    const numbers = heapOf(inputs['segmentIds'] as tf.Tensor).slice();
    const [values, sums] = floatsOf(x, made);
    for (let at = 0; at < count; at += 1) {
      const segment = numbers[at] as number;
      if (segment < 0 || segment >= segments) continue;
      const [from, into] = [at * width, segment * width];
      for (let each = 0; each < width; each += 1) {
        sums[into + each] = (sums[into + each] as number) + (values[from + each] as number);
      }
    }
    return made;
  });
}
