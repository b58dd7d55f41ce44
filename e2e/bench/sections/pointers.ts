/** Does an op cost more where much is alive? */

import { call, connectDuet, type Section } from '../support/harness';
import { atMost, rowOf } from '../support/rows';

const repeats = 7;
const [few, many] = [1_000, 10_000];
const ops = 20_480;

export const pointers: Section = {
  name: 'pointers',
  async run(harness) {
    const owner = await harness.open('actions');
    const scientist = await harness.open('actions');
    await connectDuet(harness, owner, scientist);
    await call(scientist, 'prepare');
    const microseconds = async (live: number): Promise<number> => {
      await call(scientist, 'keepLive', live);
      return 1e6 / (await call<number>(scientist, 'opRate', ops, 512));
    };
    for (const live of [few, many]) await microseconds(live);
    const references: number[] = [];
    const values: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      references.push(await microseconds(few));
      values.push(await microseconds(many));
    }
    return [
      rowOf({
        name: 'an op with 10,000 live pointers',
        unit: 'µs',
        values,
        references,
        referenceName: 'with 1,000',
        // Garbage collection looks at all that lives: a constant share, far from the 10 of a search through it.
        target: atMost(1.25),
      }),
    ];
  },
};
