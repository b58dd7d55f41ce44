/** Kernels in the place of some of tfjs's own that are wrong, or might never end, on any backend. */

import * as tf from '@tensorflow/tfjs';

type KernelCall = Parameters<tf.KernelFunc>[0];

/** Which entry of the image an entry of the output was taken from, along one axis, as resizeNearestNeighbor chooses it. */
function nearestOf(image: number, output: number, attrs: tf.NamedAttrMap): number[] {
  const isAligned = attrs['alignCorners'] === true;
  const less = isAligned && output > 1 ? 1 : 0;
  const scale = (image - less) / (output - less);
  const shift = attrs['halfPixelCenters'] === true ? 0.5 : 0;
  return Array.from({ length: output }, (_, at) => {
    const source = scale * (at + shift);
    return Math.max(0, Math.min(image - 1, isAligned ? Math.round(source) : Math.floor(source)));
  });
}

/** [image, output], 1 where the entry of the output was taken from that of the image. */
function takenFrom(image: number, output: number, attrs: tf.NamedAttrMap): tf.Tensor2D {
  const taken = tf.buffer<tf.Rank.R2>([image, output]);
  nearestOf(image, output, attrs).forEach((from, to) => {
    taken.set(1, from, to);
  });
  return taken.toTensor();
}

/** Gradient of resizeNearestNeighbor. tfjs's own on cpu mixes images up, and never ends where an image of one row is aligned. */
function nearestGradient({ inputs, attrs = {} }: KernelCall): tf.Tensor {
  return tf.tidy(() => {
    const dy = inputs['dy'] as tf.Tensor4D;
    const [batch, height = 0, width = 0, channels] = (inputs['images'] as tf.Tensor4D).shape;
    const [, down, right] = dy.shape;
    if (dy.size === 0) return tf.zeros([batch, height, width, channels]);
    const byRow = tf.reshape(dy, [batch, down, right * channels]);
    const rows = tf.matMul(takenFrom(height, down, attrs), byRow);
    const byColumn = tf.reshape(rows, [batch * height, right, channels]);
    const columns = tf.matMul(takenFrom(width, right, attrs), byColumn);
    return tf.reshape(columns, [batch, height, width, channels]);
  });
}

const mended: Readonly<Record<string, (call: KernelCall) => tf.Tensor>> = {
  ResizeNearestNeighborGrad: nearestGradient,
};

/** Puts our own in the place of tfjs's. Not for the page, whose tfjs is not ours. */
export function mendKernels(backendName: string): void {
  for (const [kernelName, kernelFunc] of Object.entries(mended)) {
    if (tf.getKernel(kernelName, backendName) !== undefined) {
      tf.unregisterKernel(kernelName, backendName);
    }
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}
