/**
 * The worker of the clock where this is built or served by Vite, from its source. The build of the package puts a module of
 * its own in the place of this one, which has the few lines inside.
 */
export function startOwnClockWorker(): Worker {
  return new Worker(new URL('./worker-clock-worker.ts', import.meta.url), {
    type: 'module',
    name: 'duet-clock',
  });
}
