/** Someone who embeds the library: plain pages on a site of their own, with the files that are published and nothing else. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { bundleEngine, bundleModules, bundleScript } from '../../packages/duet/tools/bundles';
import { inRepository } from '../../scripts/tools';
import { test as base, expect } from '../support/fixtures';
import { serveSite } from '../support/other-site';
import { startServer } from '../support/server';
import { nextEngine } from '../support/workers';

const tfjs = inRepository('node_modules/@tensorflow/tfjs/dist');

const page = (scripts: string, head = ''): string =>
  `<!doctype html><head>${head}<link rel="icon" href="data:,"></head><body>${scripts}</body>`;

const byScriptTagsFrom = (from: string, program: string, head = ''): string =>
  page(
    `<script src="${from}/tf.min.js"></script>
<script src="${from}/duetjs/duet.global.js"></script>
<script>(async () => {${program}})()</script>`,
    head,
  );

const byScriptTags = (program: string): string => byScriptTagsFrom('', program);

const byImportMap = (program: string, head = ''): string =>
  page(
    `<script type="importmap">{ "imports": { "duetjs": "/duetjs/index.js", "@tensorflow/tfjs": "/tf.fesm.min.js" } }</script>
<script type="module">import * as duet from 'duetjs'; import * as tf from '@tensorflow/tfjs';${program}</script>`,
    head,
  );

/** Lets everybody in, and leaves what is asked for to a button. */
const ownerProgram = (signaling: string, options = ''): string => `
  const show = (id, text) => document.body.append(
    Object.assign(document.createElement('p'), { id, textContent: text }));
  const session = await duet.launchDuet({
    signaling: '${signaling}', scientistPage: location.origin + '/scientist.html', name: 'Ada', ${options} });
  const ages = tf.tensor1d([31, 45, 29]);
  await session.store.add(ages, { tags: ['ages'] });
  ages.dispose();
  session.on('peer', (peer) => { if (peer.status === 'waiting') peer.admit(); });
  session.on('request', (request) => {
    const accept = document.createElement('button');
    accept.textContent = 'Accept ' + request.name;
    accept.onclick = () => request.accept();
    document.body.append(accept);
  });
  session.on('invite', ({ status }) => { document.body.dataset.invite = status; });
  session.on('status', ({ joined, engine }) => {
    document.body.dataset.joined = joined;
    document.body.dataset.engine = engine;
  });
  show('invite', session.invite.url);`;

const scientistProgram = `
  const session = await duet.joinDuet(location.href, { name: 'Grace' });
  if (session.store.length === 0) await new Promise((resolve) => session.once('store', resolve));
  const mean = session.store.get('ages').mean();
  const value = await mean.getValue({ requestBlock: true, name: 'mean age', reason: 'To know it.' });
  document.body.append(Object.assign(document.createElement('p'), { id: 'mean', textContent: value }));
  session.close();`;

interface Embedding {
  /** The site's origin, on which the built package and tfjs's own files are served. */
  readonly origin: string;
  /** Another origin, which serves the same files and no pages. */
  readonly elsewhere: string;
  /** The signaling server, which knows the site. */
  readonly signaling: string;
  /** What the site serves besides. */
  readonly pages: Map<string, string>;
}

const test = base.extend<{ readonly embedding: Embedding }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from this pattern.
  embedding: async ({}, use, testInfo) => {
    const built = testInfo.outputPath('duetjs');
    await Promise.all([bundleModules(built), bundleScript(built), bundleEngine(built)]);
    const pages = new Map<string, string>();
    const files = async (path: string) => {
      if (path.startsWith('/duetjs/')) return readFile(join(built, path.slice('/duetjs/'.length)));
      if (path.startsWith('/tf.')) return readFile(join(tfjs, path));
      return undefined;
    };
    const site = await serveSite(async (path) => pages.get(path) ?? files(path));
    const elsewhere = await serveSite(files);
    const server = await startServer('--allow-origin', site.origin);
    await use({
      origin: site.origin,
      elsewhere: elsewhere.origin,
      signaling: server.url,
      pages,
    });
    await server.end('SIGTERM');
    await Promise.all([site.close(), elsewhere.close()]);
  },
});

for (const [how, embed] of [
  ['script tags', byScriptTags],
  ['modules and an import map', byImportMap],
] as const) {
  test(`two plain pages on another origin share a mean; the scientist's embeds by ${how}`, async ({
    page: owner,
    newPerson,
    complaints,
    embedding: { origin, signaling, pages },
  }) => {
    pages.set('/owner.html', byScriptTags(ownerProgram(signaling)));
    pages.set('/scientist.html', embed(scientistProgram));
    const scientist = await (await newPerson()).newPage();
    const heard = [complaints(owner), complaints(scientist)];
    await owner.goto(`${origin}/owner.html`);
    const invite = await owner.locator('#invite').textContent();
    expect(invite).toContain(`${origin}/scientist.html#`);
    await scientist.goto(invite ?? '');
    await owner.getByRole('button', { name: 'Accept mean age' }).click();
    await expect(scientist.locator('#mean')).toHaveText('35');
    await expect(owner.locator('body')).toHaveAttribute('data-joined', '0');
    // Also where a listener admits in the very moment in which they knock.
    await expect(owner.locator('body')).toHaveAttribute('data-invite', 'used');
    await expect(owner.locator('body')).toHaveAttribute('data-engine', 'worker');
    expect(heard).toEqual([[], []]);
  });
}

/** The owner's page works out a mean for the scientist. Gives what it printed as warnings. */
async function meanFor(owner: Page, scientist: Page, origin: string): Promise<string[]> {
  const warnings: string[] = [];
  owner.on('console', (message) => {
    if (message.type() === 'warning') warnings.push(message.text());
  });
  await owner.goto(`${origin}/owner.html`);
  await scientist.goto((await owner.locator('#invite').textContent()) ?? '');
  await owner.getByRole('button', { name: 'Accept mean age' }).click();
  await expect(scientist.locator('#mean')).toHaveText('35');
  await expect(owner.locator('body')).toHaveAttribute('data-joined', '0');
  return warnings;
}

test('by a script tag from another origin, the engine runs in a worker all the same', async ({
  page: owner,
  newPerson,
  embedding: { origin, elsewhere, signaling, pages },
}) => {
  pages.set('/owner.html', byScriptTagsFrom(elsewhere, ownerProgram(signaling)));
  pages.set('/scientist.html', byScriptTagsFrom(elsewhere, scientistProgram));
  const scientist = await (await newPerson()).newPage();
  const started = nextEngine(owner);
  expect(await meanFor(owner, scientist, origin)).toEqual([]);
  expect((await started).url()).toMatch(/^blob:/);
  await expect(owner.locator('body')).toHaveAttribute('data-engine', 'worker');
});

test('where a policy forbids WebAssembly, the worker computes without', async ({
  page: owner,
  newPerson,
  embedding: { origin, elsewhere, signaling, pages },
}) => {
  const policy = `script-src 'self' 'unsafe-inline' ${elsewhere}; worker-src blob:`;
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  // Under the page's policy, since a worker of another origin's file has none of its own.
  const options = `engineUrl: '${elsewhere}/duetjs/duet-engine.js'`;
  pages.set('/owner.html', byImportMap(ownerProgram(signaling, options), head));
  pages.set('/scientist.html', byScriptTags(scientistProgram));
  const scientist = await (await newPerson()).newPage();
  const started = nextEngine(owner);
  expect(await meanFor(owner, scientist, origin)).toEqual([]);
  expect((await started).url()).toMatch(/^blob:/);
  await expect(owner.locator('body')).toHaveAttribute('data-engine', 'worker');
});

test('engineUrl says where the engine is', async ({
  page: owner,
  newPerson,
  embedding: { origin, elsewhere, signaling, pages },
}) => {
  const options = `engineUrl: '/duetjs/duet-engine.js'`;
  pages.set('/owner.html', byScriptTagsFrom(elsewhere, ownerProgram(signaling, options)));
  pages.set('/scientist.html', byScriptTags(scientistProgram));
  const scientist = await (await newPerson()).newPage();
  const started = nextEngine(owner);
  expect(await meanFor(owner, scientist, origin)).toEqual([]);
  expect((await started).url()).toBe(`${origin}/duetjs/duet-engine.js`);
});

for (const [why, head, options] of [
  [
    'a policy forbids workers',
    `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">`,
    '',
  ],
  ['its file is not there', '', `engineUrl: '/nothing.js'`],
] as const) {
  test(`where ${why}, the page itself runs the engine, and says so`, async ({
    page: owner,
    newPerson,
    embedding: { origin, signaling, pages },
  }) => {
    pages.set('/owner.html', byScriptTagsFrom('', ownerProgram(signaling, options), head));
    pages.set('/scientist.html', byScriptTags(scientistProgram));
    const scientist = await (await newPerson()).newPage();
    const warnings = await meanFor(owner, scientist, origin);
    expect(
      warnings.filter((text) => text.startsWith('Duet runs computations in the page')),
    ).toHaveLength(1);
    await expect(owner.locator('body')).toHaveAttribute('data-engine', 'page');
  });
}
