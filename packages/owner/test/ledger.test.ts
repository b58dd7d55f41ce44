import type { RecordSpan } from '@duet/ops';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SetFacts } from '../src/gate/facts';
import { entered, fewestPersons, type Ledgers, nearReleases, whyTooFine } from '../src/gate/ledger';
import type { PublishedObject } from '../src/store';
import {
  aggregate,
  column,
  factsWith,
  lastingStorage,
  Page,
  setOf,
  setWith,
} from './handler-bench';

interface Asked {
  readonly sets: readonly SetFacts[];
  readonly elements: number;
}

/** Those of the asked that would be released, one after the other. */
function releasedOf(asks: readonly Asked[], before: Ledgers = new Map()): readonly Asked[] {
  let ledgers = before;
  return asks.filter(({ sets, elements }) => {
    if (whyTooFine(ledgers, sets, elements) !== undefined) return false;
    ledgers = entered(ledgers, sets, elements);
    return true;
  });
}

function spansOfRecords(records: number) {
  return fc
    .tuple(fc.nat(records), fc.nat(records))
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
}

/** Of each record, how often it counts in a combination of sums over sets. */
function combined(sets: readonly SetFacts[], factors: readonly number[], records: number) {
  return Array.from({ length: records }, (_, record) =>
    sets.reduce(
      (sum, { from, to }, index) =>
        from <= record && record < to ? sum + (factors[index] ?? 0) : sum,
      0,
    ),
  );
}

describe('aggregates that are released by themselves', () => {
  const records = 200;
  const minRecords = 7;
  const whole = setWith({ records, minRecords });

  it('C3: the mean over all, and then over all but one', () => {
    expect(releasedOf([{ sets: [whole], elements: 1 }])).toHaveLength(1);
    const but = (count: number) => setWith({ records, minRecords, to: records - count });
    for (const count of [1, minRecords - 1]) {
      for (const order of [
        [whole, but(count)],
        [but(count), whole],
      ]) {
        const asks = order.map((set) => ({ sets: [set], elements: 1 }));
        expect(releasedOf(asks).map(({ sets }) => sets[0])).toEqual([whole]);
      }
    }
    const enough = [whole, but(minRecords)].map((set) => ({ sets: [set], elements: 1 }));
    expect(releasedOf(enough)).toHaveLength(2);
  });

  it('tell, in no combination, of fewer than minRecords records', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(spansOfRecords(records), { minLength: 1, maxLength: 2 }), {
          maxLength: 40,
        }),
        fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 80, maxLength: 80 })),
        (asked, combinations) => {
          const asks = asked.map((spans) => ({
            sets: spans.map((span) => setWith({ records, minRecords, ...span })),
            elements: 1,
          }));
          const sets = releasedOf(asks).flatMap((each) => each.sets);
          const cuts = new Set([0, ...sets.flatMap(({ from, to }) => [from, to]), records]);
          const ascending = [...cuts].sort((a, b) => a - b);
          for (const [index, cut] of ascending.slice(1).entries()) {
            expect(cut - (ascending[index] ?? 0)).toBeGreaterThanOrEqual(minRecords);
          }
          for (const factors of combinations) {
            const support = combined(sets, factors, records).filter((sum) => sum !== 0).length;
            expect(support === 0 || support >= minRecords).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are fewer than a tenth of the records about any columns together', () => {
    const columns = 6;
    const all = Array.from({ length: 2 * columns }, (_, column) => column);
    const asked = fc.record({
      object: fc.constantFrom(1, 2),
      first: fc.nat(columns - 1),
      wide: fc.integer({ min: 1, max: columns }),
      elements: fc.nat(70),
      also: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(asked, { maxLength: 40 }),
        fc.array(fc.subarray(all, { minLength: 1 }), { minLength: 3 }),
        (asks, chosen) => {
          const released = releasedOf(
            asks.map(({ object, first, wide, elements, also }) => {
              const endColumn = Math.min(columns, first + wide);
              const set = setWith({ records, columns, object, firstColumn: first, endColumn });
              const other = setWith({ records, columns, object: 3 - object });
              return { sets: also ? [set, other] : [set], elements };
            }),
          );
          for (const some of [all, all.slice(0, columns), all.slice(1, 4), [0], ...chosen]) {
            const isAbout = ({ object, firstColumn, endColumn }: SetFacts) =>
              all
                .slice((object - 1) * columns + firstColumn, (object - 1) * columns + endColumn)
                .every((column) => some.includes(column));
            const elements = released
              .filter(({ sets }) => sets.every(isAbout))
              .reduce((sum, each) => sum + each.elements, 0);
            expect(elements).toBeLessThan((records / 10) * some.length);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('count for every column that they are about, as one at least', () => {
    const over = (firstColumn: number, endColumn: number, elements = 1) => ({
      sets: [setWith({ columns: 3, firstColumn, endColumn })],
      elements,
    });
    const nine = Array.from({ length: 9 }, () => over(0, 3));
    expect(releasedOf([...nine, over(0, 3), over(2, 3)])).toEqual(nine);
    const first = over(0, 1, 9);
    expect(releasedOf([first, over(0, 2), over(1, 3, 18), over(0, 3)])).toEqual([
      first,
      over(1, 3, 18),
    ]);
  });

  it('count ranges of columns in a bounded list, and never too few', () => {
    const columns = 10_000;
    let ledgers: Ledgers = new Map();
    const times = (column: number) => 1 + (column % 3);
    for (let column = 0; column < columns; column += 5) {
      const set = setWith({ columns, firstColumn: column, endColumn: column + 1 });
      for (let time = 0; time < times(column); time += 1) ledgers = entered(ledgers, [set], 1);
    }
    const counts = ledgers.get('a1')?.columns.get(1) ?? [];
    expect(counts.length).toBeLessThanOrEqual(1024);
    for (let column = 0; column < columns; column += 5) {
      const [range, ...others] = counts.filter(({ from, to }) => from <= column && column < to);
      expect(others).toEqual([]);
      expect(range?.count).toBeGreaterThanOrEqual(times(column));
    }
  });

  it('C9: a covariance with more numbers than unknowns is left to the owner', () => {
    const wide = setWith({ records, columns: 30 });
    const [few, many] = [19, 20].map((columns) =>
      setWith({ records, columns, endColumn: columns }),
    );
    expect(releasedOf([{ sets: [wide], elements: 900 }])).toEqual([]);
    expect(releasedOf([{ sets: [few ?? wide], elements: 19 * 19 }])).toHaveLength(1);
    expect(releasedOf([{ sets: [many ?? wide], elements: 20 * 20 }])).toEqual([]);
  });

  it('name the records that they would tell of', () => {
    const ledgers = entered(new Map(), [setWith({ to: 50 })], 1);
    expect(whyTooFine(ledgers, [setWith({ to: 55 })], 1)).toBe(
      'With what was released before it could tell of fewer than 10 records: those from record 50 to 54.',
    );
    expect(whyTooFine(new Map(), [setWith({ records: 90, columns: 2 })], 20)).toMatch(
      /^With it, 10 numbers about one column of 90 records/,
    );
    expect(whyTooFine(new Map(), [], 1)).toBe('It is not known which records it is about.');
  });

  it('of different axes do not hinder each other', () => {
    const one = setWith({ axis: 'a1', to: 50 });
    const other = setWith({ axis: 'a2', to: 55 });
    expect(releasedOf([one, other].map((set) => ({ sets: [set], elements: 1 })))).toHaveLength(2);
    const both = [setWith({ axis: 'a2', to: 50 }), setWith({ axis: 'a1', to: 54 })];
    expect(
      releasedOf([
        { sets: [one], elements: 1 },
        { sets: both, elements: 1 },
      ]),
    ).toHaveLength(1);
  });
});

describe('persons', () => {
  const records = 60;
  const minRecords = 5;
  const personsIn = (persons: readonly number[], from: number, to: number) =>
    new Set(persons.slice(from, to)).size;

  /** Records of persons, and splits with how many each has. */
  const dataSets = fc
    .record({
      persons: fc.array(fc.nat(25), { minLength: records, maxLength: records }),
      splits: fc.array(spansOfRecords(records), { maxLength: 6 }),
    })
    .map(({ persons, splits }) => ({
      persons,
      spans: [{ from: 0, to: records }, ...splits].map(
        ({ from, to }): RecordSpan => ({ from, to, units: personsIn(persons, from, to) }),
      ),
    }));

  it('are never thought to be more than they are', () => {
    fc.assert(
      fc.property(dataSets, spansOfRecords(records), ({ persons, spans }, { from, to }) => {
        expect(fewestPersons(spans, from, to)).toBeLessThanOrEqual(personsIn(persons, from, to));
      }),
      { numRuns: 300 },
    );
  });

  it('are counted for splits, for what they leave of others, and for records in between', () => {
    const spans = [
      { from: 0, to: 100, units: 50 },
      { from: 0, to: 60, units: 30 },
      { from: 90, to: 100, units: 4 },
    ];
    expect(fewestPersons(spans, 0, 60)).toBe(30);
    expect(fewestPersons(spans, 60, 100)).toBe(20);
    expect(fewestPersons(spans, 60, 90)).toBe(16);
    expect(fewestPersons(spans, 0, 90)).toBe(46);
    expect(fewestPersons(spans, 0, 55)).toBe(25);
    expect(fewestPersons(spans, 20, 30)).toBe(0);
  });

  it('who are told of by any combination are never fewer than minRecords', () => {
    fc.assert(
      fc.property(
        dataSets,
        fc.array(fc.nat(6), { maxLength: 12 }),
        fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 12, maxLength: 12 }), {
          minLength: 4,
        }),
        ({ persons, spans }, chosen, combinations) => {
          const asks = chosen.flatMap((at) => {
            const span = spans[at];
            return span
              ? [{ sets: [setWith({ records, minRecords, spans, ...span })], elements: 0 }]
              : [];
          });
          const sets = releasedOf(asks).flatMap((each) => each.sets);
          for (const factors of combinations) {
            const sums = combined(sets, factors, records);
            const told = new Set(persons.filter((_, record) => sums[record] !== 0));
            expect(told.size === 0 || told.size >= minRecords).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of a split that leaves few others are not told of by the whole', () => {
    const spans = (split: number) => [
      { from: 0, to: 100, units: 40 },
      { from: 0, to: 90, units: split },
    ];
    const both = (split: number) =>
      [40, split].map((units, at) => ({
        sets: [setWith({ spans: spans(split), units, to: at === 0 ? 100 : 90 })],
        elements: 1,
      }));
    expect(releasedOf(both(30))).toHaveLength(2);
    expect(releasedOf(both(31))).toHaveLength(1);
    // All persons are in the split: those of the other ten records can be few.
    expect(releasedOf(both(40))).toHaveLength(1);
  });
});

describe('near releases', () => {
  it('are those that differ by some records, but by few', () => {
    const ledgers = [setWith(), setWith({ to: 50 }), setWith({ from: 3, to: 47 })].reduce(
      (so: Ledgers, set) => entered(so, [set], 1),
      new Map(),
    );
    const near = (from: number, to: number) =>
      nearReleases(ledgers, [setWith({ from, to })]).map(({ released, differs }) => [
        ...released,
        differs,
      ]);
    expect(near(0, 100)).toEqual([]);
    expect(near(0, 99)).toEqual([[0, 100, 1]]);
    expect(near(0, 90)).toEqual([]);
    expect(near(5, 50)).toEqual([
      [0, 50, 5],
      [3, 47, 5],
    ]);
  });
});

describe('the ledgers of an owner’s page', () => {
  const publish = (page: Page, records = 100, seed = 0) =>
    page.store.add(column(records, seed), { tags: ['t'] });
  const about = ({ fact, number }: PublishedObject, some: Partial<SetFacts> = {}) => {
    if (!fact.axis) throw new Error('A scalar.');
    return aggregate([setOf(fact.axis, number, some)]);
  };
  const first = (count: number) => ({ from: 0, to: count });

  it('hold back a handler, whoever was released to and however', async () => {
    const page = new Page();
    const ages = publish(page);
    page.automatic.add({ action: 'accept' });
    await page.automatic.accepted(about(ages, first(50)));
    expect(await page.ask(about(ages, first(45)))).toBeUndefined();
    expect(page.automatic.tooNarrow(about(ages, first(45)))).toMatchObject([{ handler: 'h1' }]);
    expect(page.automatic.near(about(ages, first(45)))).toMatchObject([
      { released: [0, 50], differs: 5 },
    ]);
    expect(page.automatic.near(aggregate([]))).toEqual([]);
    expect(await page.ask(about(ages, first(30)))).toBe('accept');
    expect(await page.ask(about(ages, first(35)))).toBeUndefined();
  });

  it('hold back metrics handlers as well, but not one that may release records', async () => {
    const page = new Page();
    const ages = publish(page);
    await page.automatic.accepted(about(ages, first(50)));
    page.automatic.add({ action: 'accept', elementQuota: 9 });
    expect(await page.ask(about(ages, first(45)))).toBeUndefined();
    const records = { action: 'accept', release: 'records', tags: ['t'], elementQuota: 9 } as const;
    page.automatic.add(records);
    expect(await page.ask(about(ages, first(45)))).toBe('accept');
    // It counts all the same.
    expect(page.automatic.near(about(ages, first(46)))).toHaveLength(2);
  });

  it('say nothing is known of records that they never heard of', async () => {
    const page = new Page();
    page.automatic.add({ action: 'accept' });
    expect(await page.ask(aggregate([setWith()]))).toBeUndefined();
    expect(page.automatic.tooNarrow(aggregate([setWith()]))).toEqual([
      { handler: 'h1', why: 'What was released of this data before is not known.' },
    ]);
  });

  it('count one after the other, so that two asked at once cannot both fit', async () => {
    const page = new Page();
    const ages = publish(page);
    page.automatic.add({ action: 'accept' });
    const answers = [50, 45, 55].map((count) => page.ask(about(ages, first(count))));
    expect(await Promise.all(answers)).toEqual(['accept', undefined, undefined]);
  });

  it('go on when the same values are published again, also after a reload', async () => {
    const storage = lastingStorage();
    const page = new Page(storage);
    await page.automatic.ready;
    const ages = publish(page);
    page.automatic.add({ action: 'accept' });
    expect(await page.ask(about(ages, first(50)))).toBe('accept');
    page.store.remove(ages.id);
    const again = publish(page);
    const other = publish(page, 100, 1);
    expect(await page.ask(about(again, first(45)))).toBeUndefined();
    expect(await page.ask(about(other, first(45)))).toBe('accept');

    const next = new Page(storage);
    await next.automatic.ready;
    const reloaded = publish(next);
    expect(await next.ask(about(reloaded, first(45)))).toBeUndefined();
    expect(await next.ask(about(reloaded, first(60)))).toBe('accept');
    expect(await next.ask(about(publish(next, 100, 1), first(50)))).toBeUndefined();
  });

  it('are one for all fields of a data set, and for what has some of its fields', async () => {
    const storage = lastingStorage();
    const page = new Page(storage);
    await page.automatic.ready;
    page.automatic.add({ action: 'accept' });
    const both = page.store.addDataSet({ a: column(100), b: column(100, 1) });
    const field = (name: string) => both.fields.get(name) as PublishedObject;
    expect(await page.ask(about(field('a'), first(50)))).toBe('accept');
    expect(await page.ask(about(field('b'), first(45)))).toBeUndefined();

    const next = new Page(storage);
    await next.automatic.ready;
    expect(await next.ask(about(publish(next, 100, 1), first(45)))).toBeUndefined();
    // What joins two makes them one.
    const third = publish(next, 100, 2);
    expect(await next.ask(about(third, first(45)))).toBe('accept');
    const joins = next.store.addDataSet({ b: column(100, 1), c: column(100, 2) });
    const b = joins.fields.get('b') as PublishedObject;
    expect(await next.ask(about(b, first(20)))).toBeUndefined();
    expect(next.automatic.tooNarrow(about(b, first(20)))).toMatchObject([
      { why: expect.stringContaining('from record 45 to 49') },
    ]);
  });

  it('count the numbers about each column, also after they became one', async () => {
    const page = new Page();
    page.automatic.add({ action: 'accept' });
    const release = async (object: PublishedObject, times: number) => {
      const answers: unknown[] = [];
      for (let time = 0; time < times; time += 1) answers.push(await page.ask(about(object)));
      return answers.filter((answer) => answer === 'accept').length;
    };
    expect(await release(publish(page, 100, 1), 5)).toBe(5);
    expect(await release(publish(page, 100, 2), 6)).toBe(6);
    const { fields } = page.store.addDataSet({ a: column(100, 1), b: column(100, 2) });
    expect(await release(fields.get('a') as PublishedObject, 9)).toBe(4);
    expect(await release(fields.get('b') as PublishedObject, 9)).toBe(3);
    // With ten more records, there is room for one more of each.
    const more = page.store.extend('p3', { a: column(10, 3), b: column(10, 4) });
    expect(await release(more.fields.get('b') as PublishedObject, 9)).toBe(1);
    expect(await release(more.fields.get('a') as PublishedObject, 9)).toBe(1);
  });

  it('go on where records are added', async () => {
    const storage = lastingStorage();
    const page = new Page(storage);
    await page.automatic.ready;
    page.automatic.add({ action: 'accept' });
    const ages = publish(page);
    expect(await page.ask(about(ages))).toBe('accept');
    const more = page.store.extend(ages.id, column(5, 3));
    expect(await page.ask(about(more))).toBeUndefined();
    expect(page.automatic.near(about(more))).toMatchObject([{ released: [0, 100], differs: 5 }]);
    const enough = page.store.extend(more.id, column(5, 4));
    expect(await page.ask(about(enough))).toBe('accept');
    // A value of the first one that is still around.
    expect(await page.ask(about(ages, first(91)))).toBeUndefined();
    expect(await page.ask(about(ages, first(90)))).toBe('accept');

    const next = new Page(storage);
    await next.automatic.ready;
    const reloaded = publish(next);
    expect(await next.ask(about(reloaded, first(95)))).toBeUndefined();
    expect(next.automatic.near(about(reloaded, first(95)))).toMatchObject([
      { released: [0, 100] },
      { released: [0, 90] },
    ]);
  });

  it('leave aggregates of what replaced something to the owner, if any of it was released', async () => {
    const storage = lastingStorage();
    const page = new Page(storage);
    await page.automatic.ready;
    page.automatic.add({ action: 'accept' });
    const untouched = page.store.replace(publish(page, 100, 9).id, column(100, 10));
    expect(await page.ask(about(untouched))).toBe('accept');

    const ages = publish(page);
    expect(await page.ask(about(ages))).toBe('accept');
    const newer = page.store.replace(ages.id, column(99, 2));
    const newest = page.store.replace(newer.id, column(99, 3));
    for (const each of [newer, newest]) {
      expect(await page.ask(about(each))).toBeUndefined();
      expect(page.automatic.near(about(each))).toMatchObject([{ differs: undefined }]);
    }
    expect(await page.ask(about(ages, first(50)))).toBe('accept');

    const next = new Page(storage);
    await next.automatic.ready;
    next.automatic.add({ action: 'accept' });
    expect(await next.ask(about(publish(next, 99, 3)))).toBeUndefined();
  });

  it('keep no values: only where sets begin and end, how many, and keyed digests', async () => {
    const storage = lastingStorage();
    const page = new Page(storage);
    await page.automatic.ready;
    const ages = publish(page);
    await page.automatic.accepted(about(ages, first(50)));
    const rows = await storage.read('ledger');
    expect(rows).toEqual([
      [expect.stringMatching(/^f[0-9a-f]{64}$/), { ledger: 'l1', slot: 0 }],
      [
        'l1',
        {
          group: 'l1',
          records: 100,
          cuts: [0, 50],
          ranges: [[0, 50]],
          columns: [[0, [{ from: 0, to: 1, count: 1 }]]],
        },
      ],
    ]);
  });

  it('fail an accept of the owner’s that cannot be written down', async () => {
    const page = new Page();
    const ages = publish(page);
    await page.ask(about(ages));
    page.storage.write = () => Promise.reject(new Error('the disk is full'));
    await expect(page.automatic.accepted(about(ages))).rejects.toMatchObject({ code: 'internal' });
    expect(page.noted('failure')).toHaveLength(1);
  });

  it('are written down with the next release where that failed when something was published', async () => {
    const storage = lastingStorage();
    const { write } = storage;
    storage.write = () => Promise.reject(new Error('the disk is busy'));
    const page = new Page(storage);
    await page.automatic.ready;
    const ages = publish(page);
    await page.ask(about(ages));
    storage.write = write;
    await page.automatic.accepted(about(ages, first(50)));

    const next = new Page(storage);
    await next.automatic.ready;
    next.automatic.add({ action: 'accept' });
    expect(await next.ask(about(publish(next), first(45)))).toBeUndefined();
  });

  it('stay as they were kept where they cannot be read', async () => {
    const storage = lastingStorage();
    const page = new Page(storage);
    await page.automatic.ready;
    await page.automatic.accepted(about(publish(page), first(50)));

    const broken = new Page({ ...storage, read: () => Promise.reject(new Error('broken')) });
    await expect(broken.automatic.ready).rejects.toThrow();
    const unread = publish(broken);
    await expect(broken.automatic.accepted(about(unread))).rejects.toMatchObject({
      code: 'internal',
    });
    // What is no aggregate counts in no ledger.
    await broken.automatic.accepted(factsWith({ class: 'record' }));

    const next = new Page(storage);
    await next.automatic.ready;
    next.automatic.add({ action: 'accept' });
    const ages = publish(next);
    expect(await next.ask(about(ages, first(45)))).toBeUndefined();
    expect(await next.ask(about(ages, first(30)))).toBe('accept');
  });

  it('count both parts of a complex number', async () => {
    const page = new Page();
    const ages = publish(page);
    page.automatic.add({ action: 'accept' });
    const complex = (elements: number) => ({
      ...about(ages),
      dtype: 'complex64' as const,
      elements,
      shape: [elements],
    });
    expect(await page.ask(complex(5))).toBeUndefined();
    expect(await page.ask(complex(4))).toBe('accept');
  });
});
