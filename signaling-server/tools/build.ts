/** Makes `dist/` a package to be published: the bundled file, its types, and the built pages. */

import { copyFile, cp, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { build } from 'vite';
import packageJson from '../package.json' with { type: 'json' };

const inPackage = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Writes the declarations that the module's own reach, with the endings that Node's resolution wants. */
function emitTypes(): void {
  const program = ts.createProgram([inPackage('src/index.ts')], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2024.d.ts', 'lib.dom.d.ts'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    resolveJsonModule: true,
    declaration: true,
    emitDeclarationOnly: true,
  });
  const declarations = new Map<string, string>();
  program.emit(undefined, (file, text) => {
    const name = /signaling-server[\\/]src[\\/]([\w-]+\.d\.ts)$/.exec(file)?.[1];
    if (name === undefined) return;
    declarations.set(name, text.replace(/(from '\.\/[\w-]+)(')/g, '$1.js$2'));
  });
  const reach = (name: string): void => {
    const text = declarations.get(name);
    if (text === undefined) return;
    declarations.delete(name);
    ts.sys.writeFile(inPackage(`dist/types/${name}`), text);
    for (const [, next] of text.matchAll(/from '\.\/([\w-]+)\.js'/g)) reach(`${next}.d.ts`);
  };
  reach('index.d.ts');
}

await build({ configFile: inPackage('../vite.config.ts') });
await build({ configFile: inPackage('vite.config.ts') });
emitTypes();
await cp(inPackage('../dist'), inPackage('dist/pages'), { recursive: true });
await copyFile(inPackage('../LICENSE'), inPackage('dist/LICENSE'));

const { name, version, description, license, type } = packageJson;
const published = {
  name,
  version,
  description,
  license,
  type,
  engines: { node: '>=20.19' },
  bin: { [name]: './duetjs-signaling.js' },
  exports: { '.': { types: './types/index.d.ts', default: './duetjs-signaling.js' } },
};
await writeFile(inPackage('dist/package.json'), `${JSON.stringify(published, null, 2)}\n`);
