import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArgs, chromiumPermissions, findBrowser, webgpuArgs } from './scripts/browsers.ts';

const chromium = findBrowser('chromium');

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: [
            'packages/*/test/**/*.test.ts',
            'signaling-server/test/**/*.test.ts',
            'e2e/unit/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'packages/*/test/browser/**'],
          setupFiles: ['scripts/property-seed.ts'],
          testTimeout: 30_000,
        },
      },
      {
        // Found only while a test runs, they would make Vite reload the page under it.
        optimizeDeps: {
          include: [
            '@noble/hashes/sha2.js',
            '@tensorflow/tfjs',
            '@tensorflow/tfjs-backend-wasm',
            '@tensorflow/tfjs-backend-webgpu',
            'eventemitter3',
            'events',
            'fast-check',
            'idb',
            'protobufjs/minimal.js',
            'pure-rand/distribution/uniformInt',
            'pure-rand/generator/xoroshiro128plus',
            'simple-peer',
            'socket.io-client',
          ],
        },
        // As the built pages are served: isolated.
        server: {
          headers: {
            'Cross-Origin-Opener-Policy': 'same-origin',
            'Cross-Origin-Embedder-Policy': 'require-corp',
          },
        },
        test: {
          name: 'browser',
          include: ['packages/*/test/browser/**/*.browser.test.ts'],
          testTimeout: 30_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                // For the sweep over all backends alone: see scripts/test-backends.ts.
                args: [
                  ...chromiumArgs,
                  ...(process.env['VITE_DUET_SWEEP'] === '1' ? webgpuArgs : []),
                ],
                ...(chromium === undefined ? {} : { executablePath: chromium }),
              },
              contextOptions: { permissions: [...chromiumPermissions] },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
