/** In a file of its own: some kernels of wasm take no address above 2 GiB, and memory once taken is never given back. */

import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { startBackend } from '../src/backends/start';

interface WasmModule {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

test('memory that there is not is an error, not the address 0', async () => {
  expect(await startBackend('wasm')).toBe('wasm');
  // The first call of a function of the module puts another in its place.
  tf.dispose(tf.exp([1, 2]));
  const { wasm } = tf.backend() as unknown as { wasm: WasmModule };
  const addresses: number[] = [];
  const takeAll = (): void => {
    // A module has less than 4 GiB, and what nobody writes to costs nothing.
    for (let at = 0; at < 4; at++) addresses.push(wasm._malloc(2 ** 30));
  };
  expect(takeAll).toThrow('bytes left');
  for (const address of addresses) wasm._free(address);
  expect(addresses).not.toContain(0);
});
