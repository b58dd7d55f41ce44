/** The ops on strings whose shape does not depend on values. */

import type { Rule } from '../call';
import { need } from '../misfit';
import { workOf } from '../shapes';

export const hashBucket: Rule = (call) => {
  const input = call.first();
  const buckets = call.number('numBuckets');
  need(buckets >= 1 && buckets < 2 ** 31, 'numBuckets is not between 1 and 2147483647');
  const bytes = Math.max(1, input.elementBytes);
  return {
    outputs: [{ dtype: 'int32', shape: input.shape }],
    cost: (200 + 4 * bytes) * workOf(input.shape),
  };
};
