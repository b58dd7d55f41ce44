/** What the owner's side keeps in a real browser's database, read again by a later page. */

import { makeIdentity } from '@duet/link';
import {
  AuditLog,
  keyedDigestWith,
  makeDigestKey,
  type OwnerStorage,
  type StorageChange,
} from '@duet/owner';
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

  it('seals under a key that nobody can read, for what it is bound to alone, until it is wiped', async () => {
    const plain = new TextEncoder().encode('a value of someone’s');
    const first = await openStorage();
    const sealed = await first.seal(plain, 'object 1');
    await first.write([put('chunks', 'a', sealed)]);
    await first.close?.();
    const second = await openStorage();
    const [[, found] = []] = await second.read('chunks');
    expect(await second.open(found as Uint8Array, 'object 1')).toEqual(plain);
    await expect(second.open(sealed, 'object 2')).rejects.toThrow();
    await second.wipe();
    await expect(second.open(sealed, 'object 1')).rejects.toThrow();
    expect(await second.read('chunks')).toEqual([]);
  });

  it('keeps keys of links that nobody can read', async () => {
    const secret = await crypto.subtle.importKey('raw', new Uint8Array(32), 'HKDF', false, [
      'deriveBits',
    ]);
    const first = await openStorage();
    await first.write([put('families', 'f1', { id: 'f1', secrets: [secret] })]);
    await first.close?.();
    const second = await openStorage();
    const [[, family] = []] = await second.read('families');
    const [key] = (family as { secrets: CryptoKey[] }).secrets;
    expect(key?.extractable).toBe(false);
    const params = {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: new Uint8Array(),
    };
    const bits = (of: CryptoKey) => crypto.subtle.deriveBits(params, of, 128);
    expect(new Uint8Array(await bits(key as CryptoKey))).toEqual(
      new Uint8Array(await bits(secret)),
    );
  });

  it('takes over a database of the version before', async () => {
    const old = await new Promise<IDBDatabase>((resolve, reject) => {
      const asked = indexedDB.open(name, 1);
      asked.onupgradeneeded = () => {
        for (const table of ['handlers', 'ledger', 'audit', 'chains', 'heads', 'keys'])
          asked.result.createObjectStore(table);
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    const key = await makeDigestKey();
    await new Promise((resolve) => {
      const writing = old.transaction(['handlers', 'keys'], 'readwrite');
      writing.objectStore('handlers').put('a handler', 1);
      writing.objectStore('keys').put(key, 'digest');
      writing.oncomplete = resolve;
    });
    old.close();
    const storage = await openStorage();
    expect(await storage.read('handlers')).toEqual([[1, 'a handler']]);
    const data = new Uint8Array([1]);
    expect(await storage.keyedDigest(data)).toEqual(await keyedDigestWith(key, data));
    await storage.write([put('partners', 'p', 1), put('objects', 1, 1), put('invites', 'i', 1)]);
    expect(await storage.read('partners')).toEqual([['p', 1]]);
  });

  it('L2: is one page’s at a time: another one is told so, and changes nothing', async () => {
    const first = await openStorage();
    await expect(indexedStorage({ name })).rejects.toMatchObject({ code: 'in-use' });
    expect(await first.read('audit')).toEqual([]);
    await first.close?.();
    expect((await openStorage()).lasting).toBe(true);
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
