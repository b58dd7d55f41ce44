// Made by tools/generate.ts from the declarations of tfjs; do not edit.

import type { OpTable } from './table-types';

export const table = {
  abs: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  acos: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  acosh: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  add: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  addN: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
    ],
    form: { kind: 'single' },
  },
  all: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  any: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  argMax: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  argMin: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  asin: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  asinh: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  atan: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  atan2: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  atanh: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  avgPool: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'filterSize', kind: 'integerOrIntegers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  avgPool3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'filterSize', kind: 'integerOrIntegers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NDHWC', 'NCDHW'] },
    ],
    form: { kind: 'single' },
  },
  basicLSTMCell: {
    params: [
      { name: 'forgetBias', kind: 'tensor', optional: false },
      { name: 'lstmKernel', kind: 'tensor', optional: false },
      { name: 'lstmBias', kind: 'tensor', optional: false },
      { name: 'data', kind: 'tensor', optional: false },
      { name: 'c', kind: 'tensor', optional: false },
      { name: 'h', kind: 'tensor', optional: false },
    ],
    form: { kind: 'tuple', length: 2 },
  },
  batchNorm: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'mean', kind: 'tensor', optional: false },
      { name: 'variance', kind: 'tensor', optional: false },
      { name: 'offset', kind: 'tensor', optional: true },
      { name: 'scale', kind: 'tensor', optional: true },
      { name: 'varianceEpsilon', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  batchNorm2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'mean', kind: 'tensor', optional: false },
      { name: 'variance', kind: 'tensor', optional: false },
      { name: 'offset', kind: 'tensor', optional: true },
      { name: 'scale', kind: 'tensor', optional: true },
      { name: 'varianceEpsilon', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  batchNorm3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'mean', kind: 'tensor', optional: false },
      { name: 'variance', kind: 'tensor', optional: false },
      { name: 'offset', kind: 'tensor', optional: true },
      { name: 'scale', kind: 'tensor', optional: true },
      { name: 'varianceEpsilon', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  batchNorm4d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'mean', kind: 'tensor', optional: false },
      { name: 'variance', kind: 'tensor', optional: false },
      { name: 'offset', kind: 'tensor', optional: true },
      { name: 'scale', kind: 'tensor', optional: true },
      { name: 'varianceEpsilon', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  batchToSpaceND: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'blockShape', kind: 'integers', optional: false },
      { name: 'crops', kind: 'pairs', optional: false },
    ],
    form: { kind: 'single' },
  },
  bincount: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: false },
      { name: 'size', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  bitwiseAnd: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'y', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  booleanMaskAsync: {
    params: [
      { name: 'tensor', kind: 'tensor', optional: false },
      { name: 'mask', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'async' },
  },
  broadcastArgs: {
    params: [
      { name: 's0', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 's1', kind: 'tensor', optional: false, dtype: 'int32' },
    ],
    form: { kind: 'single' },
  },
  broadcastTo: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'shape', kind: 'shape', optional: false },
    ],
    form: { kind: 'single' },
  },
  'browser.draw': {
    params: [
      { name: 'image', kind: 'tensor', optional: false },
      { name: 'canvas', kind: 'options', optional: false },
      { name: 'options', kind: 'options', optional: true },
    ],
    form: { kind: 'other' },
  },
  'browser.fromPixels': {
    params: [
      { name: 'pixels', kind: 'other', optional: false },
      { name: 'numChannels', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  'browser.fromPixelsAsync': {
    params: [
      { name: 'pixels', kind: 'other', optional: false },
      { name: 'numChannels', kind: 'number', optional: true },
    ],
    form: { kind: 'async' },
  },
  'browser.toPixels': {
    params: [
      { name: 'img', kind: 'tensor', optional: false },
      { name: 'canvas', kind: 'options', optional: true },
    ],
    form: { kind: 'async' },
  },
  buffer: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'dtype', kind: 'other', optional: true },
      { name: 'values', kind: 'other', optional: true },
    ],
    form: { kind: 'other' },
  },
  cast: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'dtype', kind: 'dtype', optional: false },
    ],
    form: { kind: 'single' },
  },
  ceil: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  clipByValue: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'clipValueMin', kind: 'number', optional: false },
      { name: 'clipValueMax', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  clone: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  complex: {
    params: [
      { name: 'real', kind: 'tensor', optional: false },
      { name: 'imag', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  concat: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  concat1d: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
    ],
    form: { kind: 'single' },
  },
  concat2d: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
      { name: 'axis', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  concat3d: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
      { name: 'axis', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  concat4d: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
      { name: 'axis', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  conv1d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filter', kind: 'tensor', optional: false },
      { name: 'stride', kind: 'number', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NWC', 'NCW'] },
      { name: 'dilation', kind: 'number', optional: true },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  conv2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'filter', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC', 'NCHW'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  conv2dTranspose: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filter', kind: 'tensor', optional: false },
      { name: 'outputShape', kind: 'integers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  conv3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filter', kind: 'tensor', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'choice', optional: false, choices: ['valid', 'same'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NDHWC', 'NCDHW'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  conv3dTranspose: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filter', kind: 'tensor', optional: false },
      { name: 'outputShape', kind: 'integers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'choice', optional: false, choices: ['valid', 'same'] },
    ],
    form: { kind: 'single' },
  },
  cos: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  cosh: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  cosineWindow: {
    params: [
      { name: 'windowLength', kind: 'number', optional: false },
      { name: 'a', kind: 'number', optional: false },
      { name: 'b', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  cumprod: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
      { name: 'exclusive', kind: 'flag', optional: true },
      { name: 'reverse', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  cumsum: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
      { name: 'exclusive', kind: 'flag', optional: true },
      { name: 'reverse', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  denseBincount: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: false },
      { name: 'size', kind: 'number', optional: false },
      { name: 'binaryOutput', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  depthToSpace: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'blockSize', kind: 'number', optional: false },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC', 'NCHW'] },
    ],
    form: { kind: 'single' },
  },
  depthwiseConv2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'filter', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC', 'NCHW'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  diag: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  dilation2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filter', kind: 'tensor', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'choice', optional: false, choices: ['valid', 'same'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC'] },
    ],
    form: { kind: 'single' },
  },
  div: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  divNoNan: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  dot: {
    params: [
      { name: 't1', kind: 'tensor', optional: false },
      { name: 't2', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  dropout: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'rate', kind: 'number', optional: false },
      { name: 'noiseShape', kind: 'integers', optional: true },
      { name: 'seed', kind: 'numberOrText', optional: true },
    ],
    form: { kind: 'single' },
  },
  einsum: {
    params: [
      { name: 'equation', kind: 'text', optional: false },
      { name: 'tensors', kind: 'tensors', optional: false, rest: true },
    ],
    form: { kind: 'single' },
  },
  elu: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  enclosingPowerOfTwo: {
    params: [
      { name: 'value', kind: 'number', optional: false },
    ],
    form: { kind: 'other' },
  },
  ensureShape: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'shape', kind: 'shape', optional: false },
    ],
    form: { kind: 'single' },
  },
  equal: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  erf: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  euclideanNorm: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  exp: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  expandDims: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  expm1: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  eye: {
    params: [
      { name: 'numRows', kind: 'number', optional: false },
      { name: 'numColumns', kind: 'number', optional: true },
      { name: 'batchShape', kind: 'integers', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  fft: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  fill: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'value', kind: 'numberOrText', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  floor: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  floorDiv: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'fused.conv2d': {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'filter', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC', 'NCHW'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
      { name: 'bias', kind: 'tensor', optional: true },
      { name: 'activation', kind: 'choice', optional: true, choices: ['linear', 'relu', 'prelu', 'elu', 'relu6', 'leakyrelu', 'sigmoid'] },
      { name: 'preluActivationWeights', kind: 'tensor', optional: true },
      { name: 'leakyreluAlpha', kind: 'number', optional: true },
    ],
    optionsFrom: 0,
    form: { kind: 'single' },
  },
  'fused.depthwiseConv2d': {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'filter', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC', 'NCHW'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
      { name: 'bias', kind: 'tensor', optional: true },
      { name: 'activation', kind: 'choice', optional: true, choices: ['linear', 'relu', 'prelu', 'elu', 'relu6', 'leakyrelu', 'sigmoid'] },
      { name: 'preluActivationWeights', kind: 'tensor', optional: true },
      { name: 'leakyreluAlpha', kind: 'number', optional: true },
    ],
    optionsFrom: 0,
    form: { kind: 'single' },
  },
  'fused.matMul': {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
      { name: 'transposeA', kind: 'flag', optional: true },
      { name: 'transposeB', kind: 'flag', optional: true },
      { name: 'bias', kind: 'tensor', optional: true },
      { name: 'activation', kind: 'choice', optional: true, choices: ['linear', 'relu', 'prelu', 'elu', 'relu6', 'leakyrelu', 'sigmoid'] },
      { name: 'preluActivationWeights', kind: 'tensor', optional: true },
      { name: 'leakyreluAlpha', kind: 'number', optional: true },
    ],
    optionsFrom: 0,
    form: { kind: 'single' },
  },
  gather: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'axis', kind: 'number', optional: true },
      { name: 'batchDims', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  gatherND: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
    ],
    form: { kind: 'single' },
  },
  greater: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  greaterEqual: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  ifft: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  imag: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'image.cropAndResize': {
    params: [
      { name: 'image', kind: 'tensor', optional: false },
      { name: 'boxes', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'boxInd', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'cropSize', kind: 'integers', optional: false },
      { name: 'method', kind: 'choice', optional: true, choices: ['bilinear', 'nearest'] },
      { name: 'extrapolationValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  'image.flipLeftRight': {
    params: [
      { name: 'image', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  'image.grayscaleToRGB': {
    params: [
      { name: 'image', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'image.nonMaxSuppression': {
    params: [
      { name: 'boxes', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'scores', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'maxOutputSize', kind: 'number', optional: false },
      { name: 'iouThreshold', kind: 'number', optional: true },
      { name: 'scoreThreshold', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  'image.nonMaxSuppressionAsync': {
    params: [
      { name: 'boxes', kind: 'tensor', optional: false },
      { name: 'scores', kind: 'tensor', optional: false },
      { name: 'maxOutputSize', kind: 'number', optional: false },
      { name: 'iouThreshold', kind: 'number', optional: true },
      { name: 'scoreThreshold', kind: 'number', optional: true },
    ],
    form: { kind: 'async' },
  },
  'image.nonMaxSuppressionPadded': {
    params: [
      { name: 'boxes', kind: 'tensor', optional: false },
      { name: 'scores', kind: 'tensor', optional: false },
      { name: 'maxOutputSize', kind: 'number', optional: false },
      { name: 'iouThreshold', kind: 'number', optional: true },
      { name: 'scoreThreshold', kind: 'number', optional: true },
      { name: 'padToMaxOutputSize', kind: 'flag', optional: true },
    ],
    form: { kind: 'named' },
  },
  'image.nonMaxSuppressionPaddedAsync': {
    params: [
      { name: 'boxes', kind: 'tensor', optional: false },
      { name: 'scores', kind: 'tensor', optional: false },
      { name: 'maxOutputSize', kind: 'number', optional: false },
      { name: 'iouThreshold', kind: 'number', optional: true },
      { name: 'scoreThreshold', kind: 'number', optional: true },
      { name: 'padToMaxOutputSize', kind: 'flag', optional: true },
    ],
    form: { kind: 'async' },
  },
  'image.nonMaxSuppressionWithScore': {
    params: [
      { name: 'boxes', kind: 'tensor', optional: false },
      { name: 'scores', kind: 'tensor', optional: false },
      { name: 'maxOutputSize', kind: 'number', optional: false },
      { name: 'iouThreshold', kind: 'number', optional: true },
      { name: 'scoreThreshold', kind: 'number', optional: true },
      { name: 'softNmsSigma', kind: 'number', optional: true },
    ],
    form: { kind: 'named' },
  },
  'image.nonMaxSuppressionWithScoreAsync': {
    params: [
      { name: 'boxes', kind: 'tensor', optional: false },
      { name: 'scores', kind: 'tensor', optional: false },
      { name: 'maxOutputSize', kind: 'number', optional: false },
      { name: 'iouThreshold', kind: 'number', optional: true },
      { name: 'scoreThreshold', kind: 'number', optional: true },
      { name: 'softNmsSigma', kind: 'number', optional: true },
    ],
    form: { kind: 'async' },
  },
  'image.resizeBilinear': {
    params: [
      { name: 'images', kind: 'tensor', optional: false },
      { name: 'size', kind: 'integers', optional: false },
      { name: 'alignCorners', kind: 'flag', optional: true },
      { name: 'halfPixelCenters', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  'image.resizeNearestNeighbor': {
    params: [
      { name: 'images', kind: 'tensor', optional: false },
      { name: 'size', kind: 'integers', optional: false },
      { name: 'alignCorners', kind: 'flag', optional: true },
      { name: 'halfPixelCenters', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  'image.rgbToGrayscale': {
    params: [
      { name: 'image', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'image.rotateWithOffset': {
    params: [
      { name: 'image', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'radians', kind: 'number', optional: false },
      { name: 'fillValue', kind: 'integerOrIntegers', optional: true },
      { name: 'center', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  'image.threshold': {
    params: [
      { name: 'image', kind: 'tensor', optional: false },
      { name: 'method', kind: 'text', optional: true },
      { name: 'inverted', kind: 'flag', optional: true },
      { name: 'threshValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  'image.transform': {
    params: [
      { name: 'image', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'transforms', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'interpolation', kind: 'choice', optional: true, choices: ['bilinear', 'nearest'] },
      { name: 'fillMode', kind: 'choice', optional: true, choices: ['reflect', 'nearest', 'constant', 'wrap'] },
      { name: 'fillValue', kind: 'number', optional: true },
      { name: 'outputShape', kind: 'integers', optional: true },
    ],
    form: { kind: 'single' },
  },
  inTopKAsync: {
    params: [
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'targets', kind: 'tensor', optional: false },
      { name: 'k', kind: 'number', optional: true },
    ],
    form: { kind: 'async' },
  },
  irfft: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  isFinite: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  isInf: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  isNaN: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  leakyRelu: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'alpha', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  less: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  lessEqual: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'linalg.bandPart': {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'numLower', kind: 'tensor', optional: false },
      { name: 'numUpper', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'linalg.gramSchmidt': {
    params: [
      { name: 'xs', kind: 'tensor', optional: false },
    ],
    form: { kind: 'other' },
  },
  'linalg.qr': {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'fullMatrices', kind: 'flag', optional: true },
    ],
    form: { kind: 'tuple', length: 2 },
  },
  linspace: {
    params: [
      { name: 'start', kind: 'number', optional: false },
      { name: 'stop', kind: 'number', optional: false },
      { name: 'num', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  localResponseNormalization: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'depthRadius', kind: 'number', optional: true },
      { name: 'bias', kind: 'number', optional: true },
      { name: 'alpha', kind: 'number', optional: true },
      { name: 'beta', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  log: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  log1p: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  logSigmoid: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  logSoftmax: {
    params: [
      { name: 'logits', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  logSumExp: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  logicalAnd: {
    params: [
      { name: 'a', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'b', kind: 'tensor', optional: false, dtype: 'bool' },
    ],
    form: { kind: 'single' },
  },
  logicalNot: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'bool' },
    ],
    form: { kind: 'single' },
  },
  logicalOr: {
    params: [
      { name: 'a', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'b', kind: 'tensor', optional: false, dtype: 'bool' },
    ],
    form: { kind: 'single' },
  },
  logicalXor: {
    params: [
      { name: 'a', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'b', kind: 'tensor', optional: false, dtype: 'bool' },
    ],
    form: { kind: 'single' },
  },
  'losses.absoluteDifference': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.computeWeightedLoss': {
    params: [
      { name: 'losses', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.cosineDistance': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.hingeLoss': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.huberLoss': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'delta', kind: 'number', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.logLoss': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'epsilon', kind: 'number', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.meanSquaredError': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.sigmoidCrossEntropy': {
    params: [
      { name: 'multiClassLabels', kind: 'tensor', optional: false },
      { name: 'logits', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'labelSmoothing', kind: 'number', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  'losses.softmaxCrossEntropy': {
    params: [
      { name: 'onehotLabels', kind: 'tensor', optional: false },
      { name: 'logits', kind: 'tensor', optional: false },
      { name: 'weights', kind: 'tensor', optional: true },
      { name: 'labelSmoothing', kind: 'number', optional: true },
      { name: 'reduction', kind: 'choice', optional: true, choices: ['0', '1', '2', '3'] },
    ],
    form: { kind: 'single' },
  },
  lowerBound: {
    params: [
      { name: 'sortedSequence', kind: 'tensor', optional: false },
      { name: 'values', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  matMul: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
      { name: 'transposeA', kind: 'flag', optional: true },
      { name: 'transposeB', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  'math.confusionMatrix': {
    params: [
      { name: 'labels', kind: 'tensor', optional: false },
      { name: 'predictions', kind: 'tensor', optional: false },
      { name: 'numClasses', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  max: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  maxPool: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filterSize', kind: 'integerOrIntegers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  maxPool3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filterSize', kind: 'integerOrIntegers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NDHWC', 'NCDHW'] },
    ],
    form: { kind: 'single' },
  },
  maxPoolWithArgmax: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'filterSize', kind: 'integerOrIntegers', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'includeBatchInIndex', kind: 'flag', optional: true },
    ],
    form: { kind: 'named' },
  },
  maximum: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  mean: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  meshgrid: {
    params: [
      { name: 'x', kind: 'tensor', optional: true },
      { name: 'y', kind: 'tensor', optional: true },
      { name: 'indexing', kind: 'text', optional: true },
    ],
    optionsFrom: 2,
    form: { kind: 'list' },
  },
  'metrics.MAPE': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.MSE': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.binaryAccuracy': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.binaryCrossentropy': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.categoricalAccuracy': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.categoricalCrossentropy': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.cosineProximity': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.mape': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.meanAbsoluteError': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.meanAbsolutePercentageError': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.meanSquaredError': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.mse': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.precision': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.r2Score': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.recall': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'metrics.sparseCategoricalAccuracy': {
    params: [
      { name: 'yTrue', kind: 'tensor', optional: false },
      { name: 'yPred', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  min: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  minimum: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  mirrorPad: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'paddings', kind: 'pairs', optional: false },
      { name: 'mode', kind: 'choice', optional: false, choices: ['reflect', 'symmetric'] },
    ],
    form: { kind: 'single' },
  },
  mod: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  moments: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'fields', fields: ['mean', 'variance'] },
  },
  movingAverage: {
    params: [
      { name: 'v', kind: 'tensor', optional: false },
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'decay', kind: 'tensor', optional: false },
      { name: 'step', kind: 'tensor', optional: true },
      { name: 'zeroDebias', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  mul: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  multiRNNCell: {
    params: [
      { name: 'lstmCells', kind: 'options', optional: false },
      { name: 'data', kind: 'tensor', optional: false },
      { name: 'c', kind: 'tensors', optional: false },
      { name: 'h', kind: 'tensors', optional: false },
    ],
    form: { kind: 'other' },
  },
  multinomial: {
    params: [
      { name: 'logits', kind: 'tensor', optional: false },
      { name: 'numSamples', kind: 'number', optional: false },
      { name: 'seed', kind: 'number', optional: true },
      { name: 'normalized', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  neg: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  norm: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'ord', kind: 'numberOrText', optional: true },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  notEqual: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  oneHot: {
    params: [
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'depth', kind: 'number', optional: false },
      { name: 'onValue', kind: 'number', optional: true },
      { name: 'offValue', kind: 'number', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  ones: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  onesLike: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  outerProduct: {
    params: [
      { name: 'v1', kind: 'tensor', optional: false },
      { name: 'v2', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  pad: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'paddings', kind: 'pairs', optional: false },
      { name: 'constantValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  pad1d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'paddings', kind: 'integers', optional: false },
      { name: 'constantValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  pad2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'paddings', kind: 'pairs', optional: false },
      { name: 'constantValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  pad3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'paddings', kind: 'pairs', optional: false },
      { name: 'constantValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  pad4d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'paddings', kind: 'pairs', optional: false },
      { name: 'constantValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  pool: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
      { name: 'windowShape', kind: 'integerOrIntegers', optional: false },
      { name: 'poolingType', kind: 'choice', optional: false, choices: ['avg', 'max'] },
      { name: 'pad', kind: 'padding', optional: false, choices: ['valid', 'same'] },
      { name: 'dilations', kind: 'integerOrIntegers', optional: true },
      { name: 'strides', kind: 'integerOrIntegers', optional: true },
      { name: 'dimRoundingMode', kind: 'choice', optional: true, choices: ['floor', 'round', 'ceil'] },
    ],
    form: { kind: 'single' },
  },
  pow: {
    params: [
      { name: 'base', kind: 'tensor', optional: false },
      { name: 'exp', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  prelu: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'alpha', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  print: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'verbose', kind: 'flag', optional: true },
    ],
    form: { kind: 'other' },
  },
  prod: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  raggedGather: {
    params: [
      { name: 'paramsNestedSplits', kind: 'tensors', optional: false },
      { name: 'paramsDenseValues', kind: 'tensor', optional: false },
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'outputRaggedRank', kind: 'number', optional: false },
    ],
    form: { kind: 'other' },
  },
  raggedRange: {
    params: [
      { name: 'starts', kind: 'tensor', optional: false },
      { name: 'limits', kind: 'tensor', optional: false },
      { name: 'deltas', kind: 'tensor', optional: false },
    ],
    form: { kind: 'named' },
  },
  raggedTensorToTensor: {
    params: [
      { name: 'shape', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'values', kind: 'tensor', optional: false },
      { name: 'defaultValue', kind: 'tensor', optional: false },
      { name: 'rowPartitionTensors', kind: 'tensors', optional: false },
      { name: 'rowPartitionTypes', kind: 'options', optional: false },
    ],
    form: { kind: 'single' },
  },
  rand: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'randFunction', kind: 'function', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  randomGamma: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'alpha', kind: 'number', optional: false },
      { name: 'beta', kind: 'number', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true, choices: ['float32', 'int32'] },
      { name: 'seed', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  randomNormal: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'mean', kind: 'number', optional: true },
      { name: 'stdDev', kind: 'number', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true, choices: ['float32', 'int32'] },
      { name: 'seed', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  randomStandardNormal: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true, choices: ['float32', 'int32'] },
      { name: 'seed', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  randomUniform: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'minval', kind: 'number', optional: true },
      { name: 'maxval', kind: 'number', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
      { name: 'seed', kind: 'numberOrText', optional: true },
    ],
    form: { kind: 'single' },
  },
  randomUniformInt: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'minval', kind: 'number', optional: false },
      { name: 'maxval', kind: 'number', optional: false },
      { name: 'seed', kind: 'numberOrText', optional: true },
    ],
    form: { kind: 'single' },
  },
  range: {
    params: [
      { name: 'start', kind: 'number', optional: false },
      { name: 'stop', kind: 'number', optional: false },
      { name: 'step', kind: 'number', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true, choices: ['float32', 'int32'] },
    ],
    form: { kind: 'single' },
  },
  real: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  reciprocal: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  relu: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  relu6: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  reshape: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'shape', kind: 'shape', optional: false },
    ],
    form: { kind: 'single' },
  },
  reverse: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  reverse1d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  reverse2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  reverse3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  reverse4d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  rfft: {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
      { name: 'fftLength', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  round: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  rsqrt: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  scalar: {
    params: [
      { name: 'value', kind: 'other', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  scatterND: {
    params: [
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'updates', kind: 'tensor', optional: false },
      { name: 'shape', kind: 'shape', optional: false },
    ],
    form: { kind: 'single' },
  },
  searchSorted: {
    params: [
      { name: 'sortedSequence', kind: 'tensor', optional: false },
      { name: 'values', kind: 'tensor', optional: false },
      { name: 'side', kind: 'choice', optional: true, choices: ['left', 'right'] },
    ],
    form: { kind: 'single' },
  },
  selu: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  separableConv2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'depthwiseFilter', kind: 'tensor', optional: false },
      { name: 'pointwiseFilter', kind: 'tensor', optional: false },
      { name: 'strides', kind: 'integerOrIntegers', optional: false },
      { name: 'pad', kind: 'choice', optional: false, choices: ['valid', 'same'] },
      { name: 'dilation', kind: 'integerOrIntegers', optional: true },
      { name: 'dataFormat', kind: 'choice', optional: true, choices: ['NHWC', 'NCHW'] },
    ],
    form: { kind: 'single' },
  },
  setdiff1dAsync: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'y', kind: 'tensor', optional: false },
    ],
    form: { kind: 'async' },
  },
  sigmoid: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  sign: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'signal.frame': {
    params: [
      { name: 'signal', kind: 'tensor', optional: false },
      { name: 'frameLength', kind: 'number', optional: false },
      { name: 'frameStep', kind: 'number', optional: false },
      { name: 'padEnd', kind: 'flag', optional: true },
      { name: 'padValue', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  'signal.hammingWindow': {
    params: [
      { name: 'windowLength', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  'signal.hannWindow': {
    params: [
      { name: 'windowLength', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  'signal.stft': {
    params: [
      { name: 'signal', kind: 'tensor', optional: false },
      { name: 'frameLength', kind: 'number', optional: false },
      { name: 'frameStep', kind: 'number', optional: false },
      { name: 'fftLength', kind: 'number', optional: true },
      { name: 'windowFn', kind: 'function', optional: true },
    ],
    form: { kind: 'single' },
  },
  sin: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  sinh: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  slice: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'begin', kind: 'integerOrIntegers', optional: false },
      { name: 'size', kind: 'integerOrIntegers', optional: true },
    ],
    form: { kind: 'single' },
  },
  slice1d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'begin', kind: 'number', optional: false },
      { name: 'size', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  slice2d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'begin', kind: 'integers', optional: false },
      { name: 'size', kind: 'integers', optional: false },
    ],
    form: { kind: 'single' },
  },
  slice3d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'begin', kind: 'integers', optional: false },
      { name: 'size', kind: 'integers', optional: false },
    ],
    form: { kind: 'single' },
  },
  slice4d: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'begin', kind: 'integers', optional: false },
      { name: 'size', kind: 'integers', optional: false },
    ],
    form: { kind: 'single' },
  },
  softmax: {
    params: [
      { name: 'logits', kind: 'tensor', optional: false, dtype: 'float32' },
      { name: 'dim', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  softplus: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  spaceToBatchND: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'blockShape', kind: 'integers', optional: false },
      { name: 'paddings', kind: 'pairs', optional: false },
    ],
    form: { kind: 'single' },
  },
  'sparse.sparseFillEmptyRows': {
    params: [
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'values', kind: 'tensor', optional: false },
      { name: 'denseShape', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'defaultValue', kind: 'tensor', optional: false },
    ],
    form: { kind: 'named' },
  },
  'sparse.sparseReshape': {
    params: [
      { name: 'inputIndices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'inputShape', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'newShape', kind: 'tensor', optional: false, dtype: 'int32' },
    ],
    form: { kind: 'named' },
  },
  'sparse.sparseSegmentMean': {
    params: [
      { name: 'data', kind: 'tensor', optional: false },
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'segmentIds', kind: 'tensor', optional: false, dtype: 'int32' },
    ],
    form: { kind: 'single' },
  },
  'sparse.sparseSegmentSum': {
    params: [
      { name: 'data', kind: 'tensor', optional: false },
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'segmentIds', kind: 'tensor', optional: false, dtype: 'int32' },
    ],
    form: { kind: 'single' },
  },
  sparseToDense: {
    params: [
      { name: 'sparseIndices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'sparseValues', kind: 'tensor', optional: false },
      { name: 'outputShape', kind: 'shape', optional: false },
      { name: 'defaultValue', kind: 'tensor', optional: true },
    ],
    form: { kind: 'single' },
  },
  'spectral.fft': {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'spectral.ifft': {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'spectral.irfft': {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  'spectral.rfft': {
    params: [
      { name: 'input', kind: 'tensor', optional: false },
      { name: 'fftLength', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  split: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'numOrSizeSplits', kind: 'integerOrIntegers', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'list' },
  },
  sqrt: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  square: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  squaredDifference: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  squeeze: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integers', optional: true },
    ],
    form: { kind: 'single' },
  },
  stack: {
    params: [
      { name: 'tensors', kind: 'tensors', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  step: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'alpha', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  stridedSlice: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'begin', kind: 'integers', optional: false },
      { name: 'end', kind: 'integers', optional: false },
      { name: 'strides', kind: 'integers', optional: true },
      { name: 'beginMask', kind: 'number', optional: true },
      { name: 'endMask', kind: 'number', optional: true },
      { name: 'ellipsisMask', kind: 'number', optional: true },
      { name: 'newAxisMask', kind: 'number', optional: true },
      { name: 'shrinkAxisMask', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  'string.staticRegexReplace': {
    params: [
      { name: 'input', kind: 'tensor', optional: false, dtype: 'string' },
      { name: 'pattern', kind: 'text', optional: false },
      { name: 'rewrite', kind: 'text', optional: false },
      { name: 'replaceGlobal', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  'string.stringNGrams': {
    params: [
      { name: 'data', kind: 'tensor', optional: false, dtype: 'string' },
      { name: 'dataSplits', kind: 'tensor', optional: false },
      { name: 'separator', kind: 'text', optional: false },
      { name: 'nGramWidths', kind: 'integers', optional: false },
      { name: 'leftPad', kind: 'text', optional: false },
      { name: 'rightPad', kind: 'text', optional: false },
      { name: 'padWidth', kind: 'number', optional: false },
      { name: 'preserveShortSequences', kind: 'flag', optional: false },
    ],
    form: { kind: 'named' },
  },
  'string.stringSplit': {
    params: [
      { name: 'input', kind: 'tensor', optional: false, dtype: 'string' },
      { name: 'delimiter', kind: 'tensor', optional: false, dtype: 'string' },
      { name: 'skipEmpty', kind: 'flag', optional: true },
    ],
    form: { kind: 'named' },
  },
  'string.stringToHashBucketFast': {
    params: [
      { name: 'input', kind: 'tensor', optional: false, dtype: 'string' },
      { name: 'numBuckets', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  sub: {
    params: [
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  sum: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'integerOrIntegers', optional: true },
      { name: 'keepDims', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  tan: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  tanh: {
    params: [
      { name: 'x', kind: 'tensor', optional: false, dtype: 'float32' },
    ],
    form: { kind: 'single' },
  },
  tensor: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'shape', kind: 'shape', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensor1d: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensor2d: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'shape', kind: 'integers', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensor3d: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'shape', kind: 'integers', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensor4d: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'shape', kind: 'integers', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensor5d: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'shape', kind: 'integers', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensor6d: {
    params: [
      { name: 'values', kind: 'other', optional: false },
      { name: 'shape', kind: 'integers', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  tensorScatterUpdate: {
    params: [
      { name: 'tensor', kind: 'tensor', optional: false },
      { name: 'indices', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'updates', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  tile: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'reps', kind: 'integers', optional: false },
    ],
    form: { kind: 'single' },
  },
  topk: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'k', kind: 'number', optional: true },
      { name: 'sorted', kind: 'flag', optional: true },
    ],
    form: { kind: 'fields', fields: ['values', 'indices'] },
  },
  transpose: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'perm', kind: 'integers', optional: true },
      { name: 'conjugate', kind: 'flag', optional: true },
    ],
    form: { kind: 'single' },
  },
  truncatedNormal: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'mean', kind: 'number', optional: true },
      { name: 'stdDev', kind: 'number', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true, choices: ['float32', 'int32'] },
      { name: 'seed', kind: 'number', optional: true },
    ],
    form: { kind: 'single' },
  },
  unique: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'fields', fields: ['values', 'indices'] },
  },
  unsortedSegmentSum: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'segmentIds', kind: 'tensor', optional: false, dtype: 'int32' },
      { name: 'numSegments', kind: 'number', optional: false },
    ],
    form: { kind: 'single' },
  },
  unstack: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
      { name: 'axis', kind: 'number', optional: true },
    ],
    form: { kind: 'list' },
  },
  upperBound: {
    params: [
      { name: 'sortedSequence', kind: 'tensor', optional: false },
      { name: 'values', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  variable: {
    params: [
      { name: 'initialValue', kind: 'tensor', optional: false },
      { name: 'trainable', kind: 'flag', optional: true },
      { name: 'name', kind: 'text', optional: true },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'other' },
  },
  where: {
    params: [
      { name: 'condition', kind: 'tensor', optional: false, dtype: 'bool' },
      { name: 'a', kind: 'tensor', optional: false },
      { name: 'b', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
  whereAsync: {
    params: [
      { name: 'condition', kind: 'tensor', optional: false, dtype: 'bool' },
    ],
    form: { kind: 'async' },
  },
  zeros: {
    params: [
      { name: 'shape', kind: 'shape', optional: false },
      { name: 'dtype', kind: 'dtype', optional: true },
    ],
    form: { kind: 'single' },
  },
  zerosLike: {
    params: [
      { name: 'x', kind: 'tensor', optional: false },
    ],
    form: { kind: 'single' },
  },
} as const satisfies OpTable;
