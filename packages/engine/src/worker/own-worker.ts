/**
 * The engine's worker where this is built or served by Vite, from its source. The build of the package puts a module of its
 * own in the place of this one, which takes the engine's one file beside the bundle.
 */
export function startOwnWorker(): Worker {
  return new Worker(new URL('./engine-worker.ts', import.meta.url), {
    type: 'module',
    name: 'duet-engine',
  });
}
