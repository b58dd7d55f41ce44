/** The kernels that the wasm backend has of ours: what it lacks of training, and what it is slow at. */

import * as tf from '@tensorflow/tfjs';
import { conv2dFilterGradient, conv2dInputGradient } from './wasm-convolution';
import { depthwiseFilterGradient, depthwiseInputGradient } from './wasm-depthwise';
import { movingKernels } from './wasm-moves';
import { avgPoolGradient, maxPoolGradient } from './wasm-pools';
import { batchMatMul, fusedMatMul } from './wasm-products';
import { segmentSum } from './wasm-segments';

const kernels: Readonly<Record<string, tf.KernelFunc>> = {
  ...movingKernels,
  AvgPoolGrad: avgPoolGradient,
  Conv2DBackpropFilter: conv2dFilterGradient,
  Conv2DBackpropInput: conv2dInputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  MaxPoolGrad: maxPoolGradient,
  UnsortedSegmentSum: segmentSum,
};

/** Those that leave to the backend's own what that is good at. */
const around: Readonly<Record<string, (own: tf.KernelFunc) => tf.KernelFunc>> = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
};

export const wasmKernels: readonly string[] = [...Object.keys(kernels), ...Object.keys(around)];

/** To be called before the bridge, which would give cpu's where there is none. The backend must have been started. */
export function registerWasmKernels(): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels))
    replace(kernelName, () => kernelFunc);
  for (const [kernelName, make] of Object.entries(around)) {
    replace(kernelName, (own) => {
      if (own === undefined) throw new Error(`The wasm backend has no ${kernelName}.`);
      return make(own);
    });
  }
}

function replace(
  kernelName: string,
  make: (own: tf.KernelFunc | undefined) => tf.KernelFunc,
): void {
  const own = tf.getKernel(kernelName, 'wasm');
  if (own !== undefined) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...own, kernelName, backendName: 'wasm', kernelFunc: make(own?.kernelFunc) });
}
