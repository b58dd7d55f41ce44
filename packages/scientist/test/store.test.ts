import { type DataSet, type Published, type Split, tensorMeta } from '@duet/protocol';
import { describe, expect, test } from 'vitest';
import { type DataSetPointer, Pointer } from '../src';
import { openSession, published } from './fake-link';

async function patients() {
  const opened = await openSession([
    published(1, [4, 3], {
      tags: ['ages', 'people'],
      description: 'how \u200bold',
      columns: ['a', 'b', 'c'],
    }),
    published(9, [], { tags: ['people'], public: true }),
  ]);
  opened.link.say({
    kind: 'catalogue',
    objects: [],
    dataSets: [
      {
        id: 2,
        name: 'patients',
        tags: ['clinic'],
        description: 'from the clinic',
        unit: '',
        units: 0,
        splits: [],
        fields: [
          published(3, [5, 2], {
            field: 'X',
            columns: ['radius', 'texture'],
            tags: ['features'],
          }),
          published(4, [5], { field: 'y' }),
          published(5, [5], { field: 'name' }),
        ],
      },
    ],
  });
  return opened;
}

test('by id, tag and name; positions; iteration; length', async () => {
  const { session } = await patients();
  const { store } = session;
  expect(store.length).toBe(3);
  expect(store.list().map(({ id }) => id)).toEqual(['p1', 'p2', 'p9']);
  expect([...store].map(({ id }) => id)).toEqual(['p1', 'p2', 'p9']);
  expect(store.get('ages')).toBe(store.at(0));
  expect(store.get('p1')).toBe(store.get('ages'));
  expect(store.at(-1).id).toBe('p9');
  expect(store.get('p4').shape).toEqual([5]);
  expect(store.get('features').id).toBe('p3');
  expect(store.get<DataSetPointer>('clinic').id).toBe('p2');
  expect(() => store.at(3)).toThrow(/3 entries/);
});

test('data sets have their fields as properties, without hiding members', async () => {
  const { session, link } = await patients();
  const set = session.store.dataSet<'X' | 'y'>('patients');
  expect(set.X.column('radius').shape).toEqual([5, 1]);
  expect(link.last('action').args[0]).toMatchObject({
    tensor: { ref: { space: 'published', id: 3 } },
  });
  expect(set.y).toBe(set.field('y'));
  expect(set.name).toBe('patients');
  expect(set.field('name')).toBeInstanceOf(Pointer);
  expect(set.fields).toEqual(['X', 'y', 'name']);
  expect([set.tags, set.description]).toEqual([['clinic'], 'from the clinic']);
  expect(() => set.field('Z')).toThrow(/no field “Z”/);
  expect(() => session.store.dataSet('ages')).toThrow(/no data set/);
  expect(`${set}`).toBe('Data set p2: X, y, name');
});

test('unknown and ambiguous keys', async () => {
  const { session } = await patients();
  expect(() => session.store.get('agse')).toThrow(/goes by “agse”\. Did you mean “ages”/);
  expect(() => session.store.get('people')).toThrow(
    /2 entries go by “people”: p1, p9\. Use the id/,
  );
  expect(() => session.store.get('__proto__')).toThrow(/goes by/);
});

test('a table of plain rows, with the owner’s texts made visible', async () => {
  const { session } = await patients();
  const table = session.store.table();
  expect(table.map(({ id, name, access }) => [id, name, access])).toEqual([
    ['p1', 'ages', 'on request'],
    ['p3', 'patients.X', 'on request'],
    ['p4', 'patients.y', 'on request'],
    ['p5', 'patients.name', 'on request'],
    ['p9', 'people', 'public'],
  ]);
  expect(table[0]).toEqual({
    id: 'p1',
    name: 'ages',
    tags: 'ages, people',
    description: 'how [U+200B]old',
    shape: '[4, 3]',
    dtype: 'float32',
    columns: 'a, b, c',
    access: 'on request',
    records: 4,
    persons: '',
    unit: '',
    splits: '',
  });
});

test('is told of changes; known pointers stay the same and learn new words', async () => {
  const { session, link } = await patients();
  let told = 0;
  session.on('store', () => {
    told += 1;
  });
  const ages = session.store.get('ages');
  link.say({
    kind: 'catalogue',
    objects: [published(1, [4, 3], { tags: ['years'], public: true })],
    dataSets: [],
  });
  expect(told).toBe(1);
  expect(session.store.get('years')).toBe(ages);
  expect(ages.tags).toEqual(['years']);
  const request = ages.request();
  expect(request.status).toBe('accepted');
});

test('what the owner takes back vanishes; what was made of it stays', async () => {
  const { session, link } = await patients();
  const set = session.store.dataSet<'X'>('patients');
  const { X } = set;
  const mean = X.mean();
  let told = 0;
  session.on('store', () => {
    told += 1;
  });
  link.say({ kind: 'gone', published: [2, 3, 4, 5, 77], own: [] });
  expect(told).toBe(1);
  expect(session.store.list().map(({ id }) => id)).toEqual(['p1', 'p9']);
  expect(() => session.store.get('patients')).toThrow(/goes by/);
  expect(() => X.mean()).toThrow(/p3.*took this object back/);
  await expect(X.get()).rejects.toMatchObject({ code: 'gone' });
  expect(mean.add(1).shape).toEqual([]);
});

test('taking back a data set takes its fields, also when only it is named', async () => {
  const { session, link } = await patients();
  const y = session.store.get('p4');
  link.say({ kind: 'gone', published: [2], own: [] });
  expect(() => y.mean()).toThrow(/took this object back/);
  expect(() => session.store.get('p4')).toThrow(/goes by/);
});

describe('records, persons and splits', () => {
  const clinic = (more: Partial<DataSet> = {}): DataSet => ({
    id: 20,
    name: 'clinic',
    tags: [],
    description: '',
    unit: 'who',
    units: 3,
    splits: [
      { name: 'train\u200b', from: 0, to: 4, units: 3 },
      { name: 'test', from: 4, to: 6, units: 2 },
    ],
    fields: [
      { ...published(21, [2, 6, 3], { field: 'X', columns: ['a', 'b', 'c.d'] }), recordAxis: 1 },
      published(22, [6], { field: 'who' }),
    ],
    ...more,
  });

  test('stand with the data set, its fields, and in the table', async () => {
    const { session, link } = await openSession([published(1, [4, 3]), published(9, [])]);
    link.say({ kind: 'catalogue', objects: [], dataSets: [clinic()] });
    const set = session.store.dataSet<'X'>('clinic');
    expect(set).toMatchObject({
      records: 6,
      unit: 'who',
      persons: 3,
      splits: [
        { from: 0, to: 4, persons: 3 },
        { name: 'test', from: 4, to: 6, persons: 2 },
      ],
    });
    expect([set.X.recordAxis, set.X.records, set.X.minRecords]).toEqual([1, 6, 10]);
    const none = [undefined, undefined, undefined];
    const derived = set.X.mean();
    expect([derived.recordAxis, derived.records, derived.minRecords]).toEqual(none);
    const scalar = session.store.get('p9');
    expect([scalar.recordAxis, scalar.records, scalar.minRecords]).toEqual(none);
    const shown = session.store
      .table()
      .map(({ id, records, persons, unit, splits }) => [id, records, persons, unit, splits]);
    const splits = 'train[U+200B] 0–4 (3 persons), test 4–6 (2 persons)';
    expect(shown).toEqual([
      ['p1', 4, '', '', ''],
      ['p9', '', '', '', ''],
      ['p21', 6, 3, 'who', splits],
      ['p22', 6, 3, 'who', splits],
    ]);
  });

  test('a split of a field is a slice along its records', async () => {
    const { session, link } = await openSession([]);
    link.say({ kind: 'catalogue', objects: [], dataSets: [clinic()] });
    const set = session.store.dataSet<'X'>('clinic');
    expect(set.field('X', 'test').shape).toEqual([2, 2, 3]);
    expect(link.last('action')).toMatchObject({
      op: 'slice',
      args: [
        { tensor: { ref: { space: 'published', id: 21 } } },
        { numbers: [0, 4, 0] },
        { numbers: [2, 2, 3] },
      ],
    });
    expect(set.field('who', 'test').shape).toEqual([2]);
    expect(() => set.field('X', 'tset')).toThrow(/no split “tset”\. Did you mean “test”/);
    expect(() => set.field('X', 'constructor')).toThrow(/no split/);
  });

  test('without a unit, records are counted', async () => {
    const { session, link } = await openSession([]);
    const splits = [{ name: 'half', from: 0, to: 3, units: 3 }];
    link.say({
      kind: 'catalogue',
      objects: [],
      dataSets: [clinic({ unit: '', units: 0, splits })],
    });
    const set = session.store.dataSet('clinic');
    expect(set.persons).toBeUndefined();
    expect(set.splits).toEqual([{ name: 'half', from: 0, to: 3, persons: undefined }]);
    expect(session.store.table()[0]).toMatchObject({ persons: '', splits: 'half 0–3' });
  });

  const part = (more: Partial<Split>): Partial<DataSet> => ({
    splits: [{ name: 'part', from: 0, to: 4, units: 3, ...more }],
  });
  const fields = clinic().fields;
  const withField = (more: Partial<Published>): Partial<DataSet> => ({
    fields: [fields[0] as Published, { ...(fields[1] as Published), ...more }],
  });

  test.each<[string, Partial<DataSet>]>([
    ['a unit that is no field', { unit: 'nobody' }],
    ['a unit that is no column', { unit: 'X.z' }],
    ['a unit that every object has', { unit: 'constructor' }],
    ['more persons than records', { units: 7 }],
    ['nobody in six records', { units: 0 }],
    ['persons without a unit', { unit: '' }],
    ['a split beyond the records', part({ to: 7 })],
    ['an empty split', part({ from: 4 })],
    ['a split that ends before it begins', part({ from: 5 })],
    ['a split of nobody', part({ units: 0 })],
    ['a split with more persons than records', part({ from: 2, units: 3 })],
    ['a split with more persons than there are', { ...part({ units: 4 }) }],
    ['a split without a name', part({ name: '' })],
    ['two splits of one name', { splits: [...clinic().splits, ...clinic().splits] }],
    ['fields with different numbers of records', withField({ meta: tensorMeta('float32', [5]) })],
    ['a field without its record axis', withField({ recordAxis: 1 })],
    ['a record axis far away', withField({ recordAxis: 2 ** 32 - 1 })],
  ])('an owner’s side that says %s is at fault', async (_, more) => {
    const { session, link } = await openSession([]);
    link.say({ kind: 'catalogue', objects: [], dataSets: [clinic(more)] });
    expect(await link.closed).toMatchObject({ code: 'bad-reply' });
    expect(session.store.length).toBe(0);
  });

  test('a record axis is never another one later', async () => {
    const { link } = await openSession([published(1, [4, 4])]);
    const moved = { ...published(1, [4, 4]), recordAxis: 1 };
    link.say({ kind: 'catalogue', objects: [moved], dataSets: [] });
    expect(await link.closed).toMatchObject({ code: 'bad-reply' });
  });
});
