/**
 * What a backend lacks, run on cpu. tfjs itself moves a value to the backend whose kernel takes it, so that a kernel of
 * cpu's can stand in for one that is missing: its inputs come over, and its outputs go back when another kernel takes them.
 */

import type { BackendName } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { suitsGpu, suitsWasm, suitsWebgpu } from './kernel-limits';

type KernelCall = Parameters<tf.KernelFunc>[0];

/** Registers a kernel of cpu's for each that the backend has not. The backend must have been started. */
export function bridgeKernels(backend: Exclude<BackendName, 'cpu'>): void {
  const cpu = tf.engine().findBackend('cpu');
  const suits = { wasm: suitsWasm, webgl: suitsGpu, webgpu: suitsWebgpu }[backend];
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    const bridged = (call: KernelCall): tf.Tensor | tf.Tensor[] => onCpu(kernelFunc, cpu, call);
    const own = tf.getKernel(kernelName, backend);
    if (own === undefined) {
      // What webgpu holds cannot be moved at once: what it has no kernel for is refused before it is run.
      if (backend === 'webgpu') continue;
      tf.registerKernel({ kernelName, backendName: backend, kernelFunc: bridged });
      continue;
    }
    tf.unregisterKernel(kernelName, backend);
    tf.registerKernel({
      ...own,
      kernelFunc: (call) =>
        hasEntries(call) && suits(kernelName, call) ? own.kernelFunc(call) : bridged(call),
    });
  }
}

/** Only cpu's kernels know what to do with nothing. */
function hasEntries({ inputs }: KernelCall): boolean {
  return Object.values(inputs).every(
    (input) => input === undefined || input === null || input.shape.every((length) => length > 0),
  );
}

/**
 * Tensors rather than infos, since tfjs would take an info for one of the backend at hand. They are tracked like any other:
 * the op's scope frees them.
 */
function onCpu(
  kernelFunc: tf.KernelFunc,
  cpu: tf.KernelBackend,
  call: KernelCall,
): tf.Tensor | tf.Tensor[] {
  const made = kernelFunc({ ...call, backend: cpu });
  const asTensor = (info: tf.TensorInfo): tf.Tensor =>
    info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info, cpu);
  return Array.isArray(made) ? made.map(asTensor) : asTensor(made);
}
