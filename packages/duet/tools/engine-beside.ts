/** Where the built library finds its workers: the engine's one file beside itself, the clock's few lines inside. */

import { posix } from 'node:path';
import type { Plugin } from 'vite';
import { inRepository } from './folder';

/** Vite would look for the file while it bundles, and it is made by another build. */
const placeholder = '__DUET_ENGINE_URL__';

const startWorker = inRepository('packages/engine/src/worker/start-worker.ts');

const sources = {
  module: `import { startWorkerFrom } from ${JSON.stringify(startWorker)};
export const startOwnWorker = () => startWorkerFrom(${placeholder});`,
  // While a script of the page runs for the first time, and only then, it can be asked where it came from.
  script: `import { startWorkerFrom } from ${JSON.stringify(startWorker)};
const script = globalThis.document?.currentScript?.src;
export const startOwnWorker = () => startWorkerFrom(new URL('duet-engine.js', script || location.href));`,
} as const;

/**
 * The clock's worker, `worker-clock-worker.ts` again: too small for a file of its own. A page whose Content-Security-Policy has
 * no `worker-src blob:` goes on without it.
 */
const clockScript = `
const timers = new Map();
onmessage = ({ data: { id, delayMs } }) => {
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (delayMs === undefined) return;
  timers.set(id, setTimeout(() => {
    timers.delete(id);
    postMessage({ due: id });
  }, delayMs));
};
postMessage({ due: undefined });
`;

const clockSource = `export function startOwnClockWorker() {
  const script = new Blob([${JSON.stringify(clockScript)}], { type: 'text/javascript' });
  const address = URL.createObjectURL(script);
  const worker = new Worker(address, { name: 'duet-clock' });
  const revoke = () => URL.revokeObjectURL(address);
  worker.addEventListener('message', revoke, { once: true });
  worker.addEventListener('error', revoke, { once: true });
  return worker;
}`;

/** Puts its own modules in the place of those whose workers are source files. */
export function engineBeside(kind: keyof typeof sources): Plugin {
  return {
    name: 'duet-engine-beside',
    enforce: 'pre',
    load(id) {
      if (/[\\/]src[\\/]own-clock-worker\.ts$/.test(id)) return clockSource;
      return /[\\/]worker[\\/]own-worker\.ts$/.test(id) ? sources[kind] : undefined;
    },
    renderChunk(code, { fileName }) {
      const path = posix.relative(posix.dirname(fileName), 'duet-engine.js');
      const relative = path.startsWith('.') ? path : `./${path}`;
      return code.replaceAll(placeholder, `new URL('${relative}', import.meta.url)`);
    },
  };
}
