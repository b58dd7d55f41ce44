/** Workers with wasm on one thread or more, asked by turns. */

import type { Started, ThreadsWork } from './threads-worker';

const workers = new Map<number, Worker>();

function ask<T>(threads: number, message: unknown): Promise<T> {
  const worker = workers.get(threads);
  if (worker === undefined) throw new Error(`No worker has ${threads} threads.`);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    worker.onerror = ({ message: why }) => reject(new Error(why));
    worker.postMessage(message);
  });
}

/** Starts a worker with so many threads. Resolves to how long its backend took and how many it has. */
function start(threads: number): Promise<Started> {
  workers.get(threads)?.terminate();
  const url = new URL('./threads-worker.ts', import.meta.url);
  workers.set(threads, new Worker(url, { type: 'module' }));
  return ask(threads, { start: threads });
}

/** Milliseconds for each of so many runs, in the worker that has so many threads. */
const run = (threads: number, work: ThreadsWork, count: number): Promise<number[]> =>
  ask(threads, { work, count });

Object.assign(globalThis, { bench: { start, run } });
