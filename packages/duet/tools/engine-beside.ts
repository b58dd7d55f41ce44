/** Where the built library finds the engine's one file: beside itself. */

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

/** Puts its own module in the place of `own-worker.ts`, whose worker is a source file. */
export function engineBeside(kind: keyof typeof sources): Plugin {
  return {
    name: 'duet-engine-beside',
    enforce: 'pre',
    load: (id) => (/[\\/]worker[\\/]own-worker\.ts$/.test(id) ? sources[kind] : undefined),
    renderChunk(code, { fileName }) {
      const path = posix.relative(posix.dirname(fileName), 'duet-engine.js');
      const relative = path.startsWith('.') ? path : `./${path}`;
      return code.replaceAll(placeholder, `new URL('${relative}', import.meta.url)`);
    },
  };
}
