/** The webgpu backend in a worker: brought into its file here, for owners who ask for it. */

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';

interface WebgpuBackend extends tf.KernelBackend {
  readonly device: GPUDevice;
  readonly tensorMap: {
    get(dataId: object): {
      readonly values?: unknown;
      readonly dtype: tf.DataType;
      readonly shape: readonly number[];
    };
  };
}

/**
 * Takes away reading at once: tfjs's goes by way of a canvas, which gives zeros on some machines. So a kernel of cpu's can stand
 * in for one that is wrong only where the processor has the values still; else the op fails. The backend must have been started.
 */
export function readLaterOnly(): void {
  const backend = tf.engine().findBackend('webgpu') as WebgpuBackend;
  const readAtOnce = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const { values, dtype, shape } = backend.tensorMap.get(dataId);
    // A complex value is read by its parts.
    const isHere = (values ?? undefined) !== undefined || dtype === 'string';
    if (isHere || dtype === 'complex64') return readAtOnce(dataId);
    if (shape.includes(0)) return dtype === 'float32' ? new Float32Array() : new Int32Array();
    throw new Error('On webgpu this op needs a value that only the GPU has.');
  };
}

/**
 * Calls when the GPU has been lost, or when something that it was told to do went wrong: it tells so afterwards, and what it
 * gives from then on may be anything. The backend must have been started. Gives what says whether that has happened.
 */
export function watchDevice(failed: (error: Error) => void): () => boolean {
  const { device } = tf.engine().findBackend('webgpu') as WebgpuBackend;
  let isLost = false;
  const lose = (error: Error): void => {
    if (isLost) return;
    isLost = true;
    failed(error);
  };
  void device.lost.then(({ message }) => lose(new Error(`The GPU was lost. ${message}`)));
  device.addEventListener('uncapturederror', ({ error }) => lose(new Error(error.message)));
  return () => isLost;
}
