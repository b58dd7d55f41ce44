import { expect, test } from 'vitest';
import { telling } from '../src/progress';

test('progress tells the rate of the last two seconds, however it was before', () => {
  let nowMs = 5000;
  const told: number[][] = [];
  const tell = telling(
    (...each) => void told.push(each),
    1000,
    () => nowMs,
  );
  for (const [passedMs, bytes] of [
    [0, 10],
    [1000, 100],
    [1000, 200],
    [4000, 400],
    [1000, 900],
    [1000, 1000],
  ] as const) {
    nowMs += passedMs;
    tell(bytes);
  }
  expect(told).toEqual([
    // Nothing is infinite where no time has passed.
    [10, 1000, 10_000],
    [100, 1000, 100],
    // From the news two seconds ago.
    [200, 1000, 95],
    // Since the last news before the window.
    [400, 1000, 50],
    [900, 1000, 140],
    [1000, 1000, 300],
  ]);
});
