/**
 * Threads for the wasm backend: tfjs's own build with threads, with only so many workers as there are to be threads, each
 * from one text that reaches nothing, and at work only where they are worth their cost.
 */

import * as tf from '@tensorflow/tfjs';
// tfjs would take the text of its own function, which a minifier has taken out of what it stands in.
import module from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js?raw';

/** Half of a training step runs on one thread, whatever there are: more bring little, and each has a memory of its own. */
const mostThreads = 4;

/** The binary gives no more than half of what the browser calls processors. */
const processorsForThread = 2;

/**
 * Handing work to a thread and waiting for it took 0.12 ms: as long as the product of two matrices of so many elements
 * together does without.
 */
const fewestElements = 2 ** 17;

/** Kernels of xnnpack that compute more than they read and write. */
const threadedKernels = [
  '_FusedMatMul',
  'BatchMatMul',
  'Conv2D',
  'FusedConv2D',
  'DepthwiseConv2dNative',
  'FusedDepthwiseConv2D',
];

/** Where the binary of tfjs 4.22.0 keeps the address of its threads; 0 there has everything run on one. */
const poolAddress = 0x5c0c;

export interface ThreadFacts {
  /** Only an isolated page has memory that is shared. */
  readonly isIsolated: boolean;
  readonly processors: number;
}

/** How many threads the backend gets, the worker's own counted in. One is left to the page, unless more are wanted. */
export function threadsFor({ isIsolated, processors }: ThreadFacts, wanted?: number): number {
  if (!isIsolated) return 1;
  return wanted ?? Math.max(1, Math.min(mostThreads, processors - 1));
}

interface ThreadedModule {
  readonly HEAP32: Int32Array;
  readonly tfjs: { getThreadsCount(): number };
}

function moduleAtHand(): ThreadedModule {
  return (tf.backend() as unknown as { readonly wasm: ThreadedModule }).wasm;
}

/**
 * Has the kernels whose call is large run on all threads, and the rest on one. The backend must have been started with
 * threads. Throws where the binary is another than the one that this is made for: then all run on all.
 */
export function employThreads(): void {
  const { HEAP32, tfjs } = moduleAtHand();
  const at = poolAddress / 4;
  const pool = HEAP32[at] ?? 0;
  HEAP32[at] = 0;
  if (pool === 0 || tfjs.getThreadsCount() > 0) {
    HEAP32[at] = pool;
    throw new Error('The threads of tfjs are not where they were.');
  }
  for (const kernelName of threadedKernels) {
    const kernel = tf.getKernel(kernelName, 'wasm');
    if (kernel === undefined) continue;
    tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      ...kernel,
      kernelFunc(call) {
        if (!isLarge(call)) return kernel.kernelFunc(call);
        HEAP32[at] = pool;
        try {
          return kernel.kernelFunc(call);
        } finally {
          HEAP32[at] = 0;
        }
      },
    });
  }
}

function isLarge({ inputs }: Parameters<tf.KernelFunc>[0]): boolean {
  let elements = 0;
  for (const input of Object.values(inputs)) {
    elements += input?.shape.reduce((product, length) => product * length, 1) ?? 0;
  }
  return elements >= fewestElements;
}

// ---- the workers -------------------------------------------------------------------------------------------------

/** So many does tfjs make, whatever it is told; one thread more can run, in the worker itself. */
const workersOfTfjs = 8;

/** What is replaced while the backend starts. */
interface Scope {
  Worker: unknown;
}

interface LoadMessage {
  readonly cmd: string;
}

/**
 * Calls `start` while what tfjs makes of `Worker` are at most `threads - 1` real ones: it makes eight, and takes the last
 * first. Those that are too many only say that they are loaded. Rejects where no worker may be made of a text.
 */
export async function withThreadWorkers<T>(threads: number, start: () => Promise<T>): Promise<T> {
  const scope = globalThis as unknown as Scope;
  const { createObjectURL } = URL;
  const RealWorker = scope.Worker as typeof Worker;
  let fail: (why: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let script: Blob | undefined;
  let made = 0;
  let isStarted = false;
  class ThreadWorker {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onerror: ((event: ErrorEvent) => void) | null = null;
    readonly #isReal: boolean;
    readonly #waiting: unknown[] = [];
    #worker: Worker | undefined;

    constructor() {
      made += 1;
      this.#isReal = made > workersOfTfjs - (threads - 1);
    }

    postMessage(message: LoadMessage): void {
      if (this.#worker !== undefined) this.#worker.postMessage(message);
      else if (!this.#isReal) queueMicrotask(() => this.onmessage?.({ data: { cmd: 'loaded' } }));
      else if (message.cmd === 'load') this.#load(message).catch(fail);
      else this.#waiting.push(message);
    }

    terminate(): void {
      this.#worker?.terminate();
    }

    async #load(message: LoadMessage): Promise<void> {
      const text = `${module};self.importScripts = () => {};${await script?.text()}`;
      const url = createObjectURL.call(URL, new Blob([text], { type: 'text/javascript' }));
      const worker = new RealWorker(url, { name: 'duet-thread' });
      worker.onmessage = (event) => this.onmessage?.(event);
      worker.onerror = (event) => {
        event.preventDefault();
        // tfjs throws it again, so that nobody could start anew without threads.
        if (isStarted) this.onerror?.(event);
        else fail(new Error(`A thread has ended: ${event.message}`));
      };
      worker.postMessage({ ...message, urlOrBlob: '' });
      this.#worker = worker;
      for (const each of this.#waiting.splice(0)) worker.postMessage(each);
    }
  }
  try {
    scope.Worker = ThreadWorker;
    URL.createObjectURL = (blob) => {
      script = blob as Blob;
      return '';
    };
    Object.defineProperty(navigator, 'hardwareConcurrency', {
      value: threads * processorsForThread,
      configurable: true,
    });
    const started = await Promise.race([start(), failed]);
    isStarted = true;
    return started;
  } finally {
    scope.Worker = RealWorker;
    URL.createObjectURL = createObjectURL;
    Reflect.deleteProperty(navigator, 'hardwareConcurrency');
  }
}
