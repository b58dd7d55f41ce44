/** The owner's page while it trains and receives 256 MB. */

import type { Page } from '@playwright/test';
import type { Held } from '../pages/main-thread';
import { call, connectDuet, type Section } from '../support/harness';
import { below, type Row, rowOf } from '../support/rows';

const megabytes = 256;
const bytes = megabytes * 1024 * 1024;
/** In most of them there is no long task at all, so that few would give now one figure, now another. */
const turns = 5;

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
    return whileTraining({ owner, scientist });
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
