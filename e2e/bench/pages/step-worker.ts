/** One backend, and what is timed on it. */

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { expose } from 'comlink';
import { startBackend } from '../../../packages/engine/src/backends/start';
import { batchSize, initialWeights, learningRate, lossOf } from './digits';
import { kernelNamed } from './step-kernels';

/** `duet`: as an engine of ours starts it. The others: as tfjs has them. */
export type StepBackend = 'duet' | 'cpu' | 'wasm' | 'webgl';

async function start(backend: StepBackend): Promise<void> {
  if (backend === 'duet') {
    await startBackend('wasm');
    return;
  }
  if (backend === 'wasm') {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setWasmPaths({
      'tfjs-backend-wasm.wasm': wasmUrl,
      'tfjs-backend-wasm-simd.wasm': wasmUrl,
      'tfjs-backend-wasm-threaded-simd.wasm': wasmUrl,
    });
  }
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start.`);
}

let run: (() => void) | undefined;

/** Made-up digits: how long a step takes does not depend on them. */
function training(): () => void {
  const weights = initialWeights('conv').map((weight) => tf.variable(weight));
  const x = tf.randomUniform([batchSize, 28, 28, 1], 0, 1, 'float32', 1);
  const numbers = Array.from({ length: batchSize }, (_, at) => at % 10);
  const t = tf.oneHot(tf.tensor1d(numbers, 'int32'), 10).cast('float32');
  const optimizer = tf.train.adadelta(learningRate);
  return () => {
    optimizer.minimize(() => lossOf('conv', tf, weights, x, t), false, weights);
    // A GPU is done when a value is read.
    for (const weight of weights) weight.slice([0], [1]).dataSync();
  };
}

function timed(f: () => void): number {
  const before = performance.now();
  tf.tidy(f);
  return performance.now() - before;
}

/** Milliseconds of one step. */
function step(): number {
  run ??= training();
  return timed(run);
}

/** [rows, what is summed over, columns] of each product in a step, on the way there and back. */
const products: readonly (readonly [number, number, number])[] = [
  [43264, 9, 32],
  [36864, 288, 64],
  [64, 9216, 128],
  [64, 128, 10],
  [9, 43264, 32],
  [288, 36864, 64],
  [36864, 64, 288],
  [9216, 64, 128],
  [64, 128, 9216],
  [128, 64, 10],
  [64, 10, 128],
];

/** Milliseconds of the products alone: matrices that lie as the backend likes them. */
function multiply(): number {
  return products.reduce((sum, [rows, shared, columns]) => {
    const a = tf.randomUniform<tf.Rank.R2>([rows, shared]);
    const b = tf.randomUniform<tf.Rank.R2>([shared, columns]);
    const ms = timed(() => void tf.matMul(a, b));
    tf.dispose([a, b]);
    return sum + ms;
  }, 0);
}

/** Milliseconds of a kernel. */
function kernel(name: string): number {
  const runKernel = kernelNamed(name);
  return timed(() => void runKernel().dataSync());
}

const api = { start, step, products: multiply, kernel };
export type StepApi = typeof api;
expose(api);
