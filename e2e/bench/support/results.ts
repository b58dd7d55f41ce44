/** The results file: JSON for programs, a table for people. Sections that were not measured stay as they were. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { inRepository } from '../../../scripts/tools';
import type { Row, Target } from './rows';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly browser: string;
}

export interface SectionResults {
  readonly section: string;
  /** The day on which it was measured. */
  readonly measured: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

const folder = inRepository('e2e/bench/results');
const jsonFile = `${folder}/bench.json`;
const tableFile = `${folder}/bench.md`;

export function machineWith(browser: string): Machine {
  const [first] = cpus();
  return {
    cores: cpus().length,
    processor: first?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    browser,
  };
}

function readResults(): readonly SectionResults[] {
  return existsSync(jsonFile) ? JSON.parse(readFileSync(jsonFile, 'utf8')) : [];
}

/** Puts a section's rows in the place of those that it had. `order`: the names of all sections. */
export function writeResults(results: SectionResults, order: readonly string[]): void {
  const others = readResults().filter(({ section }) => section !== results.section);
  const all = [...others, results].sort(
    (a, b) => order.indexOf(a.section) - order.indexOf(b.section),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(jsonFile, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(tableFile, tableOf(all));
}

export function tableOf(all: readonly SectionResults[]): string {
  const parts = all.map(({ section, measured, machine, rows }) => {
    const { cores, processor, memoryGiB, system, browser } = machine;
    const notes = rows.filter(({ note }) => note !== null);
    return [
      `## ${section}`,
      '',
      `Measured on ${measured}: ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, ${browser}.`,
      '',
      '| figure | median | from – to | beside | its median | ratio | to reach | reached |',
      '|---|---|---|---|---|---|---|---|',
      ...rows.map(lineOf),
      '',
      ...notes.map(({ name, note }) => `- ${name}: ${note}`),
      ...(notes.length > 0 ? [''] : []),
    ].join('\n');
  });
  return [
    '# Measured',
    '',
    '`npm run bench` makes this table, `npm run bench -- <section> …` a part of it. Ratios are of one run; medians over repeats.',
    '',
    ...parts,
  ].join('\n');
}

function lineOf(row: Row): string {
  const { name, unit, value, spread, reference, referenceName, ratio, target, reached } = row;
  const cells = [
    name,
    `${short(value)} ${unit}`,
    `${short(spread[0])} – ${short(spread[1])}`,
    referenceName ?? '',
    reference === null ? '' : `${short(reference)} ${unit}`,
    ratio === null ? '' : short(ratio),
    target === null ? '' : wordsOf(target, unit),
    reached === null ? '' : reached ? 'yes' : 'no',
  ];
  return `| ${cells.join(' | ')} |`;
}

function wordsOf({ of, bound, number }: Target, unit: string): string {
  return of === 'ratio' ? `ratio ${bound} ${number}` : `${bound} ${number} ${unit}`;
}

function short(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
