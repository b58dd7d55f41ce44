/** A project of somebody else's, that is built with Vite and takes `duetjs` from its own `node_modules`. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type InlineConfig, type Rolldown } from 'vite';

const shared = {
  configFile: false,
  logLevel: 'error',
} as const satisfies InlineConfig;

async function bundle(config: InlineConfig): Promise<readonly Rolldown.OutputChunk[]> {
  const results = (await build({ ...shared, ...config })) as
    | Rolldown.RolldownOutput
    | Rolldown.RolldownOutput[];
  return [results]
    .flat()
    .flatMap(({ output }) => output)
    .filter((file) => file.type === 'chunk');
}

/** Builds one module, with tfjs left out, and gives the path of the file. */
export async function buildModule(project: string, code: string): Promise<string> {
  const entry = join(project, 'module.js');
  await writeFile(entry, code);
  await bundle({
    root: project,
    build: {
      outDir: 'module',
      lib: { entry, formats: ['es'], fileName: () => 'module.js' },
      rolldownOptions: { external: /^@tensorflow\// },
    },
  });
  return join(project, 'module/module.js');
}

/** Builds pages, each from one program; gives the modules that each of them loads and that have code left. */
export async function buildApp<Name extends string>(
  project: string,
  programs: Readonly<Record<Name, string>>,
): Promise<Record<Name, readonly string[]>> {
  const names = Object.keys(programs) as Name[];
  for (const name of names) {
    await writeFile(join(project, `${name}.js`), programs[name]);
    await writeFile(
      join(project, `${name}.html`),
      `<!doctype html><script type="module" src="/${name}.js"></script>`,
    );
  }
  const chunks = await bundle({
    root: project,
    build: {
      outDir: 'app',
      minify: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: names.map((name) => join(project, `${name}.html`)) },
    },
  });
  const loaded = (chunk: Rolldown.OutputChunk): readonly string[] => [
    ...Object.keys(chunk.modules),
    ...chunk.imports.flatMap((file) => {
      const next = chunks.find(({ fileName }) => fileName === file);
      return next ? loaded(next) : [file];
    }),
  ];
  const entries = names.map((name) => {
    const chunk = chunks.find((each) => each.isEntry && each.name === name);
    if (!chunk) throw new Error(`Nothing was built of ${name}.`);
    return [name, loaded(chunk)] as const;
  });
  return Object.fromEntries(entries) as Record<Name, readonly string[]>;
}
