/** Finds coturn, the TURN server that tests of relayed connections run, and installs it where that can be done. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installPackage, mayInstallPackages } from './debian-packages.ts';

/** The `turnserver` of an installed coturn: the one that DUET_COTURN names, or one on PATH. Undefined if there is none. */
export function findCoturn(): string | undefined {
  const named = process.env['DUET_COTURN'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [...(named ? [named] : []), ...folders.map((at) => join(at, 'turnserver'))];
  return candidates.find((path) => existsSync(path));
}

/** The same, after it was installed if there was none. `say` is told what is being done. */
export function ensureCoturn(say: (line: string) => void): string | undefined {
  const found = findCoturn();
  if (found !== undefined || !mayInstallPackages()) return found;
  say('Installing coturn with apt-get.');
  installPackage('coturn');
  return findCoturn();
}
