/** Does a figure stay where it is, or grow? By samples that were taken at even distances. */

export interface Bound {
  /** Growth that is no leak: of what is counted, and as a share of the median. */
  readonly slack: number;
  readonly share: number;
}

export interface Flatness {
  readonly median: number;
  /** By the slope, from the first of the last two thirds of the samples to the last. */
  readonly growth: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

/**
 * Of the last two thirds: what comes before is caches that fill. The slope is the median of those between any two samples, which
 * a few outliers do not move.
 */
export function flatnessOf(samples: readonly number[], { slack, share }: Bound): Flatness {
  const late = samples.slice(Math.floor(samples.length / 3));
  const slopes = late.flatMap((from, at) =>
    late.slice(at + 1).map((to, further) => (to - from) / (further + 1)),
  );
  const growth = slopes.length === 0 ? 0 : medianOf(slopes) * (late.length - 1);
  const median = medianOf(late);
  const allowed = slack + share * median;
  return { median, growth, allowed, isFlat: growth <= allowed };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
