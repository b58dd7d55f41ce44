/** The wasm backend with its binaries inside: the worker asks nobody for a file. */

import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url&inline';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url&inline';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url&inline';
import { employThreads, withThreadWorkers } from './wasm-threads';

const binaries: Readonly<Record<string, string>> = { threaded, simd, plain };

/** Prepares the backend `wasm` of tfjs, to be started by `startWasm`. */
export function prepareWasm(): void {
  const paths = {
    'tfjs-backend-wasm.wasm': 'plain',
    'tfjs-backend-wasm-simd.wasm': 'simd',
    'tfjs-backend-wasm-threaded-simd.wasm': 'threaded',
  };
  // The backend then asks tfjs's platform for the file, and not the network.
  setWasmPaths(paths, true);
  tf.env().platform.fetch = async (name) => responseOf(binaries[name]);
}

/**
 * Starts the prepared backend with threads where it may have them, else without. Gives false where it does not start.
 * Throws what tfjs throws.
 */
export async function startWasm(threads: number): Promise<boolean> {
  if (threads > 1 && (await startsWith(threads))) return true;
  setThreads(1);
  return tf.setBackend('wasm');
}

async function startsWith(threads: number): Promise<boolean> {
  setThreads(threads);
  try {
    if (!(await withThreadWorkers(threads, () => tf.setBackend('wasm')))) return false;
    employThreads();
    return true;
  } catch {
    // A policy may forbid workers of a text, and a small machine have no room for memory that is shared.
    return false;
  }
}

function setThreads(threads: number): void {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1);
  setThreadsCount(threads);
}

/** A Content-Security-Policy may forbid WebAssembly: the backend would then wait for its module for ever. */
export function mayCompile(): boolean {
  const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  try {
    return new WebAssembly.Module(emptyModule) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

interface WasmBackend {
  readonly wasm: { _malloc(bytes: number): number; _free(address: number): void };
}

/**
 * Has the backend, which must be at hand, throw where there is no memory left. Its own code would take the address 0 for
 * an answer and write there.
 */
export function guardMemory(): void {
  const { wasm } = tf.backend() as unknown as WasmBackend;
  // The module replaces each of its functions when it is first called, and a guard around it with it.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address === 0 && bytes > 0) throw new Error(`There are no ${bytes} bytes left.`);
    return address;
  };
}

/** As much of a response as the backend looks at. */
function responseOf(dataUrl: string | undefined): Response {
  if (dataUrl === undefined) throw new Error('There is no network here.');
  const text = atob(dataUrl.slice(dataUrl.indexOf(',') + 1));
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return { ok: true, arrayBuffer: async () => bytes.buffer } as unknown as Response;
}
