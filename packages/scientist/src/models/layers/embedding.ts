/** Embedding, by tfjs's `layers/embeddings.ts`. An index out of range gives the nearest one's row on pointers. */

import { type LayerKind, unary } from '../layer';

export const embedding: LayerKind = unary(
  'Embedding',
  ['inputDim', 'outputDim', 'maskZero', 'inputLength'],
  (call, x) => {
    const { ops, config } = call;
    const indices = x.dtype === 'int32' ? x : ops.cast(x, 'int32');
    const rows = ops.gather(call.weight('embeddings'), ops.reshape(indices, [x.size]));
    return ops.reshape(rows, [...x.shape, config.integer('outputDim')]);
  },
  {
    check: (config) => {
      if (config.flag('maskZero', false)) {
        config.refuse(
          'maskZero changes what the layers after it do with each step.',
          'Leave it out, and multiply padded steps by zero yourself.',
        );
      }
    },
  },
);
