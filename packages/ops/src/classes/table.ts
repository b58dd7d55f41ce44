/** How each op forms what it gives. An op that is not listed does not compile. */

import type { AllowedOp } from '../policy';
import type { AggregateRule } from './aggregates';
import * as aggregates from './aggregates';
import type { MeasureRule } from './measures';
import * as measures from './measures';
import type { RowsRule } from './rows';
import * as rows from './rows';
import type { SeriesRule } from './series';
import * as series from './series';
import type { ColumnsRule } from './views';
import * as views from './views';

/** Without a rule for it, what is made of private values is of class `record`. */
export interface ClassRules {
  /** Where the records are afterwards. */
  readonly rows: RowsRule;
  /** What of a view is still one. */
  readonly columns?: ColumnsRule;
  /** Is it an aggregate of the view that it is taken from? */
  readonly aggregate?: AggregateRule;
  /** Is it a loss or an accuracy, or made of such? */
  readonly measure?: MeasureRule;
  /** Which whole numbers come out? */
  readonly series?: SeriesRule;
}

const { arranged, ofLabels, reshaped } = measures;

const elementwise: ClassRules = { rows: rows.elementwise };
/** Nothing of records goes in. */
const made: ClassRules = { rows: rows.lost };
/** It mixes records, or counts entries of several. */
const mixed: ClassRules = { rows: rows.lost };
const reduced: ClassRules = { rows: rows.reduced };
const alongLast: ClassRules = { rows: rows.alongLast };
const image: ClassRules = { rows: rows.batched(4) };
const volume: ClassRules = { rows: rows.batched(5) };
const line: ClassRules = { rows: rows.batched(3) };
const padded: ClassRules = { rows: rows.padded };
const reversed: ClassRules = { rows: rows.reversed };
const joined: ClassRules = { rows: rows.joined, measure: arranged };
const sliced: ClassRules = { rows: rows.sliced, columns: views.sliced, measure: arranged };
/** A number for all, or one for each record. */
const measure: ClassRules = { rows: rows.measured, measure: ofLabels };
const extreme: ClassRules = { rows: rows.extreme };
const cumulated: ClassRules = { rows: rows.cumulated };

export const classRules: Readonly<Record<AllowedOp, ClassRules>> = {
  // elementwise, one tensor
  abs: elementwise,
  acos: elementwise,
  acosh: elementwise,
  asin: elementwise,
  asinh: elementwise,
  atan: elementwise,
  atanh: elementwise,
  ceil: elementwise,
  clone: { rows: rows.elementwise, columns: views.same, measure: reshaped },
  cos: elementwise,
  cosh: elementwise,
  elu: elementwise,
  erf: elementwise,
  exp: elementwise,
  expm1: elementwise,
  floor: elementwise,
  isFinite: elementwise,
  isInf: elementwise,
  isNaN: elementwise,
  leakyRelu: elementwise,
  log: elementwise,
  log1p: elementwise,
  logSigmoid: elementwise,
  logicalNot: elementwise,
  neg: elementwise,
  onesLike: elementwise,
  reciprocal: elementwise,
  relu: elementwise,
  relu6: elementwise,
  round: elementwise,
  rsqrt: elementwise,
  selu: elementwise,
  sigmoid: elementwise,
  sign: elementwise,
  sin: elementwise,
  sinh: elementwise,
  softplus: elementwise,
  sqrt: elementwise,
  square: elementwise,
  step: elementwise,
  tan: elementwise,
  tanh: elementwise,
  zerosLike: elementwise,
  cast: elementwise,
  clipByValue: elementwise,
  'string.stringToHashBucketFast': elementwise,

  // elementwise, two tensors or more
  add: { rows: rows.elementwise, measure: measures.added, series: series.added },
  addN: elementwise,
  atan2: elementwise,
  bitwiseAnd: elementwise,
  div: { rows: rows.elementwise, measure: measures.scaled(true) },
  divNoNan: elementwise,
  floorDiv: elementwise,
  maximum: elementwise,
  minimum: elementwise,
  mod: elementwise,
  movingAverage: elementwise,
  mul: { rows: rows.elementwise, measure: measures.scaled(false), series: series.multiplied },
  pow: elementwise,
  prelu: elementwise,
  squaredDifference: elementwise,
  sub: elementwise,
  // A mask chooses records, and how many is in its values.
  where: mixed,
  equal: elementwise,
  greater: elementwise,
  greaterEqual: elementwise,
  less: elementwise,
  lessEqual: elementwise,
  logicalAnd: elementwise,
  logicalOr: elementwise,
  logicalXor: elementwise,
  notEqual: elementwise,
  complex: elementwise,
  imag: elementwise,
  real: elementwise,
  dropout: elementwise,
  batchNorm: elementwise,
  batchNorm2d: elementwise,
  batchNorm3d: elementwise,
  batchNorm4d: elementwise,

  // reductions and runs along an axis
  all: reduced,
  any: reduced,
  argMax: extreme,
  argMin: extreme,
  cumprod: cumulated,
  cumsum: cumulated,
  euclideanNorm: reduced,
  logSumExp: reduced,
  max: reduced,
  mean: {
    rows: rows.reduced,
    aggregate: aggregates.overRecords,
    measure: measures.reduced(true),
  },
  min: reduced,
  moments: { rows: rows.reduced, aggregate: aggregates.overRecords },
  norm: reduced,
  prod: reduced,
  sum: {
    rows: rows.reduced,
    aggregate: aggregates.overRecords,
    measure: measures.reduced(false),
  },
  topk: alongLast,
  unsortedSegmentSum: mixed,
  bincount: mixed,
  denseBincount: mixed,
  inTopKAsync: { rows: rows.inTop },
  logSoftmax: alongLast,
  softmax: alongLast,
  searchSorted: mixed,
  lowerBound: mixed,
  upperBound: mixed,

  // products
  dot: { rows: rows.dot },
  einsum: mixed,
  matMul: { rows: rows.matMul, aggregate: aggregates.secondMoments },
  'fused.matMul': { rows: rows.matMul },
  outerProduct: mixed,
  'linalg.qr': mixed,
  'linalg.gramSchmidt': mixed,
  'linalg.bandPart': mixed,
  'math.confusionMatrix': mixed,

  // shapes
  broadcastTo: { rows: rows.broadcast },
  concat: joined,
  concat1d: joined,
  concat2d: joined,
  concat3d: joined,
  concat4d: joined,
  diag: mixed,
  ensureShape: { rows: rows.elementwise, columns: views.same, measure: reshaped },
  expandDims: { rows: rows.expanded, columns: views.same, measure: reshaped },
  gather: { rows: rows.gathered, columns: views.gathered },
  gatherND: mixed,
  scatterND: mixed,
  sparseToDense: mixed,
  tensorScatterUpdate: mixed,
  mirrorPad: padded,
  oneHot: { rows: rows.kept },
  pad: padded,
  pad1d: padded,
  pad2d: padded,
  pad3d: padded,
  pad4d: padded,
  reshape: { rows: rows.reshaped, columns: views.reshaped, measure: reshaped },
  reverse: reversed,
  reverse1d: reversed,
  reverse2d: reversed,
  reverse3d: reversed,
  reverse4d: reversed,
  'signal.frame': mixed,
  slice: sliced,
  slice1d: sliced,
  slice2d: sliced,
  slice3d: sliced,
  slice4d: sliced,
  split: { rows: rows.split, columns: views.split, measure: arranged },
  squeeze: { rows: rows.squeezed, columns: views.same, measure: reshaped },
  stack: { rows: rows.stacked, measure: arranged },
  stridedSlice: { rows: rows.strided, columns: views.strided },
  tile: { rows: rows.tiled },
  transpose: { rows: rows.transposed, columns: views.transposed },
  unstack: { rows: rows.unstacked, columns: views.unstacked, measure: arranged },

  // creation
  meshgrid: mixed,
  eye: made,
  fill: { rows: rows.lost, series: series.filled },
  linspace: made,
  ones: made,
  range: { rows: rows.lost, series: series.ranged },
  zeros: made,
  cosineWindow: made,
  'signal.hammingWindow': made,
  'signal.hannWindow': made,
  multinomial: { rows: rows.batched(2) },
  randomGamma: made,
  randomNormal: made,
  randomStandardNormal: made,
  randomUniform: made,
  randomUniformInt: made,
  truncatedNormal: made,

  // spectra and signals
  fft: alongLast,
  ifft: alongLast,
  irfft: alongLast,
  rfft: alongLast,
  'spectral.fft': alongLast,
  'spectral.ifft': alongLast,
  'spectral.irfft': alongLast,
  'spectral.rfft': alongLast,
  'signal.stft': mixed,

  // convolutions and pools
  conv1d: line,
  conv2d: image,
  conv2dTranspose: image,
  conv3d: volume,
  conv3dTranspose: volume,
  depthwiseConv2d: image,
  separableConv2d: image,
  dilation2d: image,
  'fused.conv2d': image,
  'fused.depthwiseConv2d': image,
  avgPool: image,
  avgPool3d: volume,
  maxPool: image,
  maxPool3d: volume,
  maxPoolWithArgmax: { rows: rows.pooledWithPositions },
  pool: image,
  batchToSpaceND: mixed,
  spaceToBatchND: mixed,
  depthToSpace: image,
  localResponseNormalization: image,
  basicLSTMCell: { rows: rows.cell },

  // images
  'image.cropAndResize': mixed,
  'image.flipLeftRight': image,
  'image.grayscaleToRGB': image,
  'image.nonMaxSuppressionPadded': mixed,
  'image.resizeBilinear': image,
  'image.resizeNearestNeighbor': image,
  'image.rgbToGrayscale': image,
  'image.rotateWithOffset': image,
  'image.threshold': mixed,
  'image.transform': image,

  // losses and accuracies
  'losses.absoluteDifference': measure,
  'losses.computeWeightedLoss': { rows: rows.weighed, measure: measures.ofLosses },
  'losses.cosineDistance': measure,
  'losses.hingeLoss': measure,
  'losses.huberLoss': measure,
  'losses.logLoss': measure,
  'losses.meanSquaredError': measure,
  'losses.sigmoidCrossEntropy': measure,
  'losses.softmaxCrossEntropy': measure,
  'metrics.binaryAccuracy': measure,
  'metrics.binaryCrossentropy': measure,
  'metrics.categoricalAccuracy': measure,
  'metrics.categoricalCrossentropy': measure,
  'metrics.cosineProximity': measure,
  'metrics.meanAbsoluteError': measure,
  'metrics.meanAbsolutePercentageError': measure,
  'metrics.meanSquaredError': measure,
  'metrics.precision': measure,
  'metrics.r2Score': measure,
  'metrics.recall': measure,
  'metrics.sparseCategoricalAccuracy': measure,
};

/** The rules of an op; what the table does not have mixes everything. */
export function rulesOf(op: string): ClassRules {
  return Object.hasOwn(classRules, op) ? classRules[op as AllowedOp] : mixed;
}
