import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { leanDependencies, leanEngine } from './scripts/lean-dependencies.ts';

const inRepository = (path: string): string => fileURLToPath(new URL(`./${path}`, import.meta.url));

/** The pages that there are: `/`, `/owner/`, `/scientist/`. */
const pages = ['index.html', 'owner/index.html', 'scientist/index.html']
  .map((page) => inRepository(`examples/${page}`))
  .filter((page) => existsSync(page));

/**
 * Pages are served with Trusted Types on, under which making a worker from a plain URL fails. This default policy lets
 * the built pages start their own workers and passes nothing else: no HTML, no script text, no other URL.
 */
const trustedTypesSource = `
const folders = ['/runner/', '/engine/'].map((folder) => new URL(folder, location.href).href);
globalThis.trustedTypes?.createPolicy('default', {
  createScriptURL(url) {
    const { href } = new URL(url, location.href);
    return folders.some((folder) => href.startsWith(folder)) ? url : null;
  },
});
`;

function trustedTypes(): Plugin {
  const id = 'virtual:duet-trusted-types';
  return {
    name: 'duet-trusted-types',
    // The development server sends no policy, and its workers lie elsewhere.
    apply: 'build',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? trustedTypesSource : undefined),
    transformIndexHtml: {
      order: 'pre',
      handler: () => [
        { tag: 'script', attrs: { type: 'module', src: id }, injectTo: 'head-prepend' },
      ],
    },
  };
}

/** Workers of the library, which need neither `eval` nor the network. The others run what a scientist has typed. */
const confinedWorkers = new Set(['engine-worker', 'worker-clock-worker']);

export default defineConfig({
  root: inRepository('examples'),
  appType: 'mpa',
  plugins: [trustedTypes(), leanDependencies()],
  // As the built pages are served: isolated, so that the engine's worker may have threads.
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  // Found only when a worker first runs, they would make the development server reload the pages under a session.
  optimizeDeps: {
    include: [
      '@noble/hashes/sha2.js',
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      'eventemitter3',
      'events',
      'idb',
      'protobufjs/minimal.js',
      'pure-rand/distribution/uniformInt',
      'pure-rand/generator/xoroshiro128plus',
      'simple-peer',
      'socket.io-client',
    ],
  },
  build: {
    outDir: inRepository('dist'),
    emptyOutDir: true,
    target: 'es2022',
    // data: URLs would need holes in the pages' Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // tfjs alone is above the default at which Vite warns.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: pages, checks: { pluginTimings: false } },
  },
  worker: {
    format: 'es',
    plugins: () => [leanDependencies(), leanEngine()],
    // The server gives the files of each folder a policy of their own: see signaling-server/src/page-headers.ts.
    rolldownOptions: {
      output: {
        entryFileNames: ({ name }) =>
          `${confinedWorkers.has(name) ? 'engine' : 'runner'}/[name]-[hash].js`,
      },
    },
  },
});
