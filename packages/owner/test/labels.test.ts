import { sentInfo } from '@duet/ops';
import { tensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  joinLabels,
  labelEach,
  mayRead,
  type Origin,
  publishedLabel,
  sentLabel,
  withReader,
} from '../src/labels';

const people = ['grace', 'alan', 'mary'];
const origin: fc.Arbitrary<Origin> = fc.record({
  readers: fc.oneof(
    fc.constant('everyone' as const),
    fc.subarray(people).map((names) => new Set(names)),
  ),
  sources: fc.subarray([1, 2, 3, 4]).map((ids) => new Set(ids)),
});

const fact = (number: number, isPublic: boolean) => ({
  number,
  meta: tensorMeta('float32', []),
  public: isPublic,
  axis: undefined,
  recordAxis: 0,
});

describe('labels', () => {
  it('of a published object let in those whom the owner named, and nobody else', () => {
    for (const person of people) {
      expect(mayRead(publishedLabel(fact(1, false)), person)).toBe(false);
      expect(mayRead(publishedLabel(fact(1, false), ['grace']), person)).toBe(person === 'grace');
      expect(mayRead(publishedLabel(fact(1, true), ['grace']), person)).toBe(true);
    }
  });

  it('join to those who may read every input, from the sources of all', () => {
    fc.assert(
      fc.property(
        fc.array(origin, { maxLength: 5 }),
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
    expect(mayRead(publishedLabel(fact(1, false)), 'grace')).toBe(false);
    expect(mayRead(publishedLabel(fact(1, true)), 'grace')).toBe(true);
    expect(mayRead(sentLabel('grace'), 'alan')).toBe(false);
  });

  it('after a release have one more reader and the same sources, and the old label is as it was', () => {
    const before = publishedLabel(fact(7, false));
    const after = withReader(before, 'grace');
    expect(mayRead(after, 'grace')).toBe(true);
    expect(mayRead(after, 'alan')).toBe(false);
    expect([...after.sources]).toEqual([7]);
    expect(mayRead(before, 'grace')).toBe(false);
  });

  it('of the outputs of one call differ in their class alone, and are shared where that is the same', () => {
    const { info } = publishedLabel(fact(1, false));
    const [a, b, c] = labelEach({ readers: 'everyone', sources: new Set([1]) }, [
      info,
      sentInfo,
      info,
    ]);
    expect(a).toBe(c);
    expect([a?.info, b?.info]).toEqual([info, sentInfo]);
    expect(b).toMatchObject({ readers: 'everyone', sources: new Set([1]) });
  });
});
