/** `npm run screenshot:inert`: a picture of the worst texts that a scientist can write, as an owner sees them, for docs/threats.md. */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { inRepository } from './tools';

const pictures = inRepository('docs/images');
mkdirSync(pictures, { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    inRepository('node_modules/@playwright/test/cli.js'),
    'test',
    '--config',
    'e2e/playwright.config.ts',
    '--project=chromium',
    'inert-text',
  ],
  {
    cwd: inRepository('.'),
    stdio: 'inherit',
    env: { ...process.env, DUET_PICTURES: pictures },
  },
);
process.exitCode = status ?? 1;
