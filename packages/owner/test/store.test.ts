import { type Catalogue, encodeStrings, type TensorValue } from '@duet/protocol';
import { describe, expect, it, vi } from 'vitest';
import { nameOf, OwnerStore, tagsOf } from '../src/store';
import { codeOf, floats, zeros } from './tensors';

const grace = 'a'.repeat(64);

describe('the owner’s store', () => {
  it('publishes one tensor and finds it by id and by unique tag', () => {
    const store = new OwnerStore();
    const ages = store.add(zeros(3), { tags: ['ages'], description: 'in years' });
    store.add(zeros(3), { tags: ['heights', 'body'] });
    store.add(zeros(3), { tags: ['weights', 'body'] });
    expect(store.get('ages')).toBe(ages);
    expect(store.get('p1')).toBe(ages);
    expect(codeOf(() => store.get('body'))).toBe('bad-argument');
    expect(codeOf(() => store.get('nothing'))).toBe('no-object');
  });

  it('publishes a data set as one thing, with its tags on every field', () => {
    const store = new OwnerStore();
    const dataSet = store.addDataSet(
      { X: zeros(5, 2), y: zeros(5, 1) },
      { name: 'patients', tags: ['hospital'], columns: { X: ['radius', 'texture'] } },
    );
    const X = dataSet.fields.get('X');
    expect(X && nameOf(X)).toBe('patients.X');
    expect(X && [...tagsOf(X)]).toEqual(['hospital']);
    expect(X?.columns).toEqual(['radius', 'texture']);
    expect(store.get('patients')).toBe(dataSet);
    expect(store.catalogueFor(grace)).toHaveLength(1);
  });

  it('publishes nothing of what has a mistake', () => {
    const store = new OwnerStore();
    const added = vi.fn();
    store.on('added', added);
    const mistakes = [
      () => store.addDataSet({ X: zeros(5, 2), y: zeros(4, 1) }),
      () => store.addDataSet({}),
      () => store.addDataSet({ constructor: zeros(5) }),
      () => store.addDataSet({ X: zeros(5, 2) }, { columns: { X: ['one'] } }),
      () => store.addDataSet({ X: zeros(5, 2) }, { columns: { Z: ['one', 'two'] } }),
      () => store.addDataSet({ X: zeros(5, 2) }, { columns: { X: ['twice', 'twice'] } }),
      () => store.add(zeros(2), { tags: ['a', 'a'] }),
      () => store.add(zeros(2), { tags: ['new\nline'] }),
      () => store.add(zeros(2), { description: 'x'.repeat(1001) }),
      () => store.add({ ...zeros(2), bytes: new Uint8Array(7) }),
      () =>
        store.add(zeros(3, 4000), {
          columns: Array.from({ length: 4000 }, (_, index) => `${index}`.padStart(128, '漢')),
        }),
    ];
    for (const mistake of mistakes) expect(codeOf(mistake)).not.toBe('nothing');
    expect(store.objects).toEqual([]);
    expect(store.catalogueFor(grace)).toEqual([]);
    expect(added).not.toHaveBeenCalled();
  });

  it('hides what is not pointable', () => {
    const store = new OwnerStore();
    store.add(zeros(2), { pointable: false });
    expect(store.catalogueFor(grace)).toEqual([]);
    expect(store.get('p1')).toMatchObject({ pointable: false });
  });

  it('takes back an object or a whole data set, never a part of one, and never reuses a number', () => {
    const store = new OwnerStore();
    const removed = vi.fn();
    store.on('hidden', removed);
    store.add(zeros(2), { tags: ['a'] });
    store.addDataSet({ X: zeros(2), y: zeros(2) }, { name: 'd' });
    expect(codeOf(() => store.remove('p3'))).toBe('bad-argument');
    store.remove('d');
    expect(removed).toHaveBeenLastCalledWith([2, 3, 4], expect.any(Function));
    store.remove('a');
    expect(store.objects).toEqual([]);
    expect(store.add(zeros(2)).id).toBe('p5');
  });

  it('keeps strings in slots of one size', () => {
    const store = new OwnerStore();
    const names = store.add(encodeStrings(['Al', 'Alexandra'], [2], 64), { tags: ['names'] });
    expect(names.value.bytes.length).toBe(2 * 68);
  });
});

describe('mocks', () => {
  const value = (...numbers: number[]): TensorValue => floats([numbers.length], ...numbers);

  it('travel with what they stand for, and are no objects of their own', () => {
    const store = new OwnerStore();
    const told: Catalogue[] = [];
    const gone: number[][] = [];
    store.on('shown', (catalogue) => told.push(catalogue));
    store.on('hidden', (numbers) => gone.push([...numbers]));
    const object = store.add(value(1, 2), { tags: ['ages'], mock: value(7, 8) });
    expect(told).toMatchObject([
      {
        objects: [
          { id: 1, public: false, mockOf: 0, tags: ['ages'] },
          { id: 2, public: true, mockOf: 1, tags: [], columns: [] },
        ],
      },
    ]);
    expect(store.catalogueFor(grace)).toEqual(told);
    expect(store.objects).toEqual([object]);
    expect(store.find(2)).toMatchObject({ mockOf: 1, public: true });
    expect(nameOf(store.find(2) ?? object)).toBe('the mock of p1');
    expect(() => store.get('p2')).toThrow(expect.objectContaining({ code: 'no-object' }));
    store.remove('ages');
    expect(gone).toEqual([[1, 2]]);
    expect(store.find(2)).toBeUndefined();
  });

  it('of a data set stand beside it, by field', () => {
    const store = new OwnerStore();
    store.addDataSet({ X: value(1, 2), y: value(3, 4) }, { name: 'd', mock: { y: value(0, 1) } });
    const [catalogue] = store.catalogueFor(grace);
    expect(catalogue).toMatchObject({
      objects: [{ mockOf: 3, public: true, field: '' }],
      dataSets: [
        {
          id: 1,
          fields: [
            { id: 2, field: 'X' },
            { id: 3, field: 'y', mockOf: 0 },
          ],
        },
      ],
    });
    expect(store.objects).toHaveLength(2);
    const heard: number[][] = [];
    store.on('hidden', (numbers) => heard.push([...numbers]));
    store.remove('d');
    expect(heard).toEqual([[1, 2, 3, 4]]);
    expect(store.find(4)).toBeUndefined();
  });

  it('have the shape and dtype of what they stand for; then nothing is published', () => {
    const store = new OwnerStore();
    const code = (make: () => unknown, expected: string) =>
      expect(make).toThrow(expect.objectContaining({ code: expected }));
    code(() => store.add(value(1, 2), { mock: value(1) }), 'bad-argument');
    code(() => store.addDataSet({ X: value(1) }, { mock: { Z: value(1) } }), 'bad-argument');
    expect(store.objects).toEqual([]);
    expect(store.find(1)).toBeUndefined();
    expect(store.find(2)).toBeUndefined();
  });

  it('of what is hidden are hidden', () => {
    const store = new OwnerStore();
    store.add(value(1), { pointable: false, mock: value(2) });
    expect(store.catalogueFor(grace)).toEqual([]);
    expect(store.find(2)).toMatchObject({ pointable: false });
  });
});
