import { expect, it } from 'vitest';
import { memoryStorage } from '../src/memory-storage';

it('has numbers before texts, each in their order, and gives ranges', async () => {
  const storage = memoryStorage();
  const keys = ['b', 10, 'a', 9, 'a 1'];
  await storage.write(keys.map((key) => ({ table: 'audit', key, value: key })));
  const read = async (range?: Parameters<typeof storage.read>[1]) =>
    (await storage.read('audit', range)).map(([key]) => key);
  expect(await read()).toEqual([9, 10, 'a', 'a 1', 'b']);
  expect(await read({ from: 10, to: 'a' })).toEqual([10, 'a']);
  expect(await read({ from: 'a 1' })).toEqual(['a 1', 'b']);
  expect(await read({ to: 9 })).toEqual([9]);
  expect(await storage.read('ledger')).toEqual([]);
});

it('gives and takes copies, and writes all or nothing', async () => {
  const storage = memoryStorage();
  const value = { deep: [1] };
  await storage.write([{ table: 'ledger', key: 'a', value }]);
  value.deep.push(2);
  const [[, first] = []] = await storage.read('ledger');
  expect(first).toEqual({ deep: [1] });
  (first as typeof value).deep.push(3);
  expect(await storage.read('ledger')).toEqual([['a', { deep: [1] }]]);
  const bad = storage.write([
    { table: 'ledger', key: 'a', value: undefined },
    { table: 'ledger', key: 'b', value: () => undefined },
  ]);
  await expect(bad).rejects.toThrow();
  expect(await storage.read('ledger')).toHaveLength(1);
});

it('has a digest key of its own, until it is wiped', async () => {
  const [storage, other] = [memoryStorage(), memoryStorage()];
  const data = Uint8Array.of(1, 2, 3);
  const digest = await storage.keyedDigest(data);
  expect(digest).toHaveLength(32);
  expect(await storage.keyedDigest(data)).toEqual(digest);
  expect(await other.keyedDigest(data)).not.toEqual(digest);
  await storage.write([{ table: 'audit', key: 1, value: 1 }]);
  await storage.wipe();
  expect(await storage.read('audit')).toEqual([]);
  expect(await storage.keyedDigest(data)).not.toEqual(digest);
});

it('seals for what it is bound to, until it is wiped', async () => {
  const [storage, other] = [memoryStorage(), memoryStorage()];
  const plain = Uint8Array.of(1, 2, 3);
  const sealed = await storage.seal(plain, 'a');
  expect(await storage.open(sealed, 'a')).toEqual(plain);
  expect(await storage.seal(plain, 'a')).not.toEqual(sealed);
  await expect(storage.open(sealed, 'b')).rejects.toThrow();
  await expect(storage.open(sealed)).rejects.toThrow();
  await expect(other.open(sealed, 'a')).rejects.toThrow();
  const changed = sealed.slice();
  changed[20] = (changed[20] ?? 0) ^ 1;
  await expect(storage.open(changed, 'a')).rejects.toThrow();
  await storage.wipe();
  await expect(storage.open(sealed, 'a')).rejects.toThrow();
});

it('keeps keys that nobody can read', async () => {
  const storage = memoryStorage();
  const secret = await crypto.subtle.importKey('raw', new Uint8Array(32), 'HKDF', false, [
    'deriveBits',
  ]);
  await storage.write([{ table: 'families', key: 'f', value: { secrets: [secret] } }]);
  const [[, family] = []] = await storage.read('families');
  const [key] = (family as { secrets: readonly CryptoKey[] }).secrets;
  expect([key?.type, key?.extractable, key?.usages]).toEqual(['secret', false, ['deriveBits']]);
});
