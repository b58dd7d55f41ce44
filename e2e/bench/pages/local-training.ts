/** The worker that has the digits: an epoch on local tfjs, on the backend that the owner's engine has, in a worker as that is. */

import * as tf from '@tensorflow/tfjs';
import { batchIndices } from 'duetjs';
import { startBackend } from '../../../packages/engine/src/backends/start';
import {
  batchSize,
  type Digits,
  digits,
  type Epoch,
  type EpochResult,
  initialWeights,
  layersModel,
  learningRate,
  lossOf,
  seed,
} from './digits';

async function epochOf(epoch: Epoch): Promise<EpochResult> {
  const data = await digits(epoch);
  try {
    return epoch.way === 'fit' ? await fit(epoch, data) : await steps(epoch, data);
  } finally {
    tf.dispose([data.X, data.y]);
  }
}

async function fit({ network, passes }: Epoch, { X, y }: Digits): Promise<EpochResult> {
  const model = layersModel(network);
  const start = performance.now();
  const { history } = await model.fit(X, y, {
    batchSize,
    epochs: passes,
    shuffle: false,
    yieldEvery: 'never',
    verbose: 0,
  });
  const ms = performance.now() - start;
  const loss = history['loss']?.at(-1);
  model.optimizer.dispose();
  model.dispose();
  return { ms, loss: Number(loss) };
}

async function steps(
  { network, way, records, passes }: Epoch,
  { X, y }: Digits,
): Promise<EpochResult> {
  const begun = initialWeights(network);
  const weights = begun.map((weight) => tf.variable(weight));
  const optimizer = tf.train.adadelta(learningRate);
  const minimize = (x: tf.Tensor, t: tf.Tensor) =>
    optimizer.minimize(() => lossOf(network, tf, weights, x, t), true, weights) as tf.Scalar;
  const cut = (tensor: tf.Tensor, from: number) => {
    const rest = tensor.shape.slice(1);
    return tensor.slice([from, ...rest.map(() => 0)], [batchSize, ...rest]);
  };

  const start = performance.now();
  let losses: tf.Scalar[] = [];
  if (way === 'train') {
    const epochs = { records, batchSize, epochs: passes, seed };
    for (const { epoch, indices } of batchIndices(epochs)) {
      const loss = tf.tidy(() => minimize(X.gather(indices), y.gather(indices)));
      if (epoch === passes - 1) losses.push(loss);
      else loss.dispose();
    }
  } else {
    for (let pass = 0; pass < passes; pass += 1) {
      for (let from = 0; from < records; from += batchSize) {
        tf.dispose(losses);
        losses = [tf.tidy(() => minimize(cut(X, from), cut(y, from)))];
      }
    }
  }
  const loss = tf.tidy(() => tf.mean(tf.stack(losses)).dataSync());
  const ms = performance.now() - start;
  optimizer.dispose();
  tf.dispose([begun, weights, losses]);
  return { ms, loss: Number(loss[0]) };
}

self.addEventListener('message', ({ data }: MessageEvent<Epoch>) => {
  void epochOf(data).then((result) => self.postMessage(result));
});

void startBackend('wasm').then(() => self.postMessage('ready'));
