/** Fourier transforms, along the last axis. */

import type { TensorMeta } from '@duet/protocol';
import type { Rule } from '../call';
import { need } from '../misfit';
import { type Shape, showShape, sizeOf, workOf } from '../shapes';
import { needFrames } from './arrange';

/** A length that is no power of two, and every length on a GPU, takes as many steps a sample as there are samples. */
function transformCost(shape: Shape): number {
  return 12 * workOf(shape) * (shape.at(-1) ?? 1);
}

function needSamples({ shape }: TensorMeta): number {
  const length = shape.at(-1) ?? 0;
  need(length > 0, `${showShape(shape)} has no samples along its last axis`);
  // A GPU fails.
  need(sizeOf(shape) > 0, `in ${showShape(shape)} there is nothing to transform`);
  return length;
}

/** `fft` and `ifft`. */
export const transform: Rule = (call) => {
  const input = call.first();
  needSamples(input);
  return {
    outputs: [{ dtype: 'complex64', shape: input.shape }],
    cost: transformCost(input.shape),
  };
};

export const realTransform: Rule = (call) => {
  const input = call.first();
  need(input.dtype === 'float32', `the input must be float32, not ${input.dtype}: cast it first`);
  const length = call.number('fftLength', needSamples(input));
  need(length > 0, 'fftLength must be positive');
  const lead = input.shape.slice(0, -1);
  return {
    outputs: [{ dtype: 'complex64', shape: [...lead, Math.floor(length / 2) + 1] }],
    cost: transformCost([...lead, length]),
    scratch: [{ dtype: 'complex64', shape: [...lead, length] }],
  };
};

/** tfjs gives rank 2, and rank 3 for rank 3. */
export const inverseRealTransform: Rule = (call) => {
  const input = call.first();
  const bins = needSamples(input);
  const length = bins <= 2 ? bins : 2 * (bins - 1);
  const rows = sizeOf(input.shape) / bins;
  const [first = 0] = input.shape;
  const lead = input.shape.length === 3 && first !== 0 ? [first, rows / first] : [rows];
  return {
    outputs: [{ dtype: 'float32', shape: [...lead, length] }],
    cost: transformCost([rows, length]),
  };
};

/** The window is one of tfjs's own by name, since no function is ever an argument. */
export const shortTimeTransform: Rule = (call) => {
  const size = call.number('frameLength');
  const frames = needFrames(call.tensor('signal'), size, call.number('frameStep'), false);
  need(frames > 0, 'there is nothing to transform');
  const length = call.number('fftLength', 2 ** Math.ceil(Math.log2(size)));
  need(length > 0, 'fftLength must be positive');
  return {
    outputs: [{ dtype: 'complex64', shape: [frames, Math.floor(length / 2) + 1] }],
    cost: transformCost([frames, length]) + 8 * workOf([frames, size]),
    scratch: [{ dtype: 'complex64', shape: [frames, length] }],
  };
};
