/**
 * Ops whose gradient in tfjs fails, or is wrong, for some of the arguments that the op itself takes: the same out of ops whose
 * gradients are right. They are used while tfjs records for gradients, and only then, since tfjs's own are faster.
 */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';

export type Differentiable = (...args: never[]) => tf.Tensor | tf.Tensor[];

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** tfjs would make a copy of what has the shape already. */
function broadcast(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, [...shape]) ? x : tf.broadcastTo(x, [...shape]);
}

/** tfjs gives the gradients of these the shape of the result, not of what was broadcast. */
function ofOneShape(op: Binary): Binary {
  return (a, b) => {
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    return op(broadcast(a, shape), broadcast(b, shape));
  };
}

/** The same of x alone. */
function prelu(x: tf.Tensor, alpha: tf.Tensor): tf.Tensor {
  const shape = tf.backend_util.assertAndGetBroadcastShape(x.shape, alpha.shape);
  return tf.prelu(broadcast(x, shape), alpha);
}

/** The same for the batches of a product. */
function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.backend_util.assertAndGetBroadcastShape(batchA, batchB);
  const [left, right] = [a, b].map((each) => broadcast(each, [...batch, ...each.shape.slice(-2)]));
  return left && right ? tf.matMul(left, right, transposeA, transposeB) : a;
}

/** tfjs leaves the gradient along any axis but the last transposed. */
function cumsum(x: tf.Tensor, axis = 0, exclusive = false, reverse = false): tf.Tensor {
  const [at = 0] = tf.util.parseAxisParam(axis, x.shape);
  const last = x.rank - 1;
  if (at === last) return tf.cumsum(x, at, exclusive, reverse);
  // Two axes change places, and back again.
  const order = x.shape.map((_, each) => (each === at ? last : each === last ? at : each));
  const summed = tf.cumsum(tf.transpose(x, order), last, exclusive, reverse);
  return tf.transpose(summed, order);
}

/** tfjs's gradient wants axes from the front, in order. */
function prod(x: tf.Tensor, axis?: number | number[], keepDims = false): tf.Tensor {
  if (axis === undefined) return tf.prod(x, undefined, keepDims);
  const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
  return tf.prod(x, axes, keepDims);
}

/** tfjs's gradient wants a scale, and one entry for each channel in all. */
function batchNorm(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  offset?: tf.Tensor,
  scale?: tf.Tensor,
  varianceEpsilon = 0.001,
): tf.Tensor {
  const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon));
  const factor = scale === undefined ? inverse : tf.mul(inverse, scale);
  const scaled = tf.mul(tf.sub(x, mean), factor);
  return offset === undefined ? scaled : tf.add(scaled, offset);
}

/** tfjs has no gradient of a scalar's. */
function tile(x: tf.Tensor, reps: number[]): tf.Tensor {
  return x.rank === 0 ? x.clone() : tf.tile(x, reps);
}

/** tfjs takes the gradients of several pieces for a list, and that of one piece for one too. */
function split(x: tf.Tensor, pieces: number | number[], axis?: number): tf.Tensor[] {
  const count = typeof pieces === 'number' ? pieces : pieces.length;
  return count === 1 ? [x.clone()] : tf.split(x, pieces, axis);
}

function unstack(x: tf.Tensor, axis = 0): tf.Tensor[] {
  const [at = 0] = tf.util.parseAxisParam(axis, x.shape);
  return x.shape[at] === 1 ? [tf.squeeze(x, [at])] : tf.unstack(x, at);
}

/** tfjs takes its matrices apart with unstack. */
function bandPart(a: tf.Tensor, lower: number, upper: number): tf.Tensor {
  const [rows = 0, columns = 0] = a.shape.slice(-2);
  const band = Array.from({ length: rows * columns }, (_, at) => {
    const above = (at % columns) - Math.floor(at / columns);
    return (lower < 0 || -above <= lower) && (upper < 0 || above <= upper);
  });
  return tf.where(tf.tensor2d(band, [rows, columns], 'bool'), a, tf.zerosLike(a));
}

// ---- convolutions: tfjs has no gradient with dilations ---------------------------------------------------------

/** The filter with zeros between its entries along its first axes, which is what a dilation means. */
function dilated<T extends tf.Tensor>(filter: T, dilations: readonly number[]): T {
  return dilations.reduce<tf.Tensor>((each, by, axis) => {
    const length = each.shape[axis] ?? 0;
    if (by === 1 || length === 0) return each;
    const apart = tf.expandDims(each, axis + 1);
    const gap = apart.shape.map((size, at) => (at === axis + 1 ? by - 1 : size));
    const spread = tf.concat([apart, tf.zeros(gap)], axis + 1);
    const shape = each.shape.map((size, at) => (at === axis ? size * by : size));
    const size = each.shape.map((own, at) => (at === axis ? (own - 1) * by + 1 : own));
    return tf.slice(
      tf.reshape(spread, shape),
      shape.map(() => 0),
      size,
    );
  }, filter) as T;
}

function perAxis(dilations: number | readonly number[] | undefined, axes: number): number[] {
  return Array.from({ length: axes }, (_, at) =>
    typeof dilations === 'object' ? (dilations[at] ?? 1) : (dilations ?? 1),
  );
}

type Conv1dArgs = Parameters<typeof tf.conv1d>;
type Conv2dArgs = Parameters<typeof tf.conv2d>;
type Conv3dArgs = Parameters<typeof tf.conv3d>;
type DepthwiseArgs = Parameters<typeof tf.depthwiseConv2d>;
type SeparableArgs = Parameters<typeof tf.separableConv2d>;

function conv1d(...[x, filter, stride, pad, format, dilation, rounding]: Conv1dArgs): tf.Tensor {
  const spread = dilated(filter as tf.Tensor3D, perAxis(dilation, 1));
  return tf.conv1d(x, spread, stride, pad, format, 1, rounding);
}

function conv2d(...[x, filter, strides, pad, format, dilations, rounding]: Conv2dArgs): tf.Tensor {
  const spread = dilated(filter as tf.Tensor4D, perAxis(dilations, 2));
  return tf.conv2d(x, spread, strides, pad, format, 1, rounding);
}

function conv3d(...[x, filter, strides, pad, format, dilations]: Conv3dArgs): tf.Tensor {
  const spread = dilated(filter as tf.Tensor5D, perAxis(dilations, 3));
  return tf.conv3d(x, spread, strides, pad, format, 1);
}

function depthwiseConv2d(
  ...[x, filter, strides, pad, format, dilations, rounding]: DepthwiseArgs
): tf.Tensor {
  const spread = dilated(filter as tf.Tensor4D, perAxis(dilations, 2));
  return tf.depthwiseConv2d(x, spread, strides, pad, format, 1, rounding);
}

function separableConv2d(
  ...[x, depthwise, pointwise, strides, pad, dilation, format]: SeparableArgs
): tf.Tensor {
  const spread = dilated(depthwise as tf.Tensor4D, perAxis(dilation, 2));
  return tf.separableConv2d(x, spread, pointwise, strides, pad, 1, format);
}

// ---- fused ops: tfjs's gradient wants whole batches ------------------------------------------------------------

interface Finish {
  readonly bias?: tf.Tensor;
  readonly activation?: string;
  readonly preluActivationWeights?: tf.Tensor;
  readonly leakyreluAlpha?: number;
}

function finished(made: tf.Tensor, { bias, ...finish }: Finish): tf.Tensor {
  const shifted = bias === undefined ? made : tf.add(made, bias);
  switch (finish.activation ?? 'linear') {
    case 'linear':
      return shifted;
    case 'relu':
      return tf.relu(shifted);
    case 'elu':
      return tf.elu(shifted);
    case 'relu6':
      return tf.relu6(shifted);
    case 'sigmoid':
      return tf.sigmoid(shifted);
    case 'leakyrelu':
      return tf.leakyRelu(shifted, finish.leakyreluAlpha);
    case 'prelu':
      if (finish.preluActivationWeights) return tf.prelu(shifted, finish.preluActivationWeights);
      break;
  }
  throw new DuetError('bad-argument', { detail: 'There is no such activation.' });
}

interface FusedProduct extends Finish {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

function fusedMatMul({ a, b, transposeA, transposeB, ...finish }: FusedProduct): tf.Tensor {
  return finished(matMul(a, b, transposeA, transposeB), finish);
}

interface FusedConvolution extends Finish {
  readonly x: tf.Tensor4D;
  readonly filter: tf.Tensor4D;
  readonly strides: number | [number, number];
  readonly pad: Conv2dArgs[3];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function fused(convolution: (...args: Conv2dArgs) => tf.Tensor) {
  return (given: FusedConvolution): tf.Tensor => {
    const { x, filter, strides, pad, dataFormat, dilations, dimRoundingMode } = given;
    const made = convolution(x, filter, strides, pad, dataFormat, dilations, dimRoundingMode);
    return finished(made, given);
  };
}

/** By op of the table. */
export const differentiable: ReadonlyMap<string, Differentiable> = new Map<string, Differentiable>([
  ['maximum', ofOneShape(tf.maximum)],
  ['minimum', ofOneShape(tf.minimum)],
  ['squaredDifference', ofOneShape(tf.squaredDifference)],
  ['prelu', prelu],
  ['matMul', matMul],
  ['cumsum', cumsum],
  ['prod', prod],
  ['tile', tile],
  ['split', split],
  ['unstack', unstack],
  ['linalg.bandPart', bandPart],
  ...['batchNorm', 'batchNorm2d', 'batchNorm3d', 'batchNorm4d'].map(
    (name) => [name, batchNorm] as const,
  ),
  ['conv1d', conv1d],
  ['conv2d', conv2d],
  ['conv3d', conv3d],
  ['depthwiseConv2d', depthwiseConv2d],
  ['separableConv2d', separableConv2d],
  ['fused.matMul', fusedMatMul],
  ['fused.conv2d', fused(conv2d)],
  ['fused.depthwiseConv2d', fused(depthwiseConv2d)],
]);
