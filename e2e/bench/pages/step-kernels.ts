/** Kernels of training, each on data of its own: made when it is first asked for. */

import * as tf from '@tensorflow/tfjs';

const random = (...shape: number[]): tf.Tensor =>
  tf.randomUniform(shape, -1, 1, 'float32', shape.length);

const strides: [number, number] = [1, 1];
/** So few, that cpu is done in a second. */
const images = 4;

function kernelRun(
  name: string,
  inputs: tf.NamedTensorMap,
  attrs: Readonly<Record<string, unknown>>,
): () => tf.Tensor {
  return () => tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);
}

const makers: Readonly<Record<string, () => () => tf.Tensor>> = {
  conv2dFilter: () =>
    kernelRun(
      'Conv2DBackpropFilter',
      { x: random(images, 26, 26, 32), dy: random(images, 24, 24, 64) },
      { strides, pad: 'valid', dataFormat: 'NHWC', filterShape: [3, 3, 32, 64] },
    ),
  conv2dInput: () =>
    kernelRun(
      'Conv2DBackpropInput',
      { dy: random(images, 24, 24, 64), filter: random(3, 3, 32, 64) },
      { strides, pad: 'valid', dataFormat: 'NHWC', inputShape: [images, 26, 26, 32] },
    ),
  conv2dInputStrided: () =>
    kernelRun(
      'Conv2DBackpropInput',
      { dy: random(images, 14, 14, 64), filter: random(3, 3, 32, 64) },
      { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', inputShape: [images, 28, 28, 32] },
    ),
  depthwiseFilter: () =>
    kernelRun(
      'DepthwiseConv2dNativeBackpropFilter',
      { x: random(images, 28, 28, 32), dy: random(images, 28, 28, 32) },
      { strides, pad: 'same', dilations: [1, 1], filterShape: [3, 3, 32, 1] },
    ),
  depthwiseInput: () =>
    kernelRun(
      'DepthwiseConv2dNativeBackpropInput',
      { dy: random(images, 28, 28, 32), filter: random(3, 3, 32, 1) },
      { strides, pad: 'same', dilations: [1, 1], inputShape: [images, 28, 28, 32] },
    ),
  maxPool: () => {
    const input = tf.relu(random(images, 24, 24, 64)) as tf.Tensor4D;
    return kernelRun(
      'MaxPoolGrad',
      { dy: random(images, 12, 12, 64), input, output: tf.maxPool(input, 2, 2, 'valid') },
      { filterSize: [2, 2], strides: [2, 2], pad: 'valid' },
    );
  },
  gather: () =>
    kernelRun(
      'UnsortedSegmentSum',
      {
        x: random(1024, 64),
        segmentIds: tf.randomUniform([1024], 0, 256, 'int32', 1),
      },
      { numSegments: 256 },
    ),
};

const made = new Map<string, () => tf.Tensor>();

export function kernelNamed(name: string): () => tf.Tensor {
  const run = made.get(name) ?? makers[name]?.();
  if (run === undefined) throw new Error(`There is no kernel ${name} here.`);
  made.set(name, run);
  return run;
}
