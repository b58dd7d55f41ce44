/** Starts the backend of an engine of its own, with everything that it lacks. Not for the page, whose tfjs is not ours. */

import type { BackendName } from '@duet/protocol';
import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { bridgeKernels } from './bridge';
import { chooseBackends } from './choose';
import { mendKernels } from './mended-kernels';
import { guardMemory, mayCompile, prepareWasm, startWasm } from './wasm';
import { registerWasmKernels } from './wasm-kernels';
import { type ThreadFacts, threadsFor } from './wasm-threads';
import { computesAsCpu, findGpu, mendWebgl, prepareWebgl } from './webgl';
import { readLaterOnly } from './webgpu';

export interface StartOptions {
  /** Of the wasm backend, the caller's own counted in; 1 where the page is not isolated. Default: what the machine is good for. */
  readonly threads?: number | undefined;
}

/** Starts the backend that is wanted, or the best that starts here. Throws `no-engine`. */
export async function startBackend(
  wanted?: BackendName,
  options: StartOptions = {},
): Promise<BackendName> {
  prepareWasm();
  prepareWebgl();
  const gpu = wanted === undefined ? findGpu() : undefined;
  const threads = threadsFor(threadFacts(), options.threads);
  for (const name of chooseBackends({ gpu, compiles: mayCompile() }, wanted)) {
    if (!(await starts(name, threads))) continue;
    if (name === 'wasm') {
      guardMemory();
      registerWasmKernels();
    }
    if (name === 'webgl') mendWebgl();
    mendKernels(name);
    if (name === 'webgpu') readLaterOnly();
    if (name !== 'cpu') bridgeKernels(name);
    // One that was asked for by name is the owner's own choice.
    if (name === 'webgl' && wanted === undefined && !(await computesAsCpu())) {
      tf.removeBackend(name);
      continue;
    }
    return name;
  }
  throw new DuetError('no-engine', {
    detail: `The backend ${wanted ?? 'cpu'} does not start in this browser’s workers${why(wanted)}.`,
    hint: 'Name another backend, or none.',
  });
}

function why(wanted: BackendName | undefined): string {
  if (wanted !== 'webgpu') return '';
  return globalThis.navigator?.gpu === undefined
    ? ': they have no WebGPU, or this page is not https'
    : ': WebGPU found no GPU that it may use';
}

function threadFacts(): ThreadFacts {
  return {
    isIsolated: globalThis.crossOriginIsolated === true,
    processors: globalThis.navigator?.hardwareConcurrency ?? 1,
  };
}

async function starts(name: BackendName, threads: number): Promise<boolean> {
  if (tf.engine().registryFactory[name] === undefined) return false;
  try {
    return name === 'wasm' ? await startWasm(threads) : await tf.setBackend(name);
  } catch {
    return false;
  }
}
