/** A dozen faults in the middle of work; `npm run chaos` does hundreds. */

import { Chaos, faults } from '../support/chaos';
import { ChaosSite } from '../support/chaos-site';
import { tapConnections } from '../support/connections';
import { expect, test } from '../support/fixtures';

const seed = Number(process.env['DUET_CHAOS_SEED'] ?? 1);
const rounds = 12;

test(`a dozen faults lose nothing, repeat nothing and leave nothing hanging (seed ${seed})`, async ({
  newPerson,
}, testInfo) => {
  test.setTimeout(300_000);
  const site = await ChaosSite.open(testInfo.outputPath('site'));
  const contexts = [await newPerson(), await newPerson()] as const;
  for (const context of contexts) await tapConnections(context);
  const chaos = new Chaos(site, await contexts[0].newPage(), await contexts[1].newPage(), seed);
  try {
    await chaos.begin();
    // Each kind once, then what the seed says.
    for (let at = 0; at < rounds; at += 1) {
      const fault = faults[at] ?? chaos.draw();
      await test.step(fault, () => chaos.round(fault));
    }
    await chaos.finish();
  } finally {
    await site.close();
  }
  expect(chaos.figures.rounds).toHaveLength(rounds);
  expect(chaos.figures.broken).toBeGreaterThan(0);
  expect(chaos.figures.additions).toBeGreaterThan(0);
  expect(chaos.figures.answers).toBeGreaterThan(0);
});
