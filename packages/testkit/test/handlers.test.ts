import { connectedPair, until } from '@duet/testkit';
import type { OwnerDuet, ScientistDuet } from 'duetjs';
import { describe, expect, it } from 'vitest';

const records = 60;
const columns = 3;
const X = Array.from({ length: records }, (_, record) =>
  Array.from({ length: columns }, (_, column) => Math.sin(record * 7 + column) * 50 + column),
);
const y = X.map(([first = 0]) => (first > 0 ? 1 : 0));

async function publish(owner: OwnerDuet, scientist: ScientistDuet) {
  await owner.store.addDataset({ X, y }, { name: 'visits', tags: ['clinic'] });
  await until(() => scientist.store.length > 0);
  const set = scientist.store.dataSet<'X' | 'y'>('visits');
  return { X: set.X, y: set.y };
}

/** What comes of each, where nobody is there to be asked. */
async function outcomes(asks: readonly { tryGet(options: object): Promise<unknown> }[]) {
  const all: unknown[] = [];
  for (const ask of asks) {
    const result = (await ask.tryGet({ requestBlock: true, name: 'ask', deleteObj: false })) as {
      ok: boolean;
      code?: string;
      value?: { dispose(): void };
    };
    result.value?.dispose();
    all.push(result.ok ? 'accepted' : result.code);
  }
  return all;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, each) => sum + each) / values.length;

describe('an accepting handler', () => {
  it('releases means over many records, exactly, and leaves all the rest to the owner', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X: rows } = await publish(owner, scientist);
    owner.requests.addHandler({ action: 'accept' });
    owner.on('request', (request) => request.deny());
    const value = (await rows.mean(0).getValue({ requestBlock: true, name: 'means' })) as number[];
    for (const [column, each] of value.entries()) {
      expect(each).toBeCloseTo(mean(X.map((row) => row[column] ?? 0)), 3);
    }
    expect(
      await outcomes([
        rows.max(0),
        rows.slice([0, 0], [1, columns]),
        rows.mul(1e38).relu().mean(0),
        rows.slice([0, 0], [5, columns]).mean(0),
      ]),
    ).toEqual(['denied', 'denied', 'denied', 'denied']);
    expect(owner.requests.handlers).toMatchObject([{ accepted: 1, tooNarrow: 4 }]);
  });

  it('C3: leaves the mean over all but one to the owner, after the mean over all', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X: rows } = await publish(owner, scientist);
    owner.requests.addHandler({ action: 'accept' });
    const warned: string[] = [];
    owner.on('request', (request) => {
      warned.push(...request.warnings.map(({ kind }) => kind));
      request.deny();
    });
    const first = (count: number) => rows.slice([0, 0], [count, columns]).sum(0);
    expect(await outcomes([rows.sum(0), first(records - 1), first(30)])).toEqual([
      'accepted',
      'denied',
      'accepted',
    ]);
    expect(warned).toContain('near-release');
    expect(warned).toContain('too-narrow');
  });

  it('counts aggregates that the owner accepts', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X: rows } = await publish(owner, scientist);
    const first = (count: number) => rows.slice([0, 0], [count, columns]).sum(0);
    owner.once('request', (request) => void request.accept());
    expect(await outcomes([first(30)])).toEqual(['accepted']);
    owner.requests.addHandler({ action: 'accept' });
    owner.on('request', (request) => request.deny());
    expect(await outcomes([first(29), first(20)])).toEqual(['denied', 'accepted']);
  });

  it('releases metrics within its quota, rounded, and each time anew', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X: rows, y: labels } = await publish(owner, scientist);
    owner.requests.addHandler({ action: 'accept', elementQuota: 2 });
    owner.on('request', (request) => request.deny());
    const guesses = rows.matMul(scientist.send([[0.01], [0], [0]])).squeeze([1]);
    const loss = scientist.tf.losses.meanSquaredError(labels, guesses);
    const value = await loss.getValue({ requestBlock: true, name: 'loss', deleteObj: false });
    const exact = mean(y.map((label, record) => (label - (X[record]?.[0] ?? 0) / 100) ** 2));
    expect(value).toBe(Math.fround(Number(exact.toPrecision(4))));
    expect(await outcomes([loss, loss])).toEqual(['accepted', 'denied']);
    expect(owner.requests.handlers).toMatchObject([{ quotaLeft: 0, accepted: 2, denied: 1 }]);
  });

  it('can be tried on what was asked before', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    const { X: rows } = await publish(owner, scientist);
    owner.on('request', (request) => request.deny());
    await outcomes([rows.mean(0), rows, rows.mean(0)]);
    const run = owner.requests.dryRun({ action: 'accept' }, await owner.audit.requests());
    expect(run.answers).toMatchObject([
      { request: 'r1', would: 'accept', outcome: 'denied' },
      { request: 'r2', would: 'too-narrow' },
      { request: 'r3', would: 'accept' },
    ]);
    expect(run.elements).toBe(2 * columns);
  });
});
