/** A product or a convolution with its bias and its activation in one op. */

import type { Call, Inference, Rule } from '../call';
import { need } from '../misfit';
import { type Shape, showShape, sizeOf, workOf } from '../shapes';
import { conv2d, depthwiseConv2d } from './convolution';
import { matMul } from './linear';

/** What tfjs takes 0.2 for in the product, and nothing in convolutions. */
function needSlope(call: Call, hasDefault: boolean): void {
  need(
    hasDefault || call.choice('activation', '') !== 'leakyrelu' || !call.isAbsent('leakyreluAlpha'),
    'leakyreluAlpha is required for leakyrelu here',
  );
}

/** One entry for each channel of the result, which is what every backend knows. */
function needBias(call: Call, channels: number): void {
  const bias = call.tensorIfAny('bias')?.shape;
  need(
    bias === undefined || (bias.length === 1 && bias[0] === channels),
    `bias ${showShape(bias ?? [])} must be [${channels}]`,
  );
}

/** One slope, or one for each channel. `rank` is the most that the slopes may have; axes before the channels are 1. */
function needSlopes(call: Call, channels: number, rank: number): void {
  const slopes = call.tensorIfAny('preluActivationWeights')?.shape;
  need(
    slopes !== undefined || call.choice('activation', '') !== 'prelu',
    'preluActivationWeights is required for prelu',
  );
  if (slopes === undefined) return;
  const fits =
    (slopes.length <= 1 || slopes.length === rank) &&
    sizeOf(slopes) === (slopes.at(-1) ?? 1) &&
    (sizeOf(slopes) === 1 || slopes.at(-1) === channels);
  need(
    fits,
    `preluActivationWeights ${showShape(slopes)} must be one number or one for each of ${channels} channels`,
  );
}

function finished(call: Call, made: Inference, rank: number, hasDefault: boolean): Inference {
  const shape: Shape = made.outputs[0]?.shape ?? [];
  const channels = shape.at(-1) ?? 1;
  needBias(call, channels);
  needSlopes(call, channels, rank);
  needSlope(call, hasDefault);
  return { ...made, cost: (made.cost ?? 1) + 10 * workOf(shape) };
}

export const fusedMatMul: Rule = (call) => {
  const made = matMul(call);
  const counts = ['a', 'b'].map((name) => sizeOf(call.tensor(name).shape.slice(0, -2)));
  const whole = sizeOf(made.outputs[0]?.shape.slice(0, -2) ?? []);
  need(
    counts.every((count) => count === whole || count === 1),
    'the batches must be the same here, or one of them a single product',
  );
  return finished(call, made, 1, true);
};

export const fusedConv2d: Rule = (call) => finished(call, conv2d(call), 3, false);

export const fusedDepthwiseConv2d: Rule = (call) => finished(call, depthwiseConv2d(call), 3, false);
