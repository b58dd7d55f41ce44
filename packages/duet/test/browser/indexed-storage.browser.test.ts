/** What the owner's side keeps in a real browser's database, read again by a later page. */

import { makeIdentity } from '@duet/link';
import { AuditLog, type OwnerStorage, type StorageChange } from '@duet/owner';
import { systemClock } from '@duet/protocol';
import { loopback, type OwnerDuet, verifyAudit } from 'duetjs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { indexedStorage } from '../../src/indexed-storage';

let name = '';
let count = 0;

beforeEach(() => {
  count += 1;
  name = `duet-test-${count}`;
});

const open: OwnerStorage[] = [];

afterEach(async () => {
  for (const storage of open.splice(0)) await storage.close?.();
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = resolve;
    request.onerror = resolve;
    request.onblocked = resolve;
  });
});

async function openStorage(): Promise<OwnerStorage> {
  const storage = await indexedStorage({ name });
  open.push(storage);
  return storage;
}

const put = (table: StorageChange['table'], key: string | number, value: unknown) => ({
  table,
  key,
  value,
});

describe('storage in the browser', () => {
  it('has what an earlier page wrote, in the order of its keys', async () => {
    const first = await openStorage();
    expect(first.lasting).toBe(true);
    await first.write([
      put('audit', 10, 'ten'),
      put('audit', 9, 'nine'),
      put('audit', 'text', { deep: [1, { n: Number.NaN }] }),
      put('ledger', 'a', 1),
      put('ledger', 'b', 2),
    ]);
    await first.write([put('ledger', 'a', undefined), put('audit', 9, 'nine again')], 'soon');
    await first.close?.();
    const second = await openStorage();
    expect(await second.read('audit')).toEqual([
      [9, 'nine again'],
      [10, 'ten'],
      ['text', { deep: [1, { n: Number.NaN }] }],
    ]);
    expect(await second.read('ledger')).toEqual([['b', 2]]);
    expect(await second.read('handlers')).toEqual([]);
    expect(await second.read('audit', { from: 10 })).toHaveLength(2);
    expect(await second.read('audit', { to: 9 })).toEqual([[9, 'nine again']]);
    expect(await second.read('audit', { from: 10, to: 10 })).toEqual([[10, 'ten']]);
  });

  it('writes in the order in which it was asked to, without being awaited', async () => {
    const storage = await openStorage();
    const writes = Array.from({ length: 50 }, (_, index) =>
      storage.write([put('handlers', 'one', index)], index % 2 ? 'now' : 'soon'),
    );
    await Promise.all(writes);
    expect(await storage.read('handlers')).toEqual([['one', 49]]);
  });

  it('writes all of the changes or none', async () => {
    const storage = await openStorage();
    const bad = storage.write([put('audit', 1, 'good'), put('audit', 2, () => 'no data')]);
    await expect(bad).rejects.toThrow();
    expect(await storage.read('audit')).toEqual([]);
  });

  it('keeps its digest key, which nobody can read, until it is wiped', async () => {
    const data = new Uint8Array([1, 2, 3]);
    const first = await openStorage();
    const digest = await first.keyedDigest(data);
    expect(digest).toHaveLength(32);
    expect(await first.keyedDigest(new Uint8Array([1, 2, 4]))).not.toEqual(digest);
    await first.write([put('audit', 1, 'one')]);
    await first.close?.();
    const second = await openStorage();
    expect(await second.keyedDigest(data)).toEqual(digest);
    await second.wipe();
    expect(await second.read('audit')).toEqual([]);
    expect(await second.keyedDigest(data)).not.toEqual(digest);
  });

  it('is one page’s at a time: another one is told, and has its own in memory', async () => {
    const first = await openStorage();
    const told: string[] = [];
    const second = await indexedStorage({ name, onFallback: (why) => told.push(why) });
    expect(second.lasting).toBe(false);
    expect(told).toHaveLength(1);
    await second.write([put('audit', 1, 'mine')]);
    expect(await first.read('audit')).toEqual([]);
  });

  it('is in memory where the browser refuses', async () => {
    const refuse = Object.getOwnPropertyDescriptor(IDBFactory.prototype, 'open');
    onTestFinished(() => {
      if (refuse) Object.defineProperty(IDBFactory.prototype, 'open', refuse);
    });
    Object.defineProperty(IDBFactory.prototype, 'open', {
      configurable: true,
      value: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
    const storage = await openStorage();
    expect(storage.lasting).toBe(false);
  });
});

describe('the audit in the browser', () => {
  const openLog = async (storage: OwnerStorage, signer: Awaited<ReturnType<typeof makeIdentity>>) =>
    new AuditLog({ storage, clock: systemClock, signer });

  it('goes on with the next page, and says when one was not closed', async () => {
    const signer = await makeIdentity();
    const first = await openStorage();
    const log = await openLog(first, signer);
    for (let number = 0; number < 200; number += 1) {
      log.note({ kind: 'published', object: `p${number}`, name: 'ä', how: 'added' });
    }
    await log.close();
    await first.close?.();

    const second = await openStorage();
    const unclosed = await openLog(second, signer);
    expect((await unclosed.entries({ limit: 3 })).map(({ kind }) => kind)).toEqual([
      'published',
      'closed',
      'opened',
    ]);
    await second.close?.();

    const third = await openStorage();
    const last = await openLog(third, signer);
    const report = await verifyAudit(await last.export(), { key: signer.fingerprint });
    expect(report).toMatchObject({ ok: true, from: 1, to: 204, gaps: [204], signedHeads: 5 });
  });

  it('has what a scientist was given in an earlier duet, and their history goes on', async () => {
    const give = async (storage: OwnerStorage): Promise<{ owner: OwnerDuet; text: string }> => {
      const { owner, scientist } = await loopback({
        owner: { backend: 'cpu', engine: 'page', storage, logging: false },
      });
      owner.on('request', (request) => void request.accept());
      await owner.store.add([1, 2, 3], { tags: ['ages'] });
      if (scientist.store.length === 0) {
        await new Promise<void>((resolve) => scientist.once('store', resolve));
      }
      await scientist.store.get('ages').sum().getValue({ requestBlock: true, name: 'sum' });
      scientist.close();
      await owner.close();
      return { owner, text: await owner.audit.export() };
    };
    const first = await openStorage();
    await give(first);
    await first.close?.();
    const second = await openStorage();
    const { owner, text } = await give(second);
    expect(await owner.audit.entries({ kind: 'release' })).toHaveLength(2);
    expect((await owner.audit.requests()).map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'accepted',
    ]);
    // The two are different owners here: what the later one exports begins where their key does.
    expect(await verifyAudit(text, { key: owner.fingerprint })).toMatchObject({ ok: true });
    expect(text.match(/"kind":"opened","gap":false/g)).toHaveLength(1);
  });
});
