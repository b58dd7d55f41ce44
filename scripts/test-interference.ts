/**
 * `npm run test:interference [-- 10000]`: many random programs in two worlds each, whose scientists must not hear a difference.
 * Every core takes a share. Ends with what came about in all of them.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageBin, runNode } from './tools';

/** What a share has written down; all of it can be added. */
interface Census {
  readonly programs: number;
  readonly refused: number;
  readonly poisoned: number;
  readonly failing: number;
  readonly compared: number;
  readonly ops: Readonly<Record<string, number>>;
  readonly told: Readonly<Record<string, number>>;
}

const test = 'packages/testkit/test/non-interference.test.ts';
const programs = Number(process.argv[2] ?? 10_000);
/** Of every op, in ten thousand programs. */
const leastCalls = Math.floor(programs / 100);

if (!Number.isSafeInteger(programs) || programs < 1) {
  console.error('How many programs? A whole number.');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'duet-interference-'));
const shares = Math.min(programs, availableParallelism());
const firstOf = (share: number) => Math.floor((programs * share) / shares);
const fileOf = (share: number) => join(folder, `${share}.json`);
const codes = await Promise.all(
  Array.from({ length: shares }, (_, share) =>
    runNode(packageBin('vitest'), ['run', '--project', 'node', test], {
      DUET_FIRST_PROGRAM: String(firstOf(share)),
      DUET_PROGRAMS: String(firstOf(share + 1) - firstOf(share)),
      DUET_CENSUS: fileOf(share),
    }),
  ),
);
if (codes.some((code) => code !== 0)) {
  console.error('A program told more than it may, or did not get far enough: see above.');
  process.exit(1);
}

const counted = Array.from(
  { length: shares },
  (_, share) => JSON.parse(readFileSync(fileOf(share), 'utf8')) as Census,
);
rmSync(folder, { recursive: true, force: true });
const sum = (of: (census: Census) => number) =>
  counted.reduce((total, census) => total + of(census), 0);
const sums = (of: (census: Census) => Readonly<Record<string, number>>) => {
  const keys = new Set(counted.flatMap((census) => Object.keys(of(census))));
  return [...keys].sort().map((key) => [key, sum((census) => of(census)[key] ?? 0)] as const);
};

const ops = sums(({ ops: each }) => each);
const [rarest, fewest] = ops.reduce((least, each) => (each[1] < least[1] ? each : least));
const failing = sum((census) => census.failing);
console.log(
  [
    '',
    `${sum((census) => census.programs)} programs, none of which told a difference. In ${failing} something failed:`,
    `in ${sum((census) => census.refused)} by public facts, in ${sum((census) => census.poisoned)} in the engine of one world.`,
    `${ops.reduce((total, [, calls]) => total + calls, 0)} calls of ${ops.length} ops; the rarest is ${rarest} with ${fewest}.`,
    `${sum((census) => census.compared)} messages and payloads were compared. What scientists heard:`,
    ...sums(({ told }) => told).map(([words, times]) => `${String(times).padStart(9)}  ${words}`),
  ].join('\n'),
);
if (fewest < leastCalls) {
  console.error(`Each op should be called ${leastCalls} times at least.`);
  process.exitCode = 1;
}
if (failing < programs / 5) {
  console.error('Something should fail in a fifth of the programs at least.');
  process.exitCode = 1;
}
