/** Round trips of small gets, idle and beside a large transfer in the same connection. */

import type { Page } from '@playwright/test';
import { call, connectDuet, connectRaw, type Harness, type Section } from '../support/harness';
import { withLastingPage } from '../support/lasting-page';
import { atMost, median, type Row, rowOf } from '../support/rows';

const turns = 7;
const inTurn = 40;
const warmUps = 30;
/** A get may take so much longer than its way there and back, besides the op. */
const allowed = 1.3;

interface Taken {
  readonly pings: number[];
  readonly ops: number[];
  readonly gets: number[];
  readonly openGets: number[];
}

export const getsSection: Section = {
  name: 'gets',
  run: (harness) => withLastingPage(harness, 'gets', (owner) => measure(harness, owner)),
};

async function measure(harness: Harness, owner: Page): Promise<readonly Row[]> {
  const scientist = await harness.open('gets');
  await connectRaw(owner, scientist);
  await call(owner, 'rawEcho');
  await connectDuet(harness, owner, scientist);
  await call(owner, 'publish');
  for (const name of ['rawPings', 'gets', 'openGets']) await call(scientist, name, warmUps);
  await call(owner, 'ops', warmUps);

  const idle: Taken = { pings: [], ops: [], gets: [], openGets: [] };
  const loaded: Taken = { pings: [], ops: [], gets: [], openGets: [] };
  const measured = async (page: Page, name: string, ...args: unknown[]) =>
    median(await call<number[]>(page, name, ...args));
  for (let turn = 0; turn < turns; turn += 1) {
    idle.pings.push(await measured(scientist, 'rawPings', inTurn));
    idle.ops.push(await measured(owner, 'ops', inTurn));
    idle.gets.push(await measured(scientist, 'gets', inTurn));
    idle.openGets.push(await measured(scientist, 'openGets', inTurn));
  }
  for (let turn = 0; turn < turns; turn += 1) {
    const pings = measured(scientist, 'rawPingsUnderLoad');
    await call(owner, 'rawBulk');
    loaded.pings.push(await pings);
    loaded.ops.push(await measured(owner, 'ops', inTurn));
    loaded.gets.push(await measured(scientist, 'getsUnderLoad'));
  }
  return [
    getRow('scalar get, accepted by a handler, idle', idle),
    getRow('scalar get, accepted by a handler, while 64 MB are crossing', loaded),
    rowOf({
      name: 'scalar get of a value that needs no grant, idle',
      unit: 'ms',
      values: idle.openGets,
      references: bounds(idle),
      referenceName: boundName,
    }),
    rowOf({ name: 'raw ping-pong of 100 bytes, idle', unit: 'ms', values: idle.pings }),
    rowOf({
      name: 'raw ping-pong of 100 bytes, while 64 MB are crossing',
      unit: 'ms',
      values: loaded.pings,
    }),
    rowOf({ name: 'the op itself, in the owner’s engine', unit: 'ms', values: idle.ops }),
  ];
}

const boundName = `${allowed} × raw ping-pong + the op`;

function bounds({ pings, ops }: Taken): number[] {
  return pings.map((ping, at) => allowed * ping + (ops[at] ?? Number.NaN));
}

function getRow(name: string, taken: Taken): Row {
  return rowOf({
    name,
    unit: 'ms',
    values: taken.gets,
    references: bounds(taken),
    referenceName: boundName,
    target: atMost(1),
    note: 'The op itself is the sum and the reading of its result by the owner’s page, from an engine like the one that answers the get; it is measured without load. The owner’s storage is on the disk. What holds it: a release is in the audit before its first byte leaves, and what the handler spends before the accept is told: two transactions of IndexedDB, the first of them beside the reading of the value.',
  });
}
