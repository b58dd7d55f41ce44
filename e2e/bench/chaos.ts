/**
 * `npm run chaos [-- --faults 200 --seed 1]`: faults in real browsers, in runs of 25 with a seed each, and what they cost. The
 * run that failed is done again by its seed and `--faults 25`. Ends with exit code 1 at the first thing that is lost, twice, or
 * hangs.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from '@playwright/test';
import { chromiumArgs, chromiumPermissions, findBrowser } from '../../scripts/browsers';
import { inRepository } from '../../scripts/tools';
import { Chaos, type ChaosFigures, type Fault, faults } from '../support/chaos';
import { ChaosSite } from '../support/chaos-site';
import { tapConnections } from '../support/connections';

const faultsPerRun = 25;

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const wanted = Number(values.faults);
const firstSeed = Number(values.seed);

async function run(browser: Browser, seed: number, count: number): Promise<ChaosFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'duet-chaos-'));
  const site = await ChaosSite.open(folder);
  const options = { permissions: [...chromiumPermissions] };
  const contexts = [await browser.newContext(options), await browser.newContext(options)] as const;
  try {
    for (const context of contexts) {
      // What runs this file keeps the names of functions with a helper of its own, which pages do not have.
      await context.addInitScript('globalThis.__name = (named) => named;');
      await tapConnections(context);
    }
    const chaos = new Chaos(site, await contexts[0].newPage(), await contexts[1].newPage(), seed);
    await chaos.begin();
    for (let at = 0; at < count; at += 1) {
      const fault = chaos.draw();
      console.log(`  ${at + 1}. ${fault}`);
      await chaos.round(fault);
    }
    await chaos.finish();
    return chaos.figures;
  } finally {
    for (const context of contexts) await context.close();
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Row {
  readonly fault: Fault | 'all';
  readonly count: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly longestMs: number;
}

function rowOf(fault: Row['fault'], unsorted: readonly number[]): Row {
  const times = [...unsorted].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN);
  return {
    fault,
    count: times.length,
    medianMs: at(0.5),
    p95Ms: at(0.95),
    longestMs: at(1),
  };
}

function rowsOf(all: readonly ChaosFigures[]): Row[] {
  const rounds = all.flatMap((figures) => figures.rounds);
  const timesOf = (fault?: Fault): number[] =>
    rounds
      .filter((round) => fault === undefined || round.fault === fault)
      .map(({ recoveredMs }) => recoveredMs);
  return [...faults.map((fault) => rowOf(fault, timesOf(fault))), rowOf('all', timesOf())];
}

/** Runs in which something was lost, came twice or hung do not come here. */
function write(all: readonly ChaosFigures[], browserVersion: string): void {
  const total = (of: Exclude<keyof ChaosFigures, 'rounds'>): number =>
    all.reduce((sum, figures) => sum + figures[of], 0);
  const rows = rowsOf(all);
  const facts = {
    faults: rows.at(-1)?.count ?? 0,
    firstSeed,
    runs: all.length,
    channelsBroken: total('broken'),
    additions: total('additions'),
    answers: total('answers'),
    transferredMegabytes: Math.round(total('transferredBytes') / 1e6),
    interruptedByReloads: total('interrupted'),
    browser: `Chromium ${browserVersion}`,
    cores: availableParallelism(),
  };
  const lines = [
    '# Faults in real browsers',
    '',
    `${facts.faults} faults in the middle of ${facts.additions} additions on one chain after the other, ${facts.answers} requests and`,
    `${facts.transferredMegabytes} MB of transfers between two pages of ${facts.browser} on ${facts.cores} cores. Nothing was lost, nothing came twice,`,
    `nothing hung; ${facts.interruptedByReloads} jobs ended with a page that was reloaded, and what they had done was there. Seeds ${firstSeed} to ${firstSeed + all.length - 1}.`,
    '',
    'Milliseconds from the fault to the end of all work under way, and for reloads to a page that has its session back:',
    '',
    '| fault | count | median | 95th percentile | longest |',
    '|---|---|---|---|---|',
    ...rows.map(
      ({ fault, count, medianMs, p95Ms, longestMs }) =>
        `| ${fault} | ${count} | ${count === 0 ? '' : medianMs} | ${count === 0 ? '' : p95Ms} | ${count === 0 ? '' : longestMs} |`,
    ),
    '',
    'Made by `npm run chaos`; `--seed` and `--faults 25` do one of its runs again.',
    '',
  ];
  const folder = inRepository('e2e/bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'chaos.json'), `${JSON.stringify({ ...facts, rows }, null, 2)}\n`);
  writeFileSync(join(folder, 'chaos.md'), lines.join('\n'));
  console.log(lines.join('\n'));
}

const executablePath = findBrowser('chromium');
const browser = await chromium.launch({
  args: [...chromiumArgs],
  ...(executablePath !== undefined && { executablePath }),
});
const all: ChaosFigures[] = [];
try {
  for (let done = 0; done < wanted; done += faultsPerRun) {
    const seed = firstSeed + all.length;
    console.log(`Seed ${seed}:`);
    all.push(await run(browser, seed, Math.min(faultsPerRun, wanted - done)));
  }
  write(all, browser.version());
} finally {
  await browser.close();
}
