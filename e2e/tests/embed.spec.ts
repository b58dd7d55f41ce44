/** Someone who embeds the library: plain pages on a site of their own, with the files that are published and nothing else. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleModules, bundleScript } from '../../packages/duet/tools/bundles';
import { inRepository } from '../../scripts/tools';
import { test as base, expect } from '../support/fixtures';
import { serveSite } from '../support/other-site';
import { startServer } from '../support/server';

const tfjs = inRepository('node_modules/@tensorflow/tfjs/dist');

const page = (scripts: string): string =>
  `<!doctype html><link rel="icon" href="data:,"><body>${scripts}</body>`;

const byScriptTags = (program: string): string =>
  page(`<script src="/tf.min.js"></script>
<script src="/duetjs/duet.global.js"></script>
<script>(async () => {${program}})()</script>`);

const byImportMap = (program: string): string =>
  page(`<script type="importmap">{ "imports": { "duetjs": "/duetjs/index.js", "@tensorflow/tfjs": "/tf.fesm.min.js" } }</script>
<script type="module">import * as duet from 'duetjs';${program}</script>`);

/** Lets everybody in, and leaves what is asked for to a button. */
const ownerProgram = (signaling: string): string => `
  const show = (id, text) => document.body.append(
    Object.assign(document.createElement('p'), { id, textContent: text }));
  const session = await duet.launchDuet({
    signaling: '${signaling}', scientistPage: location.origin + '/scientist.html', name: 'Ada' });
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
  session.on('status', ({ joined }) => { document.body.dataset.joined = joined; });
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
  /** The signaling server, which knows the site. */
  readonly signaling: string;
  /** What the site serves besides. */
  readonly pages: Map<string, string>;
}

const test = base.extend<{ readonly embedding: Embedding }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from this pattern.
  embedding: async ({}, use, testInfo) => {
    const built = testInfo.outputPath('duetjs');
    await Promise.all([bundleModules(built), bundleScript(built)]);
    const pages = new Map<string, string>();
    const site = await serveSite(async (path) => {
      if (path.startsWith('/duetjs/')) return readFile(join(built, path.slice('/duetjs/'.length)));
      if (path.startsWith('/tf.')) return readFile(join(tfjs, path));
      return pages.get(path);
    });
    const server = await startServer('--allow-origin', site.origin);
    await use({ origin: site.origin, signaling: server.url, pages });
    await server.end('SIGTERM');
    await site.close();
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
    expect(heard).toEqual([[], []]);
  });
}
