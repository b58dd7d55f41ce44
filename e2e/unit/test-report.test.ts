import { describe, expect, test } from 'vitest';
import {
  countCommand,
  countPlaywright,
  countVitest,
  describeResults,
  listAsNotRun,
  requireAll,
} from '../../scripts/test-report';

const vitestFile = (name: string, statuses: readonly string[], status = 'passed') => ({
  name: `/repo/${name}`,
  status,
  message: 'it broke',
  assertionResults: statuses.map((one, index) => ({
    fullName: `test ${index}`,
    status: one,
    failureMessages: one === 'failed' ? ['Error: wrong\n    at somewhere'] : [],
  })),
});

const vitest = (...testResults: ReturnType<typeof vitestFile>[]) => ({ testResults });

const playwright = {
  suites: [
    {
      title: 'pages.spec.ts',
      specs: [spec('opens', 'expected'), spec('breaks', 'unexpected')],
      suites: [{ title: 'inner', specs: [spec('waits', 'skipped')] }],
    },
  ],
  errors: [],
};

function spec(title: string, status: string) {
  return {
    title,
    tests: [
      {
        projectName: 'chromium',
        status,
        annotations: status === 'skipped' ? [{ type: 'skip', description: 'no camera' }] : [],
        results: status === 'unexpected' ? [{ errors: [{ message: 'Error: wrong' }] }] : [],
      },
    ],
  };
}

describe('counting', () => {
  test('a command is one test', () => {
    expect(countCommand('types', 0)).toMatchObject({ passed: 1, failures: [] });
    expect(countCommand('types', 2)).toMatchObject({ passed: 0, failures: [{ name: 'types' }] });
    expect(countCommand('types', null).failures).toHaveLength(1);
  });

  test('Vitest’s tests by status', () => {
    const report = vitest(
      vitestFile('a.test.ts', ['passed', 'passed']),
      vitestFile('b.test.ts', ['passed', 'failed', 'skipped', 'todo', 'pending'], 'failed'),
    );
    const result = countVitest('unit', report, 1, '/repo');
    expect(result.passed).toBe(3);
    expect(result.failures.map(({ name }) => name)).toEqual(['b.test.ts › test 1']);
    expect(result.notRun).toHaveLength(3);
  });

  test('a file that could not be loaded is a failure', () => {
    const report = vitest(
      vitestFile('a.test.ts', ['passed']),
      vitestFile('b.test.ts', [], 'failed'),
    );
    expect(countVitest('unit', report, 1, '/repo').failures).toEqual([
      { name: 'b.test.ts', message: 'it broke' },
    ]);
  });

  test('an error outside of tests is a failure', () => {
    const report = vitest(vitestFile('a.test.ts', ['passed']));
    expect(countVitest('unit', report, 1, '/repo').failures).toHaveLength(1);
    expect(countVitest('unit', report, 0, '/repo').failures).toHaveLength(0);
  });

  test('no report and no tests are failures', () => {
    expect(countVitest('unit', undefined, 0, '/repo').failures).toHaveLength(1);
    expect(countVitest('unit', vitest(), 0, '/repo').failures).toHaveLength(1);
    expect(countPlaywright('e2e', undefined, null).failures).toHaveLength(1);
    expect(countPlaywright('e2e', { suites: [] }, 0).failures).toHaveLength(1);
  });

  test('Playwright’s tests by status', () => {
    const result = countPlaywright('e2e', playwright, 1);
    expect(result).toEqual({
      stage: 'e2e',
      passed: 1,
      failures: [{ name: 'pages.spec.ts › breaks (chromium)', message: 'Error: wrong' }],
      notRun: [{ name: 'pages.spec.ts › inner › waits (chromium)', reason: 'no camera' }],
    });
  });

  test('a server that did not start is a failure', () => {
    const report = { suites: [], errors: [{ message: 'Process exited early' }] };
    expect(countPlaywright('e2e', report, 1).failures).toEqual([
      { name: 'e2e', message: 'Process exited early' },
    ]);
  });

  test('a listing names every test as not run', () => {
    expect(listAsNotRun(playwright, 'no Firefox').map(({ reason }) => reason)).toEqual([
      'no Firefox',
      'no Firefox',
      'no Firefox',
    ]);
  });

  test('where all is required, what was not run has failed', () => {
    const result = requireAll(countPlaywright('e2e', playwright, 1));
    expect(result.notRun).toEqual([]);
    expect(result.failures.map(({ message }) => message)).toEqual([
      'Error: wrong',
      'Not run: no camera',
    ]);
  });
});

test('the report names what failed and what was not run, and ends with the count', () => {
  const results = [
    countCommand('types', 0),
    countVitest(
      'unit',
      vitest(vitestFile('a.test.ts', ['passed', 'failed'], 'failed')),
      1,
      '/repo',
    ),
    countPlaywright('e2e', playwright, 1),
  ];
  const lines = describeResults(results).split('\n');
  expect(lines.at(-1)).toBe('3 passed, 2 failed');
  expect(lines).toContain('  e2e: pages.spec.ts › inner › waits (chromium) (no camera)');
  expect(lines).toContain('  unit: a.test.ts › test 1');
  expect(lines).toContain('      Error: wrong');
  expect(lines.join('\n')).not.toContain('at somewhere');
  expect(describeResults([countCommand('types', 0)])).toMatch(/\n1 passed, 0 failed$/);
});
