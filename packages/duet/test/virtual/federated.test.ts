/** One program over several workers: MultiPointer, and data sets that lie on them. */

import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import {
  FederatedDataLoader,
  FederatedDataset,
  type FederateOptions,
  federate,
  MultiPointer,
  sendToAll,
  type VirtualWorker,
  virtualTidy,
} from '../../src';
import { expectThere, settled, start, valuesOf } from './workers';

describe('PC-13 MultiPointer', () => {
  it('sends to several workers, runs ops on each, and sums on the way back', async () => {
    const workers = await start(['alice', 'bob', 'carol']);
    const x = sendToAll([1, 2], workers, { tags: ['x'] });
    const y = new MultiPointer(workers.map((worker, at) => worker.send([at, 10 * at])));
    expect(x.workers).toEqual(workers);
    const sum = x.add(y).mul(2);
    expect(sum).toBeInstanceOf(MultiPointer);
    for (const worker of workers) {
      await expectThere(worker, 4);
      expect(worker.countMessages('action')).toBe(2);
    }
    const values = await sum.get({ deleteObj: false });
    expect(values.map(valuesOf)).toEqual([
      [2, 4],
      [4, 24],
      [6, 44],
    ]);
    expect(valuesOf(await sum.get({ sum: true }))).toEqual([12, 72]);
    await expect(sum.get()).rejects.toMatchObject({ code: 'disposed' });
    expect(workers.map((worker) => worker.search('x').length)).toEqual([1, 1, 1]);
    x.dispose();
    y.dispose();
  });

  it('in-place ops, local arguments, and ops with several results work as on one pointer', async () => {
    const workers = await start(['alice', 'bob']);
    const x = sendToAll([3, 1, 2], workers);
    const local = tf.tensor([1, 1, 1]);
    expect(x.add_(local).mul_(x)).toBe(x);
    local.dispose();
    const { values, indices } = x.topk(2);
    expect(valuesOf(await values.get({ sum: true }))).toEqual([32, 18]);
    expect((await indices.get()).map(valuesOf)).toEqual([
      [0, 2],
      [0, 2],
    ]);
    const [first, ...others] = x.split(3);
    expect(others).toHaveLength(2);
    expect(valuesOf(await (first ?? x).get({ sum: true }))).toEqual([32]);
  });

  it('what does not fit is refused, names the workers, and leaves nothing', async () => {
    const [alice, bob, carol] = await start(['alice', 'bob', 'carol']);
    const x = sendToAll([1, 2], [alice, bob]);
    const y = sendToAll([1, 2], [alice, carol]);
    for (const worker of [alice, bob, carol]) await settled(worker);
    const before = [alice, bob, carol].map((worker) => worker.countMessages());
    expect(() => x.add(y)).toThrow(/on “alice”, “carol”, and has nothing on “bob”/);
    expect(() => new MultiPointer([])).toThrow(/at least one/);
    expect(() => new MultiPointer([...x.pointers, ...y.pointers])).toThrow(/one on each worker/);
    for (const worker of [alice, bob, carol]) await settled(worker);
    expect([alice, bob, carol].map((worker) => worker.countMessages())).toEqual(before);
    const odd = new MultiPointer([alice.send([1, 2]), bob.send([1, 2, 3])]);
    await expect(odd.get({ sum: true })).rejects.toThrow(/has not the shape/);
    expect(() => odd.add([1, 2])).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect([alice.countObjects(), bob.countObjects(), carol.countObjects()]).toEqual([3, 2, 1]);
    bob.send(1, { id: 'x' });
    expect(() => sendToAll([1], [alice, bob], { id: 'x' })).toThrow(
      expect.objectContaining({ code: 'id-taken' }),
    );
    expect(alice.search('x')).toEqual([]);
    alice.clearObjects();
    await expect(x.get()).rejects.toMatchObject({ code: 'gone' });
  });
});

describe('PC-18 FederatedDataset and FederatedDataLoader', () => {
  /** Record n is [n, 10 n], its target n. */
  function federated(workers: readonly VirtualWorker[], count: number, options?: FederateOptions) {
    const target = tf.range(0, count);
    const data = tf.tidy(() => tf.stack([target, target.mul(10)], 1));
    try {
      return federate({ data, target }, workers, options);
    } finally {
      tf.dispose([data, target]);
    }
  }

  /** The targets of each batch, after a check that the data are theirs. */
  async function epoch(loader: FederatedDataLoader): Promise<[string, number[]][]> {
    const batches: [string, number[]][] = [];
    for (const batch of loader) {
      const { worker, data, target } = batch;
      expect([data.location, target.location]).toEqual([worker, worker]);
      const [rows, targets] = [
        await data.getCopy().then(valuesOf),
        await target.getCopy().then(valuesOf),
      ];
      expect(rows).toEqual((targets as number[]).map((record) => [record, 10 * record]));
      batches.push([worker.name, targets as number[]]);
      batch.dispose();
    }
    return batches;
  }

  it('splits contiguously, shuffled by a seed, or by a function', async () => {
    const workers = await start(['alice', 'bob']);
    const targets = async (options?: FederateOptions) => {
      const dataset = federated(workers, 7, options);
      expect([dataset.length, dataset.workers]).toEqual([7, workers]);
      const lists = [];
      for (const worker of workers) lists.push(valuesOf(await dataset.on(worker).target.get()));
      dataset.dispose();
      return lists as number[][];
    };
    expect(await targets()).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await targets({ split: (record) => record % 2 })).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5],
    ]);
    const shuffled = await targets({ split: 'iid', seed: 5 });
    expect(shuffled.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(shuffled.map(({ length }) => length)).toEqual([4, 3]);
    expect(await targets({ split: 'iid', seed: 5 })).toEqual(shuffled);
    expect(await targets({ split: 'iid', seed: 6 })).not.toEqual(shuffled);
    expect(() => federated(workers, 1)).toThrow(/without a record/);
    expect(() => federated(workers, 3, { split: () => 2 })).toThrow(/split gives 2 for record 0/);
    expect(() => federated([], 3)).toThrow(/no workers/);
  });

  it('checks that shares belong together', async () => {
    const [alice, bob] = await start(['alice', 'bob']);
    const data = alice.send([[1], [2]]);
    const target = alice.send([1, 2]);
    const far = bob.send([1, 2]);
    const short = alice.send([1]);
    expect(() => new FederatedDataset([{ data, target: far }])).toThrow(
      /Data on “alice” have targets on “bob”/,
    );
    expect(() => new FederatedDataset([{ data, target: short }])).toThrow(/equally long/);
    expect(() => new FederatedDataset([])).toThrow(/at least one/);
    expect(
      () =>
        new FederatedDataset([
          { data, target },
          { data: target, target },
        ]),
    ).toThrow(/one on each worker/);
    const dataset = new FederatedDataset([{ data, target }]);
    expect(() => dataset.on(bob)).toThrow(/nothing on “bob”/);
  });

  it('batches are cut on their worker and tagged with it; one worker after the other', async () => {
    const workers = await start(['alice', 'bob']);
    const dataset = federated(workers, 7);
    const loader = new FederatedDataLoader(dataset, { batchSize: 2 });
    expect(loader.length).toBe(4);
    const batches = await epoch(loader);
    expect(batches).toEqual([
      ['alice', [0, 1]],
      ['alice', [2, 3]],
      ['bob', [4, 5]],
      ['bob', [6]],
    ]);
    expect(await epoch(loader)).toEqual(batches);
    const full = new FederatedDataLoader(dataset, { batchSize: 2, dropLast: true });
    expect(full.length).toBe(3);
    expect(await epoch(full)).toEqual(batches.slice(0, 3));
    for (const worker of workers) await expectThere(worker, 2);
    dataset.dispose();
    for (const worker of workers) await expectThere(worker, 0);
  });

  it('several iterators take turns over different workers; rounds group them', async () => {
    const workers = await start(['alice', 'bob', 'carol']);
    const dataset = federated(workers, 9, {
      split: (record) => (record < 5 ? 0 : record < 6 ? 1 : 2),
    });
    const rounds = (options: ConstructorParameters<typeof FederatedDataLoader>[1]) => {
      const loader = new FederatedDataLoader(dataset, { batchSize: 2, ...options });
      return virtualTidy(() =>
        [...loader.rounds()].map((round) =>
          round.map(({ worker, data }) => `${worker.name} ${data.shape[0]}`),
        ),
      );
    };
    expect(rounds({ numIterators: 2 })).toEqual([
      ['alice 2', 'bob 1'],
      ['alice 2', 'carol 2'],
      ['alice 1', 'carol 1'],
    ]);
    expect(rounds({ iterPerWorker: true })).toEqual([
      ['alice 2', 'bob 1', 'carol 2'],
      ['alice 2', 'carol 1'],
      ['alice 1'],
    ]);
    expect(rounds({ numIterators: 9 })).toEqual(rounds({ iterPerWorker: true }));
    expect(rounds({ numIterators: 2, dropLast: true })).toEqual([
      ['alice 2', 'carol 2'],
      ['alice 2'],
    ]);
    expect(rounds({})).toHaveLength(6);
    dataset.dispose();
  });

  it('shuffles within each worker by a seed, anew in each epoch', async () => {
    const workers = await start(['alice', 'bob']);
    const dataset = federated(workers, 40);
    const loaderOf = (seed?: number) =>
      new FederatedDataLoader(dataset, {
        batchSize: 8,
        shuffle: true,
        ...(seed !== undefined && { seed }),
      });
    const loader = loaderOf(3);
    const [first, second] = [await epoch(loader), await epoch(loader)];
    const recordsOf = (batches: [string, number[]][], name: string) =>
      batches.filter(([worker]) => worker === name).flatMap(([, records]) => records);
    const inOrder = Array.from({ length: 40 }, (_, record) => record);
    for (const batches of [first, second, await epoch(loaderOf())]) {
      const [a, b] = [recordsOf(batches, 'alice'), recordsOf(batches, 'bob')];
      expect(a.toSorted((x, y) => x - y)).toEqual(inOrder.slice(0, 20));
      expect(b.toSorted((x, y) => x - y)).toEqual(inOrder.slice(20));
      expect(a).not.toEqual(inOrder.slice(0, 20));
    }
    expect(second).not.toEqual(first);
    expect(await epoch(loaderOf(3))).toEqual(first);
    expect(() => new FederatedDataLoader(dataset, { batchSize: 0 })).toThrow(/batchSize/);
    expect(() => new FederatedDataLoader(dataset, { numIterators: 1.5 })).toThrow(/numIterators/);
    dataset.dispose();
  });
});

// PC-12 needs gradients on pointers: forward, backward, grad, and a step by hand that lowers the loss.
describe('a linear model', () => {
  it('is sent from worker to worker, and learns by a gradient that is written out', async () => {
    const workers = await start(['alice', 'bob']);
    const x = tf.linspace(0, 1, 32);
    const y = tf.tidy(() => x.mul(2).add(1));
    const dataset = federate({ data: x, target: y }, workers, { split: 'iid', seed: 1 });
    tf.dispose([x, y]);
    const loader = new FederatedDataLoader(dataset, { batchSize: 8, shuffle: true, seed: 1 });
    let model = { slope: 0, intercept: 0 };
    const losses: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      let loss = 0;
      for (const batch of loader) {
        const { worker, data, target } = batch;
        const asked = virtualTidy(() => {
          const slope = worker.send(model.slope).sub(0);
          const error = data.mul(slope).add(model.intercept).sub(target);
          return [error.square().mean(), error.mul(data).mean().mul(2), error.mean().mul(2)];
        });
        const [squares, toSlope, toIntercept] = await Promise.all(
          asked.map((pointer) => pointer.getValue()),
        );
        batch.dispose();
        loss += Number(squares);
        model = {
          slope: model.slope - 0.5 * Number(toSlope),
          intercept: model.intercept - 0.5 * Number(toIntercept),
        };
      }
      losses.push(loss);
    }
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 1000);
    expect(Math.abs(model.slope - 2)).toBeLessThan(0.02);
    expect(Math.abs(model.intercept - 1)).toBeLessThan(0.02);
    for (const worker of workers) await expectThere(worker, 2);
    dataset.dispose();
  });
});
