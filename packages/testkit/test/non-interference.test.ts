/**
 * Promise 1: what leaves the owner's side is the same for any two private data sets with equal public metadata, but for
 * the payloads of grants. `npm run test:interference` runs many more of these programs.
 */

import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Census } from './non-interference/census';
import { compare } from './non-interference/compare';
import { observe } from './non-interference/observe';
import { programOf } from './non-interference/programs';
import { quickDigests } from './non-interference/quick-digests';

const count = Number(process.env['DUET_PROGRAMS'] ?? 200);
const first = Number(process.env['DUET_FIRST_PROGRAM'] ?? 0);
/** Another seed gives other programs of the same numbers. */
const seed = Number(process.env['DUET_SEED'] ?? 1);
const censusFile = process.env['DUET_CENSUS'];

const enough = 200;

/** What some of so many programs hear. */
const outcomes = [
  'decision accepted',
  'decision denied',
  'decision expired',
  'decision revoked',
  'failed withdrawn',
  'failed op-failed',
  'fault rate',
  'fault limit',
  'fault duplicate-request',
  'value rounded',
  'value with a receipt',
  'progress running',
  'progress finished',
  'progress cancelled',
  'kept waiting',
  'kept accepted',
  'kept denied',
  'gone',
];

/** Programs that one test runs. */
const atOnce = 50;

const census = new Census();
const seeds = fc.tuple(fc.nat(), fc.nat());

let undo: () => void;
beforeAll(() => {
  undo = quickDigests();
});
afterAll(() => undo());

/** One program, in two worlds. A number and a seed give the same program always. */
async function check(index: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(programOf(index), seeds, async (program, [one, other]) => {
      const a = await observe(program, { seed: one, secret: false });
      const b = await observe(program, { seed: other, secret: true });
      const comparison = await compare(a, b);
      expect(comparison.difference).toBeUndefined();
      census.add(program, b, comparison);
    }),
    { seed: seed + index, numRuns: 1, unbiased: true },
  );
}

describe('what leaves before a decision is the same for any two private data sets', () => {
  const end = first + count;
  const starts = Array.from({ length: Math.ceil(count / atOnce) }, (_, at) => first + at * atOnce);

  it.each(starts)('random programs from number %i on', { timeout: 600_000 }, async (from) => {
    for (let index = from; index < Math.min(end, from + atOnce); index += 1) await check(index);
    if (censusFile !== undefined) writeFileSync(censusFile, JSON.stringify(census));
  });

  it('and these programs get everywhere', () => {
    expect(census.programs).toBe(count);
    // A few need not; those of a run in shares are looked at together.
    if (count < enough) return;
    const { ops, told, failing, compared } = census;
    expect([...ops].filter(([, times]) => times === 0)).toEqual([]);
    expect(failing).toBeGreaterThan(count / 5);
    expect(compared / count).toBeGreaterThan(60);
    expect(outcomes.filter((words) => !told.has(words))).toEqual([]);
  });
});
