/**
 * The worker in which an owner's side runs tfjs, built into one file of its own: tfjs and the binaries of its backends are
 * inside. It knows no peer and reaches nothing but the page that started it.
 */

import type { BackendName } from '@duet/protocol';
import { lackingOps } from '../backends/lacking';
import { startBackend } from '../backends/start';
import { watchGpu } from '../backends/webgl';
import { watchDevice } from '../backends/webgpu';
import { createPageEngine } from '../page-engine';
import { nextMacrotask } from '../yield';
import { blockNetwork, waysOfThreads } from './network';
import { type ServedPort, serveEngine } from './serve';

blockNetwork(globalThis, waysOfThreads);

/** The page hears of an error that nobody caught, and starts a fresh worker. */
function end(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}

/** After a fault of its own a WebAssembly module's memory is not to be trusted: what it gives from then on may be anything. */
function endIfBroken(error: unknown): void {
  if (error instanceof WebAssembly.RuntimeError) end(error);
}

const never = new Promise<never>(() => undefined);

/** What is read of a GPU that was lost is zeros: it is never given, and the page asks the next worker for it. */
function confirmReads(backend: BackendName): (() => Promise<void>) | undefined {
  if (backend === 'webgl') {
    const isLost = watchGpu(() => end(new Error('The GPU was lost.')));
    return () => (isLost() ? never : Promise.resolve());
  }
  if (backend !== 'webgpu') return undefined;
  const isLost = watchDevice(end);
  return async () => {
    // A read may fail before it is told why.
    await nextMacrotask();
    if (isLost()) await never;
  };
}

serveEngine(globalThis as unknown as ServedPort, async (wanted, { onFailure, onJobDone }) => {
  const backend = await startBackend(wanted.backend, wanted);
  blockNetwork(globalThis);
  const confirmRead = confirmReads(backend);
  return {
    engine: createPageEngine({
      yieldTo: () => Promise.resolve(),
      isAlone: true,
      // WebGPU cannot; its own way needs no timers.
      blocks: backend !== 'webgpu',
      ...(confirmRead && { confirmRead }),
      onJobDone,
      onFailure(op, error) {
        onFailure(op, error);
        endIfBroken(error);
      },
    }),
    facts: { backend, lacking: lackingOps(backend) },
  };
});
