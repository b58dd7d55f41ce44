/** The methods that tfjs gives its tensors, as far as their op is allowed; pointers get the same. */

import type { AllowedOp } from './policy';

/** What a method may need to know of the tensor it is called on. */
export interface ShapedThing {
  readonly shape: readonly number[];
}

export interface ChainedMethod {
  readonly method: ChainedMethodName;
  readonly op: AllowedOp;
  /** The arguments of the op, for the thing that the method is called on and the arguments of the method. */
  readonly args: (self: ShapedThing, given: readonly unknown[]) => readonly unknown[];
}

/** Methods that are an op of the same name with the tensor in front. */
const plain = [
  'abs',
  'acos',
  'acosh',
  'add',
  'all',
  'any',
  'argMax',
  'argMin',
  'asin',
  'asinh',
  'atan',
  'atan2',
  'atanh',
  'avgPool',
  'batchNorm',
  'batchToSpaceND',
  'broadcastTo',
  'cast',
  'ceil',
  'clipByValue',
  'clone',
  'conv1d',
  'conv2d',
  'conv2dTranspose',
  'cos',
  'cosh',
  'cumprod',
  'cumsum',
  'depthToSpace',
  'depthwiseConv2d',
  'dilation2d',
  'div',
  'divNoNan',
  'dot',
  'elu',
  'equal',
  'erf',
  'euclideanNorm',
  'exp',
  'expandDims',
  'expm1',
  'fft',
  'floor',
  'floorDiv',
  'gather',
  'greater',
  'greaterEqual',
  'ifft',
  'irfft',
  'isFinite',
  'isInf',
  'isNaN',
  'leakyRelu',
  'less',
  'lessEqual',
  'localResponseNormalization',
  'log',
  'log1p',
  'logSigmoid',
  'logSoftmax',
  'logSumExp',
  'logicalAnd',
  'logicalNot',
  'logicalOr',
  'logicalXor',
  'matMul',
  'max',
  'maxPool',
  'maximum',
  'mean',
  'min',
  'minimum',
  'mirrorPad',
  'mod',
  'mul',
  'neg',
  'norm',
  'notEqual',
  'oneHot',
  'onesLike',
  'pad',
  'pool',
  'pow',
  'prelu',
  'prod',
  'reciprocal',
  'relu',
  'relu6',
  'reshape',
  'reverse',
  'rfft',
  'round',
  'rsqrt',
  'selu',
  'separableConv2d',
  'sigmoid',
  'sign',
  'sin',
  'sinh',
  'slice',
  'softmax',
  'softplus',
  'spaceToBatchND',
  'split',
  'sqrt',
  'square',
  'squaredDifference',
  'squeeze',
  'step',
  'stridedSlice',
  'sub',
  'sum',
  'tan',
  'tanh',
  'tile',
  'topk',
  'transpose',
  'unsortedSegmentSum',
  'unstack',
  'zerosLike',
] as const satisfies readonly AllowedOp[];

function sizeOf(self: ShapedThing): number {
  return self.shape.reduce((product, dimension) => product * dimension, 1);
}

/** The shape of the other thing, if it has one; else what `reshape` refuses with its own words. */
function shapeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'shape' in value ? value.shape : value;
}

/** `x.concat(y)` and `x.concat([y, z])`. */
function together(self: ShapedThing, others: unknown): unknown[] {
  return Array.isArray(others) ? [self, ...others] : [self, others];
}

type Transform = readonly [op: AllowedOp, args: ChainedMethod['args']];

/** Methods that are an op under another name, or with other arguments. */
const transformed = {
  as1D: ['reshape', (self) => [self, [sizeOf(self)]]],
  as2D: ['reshape', (self, given) => [self, given.slice(0, 2)]],
  as3D: ['reshape', (self, given) => [self, given.slice(0, 3)]],
  as4D: ['reshape', (self, given) => [self, given.slice(0, 4)]],
  as5D: ['reshape', (self, given) => [self, given.slice(0, 5)]],
  asScalar: ['reshape', (self) => [self, []]],
  asType: ['cast', (self, given) => [self, ...given]],
  concat: ['concat', (self, [others, ...rest]) => [together(self, others), ...rest]],
  flatten: ['reshape', (self) => [self, [sizeOf(self)]]],
  resizeBilinear: ['image.resizeBilinear', (self, given) => [self, ...given]],
  resizeNearestNeighbor: ['image.resizeNearestNeighbor', (self, given) => [self, ...given]],
  reshapeAs: ['reshape', (self, [other]) => [self, shapeOf(other)]],
  stack: ['stack', (self, [others, ...rest]) => [together(self, others), ...rest]],
  toBool: ['cast', (self) => [self, 'bool']],
  toFloat: ['cast', (self) => [self, 'float32']],
  toInt: ['cast', (self) => [self, 'int32']],
  where: ['where', (self, [condition, other, ...rest]) => [condition, self, other, ...rest]],
} as const satisfies Readonly<Record<string, Transform>>;

export type ChainedMethodName = (typeof plain)[number] | keyof typeof transformed;

export const chainedMethods: readonly ChainedMethod[] = [
  ...plain.map(
    (method): ChainedMethod => ({ method, op: method, args: (self, given) => [self, ...given] }),
  ),
  ...Object.entries<Transform>(transformed).map(
    ([method, [op, args]]): ChainedMethod => ({
      method: method as keyof typeof transformed,
      op,
      args,
    }),
  ),
];
