/** The two pages of a folder, built and served on an origin of their own, and a signaling server that can be killed. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { inRepository } from '../../scripts/tools';
import { type OtherSite, serveSite } from './other-site';
import { type ServerProcess, startServer } from './server';

async function buildPages(from: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: inRepository(from),
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      chunkSizeWarningLimit: 4000,
      rolldownOptions: {
        input: ['owner', 'scientist'].map((page) => inRepository(`${from}/${page}.html`)),
        checks: { pluginTimings: false },
      },
    },
    worker: { format: 'es' },
  });
}

export class ChaosSite {
  readonly #site: OtherSite;
  #server: ServerProcess;

  private constructor(site: OtherSite, server: ServerProcess) {
    this.#site = site;
    this.#server = server;
  }

  /** Builds `owner.html` and `scientist.html` of a folder of the repository into `folder`. */
  static async open(folder: string, from = 'e2e/chaos'): Promise<ChaosSite> {
    await buildPages(from, folder);
    const site = await serveSite((path) => readFile(join(folder, path)).catch(() => undefined));
    return new ChaosSite(site, await startServer('--allow-origin', site.origin));
  }

  /** The owner's page; the scientist's is what its invite opens. */
  get ownerUrl(): string {
    return `${this.#site.origin}/owner.html?signaling=${encodeURIComponent(this.#server.url)}`;
  }

  async killServer(): Promise<void> {
    await this.#server.end('SIGKILL');
  }

  /** On the port where it was. */
  async restartServer(): Promise<void> {
    const { port } = new URL(this.#server.url);
    this.#server = await startServer('--allow-origin', this.#site.origin, '--port', port);
  }

  async close(): Promise<void> {
    await this.#server.end('SIGKILL');
    await this.#site.close();
  }
}
