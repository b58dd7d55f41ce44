/** Installs what tests need from Debian's packages, where that can be done without asking anyone. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Longer than any download that is still moving. */
const packageTimeoutMs = 10 * 60_000;

/** Is this root on Debian, or on what is made from it? Nobody else may install a package. */
export function mayInstallPackages(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

/** Installs one package. Whether it is there afterwards is for the caller to see. */
export function installPackage(name: string): void {
  const options = {
    timeout: packageTimeoutMs,
    stdio: ['ignore', 'ignore', 'inherit'] as ('ignore' | 'inherit')[],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  const updated = spawnSync('apt-get', ['update', '--quiet'], options);
  if (updated.status !== 0) return;
  spawnSync('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', name], options);
}
