import { expect, test } from 'vitest';
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
