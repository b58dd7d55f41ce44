import type { TensorValue } from '@duet/protocol';
import { expect } from 'vitest';
import { toNested } from '../src';

/** What backends may differ by: they sum in other orders, and have other series for functions. */
const tolerance = 1e-4;

function numbersOf(value: TensorValue): readonly unknown[] {
  if (value.meta.dtype === 'complex64') return [...new Float32Array(value.bytes.slice().buffer)];
  return [toNested(value)].flat(Number.POSITIVE_INFINITY as 1);
}

/** Where two values differ by more than rounding, in words; undefined where they do not. */
export function differenceOf(
  actual: TensorValue | undefined,
  expected: TensorValue,
  within = tolerance,
): string | undefined {
  if (actual === undefined) return 'there is no value';
  const [mine, theirs] = [JSON.stringify(actual.meta), JSON.stringify(expected.meta)];
  if (mine !== theirs) return `${mine} instead of ${theirs}`;
  const [ours, wanted] = [numbersOf(actual), numbersOf(expected)];
  const at = wanted.findIndex((want, index) => {
    const have = ours[index];
    if (typeof want !== 'number' || typeof have !== 'number') return have !== want;
    return !(
      Object.is(have, want) ||
      have === want ||
      Math.abs(have - want) <= within * Math.max(1, Math.abs(want))
    );
  });
  return at === -1 ? undefined : `${ours[at]} instead of ${wanted[at]} at ${at}`;
}

export function expectClose(actual: TensorValue | undefined, expected: TensorValue): void {
  expect(differenceOf(actual, expected)).toBeUndefined();
}
