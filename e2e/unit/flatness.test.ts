import { describe, expect, it } from 'vitest';
import { flatnessOf } from '../support/flatness';

const bound = { slack: 2, share: 0.05 };
const series = (count: number, of: (at: number) => number) =>
  Array.from({ length: count }, (_, at) => of(at));

describe('flatness', () => {
  it('is that of the last two thirds: what fills up at first is none of it', () => {
    const { isFlat, growth } = flatnessOf(
      series(30, (at) => Math.min(at, 9) * 100),
      bound,
    );
    expect({ isFlat, growth }).toEqual({ isFlat: true, growth: 0 });
  });

  it('ends with a leak that is small and steady', () => {
    const leak = flatnessOf(
      series(30, (at) => 100 + at + (at % 2) * 20),
      bound,
    );
    expect(leak.isFlat).toBe(false);
    expect(leak.growth).toBeCloseTo(19, 0);
  });

  it('is not moved by a few outliers, up or down', () => {
    const { isFlat } = flatnessOf(
      series(30, (at) => (at % 7 === 6 ? 500 : 100)),
      bound,
    );
    expect(isFlat).toBe(true);
  });

  it('of one sample is none to speak of', () => {
    expect(flatnessOf([7], bound)).toEqual({ median: 7, growth: 0, allowed: 2.35, isFlat: true });
  });
});
