/**
 * `npm test [-- unit|browser|e2e|types|lint …]`: runs every stage, whatever became of the one before, and ends with
 * `N passed, N failed`. With DUET_REQUIRE_ALL=1 a test that could not be run counts as failed.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserName, ensureBrowser } from './browsers';
import { ensureCoturn } from './coturn';
import {
  countCommand,
  countPlaywright,
  countVitest,
  describeResults,
  listAsNotRun,
  requireAll,
  type StageResult,
} from './test-report';
import { inRepository, packageBin, repository, runNode } from './tools';

const playwrightArgs = ['test', '--config', 'e2e/playwright.config.ts'];

const browserVariables = { chromium: 'DUET_CHROMIUM', firefox: 'DUET_FIREFOX' } as const;

const missing = {
  chromium: 'no Chromium or Chrome was found, and none could be installed',
  firefox: 'no Firefox was found, and none could be installed',
} as const;

const stages = { types, lint, unit, browser, e2e };
type StageName = keyof typeof stages;

const isStage = (name: string): name is StageName => Object.hasOwn(stages, name);

const reports = mkdtempSync(join(tmpdir(), 'duet-test-'));
const asked = new Map<BrowserName, string | undefined>();

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !isStage(name));
if (unknown.length > 0) {
  console.error(
    `There is no stage ${unknown.join(', ')}; there are ${Object.keys(stages).join(', ')}.`,
  );
  process.exit(2);
}

const results: StageResult[] = [];
for (const name of Object.keys(stages).filter(isStage)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n── ${name} ──\n`);
  const result = await stages[name]();
  results.push(process.env['DUET_REQUIRE_ALL'] === '1' ? requireAll(result) : result);
}
rmSync(reports, { recursive: true, force: true });
process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0;
console.log(describeResults(results));

async function types(): Promise<StageResult> {
  return countCommand('types', await runNode(packageBin('typescript', 'tsc'), ['--noEmit']));
}

async function lint(): Promise<StageResult> {
  return countCommand('lint', await runNode(packageBin('@biomejs/biome'), ['check', '.']));
}

function unit(): Promise<StageResult> {
  return vitest('unit', 'node');
}

async function browser(): Promise<StageResult> {
  if (browserPath('chromium') !== undefined) return vitest('browser', 'browser', browserEnv());
  const files = readdirSync(inRepository('packages'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.browser.test.ts') && !file.includes('node_modules'),
  );
  const notRun = files.map((name) => ({ name, reason: missing.chromium }));
  return { stage: 'browser', passed: 0, failures: [], notRun };
}

async function e2e(): Promise<StageResult> {
  const hasFirefox = browserPath('firefox') !== undefined;
  if (browserPath('chromium') === undefined) {
    const notRun = listTests(missing.chromium, []);
    return { stage: 'e2e', passed: 0, failures: [], notRun };
  }
  // Tests that need it say so themselves where it is missing.
  ensureCoturn((line) => console.log(line));
  const report = join(reports, 'e2e.json');
  const exitCode = await runNode(packageBin('@playwright/test', 'playwright'), playwrightArgs, {
    ...browserEnv(),
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
  });
  const result = countPlaywright('e2e', readJson(report), exitCode);
  const notRun = hasFirefox ? [] : listTests(missing.firefox, ['--project', 'firefox']);
  return { ...result, notRun: [...result.notRun, ...notRun] };
}

async function vitest(
  stage: string,
  project: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StageResult> {
  const report = join(reports, `${stage}.json`);
  const exitCode = await runNode(
    packageBin('vitest'),
    [
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${report}`,
    ],
    env,
  );
  return countVitest(stage, readJson(report), exitCode, repository);
}

/** Names the tests of projects that cannot be run. */
function listTests(reason: string, args: readonly string[]) {
  const { stdout } = spawnSync(
    process.execPath,
    [
      packageBin('@playwright/test', 'playwright'),
      ...playwrightArgs,
      '--list',
      '--reporter=json',
      ...args,
    ],
    // A project whose browser is missing is left out unless it is asked for.
    { cwd: repository, encoding: 'utf8', env: { ...process.env, DUET_LIST_ALL: '1' } },
  );
  return listAsNotRun(JSON.parse(stdout), reason);
}

/** Looks for a browser once, and installs it if need be. */
function browserPath(name: BrowserName): string | undefined {
  if (!asked.has(name))
    asked.set(
      name,
      ensureBrowser(name, (line) => console.log(line)),
    );
  return asked.get(name);
}

/** So that the runners' configurations take the very browsers that were found to run. */
function browserEnv(): Record<string, string> {
  const found = [...asked].flatMap(([name, path]) =>
    path === undefined ? [] : [[browserVariables[name], path] as const],
  );
  return Object.fromEntries(found);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
