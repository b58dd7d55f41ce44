/**
 * A browser whose tabs can be hidden, and are then treated as a person's are: Playwright starts its own without throttling of
 * hidden tabs, gives each page a window, and has all of them believe that they are looked at.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { chromiumArgs, chromiumPermissions, ensureBrowser } from '../../../scripts/browsers';

/** The strictest throttling, of a tab's chained timers to one a minute, begins after this time instead of five minutes. */
export const graceSeconds = 10;

export class TabbedBrowser {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #context: BrowserContext;

  private constructor(process: ChildProcess, folder: string, context: BrowserContext) {
    this.#process = process;
    this.#folder = folder;
    this.#context = context;
  }

  static async open(): Promise<TabbedBrowser> {
    const executable = ensureBrowser('chromium', (line) => console.log(line));
    if (executable === undefined) throw new Error('There is no Chromium.');
    const folder = await mkdtemp(join(tmpdir(), 'duet-tabs-'));
    const started = spawn(
      executable,
      [
        ...chromiumArgs,
        '--headless=new',
        '--remote-debugging-port=0',
        `--user-data-dir=${folder}`,
        `--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/${graceSeconds}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const address = await debuggingAddress(started);
    // Without its defaults: one of them is the focus that every page believes to have.
    const browser = await chromium.connectOverCDP(address, { noDefaults: true });
    const [context] = browser.contexts();
    if (context === undefined) throw new Error('The browser has no window.');
    await context.grantPermissions([...chromiumPermissions]);
    await context.addInitScript('globalThis.__name = (named) => named;');
    return new TabbedBrowser(started, folder, context);
  }

  /** A tab of the one window, in front of the others. */
  async openTab(url: string): Promise<Page> {
    const page = await this.#context.newPage();
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.#context.browser()?.close();
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What Chromium says first, among other things. */
function debuggingAddress({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    stderr?.on('data', (data: Buffer) => {
      said += data.toString();
      const [address] = /ws:\/\/\S+/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    stderr?.once('close', () => reject(new Error(`The browser has ended: ${said}`)));
  });
}
