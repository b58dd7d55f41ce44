/** A step of training in workers, one for each backend. */

import { type Remote, wrap } from 'comlink';
import type { StepApi, StepBackend } from './step-worker';

const workers = new Map<StepBackend, { readonly worker: Worker; readonly api: Remote<StepApi> }>();

async function start(backend: StepBackend): Promise<void> {
  const worker = new Worker(new URL('./step-worker.ts', import.meta.url), { type: 'module' });
  const api = wrap<StepApi>(worker);
  workers.set(backend, { worker, api });
  await api.start(backend);
}

function apiOf(backend: StepBackend): Remote<StepApi> {
  const found = workers.get(backend);
  if (found === undefined) throw new Error(`${backend} was not started.`);
  return found.api;
}

Object.assign(globalThis, {
  bench: {
    start,
    step: (backend: StepBackend) => apiOf(backend).step(),
    products: (backend: StepBackend) => apiOf(backend).products(),
    kernel: (backend: StepBackend, name: string) => apiOf(backend).kernel(name),
    stop: (backend: StepBackend) => {
      workers.get(backend)?.worker.terminate();
      workers.delete(backend);
    },
  },
});
