/** The engine of the built pages, and of those under development: a worker, under the policy of its own folder. */

import { spawn } from 'node:child_process';
import { inRepository } from '../../scripts/tools';
import { expect, test } from '../support/fixtures';
import { joined, OwnerOnPage } from '../support/people';
import { nextEngine } from '../support/workers';

const program = `
  const X = duet.store.get('breast-cancer').X;
  return await X.mean().getValue({ requestBlock: true, name: 'mean', reason: 'To see it.' });`;

/** The development server as a process of its own. */
async function startDev(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', inRepository('scripts/dev.ts'), '--host', '127.0.0.1', '--port', '0'],
    { cwd: inRepository('.'), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const announced = /(http:\/\/127\.0\.0\.1:\d+)\/owner\//.exec(output)?.[1];
      if (announced !== undefined) resolve(announced);
    });
    void ended.then(() => reject(new Error('The server ended before it was ready.')));
  });
  return {
    url,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

test('the owner’s page has its engine in a worker, which may load and reach nothing', async ({
  page,
  newPerson,
  complaints,
}) => {
  const started = nextEngine(page);
  const heard = complaints(page);
  const warnings: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'warning') warnings.push(message.text());
  });
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  const engine = await started;
  expect(new URL(engine.url()).pathname).toMatch(/^\/engine\/engine-worker-/);
  await scientist.run(program);
  await owner.accept('mean');
  await scientist.expectState('done');
  expect(
    await engine.evaluate(() => [typeof fetch, typeof WebSocket, typeof indexedDB, typeof Worker]),
  ).toEqual(['undefined', 'undefined', 'undefined', 'undefined']);
  const policy = await page.evaluate(async (url) => {
    const response = await fetch(url);
    return response.headers.get('content-security-policy');
  }, engine.url());
  expect(policy).toBe(
    "default-src 'none'; script-src 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none'",
  );
  expect([heard, warnings]).toEqual([[], []]);
});

test('under that policy, in an isolated page, wasm has its threads', async ({
  page,
  browser,
  complaints,
}) => {
  const started = nextEngine(page);
  const heard = complaints(page);
  await new OwnerOnPage(page).open();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  // The page's own has as many threads as the machine is good for, which may be one.
  const answer = await page.evaluate(async (url) => {
    const worker = new Worker(url, { type: 'module' });
    return new Promise<unknown>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ kind: 'start', wanted: { backend: 'wasm', threads: 3 } });
    });
  }, (await started).url());
  expect(answer).toEqual({ kind: 'ready', facts: { backend: 'wasm', lacking: [] } });
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  const { origin } = new URL(page.url());
  const threads = targetInfos.filter(
    ({ type, url }) => type === 'worker' && url.startsWith(`blob:${origin}/`),
  );
  expect(threads.length).toBeGreaterThanOrEqual(2);
  expect(heard).toEqual([]);
});

test('the owner chooses on what scientists compute, and it is kept', async ({ page }) => {
  const owner = await new OwnerOnPage(page).open();
  const inUse = owner.hook('engine-in-use');
  await expect(inUse).toHaveAttribute('data-backend', 'wasm');
  await owner.hook('engine-open').focus();
  await page.keyboard.press('Enter');
  const choice = page.getByLabel('Compute with');
  await expect(choice).toHaveValue('automatic');
  await choice.focus();
  await page.keyboard.type('JavaScript');
  await expect(owner.hook('engine-changed')).toBeVisible();
  await owner.hook('engine-reload').focus();
  await page.keyboard.press('Enter');
  await expect(inUse).toHaveAttribute('data-backend', 'cpu');
  await expect(choice).toHaveValue('cpu');
  // What does not start here, this Chromium having no GPU, says so.
  await owner.hook('engine-open').click();
  await choice.selectOption('webgpu');
  await owner.hook('engine-reload').click();
  await owner.hook('engine-open').click();
  await expect(owner.hook('engine-in-page')).toBeVisible();
});

test('an isolated page, and an engine on wasm, in every browser @cross', async ({ page }) => {
  const owner = await new OwnerOnPage(page).open();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await expect(owner.hook('engine-in-use')).toHaveAttribute('data-backend', /wasm|webgl/);
});

test('so it is under development', async ({ page, newPerson }) => {
  test.slow();
  const dev = await startDev();
  try {
    const started = nextEngine(page, { timeout: 60_000 });
    const { owner, scientist } = await joined(page, await (await newPerson()).newPage(), dev.url);
    expect((await started).url()).toContain('engine-worker.ts');
    await scientist.run(program);
    await owner.accept('mean');
    await scientist.expectState('done');
  } finally {
    await dev.end();
  }
});
