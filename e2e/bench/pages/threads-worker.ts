/** One worker of the threads' bench: the engine's own wasm backend, and work for it. */

import * as tf from '@tensorflow/tfjs';
import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { startBackend } from '../../../packages/engine/src/backends/start';

export type ThreadsWork = 'step' | 'large product' | 'small product';

export interface Started {
  readonly ms: number;
  readonly threads: number;
}

type Asked =
  | { readonly start: number }
  | { readonly work: ThreadsWork; readonly count: number; readonly start?: undefined };

const batchSize = 64;

/** Duet's MNIST network, one step of Adadelta. */
function stepOfNetwork(): () => void {
  const weights = [
    [3, 3, 1, 32],
    [32],
    [3, 3, 32, 64],
    [64],
    [9216, 128],
    [128],
    [128, 10],
    [10],
  ].map((shape, at) => tf.variable(tf.randomUniform(shape, -0.05, 0.05, 'float32', at + 1)));
  const weight = <R extends tf.Rank>(at: number) => weights[at] as tf.Variable<R>;
  const x = tf.randomUniform<tf.Rank.R4>([batchSize, 28, 28, 1], 0, 1, 'float32', 1);
  const labels = tf.range(0, batchSize, 1, 'int32').mod(tf.scalar(10, 'int32'));
  const y = tf.oneHot(labels as tf.Tensor1D, 10).toFloat();
  const optimizer = tf.train.adadelta(1);
  const loss = (): tf.Scalar => {
    const first = tf.relu(tf.add(tf.conv2d(x, weight<tf.Rank.R4>(0), 1, 'valid'), weight(1)));
    const second = tf.relu(
      tf.add(tf.conv2d(first as tf.Tensor4D, weight<tf.Rank.R4>(2), 1, 'valid'), weight(3)),
    );
    const flat = tf.reshape(tf.maxPool(second as tf.Tensor4D, 2, 2, 'valid'), [batchSize, 9216]);
    const dense = tf.relu(tf.add(tf.matMul(flat, weight(4)), weight(5)));
    const logits = tf.add(tf.matMul(dense, weight(6)), weight(7));
    return tf.losses.softmaxCrossEntropy(y, logits);
  };
  return () => optimizer.minimize(loss);
}

function productOf(rows: number): () => void {
  const matrix = tf.randomUniform([rows, rows], 0, 1, 'float32', 1);
  return () => tf.dispose(tf.matMul(matrix, matrix));
}

const works = new Map<ThreadsWork, () => void>();

async function start(threads: number): Promise<Started> {
  const begun = performance.now();
  await startBackend('wasm', { threads });
  const ms = performance.now() - begun;
  works.set('step', stepOfNetwork());
  works.set('large product', productOf(512));
  works.set('small product', productOf(64));
  return { ms, threads: getThreadsCount() };
}

function run(work: ThreadsWork, count: number): number[] {
  const once = works.get(work);
  if (once === undefined) throw new Error(`There is no ${work}.`);
  once();
  return Array.from({ length: count }, () => {
    const begun = performance.now();
    once();
    return performance.now() - begun;
  });
}

addEventListener('message', async ({ data }: MessageEvent<Asked>) => {
  postMessage(data.start === undefined ? run(data.work, data.count) : await start(data.start));
});
