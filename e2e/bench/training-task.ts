/** What is trained in the bench: the same sizes for the page, which computes on pointers, and for the worker, which has the data. */

import * as tf from '@tensorflow/tfjs';

export const batchSize = 64;
export const records = 1024;
export const learningRate = 0.01;
export const classes = 10;

/** `linear`: one layer, 784 to 10. `network`: two convolutions and a dense layer. */
export type TaskName = 'linear' | 'network';

/** One way to write a step. */
export type WayName = 'by hand' | 'minimize' | 'plan.call' | 'train' | 'fit';

export interface Case {
  readonly task: TaskName;
  readonly way: WayName;
  /** Timed at once. */
  readonly steps: number;
}

export const cases: readonly Case[] = [
  ...(['by hand', 'minimize', 'plan.call', 'train', 'fit'] as const).map(
    (way): Case => ({ task: 'linear', way, steps: 320 }),
  ),
  ...(['minimize', 'plan.call', 'train', 'fit'] as const).map(
    (way): Case => ({ task: 'network', way, steps: 32 }),
  ),
];

/** Made-up images `X` [records, 28, 28, 1] and labels `y` [records, 10]; how long a step takes does not depend on them. */
export function makeData(task: TaskName): { readonly X: tf.Tensor; readonly y: tf.Tensor } {
  return tf.tidy(() => {
    const shape = task === 'linear' ? [records, 784] : [records, 28, 28, 1];
    const labels = tf.range(0, records, 1, 'int32').mod(tf.scalar(classes, 'int32'));
    return {
      X: tf.randomUniform(shape, 0, 1, 'float32', 1),
      y: tf.oneHot(labels.cast('int32'), classes).cast('float32'),
    };
  });
}

export function layersModel(task: TaskName): tf.LayersModel {
  const last = { units: classes, activation: 'softmax' } as const;
  const model =
    task === 'linear'
      ? tf.sequential({ layers: [tf.layers.dense({ ...last, inputShape: [784] })] })
      : tf.sequential({
          layers: [
            tf.layers.conv2d({
              inputShape: [28, 28, 1],
              filters: 8,
              kernelSize: 5,
              activation: 'relu',
            }),
            tf.layers.maxPooling2d({ poolSize: 2 }),
            tf.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
            tf.layers.maxPooling2d({ poolSize: 2 }),
            tf.layers.flatten(),
            tf.layers.dense(last),
          ],
        });
  model.compile({ optimizer: tf.train.sgd(learningRate), loss: 'categoricalCrossentropy' });
  return model;
}

/** Shapes of the weights of what is not a layers model. */
export const shapes: Readonly<Record<TaskName, readonly (readonly number[])[]>> = {
  linear: [[784, classes], [classes]],
  network: [[5, 5, 1, 8], [8], [3, 3, 8, 16], [16], [400, classes], [classes]],
};

export const initial = (task: TaskName): tf.Tensor[] =>
  shapes[task].map((shape, at) => tf.randomUniform([...shape], -0.05, 0.05, 'float32', at + 1));

type Ops = Pick<typeof tf, 'losses'>;

/** The loss of a batch, written once for tensors and for pointers, which have the same methods. */
export function lossOf(
  task: TaskName,
  ops: Ops,
  weights: readonly tf.Tensor[],
  x: tf.Tensor,
  t: tf.Tensor,
): tf.Scalar {
  const logits = task === 'linear' ? dense(x, weights, 0) : network(x, weights);
  return ops.losses.softmaxCrossEntropy(t, logits) as tf.Scalar;
}

function network(x: tf.Tensor, weights: readonly tf.Tensor[]): tf.Tensor {
  const first = convolution(x, weights, 0);
  const second = convolution(first, weights, 2);
  return dense(second.reshape([x.shape[0] ?? 0, 400]), weights, 4);
}

function dense(x: tf.Tensor, weights: readonly tf.Tensor[], at: number): tf.Tensor {
  return x.matMul(part(weights, at)).add(part(weights, at + 1));
}

function convolution(x: tf.Tensor, weights: readonly tf.Tensor[], at: number): tf.Tensor {
  const filter = part(weights, at) as tf.Tensor4D;
  return (x as tf.Tensor4D)
    .conv2d(filter, 1, 'valid')
    .add<tf.Tensor4D>(part(weights, at + 1))
    .relu()
    .maxPool(2, 2, 'valid');
}

export function part(weights: readonly tf.Tensor[], at: number): tf.Tensor {
  const weight = weights[at];
  if (weight === undefined) throw new Error(`There is no weight ${at}.`);
  return weight;
}

/** What the gradient of the linear task changes each weight by, as one writes it without gradients. */
export function changesByHand(
  weights: readonly tf.Tensor[],
  x: tf.Tensor,
  t: tf.Tensor,
): [tf.Tensor, tf.Tensor] {
  const wrong = dense(x, weights, 0)
    .softmax()
    .sub(t)
    .mul(learningRate / batchSize);
  return [x.matMul(wrong, true), wrong.sum(0)];
}
