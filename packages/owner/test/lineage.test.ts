import { describe, expect, it } from 'vitest';
import { describeLineage, type Lineage, Lineages, rememberedCalls } from '../src/lineage';

const ages: Lineage = { kind: 'published', name: 'patients.ages' };
const sent: Lineage = { kind: 'sent', shape: [3] };

describe('lineage in words', () => {
  it('names what an object is when nothing was computed', () => {
    expect(describeLineage(ages).sentence).toBe('The published object patients.ages itself.');
    expect(describeLineage(sent).sentence).toBe('A value that the scientist sent.');
  });

  it('counts each call once, however often it is used', () => {
    const lineages = new Lineages();
    const centred = lineages.call('sub', 'sub([456], [3])', [ages, sent]);
    const square = lineages.call('mul', 'mul([456], [456])', [centred, centred]);
    const words = describeLineage(lineages.call('mean', 'mean([456])', [square]));
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

  it('stays quick and bounded for a long loop, and says that its beginning is forgotten', () => {
    const lineages = new Lineages();
    let weights: Lineage = sent;
    const step = () => {
      weights = lineages.call('add', 'add([30], [30])', [weights, ages]);
    };
    for (let count = 0; count < rememberedCalls; count += 1) step();
    expect(describeLineage(weights)).toMatchObject({
      ops: [{ op: 'add', count: rememberedCalls }],
      sent: 1,
      incomplete: false,
    });
    for (let count = 0; count < 10; count += 1) step();
    const words = describeLineage(weights);
    expect(words).toMatchObject({ sent: 0, incomplete: true });
    expect(words.ops[0]?.count).toBe(rememberedCalls + 1);
    expect(words.sentence).toContain('earlier ones that are not remembered');
  });

  it('E8: cheap calls after it cannot make what came before look like nothing', () => {
    const lineages = new Lineages();
    const secret = lineages.call('neg', 'neg([456])', [ages]);
    for (let count = 0; count < rememberedCalls; count += 1) lineages.call('neg', 'neg([1])', []);
    expect(describeLineage(secret).sentence).toBe(
      'neg([456]), the last of 1 call, and of earlier ones that are not remembered.',
    );
  });
});
