/** Which backend an engine of its own gets, by what the machine has. */

import type { BackendName } from '@duet/protocol';

/** What a WebGL context says of the GPU behind it. */
export interface GpuFacts {
  readonly renderer: string;
  /** Can it write float32, and does it compute in float32? Others would give half of the digits. */
  readonly writesFloats: boolean;
  readonly computesFloats: boolean;
  readonly mostTexels: number;
}

export interface MachineFacts {
  /** Undefined: there is no WebGL 2, or the browser itself says that it would be slow. */
  readonly gpu: GpuFacts | undefined;
  /** May WebAssembly be compiled here? */
  readonly compiles: boolean;
}

/** Processors that stand in for a GPU: slower than wasm by four times where it was measured. */
const software = /swiftshader|llvmpipe|softpipe|lavapipe|basic render|software|swrast/i;

/** A side of a texture: with less a tensor of some megabytes takes ways that are seldom gone. */
const fewestTexels = 4096;

/** Is there a GPU that computes as the other backends do? */
export function isRealGpu({
  renderer,
  writesFloats,
  computesFloats,
  mostTexels,
}: GpuFacts): boolean {
  return writesFloats && computesFloats && mostTexels >= fewestTexels && !software.test(renderer);
}

/** The backends to be tried, in order. One that is wanted is the only one; WebGPU is for those who want it. */
export function chooseBackends(
  { gpu, compiles }: MachineFacts,
  wanted?: BackendName,
): readonly BackendName[] {
  if (wanted !== undefined) return wanted === 'wasm' && !compiles ? [] : [wanted];
  const fit: BackendName[] = ['cpu'];
  if (compiles) fit.unshift('wasm');
  if (gpu !== undefined && isRealGpu(gpu)) fit.unshift('webgl');
  return fit;
}
