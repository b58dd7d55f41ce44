import { isDuetError, limits } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { innerSalt, permutation, RunLayout, type RunShape, saltedSeed } from '../src';

const shapes: fc.Arbitrary<RunShape> = fc
  .record({
    id: fc.integer({ min: 1, max: 1000 }),
    epochs: fc.integer({ min: 1, max: 4 }),
    records: fc.integer({ min: 1, max: 23 }),
    batch: fc.double({ min: 0, max: 1, noNaN: true }),
    shuffle: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    first: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    reportEvery: fc.integer({ min: 0, max: 9 }),
    checkpointEvery: fc.integer({ min: 0, max: 9 }),
    progressEvery: fc.integer({ min: 1, max: 9 }),
    withLast: fc.boolean(),
    reports: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ batch, first, ...shape }) => {
    const batchSize = 1 + Math.floor(batch * (shape.records - 1));
    const { steps } = new RunLayout({ ...shape, batchSize, firstStep: 0 });
    return { ...shape, batchSize, firstStep: Math.floor(first * steps) };
  });

/** Every id that the run takes, in the order in which it makes what has them. */
function idsOf(layout: RunLayout): number[] {
  const { shape, steps } = layout;
  const ids: number[] = [];
  for (let done = shape.firstStep + 1; done <= steps; done++) {
    if (layout.reportsAfter(done)) {
      for (let which = 0; which < shape.reports; which++) ids.push(layout.reportId(done, which));
    }
  }
  for (let done = shape.firstStep + 1; done <= steps; done++) {
    if (layout.checkpointsAfter(done)) ids.push(layout.checkpointId(done));
  }
  return ids;
}

describe('RunLayout', () => {
  test('ids are unique, increase, and end with the last', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const layout = new RunLayout(shape);
        const ids = idsOf(layout);
        expect(ids).toEqual(ids.map((_, at) => shape.id + 1 + at));
        expect(layout.lastId).toBe(ids.at(-1) ?? shape.id);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('every record is in exactly one batch of an epoch, but for a last one that is left out', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const layout = new RunLayout({ ...shape, firstStep: 0 });
        const { records, batchSize, withLast } = shape;
        for (let epoch = 0; epoch < shape.epochs; epoch++) {
          const seen: number[] = [];
          for (let at = 0; at < layout.stepsPerEpoch; at++) {
            const step = epoch * layout.stepsPerEpoch + at;
            const { from, to } = layout.at(step);
            const batch = layout.batch(step);
            expect(layout.at(step)).toMatchObject({ step, epoch });
            expect([...batch]).toEqual([...layout.order(epoch).slice(from, to)]);
            const isLast = at === layout.stepsPerEpoch - 1;
            if (!isLast || !withLast) expect(batch.length).toBe(batchSize);
            seen.push(...batch);
          }
          const left = withLast ? 0 : records % batchSize;
          expect(seen).toHaveLength(records - left);
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.every((record) => record >= 0 && record < records)).toBe(true);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test('a run that goes on is the rest of the one that went through', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const [whole, rest] = [new RunLayout({ ...shape, firstStep: 0 }), new RunLayout(shape)];
        expect(rest.steps).toBe(whole.steps);
        for (let step = shape.firstStep; step < whole.steps; step++) {
          expect(rest.at(step)).toEqual(whole.at(step));
          expect(rest.batch(step)).toEqual(whole.batch(step));
          const done = step + 1;
          expect(rest.reportsAfter(done)).toBe(whole.reportsAfter(done));
          expect(rest.checkpointsAfter(done)).toBe(whole.checkpointsAfter(done));
          expect(rest.progressAfter(done)).toBe(whole.progressAfter(done));
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('progress is told with every report and checkpoint, and at the end', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const layout = new RunLayout(shape);
        for (let done = shape.firstStep + 1; done <= layout.steps; done++) {
          const told = layout.progressAfter(done);
          if (layout.reportsAfter(done) || layout.checkpointsAfter(done)) expect(told).toBe(true);
          if (done % shape.progressEvery === 0) expect(told).toBe(true);
        }
        expect(layout.progressAfter(layout.steps)).toBe(true);
        expect(layout.reportsAfter(layout.steps)).toBe(true);
        expect(layout.checkpointsAfter(layout.steps)).toBe(false);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  const run: RunShape = {
    id: 1,
    epochs: 2,
    batchSize: 3,
    shuffle: true,
    seed: 1,
    firstStep: 0,
    reportEvery: 0,
    checkpointEvery: 0,
    progressEvery: 10,
    records: 10,
    withLast: true,
    reports: 1,
  };

  test('without a number of its own a report comes once an epoch', () => {
    const layout = new RunLayout(run);
    const reported = [1, 2, 3, 4, 5, 6, 7, 8].filter((done) => layout.reportsAfter(done));
    expect(layout.steps).toBe(8);
    expect(reported).toEqual([4, 8]);
  });

  test.each<[string, Partial<RunShape>, string, RegExp]>([
    ['an empty batch', { batchSize: 0 }, 'bad-argument', /batch of 0/],
    ['a batch larger than the data', { batchSize: 11 }, 'bad-argument', /from 10 records/],
    ['no epoch', { epochs: 0 }, 'bad-argument', /at least one epoch/],
    ['a start after the end', { firstStep: 8 }, 'bad-argument', /not before the run’s end, 8/],
    ['no progress', { progressEvery: 0 }, 'bad-argument', /at least 1/],
    ['too many steps', { epochs: limits.runSteps }, 'limit', /over the limit/],
    [
      'more records than can be shuffled in a moment',
      { records: limits.shuffledRecords + 1 },
      'limit',
      /shuffle: false/,
    ],
    ['ids beyond the last', { id: limits.id }, 'limit', /ids are used up/],
  ])('%s is refused', (_, change, code, says) => {
    let thrown: unknown;
    try {
      new RunLayout({ ...run, ...change });
    } catch (error) {
      thrown = error;
    }
    expect(isDuetError(thrown) && thrown.code).toBe(code);
    expect((thrown as Error).message).toMatch(says);
  });
});

describe('what is drawn from public seeds', () => {
  test('a permutation has every number once, follows from seed and epoch, and differs with each', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.nat(100),
        (count, seed, epoch) => {
          const order = permutation(count, seed, epoch);
          expect([...order].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
          expect(permutation(count, seed, epoch)).toEqual(order);
        },
      ),
      { seed: 5 },
    );
    const orders = [
      [7, 0],
      [7, 1],
      [8, 0],
    ].map(([seed = 0, epoch = 0]) => permutation(100, seed, epoch).join());
    expect(new Set(orders).size).toBe(3);
  });

  test('every place of a permutation can have every record', () => {
    const seen = Array.from({ length: 5 }, () => new Set<number>());
    for (let seed = 0; seed < 200; seed++) {
      permutation(5, seed, 0).forEach((record, place) => {
        seen[place]?.add(record);
      });
    }
    expect(seen.map(({ size }) => size)).toEqual([5, 5, 5, 5, 5]);
  });

  test('a salted seed is what every op takes for a seed, and hangs on both', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (seed, salt) => {
          const mixed = saltedSeed(seed, salt);
          expect(Number.isInteger(mixed) && mixed >= 1 && mixed < 2 ** 31).toBe(true);
          const inner = innerSalt(salt, 3);
          expect(Number.isInteger(inner) && inner >= 0 && inner < 2 ** 32).toBe(true);
        },
      ),
      { seed: 6 },
    );
    const parts = Array.from({ length: 1000 }, (_, part) => innerSalt(5, part));
    const salts = Array.from({ length: 1000 }, (_, salt) => saltedSeed(5, salt));
    const seeds = Array.from({ length: 1000 }, (_, seed) => saltedSeed(seed, 5));
    for (const drawn of [parts, salts, seeds]) expect(new Set(drawn).size).toBeGreaterThan(998);
  });
});
