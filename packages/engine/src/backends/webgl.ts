/** The webgl backend in a worker: what GPU there is, whether it computes right, and when it is gone. */

import * as tf from '@tensorflow/tfjs';
import type { GpuFacts } from './choose';

/** Textures that nobody uses any more are kept for the next of their size; beyond so much they are freed. */
const keptBytes = 256 * 2 ** 20;

/** What the machine's GPU is; undefined without one. Leaves no context behind: a browser has some sixteen of them. */
export function findGpu(): GpuFacts | undefined {
  if (globalThis.OffscreenCanvas === undefined) return undefined;
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (gl === null) return undefined;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const facts = {
    renderer: String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)),
    writesFloats: gl.getExtension('EXT_color_buffer_float') !== null,
    computesFloats:
      (gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_FLOAT)?.precision ?? 0) >= 23,
    mostTexels: Number(gl.getParameter(gl.MAX_TEXTURE_SIZE)),
  };
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return facts;
}

/** To be called before the backend is started. */
export function prepareWebgl(): void {
  tf.env().set('WEBGL_DELETE_TEXTURE_THRESHOLD', keptBytes);
}

interface WebglBackend extends tf.KernelBackend {
  readonly gpgpu: { readonly gl: WebGL2RenderingContext };
  runWebGLProgram(
    program: { variableNames: string[]; outputShape: number[]; userCode: string },
    inputs: tf.TensorInfo[],
    dtype: tf.DataType,
  ): tf.TensorInfo;
}

/** Equal numbers divide to exactly 1, as GPUs do not see to by themselves; but nothing by nothing is NaN, and not 1 as in tfjs. */
const divide = `void main() {
  float a = getAAtOutCoords();
  float b = getBAtOutCoords();
  setOutput(a == b && a != 0.0 && abs(a) <= 3.4028234e38 ? 1.0 : a / b);
}`;

/** Puts kernels of ours in the place of those that are wrong for some values. */
export function mendWebgl(): void {
  tf.unregisterKernel('RealDiv', 'webgl');
  tf.registerKernel({
    kernelName: 'RealDiv',
    backendName: 'webgl',
    kernelFunc({ inputs, backend }) {
      const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const outputShape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const program = { variableNames: ['A', 'B'], outputShape, userCode: divide };
      return (backend as WebglBackend).runWebGLProgram(program, [a, b], 'float32');
    },
  });
}

/**
 * Calls when the GPU has been lost with all that was on it, once. The backend must have been started. Gives what says whether it
 * has been lost, which is known somewhat before.
 */
export function watchGpu(lost: () => void): () => boolean {
  const { gl } = (tf.engine().findBackend('webgl') as WebglBackend).gpgpu;
  gl.canvas.addEventListener('webglcontextlost', lost, { once: true });
  return () => gl.isContextLost();
}

/** Of the largest value, what a float32 that was rounded a hundred times may be off by. */
const mostOff = 1e-4;

/** Does the backend at hand compute what cpu computes? A driver that is broken shows it by little. */
export async function computesAsCpu(): Promise<boolean> {
  const here = tf.getBackend();
  const computed = async (name: string): Promise<Float32Array> => {
    tf.setBackend(name);
    const made = tf.tidy(probe);
    // WebGPU alone has no way to read at once.
    const values = name === 'webgpu' ? await made.data<'float32'>() : made.dataSync<'float32'>();
    made.dispose();
    return values;
  };
  try {
    const expected = await computed('cpu');
    const found = await computed(here);
    const largest = expected.reduce(
      (most, each) => Math.max(most, Number.isNaN(each) ? 0 : Math.abs(each)),
      0,
    );
    return expected.every(
      (value, at) =>
        Object.is(value, found[at]) ||
        Math.abs(value - (found[at] ?? Number.NaN)) <= mostOff * largest,
    );
  } finally {
    tf.setBackend(here);
  }
}

/** Products, sums, a convolution, whole numbers and NaN, large enough that tfjs does not leave them to cpu. */
function probe(): tf.Tensor {
  const matrix = tf.reshape(tf.sin(tf.range(0, 64 * 64)), [64, 64]);
  const product = tf.matMul(matrix, matrix);
  const image = tf.reshape(product, [1, 64, 64, 1]) as tf.Tensor4D;
  const filter = tf.reshape(tf.cos(tf.range(0, 36)), [3, 3, 1, 4]) as tf.Tensor4D;
  const convolved = tf.conv2d(image, filter, 1, 'same');
  const whole = tf.cast(tf.mul(tf.range(0, 4096, 1, 'int32'), tf.scalar(4093, 'int32')), 'float32');
  const none = tf.relu(tf.where(tf.greater(product, 0), product, tf.fill([64, 64], Number.NaN)));
  return tf.concat([
    tf.reshape(product, [-1]),
    tf.reshape(tf.sum(product, 0), [-1]),
    tf.reshape(convolved, [-1]),
    tf.div(whole, 4096 * 4093),
    tf.reshape(none, [-1]),
  ]);
}
