import { readFileSync } from 'node:fs';
import { allowedOps } from '@duet/ops';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { lackingOps } from '../src/backends/lacking';
import { opKernels } from '../src/backends/op-kernels.generated';
import { renderKernels, traceKernels } from '../tools/kernels';

test('the list of kernels is that of the ops and of tfjs as they are', async () => {
  const file = new URL('../src/backends/op-kernels.generated.ts', import.meta.url);
  expect(renderKernels(await traceKernels())).toBe(readFileSync(file, 'utf8'));
  expect(Object.keys(opKernels).sort()).toEqual(allowedOps.map(({ name }) => name).sort());
}, 60_000);

test('cpu lacks nothing, and a backend without kernels all that needs one', () => {
  expect(lackingOps('cpu')).toEqual([]);
  const lacking = lackingOps('none');
  expect(lacking).toContain('conv2d');
  expect(lacking).toContain('fft');
  tf.registerKernel({ kernelName: 'FFT', backendName: 'none', kernelFunc: () => [] });
  expect(lackingOps('none')).not.toContain('fft');
  tf.unregisterKernel('FFT', 'none');
});
