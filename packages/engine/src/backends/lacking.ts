/** Which ops of the table a backend cannot run, known before any of them is run. */

import { allowedOps } from '@duet/ops';
import * as tf from '@tensorflow/tfjs';
import { opKernels } from './op-kernels.generated';

/**
 * Names of allowed ops for which the backend of this tfjs has not every kernel, in order. What an op's gradient needs
 * beside is not in it.
 */
export function lackingOps(backend: string): string[] {
  const has = new Set(tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName));
  return allowedOps
    .map(({ name }) => name)
    .filter((name) => (opKernels[name] ?? []).some((kernel) => !has.has(kernel)))
    .sort();
}
