/**
 * What may be called, op by op, over the table of what tfjs has. An op that is not listed is denied. Every denial says
 * why, and what to do instead where there is something.
 */

import type { DType } from '@duet/protocol';
import type { Rule } from './call';
import * as arrange from './rules/arrange';
import * as create from './rules/create';
import * as elementwise from './rules/elementwise';
import {
  boolToInt,
  broadcast,
  same,
  toBool,
  toFloat,
  toInt,
  unary,
  upcast,
} from './rules/elementwise';
import * as linear from './rules/linear';
import * as losses from './rules/losses';
import { loss } from './rules/losses';
import * as reduction from './rules/reduce';
import { reduce } from './rules/reduce';
import { stridedSlice } from './rules/strided-slice';
import type { DataDependence, ParamKind } from './spec';
import type { table } from './table.generated';

/** What the declarations do not tell of a parameter. */
export interface ParamPolicy {
  readonly kind?: ParamKind;
  readonly choices?: readonly string[];
  readonly dtype?: DType;
}

export interface Allowed {
  readonly kind: 'allow';
  readonly rule: Rule;
  readonly dataDependence: DataDependence;
  readonly params: Readonly<Record<string, ParamPolicy>>;
  /** May its tensors be complex64? */
  readonly complex: boolean;
  /** Parameters by name: the indices, the tensor they point into, its axis. */
  readonly clamp?: { readonly indices: string; readonly of: string; readonly axis: string };
}

export interface Denied {
  readonly kind: 'deny';
  readonly reason: string;
  /** The shape of its result depends on values, so that no wrapping could make it safe. */
  readonly shapeByValues: boolean;
}

export type Policy = Allowed | Denied;

function allow(rule: Rule, more: Partial<Omit<Allowed, 'kind' | 'rule'>> = {}): Allowed {
  return { kind: 'allow', rule, dataDependence: 'static', params: {}, complex: false, ...more };
}

/** Draws from a public seed, so that its values follow from what was sent. */
interface Drawn extends Allowed {
  readonly dataDependence: 'random';
}

function draw(rule: Rule, params: Readonly<Record<string, ParamPolicy>> = {}): Drawn {
  return { ...allow(rule, { params: { seed: integer, ...params } }), dataDependence: 'random' };
}

function deny(reason: string): Denied {
  return { kind: 'deny', reason, shapeByValues: false };
}

function shapeByValues(instead: string): Denied {
  return {
    kind: 'deny',
    reason: `The shape of its result depends on values: ${instead}`,
    shapeByValues: true,
  };
}

const notYet = (what: string) => deny(`${what} is not offered yet.`);

const integer = { kind: 'integer' } as const;
const axis = { axis: integer } as const;
const dtypes = (...choices: DType[]): ParamPolicy => ({ kind: 'dtype', choices });
const plain = dtypes('float32', 'int32', 'bool');
const drawable = dtypes('float32', 'int32');
const complex = { complex: true } as const;

const sameComplex = allow(unary(same), complex);
const float = allow(unary(same));
const costly = allow(unary(same, 8));
const isKind = allow(unary(toBool));
const arithmetic = allow(broadcast(same), complex);
const realArithmetic = allow(broadcast(same, 4));
const comparison = allow(broadcast(toBool));
const convolution = notYet('Convolution');
const pooling = notYet('Pooling');
const normalization = notYet('Normalization as one op');
const fourier = notYet('The Fourier transform');
const imaging = notYet('Image processing');
const suppression = shapeByValues(
  'compute the overlaps with elementwise ops and keep all boxes, with a weight for each.',
);
const ragged = shapeByValues('pad to a fixed length and carry a mask.');
const sparse = shapeByValues('use dense tensors, with where for a mask.');
const text = deny('Strings can be sent and got, not computed on; encode them as numbers.');
const scatter = deny(
  'A position outside the shape would make it fail by value; oneHot with matMul places values.',
);
const literal = deny(
  'Values of your own become tensors with duet.send, or in the call that uses them.',
);
const page = deny('It reads or draws the page of whoever runs it.');
const bins = deny(
  'A negative entry would make it fail by value; oneHot(x, size).sum(0) counts the same.',
);

export const policy = {
  // elementwise, one tensor
  abs: float,
  acos: costly,
  acosh: costly,
  asin: costly,
  asinh: costly,
  atan: costly,
  atanh: costly,
  ceil: float,
  clone: sameComplex,
  cos: costly,
  cosh: costly,
  elu: costly,
  erf: allow(elementwise.erf),
  exp: allow(unary(toFloat, 8)),
  expm1: costly,
  floor: float,
  isFinite: isKind,
  isInf: isKind,
  isNaN: isKind,
  leakyRelu: allow(unary(toFloat, 2)),
  log: costly,
  log1p: costly,
  logSigmoid: allow(unary(same, 16)),
  logicalNot: float,
  neg: float,
  onesLike: sameComplex,
  reciprocal: float,
  relu: float,
  relu6: float,
  round: float,
  rsqrt: costly,
  selu: costly,
  sigmoid: costly,
  sign: float,
  sin: costly,
  sinh: costly,
  softplus: costly,
  sqrt: float,
  square: float,
  step: float,
  tan: costly,
  tanh: costly,
  zerosLike: sameComplex,
  cast: allow(elementwise.cast, {
    complex: true,
    params: { dtype: dtypes('float32', 'int32', 'bool', 'complex64') },
  }),
  clipByValue: allow(elementwise.clip),

  // elementwise, two tensors or more
  add: arithmetic,
  addN: allow(elementwise.addN),
  atan2: allow(broadcast(same, 8)),
  bitwiseAnd: allow(elementwise.bitwise),
  div: realArithmetic,
  divNoNan: realArithmetic,
  floorDiv: allow(broadcast(toInt)),
  maximum: allow(broadcast(boolToInt)),
  minimum: allow(broadcast(boolToInt)),
  mod: realArithmetic,
  movingAverage: allow(elementwise.movingAverage, {
    params: { decay: { kind: 'number' }, step: { kind: 'number' } },
  }),
  mul: arithmetic,
  pow: allow(broadcast(same, 8)),
  prelu: allow(broadcast(toFloat, 2)),
  squaredDifference: realArithmetic,
  sub: arithmetic,
  where: allow(elementwise.where),

  // comparison and logic
  equal: comparison,
  greater: comparison,
  greaterEqual: comparison,
  less: comparison,
  lessEqual: comparison,
  logicalAnd: comparison,
  logicalOr: comparison,
  logicalXor: comparison,
  notEqual: comparison,

  // complex numbers
  complex: allow(elementwise.makeComplex),
  imag: allow(elementwise.partOfComplex, complex),
  real: allow(elementwise.partOfComplex, complex),

  // reductions and runs along an axis
  all: allow(reduce(toBool)),
  any: allow(reduce(toBool)),
  argMax: allow(reduction.argOfExtreme, { params: axis }),
  argMin: allow(reduction.argOfExtreme, { params: axis }),
  cumprod: allow(reduction.cumulate, { params: axis }),
  cumsum: allow(reduction.cumulate, { params: axis }),
  euclideanNorm: allow(reduction.norm(false)),
  logSumExp: allow(reduce(toFloat, 16)),
  max: allow(reduce(same)),
  mean: allow(reduce(toFloat, 2)),
  min: allow(reduce(same)),
  moments: allow(reduction.moments),
  norm: allow(reduction.norm(true), {
    params: {
      ord: { kind: 'choice', choices: ['euclidean', 'fro', '1', '2', 'Infinity', '-Infinity'] },
    },
  }),
  prod: allow(reduce(boolToInt)),
  sum: allow(reduce(boolToInt)),
  topk: allow(reduction.topK, { params: { k: integer } }),
  unsortedSegmentSum: allow(reduction.unsortedSegmentSum, { params: { numSegments: integer } }),
  logSoftmax: allow(reduction.alongLastAxis('axis', 16), { params: axis }),
  softmax: allow(reduction.alongLastAxis('dim', 16), { params: { dim: integer } }),
  searchSorted: allow(reduction.searchSorted),
  lowerBound: allow(reduction.searchSorted),
  upperBound: allow(reduction.searchSorted),

  // products
  dot: allow(linear.dot),
  matMul: allow(linear.matMul),
  outerProduct: allow(linear.outerProduct),
  'linalg.bandPart': allow(linear.bandPart, { params: { numLower: integer, numUpper: integer } }),
  'math.confusionMatrix': allow(linear.confusionMatrix, { params: { numClasses: integer } }),

  // shapes
  broadcastTo: allow(arrange.broadcastTo),
  concat: allow(arrange.concat, { complex: true, params: axis }),
  concat1d: allow(arrange.concat, complex),
  concat2d: allow(arrange.concat, { complex: true, params: axis }),
  concat3d: allow(arrange.concat, { complex: true, params: axis }),
  concat4d: allow(arrange.concat, { complex: true, params: axis }),
  diag: allow(arrange.diag),
  ensureShape: allow(arrange.ensureShape, complex),
  expandDims: allow(arrange.expandDims, { complex: true, params: axis }),
  gather: allow(arrange.gather, {
    dataDependence: 'clamped',
    params: { axis: integer, batchDims: integer },
    clamp: { indices: 'indices', of: 'x', axis: 'axis' },
  }),
  mirrorPad: allow(arrange.mirrorPad),
  oneHot: allow(arrange.oneHot, { params: { depth: integer, dtype: plain } }),
  pad: allow(arrange.pad()),
  pad1d: allow(arrange.pad(1)),
  pad2d: allow(arrange.pad(2)),
  pad3d: allow(arrange.pad(3)),
  pad4d: allow(arrange.pad(4)),
  reshape: allow(arrange.reshape, complex),
  reverse: allow(arrange.reverse()),
  reverse1d: allow(arrange.reverse(1)),
  reverse2d: allow(arrange.reverse(2)),
  reverse3d: allow(arrange.reverse(3)),
  reverse4d: allow(arrange.reverse(4)),
  'signal.frame': allow(arrange.frame, { params: { frameLength: integer, frameStep: integer } }),
  slice: allow(arrange.slice()),
  slice1d: allow(arrange.slice(1), { params: { begin: integer, size: integer } }),
  slice2d: allow(arrange.slice(2)),
  slice3d: allow(arrange.slice(3)),
  slice4d: allow(arrange.slice(4)),
  split: allow(arrange.split, { params: axis }),
  squeeze: allow(arrange.squeeze, complex),
  stack: allow(arrange.stack, { complex: true, params: axis }),
  stridedSlice: allow(stridedSlice, {
    params: {
      beginMask: integer,
      endMask: integer,
      ellipsisMask: integer,
      newAxisMask: integer,
      shrinkAxisMask: integer,
    },
  }),
  tile: allow(arrange.tile),
  transpose: allow(arrange.transpose, complex),
  unstack: allow(arrange.unstack, { params: axis }),

  // creation
  eye: allow(create.eye, { params: { numRows: integer, numColumns: integer, dtype: plain } }),
  fill: allow(create.fill, { params: { value: { kind: 'number' }, dtype: plain } }),
  linspace: allow(create.linspace, { params: { num: integer } }),
  ones: allow(create.filled, { params: { dtype: plain } }),
  range: allow(create.range, { params: { dtype: drawable } }),
  zeros: allow(create.filled, { params: { dtype: plain } }),
  cosineWindow: allow(create.signalWindow, { params: { windowLength: integer } }),
  'signal.hammingWindow': allow(create.signalWindow, { params: { windowLength: integer } }),
  'signal.hannWindow': allow(create.signalWindow, { params: { windowLength: integer } }),
  dropout: draw(create.dropout),
  randomGamma: draw(create.randomGamma, { dtype: drawable }),
  randomNormal: draw(create.randomNormal, { dtype: drawable }),
  randomStandardNormal: draw(create.randomStandardNormal, { dtype: drawable }),
  randomUniform: draw(create.randomUniform(), { dtype: plain }),
  randomUniformInt: draw(create.randomUniform('int32')),
  truncatedNormal: draw(create.randomNormal, { dtype: drawable }),

  // losses
  'losses.absoluteDifference': allow(loss(upcast, 3)),
  'losses.computeWeightedLoss': allow(losses.computeWeightedLoss),
  'losses.cosineDistance': allow(losses.cosineDistance, { params: axis }),
  'losses.hingeLoss': allow(loss(toFloat, 6)),
  'losses.huberLoss': allow(loss(toFloat, 8)),
  'losses.logLoss': allow(loss(toFloat, 24)),
  'losses.meanSquaredError': allow(loss(upcast, 3)),
  'losses.sigmoidCrossEntropy': allow(loss(toFloat, 32)),
  'losses.softmaxCrossEntropy': allow(losses.softmaxCrossEntropy),

  // not yet
  avgPool: pooling,
  avgPool3d: pooling,
  maxPool: pooling,
  maxPool3d: pooling,
  maxPoolWithArgmax: pooling,
  pool: pooling,
  batchNorm: normalization,
  batchNorm2d: normalization,
  batchNorm3d: normalization,
  batchNorm4d: normalization,
  localResponseNormalization: normalization,
  conv1d: convolution,
  conv2d: convolution,
  conv2dTranspose: convolution,
  conv3d: convolution,
  conv3dTranspose: convolution,
  depthwiseConv2d: convolution,
  dilation2d: convolution,
  separableConv2d: convolution,
  'fused.conv2d': convolution,
  'fused.depthwiseConv2d': convolution,
  'fused.matMul': deny(
    'It takes an object of options, which has no form on the wire yet; matMul, add and an activation do the same.',
  ),
  batchToSpaceND: notYet('Moving blocks between batch and space'),
  spaceToBatchND: notYet('Moving blocks between batch and space'),
  depthToSpace: notYet('Moving depth into space'),
  basicLSTMCell: notYet('A recurrent cell as one op'),
  fft: fourier,
  ifft: fourier,
  irfft: fourier,
  rfft: fourier,
  'spectral.fft': fourier,
  'spectral.ifft': fourier,
  'spectral.irfft': fourier,
  'spectral.rfft': fourier,
  'image.cropAndResize': imaging,
  'image.flipLeftRight': imaging,
  'image.grayscaleToRGB': imaging,
  'image.resizeBilinear': imaging,
  'image.resizeNearestNeighbor': imaging,
  'image.rgbToGrayscale': imaging,
  'image.rotateWithOffset': imaging,
  'image.transform': imaging,
  'image.threshold': deny(
    'It takes a free text for its method, and its loops run over values read back in the middle of the op.',
  ),
  'linalg.gramSchmidt': deny('It fails by value where vectors depend on each other.'),
  'linalg.qr': notYet('The QR decomposition'),
  meshgrid: deny(
    'It takes an object of options, which has no form on the wire yet; reshape and broadcastTo do the same.',
  ),
  multinomial: deny('It draws from private probabilities in a way that differs between backends.'),

  // shapes by values
  booleanMaskAsync: shapeByValues('multiply by the mask, or use where with three arguments.'),
  setdiff1dAsync: shapeByValues('compare with equal and any, and keep a mask.'),
  unique: shapeByValues('use topk for sorted values, or equal against the values you know.'),
  whereAsync: shapeByValues('use where with three arguments, or topk of the condition.'),
  broadcastArgs: shapeByValues('the shapes are public, so compute this one yourself.'),
  'image.nonMaxSuppression': suppression,
  'image.nonMaxSuppressionAsync': suppression,
  'image.nonMaxSuppressionPadded': suppression,
  'image.nonMaxSuppressionPaddedAsync': suppression,
  'image.nonMaxSuppressionWithScore': suppression,
  'image.nonMaxSuppressionWithScoreAsync': suppression,
  raggedGather: ragged,
  raggedRange: ragged,
  raggedTensorToTensor: ragged,
  'sparse.sparseFillEmptyRows': sparse,
  'sparse.sparseReshape': sparse,
  'sparse.sparseSegmentMean': shapeByValues(
    'use unsortedSegmentSum, whose number of segments you name.',
  ),
  'sparse.sparseSegmentSum': shapeByValues(
    'use unsortedSegmentSum, whose number of segments you name.',
  ),
  'string.stringNGrams': shapeByValues(
    'strings can be sent and got, not computed on; encode them as numbers.',
  ),
  'string.stringSplit': shapeByValues(
    'strings can be sent and got, not computed on; encode them as numbers.',
  ),
  'string.staticRegexReplace': deny(
    'A regular expression of the other side would run on this one.',
  ),
  'string.stringToHashBucketFast': text,

  // failing by values
  bincount: bins,
  denseBincount: bins,
  gatherND: deny(
    'A position outside the shape would make it fail by value; gather clamps its indices.',
  ),
  inTopKAsync: deny(
    'It reads values back in the middle of the op; topk with equal and any does the same.',
  ),
  scatterND: scatter,
  sparseToDense: scatter,
  tensorScatterUpdate: scatter,

  // functions, texts and the page
  einsum: deny('It takes an equation as text; matMul, transpose and sum do the same.'),
  multiRNNCell: deny('It takes functions, which are never arguments.'),
  rand: deny('It takes a function, which is never an argument; randomUniform draws with a seed.'),
  'signal.stft': deny(
    'It takes a function, which is never an argument; signal.frame gives the frames.',
  ),
  'browser.draw': page,
  'browser.fromPixels': page,
  'browser.fromPixelsAsync': page,
  'browser.toPixels': page,
  print: deny('It writes to the console of whoever runs it.'),
  variable: deny('Variables of tfjs live under names in one table for all.'),
  buffer: literal,
  scalar: literal,
  tensor: literal,
  tensor1d: literal,
  tensor2d: literal,
  tensor3d: literal,
  tensor4d: literal,
  tensor5d: literal,
  tensor6d: literal,
  enclosingPowerOfTwo: deny('It computes a number from a number, and needs no tensor.'),
} as const satisfies Record<keyof typeof table, Policy>;

export type PolicyTable = typeof policy;

/** The names of the ops that may be called. */
export type AllowedOp = {
  [Name in keyof PolicyTable]: PolicyTable[Name] extends Allowed ? Name : never;
}[keyof PolicyTable];
