/** What either page needs for one large tensor, beyond what it keeps of it. */

import type { Page } from '@playwright/test';
import { call, connectDuet, type Section } from '../support/harness';
import { peakOf, processOf, startOfPeak } from '../support/memory';
import { atMost, rowOf } from '../support/rows';

const megabytes = 256;
const bytes = megabytes * 1024 * 1024;
/** Frames under way, what the page's collector has not come to yet, and all else that comes and goes. */
const constantMegabytes = 96;

interface Sides<Value> {
  readonly owner: Value;
  readonly scientist: Value;
}

/** How many times the tensor a page holds in the end, beside what it held before. */
const stored: Readonly<Record<'get' | 'send', Sides<number>>> = {
  // What was released is kept until it is dropped; the scientist's page has the tensor.
  get: { owner: 1, scientist: 1 },
  // What was sent is kept outside the engine, and the engine has it as well. The scientist's page had it before.
  send: { owner: 2, scientist: 0 },
};

export const memory: Section = {
  name: 'memory',
  async run(harness) {
    const { browser } = harness;
    const owner = await harness.open('main-thread');
    const scientist = await harness.open('main-thread');
    await connectDuet(harness, owner, scientist);
    await call(owner, 'publish', bytes);
    await call(scientist, 'makeLarge', bytes);
    const processes = {
      owner: await processOf(browser, owner),
      scientist: await processOf(browser, scientist),
    };
    const peaks = async (task: () => Promise<unknown>): Promise<Sides<number>> => {
      const before = {
        owner: await startOfPeak(owner, processes.owner),
        scientist: await startOfPeak(scientist, processes.scientist),
      };
      await task();
      return {
        owner: peakOf(processes.owner) - before.owner,
        scientist: peakOf(processes.scientist) - before.scientist,
      };
    };
    const sent = await peaks(() => call(scientist, 'sendLarge'));
    await call(scientist, 'letGo');
    const getting = call(scientist, 'getLarge');
    await isReady(scientist);
    const got = await peaks(async () => {
      await call(scientist, 'go');
      await getting;
    });
    return [...rowsOf('get', got), ...rowsOf('send', sent)];
  },
};

async function isReady(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { bench } = globalThis as unknown as { bench: { isReady(): boolean } };
    return bench.isReady();
  });
}

function rowsOf(what: 'get' | 'send', peaks: Sides<number>) {
  return (['owner', 'scientist'] as const).map((side) => {
    const kept = stored[what][side];
    return rowOf({
      name: `peak memory of the ${side}’s page, a ${what} of ${megabytes} MB, beyond what it keeps`,
      unit: 'MB',
      values: [peaks[side] - kept * megabytes],
      target: atMost(2 * megabytes + constantMegabytes, 'value'),
      note: `The peak of the process’s resident memory (VmHWM) above what it had before, less ${kept} × ${megabytes} MB that it keeps.`,
    });
  });
}
