import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../../scripts/tools';
import { findViolations, type PackageExports, type SourceFiles } from './boundaries';
import { rooms } from './boundary-rules';

const exported: PackageExports = new Map([
  ['@duet/protocol', new Set([''])],
  ['@duet/ops', new Set([''])],
  ['duetjs', new Set(['', '/augment'])],
]);

const found = (files: Record<string, string>): string[] =>
  findViolations(new Map(Object.entries(files)), exported);

describe('what is caught', () => {
  test.each([
    ['packages/protocol/src/a.ts', "import { x } from '@duet/ops';"],
    ['packages/protocol/src/a.ts', "import type { x } from '@duet/ops';"],
    ['packages/ops/src/a.ts', "import { x } from '@duet/engine';"],
    ['packages/engine/src/a.ts', "import { x } from '@duet/scientist';"],
    ['packages/engine/src/a.ts', "import { x } from 'duetjs';"],
    ['packages/link/src/a.ts', "import { x } from '@duet/ops';"],
    ['packages/owner/src/a.ts', "import { x } from '@duet/engine';"],
    ['packages/owner/src/a.ts', "import type { Engine } from '@duet/engine';"],
    ['packages/owner/src/a.ts', "import { x } from '@duet/scientist';"],
    ['packages/scientist/src/a.ts', "import { x } from '@duet/owner';"],
    ['packages/scientist/src/a.ts', "export { x } from '@duet/owner';"],
    ['packages/scientist/src/a.ts', "export * from '@duet/owner';"],
    ['packages/scientist/src/a.ts', "const x = await import('@duet/owner');"],
    ['packages/scientist/src/a.ts', "type X = import('@duet/owner').X;"],
    ['packages/scientist/src/a.ts', "import '@duet/link';"],
    ['packages/duet/src/a.ts', "import { x } from '@duet/elements';"],
    ['packages/duet/src/a.ts', "import { x } from '@duet/testkit';"],
    ['packages/duet/src/a.ts', "import { x } from 'duetjs/augment';"],
    ['examples/owner/main.ts', "import { x } from '@duet/owner';"],
    ['examples/owner/main.ts', "import { x } from '@duet/testkit';"],
    ['signaling-server/src/a.ts', "import { x } from '@duet/link';"],
    ['signaling-server/src/a.ts', "import { DuetError } from '@duet/protocol';"],
    ['signaling-server/src/a.ts', "import { signalingLimits, limits } from '@duet/protocol';"],
    ['signaling-server/src/a.ts', "import * as protocol from '@duet/protocol';"],
    ['signaling-server/src/a.ts', "export * from '@duet/protocol';"],
  ])('a wrong direction: %s %s', (path, text) => {
    expect(found({ [path]: text })).toEqual([expect.stringContaining(`${path}:1: `)]);
  });

  test.each([
    ['packages/ops/src/a.ts', "import { x } from '@duet/protocol/src/limits';"],
    ['packages/ops/src/a.ts', "import { x } from '../../protocol/src/limits';"],
    ['packages/engine/src/a.ts', "import { x } from '../../owner/src/gate';"],
    ['examples/owner/main.ts', "import { x } from 'duetjs/src/augment';"],
    ['scripts/a.ts', "import { x } from '../signaling-server/src/server';"],
    ['examples/owner/main.ts', "import { x } from '../../scripts/tools';"],
  ])('a way past an index: %s %s', (path, text) => {
    expect(found({ [path]: text })).toHaveLength(1);
  });

  test.each([
    ['packages/protocol/src/a.ts', "import type * as tf from '@tensorflow/tfjs';"],
    ['packages/ops/src/a.ts', "import * as tf from '@tensorflow/tfjs';"],
    ['packages/ops/src/a.ts', "import { type Tensor, add } from '@tensorflow/tfjs-core';"],
    ['packages/owner/src/a.ts', "import type { Tensor } from '@tensorflow/tfjs';"],
    ['packages/link/src/a.ts', "import '@tensorflow/tfjs';"],
    ['packages/link/src/framed-link.ts', "import Peer from 'simple-peer';"],
    ['packages/duet/src/a.ts', "import Peer from 'simple-peer/simplepeer.min.js';"],
    ['packages/link/src/pairing.ts', "import { io } from 'socket.io-client';"],
    ['packages/duet/src/a.ts', "import { Server } from 'socket.io';"],
    ['packages/link/src/a.ts', "import { readFile } from 'node:fs/promises';"],
    ['packages/testkit/src/a.ts', "import fs from 'fs';"],
    ['examples/owner/main.ts', "import { Buffer } from 'buffer';"],
  ])('a module that is not for this room: %s %s', (path, text) => {
    expect(found({ [path]: text })).toHaveLength(1);
  });

  test.each([
    'export const here = document.title;',
    'export const where = globalThis.location.href;',
    'export type Made = HTMLElement;',
    'new WebSocket("ws://localhost");',
    'if (typeof window === "object") throw 1;',
  ])('what only pages have, in protocol: %s', (text) => {
    expect(found({ 'packages/protocol/src/a.ts': text })).toHaveLength(1);
    expect(found({ 'packages/link/src/a.ts': text })).toEqual([]);
  });

  test.each([
    'export default 1;',
    'export default function x() {}',
    'export default class X {}',
    'const x = 1; export { x as default };',
    "export { default } from './x';",
  ])('a default export: %s', (text) => {
    expect(found({ 'packages/duet/src/a.ts': text })).toHaveLength(1);
    expect(found({ 'e2e/unit/a.test.ts': text })).toHaveLength(1);
    expect(found({ 'vite.config.ts': text, 'e2e/playwright.config.ts': text })).toEqual([]);
  });

  test('console without a reason', () => {
    const text = 'console.log(1);';
    expect(found({ 'packages/owner/src/a.ts': text })).toHaveLength(1);
    const reason = '// biome-ignore lint/suspicious/noConsole: the owner asked for it\n';
    expect(found({ 'packages/owner/src/a.ts': `${reason}${text}` })).toEqual([]);
    expect(found({ 'packages/owner/src/a.ts': `${reason}\n\n${text}` })).toHaveLength(1);
    expect(found({ 'signaling-server/src/a.ts': text })).toEqual([]);
  });

  test('rings of files', () => {
    const ring = {
      'packages/ops/src/a.ts': "import { b } from './b'; export const a = b;",
      'packages/ops/src/b.ts': "export * from './rules';",
      'packages/ops/src/rules/index.ts': "import { a } from '../a'; export const b = a;",
    };
    expect(found(ring)).toEqual([expect.stringContaining('a ring of imports')]);
    const erased = { ...ring, 'packages/ops/src/b.ts': "export type * from './rules';" };
    expect(found(erased)).toEqual([]);
  });
});

describe('what is allowed', () => {
  test.each([
    ['packages/ops/src/a.ts', "import { limits } from '@duet/protocol';"],
    ['packages/ops/src/a.ts', "import type { Tensor } from '@tensorflow/tfjs';"],
    ['packages/ops/tools/generate.ts', "import ts from 'typescript'; import fs from 'node:fs';"],
    ['packages/ops/test/a.test.ts', "import * as tf from '@tensorflow/tfjs';"],
    ['packages/owner/test/a.test.ts', "import { x } from '../../engine/src/dispatch';"],
    ['packages/scientist/src/a.ts', "import { x } from '@duet/engine';"],
    ['packages/duet/src/a.ts', "import { x } from '@duet/owner'; import '@duet/scientist';"],
    ['packages/link/src/webrtc-transport.ts', "import Peer from 'simple-peer';"],
    ['packages/link/src/signaling-socket.ts', "import { io } from 'socket.io-client';"],
    ['packages/testkit/src/a.ts', "import { x } from '@duet/owner'; import 'duetjs';"],
    ['examples/owner/main.ts', "import 'duetjs/augment'; import { x } from 'duetjs';"],
    ['signaling-server/src/a.ts', "import type { ErrorCode } from '@duet/protocol';"],
    [
      'signaling-server/src/a.ts',
      "import { type ErrorCode, roomIdPattern, signalingLimits } from '@duet/protocol';",
    ],
    [
      'packages/protocol/src/a.ts',
      'const place = { location: 1 }; export const x = place.location;',
    ],
    ['packages/protocol/src/a.ts', 'export const f = (document: string) => document;'],
    ['packages/protocol/src/a.ts', "export const text = 'window'; // document"],
  ])('%s %s', (path, text) => {
    expect(found({ [path]: text })).toEqual([]);
  });
});

describe('this repository', () => {
  const list = (folder: string): string[] =>
    readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(repository.length))
      .map((path) => path.replaceAll('\\', '/').replace(/^\//, ''))
      .filter((path) => !/(^|\/)(node_modules|dist|generated)\//.test(path));

  const sources: SourceFiles = new Map(
    ['packages', 'signaling-server', 'examples', 'e2e', 'scripts']
      .flatMap(list)
      .filter((path) => !path.endsWith('.d.ts'))
      .map((path) => [path, readFileSync(join(repository, path), 'utf8')]),
  );

  const realExports: PackageExports = new Map(
    rooms.flatMap(({ folder, packageName }) => {
      if (
        packageName === undefined ||
        ![...sources.keys()].some((path) => path.startsWith(folder))
      ) {
        return [];
      }
      const manifest = JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8'));
      expect(manifest.name).toBe(packageName);
      const subpaths = Object.keys(manifest.exports).map((subpath) => subpath.slice(1));
      return [[packageName, new Set(subpaths)] as const];
    }),
  );

  test('every room with sources is known', () => {
    const folders = new Set(
      [...sources.keys()].map((path) => /^packages\/[^/]+\//.exec(path)?.[0]),
    );
    for (const folder of folders) {
      if (folder !== undefined) expect(rooms.map((room) => room.folder)).toContain(folder);
    }
  });

  test('keeps to its import directions', () => {
    expect(findViolations(sources, realExports)).toEqual([]);
  });
});
