/** The package as it is published: built, and used from the outside by a project that has nothing else of ours. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Script } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as source from '../src';
import { software } from '../src/software';
import { bundleSize, sizeOf } from '../tools/bundle-size';
import { inPackage, inRepository } from '../tools/folder';
import { buildPackage } from '../tools/package';
import { fileBudgets, importBudgets } from './budgets';
import { buildApp, buildModule } from './consumer';

let project = '';
let built = '';
/** A project inside this repository, as the examples are: it takes the sources. */
let workspace = '';

const read = (file: string): Promise<string> => readFile(join(built, file), 'utf8');

async function makeProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'duet-package-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

beforeAll(async () => {
  project = await makeProject();
  built = join(project, 'node_modules/duetjs');
  await mkdir(join(project, 'node_modules'));
  const tensorflow = inRepository('node_modules/@tensorflow');
  await symlink(tensorflow, join(project, 'node_modules/@tensorflow'), 'junction');
  workspace = await makeProject();
  await symlink(inRepository('node_modules'), join(workspace, 'node_modules'), 'junction');
  await buildPackage(built);
}, 120_000);

afterAll(async () => {
  for (const folder of [project, workspace]) await rm(folder, { recursive: true, force: true });
});

/** What a file imports, types included. */
async function importsOf(file: string): Promise<string[]> {
  const { importedFiles } = ts.preProcessFile(await read(file));
  return [...new Set(importedFiles.map(({ fileName }) => fileName))].sort();
}

describe('the folder', () => {
  it('has these files and no others', async () => {
    expect((await readdir(built)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'THIRD-PARTY-LICENSES.md',
      'augment.d.ts',
      'augment.js',
      'bin',
      'duet-engine.js',
      'duet.global.js',
      'index.d.ts',
      'index.js',
      'package.json',
      'rooms',
      'types.d.ts',
    ]);
  });

  it('imports tfjs and nothing else that is not in it', async () => {
    const files = (await readdir(built, { recursive: true })).filter((file) =>
      /^(?!bin|duet\.global|duet-engine).*\.js$/.test(file),
    );
    const foreign = new Map<string, readonly string[]>();
    for (const file of files.map((each) => each.replaceAll('\\', '/'))) {
      const imports = await importsOf(file);
      const isOwn = (name: string) => existsSync(join(built, dirname(file), name));
      const others = imports.filter((name) => !name.startsWith('.') || !isOwn(name));
      if (others.length > 0) foreign.set(file, others);
    }
    expect([...foreign.keys()].sort()).toEqual([
      'augment.js',
      'rooms/duet.js',
      'rooms/engine.js',
      'rooms/launch.js',
      'rooms/scientist.js',
      'rooms/virtual.js',
    ]);
    expect(new Set([...foreign.values()].flat())).toEqual(new Set(['@tensorflow/tfjs']));
    // As plain scripts they are not compiled where they import something.
    for (const file of ['duet.global.js', 'duet-engine.js']) new Script(await read(file));
    expect(await importsOf('bin/duetjs.js')).toEqual(['node:fs/promises', 'node:util']);
    expect(await importsOf('index.d.ts')).toEqual(['./types.js', '@tensorflow/tfjs']);
    expect(await importsOf('types.d.ts')).toEqual(['@tensorflow/tfjs']);
    expect(await importsOf('augment.d.ts')).toEqual([
      './index.js',
      '@tensorflow/tfjs',
      // Where tfjs declares its tensors; it is augmented, and comes with tfjs.
      expect.stringMatching(/^@tensorflow\/tfjs-core\/dist\/tensor(\.js)?$/),
    ]);
  });

  it('says who it is, and what it needs', async () => {
    const manifest = JSON.parse(await read('package.json'));
    const { name, version } = JSON.parse(await readFile(inPackage('package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name, version, type: 'module', license: 'Apache-2.0' });
    expect(manifest.peerDependencies).toEqual({ '@tensorflow/tfjs': '^4.22.0' });
    for (const key of ['private', 'dependencies', 'devDependencies', 'scripts', 'workspaces']) {
      expect(manifest).not.toHaveProperty(key);
    }
    expect(software).toBe(`${name}/${version}`);
  });

  it('has the licences of what is bundled', async () => {
    const licences = await read('THIRD-PARTY-LICENSES.md');
    const names = [
      'simple-peer',
      'socket.io-client',
      'protobufjs',
      'eventemitter3',
      'idb',
      '@noble/hashes',
    ];
    const inEngine = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', 'seedrandom'];
    for (const name of [...names, ...inEngine]) expect(licences).toContain(`## ${name} - `);
    const titles = licences.match(/^## .*$/gm) ?? [];
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('leads every export to a file', async () => {
    const manifest = JSON.parse(await read('package.json'));
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
    );
    targets.push(manifest.types, manifest.unpkg, manifest.jsdelivr, ...manifest.sideEffects);
    targets.push(manifest.bin.duetjs);
    expect(targets.filter((target) => !existsSync(join(built, target)))).toEqual([]);
  });

  it.each([
    ['bundlers', ts.ModuleResolutionKind.Bundler, ts.ModuleKind.ESNext],
    ['Node', ts.ModuleResolutionKind.NodeNext, ts.ModuleKind.NodeNext],
  ])('is found by the compiler as by %s', (_, moduleResolution, module) => {
    const find = (name: string) =>
      ts.resolveModuleName(
        name,
        join(project, 'main.ts'),
        { moduleResolution, module },
        ts.sys,
        undefined,
        undefined,
        ts.ModuleKind.ESNext,
      ).resolvedModule?.resolvedFileName;
    expect(find('duetjs')).toMatch(/duetjs\/index\.d\.ts$/);
    expect(find('duetjs/augment')).toMatch(/duetjs\/augment\.d\.ts$/);
    expect(find('duetjs/rooms/connect')).toBeUndefined();
  });
});

const pairingProgram = `import { connectInvite, isDuetError } from 'duetjs'; console.log(connectInvite, isDuetError);`;

describe('the code', () => {
  it('exports what the source does, and computes', async () => {
    const duetjs: typeof source = await import(pathToFileURL(join(built, 'index.js')).href);
    await import(pathToFileURL(join(built, 'augment.js')).href);
    expect(Object.keys(duetjs).sort()).toEqual(Object.keys(source).sort());
    await tf.setBackend('cpu');
    const { owner, scientist } = await duetjs.loopback({ owner: { backend: 'cpu' } });
    owner.on('request', (request) => request.accept());
    const ages = tf.tensor1d([31, 45, 29]);
    // The types of `augment` are those of the source here, whose classes are others.
    const sender = ages as unknown as { send(duet: unknown, words: object): Promise<unknown> };
    await sender.send(owner, { tags: ['ages'] });
    ages.dispose();
    if (scientist.store.length === 0) {
      await new Promise<void>((resolve) => scientist.once('store', resolve));
    }
    const mean = scientist.store.get('ages').mean();
    expect(await mean.getValue({ requestBlock: true, name: 'mean age' })).toBe(35);
    scientist.close();
    await owner.close();
  });

  it('keeps the methods of pointers where a bundler takes the rest away', async () => {
    const file = await buildModule(project, `export { Pointer } from 'duetjs';`);
    const { Pointer } = await import(pathToFileURL(file).href);
    expect(Pointer.prototype.matMul).toBeTypeOf('function');
    expect(Pointer.prototype.dataSync).toBeTypeOf('function');
  });

  it('builds in a project of Vite’s, and leaves out what a page does not use', async () => {
    const { owner, scientist, pairing } = await buildApp(project, {
      owner: `import 'duetjs/augment'; import { launchDuet } from 'duetjs'; console.log(launchDuet);`,
      scientist: `import { joinDuet } from 'duetjs'; console.log(joinDuet);`,
      pairing: pairingProgram,
    });
    const has = (modules: readonly string[], part: string) =>
      modules.some((id) => id.includes(part));
    expect(has(owner, '/duetjs/augment.js')).toBe(true);
    expect(has(owner, '/duetjs/rooms/owner.js')).toBe(true);
    expect(has(owner, '/@tensorflow/tfjs-core/')).toBe(true);
    expect(has(scientist, '/duetjs/augment.js')).toBe(false);
    expect(has(scientist, '/duetjs/rooms/owner.js')).toBe(false);
    expect(has(owner, '/duetjs/rooms/scientist.js')).toBe(false);
    expect(has(scientist, '/@tensorflow/tfjs-core/')).toBe(true);
    expect(has(pairing, '/duetjs/rooms/connect.js')).toBe(true);
    expect(pairing.filter((id) => id.includes('/@tensorflow/'))).toEqual([]);
  });

  it('leaves tfjs out of a page that only pairs in this repository too', async () => {
    const { pairing } = await buildApp(workspace, { pairing: pairingProgram });
    expect(pairing.some((id) => id.endsWith('/packages/duet/src/connect.ts'))).toBe(true);
    expect(pairing.filter((id) => id.includes('/@tensorflow/'))).toEqual([]);
  });
});

describe('its size', () => {
  it.each(Object.entries(importBudgets))(
    'with { %s } is within its budget',
    async (names, budget) => {
      const { gzippedBytes } = await bundleSize(project, `export { ${names} } from 'duetjs';`);
      expect(gzippedBytes / 1000).toBeLessThanOrEqual(budget.kilobytes);
    },
  );

  it.each(Object.entries(fileBudgets))('%s is within its budget', async (file, budget) => {
    const { gzippedBytes } = sizeOf(await readFile(join(built, file)));
    expect(gzippedBytes / 1000).toBeLessThanOrEqual(budget.kilobytes);
  });
});

const run = promisify(execFile);

/** Runs the built command as `npx` would. */
async function command(...words: string[]): Promise<{ code: number; out: string }> {
  try {
    const { stdout } = await run(process.execPath, [join(built, 'bin/duetjs.js'), ...words]);
    return { code: 0, out: stdout };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { code, out: `${stdout}${stderr}` };
  }
}

describe('the command', () => {
  it('verifies what an owner has exported against a scientist’s receipts', async () => {
    const { owner, scientist } = await source.loopback({ owner: { backend: 'cpu' } });
    owner.on('request', (request) => request.accept());
    await owner.store.add([31, 45, 29], { tags: ['ages'] });
    if (scientist.store.length === 0) {
      await new Promise<void>((resolve) => scientist.once('store', resolve));
    }
    for (const name of ['first', 'second']) {
      await scientist.store.get('ages').mean().getValue({ requestBlock: true, name });
    }
    const { fingerprint } = owner;
    const [log, receipts] = [join(project, 'log.jsonl'), join(project, 'receipts.jsonl')];
    const text = await owner.audit.export();
    await writeFile(log, text);
    await writeFile(receipts, scientist.receipts.export());
    scientist.close();
    await owner.close();

    const good = await command('verify-audit', log, '--receipts', receipts, '--key', fingerprint);
    expect(good).toEqual({ code: 0, out: expect.stringContaining('The chain is whole') });
    expect(good.out).toContain('signed for: 2');
    await writeFile(log, text.replace('"name":"second"', '"name":"third"'));
    const bad = await command('verify-audit', log);
    expect(bad).toEqual({ code: 1, out: expect.stringMatching(/FAULT in line \d+ of the export/) });
    for (const words of [[], ['verify-audit'], ['verify-audit', log, '--nothing'], ['other']]) {
      expect(await command(...words)).toEqual({ code: 2, out: expect.stringContaining('Usage') });
    }
    const missing = await command('verify-audit', join(project, 'nowhere.jsonl'));
    expect(missing).toEqual({ code: 2, out: expect.stringContaining('nowhere.jsonl') });
  });
});

/** The programs of the package's README. */
async function readmePrograms(): Promise<string[]> {
  const found = (await read('README.md')).matchAll(/^```ts\n([\s\S]*?)^```$/gm);
  return [...found].map(([, code = '']) => code);
}

const augmentProgram = `
import * as tf from '@tensorflow/tfjs';
import { type OwnerDuet, type Pointer, type PublishedObject, type ScientistDuet } from 'duetjs';
import 'duetjs/augment';

declare const owner: OwnerDuet;
declare const scientist: ScientistDuet;
export const published: PublishedObject = await tf.scalar(1).tag('one').send(owner);
export const sent: Pointer = tf.scalar(1).describe('one').send(scientist);
// @ts-expect-error: not a duet
tf.scalar(1).send({});
`;

it('has types that the strictest compiler takes, and that take and refuse what those of the source do', async () => {
  const programs = [...(await readmePrograms()), augmentProgram];
  expect(programs).toHaveLength(3);
  const typeTests = inPackage('types-test');
  for (const file of await readdir(typeTests)) {
    const text = await readFile(join(typeTests, file), 'utf8');
    programs.push(text.replaceAll("'../src'", "'duetjs'"));
  }
  const files: string[] = [];
  for (const [index, text] of programs.entries()) {
    const file = join(project, `program-${index}.ts`);
    await writeFile(file, text);
    files.push(file);
  }
  const { config } = ts.readConfigFile(inRepository('tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, project);
  const program = ts.createProgram(files, {
    ...options,
    // Older than what the source is written for.
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    // So that our own declarations are checked; those of tfjs are not asked for.
    skipLibCheck: false,
  });
  const own = ['index.d.ts', 'types.d.ts', 'augment.d.ts'].map((name) => join(built, name));
  const complaints = [...files, ...own].flatMap((file) => {
    const found = program.getSourceFiles().find(({ fileName }) => sameFile(fileName, file));
    if (!found) return [`${file} was not read`];
    return [
      ...program.getSyntacticDiagnostics(found),
      ...program.getSemanticDiagnostics(found),
    ].map(({ messageText, start = 0 }) => {
      const { line } = found.getLineAndCharacterOfPosition(start);
      return `${file}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
  expect(complaints).toEqual([]);
}, 60_000);

function sameFile(one: string, other: string): boolean {
  const plain = (path: string) => ts.sys.realpath?.(path).replaceAll('\\', '/');
  return plain(one) === plain(other);
}
