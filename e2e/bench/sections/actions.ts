/** Small ops, pipelined: how many in a second, and how many bytes each. */

import type { Page } from '@playwright/test';
import { call, connectDuet, connectRaw, type Section } from '../support/harness';
import { above, atLeast, atMost, type Row, rowOf } from '../support/rows';

const repeats = 7;
const inFlight = [64, 512] as const;

interface Rates {
  readonly ops: number;
  readonly echo: number;
  readonly capnWeb: number;
  readonly comlink: number;
}

/** One after the other, so that all of them have the same machine. */
async function ratesOf(owner: Page, scientist: Page, many: number): Promise<Rates> {
  await call(owner, 'serveEcho');
  const echo = await call<number>(scientist, 'echoRate', 5_000, many);
  const ops = await call<number>(scientist, 'opRate', 20_480, many);
  await call(owner, 'serveCapnWeb');
  const capnWeb = await call<number>(scientist, 'capnWebRate', 3_000, many);
  const comlink = await call<number>(scientist, 'comlinkRate', 10_000, many);
  return { ops, echo, capnWeb, comlink };
}

export const actions: Section = {
  name: 'actions',
  async run(harness) {
    const owner = await harness.open('actions');
    const scientist = await harness.open('actions');
    await connectRaw(scientist, owner);
    await connectDuet(harness, owner, scientist);
    await call(scientist, 'prepare');
    // The first ones are compiled while they run.
    for (const many of inFlight) await ratesOf(owner, scientist, many);
    const rows: Row[] = [];
    for (const many of inFlight) {
      const rates: Rates[] = [];
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        rates.push(await ratesOf(owner, scientist, many));
      }
      const beside = (peer: Exclude<keyof Rates, 'ops'>) => ({
        unit: 'per second',
        values: rates.map(({ ops }) => ops),
        references: rates.map((each) => each[peer]),
      });
      const name = `small ops, ${many} in flight`;
      rows.push(
        rowOf({
          ...beside('echo'),
          name,
          referenceName: `raw echo of 100 bytes, ${many} in flight`,
          target: atLeast(4),
          note: holding,
        }),
        rowOf({
          ...beside('capnWeb'),
          name: `${name}, beside Cap’n Web`,
          referenceName: 'Cap’n Web over a data channel',
          target: above(1),
        }),
        rowOf({
          ...beside('comlink'),
          name: `${name}, beside Comlink`,
          referenceName: 'Comlink over the port of a worker',
          target: above(1),
          note: 'Comlink’s calls stay in one process, and cross one port; ops cross a data channel and then a port.',
        }),
      );
    }
    rows.push(
      rowOf({
        name: 'an `add` of two pointers on the channel',
        unit: 'bytes',
        values: [await call<number>(scientist, 'bytesPerOp', 1000)],
        target: atMost(24, 'value'),
        note: 'ids above 16,384; with the segment’s header, and a share of the frame’s',
      }),
    );
    return rows;
  },
};

const holding =
  'With few in flight it is held by the gets that tell what was executed: two frames to the owner and one back for each.';
