/** What is trained in the bench: networks on MNIST, written once for local tfjs and for pointers. */

import * as tf from '@tensorflow/tfjs';

export const batchSize = 64;
export const classes = 10;
export const learningRate = 0.1;
/** Of the order of the records. */
export const seed = 7;

/** `conv`: Duet's own network, of 1.2 million parameters. `dense`: one hidden layer. */
export type NetworkName = 'conv' | 'dense';
export type WayName = 'train' | 'minimize' | 'fit';

/** Over the first so many digits, as often as it says. */
export interface Epoch {
  readonly network: NetworkName;
  readonly way: WayName;
  readonly records: number;
  readonly passes: number;
}

export interface EpochResult {
  readonly ms: number;
  /** `minimize`: of the last batch, before its step; else the mean over the last pass. */
  readonly loss: number;
}

export interface Digits {
  /** [records, 28, 28, 1], between 0 and 1. */
  readonly X: tf.Tensor;
  /** [records, 10]. */
  readonly y: tf.Tensor;
}

const pixels = 28 * 28;
const folder = '/examples/public/data/mnist';

/** The development server declares the files as compressed, so that the browser has unpacked them. */
async function bytesAfterHeader(name: string, headerBytes: number): Promise<Uint8Array> {
  const response = await fetch(`${folder}/${name}.gz`);
  if (!response.ok) throw new Error(`There is no ${name}.`);
  return new Uint8Array(await response.arrayBuffer()).subarray(headerBytes);
}

/** The first digits of the sample, on the tfjs of whoever calls. */
export async function digits({ network, records }: Epoch): Promise<Digits> {
  const images = await bytesAfterHeader('train-images-idx3-ubyte', 16);
  const labels = await bytesAfterHeader('train-labels-idx1-ubyte', 8);
  const shape = network === 'conv' ? [records, 28, 28, 1] : [records, pixels];
  return tf.tidy(() => ({
    X: tf.tensor(
      Float32Array.from(images.subarray(0, records * pixels), (pixel) => pixel / 255),
      shape,
    ),
    y: tf
      .oneHot(tf.tensor1d(Int32Array.from(labels.subarray(0, records)), 'int32'), classes)
      .cast('float32'),
  }));
}

const kernelInitializer = () => tf.initializers.glorotUniform({ seed });

/** Always with the same weights. The caller disposes it. */
export function layersModel(network: NetworkName): tf.LayersModel {
  const relu = { activation: 'relu', kernelInitializer: kernelInitializer() } as const;
  const last = tf.layers.dense({
    units: classes,
    activation: 'softmax',
    kernelInitializer: kernelInitializer(),
  });
  const hidden = { units: 128, ...relu };
  const model = tf.sequential({
    layers:
      network === 'dense'
        ? [tf.layers.dense({ inputShape: [pixels], ...hidden }), last]
        : [
            tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, ...relu }),
            tf.layers.conv2d({ filters: 64, kernelSize: 3, ...relu }),
            tf.layers.maxPooling2d({ poolSize: 2 }),
            tf.layers.flatten(),
            tf.layers.dense(hidden),
            last,
          ],
  });
  model.compile({ optimizer: tf.train.adadelta(learningRate), loss: 'categoricalCrossentropy' });
  return model;
}

/** The weights of that model, for a network that is written by hand. The caller disposes them. */
export function initialWeights(network: NetworkName): tf.Tensor[] {
  const model = layersModel(network);
  const weights = model.getWeights().map((weight) => weight.clone());
  model.dispose();
  return weights;
}

/** The loss of a batch. Pointers have tfjs's methods. */
export function lossOf(
  network: NetworkName,
  ops: Pick<typeof tf, 'losses'>,
  weights: readonly tf.Tensor[],
  x: tf.Tensor,
  t: tf.Tensor,
): tf.Scalar {
  const logits = network === 'dense' ? dense(x, weights, 0) : convolutions(x, weights);
  return ops.losses.softmaxCrossEntropy(t, logits) as tf.Scalar;
}

function convolutions(x: tf.Tensor, weights: readonly tf.Tensor[]): tf.Tensor {
  const first = convolution(x as tf.Tensor4D, weights, 0);
  const pooled = convolution(first, weights, 2).maxPool<tf.Tensor4D>(2, 2, 'valid');
  return dense(pooled.reshape([x.shape[0] ?? 0, 12 * 12 * 64]), weights, 4);
}

function convolution(x: tf.Tensor4D, weights: readonly tf.Tensor[], at: number): tf.Tensor4D {
  const filter = part(weights, at) as tf.Tensor4D;
  return x
    .conv2d(filter, 1, 'valid')
    .add<tf.Tensor4D>(part(weights, at + 1))
    .relu();
}

/** A hidden layer and the last one. */
function dense(x: tf.Tensor, weights: readonly tf.Tensor[], at: number): tf.Tensor {
  const hidden = x
    .matMul(part(weights, at))
    .add(part(weights, at + 1))
    .relu();
  return hidden.matMul(part(weights, at + 2)).add(part(weights, at + 3));
}

function part(weights: readonly tf.Tensor[], at: number): tf.Tensor {
  const weight = weights[at];
  if (weight === undefined) throw new Error(`There is no weight ${at}.`);
  return weight;
}
