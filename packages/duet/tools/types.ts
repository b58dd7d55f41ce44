/** The types of the package, made self-contained: those of the private workspaces and of eventemitter3 are inside. */

import { type RollupLog, rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { inPackage, inRepository } from './folder';

/** Pages may be checked with a library that is older than `using`; pointers are disposable in any case. */
const banner = '/// <reference lib="esnext.disposable" />\n';

/**
 * Both entries come from one graph, and what both need stands in `types.d.ts`: a class that was declared in each would
 * be two classes for the compiler, and `tensor.send(duet)` would not take the duet.
 */
export async function bundleTypes(outDir: string): Promise<void> {
  const bundle = await rollup({
    input: { index: inPackage('src/index.ts'), augment: inPackage('src/augment.ts') },
    external: /^@tensorflow\//,
    plugins: [
      dts({
        tsconfig: inRepository('tsconfig.json'),
        respectExternal: true,
        compilerOptions: {
          types: [],
          // As packages they would be foreign, and each file of them a program of its own.
          paths: { '@duet/*': [inRepository('packages/*/src/index.ts')] },
        },
      }),
    ],
    onwarn,
  });
  await bundle.write({
    dir: outDir,
    format: 'es',
    banner,
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'types.d.ts',
    minifyInternalExports: false,
  });
  await bundle.close();
}

/** Types that the surface uses and does not name are found by the compiler all the same. All else is a mistake. */
function onwarn({ code, message }: RollupLog): void {
  if (code === 'PLUGIN_WARNING' && message.includes('no public re-export')) return;
  throw new Error(`Bundling the types: ${message}`);
}
