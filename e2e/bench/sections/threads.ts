/** What threads bring to the wasm backend: two beside one, by turns. */

import { call, type Section } from '../support/harness';
import { median, type Row, rowOf } from '../support/rows';

const rounds = 7;

interface Measured {
  readonly work: 'step' | 'large product' | 'small product';
  readonly name: string;
  /** Runs in one round. */
  readonly count: number;
}

const measured: readonly Measured[] = [
  { work: 'step', name: 'step of Duet’s MNIST network, batch 64, wasm on 2 threads', count: 3 },
  {
    work: 'large product',
    name: 'product of two 512 × 512 matrices, wasm on 2 threads',
    count: 40,
  },
  { work: 'small product', name: 'product of two 64 × 64 matrices, wasm on 2 threads', count: 400 },
];

interface Started {
  readonly ms: number;
  readonly threads: number;
}

export const threads: Section = {
  name: 'threads',
  async run(harness) {
    const page = await harness.open('threads');
    const starts: Record<1 | 2, number[]> = { 1: [], 2: [] };
    for (let round = 0; round < rounds; round++) {
      for (const count of [1, 2] as const) {
        const started = await call<Started>(page, 'start', count);
        if (started.threads !== count) throw new Error(`There are ${started.threads} threads.`);
        starts[count].push(started.ms);
      }
    }
    const rows: Row[] = [];
    for (const { work, name, count } of measured) {
      const times: Record<1 | 2, number[]> = { 1: [], 2: [] };
      for (let round = 0; round < rounds; round++) {
        for (const on of [1, 2] as const) {
          times[on].push(median(await call<number[]>(page, 'run', on, work, count)));
        }
      }
      rows.push(
        rowOf({
          name,
          unit: 'ms',
          values: times[2],
          references: times[1],
          referenceName: 'on 1 thread',
        }),
      );
    }
    return [
      ...rows,
      rowOf({
        name: 'start of the wasm backend on 2 threads, in a worker',
        unit: 'ms',
        values: starts[2],
        references: starts[1],
        referenceName: 'on 1 thread',
        note: 'By default a machine of two processors gets one thread, and the page has the other to itself.',
      }),
    ];
  },
};
