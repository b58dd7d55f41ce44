/** The owner's page while it trains and receives 256 MB; and what either page needs for a tensor of so much. */

import type { Page } from '@playwright/test';
import type { Held } from '../pages/main-thread';
import { call, connectDuet, type Harness, type Section } from '../support/harness';
import { peakOf, processOf, startOfPeak } from '../support/memory';
import { atMost, below, type Row, rowOf } from '../support/rows';

const megabytes = 256;
const bytes = megabytes * 1024 * 1024;
/** In most of them there is no long task at all, so that few would give now one figure, now another. */
const turns = 5;
/** Frames under way, what the page's collector has not come to yet, and all else that comes and goes. */
const constantMegabytes = 96;

interface Pages {
  readonly owner: Page;
  readonly scientist: Page;
}

export const mainThread: Section = {
  name: 'main-thread',
  async run(harness) {
    const owner = await harness.open('main-thread');
    const scientist = await harness.open('main-thread');
    await connectDuet(harness, owner, scientist);
    await call(owner, 'publish', bytes);
    const pages = { owner, scientist };
    const held = await whileTraining(pages);
    return [...held, ...(await memory(harness, pages))];
  },
};

async function whileTraining({ owner, scientist }: Pages): Promise<Row[]> {
  await call(scientist, 'makeLarge', bytes);
  const tasks: number[] = [];
  const waits: number[] = [];
  let steps = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    await call(owner, 'watch');
    steps = await call<number>(scientist, 'sendWhileTraining');
    const { longestTaskMs, longestWaitMs } = await call<Held>(owner, 'watched');
    tasks.push(longestTaskMs);
    waits.push(longestWaitMs);
  }
  if (steps === 0) throw new Error('Nothing was trained meanwhile.');
  const name = `while training and receiving ${megabytes} MB`;
  return [
    rowOf({
      name: `longest main-thread task of the owner’s page ${name}`,
      unit: 'ms',
      values: tasks,
      target: below(50, 'value'),
      note: 'As the browser tells of tasks, which it does from 50 ms on: 0 means that there was none. Those that there are mostly free what was received.',
    }),
    rowOf({
      name: `longest wait of a message to the owner’s page itself ${name}`,
      unit: 'ms',
      values: waits,
      note: 'Includes what the machine gives to other processes meanwhile.',
    }),
  ];
}

/** Peaks of the resident memory above what was there before, which has the published tensor and the engine’s values in it. */
async function memory(harness: Harness, pages: Pages): Promise<Row[]> {
  const { browser } = harness;
  const { owner, scientist } = pages;
  const processes = {
    owner: await processOf(browser, owner),
    scientist: await processOf(browser, scientist),
  };
  const peaks = async (task: () => Promise<unknown>) => {
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
  await scientist.waitForFunction(() => {
    const { bench } = globalThis as unknown as { bench: { isReady(): boolean } };
    return bench.isReady();
  });
  const got = await peaks(async () => {
    await call(scientist, 'go');
    await getting;
  });
  const row = (side: string, what: string, value: number) =>
    rowOf({
      name: `peak memory of the ${side}’s page, ${what} ${megabytes} MB`,
      unit: 'MB',
      values: [value],
      target: atMost(2 * megabytes + constantMegabytes, 'value'),
      note: 'The peak of the process’s resident memory (VmHWM) above what it had before.',
    });
  return [
    row('owner', 'a get of', got.owner),
    row('scientist', 'a get of', got.scientist),
    row('owner', 'a send of', sent.owner),
    row('scientist', 'a send of', sent.scientist),
  ];
}
