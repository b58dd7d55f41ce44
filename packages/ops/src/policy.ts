/**
 * What may be called, op by op, over the table of what tfjs has. An op that is not listed is denied. Every denial says
 * why, and what to do instead where there is something.
 */

import type { DType } from '@duet/protocol';
import type { Rule } from './call';
import * as arrange from './rules/arrange';
import * as choose from './rules/choose';
import * as convolution from './rules/convolution';
import * as create from './rules/create';
import * as decompose from './rules/decompose';
import * as einsum from './rules/einsum';
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
import * as fused from './rules/fused';
import * as image from './rules/image';
import * as indexing from './rules/indexing';
import * as linear from './rules/linear';
import * as losses from './rules/losses';
import { loss } from './rules/losses';
import * as metrics from './rules/metrics';
import { overAll, overLastAxis } from './rules/metrics';
import { batchNorm, localResponseNormalization } from './rules/normalize';
import * as pooling from './rules/pooling';
import { basicLSTMCell } from './rules/recurrent';
import * as reduction from './rules/reduce';
import { reduce } from './rules/reduce';
import * as spectral from './rules/spectral';
import { stridedSlice } from './rules/strided-slice';
import * as strings from './rules/strings';
import type { DataDependence, ParamKind, ResultForm } from './spec';
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
  readonly clamp?: { readonly indices: string; readonly of: string; readonly axis?: string };
  /** How it returns its tensors, where the declarations do not tell. */
  readonly form?: ResultForm;
  /** Parameters by name whose entries could be out of range, and what becomes of those. */
  readonly guard?: { readonly indices: readonly string[]; readonly words: string };
  /** The engine makes it out of other ops: in what it then differs from tfjs's own, in words. */
  readonly composed?: string;
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

/** Could fail by what its tensors hold: the engine has a guard for it. */
interface Guarded extends Allowed {
  readonly dataDependence: 'guarded';
}

function guarded(
  rule: Rule,
  indices: readonly string[],
  words: string,
  params: Readonly<Record<string, ParamPolicy>> = {},
): Guarded {
  return { ...allow(rule, { params, guard: { indices, words } }), dataDependence: 'guarded' };
}

/** Made by the engine out of other ops. */
interface Composed {
  readonly composed: string;
}

function compose<A extends Allowed>(composed: string, allowed: A): A & Composed {
  return { ...allowed, composed };
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

const integer = { kind: 'integer' } as const;
const axis = { axis: integer } as const;
const dtypes = (...choices: DType[]): ParamPolicy => ({ kind: 'dtype', choices });
const plain = dtypes('float32', 'int32', 'bool');
const drawable = dtypes('float32', 'int32');
const complex = { complex: true } as const;
/** Every backend has these kernels for float32 with channels last, and some for nothing else. */
const floats = (...names: string[]): Readonly<Record<string, ParamPolicy>> =>
  Object.fromEntries(names.map((name) => [name, { dtype: 'float32' } as const]));
const channelsLast = (choice: string) => ({ dataFormat: { choices: [choice] } });
const nhwc = channelsLast('NHWC');
const ndhwc = channelsLast('NDHWC');
const statistics = { params: floats('x', 'mean', 'variance', 'offset', 'scale') };

const sameComplex = allow(unary(same), complex);
const float = allow(unary(same));
const costly = allow(unary(same, 8));
const isKind = allow(unary(toBool));
const arithmetic = allow(broadcast(same), complex);
const realArithmetic = allow(broadcast(same, 4));
const comparison = allow(broadcast(toBool));
const suppression = shapeByValues(
  'use image.nonMaxSuppressionPadded with padToMaxOutputSize, which also gives how many are valid.',
);
const ragged = shapeByValues('pad to a fixed length and carry a mask.');
const sparseSegments = shapeByValues(
  'gather the rows, then use unsortedSegmentSum, whose number of segments you name.',
);
const splitStrings = shapeByValues(
  'split before you send, or encode whole strings with string.stringToHashBucketFast.',
);
const indicesOutside = 'an index outside its axis is moved to the nearest inside';
const positionsOutside = 'an update at a position outside the shape is left out';
const lastWins = 'of several updates of one place the last one counts, on every backend';
const transform = allow(spectral.transform, {
  complex: true,
  params: { input: { dtype: 'complex64' } },
});
const realTransform = allow(spectral.realTransform, { params: { fftLength: { kind: 'integer' } } });
const inverseRealTransform = allow(spectral.inverseRealTransform, {
  complex: true,
  params: { input: { dtype: 'complex64' } },
});
/** tfjs's clipped whole numbers are 0 where they should be almost 0, and differ from backend to backend. */
const metric = (rule: Rule) => compose('both are taken as float32', allow(rule));
const entropy = (rule: Rule) =>
  compose('labels are taken as float32', allow(rule, { params: floats('yPred') }));
const sameAs = (name: string) => deny(`It is another name of metrics.${name}: use that one.`);
const literal = deny(
  'Values of your own become tensors with duet.send, or in the call that uses them.',
);
const page = deny('It reads or draws the page of whoever runs it.');
const int32 = { dtype: 'int32' } as const;
const binsOutside = 'an entry that is negative or not below size is not counted';

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
  unsortedSegmentSum: guarded(
    reduction.unsortedSegmentSum,
    ['segmentIds'],
    'a row whose id is negative or not below numSegments is left out',
    { numSegments: integer },
  ),
  bincount: guarded(indexing.bincount, ['x'], binsOutside, { x: int32, size: integer }),
  denseBincount: guarded(indexing.denseBincount, ['x'], binsOutside, { x: int32, size: integer }),
  inTopKAsync: compose(
    'it gives a pointer at once; a target that is no class and a prediction that is NaN are not among the first',
    allow(choose.inTopK, { params: { k: integer }, form: { kind: 'single' } }),
  ),
  logSoftmax: allow(reduction.alongLastAxis('axis', 16), { params: axis }),
  softmax: allow(reduction.alongLastAxis('dim', 16), { params: { dim: integer } }),
  searchSorted: allow(reduction.searchSorted),
  lowerBound: allow(reduction.searchSorted),
  upperBound: allow(reduction.searchSorted),

  // products
  dot: allow(linear.dot),
  einsum: allow(einsum.einsum, { params: { equation: { kind: 'equation' } } }),
  matMul: allow(linear.matMul),
  outerProduct: allow(linear.outerProduct),
  'linalg.qr': allow(decompose.qr),
  'linalg.gramSchmidt': allow(decompose.gramSchmidt, { form: { kind: 'single' } }),
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
  gatherND: guarded(indexing.gatherND, ['indices'], indicesOutside),
  scatterND: compose(
    'updates of one place are summed, as in tfjs; shapes without elements work on every backend',
    guarded(indexing.scatterND, ['indices'], positionsOutside),
  ),
  sparseToDense: compose(
    lastWins,
    guarded(indexing.sparseToDense, ['sparseIndices'], positionsOutside),
  ),
  tensorScatterUpdate: compose(
    lastWins,
    guarded(indexing.tensorScatterUpdate, ['indices'], positionsOutside),
  ),
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
  meshgrid: allow(einsum.meshgrid, {
    params: { indexing: { kind: 'choice', choices: ['xy', 'ij'] } },
  }),
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
  multinomial: compose(
    'it draws as the cpu backend does, on every backend',
    draw(choose.multinomial, { numSamples: integer }),
  ),
  randomGamma: draw(create.randomGamma, { dtype: drawable }),
  randomNormal: draw(create.randomNormal, { dtype: drawable }),
  randomStandardNormal: draw(create.randomStandardNormal, { dtype: drawable }),
  randomUniform: draw(create.randomUniform(), { dtype: plain }),
  randomUniformInt: draw(create.randomUniform('int32')),
  truncatedNormal: draw(create.randomNormal, { dtype: drawable }),

  // spectra and signals
  fft: transform,
  ifft: transform,
  irfft: inverseRealTransform,
  rfft: realTransform,
  'spectral.fft': transform,
  'spectral.ifft': transform,
  'spectral.irfft': inverseRealTransform,
  'spectral.rfft': realTransform,
  'signal.stft': compose(
    'its window is named, not given as a function',
    allow(spectral.shortTimeTransform, {
      params: {
        frameLength: integer,
        frameStep: integer,
        fftLength: integer,
        windowFn: { kind: 'choice', choices: ['hannWindow', 'hammingWindow'] },
      },
    }),
  ),

  // strings
  'string.stringToHashBucketFast': allow(strings.hashBucket, { params: { numBuckets: integer } }),

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

  // metrics
  'metrics.binaryAccuracy': metric(overLastAxis(4)),
  'metrics.binaryCrossentropy': entropy(metrics.binaryCrossentropy),
  'metrics.categoricalAccuracy': metric(metrics.categoricalAccuracy),
  'metrics.categoricalCrossentropy': entropy(metrics.categoricalCrossentropy),
  'metrics.cosineProximity': metric(metrics.cosineProximity),
  'metrics.meanAbsoluteError': metric(overLastAxis(4)),
  'metrics.meanAbsolutePercentageError': metric(overLastAxis(8)),
  'metrics.meanSquaredError': metric(overLastAxis(4)),
  'metrics.precision': metric(overAll(10)),
  'metrics.r2Score': metric(overAll(8)),
  'metrics.recall': metric(overAll(10)),
  'metrics.sparseCategoricalAccuracy': metric(metrics.sparseCategoricalAccuracy),
  'metrics.MAPE': sameAs('meanAbsolutePercentageError'),
  'metrics.MSE': sameAs('meanSquaredError'),
  'metrics.mape': sameAs('meanAbsolutePercentageError'),
  'metrics.mse': sameAs('meanSquaredError'),

  // convolutions
  conv1d: allow(convolution.conv1d, {
    params: {
      ...floats('x', 'filter'),
      ...channelsLast('NWC'),
      stride: integer,
      dilation: integer,
    },
  }),
  conv2d: allow(convolution.conv2d, { params: nhwc }),
  conv2dTranspose: allow(convolution.conv2dTranspose, {
    params: { ...floats('x', 'filter'), outputShape: { kind: 'shape' } },
  }),
  conv3d: allow(convolution.conv3d, { params: { ...floats('x', 'filter'), ...ndhwc } }),
  conv3dTranspose: allow(convolution.conv3dTranspose, {
    params: { ...floats('x', 'filter'), outputShape: { kind: 'shape' } },
  }),
  depthwiseConv2d: allow(convolution.depthwiseConv2d, { params: nhwc }),
  dilation2d: allow(convolution.dilation2d, { params: { ...floats('x', 'filter'), ...nhwc } }),
  separableConv2d: allow(convolution.separableConv2d, {
    params: { ...floats('x', 'depthwiseFilter', 'pointwiseFilter'), ...nhwc },
  }),
  'fused.conv2d': allow(fused.fusedConv2d, {
    params: { ...floats('bias', 'preluActivationWeights'), ...nhwc },
  }),
  'fused.depthwiseConv2d': allow(fused.fusedDepthwiseConv2d, {
    params: { ...floats('bias', 'preluActivationWeights'), ...nhwc },
  }),
  'fused.matMul': allow(fused.fusedMatMul, {
    params: floats('a', 'b', 'bias', 'preluActivationWeights'),
  }),

  // pools, and moves between batch, space and depth
  avgPool: allow(pooling.pool2d),
  avgPool3d: allow(pooling.pool3d, { params: ndhwc }),
  maxPool: allow(pooling.pool2d, { params: floats('x') }),
  maxPool3d: allow(pooling.pool3d, { params: { ...floats('x'), ...ndhwc } }),
  maxPoolWithArgmax: allow(pooling.maxPoolWithArgmax, {
    params: floats('x'),
    form: { kind: 'fields', fields: ['result', 'indexes'] },
  }),
  pool: allow(pooling.pool, { params: floats('input') }),
  batchToSpaceND: allow(pooling.batchToSpaceND),
  spaceToBatchND: allow(pooling.spaceToBatchND),
  depthToSpace: allow(pooling.depthToSpace, { params: { blockSize: integer, ...nhwc } }),

  // normalization and recurrent cells
  batchNorm: allow(batchNorm(), statistics),
  batchNorm2d: allow(batchNorm(2), statistics),
  batchNorm3d: allow(batchNorm(3), statistics),
  batchNorm4d: allow(batchNorm(4), statistics),
  localResponseNormalization: allow(localResponseNormalization, {
    params: { ...floats('x'), depthRadius: integer },
  }),
  basicLSTMCell: allow(basicLSTMCell, {
    params: floats('forgetBias', 'lstmKernel', 'lstmBias', 'data', 'c', 'h'),
  }),

  // images
  'image.cropAndResize': allow(image.cropAndResize, {
    dataDependence: 'clamped',
    clamp: { indices: 'boxInd', of: 'image' },
  }),
  'image.flipLeftRight': allow(image.flipLeftRight),
  'image.grayscaleToRGB': allow(image.grayscaleToRGB),
  'image.resizeBilinear': allow(image.resize),
  'image.resizeNearestNeighbor': allow(image.resize, { params: floats('images') }),
  'image.rgbToGrayscale': allow(image.rgbToGrayscale),
  'image.rotateWithOffset': allow(image.rotateWithOffset, {
    params: { fillValue: { kind: 'numberOrNumbers' }, center: { kind: 'numberOrNumbers' } },
  }),
  'image.threshold': allow(image.threshold, {
    // The other one, otsu, counts values, and fails by them where they are negative.
    params: { method: { kind: 'choice', choices: ['binary'] } },
  }),
  'image.transform': allow(image.transform),

  // shapes by values
  booleanMaskAsync: shapeByValues(
    'use where with three arguments, or mask() of a pointer, which keep the shape.',
  ),
  setdiff1dAsync: shapeByValues('use equal and any, and keep a mask.'),
  unique: shapeByValues('use topk for sorted values, or equal against the values you know.'),
  whereAsync: shapeByValues('use where with three arguments, or topk of the condition.'),
  'image.nonMaxSuppression': suppression,
  'image.nonMaxSuppressionAsync': suppression,
  'image.nonMaxSuppressionPadded': allow(choose.nonMaxSuppressionPadded, {
    params: {
      boxes: { dtype: 'float32' },
      scores: { dtype: 'float32' },
      maxOutputSize: integer,
    },
    form: { kind: 'fields', fields: ['selectedIndices', 'validOutputs'] },
  }),
  'image.nonMaxSuppressionPaddedAsync': deny(
    'It waits for nothing that pointers wait for; image.nonMaxSuppressionPadded gives the same at once.',
  ),
  'image.nonMaxSuppressionWithScore': suppression,
  'image.nonMaxSuppressionWithScoreAsync': suppression,
  raggedGather: ragged,
  raggedRange: ragged,
  raggedTensorToTensor: ragged,
  'sparse.sparseFillEmptyRows': shapeByValues(
    'make the tensor dense with sparseToDense, whose default value fills what is empty.',
  ),
  'sparse.sparseSegmentMean': sparseSegments,
  'sparse.sparseSegmentSum': sparseSegments,
  'string.stringNGrams': splitStrings,
  'string.stringSplit': splitStrings,

  // failing by values, in a way that no guard could mend
  broadcastArgs: deny(
    'It fails by the values of its arguments; shapes are public, so read them from the shape of pointers.',
  ),
  'sparse.sparseReshape': deny(
    'It fails where the shapes that it is given as values do not fit; use sparseToDense, then reshape.',
  ),
  'string.staticRegexReplace': deny(
    'A regular expression of the other side would run on this one; replace in the strings before you send them.',
  ),

  // functions, texts and the page
  multiRNNCell: deny('It takes functions, which are never arguments.'),
  rand: deny('It takes a function, which is never an argument; randomUniform draws with a seed.'),
  'browser.draw': page,
  'browser.fromPixels': page,
  'browser.fromPixelsAsync': page,
  'browser.toPixels': page,
  print: deny(
    'It writes to the console of whoever runs it; getValue gives you the values to print.',
  ),
  variable: deny(
    'It is no op: duet.tf.variable makes a variable whose versions are on the owner’s side.',
  ),
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

/** The names of the ops that the engine has a guard of its own for. */
export type GuardedOp = {
  [Name in keyof PolicyTable]: PolicyTable[Name] extends Guarded ? Name : never;
}[keyof PolicyTable];

/** The names of the ops that the engine makes out of others. */
export type ComposedOp = {
  [Name in keyof PolicyTable]: PolicyTable[Name] extends Composed ? Name : never;
}[keyof PolicyTable];

/** The names of the ops that may be called. */
export type AllowedOp = {
  [Name in keyof PolicyTable]: PolicyTable[Name] extends Allowed ? Name : never;
}[keyof PolicyTable];
