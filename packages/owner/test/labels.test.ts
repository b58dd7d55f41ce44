import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  joinLabels,
  type Label,
  mayRead,
  publishedLabel,
  sentLabel,
  withReader,
} from '../src/labels';

const people = ['grace', 'alan', 'mary'];
const label: fc.Arbitrary<Label> = fc.record({
  readers: fc.oneof(
    fc.constant('everyone' as const),
    fc.subarray(people).map((names) => new Set(names)),
  ),
  sources: fc.subarray([1, 2, 3, 4]).map((ids) => new Set(ids)),
});

describe('labels', () => {
  it('of a published object let in those whom the owner named, and nobody else', () => {
    for (const person of people) {
      expect(mayRead(publishedLabel(1, false), person)).toBe(false);
      expect(mayRead(publishedLabel(1, false, ['grace']), person)).toBe(person === 'grace');
      expect(mayRead(publishedLabel(1, true, ['grace']), person)).toBe(true);
    }
  });

  it('join to those who may read every input, from the sources of all', () => {
    fc.assert(
      fc.property(
        fc.array(label, { maxLength: 5 }),
        fc.constantFrom(...people),
        (inputs, caller) => {
          const joined = joinLabels(inputs, caller);
          for (const person of people) {
            const allowed = person === caller && inputs.every((input) => mayRead(input, person));
            expect(mayRead(joined, person)).toBe(allowed);
          }
          for (const source of [1, 2, 3, 4]) {
            expect(joined.sources.has(source)).toBe(
              inputs.some((input) => input.sources.has(source)),
            );
          }
        },
      ),
    );
  });

  it('keep a private object from everyone, and a public one from nobody', () => {
    expect(mayRead(publishedLabel(1, false), 'grace')).toBe(false);
    expect(mayRead(publishedLabel(1, true), 'grace')).toBe(true);
    expect(mayRead(sentLabel('grace'), 'alan')).toBe(false);
  });

  it('after a release have one more reader and the same sources, and the old label is as it was', () => {
    const before = publishedLabel(7, false);
    const after = withReader(before, 'grace');
    expect(mayRead(after, 'grace')).toBe(true);
    expect(mayRead(after, 'alan')).toBe(false);
    expect([...after.sources]).toEqual([7]);
    expect(mayRead(before, 'grace')).toBe(false);
  });
});
