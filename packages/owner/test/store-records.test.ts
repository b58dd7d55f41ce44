/** Record axes, persons and splits, as they are published. */

import { tensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OwnerStore } from '../src/store';
import { bools, codeOf, floats, ints, texts, zeros } from './tensors';

const grace = 'a'.repeat(64);

const fieldOf = (store: OwnerStore, number: number) => store.find(number)?.fact;

describe('the record axis of an object', () => {
  it('is its first, unless it is told otherwise', () => {
    const store = new OwnerStore();
    const first = store.add(zeros(12, 3));
    expect(first.fact).toEqual({
      number: 1,
      meta: tensorMeta('float32', [12, 3]),
      public: false,
      recordAxis: 0,
      axis: { id: 'p1', records: 12, units: 12, minRecords: 10, spans: undefined },
    });
    const second = store.add(zeros(3, 14), { recordAxis: 1, public: true, minRecords: 11 });
    expect(second.fact).toMatchObject({
      public: true,
      recordAxis: 1,
      axis: { id: 'p2', records: 14, units: 14, minRecords: 11 },
    });
    expect(store.catalogueFor(grace)).toMatchObject([
      { objects: [{ id: 1, recordAxis: 0, minRecords: 10 }] },
      { objects: [{ id: 2, recordAxis: 1, minRecords: 11 }] },
    ]);
  });

  it('is none of a scalar, nor of a mock', () => {
    const store = new OwnerStore();
    const scalar = store.add(zeros());
    expect(scalar.fact.axis).toBeUndefined();
    expect(store.sourceFacts(1)).toMatchObject({ records: undefined, units: undefined });
    expect(store.catalogueFor(grace)).toMatchObject([
      { objects: [{ recordAxis: 0, minRecords: 0 }] },
    ]);
    const { mock } = store.add(zeros(12), { mock: zeros(12) });
    expect(mock?.fact).toMatchObject({ public: true, axis: undefined });
  });

  it.each([
    ['negative', zeros(3), -1],
    ['beyond the last', zeros(3), 1],
    ['no number', zeros(3), Number.NaN],
    ['between two', zeros(3, 3), 0.5],
    ['of a scalar', zeros(), 0],
  ])('must be there: %s', (_, value, recordAxis) => {
    const store = new OwnerStore();
    expect(codeOf(() => store.add(value, { recordAxis }))).toBe('bad-argument');
    expect(store.objects).toEqual([]);
  });

  it('has so few records that an aggregate is too narrow; that may be raised above the launch’s, not lowered', () => {
    const store = new OwnerStore({ minRecords: 20 });
    expect(store.add(zeros(3)).fact.axis?.minRecords).toBe(20);
    expect(store.add(zeros(3), { minRecords: 30 }).fact.axis?.minRecords).toBe(30);
    expect(() => store.add(zeros(3), { minRecords: 19 })).toThrow(/minRecords is 20 at least/);
    for (const minRecords of [0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(codeOf(() => store.add(zeros(3), { minRecords }))).toBe('bad-argument');
      expect(codeOf(() => new OwnerStore({ minRecords }))).toBe('bad-argument');
    }
  });
});

describe('the record axis of a data set', () => {
  it('is one for all its fields, which have it where they are told', () => {
    const store = new OwnerStore();
    const set = store.addDataSet(
      { X: zeros(30, 4), images: zeros(2, 30, 2), y: zeros(30) },
      { recordAxis: { images: 1 }, minRecords: 15 },
    );
    expect(set.axis).toEqual({
      id: 'p1',
      records: 30,
      units: 30,
      minRecords: 15,
      spans: undefined,
    });
    expect(fieldOf(store, 2)?.axis).toBe(set.axis);
    expect(fieldOf(store, 3)?.axis).toBe(set.axis);
    expect([2, 3, 4].map((number) => fieldOf(store, number)?.recordAxis)).toEqual([0, 1, 0]);
    const all = store.addDataSet({ a: zeros(2, 7), b: zeros(3, 7) }, { recordAxis: 1 });
    expect(all.axis.records).toBe(7);
  });

  it('must be as long in every field, and there in each', () => {
    const store = new OwnerStore();
    const code = (call: () => unknown) => expect(codeOf(call)).toBe('bad-argument');
    code(() => store.addDataSet({ X: zeros(5, 2), y: zeros(4) }));
    code(() => store.addDataSet({ X: zeros(5, 2), y: zeros(5) }, { recordAxis: 1 }));
    code(() => store.addDataSet({ X: zeros(5), y: zeros() }));
    code(() => store.addDataSet({ X: zeros() }));
    code(() => store.addDataSet({ X: zeros(5) }, { recordAxis: { Z: 0 } }));
    expect(store.objects).toEqual([]);
  });

  it('is never one of another data set', () => {
    const store = new OwnerStore();
    const one = store.addDataSet({ X: zeros(5) });
    const other = store.addDataSet({ X: zeros(5) });
    expect(one.axis).not.toBe(other.axis);
    expect(one.axis.id).not.toBe(other.axis.id);
  });
});

describe('persons', () => {
  const X = zeros(6, 2);

  it.each([
    ['texts', texts('ann', 'bob', 'ann', 'cy', 'cy', 'ann'), 3],
    ['ints', ints([6], 7, 8, 7, 7, 9, -7), 4],
    ['ints in a column of one', ints([6, 1], 7, 8, 7, 7, 9, 9), 3],
    ['floats, NaN equal to NaN and 0 to -0', floats([6], Number.NaN, 0.5, Number.NaN, 0, -0, 1), 4],
    ['bools', bools([6], 0, 1, 1, 0, 1, 1), 2],
  ])('are counted by a field of %s', (_, patient, persons) => {
    const store = new OwnerStore();
    const set = store.addDataSet({ X, patient }, { unit: 'patient' });
    expect(set.axis).toMatchObject({ records: 6, units: persons });
    expect(set.axis.spans).toEqual([{ from: 0, to: 6, units: persons }]);
    expect(store.catalogueFor(grace)).toMatchObject([
      { dataSets: [{ unit: 'patient', units: persons, splits: [] }] },
    ]);
    expect(store.sourceFacts(2)).toMatchObject({ records: 6, units: persons });
  });

  it('are counted by a column, and along another record axis', () => {
    const store = new OwnerStore();
    const columns = { X: ['age', 'patient.id'] };
    const set = store.addDataSet(
      { X: ints([4, 2], 30, 1, 31, 2, 32, 1, 33, 1), y: zeros(4) },
      { columns, unit: 'X.patient.id' },
    );
    expect(set.axis.units).toBe(2);
    const lying = store.addDataSet(
      { X: zeros(3, 4), who: ints([1, 4], 5, 5, 6, 5) },
      { recordAxis: 1, unit: 'who' },
    );
    expect(lying.axis).toMatchObject({ records: 4, units: 2 });
  });

  it('are one value a record, of something that can be told apart', () => {
    const store = new OwnerStore();
    const complex = { meta: tensorMeta('complex64', [6]), bytes: new Uint8Array(48) };
    const columns = { X: ['a', 'b'] };
    const code = (call: () => unknown) => expect(codeOf(call)).toBe('bad-argument');
    code(() => store.addDataSet({ X }, { unit: 'patient' }));
    code(() => store.addDataSet({ X }, { unit: 'X' }));
    code(() => store.addDataSet({ X }, { unit: 'X.a' }));
    code(() => store.addDataSet({ X }, { columns, unit: 'X.c' }));
    code(() => store.addDataSet({ X }, { columns, unit: 'X.' }));
    code(() => store.addDataSet({ X: zeros(6, 2, 2) }, { columns, unit: 'X.a' }));
    code(() => store.addDataSet({ X: zeros(1, 2) }, { columns, recordAxis: 1, unit: 'X.a' }));
    code(() => store.addDataSet({ X, complex }, { unit: 'complex' }));
    code(() => store.addDataSet({ X }, { unit: 'constructor' }));
    expect(store.objects).toEqual([]);
    expect(store.addDataSet({ X: zeros(0, 2), who: zeros(0) }, { unit: 'who' }).axis.units).toBe(0);
  });

  it('never stand in an error text', () => {
    const store = new OwnerStore();
    const secret = texts('canary-1', 'canary-2');
    try {
      store.addDataSet({ secret }, { unit: 'secret', splits: { all: [0, 3] } });
      expect.unreachable();
    } catch (thrown) {
      expect(String(thrown)).not.toMatch(/canary/);
    }
  });
});

describe('splits', () => {
  const who = ints([6], 1, 1, 2, 2, 3, 1);

  it('are published with their persons, and are the only spans where there is a unit', () => {
    const store = new OwnerStore();
    const splits = { train: [0, 4], test: [4, 6] } as const;
    const set = store.addDataSet({ X: zeros(6), who }, { unit: 'who', splits });
    // One person is in both.
    const told = [
      { name: 'train', from: 0, to: 4, units: 2 },
      { name: 'test', from: 4, to: 6, units: 2 },
    ];
    expect(set.splits).toEqual(told);
    expect(set.axis.spans).toEqual([
      { from: 0, to: 6, units: 3 },
      { from: 0, to: 4, units: 2 },
      { from: 4, to: 6, units: 2 },
    ]);
    expect(store.catalogueFor(grace)).toMatchObject([{ dataSets: [{ units: 3, splits: told }] }]);
  });

  it('without a unit have their records, and any other records stay allowed', () => {
    const store = new OwnerStore();
    const set = store.addDataSet({ X: zeros(6) }, { splits: { half: [0, 3] } });
    expect(set.splits).toEqual([{ name: 'half', from: 0, to: 3, units: 3 }]);
    expect(set.axis.spans).toBeUndefined();
    expect(store.catalogueFor(grace)).toMatchObject([{ dataSets: [{ unit: '', units: 0 }] }]);
  });

  it('lie within the records', () => {
    const store = new OwnerStore();
    const bad: readonly (readonly [number, number])[] = [
      [0, 7],
      [-1, 3],
      [3, 3],
      [4, 2],
      [0, 1.5],
      [Number.NaN, 3],
    ];
    for (const span of bad) {
      const add = () => store.addDataSet({ X: zeros(6) }, { splits: { part: span } });
      expect(codeOf(add)).toBe('bad-argument');
    }
    const many = Object.fromEntries(
      Array.from({ length: 65 }, (_, i) => [`s${i}`, [0, 1] as const]),
    );
    expect(codeOf(() => store.addDataSet({ X: zeros(6) }, { splits: many }))).toBe('bad-argument');
    const named = (name: string) => () =>
      store.addDataSet({ X: zeros(6) }, { splits: { [name]: [0, 1] } });
    expect(codeOf(named(''))).toBe('bad-argument');
    expect(codeOf(named('x'.repeat(65)))).toBe('bad-text');
    expect(store.objects).toEqual([]);
  });

  it('count what a set of the values in between counts', () => {
    const span = fc.tuple(fc.nat(11), fc.nat(11)).filter(([from, to]) => from < to);
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 12, maxLength: 12 }),
        span,
        (ids, [from, to]) => {
          const set = new OwnerStore().addDataSet(
            { who: ints([12], ...ids) },
            { unit: 'who', splits: { part: [from, to] } },
          );
          expect(set.axis.units).toBe(new Set(ids).size);
          expect(set.splits[0]?.units).toBe(new Set(ids.slice(from, to)).size);
        },
      ),
    );
  });
});
