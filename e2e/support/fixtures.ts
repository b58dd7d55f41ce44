import {
  type Browser,
  type BrowserContext,
  test as base,
  chromium,
  firefox,
  type Page,
} from '@playwright/test';
import {
  chromiumArgs,
  chromiumPermissions,
  findBrowser,
  firefoxPreferences,
} from '../../scripts/browsers';
import { type ServerProcess, startServer } from './server';

interface Fixtures {
  /** Pages of another person: a context of its own, as if on another machine. */
  readonly newPerson: () => Promise<BrowserContext>;
  /** A context in the other kind of browser: Firefox where the test runs in Chromium, and the other way round. */
  readonly otherBrowser: BrowserContext;
  /** A server of this test alone, which it may end. The pages must have been built, as the shared server's start does. */
  readonly ownServer: ServerProcess;
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

  otherBrowser: async ({ browserName, baseURL }, use, testInfo) => {
    const name = browserName === 'chromium' ? 'firefox' : 'chromium';
    const other = await launch(name);
    if (other === undefined) {
      testInfo.skip(true, `no ${name === 'firefox' ? 'Firefox' : 'Chromium'} was found`);
      return;
    }
    await use(
      await other.newContext({
        ...(baseURL === undefined ? {} : { baseURL }),
        ...permissionsOf(name),
      }),
    );
    await other.close();
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from this pattern.
  ownServer: async ({}, use) => {
    const server = await startServer();
    await use(server);
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

async function launch(name: 'chromium' | 'firefox'): Promise<Browser | undefined> {
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
