/** What the owner's tab does while another tab is in front of it, beside the same while it is seen. */

import type { Page } from '@playwright/test';
import { call, connectDuet, type Harness, type Section } from '../support/harness';
import { atMost, type Row, rowOf } from '../support/rows';
import { graceSeconds, TabbedBrowser } from '../support/tabbed-browser';
import { epochOf, publishEpochs, remoteEpoch, type TrainingPages } from './training';

const repeats = 3;
const ops = 3000;
const transferBytes = 16 * 1024 * 1024;

/** Only within it does a browser put a tab under the strictest rules. */
const hiddenForMs = (graceSeconds + 2) * 1000;

interface Work {
  readonly name: string;
  /** Milliseconds. */
  readonly run: (pages: TrainingPages) => Promise<number>;
}

const epochs = [epochOf('conv', 'train'), epochOf('dense', 'train')] as const;

const works: readonly Work[] = [
  ...epochs.map((epoch) => ({
    name: `${epoch.network} epoch by duet.train`,
    run: async (pages: TrainingPages) => (await remoteEpoch(pages, epoch)).ms,
  })),
  {
    name: `${ops} small ops, and a get of the last`,
    run: ({ scientist }) => call<number>(scientist, 'runOps', ops),
  },
  {
    name: `get of ${transferBytes / 2 ** 20} MB`,
    run: ({ scientist }) => call<number>(scientist, 'getBytes', transferBytes),
  },
];

/** The owner's tab, and one that can be put in front of it. */
interface Tabs {
  readonly owner: Page;
  readonly other: Page;
}

async function show({ owner }: Tabs): Promise<void> {
  await owner.bringToFront();
  await owner.waitForFunction(() => !document.hidden);
}

async function hide({ owner, other }: Tabs): Promise<void> {
  await other.bringToFront();
  // Not by animation frames, which do not come.
  await owner.waitForFunction(() => document.hidden, undefined, { polling: 100 });
}

async function measured(tabs: Tabs, pages: TrainingPages): Promise<readonly Row[]> {
  for (const { run } of works) await run(pages);
  const values = works.map((): number[] => []);
  const references = works.map((): number[] => []);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    await show(tabs);
    for (const [at, { run }] of works.entries()) references[at]?.push(await run(pages));
    await hide(tabs);
    await tabs.owner.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), hiddenForMs);
    await call(tabs.owner, 'watchHidden');
    for (const [at, { run }] of works.entries()) values[at]?.push(await run(pages));
    if ((await call<number>(tabs.owner, 'timesSeen')) > 0) {
      throw new Error('The owner’s tab was seen while it was measured hidden.');
    }
  }
  return works.map(({ name }, at) =>
    rowOf({
      name: `hidden owner tab: ${name}`,
      unit: 'ms',
      values: values[at] ?? [],
      references: references[at] ?? [],
      referenceName: 'visible',
      target: atMost(1.1),
    }),
  );
}

async function inTabs(harness: Harness, browser: TabbedBrowser): Promise<readonly Row[]> {
  const owner = await browser.openTab(`${harness.origin}/e2e/bench/pages/training-owner.html`);
  await owner.waitForFunction(() => 'bench' in globalThis);
  const other = await browser.openTab('about:blank');
  const scientist = await harness.open('training-scientist');
  const pages = { owner, scientist };
  await show({ owner, other });
  await connectDuet(harness, owner, scientist);
  await publishEpochs(pages, epochs);
  return measured({ owner, other }, pages);
}

/** Timers of a hidden tab come once a second at best; whatever depends on one shows here. */
export const hidden: Section = {
  name: 'hidden',
  async run(harness) {
    const browser = await TabbedBrowser.open();
    try {
      return await inTabs(harness, browser);
    } finally {
      await browser.close();
    }
  },
};
