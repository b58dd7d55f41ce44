/**
 * Goes through everything that can happen to two objects and two requests: every order of what a scientist says, what
 * an owner, a handler or the clock decides, what the engine and the log give, what is dropped and who leaves.
 */

import { describe, expect, it } from 'vitest';
import { explore, type Faults } from './life-world';

const whole = { steps: 400_000 };

describe('the life of requests and grants', () => {
  it('keeps its promises in every order of what can happen', { timeout: 120_000 }, () => {
    const found = explore(whole);
    process.stdout.write(`${found.states} states, ${found.transitions} transitions explored\n`);
    expect(found.broken).toBeUndefined();
    expect(found.isComplete).toBe(true);
    expect(found.states).toBeGreaterThan(10_000);
    // All of it was reached.
    expect([...found.seen].sort()).toEqual(
      [
        'answer',
        'fail bad-argument',
        'fail closed',
        'fail denied',
        'fail expired',
        'fail no-request',
        'fail not-released',
        'fail op-failed',
        'fail revoked',
        'fail withdrawn',
        'keep',
        'refuse duplicate-request',
        'refuse no-request',
        'release',
        'tell accepted',
        'tell denied',
        'tell expired',
        'tell revoked',
        'void',
      ].sort(),
    );
  });
});

describe('the exploration', () => {
  const planted: readonly [name: keyof Faults, broken: RegExp][] = [
    ['grantWithoutAccept', /released without a decision/],
    ['grantAfterWithdrawal', /still held|withdrawn|freed/],
    ['spendTwice', /spent twice/],
    ['sendWhatWasRevoked', /revoked/],
    ['wrongVersion', /another version/],
    ['answerUnreadable', /may not be read/],
    ['forgetToFree', /still held/],
    ['freeTwice', /was freed, and is needed/],
    ['forgetTheGets', /never answered/],
    ['answerTwice', /answered twice/],
    ['tellTwice', /told twice/],
    ['neverTell', /never told/],
    ['readableWhenRounded', /may not be read/],
    ['keepWithoutDetaching', /gone/],
    ['acceptAfterDenial', /decision|told/],
    ['grantSurvivesLeaving', /gone/],
  ];

  it.each(planted)('finds a planted fault: %s', (name, broken) => {
    const found = explore({ ...whole, faults: { [name]: true } });
    expect(found.broken).toMatch(broken);
  });
});
