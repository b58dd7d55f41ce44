import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bundleCommand,
  bundleEngine,
  bundleModules,
  bundleScript,
  engineLicenses,
} from './bundles';
import { inPackage, inRepository } from './folder';
import { manifest } from './manifest';
import { bundleTypes } from './types';

/** Makes a folder the package to be published. What was in it is gone. */
export async function buildPackage(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await Promise.all([
    bundleModules(outDir),
    bundleScript(outDir),
    bundleEngine(outDir),
    bundleCommand(outDir),
    bundleTypes(outDir),
  ]);
  await mergeLicenses(outDir);
  await copyFile(inPackage('README.md'), join(outDir, 'README.md'));
  await copyFile(inRepository('LICENSE'), join(outDir, 'LICENSE'));
  await writeFile(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** One file for all that is bundled: what only the engine has is added to what the library has. */
async function mergeLicenses(outDir: string): Promise<void> {
  const [all, engine] = [join(outDir, 'THIRD-PARTY-LICENSES.md'), join(outDir, engineLicenses)];
  const sections = (text: string): string[] => text.split(/^(?=## )/m);
  const known = sections(await readFile(all, 'utf8'));
  const [, ...more] = sections(await readFile(engine, 'utf8'));
  const titles = new Set(known.map(titleOf));
  const added = more.filter((section) => !titles.has(titleOf(section)));
  await writeFile(all, [...known, ...added].map((section) => section.trimEnd()).join('\n\n'));
  await rm(engine);
}

function titleOf(section: string): string {
  return section.slice(0, section.indexOf('\n'));
}
