/** The published file: the module, and the command when it is what Node was told to run. */

import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command';

export * from './index';

const here = fileURLToPath(import.meta.url);
const [, started] = process.argv;

if (started !== undefined && existsSync(started) && realpathSync(started) === here) {
  // Beside the bundle lie the pages that were built with it; in the repository, those of `npm run build`.
  const folders = ['./pages', '../../dist'].map((to) =>
    fileURLToPath(new URL(to, import.meta.url)),
  );
  const staticDir = folders.find((folder) => existsSync(folder));
  await runCommand(process.argv.slice(2), staticDir === undefined ? {} : { staticDir });
}
