/** What one operation costs beside few and beside many waiting requests or published objects. */

import type { Page } from '@playwright/test';
import { call, type Harness, type Section } from '../support/harness';
import { atMost, type Row, rowOf } from '../support/rows';

/** Of one operation, by its name. */
type Costs = Readonly<Record<string, number>>;

interface Growth {
  readonly open: string;
  readonly measure: string;
  readonly few: number;
  readonly many: number;
  readonly count: number;
  readonly repeats: number;
  /** What each operation is, and what it is beside. */
  readonly words: Readonly<Record<string, string>>;
  readonly beside: string;
}

/** More than noise, and far less than the tenfold or hundredfold that a cost per entry would be. */
const flat = 1.5;
const warmUps = 2;

async function grow(harness: Harness, growth: Growth): Promise<readonly Row[]> {
  const page = await harness.open('lists');
  await call(page, growth.open, 'few', growth.few);
  await call(page, growth.open, 'many', growth.many);
  const costs: { few: Costs[]; many: Costs[] } = { few: [], many: [] };
  for (let turn = 0; turn < warmUps + growth.repeats; turn += 1) {
    const [few, many] = [await costOf(page, growth, 'few'), await costOf(page, growth, 'many')];
    if (turn < warmUps) continue;
    costs.few.push(few);
    costs.many.push(many);
  }
  return Object.entries(growth.words).map(([operation, words]) => {
    const of = (each: readonly Costs[]) => each.map((cost) => cost[operation] ?? Number.NaN);
    return rowOf({
      name: `${words}, beside ${growth.many} ${growth.beside}`,
      unit: 'µs',
      values: of(costs.many),
      references: of(costs.few),
      referenceName: `beside ${growth.few}`,
      // A table returns all of them: what it costs is only shown.
      ...(operation !== 'row' && { target: atMost(flat) }),
    });
  });
}

function costOf(page: Page, { measure, count }: Growth, name: string): Promise<Costs> {
  return call<Costs>(page, measure, name, count);
}

export const requestsSection: Section = {
  name: 'requests',
  run: (harness) =>
    grow(harness, {
      open: 'openRequests',
      measure: 'requestCosts',
      few: 100,
      many: 1000,
      count: 40,
      repeats: 7,
      beside: 'waiting requests',
      words: {
        ask: 'a request, asked until the owner’s side lists it',
        accept: 'a request, accepted by hand and fetched',
        decide: 'a request, denied by a handler',
        row: 'one row of the owner’s table of requests',
      },
    }),
};

export const catalogueSection: Section = {
  name: 'catalogue',
  run: (harness) =>
    grow(harness, {
      open: 'openCatalogue',
      measure: 'catalogueCosts',
      few: 100,
      many: 10_000,
      count: 200,
      repeats: 7,
      beside: 'published objects',
      words: {
        byTag: 'an object, found by its tag on the scientist’s side',
        byId: 'an object, found by its id on the scientist’s side',
        ownByTag: 'an object, found by its tag on the owner’s side',
        add: 'an object, published until the scientist’s side has it',
        remove: 'an object, taken back until the scientist’s side knows',
        row: 'one row of the scientist’s table of objects',
      },
    }),
};
