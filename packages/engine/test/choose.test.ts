/** Which backend a machine gets. */

import { describe, expect, test } from 'vitest';
import { chooseBackends, type GpuFacts, isRealGpu } from '../src/backends/choose';
import { threadsFor } from '../src/backends/wasm-threads';

const gpu: GpuFacts = {
  renderer: 'ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 (0x2504) Direct3D11 vs_5_0 ps_5_0, D3D11)',
  writesFloats: true,
  computesFloats: true,
  mostTexels: 16384,
};

describe('the backend', () => {
  test('is webgl on a real GPU, else wasm, else cpu', () => {
    expect(chooseBackends({ gpu, compiles: true })).toEqual(['webgl', 'wasm', 'cpu']);
    expect(chooseBackends({ gpu: undefined, compiles: true })).toEqual(['wasm', 'cpu']);
    expect(chooseBackends({ gpu: undefined, compiles: false })).toEqual(['cpu']);
  });

  test('that is asked for is the only one, webgpu included', () => {
    for (const wanted of ['cpu', 'wasm', 'webgl', 'webgpu'] as const) {
      expect(chooseBackends({ gpu: undefined, compiles: true }, wanted)).toEqual([wanted]);
    }
    expect(chooseBackends({ gpu, compiles: false }, 'wasm')).toEqual([]);
  });

  test.each([
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
    'llvmpipe (LLVM 15.0.7, 256 bits)',
    'ANGLE (Microsoft, Microsoft Basic Render Driver (0x0000008C) Direct3D11 vs_5_0 ps_5_0, D3D11)',
    'Apple Software Renderer',
  ])('is none of a processor that stands in for a GPU: %s', (renderer) => {
    expect(isRealGpu({ ...gpu, renderer })).toBe(false);
  });

  test.each([{ writesFloats: false }, { computesFloats: false }, { mostTexels: 2048 }])(
    'is none of a GPU that could not compute as the others do: %j',
    (lacking) => {
      expect(isRealGpu({ ...gpu, ...lacking })).toBe(false);
    },
  );
});

test.each([
  [false, 16, undefined, 1],
  [false, 16, 2, 1],
  [true, 1, undefined, 1],
  [true, 2, undefined, 1],
  [true, 2, 2, 2],
  [true, 4, undefined, 3],
  [true, 16, undefined, 4],
  [true, 16, 8, 8],
])(
  'threads, isolated %j with %i processors, %j wanted: %i',
  (isIsolated, processors, wanted, threads) => {
    expect(threadsFor({ isIsolated, processors }, wanted)).toBe(threads);
  },
);
