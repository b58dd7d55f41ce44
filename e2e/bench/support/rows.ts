/** What is measured, beside what it is measured against. */

/** A bound on the ratio to the reference, or on the value itself. */
export interface Target {
  readonly of: 'ratio' | 'value';
  readonly bound: 'at most' | 'at least' | 'below' | 'above';
  readonly number: number;
}

export interface Row {
  /** Says what is measured, and is the same in every run. */
  readonly name: string;
  readonly unit: string;
  /** The median of the repeats. */
  readonly value: number;
  /** The smallest and the largest of them. */
  readonly spread: readonly [number, number];
  /** What it is measured against, in the same run and the same unit. */
  readonly reference: number | null;
  readonly referenceName: string | null;
  /** The median of the ratios of each repeat to its own reference where both were measured by turns, else of the medians. */
  readonly ratio: number | null;
  readonly target: Target | null;
  readonly reached: boolean | null;
  /** What holds it, where it is not reached; what else a reader must know. */
  readonly note: string | null;
}

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** One for each value where both were measured by turns; otherwise as many as there are. */
  readonly references?: readonly number[];
  readonly referenceName?: string;
  readonly target?: Target;
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function rowOf(measured: Measured): Row {
  const { name, unit, values, references, referenceName = null, target, note = null } = measured;
  const value = median(values);
  const reference = references === undefined ? null : median(references);
  const ratio = references === undefined ? null : median(ratiosOf(values, references));
  return {
    name,
    unit,
    value,
    spread: [Math.min(...values), Math.max(...values)],
    reference,
    referenceName,
    ratio,
    target: target ?? null,
    reached: target === undefined ? null : reaches(target, target.of === 'ratio' ? ratio : value),
    note,
  };
}

function ratiosOf(values: readonly number[], references: readonly number[]): number[] {
  if (values.length !== references.length) return [median(values) / median(references)];
  return values.map((value, at) => value / (references[at] ?? Number.NaN));
}

function reaches({ bound, number }: Target, found: number | null): boolean {
  if (found === null) return false;
  switch (bound) {
    case 'at most':
      return found <= number;
    case 'at least':
      return found >= number;
    case 'below':
      return found < number;
    case 'above':
      return found > number;
  }
}

export const atMost = (number: number, of: Target['of'] = 'ratio'): Target => ({
  of,
  bound: 'at most',
  number,
});
export const atLeast = (number: number, of: Target['of'] = 'ratio'): Target => ({
  of,
  bound: 'at least',
  number,
});
export const below = (number: number, of: Target['of'] = 'ratio'): Target => ({
  of,
  bound: 'below',
  number,
});
export const above = (number: number, of: Target['of'] = 'ratio'): Target => ({
  of,
  bound: 'above',
  number,
});
