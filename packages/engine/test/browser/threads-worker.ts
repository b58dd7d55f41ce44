/** Starts wasm on so many threads as it is told, and says on how many a small and a large product ran. */

import * as tf from '@tensorflow/tfjs';
import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { startBackend } from '../../src/backends/start';

interface WasmModule {
  readonly tfjs: { getThreadsCount(): number };
}

addEventListener('message', async ({ data: threads }: MessageEvent<number>) => {
  const counts: number[] = [];
  // Under the engine's own kernel, which is there when the backend starts: sees what the binary has at each product.
  const kernel = tf.getKernel('BatchMatMul', 'wasm') as tf.KernelConfig;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...kernel,
    kernelFunc(call) {
      const { wasm } = call.backend as unknown as { wasm: WasmModule };
      counts.push(wasm.tfjs.getThreadsCount());
      return kernel.kernelFunc(call);
    },
  });
  await startBackend('wasm', { threads });
  const product = (rows: number): Float32Array =>
    tf.tidy(() => {
      const matrix = tf.reshape(tf.sin(tf.range(0, rows * rows)), [rows, rows]);
      return tf.matMul(matrix, matrix).dataSync<'float32'>();
    });
  product(16);
  const small = counts.splice(0);
  const found = product(512);
  const large = counts.splice(0);
  await tf.setBackend('cpu');
  const wanted = product(512);
  const isSame = wanted.every((value, at) => Math.abs(value - (found[at] ?? 0)) < 1e-3);
  postMessage({ threads: getThreadsCount(), small, large, isSame });
});
