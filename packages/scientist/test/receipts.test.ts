import {
  asciiJson,
  type Bytes,
  fingerprintOf,
  headAfter,
  headToSign,
  identityAlgorithm,
  type PeerIdentity,
  type Receipt,
  type SignedKind,
  signatureAlgorithm,
  toHex,
} from '@duet/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { Receipts, type Told } from '../src/receipts';

const me = 'a'.repeat(64);

async function makeOwner() {
  const keys = await crypto.subtle.generateKey(identityAlgorithm, true, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  const identity: PeerIdentity = {
    fingerprint: await fingerprintOf(publicKey),
    name: 'Olga',
    software: 'test',
    publicKey,
  };
  const sign = async (data: Bytes) =>
    new Uint8Array(await crypto.subtle.sign(signatureAlgorithm, keys.privateKey, data));
  return { identity, sign };
}

const owner = await makeOwner();
const stranger = await makeOwner();

const digest = new Uint8Array(32).fill(7);
const start = new Uint8Array(32).fill(1);

const told: Told = {
  request: 5,
  outcome: 'value',
  meta: { dtype: 'float32', shape: [2, 3], elementBytes: 0 },
  digest,
  digits: undefined,
};

const good = {
  n: 1,
  at: '2026-01-02T03:04:05Z',
  kind: 'release',
  to: me,
  number: 5,
  outcome: 'value',
  digest: toHex(digest),
  dtype: 'float32',
  shape: [2, 3],
};

interface Making {
  readonly previous?: Uint8Array;
  readonly sign?: typeof owner.sign;
  readonly kind?: SignedKind;
}

async function make(
  fields: Record<string, unknown> = {},
  { previous = start, sign = owner.sign, kind = 'history' }: Making = {},
): Promise<Receipt> {
  const entry = asciiJson({ prev: toHex(previous), ...good, ...fields });
  const signature = await sign(headToSign(kind, await headAfter(previous, entry)));
  return { entry, previous, signature };
}

function headOf({ previous, entry }: Receipt): Promise<Bytes> {
  return headAfter(previous, entry);
}

let receipts = new Receipts(owner.identity, me);
beforeEach(() => {
  receipts = new Receipts(owner.identity, me);
});

describe('a receipt', () => {
  it('is kept when it is what was told, signed by the owner', async () => {
    const receipt = await make();
    await receipts.take(receipt, told);
    expect(receipts.list).toEqual([
      {
        n: 1,
        at: good.at,
        request: 5,
        outcome: 'value',
        dtype: 'float32',
        shape: [2, 3],
        digest: toHex(digest),
        digits: undefined,
        head: toHex(await headOf(receipt)),
        receipt,
      },
    ]);
  });

  it('may be of a failure, of a rounded value, or of a request of an earlier session', async () => {
    await receipts.take(await make({ outcome: 'op-failed', digest: undefined }), {
      ...told,
      outcome: 'op-failed',
      digest: undefined,
    });
    await receipts.take(await make({ n: 3, digits: 4 }), { ...told, digits: 4 });
    await receipts.take(await make({ n: 5, number: 77 }), { ...told, request: undefined });
    expect(receipts.list.map(({ n }) => n)).toEqual([1, 3, 5]);
  });

  it('need not be there', async () => {
    await receipts.take(undefined, told);
    expect(receipts.length).toBe(0);
  });

  it('cannot be checked, and is not kept, where nobody knows the owner’s key', async () => {
    const { publicKey: _, ...unknown } = owner.identity;
    const unchecked = new Receipts(unknown, me);
    await unchecked.take(await make(), told);
    expect(unchecked.length).toBe(0);
  });

  it.each([
    ['another request', { number: 6 }],
    ['another value', { digest: '0'.repeat(64) }],
    ['no value', { digest: undefined }],
    ['another dtype', { dtype: 'int32' }],
    ['another shape', { shape: [3, 2] }],
    ['another rounding', { digits: 4 }],
    ['another outcome', { outcome: 'op-failed' }],
    ['another scientist', { to: 'b'.repeat(64) }],
    ['nobody', { to: undefined }],
    ['another thing than a release', { kind: 'decision' }],
    ['another place', { prev: '0'.repeat(64) }],
    ['no number', { n: 0 }],
    ['a shape that is none', { shape: 'constructor' }],
    ['a number that is none', { number: '5' }],
  ])('for %s is a bad reply', async (_, fields) => {
    await expect(receipts.take(await make(fields), told)).rejects.toMatchObject({
      code: 'bad-reply',
    });
    expect(receipts.length).toBe(0);
  });

  it.each<[string, () => Promise<Receipt>]>([
    ['by someone else', () => make({}, { sign: stranger.sign })],
    ['as another kind of head', () => make({}, { kind: 'log' })],
    [
      'before it was changed',
      async () => ({ ...(await make()), entry: (await make({ at: 'x' })).entry }),
    ],
    ['not at all', async () => ({ ...(await make()), signature: new Uint8Array(64) })],
    ['as text that is no JSON', async () => ({ ...(await make()), entry: 'release' })],
  ])('that is signed %s is a bad reply', async (_, receipt) => {
    await expect(receipts.take(await receipt(), told)).rejects.toMatchObject({ code: 'bad-reply' });
    expect(receipts.length).toBe(0);
  });

  describe('after another', () => {
    it('goes on from it, directly or after other lines', async () => {
      const first = await make();
      await receipts.take(first, told);
      const second = await make({ n: 2 }, { previous: await headOf(first) });
      await receipts.take(second, told);
      await receipts.take(await make({ n: 4 }), told);
      expect(receipts.list.map(({ n }) => n)).toEqual([1, 2, 4]);
    });

    it.each([
      ['the same place', { n: 1 }],
      ['the next place, after something else', { n: 2 }],
    ])('cannot have %s', async (_, fields) => {
      await receipts.take(await make(), told);
      await expect(receipts.take(await make(fields), told)).rejects.toMatchObject({
        code: 'bad-reply',
      });
      expect(receipts.length).toBe(1);
    });

    it('is checked in the order of arrival, however long each takes', async () => {
      const ordered = await Promise.all([1, 3, 5, 7, 9].map((n) => make({ n })));
      await Promise.all(ordered.map((receipt) => receipts.take(receipt, told)));
      expect(receipts.list.map(({ n }) => n)).toEqual([1, 3, 5, 7, 9]);
      // A bad one between does not hold up the next.
      const bad = receipts.take(await make({ n: 2 }), told);
      const next = receipts.take(await make({ n: 11 }), told);
      await expect(bad).rejects.toMatchObject({ code: 'bad-reply' });
      await next;
      expect(receipts.length).toBe(6);
    });
  });
});

it('exports lines for the verifier', async () => {
  const receipt = await make();
  await receipts.take(receipt, told);
  const [header, line, ...rest] = receipts.export().split('\n');
  expect(JSON.parse(header ?? '')).toEqual({
    duet: 'receipts',
    version: 1,
    owner: owner.identity.fingerprint,
    scientist: me,
  });
  expect(JSON.parse(line ?? '')).toEqual({
    entry: receipt.entry,
    previous: toHex(receipt.previous),
    signature: toHex(receipt.signature),
  });
  expect(rest).toEqual(['']);
});
