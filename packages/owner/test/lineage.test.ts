import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { quotedText } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import {
  describeLineage,
  type Lineage,
  Lineages,
  nameOfPlan,
  rememberedCalls,
  rememberedInputs,
  repeated,
} from '../src/lineage';

const ages: Lineage = { kind: 'published', name: 'patients.ages' };
const sent: Lineage = { kind: 'sent', shape: [3] };

describe('lineage in words', () => {
  it('names what an object is when nothing was computed', () => {
    expect(describeLineage(ages).sentence).toBe('The published object patients.ages itself.');
    expect(describeLineage(sent).sentence).toBe('A value that the scientist sent.');
  });

  it('counts each call once, however often it is used', () => {
    const lineages = new Lineages();
    const centred = lineages.call({ op: 'sub', words: 'sub([456], [3])' }, [ages, sent]);
    const square = lineages.call({ op: 'mul', words: 'mul([456], [456])' }, [centred, centred]);
    const words = describeLineage(lineages.call({ op: 'mean', words: 'mean([456])' }, [square]));
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
      weights = lineages.call({ op: 'add', words: 'add([30], [30])' }, [weights, ages]);
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

  it('remembers a bounded number of inputs, those of one list once', () => {
    const lineages = new Lineages();
    const words = { op: 'step', words: 'step()' };
    const wide = () => Array.from({ length: 4096 }, () => ages);
    const first = lineages.call(words, wide());
    const run = wide();
    const reports = Array.from({ length: 1000 }, () => lineages.call(words, run));
    expect(describeLineage(first).incomplete).toBe(false);
    for (let count = 0; count < rememberedInputs; count += 4096) lineages.call(words, wide());
    expect(describeLineage(first).incomplete).toBe(true);
    expect(reports.every((report) => describeLineage(report).incomplete)).toBe(true);
    expect(describeLineage(lineages.call(words, [ages])).incomplete).toBe(false);
  });

  it('keeps nothing of calls whose values are gone', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const lineages = new Lineages();
    const words = { op: 'neg', words: 'neg([456])' };
    const kept = lineages.call(words, [lineages.call(words, [ages])]);
    const gone = Array.from({ length: 10_000 }, () => new WeakRef(lineages.call(words, [kept])));
    // A task of its own: until the end of the present one, whatever a WeakRef was made of stays.
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    expect(gone.filter((each) => each.deref() !== undefined)).toHaveLength(0);
    // They take no place of those that are there.
    for (let count = 5000; count < rememberedCalls; count += 1) lineages.call(words, [kept]);
    expect(describeLineage(kept)).toMatchObject({ incomplete: false });
  });

  it('E8: cheap calls after it cannot make what came before look like nothing', () => {
    const lineages = new Lineages();
    const secret = lineages.call({ op: 'neg', words: 'neg([456])' }, [ages]);
    for (let count = 0; count < rememberedCalls; count += 1)
      lineages.call({ op: 'neg', words: 'neg([1])' }, []);
    expect(describeLineage(secret).sentence).toBe(
      'neg([456]), the last of 1 call, and of earlier ones that are not remembered.',
    );
  });
});

describe('lineage line by line', () => {
  it('says for each call what it was called on, with what is the scientist’s marked', () => {
    const lineages = new Lineages();
    const guess: Lineage = { kind: 'sent', shape: [456], name: 'guess” of <b>ages' };
    const centred = lineages.call({ op: 'sub', words: 'sub([456], [456])' }, [ages, guess]);
    const square = lineages.call({ op: 'mul', words: 'mul([456], [456])' }, [centred, centred]);
    const scaled = lineages.call({ op: 'mul', words: 'mul([456], 2)' }, [
      square,
      { kind: 'literal' },
    ]);
    const words = describeLineage(lineages.call({ op: 'mean', words: 'mean([456])' }, [scaled]));
    expect(words.theirs).toEqual([`${quotedText('guess” of <b>ages')} [456]`]);
    expect(words.literals).toBe(1);
    expect(words.lines).toEqual([
      '1. mean([456]) of 2',
      '2. mul([456], 2) of 3 and what the scientist wrote into it',
      '3. mul([456], [456]) of 4',
      `4. sub([456], [456]) of patients.ages and the scientist’s ${quotedText('guess” of <b>ages')} [456]`,
    ]);
  });

  it('stays short for a long training program, and counts what it leaves out', () => {
    const lineages = new Lineages();
    let weights: Lineage = sent;
    for (let step = 0; step < 500; step += 1) {
      const gradient = lineages.call({ op: '“step”', words: '“step” (plan 1a2b3c4d)' }, [
        weights,
        ages,
      ]);
      weights = lineages.call({ op: 'sub', words: 'sub([30], [30])' }, [weights, gradient]);
    }
    const { lines, theirs } = describeLineage(weights);
    expect(lines).toHaveLength(25);
    expect(lines[0]).toMatch(/^1\. sub\(\[30\], \[30\]\) of \d+ and \d+$/);
    expect(lines.at(-1)).toBe('and 976 calls before these');
    expect(lines.join('\n').length).toBeLessThan(4000);
    expect(theirs).toEqual(['[3]']);
  });

  it('names a bounded number of inputs, and says where they are forgotten', () => {
    const lineages = new Lineages();
    const many = Array.from({ length: 100 }, (_, at): Lineage => ({ kind: 'sent', shape: [at] }));
    const wide = lineages.call({ op: 'stack', words: 'stack()' }, many);
    const { lines, theirs } = describeLineage(wide);
    expect(lines[0]?.endsWith('and 92 more')).toBe(true);
    expect(theirs).toHaveLength(16);
    for (let count = 0; count < rememberedCalls; count += 1)
      lineages.call({ op: 'neg', words: 'neg([1])' }, []);
    expect(describeLineage(wide).lines).toEqual(['1. stack() of what is not remembered any more']);
  });
});

describe('lineage of plans', () => {
  const card = {
    hash: 'abcdef0123456789',
    name: 'step',
    ops: 5,
    cost: 10,
    takesGradients: false,
    words: ['plan'],
  };
  const op = nameOfPlan(card);

  it('counts the steps of a run, and names its plan once', () => {
    const lineages = new Lineages();
    const run = {};
    const words = { op, words: repeated(op, 200), times: 200, plan: card };
    const state = lineages.call(words, [ages, sent], run);
    const loss = lineages.call(words, [ages, sent], run);
    const made = describeLineage(lineages.call({ op: 'mul', words: 'mul([], [])' }, [state, loss]));
    expect(made.ops).toEqual([
      { op: '“step” (plan abcdef01)', count: 200 },
      { op: 'mul', count: 1 },
    ]);
    expect(made.plans).toEqual([card]);
    expect(describeLineage(state).sentence).toBe(
      '“step” (plan abcdef01) ×200, the last of 200 calls (“step” (plan abcdef01) ×200) on patients.ages, with 1 value of the scientist’s.',
    );
  });

  it('shows the name as inert text that stays in its quotes', () => {
    expect(nameOfPlan({ ...card, name: '' })).toBe('plan abcdef01');
    expect(nameOfPlan({ ...card, name: 'a” of “b\u200b' })).toBe(
      '“a of b[U+200B]” (plan abcdef01)',
    );
  });
});
