/** The code of the package: ESM files for bundlers, one file for a script tag, and the engine's worker. */

import { build, type InlineConfig, mergeConfig } from 'vite';
import { leanDependencies, leanEngine } from '../../../scripts/lean-dependencies';
import { engineBeside } from './engine-beside';
import { inPackage, inRepository } from './folder';

/** The page brings it: there must be one tfjs, whose tensors both sides of a call know. */
const external = /^@tensorflow\//;

const shared: InlineConfig = {
  configFile: false,
  root: inPackage('.'),
  publicDir: false,
  logLevel: 'warn',
  plugins: [leanDependencies()],
  build: {
    emptyOutDir: false,
    target: 'es2022',
    reportCompressedSize: false,
    rolldownOptions: { external, checks: { pluginTimings: false } },
  },
};

/**
 * The files behind `index.js`, which itself has no code, so that bundlers leave out those that a page does not use: of one
 * file they would have to keep the import of tfjs, also in a page that only pairs. Each takes what those before it left,
 * with all that it needs.
 */
const rooms: Readonly<Record<string, RegExp>> = {
  vendor: /[\\/]node_modules[\\/]/,
  ...Object.fromEntries(
    ['protocol', 'ops', 'engine', 'link', 'scientist', 'owner'].map((room) => [
      room,
      new RegExp(`[\\\\/]packages[\\\\/]${room}[\\\\/]src[\\\\/]`),
    ]),
  ),
  connect: /[\\/]duet[\\/]src[\\/]connect\.ts$/,
  join: /[\\/]duet[\\/]src[\\/]join\.ts$/,
  launch: /[\\/]duet[\\/]src[\\/]launch\.ts$/,
  virtual: /[\\/]duet[\\/]src[\\/]virtual[\\/]/,
  duet: /[\\/]duet[\\/]src[\\/](?!index\.ts$|augment\.ts$)/,
};

export async function bundleModules(outDir: string): Promise<void> {
  const entry = ['index', 'augment'].map((name) => inPackage(`src/${name}.ts`));
  const groups = Object.entries(rooms).map(([name, test]) => ({ name, test }));
  await build(
    mergeConfig(shared, {
      plugins: [engineBeside('module')],
      build: {
        outDir,
        minify: false,
        license: { fileName: 'THIRD-PARTY-LICENSES.md' },
        lib: { entry, formats: ['es'], fileName: (_format, name) => `${name}.js` },
        rolldownOptions: {
          output: {
            chunkFileNames: 'rooms/[name].js',
            codeSplitting: { groups },
            minifyInternalExports: false,
          },
        },
      },
    } satisfies InlineConfig),
  );
}

/** `duet.global.js`: after tfjs's own script, which makes the global `tf`, it makes the global `duet`. */
export async function bundleScript(outDir: string): Promise<void> {
  await build(
    mergeConfig(shared, {
      plugins: [engineBeside('script')],
      build: {
        outDir,
        minify: true,
        lib: {
          entry: inPackage('src/index.ts'),
          name: 'duet',
          formats: ['iife'],
          fileName: () => 'duet.global.js',
        },
        rolldownOptions: { output: { globals: { '@tensorflow/tfjs': 'tf' } } },
      },
    } satisfies InlineConfig),
  );
}

/** The licences of what is in the engine's file, to be merged into those of the package. */
export const engineLicenses = 'engine-licenses.md';

/**
 * `duet-engine.js`: the worker with a tfjs of its own and the WebAssembly of its backend inside. A plain script, which a
 * worker of another origin can take by `importScripts`.
 */
export async function bundleEngine(outDir: string): Promise<void> {
  const { build: options, ...rest } = shared;
  await build(
    mergeConfig(rest, {
      plugins: [leanEngine()],
      build: {
        ...options,
        outDir,
        minify: true,
        license: { fileName: engineLicenses },
        lib: {
          entry: inRepository('packages/engine/src/worker/engine-worker.ts'),
          name: 'duetEngine',
          formats: ['iife'],
          fileName: () => 'duet-engine.js',
        },
        rolldownOptions: { external: [], checks: { pluginTimings: false } },
      },
    } satisfies InlineConfig),
  );
}

/** `bin/duetjs.js`: the command, for Node. */
export async function bundleCommand(outDir: string): Promise<void> {
  await build(
    mergeConfig(shared, {
      build: {
        outDir,
        minify: false,
        target: 'node20',
        lib: {
          entry: inPackage('bin/duetjs.ts'),
          formats: ['es'],
          fileName: () => 'bin/duetjs.js',
        },
        rolldownOptions: { external: /^node:/ },
      },
    } satisfies InlineConfig),
  );
}
