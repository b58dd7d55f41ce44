/** Images: batches of [height, width, channels]. */

import type { Call, Fact, Rule } from '../call';
import { need } from '../misfit';
import { needRankAtMost, type Shape, showShape, sizeOf, workOf } from '../shapes';
import { needInRange } from './arrange';
import { batchOf } from './window';

const float = (shape: Shape): Fact => ({ dtype: 'float32', shape });

function needRank(shape: Shape, rank: number, name = 'image'): void {
  need(shape.length === rank, `${name} must have rank ${rank}, not ${shape.length}`);
}

/** Height and width, both positive. */
function sides(call: Call, name: string): readonly [number, number] {
  const [height = 0, width = 0, ...more] = call.numbers(name);
  need(more.length === 0, `${name} must have two entries, height and width`);
  need(height >= 1 && width >= 1, `${name} must be 1 or more, twice`);
  return [height, width];
}

/** `boxInd` says which image a box is cut from; it depends on values, and is clamped. */
export const cropAndResize: Rule = (call) => {
  const image = call.tensor('image').shape;
  const boxes = call.tensor('boxes').shape;
  const owners = call.tensor('boxInd').shape;
  needRank(image, 4);
  const [count = 0, corners] = boxes;
  need(boxes.length === 2 && corners === 4, `boxes must be [count,4], not ${showShape(boxes)}`);
  need(
    owners.length === 1 && owners[0] === count,
    `boxInd must have an entry for each of the ${count} boxes`,
  );
  const [height, width] = sides(call, 'cropSize');
  const [batch = 0, , , channels = 0] = image;
  need(count === 0 || sizeOf(image) > 0, `image ${showShape(image)} is empty`);
  needInRange(call, batch, 'boxInd');
  const shape = [count, height, width, channels];
  return { outputs: [float(shape)], cost: 12 * workOf(shape) };
};

export const flipLeftRight: Rule = (call) => {
  const { shape } = call.tensor('image');
  needRank(shape, 4);
  return { outputs: [float(shape)], cost: 2 * workOf(shape) };
};

export const grayscaleToRGB: Rule = (call) => {
  const { dtype, shape } = call.tensor('image');
  needRankAtMost(shape, 5);
  need(shape.length >= 2, `image must have rank 2 or more, not ${shape.length}`);
  need(shape.at(-1) === 1, `the last axis of ${showShape(shape)} must have 1 entry`);
  return { outputs: [{ dtype, shape: shape.with(-1, 3) }] };
};

/** A weighted sum over the last axis. */
export const rgbToGrayscale: Rule = (call) => {
  const { dtype, shape } = call.tensor('image');
  need(shape.length >= 2, `image must have rank 2 or more, not ${shape.length}`);
  need(shape.at(-1) === 3, `the last axis of ${showShape(shape)} must have 3 entries`);
  return {
    outputs: [{ dtype, shape: shape.with(-1, 1) }],
    cost: 6 * workOf(shape),
    scratch: [float(shape)],
  };
};

/** `resizeBilinear` and `resizeNearestNeighbor`. */
export const resize: Rule = (call) => {
  const images = batchOf(call.tensor('images').shape, 4, 'images');
  const size = sides(call, 'size');
  need(
    !(call.flag('alignCorners') && call.flag('halfPixelCenters')),
    'alignCorners must be false where halfPixelCenters is true',
  );
  const shape = images.shapeOf(size, images.channels);
  return { outputs: [float(shape)], cost: 12 * workOf(shape) };
};

export const rotateWithOffset: Rule = (call) => {
  const { shape } = call.tensor('image');
  needRank(shape, 4);
  const fill = call.numbersIfAny('fillValue') ?? [0];
  const [, , , channels = 0] = shape;
  // tfjs fills a fourth channel with full opacity by itself.
  need(
    fill.length === 1 || (fill.length === 3 && channels <= 4),
    'fillValue must be one number, or three for up to four channels',
  );
  const center = call.numbersIfAny('center') ?? [0.5];
  need(
    call.numberIfAny('center') !== undefined || call.isAbsent('center') || center.length === 2,
    'center must be one number or two',
  );
  need(
    call.numberIfAny('fillValue') !== undefined || call.isAbsent('fillValue') || fill.length === 3,
    'fillValue must be one number, or three for up to four channels',
  );
  return { outputs: [float(shape)], cost: 16 * workOf(shape) };
};

export const transform: Rule = (call) => {
  const { shape } = call.tensor('image');
  needRank(shape, 4);
  const transforms = call.tensor('transforms').shape;
  const [batch = 0, rows = 0, columns = 0, channels = 0] = shape;
  // tfjs's cpu leaves out all images but the first.
  need(batch === 1, `image must be a batch of 1, not of ${batch}: unstack it, and transform each`);
  need(
    transforms.length === 2 && transforms[0] === 1 && transforms[1] === 8,
    `transforms must be [1,8], not ${showShape(transforms)}`,
  );
  need(sizeOf(shape) > 0, `image ${showShape(shape)} is empty`);
  const [height, width] = call.isAbsent('outputShape')
    ? [rows, columns]
    : sides(call, 'outputShape');
  const result = [batch, height, width, channels];
  return { outputs: [float(result)], cost: 40 * workOf(result) };
};

/** By a threshold that is given: 255 above it, 0 elsewhere. */
export const threshold: Rule = (call) => {
  const { dtype, shape } = call.tensor('image');
  needRank(shape, 3);
  need(dtype !== 'bool', 'image must be int32 or float32');
  const [rows = 0, columns = 0, channels = 0] = shape;
  need(channels === 1 || channels === 3, `image must have 1 or 3 channels, not ${channels}`);
  return { outputs: [{ dtype: 'int32', shape: [rows, columns, 1] }], cost: 12 * workOf(shape) };
};
