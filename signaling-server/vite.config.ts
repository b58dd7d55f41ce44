import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Bundles the module, its command and everything they need into one file that Node runs as it is. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  publicDir: false,
  build: {
    ssr: 'src/main.ts',
    outDir: 'dist',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      // ws looks for these native helpers and does without them.
      external: ['bufferutil', 'utf-8-validate'],
      output: {
        entryFileNames: 'duetjs-signaling.js',
        codeSplitting: false,
        banner: '#!/usr/bin/env node',
      },
    },
  },
  ssr: { noExternal: true },
});
