/** Before the engine's worker, which would take every message for its own. */

import * as tf from '@tensorflow/tfjs';

addEventListener('message', (event) => {
  if (event.data !== 'lose') return;
  event.stopImmediatePropagation();
  const { gpgpu } = tf.backend() as unknown as { gpgpu: { gl: WebGL2RenderingContext } };
  gpgpu.gl.getExtension('WEBGL_lose_context')?.loseContext();
});
