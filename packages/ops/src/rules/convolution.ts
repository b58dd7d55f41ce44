/** Convolutions. Every backend has them for float32 with channels last, so that only those are offered. */

import type { Call, Fact, Inference, Rule } from '../call';
import { Misfit, need } from '../misfit';
import { type Shape, showShape, sizeOf, workOf } from '../shapes';
import {
  type Batch,
  batchOf,
  needStridesOrDilations,
  perAxis,
  slide,
  spanOf,
  type Track,
} from './window';

const float = (shape: Shape): Fact => ({ dtype: 'float32', shape });

/** The filter as its window, what goes in and what comes out. */
interface Filter {
  readonly window: Shape;
  readonly from: number;
  readonly to: number;
}

export function filterOf(shape: Shape, axes: number, name = 'filter'): Filter {
  const rank = axes + 2;
  need(shape.length === rank, `${name} must have rank ${rank}, not ${shape.length}`);
  need(sizeOf(shape) > 0, `${name} ${showShape(shape)} is empty`);
  return { window: shape.slice(0, axes), from: shape[axes] ?? 1, to: shape[axes + 1] ?? 1 };
}

function needChannels(channels: number, from: number): void {
  need(channels === from, `x has ${channels} channels, filter takes ${from}`);
}

/** The axes of space with what slides along them, by `strides` and `dilations` of the call. */
export function tracksOf(
  call: Call,
  extents: Shape,
  window: Shape,
  dilations = 'dilations',
): Track[] {
  const axes = extents.length;
  const strides = perAxis(call, 'strides', axes);
  const gaps = call.spec.params.some((param) => param.name === dilations)
    ? perAxis(call, dilations, axes, 1)
    : [];
  return extents.map((extent, axis) => ({
    extent,
    size: window[axis] ?? 1,
    stride: strides[axis] ?? 1,
    dilation: gaps[axis] ?? 1,
  }));
}

/** The patches of one record under the window side by side, as backends lay them out for a product of matrices. */
function patches(steps: Shape, window: Shape, from: number): Fact {
  return float([sizeOf(steps), sizeOf(window) * from]);
}

/** The filter with zeros between its entries, which the engine makes of one with dilations for the sake of its gradient. */
function spread(tracks: readonly Track[], { from, to }: Filter): Fact {
  return float([...tracks.map(spanOf), from, to]);
}

function convolved(x: Batch, filter: Filter, tracks: readonly Track[], steps: Shape): Inference {
  const { window, from, to } = filter;
  const shape = x.shapeOf(steps, to);
  return {
    outputs: [float(shape)],
    cost: 2 * workOf([...shape, ...window, from]),
    scratch: [patches(steps, window, from), spread(tracks, filter)],
  };
}

/** `conv2d` and its fused form, before bias and activation. */
export const conv2d: Rule = (call) => {
  const x = batchOf(call.tensor('x').shape, 4);
  const filter = filterOf(call.tensor('filter').shape, 2);
  needChannels(x.channels, filter.from);
  const tracks = tracksOf(call, x.space, filter.window);
  needStridesOrDilations(tracks);
  return convolved(x, filter, tracks, slide(call, tracks));
};

/** tfjs makes it a convolution of two axes, the first of which has one entry and so takes no pad. */
export const conv1d: Rule = (call) => {
  const x = batchOf(call.tensor('x').shape, 3);
  const filter = filterOf(call.tensor('filter').shape, 1);
  needChannels(x.channels, filter.from);
  const [extent = 1] = x.space;
  const [size = 1] = filter.window;
  const [stride = 1] = perAxis(call, 'stride', 1);
  const [dilation = 1] = perAxis(call, 'dilation', 1, 1);
  const line = { extent: 1, size: 1, stride: 1, dilation: 1 };
  const tracks = [line, { extent, size, stride, dilation }];
  needStridesOrDilations(tracks);
  const [rows = 1, ...steps] = slide(call, tracks);
  need(rows === 1, 'pad may add to the axis of space alone: use valid, same, or four pairs');
  return convolved(x, filter, tracks, steps);
};

export const conv3d: Rule = (call) => {
  const x = batchOf(call.tensor('x').shape, 5);
  const filter = filterOf(call.tensor('filter').shape, 3);
  needChannels(x.channels, filter.from);
  const tracks = tracksOf(call, x.space, filter.window);
  needStridesOrDilations(tracks);
  return convolved(x, filter, tracks, slide(call, tracks, { rounded: false, explicit: false }));
};

/** The gradient of a convolution by its input: `outputShape` is a shape that the convolution would take to x. */
function transposed(axes: number, rounded: boolean): Rule {
  return (call) => {
    const x = batchOf(call.tensor('x').shape, axes + 2);
    const filter = filterOf(call.tensor('filter').shape, axes);
    const asked = call.shape('outputShape');
    need(
      asked.length === call.tensor('x').shape.length,
      `outputShape has ${asked.length} entries for rank ${call.tensor('x').shape.length}`,
    );
    const to = batchOf(asked, axes + 2, 'outputShape');
    need(
      to.channels === filter.from,
      `outputShape has ${to.channels} channels, filter ${filter.from}`,
    );
    need(x.channels === filter.to, `x has ${x.channels} channels, filter gives ${filter.to}`);
    const tracks = tracksOf(call, to.space, filter.window);
    const steps = slide(call, tracks, { explicit: axes === 2, rounded });
    const fits = to.batch === x.batch && steps.every((count, axis) => count === x.space[axis]);
    if (!fits) {
      throw new Misfit(
        `outputShape ${showShape(asked)} leads to ${showShape(to.shapeOf(steps, filter.to))}, not to x`,
      );
    }
    return {
      outputs: [float(asked)],
      cost:
        2 * workOf([x.batch, ...steps, filter.to, ...filter.window, filter.from]) + workOf(asked),
      scratch: [patches(steps, filter.window, filter.from)],
    };
  };
}

export const conv2dTranspose = transposed(2, true);
export const conv3dTranspose = transposed(3, false);

/** Each channel with filters of its own: what it gives, without x and filter checked against each other elsewhere. */
function depthwise(call: Call, name: string, dilations: string, rounded: boolean) {
  const x = batchOf(call.tensor('x').shape, 4);
  const filter = filterOf(call.tensor(name).shape, 2, name);
  needChannels(x.channels, filter.from);
  const tracks = tracksOf(call, x.space, filter.window, dilations);
  needStridesOrDilations(tracks);
  const steps = slide(call, tracks, { rounded });
  const channels = x.channels * filter.to;
  const cost = 2 * workOf([x.batch, ...steps, channels, ...filter.window]);
  return { x, steps, channels, cost, scratch: [spread(tracks, filter)] };
}

/** `depthwiseConv2d` and its fused form, before bias and activation. */
export const depthwiseConv2d: Rule = (call) => {
  const { x, steps, channels, cost, scratch } = depthwise(call, 'filter', 'dilations', true);
  return { outputs: [float(x.shapeOf(steps, channels))], cost, scratch };
};

export const separableConv2d: Rule = (call) => {
  const { x, steps, channels, cost, scratch } = depthwise(
    call,
    'depthwiseFilter',
    'dilation',
    false,
  );
  const pointwise = filterOf(call.tensor('pointwiseFilter').shape, 2, 'pointwiseFilter');
  need(
    pointwise.window.every((size) => size === 1),
    'the window of pointwiseFilter must be 1 by 1',
  );
  need(
    pointwise.from === channels,
    `pointwiseFilter takes ${pointwise.from} channels, depthwiseFilter gives ${channels}`,
  );
  const shape = x.shapeOf(steps, pointwise.to);
  return {
    outputs: [float(shape)],
    cost: cost + 2 * workOf([...shape, channels]),
    scratch: [float(x.shapeOf(steps, channels)), ...scratch],
  };
};

/** The largest sum of a patch and the filter, a channel at a time (grayscale dilation). */
export const dilation2d: Rule = (call) => {
  const x = batchOf(call.tensor('x').shape, 4);
  const filter = call.tensor('filter').shape;
  need(filter.length === 3, `filter must have rank 3, not ${filter.length}`);
  need(sizeOf(filter) > 0, `filter ${showShape(filter)} is empty`);
  needChannels(x.channels, filter[2] ?? 1);
  const window = filter.slice(0, 2);
  const steps = slide(call, tracksOf(call, x.space, window), { rounded: false, explicit: false });
  const shape = x.shapeOf(steps, x.channels);
  return { outputs: [float(shape)], cost: 2 * workOf([...shape, ...window]) };
};
