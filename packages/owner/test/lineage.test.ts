import { describe, expect, it } from 'vitest';
import { callLineage, describeLineage, type Lineage } from '../src/lineage';

const ages: Lineage = { kind: 'published', name: 'patients.ages' };
const sent: Lineage = { kind: 'sent', shape: [3] };

describe('lineage in words', () => {
  it('names what an object is when nothing was computed', () => {
    expect(describeLineage(ages).sentence).toBe('The published object patients.ages itself.');
    expect(describeLineage(sent).sentence).toBe('A value that the scientist sent.');
  });

  it('counts each call once, however often it is used', () => {
    const centred = callLineage('sub', 'sub([456], [3])', [ages, sent]);
    const square = callLineage('mul', 'mul([456], [456])', [centred, centred]);
    const words = describeLineage(callLineage('mean', 'mean([456])', [square]));
    expect(words.ops).toEqual([
      { op: 'mean', count: 1 },
      { op: 'mul', count: 1 },
      { op: 'sub', count: 1 },
    ]);
    expect(words.lastCalls).toEqual(['mean([456])', 'mul([456], [456])', 'sub([456], [3])']);
    expect(words.published).toEqual(['patients.ages']);
    expect(words.sentence).toBe(
      'mean([456]), the last of 3 calls (mean, mul, sub) on patients.ages, with 1 value of the scientist’s.',
    );
  });

  it('stays quick and bounded for a long loop, which is cut at its far end', () => {
    let weights: Lineage = sent;
    for (let step = 0; step < 60_000; step += 1) {
      weights = callLineage('add', 'add([30], [30])', [weights, ages]);
    }
    const { ops } = describeLineage(weights);
    expect(ops[0]?.op).toBe('add');
    expect(ops[0]?.count).toBeLessThanOrEqual(20_000);
  });
});
