/**
 * What the kernels of the wasm backend can be given. Most are written for float32, take other dtypes without a word and then
 * read and write past their memory, which ends in wrong values or in a heap that is broken for good. What they get right is
 * said here, as the sweep over all ops found it; the rest is run on cpu.
 */

import * as tf from '@tensorflow/tfjs';

type KernelCall = Parameters<tf.KernelFunc>[0];
type Check = (call: KernelCall) => boolean;

/** They move values, whatever these are. */
const moving = [
  'Identity',
  'Reshape',
  'ExpandDims',
  'Cast',
  'Transpose',
  'Slice',
  'StridedSlice',
  'Concat',
  'SplitV',
  'Pack',
  'Unpack',
  'GatherV2',
  'GatherNd',
  'ScatterNd',
  'Tile',
  'Fill',
  'ZerosLike',
  'OnesLike',
  'Range',
];

/** They take int32 as they take float32. */
const counting = [
  'Add',
  'Sub',
  'Multiply',
  'Maximum',
  'Minimum',
  'Equal',
  'NotEqual',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'Reverse',
  'OneHot',
  'PadV2',
  // The numbers of the segments; the kernel is ours.
  'UnsortedSegmentSum',
];

/** Of bool alone. */
const logical = ['LogicalAnd', 'LogicalOr', 'LogicalNot'];

const takes: Readonly<Record<string, ReadonlySet<string>>> = {
  int32: new Set([...moving, ...counting]),
  bool: new Set([...moving, ...logical]),
};

const never: Check = () => false;

function inputOf({ inputs }: KernelCall, name: string): tf.TensorInfo | undefined {
  return inputs[name] ?? undefined;
}

type Shape4D = [number, number, number, number];

/**
 * The kernel computes the size of its output anew, and writes as much: tfjs's own size may be less, where it rounds up, or
 * takes one padding for a filter that is not square.
 */
function isAsLargeAsToldIn(info: tf.backend_util.Conv2DInfo): boolean {
  const { padInfo } = info;
  if (padInfo.type === 'SAME') return true;
  const height = info.inHeight + padInfo.top + padInfo.bottom - info.effectiveFilterHeight;
  const width = info.inWidth + padInfo.left + padInfo.right - info.effectiveFilterWidth;
  return (
    info.outHeight === Math.floor(height / info.strideHeight) + 1 &&
    info.outWidth === Math.floor(width / info.strideWidth) + 1
  );
}

/**
 * xnnpack's SAME padding is another than tfjs's where the strides leave part of the image out. The slope of a prelu, and a
 * bias, are read as one number for each channel, however many there are.
 */
function fitsConvolution(isDepthwise: boolean): Check {
  return (call) => {
    const { attrs = {} } = call;
    if (attrs['dataFormat'] === 'NCHW') return false;
    const info = tf.backend_util.computeConv2DInfo(
      inputOf(call, 'x')?.shape as Shape4D,
      inputOf(call, 'filter')?.shape as Shape4D,
      attrs['strides'] as number,
      (attrs['dilations'] ?? 1) as number,
      attrs['pad'] as 'valid',
      (attrs['dimRoundingMode'] ?? undefined) as 'floor' | undefined,
      isDepthwise,
    );
    const leavesOut = info.strideHeight > info.filterHeight || info.strideWidth > info.filterWidth;
    const bias = inputOf(call, 'bias');
    return (
      isAsLargeAsToldIn(info) &&
      !(info.padInfo.type === 'SAME' && leavesOut) &&
      inputOf(call, 'preluActivationWeights') === undefined &&
      (bias === undefined || (bias.shape.length === 1 && bias.shape[0] === info.outChannels))
    );
  };
}

const conv2d = fitsConvolution(false);
const depthwise = fitsConvolution(true);

/** A window that has nothing but padding under it is something else on every backend. */
const pooling: Check = (call) => {
  const { attrs = {} } = call;
  const info = tf.backend_util.computePool2DInfo(
    inputOf(call, 'x')?.shape as Shape4D,
    attrs['filterSize'] as number,
    attrs['strides'] as number,
    1,
    attrs['pad'] as 'valid',
    (attrs['dimRoundingMode'] ?? undefined) as 'floor' | undefined,
  );
  const { top, bottom, left, right } = info.padInfo;
  return (
    isAsLargeAsToldIn(info) &&
    Math.max(top, bottom) < info.filterHeight &&
    Math.max(left, right) < info.filterWidth
  );
};

/** Calls of these kernels that are right on wasm, their dtypes apart. */
const checks: Readonly<Record<string, Check>> = {
  // Wrong where there is padding.
  Conv3DBackpropInputV2: never,
  Conv3DBackpropFilterV2: never,
  Dilation2DBackpropInput: never,
  Dilation2DBackpropFilter: never,
  // Gives float32 where int32 is due.
  FloorDiv: never,
  // Fills with whole numbers from 0 to 255 only.
  RotateWithOffset: never,
  Conv2D: conv2d,
  FusedConv2D: conv2d,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: depthwise,
  AvgPool: pooling,
  MaxPool: pooling,
  MaxPoolWithArgmax: pooling,
  GatherV2: ({ attrs }) => (attrs?.['batchDims'] ?? 0) === 0,
  OneHot: ({ attrs }) => attrs?.['dtype'] === 'int32',
  // Goes through the slopes again and again, in step with the image.
  Prelu: (call) => {
    const x = inputOf(call, 'x')?.shape ?? [];
    const alpha = [...(inputOf(call, 'alpha')?.shape ?? [])];
    while (alpha[0] === 1) alpha.shift();
    return (
      (inputOf(call, 'alpha')?.shape.length ?? 0) <= x.length &&
      alpha.every((length, at) => length === x[x.length - alpha.length + at])
    );
  },
  // Cuts the fraction off, where all but 0 is true.
  Cast: ({ attrs }) => attrs?.['dtype'] !== 'bool',
  // Its condition is a bool, and its branches are of one dtype.
  Select: (call) => {
    const [condition, yes, no] = ['condition', 't', 'e'].map((name) => inputOf(call, name));
    return (
      condition?.dtype === 'bool' &&
      yes?.dtype === no?.dtype &&
      (yes?.dtype === 'float32' || yes?.dtype === 'int32')
    );
  },
};

/** Is everything that it takes of a dtype that the kernel computes with as cpu does? */
function suitsDtypes(kernelName: string, { inputs }: KernelCall): boolean {
  return Object.values(inputs).every(
    (input) =>
      input === undefined ||
      input === null ||
      input.dtype === 'float32' ||
      kernelName === 'Select' ||
      takes[input.dtype]?.has(kernelName) === true,
  );
}

/** May wasm's kernel have this call? The others are run on cpu. */
export function suitsWasm(kernelName: string, call: KernelCall): boolean {
  const dtype = call.attrs?.['dtype'];
  if (dtype === 'complex64' || dtype === 'string') return false;
  return suitsDtypes(kernelName, call) && (checks[kernelName]?.(call) ?? true);
}

/** Calls of these kernels that are right on a GPU, their dtypes apart. */
const gpuChecks: Readonly<Record<string, Check>> = {
  // Rounds what it is given.
  FloorDiv: never,
  // Gives floats where int32 is due.
  MaxPoolWithArgmax: never,
  // Fails where its exponent is negative.
  LRN: never,
  AvgPool: pooling,
  FusedConv2D: conv2d,
  FusedDepthwiseConv2D: depthwise,
  _FusedMatMul: ({ inputs }) =>
    (inputs['preluActivationWeights'] ?? undefined) === undefined &&
    (inputs['bias']?.shape.length ?? 1) === 1,
};

/**
 * The same for a GPU's: its integers are floats that it rounds, and its bools are whatever was computed. Complex values are
 * its own, and cannot be moved.
 */
export function suitsGpu(kernelName: string, call: KernelCall): boolean {
  const isComplex = (info: tf.TensorInfo | null | undefined) => info?.dtype === 'complex64';
  const dtype = call.attrs?.['dtype'];
  if (dtype === 'complex64' || Object.values(call.inputs).some(isComplex)) return true;
  return (
    dtype !== 'bool' && suitsDtypes(kernelName, call) && (gpuChecks[kernelName]?.(call) ?? true)
  );
}

const isLong: Check = (call) => tf.util.sizeFromShape(inputOf(call, 'x')?.shape ?? []) > 1;
const isNoVector: Check = (call) => (inputOf(call, 'x')?.shape.length ?? 0) > 1;

/** What webgpu's kernels get wrong beside. */
const webgpuChecks: Readonly<Record<string, Check>> = {
  // What should be a scalar has the shape [1].
  ArgMax: isNoVector,
  ArgMin: isNoVector,
  // Of one entry it gives the entry itself, in its own shape.
  Prod: isLong,
  // Divides by one less.
  LinSpace: ({ attrs }) => attrs?.['num'] !== 1,
  MaxPool: pooling,
};

/** The same for webgpu. */
export function suitsWebgpu(kernelName: string, call: KernelCall): boolean {
  return suitsGpu(kernelName, call) && (webgpuChecks[kernelName]?.(call) ?? true);
}
