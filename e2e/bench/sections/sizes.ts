/** How large things are: what a page's bundler makes of the package, its files, and the first load of the pages. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'vite';
import { bundleSize, sizeOf } from '../../../packages/duet/tools/bundle-size';
import { bundleEngine, bundleModules, bundleScript } from '../../../packages/duet/tools/bundles';
import { manifest } from '../../../packages/duet/tools/manifest';
import { inRepository } from '../../../scripts/tools';
import { firstLoad } from '../support/first-load';
import type { Harness, Section } from '../support/harness';
import { atMost, type Measured, type Row, rowOf } from '../support/rows';

const bundleTarget = atMost(75, 'value');

/** Others, bundled and minified in the same way, from this repository’s `node_modules`. */
const others: Readonly<Record<string, string>> = {
  PeerJS: `export { Peer } from 'peerjs';`,
  'Cap’n Web': `export { RpcSession, RpcTarget } from 'capnweb';`,
  'simple-peer with socket.io-client': `
    globalThis.global ??= globalThis;
    const process = (globalThis.process ??= { env: {}, nextTick: (call, ...args) => queueMicrotask(() => call(...args)) });
    export { io } from 'socket.io-client';
    export { default as Peer } from 'simple-peer';
    export { process };`,
};

const bundleNote =
  'The library itself, not what it stands on, holds it: see docs/performance.md for its parts.';

/** As the signaling server compresses. */
const brotliSize = (content: Buffer): number =>
  brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;

/** One figure that does not spread. */
function row(
  name: string,
  bytes: number,
  more: Partial<Measured> & { readonly referenceBytes?: number } = {},
): Row {
  const { referenceBytes, ...rest } = more;
  const references = referenceBytes === undefined ? {} : { references: [referenceBytes / 1000] };
  return rowOf({ name, unit: 'kB', values: [bytes / 1000], ...references, ...rest });
}

async function bundleRows(project: string): Promise<Row[]> {
  const sizeWith = async (names: string) =>
    (await bundleSize(project, `export { ${names} } from 'duetjs';`)).gzippedBytes;
  const both = await sizeWith('launchDuet, joinDuet');
  const rows: Row[] = [];
  for (const [name, code] of Object.entries(others)) {
    const { gzippedBytes } = await bundleSize(inRepository('e2e'), code);
    rows.push(
      row(`bundle with launchDuet and joinDuet, gzipped, beside ${name}`, both, {
        referenceBytes: gzippedBytes,
        referenceName: name,
        ...(rows.length === 0 && { target: bundleTarget, note: bundleNote }),
      }),
    );
  }
  for (const names of ['launchDuet', 'joinDuet', 'connectInvite']) {
    const note = names === 'connectInvite' ? { note: 'Pairing and the link, without ops.' } : {};
    rows.push(row(`bundle with ${names} alone, gzipped`, await sizeWith(names), note));
  }
  return rows;
}

function fileRows(folder: string): Row[] {
  return ['duet.global.js', 'duet-engine.js'].map((file) => {
    const content = readFileSync(join(folder, file));
    const { minifiedBytes, gzippedBytes } = sizeOf(content);
    return row(`${file}, gzipped`, gzippedBytes, {
      referenceBytes: minifiedBytes,
      referenceName: 'minified alone',
      note: `${Math.round(brotliSize(content) / 1000)} kB as the server sends it, by Brotli.`,
    });
  });
}

async function firstLoadRows(harness: Harness, pages: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const path of ['/', '/owner/', '/scientist/']) {
    const { bytes, requests } = await firstLoad(harness.browser, pages, path);
    const plain = await firstLoad(harness.browser, pages, path, 'identity');
    rows.push(
      row(`first load of ${path}`, bytes, {
        referenceBytes: plain.bytes,
        referenceName: 'the same uncompressed',
        note: `${requests} requests, workers that it starts by itself included.`,
      }),
    );
  }
  return rows;
}

export const sizes: Section = {
  name: 'sizes',
  async run(harness) {
    const project = mkdtempSync(join(tmpdir(), 'duet-sizes-'));
    try {
      const folder = join(project, 'node_modules/duetjs');
      mkdirSync(folder, { recursive: true });
      symlinkSync(
        inRepository('node_modules/@tensorflow'),
        join(project, 'node_modules/@tensorflow'),
        'junction',
      );
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
      await bundleModules(folder);
      await bundleScript(folder);
      await bundleEngine(folder);
      const pages = join(project, 'pages');
      await build({
        configFile: inRepository('vite.config.ts'),
        logLevel: 'warn',
        build: { outDir: pages },
      });
      return [
        ...(await bundleRows(project)),
        ...fileRows(folder),
        ...(await firstLoadRows(harness, pages)),
      ];
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  },
};
