import {
  type Browser,
  type BrowserContext,
  test as base,
  chromium,
  firefox,
  type Page,
} from '@playwright/test';
import {
  type BrowserName,
  chromiumArgs,
  chromiumPermissions,
  findBrowser,
  firefoxPreferences,
} from '../../scripts/browsers';
import { type ServerProcess, startServer } from './server';

export const browserNames: readonly BrowserName[] = ['chromium', 'firefox'];

interface Fixtures {
  /** Pages of another person: a context of its own, as if on another machine. */
  readonly newPerson: () => Promise<BrowserContext>;
  /** The same in one of the browsers; where that is missing the test is not run. */
  readonly personIn: (browser: BrowserName) => Promise<BrowserContext>;
  /**
   * A server of this test alone, which it may end, and start again on the same port. The pages must have been built, as the
   * shared server's start does.
   */
  readonly ownServer: ServerProcess & { restart(): Promise<void> };
  /** What a page complained of: errors thrown, errors in the console, violations of its policy. */
  readonly complaints: (page: Page) => readonly string[];
}

export const test = base.extend<Fixtures>({
  newPerson: async ({ browser, contextOptions, browserName }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({
        ...contextOptions,
        ...permissionsOf(browserName),
      });
      contexts.push(context);
      return context;
    });
    for (const context of contexts) await context.close();
  },

  personIn: async ({ baseURL }, use, testInfo) => {
    const browsers = new Map<BrowserName, Browser>();
    await use(async (name) => {
      const browser = browsers.get(name) ?? (await launch(name));
      if (browser === undefined) {
        testInfo.skip(true, `no ${name === 'firefox' ? 'Firefox' : 'Chromium'} was found`);
        throw new Error('A skipped test has gone on.');
      }
      browsers.set(name, browser);
      return browser.newContext({
        ...(baseURL === undefined ? {} : { baseURL }),
        ...permissionsOf(name),
      });
    });
    for (const browser of browsers.values()) await browser.close();
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from this pattern.
  ownServer: async ({}, use) => {
    let server = await startServer();
    const { url } = server;
    await use({
      url,
      printed: () => server.printed(),
      writeHeap: (file) => server.writeHeap(file),
      end: (signal) => server.end(signal),
      async restart() {
        server = await startServer('--port', new URL(url).port);
      },
    });
    await server.end('SIGTERM');
  },

  // biome-ignore lint/correctness/noEmptyPattern: as above.
  complaints: async ({}, use) => {
    await use((page) => {
      const heard: string[] = [];
      page.on('pageerror', (error) => heard.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') heard.push(message.text());
      });
      return heard;
    });
  },
});

export { expect } from '@playwright/test';

/** Firefox does not know the permission, and does not need it. */
function permissionsOf(name: string): { permissions?: string[] } {
  return name === 'chromium' ? { permissions: [...chromiumPermissions] } : {};
}

async function launch(name: BrowserName): Promise<Browser | undefined> {
  const executablePath = findBrowser(name);
  if (executablePath === undefined) return undefined;
  return name === 'chromium'
    ? chromium.launch({ executablePath, args: [...chromiumArgs] })
    : firefox.launch({
        channel: 'moz-firefox',
        executablePath,
        firefoxUserPrefs: { ...firefoxPreferences },
      });
}
