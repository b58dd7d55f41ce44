/** Small helpers of the scripts. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('..', import.meta.url));

export const inRepository = (path: string): string => join(repository, path);

const resolver = createRequire(import.meta.url);

/**
 * The script behind a package's command. Run with Node itself it needs no shell, which on Windows the commands in
 * `node_modules/.bin` do.
 */
export function packageBin(name: string, command = name.split('/').at(-1) ?? name): string {
  const manifest = resolver.resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    bin: string | Record<string, string>;
  };
  const path = typeof bin === 'string' ? bin : bin[command];
  if (path === undefined) throw new Error(`${name} has no command ${command}`);
  return join(dirname(manifest), path);
}

/** Runs a Node script in the repository with this terminal; resolves with its exit code, or null if a signal ended it. */
export function runNode(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: repository,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
