/** The worker that has the data: the steps on local tfjs, on the backend that the owner's engine has, in a worker as that is. */

import * as tf from '@tensorflow/tfjs';
import { batchIndices } from 'duetjs';
import { startBackend } from '../../packages/engine/src/backends/start';
import {
  batchSize,
  type Case,
  changesByHand,
  initial,
  layersModel,
  learningRate,
  lossOf,
  makeData,
  part,
  records,
} from './training-task';

async function timed({ task, way, steps }: Case): Promise<number> {
  const { X, y } = makeData(task);
  const weights = initial(task).map((weight) => tf.variable(weight));
  const optimizer = tf.train.sgd(learningRate);
  const first = (tensor: tf.Tensor) => tensor.slice([0], [batchSize]);
  const [x, t] = [first(X), first(y)];
  const minimize = (bx: tf.Tensor, bt: tf.Tensor) =>
    optimizer.minimize(() => lossOf(task, tf, weights, bx, bt), false, weights);
  const epochs = (steps * batchSize) / records;
  const model = layersModel(task);

  const run: Readonly<Record<Case['way'], () => unknown>> = {
    'by hand': () => {
      for (let step = 0; step < steps; step += 1) {
        tf.tidy(() => {
          changesByHand(weights, x, t).forEach((change, at) => {
            weights[at]?.assign(part(weights, at).sub(change));
          });
        });
      }
    },
    minimize: () => {
      for (let step = 0; step < steps; step += 1) minimize(x, t);
    },
    'plan.call': () => {
      for (let step = 0; step < steps; step += 1) minimize(x, t);
    },
    train: () => {
      for (const { indices } of batchIndices({ records, batchSize, epochs, seed: 1 })) {
        tf.tidy(() => void minimize(X.gather(indices), y.gather(indices)));
      }
    },
    fit: () => model.fit(X, y, { epochs, batchSize, yieldEvery: 'never', verbose: 0 }),
  };
  const start = performance.now();
  await run[way]();
  for (const weight of weights) weight.dataSync();
  const ms = performance.now() - start;
  tf.dispose([X, y, x, t, weights]);
  model.dispose();
  return ms;
}

self.addEventListener('message', ({ data }: MessageEvent<Case>) => {
  void timed(data).then((ms) => self.postMessage({ ms }));
});

void startBackend('wasm').then(() => self.postMessage({ ms: 0 }));
