/**
 * `npm run bench [-- <section> …]`: measures, prints the tables and writes them to `e2e/bench/results`. Nothing here is a
 * test. Each section has browsers of its own, so that none inherits what another left.
 */

import { sections } from './sections';
import { Harness } from './support/harness';
import { machineWith, tableOf, writeResults } from './support/results';

const wanted = process.argv.slice(2);
const names = sections.map(({ name }) => name);
for (const name of wanted) {
  if (!names.includes(name)) {
    console.error(`There is no section ${name}. There are: ${names.join(', ')}.`);
    process.exit(2);
  }
}

for (const section of sections) {
  if (wanted.length > 0 && !wanted.includes(section.name)) continue;
  const harness = await Harness.open();
  try {
    const rows = await section.run(harness);
    const results = {
      section: section.name,
      measured: new Date().toISOString().slice(0, 10),
      machine: machineWith(`Chromium ${harness.browser.version()}`),
      rows,
    };
    writeResults(results, names);
    console.log(tableOf([results]));
  } finally {
    await harness.close();
  }
}
