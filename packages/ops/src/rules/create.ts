/** Ops that make tensors from public attributes alone. */

import type { DType } from '@duet/protocol';
import type { Call, Rule } from '../call';
import { need } from '../misfit';
import { broadcastShapes, workOf } from '../shapes';

/** `zeros` and `ones`. */
export const filled: Rule = (call) => ({
  outputs: [{ dtype: call.dtype('dtype', 'float32'), shape: call.shape('shape') }],
});

export const fill: Rule = (call) => ({
  outputs: [{ dtype: call.dtype('dtype', 'float32'), shape: call.shape('shape') }],
});

export const eye: Rule = (call) => {
  const rows = call.number('numRows');
  const columns = call.number('numColumns', rows);
  need(rows >= 0 && columns >= 0, 'a dimension is negative');
  const batch = call.numbersIfAny('batchShape');
  if (batch !== undefined) {
    need(batch.length >= 1 && batch.length <= 3, 'batchShape has 1 to 3 entries');
    need(
      batch.every((dimension) => dimension >= 0),
      'batchShape has a negative dimension',
    );
  }
  return {
    outputs: [{ dtype: call.dtype('dtype', 'float32'), shape: [...(batch ?? []), rows, columns] }],
  };
};

export const linspace: Rule = (call) => {
  const count = call.number('num');
  need(count > 0, `num must be positive, not ${count}`);
  return { outputs: [{ dtype: 'float32', shape: [count] }] };
};

export const range: Rule = (call) => {
  const start = call.number('start');
  const stop = call.number('stop');
  const step = call.number('step', 1);
  need(step !== 0, 'step is zero');
  // As tfjs counts: a step of 1 (or less) towards a smaller stop is turned around.
  const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
  const count = empty ? 0 : Math.abs(Math.ceil((stop - start) / step));
  // No shape can hold more, and JSON of a larger number would not be an integer.
  need(count <= Number.MAX_SAFE_INTEGER, 'there are too many steps');
  return { outputs: [{ dtype: call.dtype('dtype', 'float32'), shape: [count] }] };
};

/** `hammingWindow`, `hannWindow` and `cosineWindow`. */
export const signalWindow: Rule = (call) => {
  const length = call.number('windowLength');
  need(length >= 0, 'windowLength is negative');
  return { outputs: [{ dtype: 'float32', shape: [length] }], cost: 8 * length };
};

/** A seed is public, so that both sides can tell what was drawn. tfjs takes 0 for no seed and draws anew. */
export function needSeed(call: Call): void {
  need(
    !call.isAbsent('seed'),
    'seed is required here, so that the values follow from what was sent',
  );
  const seed = call.number('seed');
  need(seed >= 1 && seed < 2 ** 31, 'seed is a whole number from 1 to 2147483647');
}

const largestFloat = 3.4e38;

function needFloat(value: number, name: string): void {
  need(Math.abs(value) <= largestFloat, `${name} is not a float32`);
}

function drawn(dtype: DType, shape: readonly number[], each: number) {
  return { outputs: [{ dtype, shape }], cost: each * workOf(shape) };
}

/** `randomNormal` and `truncatedNormal`: a negative deviation would make tfjs draw for ever. */
export const randomNormal: Rule = (call) => {
  needSeed(call);
  needFloat(call.number('mean', 0), 'mean');
  const deviation = call.number('stdDev', 1);
  need(deviation >= 0 && deviation <= largestFloat, 'stdDev is negative or not a float32');
  return drawn(call.dtype('dtype', 'float32'), call.shape('shape'), 40);
};

export const randomStandardNormal: Rule = (call) => {
  needSeed(call);
  return drawn(call.dtype('dtype', 'float32'), call.shape('shape'), 40);
};

export function randomUniform(dtypeIfFixed?: DType): Rule {
  return (call) => {
    needSeed(call);
    const from = call.number('minval', 0);
    const to = call.number('maxval', 1);
    needFloat(from, 'minval');
    needFloat(to, 'maxval');
    const dtype = dtypeIfFixed ?? call.dtype('dtype', 'float32');
    return drawn(dtype, call.shape('shape'), 20);
  };
}

export const randomGamma: Rule = (call) => {
  needSeed(call);
  const alpha = call.number('alpha');
  const beta = call.number('beta', 1);
  need(alpha > 0 && alpha <= 1e9, 'alpha must be positive and at most 1e9');
  need(beta > 0 && beta <= largestFloat, 'beta must be positive and a float32');
  return drawn(call.dtype('dtype', 'float32'), call.shape('shape'), 120);
};

export const dropout: Rule = (call) => {
  const x = call.tensor('x');
  need(x.dtype === 'float32', 'x must be float32');
  const rate = call.number('rate');
  need(rate >= 0 && rate < 1, `rate ${rate} is not between 0 and 1`);
  needSeed(call);
  const noise = call.isAbsent('noiseShape') ? x.shape : call.shape('noiseShape');
  // A rate of 0 gives x itself, whatever the noise would have been.
  const shape = rate === 0 ? x.shape : broadcastShapes(x.shape, noise);
  return { outputs: [{ dtype: 'float32', shape }], cost: 25 * (workOf(noise) + workOf(shape)) };
};
