import { defineConfig } from '@playwright/test';
import {
  chromiumArgs,
  chromiumPermissions,
  findBrowser,
  firefoxPreferences,
} from '../scripts/browsers';

const chromium = findBrowser('chromium');
const firefox = findBrowser('firefox');
const hasFirefox = firefox !== undefined || process.env['DUET_LIST_ALL'] === '1';

const report = process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'];

export default defineConfig({
  testDir: './tests',
  outputDir: '../test-results',
  workers: 2,
  retries: 0,
  fullyParallel: true,
  forbidOnly: true,
  timeout: 90_000,
  // Two browsers and a training run share two cores.
  expect: { timeout: 20_000 },
  reporter: report === undefined ? [['list']] : [['list'], ['json', { outputFile: report }]],
  use: {
    // Set by the server's first lines, below; empty only while tests are being listed.
    ...(process.env['DUET_E2E_URL'] ? { baseURL: process.env['DUET_E2E_URL'] } : {}),
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  webServer: {
    command: `"${process.execPath}" --import tsx e2e/support/serve.ts`,
    cwd: '..',
    wait: { stdout: /(?<duet_e2e_url>http:\/\/127\.0\.0\.1:\d+)\/owner\// },
    timeout: 120_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
  },
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        permissions: [...chromiumPermissions],
        launchOptions: {
          // A name that is not localhost, for two-machines.spec.ts.
          args: [...chromiumArgs, '--host-resolver-rules=MAP duet.test 127.0.0.1'],
          ...(chromium === undefined ? {} : { executablePath: chromium }),
        },
      },
    },
    ...(hasFirefox
      ? [
          {
            name: 'firefox',
            grep: /@cross/,
            use: {
              browserName: 'firefox' as const,
              // Drives an ordinary Firefox, where without it Playwright wants a patched one.
              channel: 'moz-firefox',
              launchOptions: {
                firefoxUserPrefs: { ...firefoxPreferences },
                ...(firefox === undefined ? {} : { executablePath: firefox }),
              },
            },
          },
        ]
      : []),
  ],
});
