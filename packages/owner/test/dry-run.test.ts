import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DryAnswer, dryRun, type PastAsk } from '../src/dry-run';
import type { RequestFacts } from '../src/gate/facts';
import type { HandlerOptions } from '../src/gate/handlers';
import { aggregate, column, factsWith, Page, setOf, setWith } from './handler-bench';

function logOf(...facts: readonly RequestFacts[]): readonly PastAsk[] {
  return facts.map((each, index) => ({ request: `r${index + 1}`, at: index * 1000, facts: each }));
}

const answersOf = (answers: readonly DryAnswer[]) => answers.map(({ would }) => would);

const metric = factsWith({ class: 'metric' });

describe('a dry run', () => {
  it('tells what a handler would have done with each request', () => {
    const log = logOf(
      metric,
      factsWith(),
      metric,
      factsWith({ class: 'metric', name: 'x' }),
      metric,
    );
    const run = dryRun({ action: 'accept', name: 'loss', elementQuota: 2 }, log);
    expect(answersOf(run.answers)).toEqual(['accept', 'too-narrow', 'accept', 'pass', 'deny']);
    expect(run.answers[1]).toEqual({
      request: 'r2',
      would: 'too-narrow',
      why: 'It releases metrics, and this is of class record.',
      outcome: undefined,
    });
    expect(run).toMatchObject({
      accepted: 2,
      denied: 1,
      passed: 1,
      tooNarrow: 1,
      asked: 0,
      elements: 2,
      bytes: 8,
      quotaLeft: 0,
    });
  });

  it('keeps ledgers of its own', () => {
    const half = aggregate([setWith({ to: 50 })]);
    const nearly = aggregate([setWith({ to: 45 })]);
    expect(answersOf(dryRun({ action: 'accept' }, logOf(half, nearly, half)).answers)).toEqual([
      'accept',
      'too-narrow',
      'accept',
    ]);
    expect(dryRun({ action: 'accept' }, logOf(nearly)).accepted).toBe(1);
  });

  it('goes by the times of the log', () => {
    const within = { seconds: 2, requests: 1 };
    const options: HandlerOptions = {
      action: 'accept',
      elementQuota: 9,
      within,
      whenUsedUp: 'ask',
    };
    const log = logOf(metric, metric, metric);
    expect(answersOf(dryRun(options, log).answers)).toEqual(['accept', 'ask', 'accept']);
    const written = log.map((each) => ({ ...each, at: new Date(Number(each.at)).toISOString() }));
    expect(dryRun(options, written)).toEqual(dryRun(options, log));
  });

  it('asks functions, and survives them', () => {
    const decide = ({ name }: RequestFacts) => {
      if (name === 'x') throw new Error('a bug of the page');
      return 'accept' as const;
    };
    const run = dryRun(
      { decide, elementQuota: 9 },
      logOf(metric, factsWith({ class: 'metric', name: 'x' })),
    );
    expect(run.answers).toMatchObject([
      { would: 'accept' },
      { would: 'pass', why: 'Its function failed.' },
    ]);
  });

  it('refuses options as addHandler does', () => {
    expect(() => dryRun({ action: 'accept', release: 'records' }, [])).toThrow(/elementQuota/);
  });

  it('says what the handler then does', async () => {
    const asked = fc.record({
      class: fc.constantFrom('public', 'aggregate', 'metric', 'record'),
      name: fc.constantFrom('a', 'b'),
      elements: fc.nat(8),
      to: fc.integer({ min: 10, max: 100 }),
    });
    const options = fc.record({
      action: fc.constant('accept' as const),
      name: fc.option(fc.constant('a'), { nil: undefined }),
      release: fc.constantFrom('aggregates' as const, 'metrics' as const, 'records' as const),
      elementQuota: fc.nat(40),
      tags: fc.constant(['t']),
      whenUsedUp: fc.constantFrom('deny' as const, 'ask' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 20 }), options, async (asks, handler) => {
        const page = new Page();
        const { fact, number } = page.store.add(column(100));
        const log = logOf(
          ...asks.map(({ to, ...some }) => {
            const sets =
              fact.axis && some.class === 'aggregate' ? [setOf(fact.axis, number, { to })] : [];
            return factsWith({ ...some, sets });
          }),
        );
        page.automatic.add(handler);
        const really: string[] = [];
        for (const { facts } of log) really.push((await page.ask(facts)) ?? 'left');
        const foretold = answersOf(dryRun(handler, log).answers).map((would) =>
          would === 'accept' || would === 'deny' ? would : 'left',
        );
        expect(foretold).toEqual(really);
      }),
      { numRuns: 60 },
    );
  });
});
