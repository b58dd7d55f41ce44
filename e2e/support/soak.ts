/** The soak: two pages in browsers of their own, their jobs, and what breaks meanwhile. All that is random follows from a seed. */

import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { chromiumArgs, chromiumPermissions, findBrowser } from '../../scripts/browsers';
import { randomFrom } from '../chaos/arithmetic';
import { ChaosSite } from './chaos-site';
import { cutConnections, tapConnections } from './connections';
import { MemoryProbe } from './memory';
import type { SoakReading, SoakSample } from './soak-growth';
import { sleep, within } from './waiting';

export interface SoakFigures {
  readonly browser: string;
  readonly samples: SoakSample[];
  readonly jobs: Record<string, number>;
  /** Of jobs that did not end with their value, with the job that it was. */
  readonly otherEnds: Record<string, number>;
  readonly faults: Record<string, number>;
}

/** Nothing that people would wait for takes so long. */
const hangMs = 120_000;
const sampleMs = 60_000;
const settleMs = 1000;
/** Jobs between two faults, on average. */
const jobsPerFault = 12;
/** The machine is idle most of the time: a soak looks for what adds up, not for load. */
const longestPauseMs = 400;

/** An engine that is ended may take private values with it, and whoever waited for one of them hears so. */
const codesAfterFaults: readonly string[] = ['op-failed', 'gone', 'link-lost'];

export class Soak {
  readonly figures: SoakFigures;
  readonly #site: ChaosSite;
  readonly #browsers: readonly Browser[];
  readonly #owner: Page;
  readonly #scientist: Page;
  readonly #visitors: BrowserContext;
  readonly #probes: readonly [MemoryProbe, MemoryProbe];
  readonly #random: () => number;

  private constructor(
    parts: {
      readonly site: ChaosSite;
      readonly browsers: readonly Browser[];
      readonly pages: readonly [Page, Page];
      readonly visitors: BrowserContext;
      readonly probes: readonly [MemoryProbe, MemoryProbe];
    },
    seed: number,
  ) {
    const { site, browsers, pages, visitors, probes } = parts;
    this.#site = site;
    this.#browsers = browsers;
    [this.#owner, this.#scientist] = pages;
    this.#visitors = visitors;
    this.#probes = probes;
    this.#random = randomFrom(seed);
    const browser = `Chromium ${browsers[0]?.version()}`;
    this.figures = { browser, samples: [], jobs: {}, otherEnds: {}, faults: {} };
  }

  /** Builds the pages into a folder, opens them and joins them. */
  static async open(folder: string, seed: number): Promise<Soak> {
    const site = await ChaosSite.open(folder, 'e2e/soak');
    const browsers = [await launch(), await launch()] as const;
    const [owner, scientist, visitors] = [
      await contextIn(browsers[0]),
      await contextIn(browsers[1]),
      await contextIn(browsers[1]),
    ];
    const pages = [await owner.newPage(), await scientist.newPage()] as const;
    for (const page of pages) page.on('pageerror', (error) => console.error(error));
    const probes = [
      await MemoryProbe.of(browsers[0], pages[0]),
      await MemoryProbe.of(browsers[1], pages[1]),
    ] as const;
    await pages[0].goto(site.ownerUrl);
    await pages[0].waitForFunction(() => 'ownerInvite' in globalThis);
    await pages[1].goto(await pages[0].evaluate(() => ownerInvite()));
    await pages[1].waitForFunction(() => 'soakJob' in globalThis);
    return new Soak({ site, browsers, pages, visitors, probes }, seed);
  }

  /** Throws what hangs, and what gave a wrong value. */
  async run(forMs: number): Promise<void> {
    const names = await this.#scientist.evaluate(() => soakJobs);
    const began = performance.now();
    let sampleAt = sampleMs;
    while (performance.now() - began < forMs) {
      if (this.#random() < 1 / jobsPerFault) {
        await this.#breakDuring(this.#job(this.#scientist, this.#pick(names)));
      } else await this.#job(this.#scientist, this.#pick(names));
      await sleep(this.#random() * longestPauseMs);
      if (performance.now() - began >= sampleAt) {
        await this.#sample(sampleAt / sampleMs);
        sampleAt += sampleMs;
      }
    }
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers) await browser.close();
    await this.#site.close();
  }

  async #job(page: Page, name: string): Promise<void> {
    const seed = Math.floor(this.#random() * 2 ** 31);
    const ended = await inTime(
      page.evaluate(([called, from]) => soakJob(called, from), [name, seed] as const),
      `${name}, seed ${seed}`,
    );
    count(this.figures.jobs, name);
    if (ended === 'done') return;
    count(this.figures.otherEnds, `${name}: ${ended}`);
    if (!codesAfterFaults.includes(ended)) throw new Error(`${name}, seed ${seed}: ${ended}`);
  }

  async #breakDuring(job: Promise<void>): Promise<void> {
    job.catch(() => undefined);
    const name = this.#pick(Object.keys(this.#faults));
    console.log(`  ${name}`);
    await sleep(this.#random() * 200);
    await inTime(this.#faults[name]?.() ?? Promise.resolve(), name);
    count(this.figures.faults, name);
    await job;
  }

  readonly #faults: Readonly<Record<string, () => Promise<void>>> = {
    'the owner’s channel is cut': async () => {
      await cutConnections(this.#owner);
    },
    'the scientist’s channel is cut': async () => {
      await cutConnections(this.#scientist);
    },
    'the connection is silent': async () => {
      await cutConnections(this.#scientist, 'silence');
    },
    'the server is restarted': async () => {
      await this.#site.killServer();
      await sleep(this.#random() * 500);
      await this.#site.restartServer();
    },
    'the server is restarted, the channel cut': async () => {
      await this.#site.killServer();
      await cutConnections(this.#owner);
      await this.#site.restartServer();
    },
    'the engine dies': async () => {
      const engine = this.#owner.workers().findLast((worker) => worker.url().includes('engine'));
      await engine
        ?.evaluate(() => {
          setTimeout(() => {
            throw new Error('The soak ends this engine.');
          });
        })
        .catch(() => undefined);
    },
    'a visitor comes and goes': async () => {
      const page = await this.#visitors.newPage();
      page.on('pageerror', (error) => console.error(`visitor: ${error}`));
      try {
        await page.goto(await this.#owner.evaluate(() => ownerInvite()));
        await page.waitForFunction(() => 'soakJob' in globalThis, undefined, { timeout: hangMs });
        for (const name of ['ops', 'ask']) await this.#job(page, name);
        // The others close their tab without a word.
        if (this.#random() < 0.5) await page.evaluate(() => leave());
      } finally {
        await page.close();
      }
    },
  };

  async #sample(minute: number): Promise<void> {
    const [owner, scientist] = this.#probes;
    for (const probe of this.#probes) await probe.collect();
    // What the collector has found goes to the other side, and what it leaves there is collected with the next.
    await sleep(settleMs);
    const sample = {
      minute,
      owner: { ...(await readings(owner)), ...(await this.#owner.evaluate(() => ownerCounts())) },
      scientist: {
        ...(await readings(scientist)),
        ...(await this.#scientist.evaluate(() => scientistCounts())),
      },
    };
    this.figures.samples.push(sample);
    const inWords = (reading: SoakReading): string =>
      Object.entries(reading)
        .map(([name, value = 0]) =>
          name.endsWith('bytes')
            ? `${name.slice(0, -6)} ${(value / 1e6).toFixed(1)} MB`
            : `${name} ${value}`,
        )
        .join(', ');
    console.log(`${minute} min, owner: ${inWords(sample.owner)}`);
    console.log(`${minute} min, scientist: ${inWords(sample.scientist)}`);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}

async function readings(probe: MemoryProbe): Promise<SoakReading> {
  const sample = await probe.sample();
  return {
    'heap bytes': sample.heapBytes,
    'buffer bytes': sample.buffersBytes,
    ...(sample.engineHeapBytes !== undefined && {
      'engine heap bytes': sample.engineHeapBytes,
      'engine buffer bytes': sample.engineBuffersBytes,
    }),
    'resident bytes': sample.residentBytes,
  };
}

async function launch(): Promise<Browser> {
  const executablePath = findBrowser('chromium');
  return chromium.launch({
    args: [...chromiumArgs],
    ...(executablePath !== undefined && { executablePath }),
  });
}

async function contextIn(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ permissions: [...chromiumPermissions] });
  // What runs this file keeps the names of functions with a helper of its own, which pages do not have.
  await context.addInitScript('globalThis.__name = (named) => named;');
  await tapConnections(context);
  return context;
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  return within(promise, hangMs, what);
}
