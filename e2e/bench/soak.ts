/**
 * `npm run soak [-- --minutes 30 --seed 1]`: random work between two real pages, each in a browser of its own, over real WebRTC,
 * while connections, the server and the engine break and visitors come and go. Every minute the collector runs and memory is
 * read. Ends with exit code 1 if anything hangs, gives a wrong value, or grows on either side.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inRepository } from '../../scripts/tools';
import { Soak, type SoakFigures } from '../support/soak';
import { growthOf, type SoakGrowth } from '../support/soak-growth';
import { machineWith } from './support/results';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);

const byCount = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

const shown = (figure: string, value: number): string =>
  figure.endsWith('bytes') ? `${(value / 1e6).toFixed(2)} MB` : String(Number(value.toFixed(2)));

function write(figures: SoakFigures, growth: readonly SoakGrowth[]): void {
  const machine = machineWith(figures.browser);
  const facts = { minutes, seed, measured: new Date().toISOString().slice(0, 10), machine };
  const lines = [
    '# Soak',
    '',
    `${minutes} minutes of random work on ${facts.measured}, seed ${seed}: ${machine.cores} cores (${machine.processor}), ${machine.browser}.`,
    '',
    `- Jobs: ${byCount(figures.jobs)}.`,
    `- Ends of jobs other than done: ${byCount(figures.otherEnds) || 'none'}.`,
    `- Faults: ${byCount(figures.faults)}.`,
    '',
    'Growth is that over the last two thirds of the samples, one a minute, by the median of all slopes between two of them.',
    '',
    '| side | figure | median | growth | allowed | flat |',
    '|---|---|---|---|---|---|',
    ...growth.map(
      ({ side, figure, median, growth: grown, allowed, isFlat }) =>
        `| ${side} | ${figure} | ${shown(figure, median)} | ${shown(figure, grown)} | ${shown(figure, allowed)} | ${isFlat ? 'yes' : 'no'} |`,
    ),
    '',
    'Made by `npm run soak`.',
    '',
  ];
  const folder = inRepository('e2e/bench/results');
  mkdirSync(folder, { recursive: true });
  const json = { ...facts, ...figures, growth };
  writeFileSync(join(folder, 'soak.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(join(folder, 'soak.md'), lines.join('\n'));
  console.log(lines.join('\n'));
}

const folder = mkdtempSync(join(tmpdir(), 'duet-soak-'));
try {
  const soak = await Soak.open(folder, seed);
  try {
    await soak.run(minutes * 60_000);
    const growth = growthOf(soak.figures.samples);
    write(soak.figures, growth);
    if (growth.some(({ isFlat }) => !isFlat)) process.exitCode = 1;
  } finally {
    await soak.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
