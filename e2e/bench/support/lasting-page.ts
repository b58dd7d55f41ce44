/** A page whose storage is on the disk: contexts that a test makes keep theirs in memory. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { chromiumArgs, findBrowser } from '../../../scripts/browsers';
import type { Harness } from './harness';

/** Opens a page of the bench in a browser with a profile of its own, which is gone when `use` has settled. */
export async function withLastingPage<T>(
  { origin }: Harness,
  name: string,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'duet-bench-'));
  const executablePath = findBrowser('chromium');
  const context = await chromium.launchPersistentContext(profile, {
    args: [...chromiumArgs],
    ...(executablePath !== undefined && { executablePath }),
  });
  try {
    await context.addInitScript('globalThis.__name = (named) => named;');
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`${name}: ${error}`));
    await page.goto(`${origin}/e2e/bench/pages/${name}.html`);
    await page.waitForFunction(() => 'bench' in globalThis, undefined, { timeout: 120_000 });
    return await use(page);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
