/**
 * The worker in which an owner's side runs tfjs, built into one file of its own: tfjs and the binaries of its backends are
 * inside. It knows no peer and reaches nothing but the page that started it.
 */

import { lackingOps } from '../backends/lacking';
import { startBackend } from '../backends/start';
import { createPageEngine } from '../page-engine';
import { blockNetwork } from './network';
import { type ServedPort, serveEngine } from './serve';

blockNetwork(globalThis);

/**
 * After a fault of its own a WebAssembly module's memory is not to be trusted: what it gives from then on may be anything.
 * The page hears of an error that nobody caught, and starts a fresh worker.
 */
function endIfBroken(error: unknown): void {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  setTimeout(() => {
    throw error;
  });
}

serveEngine(globalThis as unknown as ServedPort, async (wanted, onFailure) => {
  const backend = await startBackend(wanted);
  return {
    // Nobody else has a turn to be given here.
    engine: createPageEngine({
      yieldTo: () => Promise.resolve(),
      onFailure(op, error) {
        onFailure(op, error);
        endIfBroken(error);
      },
    }),
    facts: { backend, lacking: lackingOps(backend) },
  };
});
