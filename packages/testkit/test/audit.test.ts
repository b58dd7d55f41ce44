/** The audit and the receipts of a connected pair, with real keys. */

import { makeIdentity, memoryPair } from '@duet/link';
import type { Engine } from '@duet/ops';
import { AuditLog, memoryStorage, type OwnerStorage } from '@duet/owner';
import { type DuetError, parseChainLine, systemClock } from '@duet/protocol';
import { Receipts, type ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { type AuditEntry, joinLoopback, loopback, type OwnerDuet, verifyAudit } from 'duetjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RawPair, until, wrappedEngine } from '../src';
import { action, begin, floats, get, own, published, request } from './words';

let open: { close(): unknown }[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(async () => {
  for (const duet of open.reverse()) await duet.close();
  open = [];
});

type OwnerOptions = NonNullable<NonNullable<Parameters<typeof loopback>[0]>['owner']>;

/** Ages whose bytes and digits are unlikely to stand anywhere by chance. */
const ages = [31.4159265, 45.2718281, 29.1414213];

async function start(
  options: OwnerOptions = {},
): Promise<{ owner: OwnerDuet; scientist: ScientistSession }> {
  const { owner, scientist } = await loopback({
    owner: { backend: 'cpu', mostScientists: 4, ...options },
    scientistName: 'Grace',
  });
  open.push(owner, scientist);
  await owner.store.add(ages, { tags: ['ages'] });
  await until(() => scientist.store.length > 0);
  return { owner, scientist };
}

async function another(owner: OwnerDuet): Promise<ScientistSession> {
  const scientist = await joinLoopback(owner, { scientistName: 'Ada' });
  open.push(scientist);
  await until(() => scientist.store.length > 0);
  return scientist;
}

function meanOf(scientist: ScientistSession, name: string): Promise<unknown> {
  return scientist.store.get('ages').mean().getValue({ requestBlock: true, name });
}

const acceptAll = (owner: OwnerDuet) => owner.on('request', (request) => void request.accept());

const kinds = (entries: readonly AuditEntry[]) => entries.map(({ kind }) => kind);

describe('the audit of a duet', () => {
  it('has who came, what was published, asked, decided and released, in this order', async () => {
    const { owner, scientist } = await start();
    acceptAll(owner);
    await meanOf(scientist, 'mean age');
    const entries = await owner.audit.entries();
    expect(kinds(entries)).toEqual([
      'opened',
      'peer',
      'peer',
      'published',
      'request',
      'decision',
      'release',
    ]);
    const { fingerprint } = owner.peers[0] ?? {};
    expect(entries.slice(4)).toMatchObject([
      { peer: fingerprint, request: 'r1', facts: { name: 'mean age', elements: 1 } },
      { peer: fingerprint, request: 'r1', outcome: 'accepted', by: 'owner' },
      { peer: fingerprint, request: 'r1', elements: 1, bytes: 4, by: 'owner' },
    ]);
  });

  it('tells of entries as they are written', async () => {
    const { owner, scientist } = await start();
    await owner.audit.entries();
    const told: AuditEntry[] = [];
    owner.on('audit', (entry) => told.push(entry));
    owner.on('request', (request) => request.deny('not this'));
    await expect(meanOf(scientist, 'mean age')).rejects.toMatchObject({ code: 'denied' });
    await until(() => told.length > 1);
    expect(kinds(told)).toEqual(['request', 'decision']);
    expect(JSON.stringify(told)).not.toContain('not this');
  });

  it('has no value of the owner’s, nor anything computed from one', async () => {
    const { owner, scientist } = await start();
    acceptAll(owner);
    const mean = Number(await meanOf(scientist, 'mean age'));
    await scientist.store.get('ages').mul(2).getValue({ requestBlock: true, name: 'all' });
    await owner.close();
    const text = await owner.audit.export();
    for (const value of [...ages, mean, ...ages.map((age) => 2 * age)]) {
      expect(text).not.toContain(String(value).slice(0, 6));
      expect(text).not.toContain(String(Math.fround(value)).slice(0, 6));
      const bytes = Buffer.from(Float32Array.of(value).buffer);
      expect(text).not.toContain(bytes.toString('hex'));
      expect(text).not.toContain(bytes.toString('base64').slice(0, 5));
    }
    expect(await verifyAudit(text, { key: owner.fingerprint })).toMatchObject({ ok: true });
  });

  it('ends with a signed head, and goes on with the next page', async () => {
    const storage = memoryStorage();
    const first = await start({ storage });
    await first.owner.close();
    const { owner } = await start({ storage });
    const entries = await owner.audit.entries();
    expect(entries.filter(({ kind }) => kind === 'closed' || kind === 'opened')).toMatchObject([
      { kind: 'opened', gap: false },
      { kind: 'closed' },
      { kind: 'opened', gap: false },
    ]);
    expect(entries.map(({ n }) => n)).toEqual(entries.map((_, index) => index + 1));
  });

  it('keeps what was asked before, for handlers to be tried on', async () => {
    const { owner, scientist } = await start();
    acceptAll(owner);
    await meanOf(scientist, 'mean age');
    expect(await owner.audit.requests()).toMatchObject([
      { request: 'r1', outcome: 'accepted', by: 'owner', facts: { name: 'mean age' } },
    ]);
  });

  /** Written in memory, unless `isFull` says that it cannot be. */
  function fillable(isFull: () => boolean): OwnerStorage {
    const inner = memoryStorage();
    return {
      lasting: false,
      read: (table, range) => inner.read(table, range),
      keyedDigest: (data) => inner.keyedDigest(data),
      seal: (plain, bound) => inner.seal(plain, bound),
      open: (sealed, bound) => inner.open(sealed, bound),
      wipe: () => inner.wipe(),
      write: (changes) =>
        isFull() ? Promise.reject(new Error('The disk is full.')) : inner.write(changes),
    };
  }

  it('leaves to the owner what a handler accepts and cannot write down, and tells nothing', async () => {
    let full = false;
    const { owner, scientist } = await start({ storage: fillable(() => full), logging: false });
    const all = { release: 'records', tags: ['ages'], elementQuota: 100 } as const;
    owner.requests.addHandler({ action: 'accept', ...all });
    await owner.audit.entries();
    full = true;
    const waits = new Promise((resolve) => owner.once('request', resolve));
    const request = scientist.store.get('ages').mul(2).request({ name: 'doubled' });
    await waits;
    expect(owner.requests.at(0)).toMatchObject({ name: 'doubled', status: 'pending' });
    expect(request.status).toBe('pending');
    expect(owner.grants.length).toBe(0);
    full = false;
    await owner.requests.at(0).accept();
    expect(await request.decision).toMatchObject({ outcome: 'accepted' });
  });

  it('has nothing leave that cannot be written down', async () => {
    let broken = false;
    const storage = fillable(() => broken);
    const { owner, scientist } = await start({ storage, logging: false });
    await owner.audit.entries();
    broken = true;
    acceptAll(owner);
    let released = 0;
    owner.on('release', () => {
      released += 1;
    });
    const wish = meanOf(scientist, 'mean age').then(
      () => 'value',
      (error: DuetError) => error.code,
    );
    expect(await wish).not.toBe('value');
    expect(released).toBe(0);
    broken = false;
    expect(await owner.audit.entries({ kind: 'release' })).toEqual([]);
  });
});

describe('receipts', () => {
  it('reach the scientist with each release, are checked and can be exported', async () => {
    const { owner, scientist } = await start();
    acceptAll(owner);
    await meanOf(scientist, 'first');
    await scientist.store.get('ages').mul(2).getValue({ requestBlock: true, name: 'second' });
    expect(scientist.receipts.list).toMatchObject([
      { outcome: 'value', dtype: 'float32', shape: [], digits: undefined },
      { outcome: 'value', dtype: 'float32', shape: [3], digits: undefined },
    ]);
    const receipts = scientist.receipts.export();
    const [peer] = owner.peers;
    for (const text of [
      await owner.audit.export(),
      await owner.audit.exportPeer(peer?.fingerprint ?? ''),
    ]) {
      expect(await verifyAudit(text, { receipts, key: owner.fingerprint })).toMatchObject({
        ok: true,
        receipts: 2,
      });
    }
  });

  it('are of the history of one scientist, which tells nothing of another’s doings', async () => {
    const { owner, scientist } = await start();
    acceptAll(owner);
    const ada = await another(owner);
    await meanOf(ada, 'her first');
    await meanOf(scientist, 'first');
    await meanOf(ada, 'her second');
    await meanOf(scientist, 'second');
    // Joined, and twice a request, a decision and a release.
    expect(scientist.receipts.list.map(({ n }) => n)).toEqual([4, 7]);
    expect(ada.receipts.list.map(({ n }) => n)).toEqual([4, 7]);
    const lines = scientist.receipts.list.map(({ receipt }) => parseChainLine(receipt.entry));
    for (const line of lines) {
      expect(Object.keys(line ?? {}).sort()).toEqual(
        // Nothing that the scientist was not told, but the salt.
        ['at', 'digest', 'dtype', 'kind', 'n', 'number', 'outcome', 'prev', 'salt', 'shape', 'to'],
      );
    }
    const text = await owner.audit.export();
    for (const receipts of [scientist.receipts.export(), ada.receipts.export()]) {
      expect(await verifyAudit(text, { receipts })).toMatchObject({ ok: true, receipts: 2 });
    }
  });

  it('show that the owner has written their history again', async () => {
    const { owner, scientist } = await start();
    acceptAll(owner);
    await meanOf(scientist, 'first');
    const [peer] = owner.peers;
    const { fingerprint = '' } = peer ?? {};
    const before = await owner.audit.exportPeer(fingerprint);
    await meanOf(scientist, 'second');
    const receipts = scientist.receipts.export();
    // An export of before is good by itself, and too short for whoever has the receipts.
    expect(await verifyAudit(before)).toMatchObject({ ok: true });
    expect((await verifyAudit(before, { receipts })).fault).toMatchObject({
      in: 'receipts',
      line: 3,
    });
  });

  it('come with failures that were accepted, too', async () => {
    const signer = await makeIdentity();
    const audit = new AuditLog({ storage: memoryStorage(), clock: systemClock, signer });
    const pair = new RawPair({ audit, wrapEngine: withoutNeg });
    open.push(pair);
    pair.owner.store.add(floats(ages), { tags: ['ages'] });
    pair.owner.requests.on('waiting', (request) => void request.accept());
    const grace = pair.join();
    grace.say(
      begin,
      action(1, 'neg', published(1)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    await until(() => grace.messages.some(({ kind }) => kind === 'failed'));
    const failure = grace.messages.find((message) => message.kind === 'failed');
    expect(failure).toMatchObject({ get: 3, code: 'op-failed', receipt: expect.anything() });
    const { fingerprint, publicKey } = signer;
    const receipts = new Receipts(
      { name: '', software: '', fingerprint, publicKey },
      grace.identity.fingerprint,
    );
    const told = { request: 2, meta: floats(ages).meta, digest: undefined, digits: undefined };
    await receipts.take(failure?.receipt, { ...told, outcome: 'op-failed' });
    expect(receipts.list).toMatchObject([{ outcome: 'op-failed', digest: undefined, request: 2 }]);
  });

  it('that are changed on the way end the session, and the value is not handed out', async () => {
    const wire = memoryPair();
    const { owner, scientist } = await loopback({
      owner: { backend: 'cpu' },
      channels: { owner: wire.a, scientist: tampered(wire.b) },
    });
    open.push(owner, scientist);
    await owner.store.add(ages, { tags: ['ages'] });
    await until(() => scientist.store.length > 0);
    acceptAll(owner);
    await expect(meanOf(scientist, 'mean age')).rejects.toMatchObject({ code: 'bad-reply' });
    expect(scientist.status.phase).toBe('closed');
    expect(scientist.receipts.length).toBe(0);
  });
});

/** An engine in which every `neg` fails, as if it had run out of memory. */
function withoutNeg(engine: Engine): Engine {
  return wrappedEngine(engine, {
    size: 0,
    run: (step) =>
      engine.run(step.kind === 'op' && step.op === 'neg' ? { ...step, op: 'matMul' } : step),
  });
}

/** Changes the time in every receipt that comes through. */
function tampered(channel: ReturnType<typeof memoryPair>['b']): typeof channel {
  const marker = Buffer.from('"kind":"release"');
  return new Proxy(channel, {
    get(target, name) {
      if (name !== 'onFrame') {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return (listener: (frame: Uint8Array) => void) =>
        target.onFrame((frame) => {
          const bytes = Buffer.from(frame);
          const at = bytes.indexOf(marker);
          if (at > 0) bytes.writeUInt8(bytes.readUInt8(at - 4) ^ 1, at - 4);
          listener(Uint8Array.from(bytes));
        });
    },
  });
}
