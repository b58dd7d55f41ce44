/** What the owner chose to keep is there again after a reload, and nothing else is; and nothing of it is in clear. */

import type { TensorValue } from '@duet/protocol';
import { encodeStrings } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, isDataSet, memoryStorage, Owner, type OwnerStorage } from '../src';
import { storageTables } from '../src/storage';
import { floats as shaped } from './tensors';

const floats = (numbers: readonly number[], shape: readonly number[] = [numbers.length]) =>
  shaped(shape, ...numbers);

const bob = 'b'.repeat(64);

interface PageOptions {
  readonly minRecords?: number;
}

/** An owner's page on a storage. */
async function openPage(storage: OwnerStorage, { minRecords }: PageOptions = {}) {
  const noted: AuditEvent[] = [];
  const failures: unknown[] = [];
  const owner = new Owner({
    createEngine: () => {
      throw new Error('Nobody computes here.');
    },
    mostScientists: 1,
    storage,
    minRecords,
    audit: { note: (event) => void noted.push(event), release: async () => undefined },
  });
  owner.on('failed', (error) => failures.push(error));
  await owner.ready;
  return { owner, store: owner.store, kept: owner.kept, noted, failures };
}

const lasting = () => memoryStorage({ lasting: true });

const values = ({ bytes }: TensorValue) => [...new Float32Array(bytes.slice().buffer)];

/** Every byte and text that a storage holds, as one string. */
async function everythingIn(storage: OwnerStorage): Promise<string> {
  const texts: string[] = [];
  const look = (value: unknown): void => {
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('latin1'));
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
    texts.push(String(value));
  };
  for (const table of storageTables) {
    for (const [key, value] of await storage.read(table)) {
      texts.push(String(key));
      look(value);
    }
  }
  return texts.join('\n');
}

describe('what is kept', () => {
  it('is there again with all that was said of it, under the same ids', async () => {
    const storage = lasting();
    const before = await openPage(storage);
    const ages = before.store.add(floats([30, 40, 50]), {
      tags: ['ages'],
      description: 'in years',
      columns: ['a', 'b', 'c'],
      readers: [bob],
      pointable: [bob],
      mock: floats([1, 2, 3]),
      keep: true,
    });
    const set = before.store.addDataSet(
      { X: floats([1, 2, 3, 4], [2, 2]), who: floats([7, 7]) },
      {
        name: 'visits',
        tags: ['v'],
        description: 'of patients',
        columns: { X: ['x', 'y'] },
        unit: 'who',
        splits: { train: [0, 1] },
        mock: { X: floats([9, 9, 9, 9], [2, 2]) },
        recordAxis: { X: 1 },
        keep: true,
      },
    );
    await Promise.all([before.kept.written(ages), before.kept.written(set)]);
    const catalogues = before.store.catalogueFor(bob);
    const told = before.store.catalogueFor('c'.repeat(64));

    const after = await openPage(storage);
    expect(after.failures).toEqual([]);
    expect(after.store.catalogueFor(bob)).toEqual(catalogues);
    expect(after.store.catalogueFor('c'.repeat(64))).toEqual(told);
    const [first, X, who] = after.store.objects;
    expect(first).toMatchObject({ id: 'p1', readers: [bob], pointable: [bob] });
    expect(first?.fact).toEqual(ages.fact);
    expect([first, X, who].map((object) => object && values(object.value))).toEqual([
      [30, 40, 50],
      [1, 2, 3, 4],
      [7, 7],
    ]);
    expect(first?.mock && values(first.mock.value)).toEqual([1, 2, 3]);
    const again = after.store.get('visits');
    expect(isDataSet(again) && [again.unit, again.splits, again.axis]).toEqual([
      'who',
      [{ name: 'train', from: 0, to: 1, units: 1 }],
      set.axis,
    ]);
    expect(after.kept.list()).toMatchObject([
      { id: 'p1', name: 'ages', tags: ['ages'], bytes: 24, written: 24 },
      { id: 'p3', name: 'visits', tags: ['v'], bytes: 40, written: 40 },
    ]);
    expect(after.noted.filter(({ kind }) => kind === 'published')).toMatchObject([
      { object: 'p1', how: 'restored' },
      { object: 'p3', how: 'restored' },
    ]);
  });

  it('comes in chunks where it is large, and empty where it is empty', async () => {
    const storage = lasting();
    const before = await openPage(storage);
    const large = Float32Array.from({ length: 2.5 * 1024 * 1024 }, (_, at) => at % 977);
    const bytes = new Uint8Array(large.buffer);
    const progress: number[] = [];
    before.kept.on('changed', () => progress.push(before.kept.list()[0]?.written ?? 0));
    const item = before.store.add(
      { meta: { dtype: 'float32', shape: [large.length], elementBytes: 0 }, bytes },
      { keep: true },
    );
    const none = before.store.add(floats([], [0]), { keep: true });
    await before.kept.written(item);
    await before.kept.written(none);
    expect(new Set(progress)).toEqual(
      new Set([0, 4 * 1024 * 1024, 8 * 1024 * 1024, 10 * 1024 * 1024]),
    );
    const after = await openPage(storage);
    expect(Buffer.compare(after.store.objects[0]?.value.bytes ?? bytes.slice(1), bytes)).toBe(0);
    expect(after.store.objects[1]?.value.meta.shape).toEqual([0]);
  });

  it('is only what the owner chose; ids of all else are never given again', async () => {
    const storage = lasting();
    const first = await openPage(storage);
    first.store.add(floats([1]));
    const kept = first.store.add(floats([2]));
    first.store.add(floats([3]));
    first.store.setKeep('p2', true);
    await first.kept.written(kept);
    await first.kept.settled();
    const second = await openPage(storage);
    expect(second.store.objects.map(({ id }) => id)).toEqual(['p2']);
    expect(second.store.add(floats([4])).id).toBe('p4');
    await second.kept.settled();
    const third = await openPage(storage);
    expect(third.store.objects.map(({ id }) => id)).toEqual(['p2']);
    expect(third.store.add(floats([5])).id).toBe('p5');
  });

  it('goes with its removal, and what takes its place is kept in its stead', async () => {
    const storage = lasting();
    const first = await openPage(storage);
    first.store.add(floats([1]), { tags: ['gone'], keep: true });
    first.store.add(floats([2]), { tags: ['replaced'], keep: true });
    first.store.add(floats([3]), { tags: ['longer'] });
    first.store.setKeep('longer', true);
    first.store.remove('gone');
    first.store.replace('replaced', floats([20]));
    first.store.extend('longer', floats([4]));
    await first.kept.settled();
    const second = await openPage(storage);
    expect(second.store.objects.map(({ id, tags, value }) => [id, ...tags, values(value)])).toEqual(
      [
        ['p4', 'replaced', [20]],
        ['p5', 'longer', [3, 4]],
      ],
    );
    second.store.setKeep('replaced', false);
    await second.kept.settled();
    expect(second.store.objects).toHaveLength(2);
    const third = await openPage(storage);
    expect(third.store.objects.map(({ tags }) => tags[0])).toEqual(['longer']);
  });

  it('is shown after a reload to those who may use it now', async () => {
    const storage = lasting();
    const first = await openPage(storage);
    first.store.add(floats([1]), { tags: ['a'], keep: true });
    await first.kept.settled();
    first.store.setAccess('a', { pointable: [bob] });
    await first.kept.settled();
    const second = await openPage(storage);
    expect(second.store.get('a').pointable).toEqual([bob]);
  });

  it('asks for no fewer records than it did before, or than this launch does', async () => {
    const storage = lasting();
    const first = await openPage(storage, { minRecords: 20 });
    first.store.add(floats([1, 2]), { keep: true });
    first.store.add(floats([1, 2]), { keep: true, minRecords: 50 });
    first.store.add(floats([1], []), { keep: true });
    await first.kept.settled();
    const fewest = (page: Awaited<ReturnType<typeof openPage>>) =>
      page.store.objects.map(({ fact }) => fact.axis?.minRecords);
    expect(fewest(await openPage(storage))).toEqual([20, 50, undefined]);
    expect(fewest(await openPage(storage, { minRecords: 30 }))).toEqual([30, 50, undefined]);
  });

  it('cannot be where the storage goes with the page', async () => {
    const { store, kept } = await openPage(memoryStorage());
    expect(() => store.add(floats([1]), { keep: true })).toThrow(/forgotten with the page/);
    expect(store.objects).toEqual([]);
    store.add(floats([1]), { tags: ['a'] });
    expect(() => store.setKeep('a', true)).toThrow(/forgotten with the page/);
    expect(() => store.replace('a', floats([2]), { keep: true })).toThrow(/forgotten/);
    expect(kept.list()).toEqual([]);
  });
});

describe('who reads the database later', () => {
  const secret = 'Rumpelstiltskin';

  async function withSecrets(storage: OwnerStorage) {
    const page = await openPage(storage);
    const item = page.store.addDataSet(
      { [secret]: encodeStrings([secret], [1], 16), X: floats([1234.5]) },
      { name: secret, tags: [secret], description: secret, columns: { X: [secret] }, keep: true },
    );
    await page.kept.written(item);
    await page.kept.settled();
    return page;
  }

  it('L1: finds nothing of it in clear, neither values nor words', async () => {
    const storage = lasting();
    const { store } = await withSecrets(storage);
    const found = await everythingIn(storage);
    expect(found).toContain('p1/');
    expect(found).not.toContain(secret);
    const bytes = Buffer.from(floats([1234.5]).bytes).toString('latin1');
    expect(found).not.toContain(bytes);
    // It is there: by the key alone.
    expect(store.get(secret).id).toBe('p1');
    expect((await openPage(storage)).store.get(secret).id).toBe('p1');
  });

  it('L1: finds nothing of it once it was wiped, which takes one action', async () => {
    const storage = lasting();
    const page = await withSecrets(storage);
    await page.kept.wipe();
    const left = await Promise.all(
      (['objects', 'chunks'] as const).map((table) => storage.read(table)),
    );
    // The next id alone: none is given twice.
    expect(left).toEqual([[[0, 4]], []]);
    expect(page.kept.list()).toEqual([]);
    expect(page.store.objects).toHaveLength(2);
    expect(page.noted.at(-1)).toEqual({ kind: 'wiped', objects: 1 });
    expect((await openPage(storage)).store.objects).toEqual([]);
  });

  it('L1: finds nothing of what was not to be kept', async () => {
    const storage = lasting();
    const { store, kept } = await openPage(storage);
    store.add(encodeStrings([secret], [1], 16), { tags: [secret] });
    await kept.settled();
    expect(await everythingIn(storage)).not.toContain(secret);
  });

  it('L1: cannot bring it back without the keys', async () => {
    const storage = lasting();
    await withSecrets(storage);
    const rows = await Promise.all(
      (['objects', 'chunks'] as const).map(async (table) =>
        (await storage.read(table)).map(([key, value]) => ({ table, key, value })),
      ),
    );
    const other = lasting();
    await other.write(rows.flat());
    const { store, failures } = await openPage(other);
    expect(store.objects).toEqual([]);
    expect(failures).toHaveLength(1);
    // It is gone from there, and told once.
    expect((await openPage(other)).failures).toEqual([]);
  });

  it('L7: hears nothing of it from what fails', async () => {
    const storage = lasting();
    await withSecrets(storage);
    const [[key, sealed] = []] = await storage.read('chunks');
    const changed = (sealed as Uint8Array).slice(1);
    await storage.write([{ table: 'chunks', key: key ?? '', value: changed }]);
    const { failures, noted } = await openPage(storage);
    expect(failures).toHaveLength(1);
    const told = [...failures.map(String), JSON.stringify(failures), JSON.stringify(noted)].join();
    expect(told).toContain('p1 was kept');
    expect(told).not.toContain(secret);
  });
});

describe('what is not whole', () => {
  it.each(['changed', 'missing', 'of another place', 'without its facts'])(
    'a part that is %s: none of it is published, and that is told',
    async (how) => {
      const storage = lasting();
      const first = await openPage(storage);
      first.store.add(floats([1, 2]), { tags: ['a'], keep: true });
      first.store.add(floats([3, 4]), { tags: ['b'], keep: true });
      await first.kept.settled();
      const [[key, value] = [], [, other] = []] = await storage.read('chunks');
      const chunk = { table: 'chunks', key: key ?? '' } as const;
      const changed = (value as Uint8Array).slice();
      changed[15] = (changed[15] ?? 0) ^ 1;
      if (how === 'changed') await storage.write([{ ...chunk, value: changed }]);
      if (how === 'missing') await storage.write([{ ...chunk, value: undefined }]);
      if (how === 'of another place') await storage.write([{ ...chunk, value: other }]);
      if (how === 'without its facts') {
        await storage.write([{ table: 'objects', key: 1, value: { chunks: [1] } }]);
      }
      const second = await openPage(storage);
      expect(second.store.objects.map(({ tags }) => tags[0])).toEqual(['b']);
      expect(second.failures).toMatchObject([{ message: expect.stringContaining('p1') }]);
      expect(await storage.read('chunks')).toHaveLength(1);
      expect(second.store.add(floats([5])).id).toBe('p3');
    },
  );

  it('what could not be written is not kept, and that is told', async () => {
    const storage = lasting();
    const { store, kept, failures } = await openPage(storage);
    const write = storage.write.bind(storage);
    let isFull = false;
    storage.write = (changes, when) => {
      const fits = !isFull || changes.every(({ value }) => value === undefined);
      return fits ? write(changes, when) : Promise.reject(new Error('The disk is full.'));
    };
    store.add(floats([1]), { tags: ['a'], keep: true });
    await kept.settled();
    isFull = true;
    const item = store.add(floats([2]), { tags: ['b'], keep: true });
    await expect(kept.written(item)).rejects.toThrow('full');
    await kept.settled();
    isFull = false;
    expect(store.objects).toHaveLength(2);
    expect(kept.list().map(({ id }) => id)).toEqual(['p1']);
    expect(failures.length).toBeGreaterThan(0);
    expect((await openPage(storage)).store.objects.map(({ id }) => id)).toEqual(['p1']);
  });
});
