/** The check is itself checked: leaks that are planted on purpose are caught by the very same comparison. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sentLabel } from '../../../owner/src/labels';
import { Workspace } from '../../../owner/src/workspace';
import { type Comparison, compare } from './compare';
import { deciding, releasing, running } from './fixed-programs';
import { leaksOfDecisions } from './leaks-of-decisions';
import { leaksOfMessages, leaksOfRuns } from './leaks-of-messages';
import { observe, type Plant } from './observe';
import type { Program } from './programs';
import { quickDigests } from './quick-digests';

let undo: () => void;
beforeAll(() => {
  undo = quickDigests();
});
afterAll(() => undo());

async function differs(program: Program, plant?: Plant): Promise<Comparison> {
  const one = await observe(program, { seed: 3, secret: false }, plant);
  return compare(one, await observe(program, { seed: 4, secret: true }, plant));
}

const leaks: readonly (readonly [name: string, program: Program, plant: Plant])[] = [
  ...Object.entries(leaksOfMessages).map(([name, plant]) => [name, releasing, plant] as const),
  ...Object.entries(leaksOfRuns).map(([name, plant]) => [name, running, plant] as const),
  ...Object.entries(leaksOfDecisions).map(([name, plant]) => [name, deciding, plant] as const),
];

describe('without a leak', () => {
  it.each([
    // Welcomes, catalogues, and all that is answered, some of it on a released value.
    ['a program that releases', releasing, 45],
    ['one with plans and runs', running, 45],
    ['one with handlers, kept requests and two scientists', deciding, 80],
  ] as const)('%s tells nothing', async (_, program, least) => {
    const { compared, difference } = await differs(program);
    expect(difference).toBeUndefined();
    expect(compared).toBeGreaterThan(least);
  });

  it.each(['fails', 'lost'] as const)('where an engine %s by values', async (engine) => {
    for (const program of [releasing, running, deciding]) {
      expect((await differs({ ...program, engine })).difference).toBeUndefined();
    }
  });
});

describe('a leak that is planted on purpose is caught', () => {
  it('in at least thirty places', () => {
    expect(leaks.length).toBeGreaterThanOrEqual(30);
  });

  it.each(leaks)('%s', async (_, program, plant) => {
    expect((await differs(program, plant)).difference).toBeDefined();
  });

  it('an output whose label was not joined', async () => {
    const joined = vi.spyOn(Workspace.prototype, 'originOf');
    joined.mockImplementation(function (this: Workspace) {
      return sentLabel(this.peer.fingerprint);
    });
    try {
      expect((await differs(running)).difference).toBeDefined();
    } finally {
      joined.mockRestore();
    }
  });
});
