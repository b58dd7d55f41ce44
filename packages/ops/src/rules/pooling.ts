/** Pools, and the moves between batch, space and depth. */

import type { Call, Fact, Inference, Rule } from '../call';
import { need } from '../misfit';
import { needRankAtMost, type Shape, showShape, sizeOf, workOf } from '../shapes';
import {
  batchOf,
  needStridesOrDilations,
  perAxis,
  type SlideOptions,
  slide,
  spanOf,
  type Track,
} from './window';

const float = (shape: Shape): Fact => ({ dtype: 'float32', shape });

function tracksOf(
  extents: Shape,
  window: readonly number[],
  strides: readonly number[],
  dilations: readonly number[] = [],
): Track[] {
  return extents.map((extent, axis) => ({
    extent,
    size: window[axis] ?? 1,
    stride: strides[axis] ?? 1,
    dilation: dilations[axis] ?? 1,
  }));
}

/** The mean or the largest under a window along `axes` axes. */
function pooled(axes: number, options: SlideOptions = {}): Rule {
  return (call) => {
    const x = batchOf(call.tensor('x').shape, axes + 2);
    const window = perAxis(call, 'filterSize', axes);
    const tracks = tracksOf(x.space, window, perAxis(call, 'strides', axes));
    const shape = x.shapeOf(slide(call, tracks, options), x.channels);
    return { outputs: [float(shape)], cost: 2 * workOf([...shape, ...window]) };
  };
}

/** `avgPool` and `maxPool`. */
export const pool2d = pooled(2);
/** `avgPool3d` and `maxPool3d`. */
export const pool3d = pooled(3, { explicit: false });

/** With the position of each largest one, which is -1 where all are NaN. */
export const maxPoolWithArgmax: Rule = (call) => {
  const { shape } = call.tensor('x');
  need(shape.length === 4, `x must have rank 4, not ${shape.length}`);
  const { outputs, cost = 1 } = pooled(2, { rounded: false })(call);
  return {
    outputs: outputs.flatMap((fact) => [fact, { ...fact, dtype: 'int32' }]),
    cost: 2 * cost,
  };
};

/** `pool`: with gaps in the window, tfjs moves blocks of space into the batch, pools there and moves them back. */
export const pool: Rule = (call) => {
  const x = batchOf(call.tensor('input').shape, 4, 'input');
  const window = perAxis(call, 'windowShape', 2);
  const tracks = tracksOf(
    x.space,
    window,
    perAxis(call, 'strides', 2, 1),
    perAxis(call, 'dilations', 2, 1),
  );
  needStridesOrDilations(tracks);
  const gaps = tracks.some(({ dilation }) => dilation > 1);
  const asked = call.padding('pad');
  const pad = asked === 0 ? 'valid' : asked;
  const steps = gaps ? slideOverBlocks(call, tracks, pad) : slide(call, tracks, { pad });
  const shape = x.shapeOf(steps, x.channels);
  return {
    outputs: [float(shape)],
    cost: 2 * workOf([...shape, ...window]) + 8 * workOf([...x.space, x.batch, x.channels]),
  };
};

function slideOverBlocks(
  call: Call,
  tracks: readonly Track[],
  pad: ReturnType<Call['padding']>,
): number[] {
  need(typeof pad === 'string', 'pad must be valid or same where there are dilations');
  need(call.isAbsent('dimRoundingMode'), 'dimRoundingMode cannot be had with dilations');
  return tracks.map((track) => {
    const { extent, size, dilation } = track;
    const padded = pad === 'same' ? spanOf(track) - 1 : 0;
    const extra = (dilation - (extent % dilation)) % dilation;
    const whole = extent + padded + extra;
    need(
      whole % dilation === 0,
      `the ${extent} entries and the window of ${spanOf(track)} do not divide by the dilation of ${dilation}`,
    );
    const steps = (whole / dilation - size + 1) * dilation - extra;
    need(
      whole / dilation >= size && steps >= 1,
      `a window of ${spanOf(track)} does not fit into the ${extent} entries`,
    );
    return steps;
  });
}

/** Both move blocks by an order of rank + blocks axes, and backends know 6. */
function blocksOf(call: Call, pairs: string): { blocks: Shape; sides: ReturnType<Call['pairs']> } {
  const { shape } = call.tensor('x');
  const blocks = call.numbers('blockShape');
  const sides = call.pairs(pairs);
  need(blocks.length >= 1, 'blockShape is empty');
  need(
    blocks.every((block) => block >= 1),
    'blockShape must be 1 or more for every axis',
  );
  needRankAtMost(shape, 4);
  need(
    shape.length > blocks.length,
    `rank ${shape.length} has no ${blocks.length} axes beside the batch`,
  );
  need(
    shape.length + blocks.length <= 6,
    `rank ${shape.length} with ${blocks.length} blocks is more than every backend can do`,
  );
  need(
    sides.length === blocks.length,
    `${pairs} has ${sides.length} pairs for ${blocks.length} blocks`,
  );
  need(
    sides.flat().every((count) => count >= 0),
    `${pairs} has a negative entry`,
  );
  return { blocks, sides };
}

function moved(call: Call, batch: number, space: Shape): Inference {
  const { dtype, shape } = call.tensor('x');
  const result = [batch, ...space, ...shape.slice(1 + space.length)];
  return { outputs: [{ dtype, shape: result }], cost: 6 * (workOf(shape) + workOf(result)) };
}

export const batchToSpaceND: Rule = (call) => {
  const { shape } = call.tensor('x');
  const { blocks, sides } = blocksOf(call, 'crops');
  const count = sizeOf(blocks);
  const [batch = 0, ...axes] = shape;
  need(batch % count === 0, `a batch of ${batch} does not divide by the ${count} of blockShape`);
  const space = blocks.map((block, axis) => {
    const [before, after] = sides[axis] ?? [0, 0];
    const left = (axes[axis] ?? 0) * block - before - after;
    need(left >= 0, `crops takes more than there is of axis ${axis + 1}`);
    return left;
  });
  return moved(call, batch / count, space);
};

export const spaceToBatchND: Rule = (call) => {
  const { shape } = call.tensor('x');
  const { blocks, sides } = blocksOf(call, 'paddings');
  const [batch = 0, ...axes] = shape;
  const space = blocks.map((block, axis) => {
    const [before, after] = sides[axis] ?? [0, 0];
    const padded = (axes[axis] ?? 0) + before + after;
    need(padded % block === 0, `${padded} entries of axis ${axis + 1} do not divide by ${block}`);
    return padded / block;
  });
  return moved(call, batch * sizeOf(blocks), space);
};

export const depthToSpace: Rule = (call) => {
  const { dtype, shape } = call.tensor('x');
  need(shape.length === 4, `x must have rank 4, not ${shape.length}`);
  const block = call.number('blockSize');
  need(block > 1, `blockSize must be 2 or more, not ${block}`);
  const [batch = 0, rows = 0, columns = 0, depth = 0] = shape;
  need(
    depth % (block * block) === 0,
    `the depth of ${showShape(shape)} does not divide by ${block * block}`,
  );
  return {
    outputs: [{ dtype, shape: [batch, rows * block, columns * block, depth / (block * block)] }],
    cost: 4 * workOf(shape),
  };
};
