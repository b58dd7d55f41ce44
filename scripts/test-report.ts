/** Counts what test runners report, and puts it into words. Pure, so that counting is itself tested. */

import { stripVTControlCharacters } from 'node:util';

export interface Failure {
  readonly name: string;
  readonly message: string;
}

export interface NotRun {
  readonly name: string;
  readonly reason: string;
}

export interface StageResult {
  readonly stage: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly notRun: readonly NotRun[];
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

interface PlaywrightSuite {
  readonly title: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly title: string;
    readonly tests: readonly {
      readonly projectName: string;
      readonly status: string;
      readonly annotations?: readonly { readonly type: string; readonly description?: string }[];
      readonly results?: readonly {
        readonly errors?: readonly { readonly message?: string }[];
      }[];
    }[];
  }[];
}

interface PlaywrightReport {
  readonly suites: readonly PlaywrightSuite[];
  readonly errors?: readonly { readonly message?: string }[];
}

/** A stage that is one test by itself, such as the type check. */
export function countCommand(stage: string, exitCode: number | null): StageResult {
  const failures = exitCode === 0 ? [] : [{ name: stage, message: 'See its output above.' }];
  return { stage, passed: failures.length === 0 ? 1 : 0, failures, notRun: [] };
}

/** Counts Vitest's JSON report. `report` is undefined if it wrote none. */
export function countVitest(
  stage: string,
  report: unknown,
  exitCode: number | null,
  root: string,
): StageResult {
  if (report === undefined) return noReport(stage, exitCode);
  const failures: Failure[] = [];
  const notRun: NotRun[] = [];
  let passed = 0;
  for (const file of (report as VitestReport).testResults) {
    const where = relativeTo(root, file.name);
    const failedBefore = failures.length;
    for (const { fullName, status, failureMessages } of file.assertionResults) {
      const name = `${where} › ${fullName.trim()}`;
      if (status === 'passed') passed += 1;
      else if (status === 'failed') failures.push({ name, message: failureMessages?.[0] ?? '' });
      else notRun.push({ name, reason: 'skipped in its source' });
    }
    // A file that could not be loaded, or a hook that failed, fails no test by name.
    if (file.status === 'failed' && failures.length === failedBefore) {
      failures.push({ name: where, message: file.message ?? 'The file could not be run.' });
    }
  }
  return complete({ stage, passed, failures, notRun }, exitCode);
}

/** Counts Playwright's JSON report. `report` is undefined if it wrote none. */
export function countPlaywright(
  stage: string,
  report: unknown,
  exitCode: number | null,
): StageResult {
  if (report === undefined) return noReport(stage, exitCode);
  const { suites, errors = [] } = report as PlaywrightReport;
  const failures: Failure[] = [];
  const notRun: NotRun[] = [];
  let passed = 0;
  const visit = (suite: PlaywrightSuite, path: readonly string[]): void => {
    const here = [...path, suite.title];
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        const name = `${[...here, spec.title].join(' › ')} (${test.projectName})`;
        if (test.status === 'expected') passed += 1;
        else if (test.status === 'skipped') notRun.push({ name, reason: skipReason(test) });
        else failures.push({ name, message: test.results?.[0]?.errors?.[0]?.message ?? '' });
      }
    }
    for (const inner of suite.suites ?? []) visit(inner, here);
  };
  for (const suite of suites) visit(suite, []);
  for (const { message = '' } of errors) failures.push({ name: stage, message });
  return complete({ stage, passed, failures, notRun }, exitCode);
}

/** Every test that Playwright's listing names, as not run. */
export function listAsNotRun(listing: unknown, reason: string): NotRun[] {
  const { failures } = countPlaywright('', pretendUnexpected(listing), 0);
  return failures.map(({ name }) => ({ name, reason }));
}

/** Turns what was not run into failures, where everything is required. */
export function requireAll(result: StageResult): StageResult {
  const failures = result.notRun.map(({ name, reason }) => ({
    name,
    message: `Not run: ${reason}`,
  }));
  return { ...result, failures: [...result.failures, ...failures], notRun: [] };
}

/** The whole report; the last line is the one that machines read. */
export function describeResults(results: readonly StageResult[]): string {
  const lines: string[] = [];
  const notRun = results.flatMap((result) =>
    result.notRun.map((one) => [result.stage, one] as const),
  );
  if (notRun.length > 0) {
    lines.push('', 'Not run:');
    for (const [stage, { name, reason }] of notRun) lines.push(`  ${stage}: ${name} (${reason})`);
  }
  const failures = results.flatMap((result) =>
    result.failures.map((one) => [result.stage, one] as const),
  );
  if (failures.length > 0) {
    lines.push('', 'Failed:');
    for (const [stage, { name, message }] of failures) {
      lines.push(`  ${stage}: ${name}`);
      for (const line of firstLines(message)) lines.push(`      ${line}`);
    }
  }
  lines.push('');
  const width = Math.max(...results.map(({ stage }) => stage.length));
  for (const result of results) {
    lines.push(
      `${result.stage.padEnd(width)}  ${result.passed} passed, ${result.failures.length} failed` +
        (result.notRun.length > 0 ? `, ${result.notRun.length} not run` : ''),
    );
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  lines.push('', `${passed} passed, ${failures.length} failed`);
  return lines.join('\n');
}

function noReport(stage: string, exitCode: number | null): StageResult {
  const message = `It ended with exit code ${exitCode} and without a report.`;
  return { stage, passed: 0, failures: [{ name: stage, message }], notRun: [] };
}

/** A runner that fails without naming a test, or finds none, has not passed. */
function complete(result: StageResult, exitCode: number | null): StageResult {
  const { stage, passed, failures, notRun } = result;
  if (failures.length > 0) return result;
  if (passed + notRun.length === 0) {
    return { ...result, failures: [{ name: stage, message: 'It found no tests.' }] };
  }
  if (exitCode === 0) return result;
  const message = `It ended with exit code ${exitCode}, though no test failed. See its output above.`;
  return { ...result, failures: [{ name: stage, message }] };
}

function skipReason(test: {
  readonly annotations?: readonly { readonly type: string; readonly description?: string }[];
}): string {
  const skip = test.annotations?.find(({ type }) => type === 'skip' || type === 'fixme');
  return skip?.description ?? 'skipped in its source';
}

/** A listing has tests that never ran; whatever status they carry, they are to be named. */
function pretendUnexpected(listing: unknown): PlaywrightReport {
  const mark = (suite: PlaywrightSuite): PlaywrightSuite => ({
    title: suite.title,
    suites: (suite.suites ?? []).map(mark),
    specs: (suite.specs ?? []).map((spec) => ({
      title: spec.title,
      tests: spec.tests.map(({ projectName }) => ({ projectName, status: 'unexpected' })),
    })),
  });
  return { suites: (listing as PlaywrightReport).suites.map(mark) };
}

function relativeTo(root: string, path: string): string {
  const [plainRoot, plainPath] = [root, path].map((one) => one.replaceAll('\\', '/'));
  const base = plainRoot?.replace(/\/?$/, '/') ?? '';
  return plainPath?.startsWith(base) ? plainPath.slice(base.length) : path;
}

function firstLines(message: string): string[] {
  // Colours and the stack are in the runner's own output, which was shown already.
  const plain = stripVTControlCharacters(message);
  return plain
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, 6);
}
