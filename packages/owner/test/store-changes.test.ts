/** What the owner does with what is published: replacing, extending, showing and hiding. */

import { type Catalogue, encodeStrings } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, noAudit } from '../src/audit/events';
import { OwnerStore, type PublishedDataSet, type PublishedObject } from '../src/store';
import { codeOf, floats, ints, numbersIn, texts, zeros } from './tensors';

const grace = 'a'.repeat(64);
const heidi = 'b'.repeat(64);

/** A store with all that it says, in order: what `grace` and `heidi` are told, and what is written down. */
function listening() {
  const audit: AuditEvent[] = [];
  const store = new OwnerStore({ audit: { ...noAudit, note: (event) => audit.push(event) } });
  const told: string[] = [];
  const idsIn = ({ objects, dataSets }: Catalogue) =>
    [...objects, ...dataSets].map(({ id }) => id).join(' ');
  for (const [name, fingerprint] of Object.entries({ grace, heidi })) {
    store.on('shown', (catalogue, to) => {
      if (to(fingerprint)) told.push(`${name} sees ${idsIn(catalogue)}`);
    });
    store.on('hidden', (numbers, from) => {
      if (from(fingerprint)) told.push(`${name} loses ${numbers.join(' ')}`);
    });
  }
  return { store, told, audit };
}

/** Everything that could have changed. */
const stateOf = (store: OwnerStore) => ({
  ids: store.objects.map(({ id }) => id),
  sets: store.dataSets.map(({ id }) => id),
  grace: store.catalogueFor(grace),
});

describe('replacing', () => {
  it('gives a new id, keeps what was said, and takes the old one back first', () => {
    const { store, told, audit } = listening();
    const old = store.add(floats([2, 2], 1, 2, 3, 4), {
      tags: ['ages'],
      description: 'in years',
      columns: ['a', 'b'],
      minRecords: 12,
      readers: [heidi],
    });
    told.length = 0;
    const next = store.replace('ages', floats([3, 2], 1, 2, 3, 4, 5, 6));
    expect(next).toMatchObject({
      id: 'p2',
      tags: ['ages'],
      description: 'in years',
      columns: ['a', 'b'],
      readers: [heidi],
    });
    expect(next.fact.axis).toMatchObject({ records: 3, minRecords: 12 });
    expect(store.get('ages')).toBe(next);
    expect(store.find(1)).toBeUndefined();
    expect(store.sourceFacts(1)).toEqual({
      id: 'p1',
      name: 'p1 (taken back)',
      tags: [],
      records: undefined,
      units: undefined,
      gone: true,
    });
    expect(told).toEqual(['grace loses 1', 'heidi loses 1', 'grace sees 2', 'heidi sees 2']);
    expect(audit.at(-1)).toEqual({
      kind: 'published',
      object: 'p2',
      name: 'ages',
      how: 'replaced',
      before: 'p1',
    });
    const { axis } = next.fact;
    expect(axis && store.predecessorOf(axis)).toEqual({ axis: old.fact.axis, how: 'replaced' });
    expect(old.fact.axis && store.predecessorOf(old.fact.axis)).toBeUndefined();
  });

  it('takes what is given anew', () => {
    const { store } = listening();
    store.add(zeros(4), { tags: ['a'], public: true, recordAxis: 0 });
    const next = store.replace('p1', zeros(2, 4), {
      public: false,
      recordAxis: 1,
      tags: undefined,
    });
    expect(next).toMatchObject({ public: false, tags: ['a'], fact: { recordAxis: 1 } });
  });

  it('keeps a mock where it still fits', () => {
    const { store } = listening();
    store.add(zeros(4), { tags: ['a'], mock: zeros(4) });
    expect(store.replace('a', floats([4], 1, 2, 3, 4)).mock).toMatchObject({ mockOf: 3 });
    expect(store.replace('a', zeros(5)).mock).toBeUndefined();
    expect(store.find(2)).toBeUndefined();
    expect(store.find(4)).toBeUndefined();
  });

  it('of a data set keeps unit and splits, and counts anew', () => {
    const { store } = listening();
    const old = store.addDataSet(
      { X: zeros(4, 1), who: ints([4], 1, 1, 2, 2), y: zeros(4) },
      {
        name: 'd',
        unit: 'who',
        splits: { first: [0, 2] },
        columns: { X: ['a'] },
        mock: { X: zeros(4, 1), y: zeros(4) },
      },
    );
    const next = store.replace('d', { X: zeros(5, 1), who: ints([5], 1, 2, 3, 4, 5) });
    expect(next).toMatchObject({ id: 'p7', name: 'd', unit: 'who' });
    expect(next.axis).toMatchObject({ records: 5, units: 5 });
    expect(next.splits).toEqual([{ name: 'first', from: 0, to: 2, units: 2 }]);
    expect(next.fields.get('X')?.columns).toEqual(['a']);
    expect([...next.fields.values()].map(({ mock }) => mock)).toEqual([undefined, undefined]);
    expect(store.predecessorOf(next.axis)).toEqual({ axis: old.axis, how: 'replaced' });
    expect(store.dataSets).toEqual([next]);
  });

  it('changes nothing where something is wrong', () => {
    const { store, told, audit } = listening();
    store.add(zeros(4), { tags: ['a'], columns: ['1', '2', '3', '4'] });
    store.addDataSet({ X: zeros(4), y: zeros(4) }, { name: 'd', splits: { all: [0, 4] } });
    const [before, said, written] = [stateOf(store), told.length, audit.length];
    const mistakes: readonly [() => unknown, string][] = [
      [() => store.replace('nothing', zeros(4)), 'no-object'],
      [() => store.replace('a', zeros(5)), 'bad-argument'],
      [() => store.replace('a', { X: zeros(4) }), 'bad-argument'],
      [() => store.replace('d', zeros(4)), 'bad-argument'],
      [() => store.replace('p3', zeros(4)), 'bad-argument'],
      [() => store.replace('d', { X: zeros(3), y: zeros(3) }), 'bad-argument'],
      [() => store.replace('d', { X: zeros(4), y: zeros(3) }), 'bad-argument'],
      [() => store.replace('a', { ...zeros(4), bytes: new Uint8Array(3) }), 'bad-tensor'],
      [() => store.replace('a', zeros(4), { tags: ['x'.repeat(65)] }), 'bad-text'],
      [() => store.replace('a', zeros(4), { minRecords: 3 }), 'bad-argument'],
      [() => store.replace('a', zeros(4), { pointable: ['grace'] }), 'bad-argument'],
    ];
    for (const [mistake, code] of mistakes) expect(codeOf(mistake)).toBe(code);
    expect(stateOf(store)).toEqual(before);
    expect(told).toHaveLength(said);
    expect(audit).toHaveLength(written);
  });
});

describe('extending', () => {
  it('puts the new records after the old ones, along the record axis', () => {
    const { store, audit } = listening();
    store.add(floats([2, 2], 1, 2, 3, 4), { tags: ['rows'] });
    store.add(floats([2, 2], 1, 2, 3, 4), { tags: ['columns'], recordAxis: 1 });
    const rows = store.extend('rows', floats([1, 2], 5, 6));
    expect([rows.value.meta.shape, numbersIn(rows.value)]).toEqual([
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ]);
    const columns = store.extend('columns', floats([2, 1], 5, 6));
    expect([columns.value.meta.shape, numbersIn(columns.value)]).toEqual([
      [2, 3],
      [1, 2, 5, 3, 4, 6],
    ]);
    const { axis } = rows.fact;
    expect(axis && store.predecessorOf(axis)).toMatchObject({
      axis: { id: 'p1' },
      how: 'extended',
    });
    expect(audit.slice(-2)).toMatchObject([
      { object: 'p3', how: 'extended', before: 'p1' },
      { object: 'p4', how: 'extended', before: 'p2' },
    ]);
  });

  it('leaves the bytes that were published as they are', () => {
    const { store } = listening();
    const old = store.add(floats([2], 1, 2), { tags: ['a'] });
    store.extend('a', floats([1], 3));
    expect(numbersIn(old.value)).toEqual([1, 2]);
  });

  it('of texts makes slots of one size', () => {
    const { store } = listening();
    store.add(texts('ann', 'bob'), { tags: ['names'] });
    const longer = encodeStrings(['charlotte-augusta'], [1], 20);
    const { value } = store.extend('names', longer);
    expect(value).toEqual(encodeStrings(['ann', 'bob', 'charlotte-augusta'], [3], 20));
  });

  it('of a data set takes all fields at once, and counts persons anew', () => {
    const { store, told } = listening();
    const old = store.addDataSet(
      { X: zeros(2, 2), who: ints([2], 1, 1) },
      { name: 'd', unit: 'who', splits: { first: [0, 2] } },
    );
    told.length = 0;
    const next = store.extend(
      'd',
      { who: ints([2], 1, 2), X: zeros(2, 2) },
      { splits: { first: [0, 2], later: [2, 4] } },
    );
    expect(next.axis).toMatchObject({ records: 4, units: 2 });
    expect([...next.fields.keys()]).toEqual(['X', 'who']);
    expect(next.splits).toEqual([
      { name: 'first', from: 0, to: 2, units: 1 },
      { name: 'later', from: 2, to: 4, units: 2 },
    ]);
    expect(store.predecessorOf(next.axis)).toEqual({ axis: old.axis, how: 'extended' });
    expect(told).toEqual([
      'grace loses 1 2 3',
      'heidi loses 1 2 3',
      'grace sees 4',
      'heidi sees 4',
    ]);
  });

  it('changes nothing where something is wrong', () => {
    const { store, told } = listening();
    store.add(zeros(4, 2), { tags: ['a'] });
    store.add(zeros(), { tags: ['scalar'] });
    store.addDataSet({ X: zeros(4, 2), y: zeros(4) }, { name: 'd' });
    const [before, said] = [stateOf(store), told.length];
    const mistakes = [
      () => store.extend('a', zeros(1, 3)),
      () => store.extend('a', zeros(2)),
      () => store.extend('a', ints([1, 2], 1, 2)),
      () => store.extend('a', { X: zeros(1, 2) }),
      () => store.extend('scalar', zeros()),
      () => store.extend('d', { X: zeros(1, 2) }),
      () => store.extend('d', { X: zeros(1, 2), y: zeros(1), z: zeros(1) }),
      () => store.extend('d', { X: zeros(1, 2), y: zeros(2) }),
      () => store.extend('p4', zeros(1, 2)),
      () => store.extend('a', zeros(1, 2), { columns: ['only one'] }),
    ];
    for (const mistake of mistakes) expect(codeOf(mistake)).toBe('bad-argument');
    expect(stateOf(store)).toEqual(before);
    expect(told).toHaveLength(said);
  });

  it('leads back over several steps', () => {
    const { store } = listening();
    store.add(zeros(4), { tags: ['a'] });
    store.extend('a', zeros(1));
    const { axis } = store.replace('a', zeros(5)).fact;
    const before = axis && store.predecessorOf(axis);
    expect(before).toMatchObject({ how: 'replaced', axis: { id: 'p2', records: 5 } });
    expect(before && store.predecessorOf(before.axis)).toMatchObject({
      how: 'extended',
      axis: { id: 'p1', records: 4 },
    });
  });
});

describe('who may see it', () => {
  it('some alone hear of what is for them alone', () => {
    const { store, told } = listening();
    store.add(zeros(1), { pointable: [grace] });
    store.addDataSet({ X: zeros(1) }, { pointable: [heidi], mock: { X: zeros(1) } });
    store.add(zeros(1));
    store.add(zeros(1), { pointable: false });
    expect(told).toEqual(['grace sees 1', 'heidi sees 4 2', 'grace sees 5', 'heidi sees 5']);
    const seen = (who: string) => [1, 3, 4, 5, 6, 9].filter((each) => store.visible(each, who));
    expect(seen(grace)).toEqual([1, 5]);
    expect(seen(heidi)).toEqual([3, 4, 5]);
    expect(store.catalogueFor(heidi).map(({ objects }) => objects.map(({ id }) => id))).toEqual([
      [4],
      [5],
    ]);
    store.remove('p1');
    store.remove('p6');
    expect(told.slice(4)).toEqual(['grace loses 1']);
  });

  it('changes: those who lose it hear that it is gone, those who gain it are told', () => {
    const { store, told, audit } = listening();
    const object = store.add(zeros(1), { tags: ['a'], mock: zeros(1) });
    told.length = 0;
    store.setAccess('a', { pointable: [grace] });
    expect(object.pointable).toEqual([grace]);
    expect(object.mock?.pointable).toEqual([grace]);
    store.setAccess('a', { pointable: [heidi, heidi] });
    expect(object.pointable).toEqual([heidi]);
    store.setAccess('a', { pointable: false });
    store.setAccess('a', { pointable: [] });
    store.setAccess('a', { pointable: true });
    store.setAccess('a', { pointable: true });
    expect(told).toEqual([
      'heidi loses 1 2',
      'grace loses 1 2',
      'heidi sees 1 2',
      'heidi loses 1 2',
      'grace sees 1 2',
      'heidi sees 1 2',
    ]);
    const hows = audit.map((event) => (event.kind === 'published' ? event.how : event.kind));
    expect(hows).toEqual(['added', 'hidden', 'hidden', 'shown', 'hidden', 'shown']);
  });

  it('goes on to what replaces it', () => {
    const { store, told } = listening();
    store.add(zeros(1), { tags: ['a'] });
    store.setAccess('a', { pointable: [grace] });
    told.length = 0;
    const next: PublishedObject = store.replace('a', zeros(2));
    expect(next.pointable).toEqual([grace]);
    expect(told).toEqual(['grace loses 1', 'grace sees 2']);
  });

  it('is of a whole data set', () => {
    const { store } = listening();
    const set: PublishedDataSet = store.addDataSet({ X: zeros(1) }, { name: 'd' });
    expect(() => store.setAccess('p2', { pointable: false })).toThrow(/Say p1 for all of it/);
    store.setAccess('d', { pointable: false });
    expect([set.pointable, set.fields.get('X')?.pointable]).toEqual([false, false]);
    expect(store.catalogueFor(grace)).toEqual([]);
  });

  it('never changes who may read it, and takes fingerprints alone', () => {
    const { store, told } = listening();
    store.add(zeros(1), { tags: ['a'] });
    const [before, said] = [stateOf(store), told.length];
    const more = { pointable: true, public: true };
    expect(() => store.setAccess('a', more)).toThrow(/replace it by a new one/);
    for (const stray of ['grace', '', 'A'.repeat(64), `${grace}0`]) {
      expect(codeOf(() => store.setAccess('a', { pointable: [stray] }))).toBe('bad-argument');
    }
    const wrong = { pointable: 'yes' } as unknown as { pointable: boolean };
    expect(codeOf(() => store.setAccess('a', wrong))).toBe('bad-argument');
    expect(codeOf(() => store.setAccess('b', { pointable: true }))).toBe('no-object');
    expect(stateOf(store)).toEqual(before);
    expect(told).toHaveLength(said);
  });

  it('a listener that throws does not stop it', () => {
    const { store } = listening();
    let thrown = 0;
    const before = globalThis.reportError;
    globalThis.reportError = () => {
      thrown += 1;
    };
    store.on('hidden', () => {
      throw new Error('of a listener');
    });
    try {
      store.add(zeros(1), { tags: ['a'] });
      const next = store.replace('a', zeros(2));
      expect(store.get('a')).toBe(next);
    } finally {
      globalThis.reportError = before;
    }
    expect(thrown).toBe(1);
  });
});
