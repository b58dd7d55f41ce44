/** The engine of the built pages, and of those under development: a worker, under the policy of its own folder. */

import { spawn } from 'node:child_process';
import { inRepository } from '../../scripts/tools';
import { expect, test } from '../support/fixtures';
import { joined } from '../support/people';
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
  expect(policy).toBe("default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'none'");
  expect([heard, warnings]).toEqual([[], []]);
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
