import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestFacts, SetFacts } from '../src/gate/facts';
import { type WarningFacts, warningsOf } from '../src/warnings';

const source = (name: string, records: number | undefined) => ({
  id: name,
  name,
  tags: [],
  records,
  units: records,
});

const facts: RequestFacts = {
  name: 'the scientist’s words',
  peer: 'f'.repeat(64),
  dtype: 'float32',
  shape: [100],
  elements: 100,
  bytes: 400,
  class: 'record',
  why: '',
  sets: [],
  units: undefined,
  sources: [source('ages', 50)],
  plan: undefined,
};

const calm: WarningFacts = {
  facts,
  isPublished: false,
  isTrained: false,
  isIncomplete: false,
  found: 'ready',
  tooNarrow: [],
  near: [],
  metrics: 0,
  changed: [],
  minRecords: 10,
};

const set = (from: number, to: number): SetFacts => ({
  axis: 'p1',
  object: 1,
  from,
  to,
  columns: 1,
  firstColumn: 0,
  endColumn: 1,
  records: 50,
  units: to - from,
  minRecords: 10,
  spans: undefined,
});

const said = (more: Partial<WarningFacts>, about: Partial<RequestFacts> = {}) =>
  warningsOf({ ...calm, ...more, facts: { ...facts, ...about } }).map(
    ({ kind, text }) => `${kind}: ${text}`,
  );

describe('warnings', () => {
  it('say how much there is of it for each record', () => {
    expect(said({})).toEqual([
      'many-numbers: A part of the data, or as much as one: 100 numbers from 50 records, 2 for each. It can hold much of single records.',
    ]);
    expect(said({}, { elements: 4 })).toEqual([]);
    expect(said({ isTrained: true }, { elements: 4 })).toEqual([
      'many-numbers: A gradient, or what was trained with some: 4 numbers from 50 records, 0.08 for each. Some records may stand out in it.',
    ]);
    expect(said({ isTrained: true }, { elements: 1 })).toEqual([]);
    expect(said({}, { class: 'aggregate', sets: [set(0, 50)] })).toEqual([]);
    expect(said({ isPublished: true })).toEqual([
      'whole-object: This is what you published itself, as it stands.',
    ]);
  });

  it('go by the source with the fewest records', () => {
    const sources = [source('ages', 1000), source('names', 20), source('weight', undefined)];
    expect(said({}, { sources })[0]).toContain('100 numbers from 20 records, 5 for each');
  });

  it('come with few records, whatever the class', () => {
    const few = (count: number) =>
      `few-records: It is about ${count} ${count === 1 ? 'record' : 'records'} only.`;
    expect(said({}, { elements: 1, sources: [source('ages', 9)] })).toEqual([few(9)]);
    expect(said({}, { elements: 1, sources: [source('ages', 10)] })).toEqual([]);
    const sets = [set(0, 50), set(3, 4)];
    expect(said({}, { class: 'aggregate', sets })).toEqual([few(1)]);
    expect(said({}, { class: 'metric', elements: 1, units: 4 })).toEqual([few(4)]);
    expect(said({}, { class: 'metric', elements: 1, units: 40 })).toEqual([]);
  });

  it('come from releases of nearly the same records, and from handlers that may not go so far', () => {
    const about = { class: 'aggregate', elements: 1, sets: [set(0, 49)] } as const;
    const near = { set: set(0, 49), released: [0, 50] as const };
    expect(
      said(
        {
          near: [
            { ...near, differs: 1 },
            { ...near, differs: undefined },
          ],
          tooNarrow: [{ handler: 'h2', why: 'It is a record.' }],
        },
        about,
      ),
    ).toEqual([
      'near-release: It is about records 0 to 48; an aggregate of records 0 to 49 was released before. Together they tell of the 1 in which they differ.',
      'near-release: It is about records 0 to 48; an aggregate of records 0 to 49 was released before the data was replaced. Together they tell of what changed.',
      'too-narrow: Handler h2 matched, but may not release this: It is a record.',
    ]);
  });

  it('count metrics from ten on', () => {
    const about = { class: 'metric', elements: 1, units: 50 } as const;
    expect(said({ metrics: 9 }, about)).toEqual([]);
    expect(said({ metrics: 10 }, about)).toEqual([
      'many-metrics: This scientist was given 10 metrics before. Each could be about one record.',
    ]);
    expect(said({ metrics: 10 }, { elements: 1 })).toEqual([]);
  });

  it('have the gravest first', () => {
    const all = said(
      {
        found: 'stale',
        isIncomplete: true,
        changed: [{ name: 'ages', how: 'gone' }],
        tooNarrow: [{ handler: 'h1', why: 'x' }],
      },
      { sources: [source('ages', 5)] },
    );
    expect(all.map((text) => text.split(':')[0])).toEqual([
      'stale',
      'many-numbers',
      'few-records',
      'too-narrow',
      'changed-source',
      'incomplete',
    ]);
  });

  it('never have a word of the scientist’s in them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ready', 'failed', 'stale', undefined),
        fc.boolean(),
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom('record', 'aggregate', 'metric', 'public'),
        (found, flag, elements, infoClass) => {
          const words = said(
            { found, isPublished: flag, isTrained: !flag, isIncomplete: flag, metrics: elements },
            { elements, class: infoClass as RequestFacts['class'], name: '<script>' },
          ).join('\n');
          expect(words).not.toContain('<script>');
        },
      ),
    );
  });
});
