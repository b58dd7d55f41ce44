/** What a page's own bundler makes of a program. */

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

export interface BundleSize {
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
}

export function sizeOf(content: string | Uint8Array): BundleSize {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return {
    minifiedBytes: bytes.length,
    gzippedBytes: gzipSync(bytes, { level: 9 }).length,
  };
}

/**
 * All of it, also what is loaded later; tfjs is left out. `code` is a module that exports what is to stay, `root` the folder from
 * whose `node_modules` packages are taken.
 */
export async function bundleSize(root: string, code: string): Promise<BundleSize> {
  const entry = 'virtual:program';
  // There is no such file; packages are looked for from where it would be.
  const program = join(root, 'program.js');
  const results = (await build({
    configFile: false,
    root: root,
    publicDir: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'program',
        resolveId: (source) => (source === entry ? program : undefined),
        load: (id) => (id === program ? code : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      reportCompressedSize: false,
      rolldownOptions: {
        input: entry,
        external: /^@tensorflow\//,
        preserveEntrySignatures: 'strict',
        checks: { pluginTimings: false },
      },
    },
  })) as Rolldown.RolldownOutput | Rolldown.RolldownOutput[];
  const chunks = [results]
    .flat()
    .flatMap(({ output }) => output)
    .filter((file) => file.type === 'chunk');
  const sizes = chunks.map((chunk) => sizeOf(chunk.code));
  const sum = (of: keyof BundleSize) => sizes.reduce((total, size) => total + size[of], 0);
  return {
    minifiedBytes: sum('minifiedBytes'),
    gzippedBytes: sum('gzippedBytes'),
  };
}
