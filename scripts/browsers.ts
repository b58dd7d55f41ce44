/** Finds the browsers that tests run in, and installs what is missing where that can be done without asking anyone. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';
import { installPackage, mayInstallPackages } from './debian-packages.ts';
import { packageBin } from './tools.ts';

export type BrowserName = 'chromium' | 'firefox';

interface Places {
  /** Environment variables that name the executable. */
  readonly variables: readonly string[];
  /** Names on PATH, the most fitting first. */
  readonly names: readonly string[];
  readonly mac: readonly string[];
  /** Below the program folders of Windows. */
  readonly windows: readonly string[];
  readonly debianPackage: string;
}

const places: Readonly<Record<BrowserName, Places>> = {
  chromium: {
    variables: ['DUET_CHROMIUM', 'CHROME_PATH'],
    names: [
      'chromium',
      'google-chrome-stable',
      'google-chrome',
      'chromium-browser',
      'microsoft-edge-stable',
      'microsoft-edge',
    ],
    mac: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ],
    windows: [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ],
    debianPackage: 'chromium',
  },
  firefox: {
    variables: ['DUET_FIREFOX'],
    names: ['firefox-esr', 'firefox'],
    mac: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
    windows: ['Mozilla Firefox\\firefox.exe'],
    debianPackage: 'firefox-esr',
  },
};

/** Longer than any download that is still moving; a dead one must not hold up everything. */
const downloadTimeoutMs = 5 * 60_000;
const versionTimeoutMs = 30_000;

/** The executable of a browser that is installed, or undefined. Nothing is started or installed. */
export function findBrowser(name: BrowserName): string | undefined {
  return candidates(name).find((path) => existsSync(path));
}

/**
 * The executable of a browser that runs. Installs one if there is none: Chromium by Playwright's own download, either
 * by Debian's packages where this is root on Debian. `say` is told what is being done.
 */
export function ensureBrowser(name: BrowserName, say: (line: string) => void): string | undefined {
  const found = findWorking(name);
  if (found !== undefined) return found;
  if (name === 'chromium') {
    say('No Chromium or Chrome was found; downloading one.');
    downloadChromium();
    const downloaded = findWorking(name);
    if (downloaded !== undefined) return downloaded;
    say('The download did not give a browser that runs here.');
  }
  if (mayInstallPackages()) {
    say(`Installing ${places[name].debianPackage} with apt-get.`);
    installPackage(places[name].debianPackage);
    return findWorking(name);
  }
  return undefined;
}

function candidates(name: BrowserName): string[] {
  const { variables, names, mac, windows } = places[name];
  const named = variables.map((variable) => process.env[variable]).filter((path) => !!path);
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = names.flatMap((file) => folders.map((folder) => join(folder, file)));
  const programFolders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
    .map((variable) => process.env[variable])
    .filter((folder) => folder !== undefined);
  const byPlatform =
    process.platform === 'win32'
      ? windows.flatMap((path) => programFolders.map((folder) => join(folder, path)))
      : process.platform === 'darwin'
        ? mac
        : onPath;
  const downloaded = name === 'chromium' ? [chromium.executablePath()] : [];
  return [...named, ...byPlatform, ...downloaded].filter((path) => path !== undefined);
}

function findWorking(name: BrowserName): string | undefined {
  return candidates(name).find((path) => existsSync(path) && runs(path));
}

/** Some packages install a stub that only prints advice, and a download may lack libraries. */
function runs(path: string): boolean {
  // On Windows the question opens a window and is never answered; there, what exists is complete.
  if (process.platform === 'win32') return true;
  const { status } = spawnSync(path, ['--version'], { timeout: versionTimeoutMs, stdio: 'ignore' });
  return status === 0;
}

function downloadChromium(): void {
  spawnSync(process.execPath, [packageBin('playwright'), 'install', 'chromium'], {
    timeout: downloadTimeoutMs,
    stdio: ['ignore', 'ignore', 'ignore'],
    // Without a network each of several attempts would wait for half a minute.
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000', ...process.env },
  });
}

/** What Chromium is started with in tests. Pairing works with these with and without a network. */
export const chromiumArgs: readonly string[] = [
  // Chromium refuses to sandbox itself for root, as which containers usually run.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--allow-loopback-in-peer-connection',
];

/** WebGPU by software, which Chromium offers no page of its own accord. */
export const webgpuArgs: readonly string[] = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** With the flag above: real addresses instead of mDNS names, which need a network to be resolved. */
export const chromiumPermissions: readonly string[] = ['microphone'];

/** Firefox offers no loopback candidates of its own accord. */
export const firefoxPreferences: Readonly<Record<string, boolean>> = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
};
