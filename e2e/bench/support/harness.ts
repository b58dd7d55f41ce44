/** Real browsers, the real signaling server, and the bench's pages: one page per side. */

import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { createServer, type ViteDevServer } from 'vite';
import { chromiumArgs, chromiumPermissions, findBrowser } from '../../../scripts/browsers';
import { inRepository } from '../../../scripts/tools';
import { type ServerProcess, startServer } from '../../support/server';
import type { Row } from './rows';

export interface Section {
  readonly name: string;
  /** Resolves to the section's rows, in the order of the table. */
  run(harness: Harness): Promise<readonly Row[]>;
}

/** What a page of the bench offers under `globalThis.bench`. Arguments and results are plain data. */
// biome-ignore lint/suspicious/noExplicitAny: each page offers its own.
export type BenchFunctions = Readonly<Record<string, (...args: any[]) => unknown>>;

export class Harness {
  readonly browser: Browser;
  /** Of the bench's pages, which are isolated: their clocks count in steps of 5 µs. */
  readonly origin: string;
  readonly #vite: ViteDevServer;
  readonly #server: ServerProcess;
  readonly #contexts = new Set<BrowserContext>();

  private constructor(
    browser: Browser,
    vite: ViteDevServer,
    server: ServerProcess,
    origin: string,
  ) {
    this.browser = browser;
    this.origin = origin;
    this.#vite = vite;
    this.#server = server;
  }

  static async open(): Promise<Harness> {
    const vite = await createServer({
      configFile: false,
      root: inRepository('.'),
      cacheDir: inRepository('node_modules/.vite-bench'),
      logLevel: 'warn',
      server: {
        host: '127.0.0.1',
        hmr: false,
        headers: {
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Cross-Origin-Embedder-Policy': 'require-corp',
        },
      },
      // Found only while a page runs, they would make Vite reload it.
      optimizeDeps: {
        entries: ['e2e/bench/pages/*.html'],
        include: [
          '@tensorflow/tfjs',
          '@tensorflow/tfjs-backend-wasm',
          '@tensorflow/tfjs-backend-webgpu',
        ],
      },
      worker: { format: 'es' },
    });
    await vite.listen();
    const [url = ''] = vite.resolvedUrls?.local ?? [];
    const origin = new URL(url).origin;
    const server = await startServer('--allow-origin', origin);
    return new Harness(await launchBrowser(), vite, server, origin);
  }

  /** Of the signaling server, a process of its own. */
  get signaling(): string {
    return this.#server.url;
  }

  /** Opens `e2e/bench/pages/<name>.html` in a browser context of its own, when its functions are there. */
  async open(name: string, browser: Browser = this.browser): Promise<Page> {
    const context = await browser.newContext({ permissions: [...chromiumPermissions] });
    this.#contexts.add(context);
    // What runs this file keeps the names of functions with a helper of its own, which pages do not have.
    await context.addInitScript('globalThis.__name = (named) => named;');
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`${name}: ${error}`));
    await page.goto(`${this.origin}/e2e/bench/pages/${name}.html`);
    await page.waitForFunction(() => 'bench' in globalThis, undefined, { timeout: 120_000 });
    return page;
  }

  /** Closes the contexts of pages that `open` gave. */
  async shut(...pages: readonly Page[]): Promise<void> {
    for (const page of pages) {
      const context = page.context();
      this.#contexts.delete(context);
      await context.close();
    }
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close().catch(() => undefined);
    await this.browser.close();
    await this.#server.end('SIGKILL');
    await this.#vite.close();
  }
}

export async function launchBrowser(args: readonly string[] = chromiumArgs): Promise<Browser> {
  const executablePath = findBrowser('chromium');
  return chromium.launch({
    args: [...args],
    ...(executablePath !== undefined && { executablePath }),
  });
}

/** Calls one of the functions that a page offers. */
export function call<T>(page: Page, name: string, ...args: readonly unknown[]): Promise<T> {
  return page.evaluate(
    async ([called, given]) => {
      const { bench } = globalThis as unknown as { bench: BenchFunctions };
      const run = bench[called as string];
      if (run === undefined) throw new Error(`This page has no ${called as string}.`);
      return (await run(...(given as unknown[]))) as T;
    },
    [name, args] as const,
  );
}

/**
 * Connects two pages that use `pages/raw-channel.ts` by a plain RTCDataChannel, as the limit of what can be. May be called
 * again for a fresh connection.
 */
export async function connectRaw(offering: Page, answering: Page): Promise<void> {
  const offer = await call<string>(offering, 'rawOffer');
  const answer = await call<string>(answering, 'rawAnswer', offer);
  await call(offering, 'rawAccept', answer);
  await call(answering, 'rawOpened');
}

/** Launches a duet in a page that uses `pages/peers.ts`, and has the other page join it. */
export async function connectDuet(harness: Harness, owner: Page, scientist: Page): Promise<void> {
  const invite = await call<string>(owner, 'launchOwner', harness.signaling);
  await call(scientist, 'joinOwner', invite);
}
