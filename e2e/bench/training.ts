/**
 * A step of training on pointers beside the same step on local tfjs, in a real browser and one run: the owner's engine and the
 * local program are workers on wasm, and the channel is in memory. Only the ratios mean something.
 */

import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { chromiumArgs, findBrowser } from '../../scripts/browsers';
import { inRepository } from '../../scripts/tools';
import type { Row } from './training-page';

async function measure(): Promise<readonly Row[]> {
  const vite = await createServer({
    configFile: false,
    root: inRepository('.'),
    cacheDir: inRepository('node_modules/.vite-bench'),
    logLevel: 'warn',
    server: { host: '127.0.0.1', hmr: false },
    // Found only while the page runs, they would make Vite reload it.
    optimizeDeps: {
      entries: ['e2e/bench/training.html'],
      include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    },
    worker: { format: 'es' },
  });
  await vite.listen();
  const executablePath = findBrowser('chromium');
  const browser = await chromium.launch({
    args: [...chromiumArgs],
    ...(executablePath !== undefined && { executablePath }),
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    const [origin = ''] = vite.resolvedUrls?.local ?? [];
    await page.goto(`${origin}e2e/bench/training.html`);
    await page.waitForFunction(() => 'bench' in globalThis);
    return await page.evaluate(() =>
      (globalThis as unknown as { bench(): Promise<Row[]> }).bench(),
    );
  } finally {
    await browser.close();
    await vite.close();
  }
}

const rounded = (value: number) => Number(value.toPrecision(3));

/** Prints the table. */
export async function benchTraining(): Promise<void> {
  const rows = await measure();
  console.table(
    rows.map(
      ({ task, way, remoteMs, localMs, messagesOut, messagesBack, framesOut, bytesOut }) => ({
        task,
        way,
        'pointers, ms a step': rounded(remoteMs),
        'local tfjs, ms a step': rounded(localMs),
        'pointers / local': rounded(remoteMs / localMs),
        'messages to the owner, a step': rounded(messagesOut),
        'messages back, a step': rounded(messagesBack),
        'frames to the owner, a step': rounded(framesOut),
        'bytes to the owner, a step': rounded(bytesOut),
      }),
    ),
  );
}
