import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleModules, bundleScript } from './bundles';
import { inPackage, inRepository } from './folder';
import { manifest } from './manifest';
import { bundleTypes } from './types';

/** Makes a folder the package to be published. What was in it is gone. */
export async function buildPackage(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await Promise.all([bundleModules(outDir), bundleScript(outDir), bundleTypes(outDir)]);
  await copyFile(inPackage('README.md'), join(outDir, 'README.md'));
  await copyFile(inRepository('LICENSE'), join(outDir, 'LICENSE'));
  await writeFile(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
