/** What finds a loss in chaos is itself shown to find one. */

import { expect, test } from 'vitest';
import {
  answerTo,
  chainLength,
  chainValue,
  longestChain,
  numbersFrom,
  randomFrom,
} from '../chaos/arithmetic';

test('a chain is known by its value, exactly in float32; one with a link too few or too many is none', () => {
  for (const n of [0, 1, 2, 100, 4999, longestChain]) {
    const value = chainValue(n);
    expect(Math.fround(value)).toBe(value);
    expect(chainLength(value)).toBe(n);
  }
  const n = 100;
  for (const link of [2, 50, 99]) {
    expect(chainLength(chainValue(n) - link)).not.toBe(n);
    expect(chainLength(chainValue(n) + link)).not.toBe(n);
  }
  expect(chainLength(chainValue(n) + 1)).toBeUndefined();
});

test('answers differ, and numbers are those of their seed', () => {
  expect(new Set([1, 2, 3].map(answerTo)).size).toBe(3);
  expect(numbersFrom(7, 5)).toEqual(numbersFrom(7, 5));
  expect(numbersFrom(7, 5)).not.toEqual(numbersFrom(8, 5));
  const random = randomFrom(1);
  const drawn = Array.from({ length: 1000 }, random);
  expect(drawn.every((each) => each >= 0 && each < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(990);
});
