/** Which class the owner sees on what a scientist asks for, written as scientists write it. */

import * as tf from '@tensorflow/tfjs';
import type { OwnerRequest, Pointer, ScientistDuet } from 'duetjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectedPair, type TestPair, until } from '../src';
import { publishRegression, records } from './diabetes';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Seen {
  readonly class: string;
  readonly why: string;
  readonly units: number | undefined;
  readonly sets: readonly { from: number; to: number; firstColumn: number; endColumn: number }[];
}

/** What the owner sees of a request for it; it is denied. */
async function seen({ owner }: TestPair, pointer: Pointer): Promise<Seen> {
  const asked = new Promise<OwnerRequest>((resolve) => owner.once('request', resolve));
  const got = pointer.tryGet({ requestBlock: true, deleteObj: false });
  const request = await asked;
  const { class: infoClass, why, units, sets } = request.facts;
  await request.deny();
  expect((await got).ok).toBe(false);
  return { class: infoClass, why, units, sets };
}

async function withData(
  test: (pair: TestPair, X: Pointer, y: Pointer, scientist: ScientistDuet) => Promise<void>,
): Promise<void> {
  await using pair = await connectedPair();
  await publishRegression(pair.owner);
  await until(() => pair.scientist.store.length > 0);
  const { X, y } = pair.scientist.store.dataSet<'X' | 'y'>('diabetes');
  await test(pair, X, y, pair.scientist);
}

describe('classes of what a scientist asks for', () => {
  it('are aggregates for the sums of columns and of consecutive records, in each way to write them', () =>
    withData(async (pair, X, y, { tf: rtf }) => {
      const ways: Record<string, () => Pointer> = {
        'a mean': () => X.mean(0),
        'one column': () => X.at(null, 3).mean(),
        'a range of columns': () => X.at(null, { from: 2, to: 5 }).mean(0),
        'every third column': () => X.at(null, { step: 3 }).mean(0),
        'a range of records': () => X.at({ from: 10, to: 60 }).mean(0),
        'a slice by axes': () => X.slice({ 0: [0, 100], 1: 4 }).sum(),
        'a covariance': () => X.sub(0).transpose().matMul(X),
        'second moments': () => X.transpose().matMul(X),
        'second moments with the labels': () => rtf.matMul(X, y, true),
        'a variance': () => rtf.moments(X, 0).variance,
      };
      const classes: Record<string, string> = {};
      for (const [name, make] of Object.entries(ways)) {
        const pointer = make();
        classes[name] = (await seen(pair, pointer)).class;
      }
      expect(classes).toEqual(
        Object.fromEntries(
          Object.keys(ways).map((name) => [name, name === 'a covariance' ? 'record' : 'aggregate']),
        ),
      );
      const third = await seen(pair, X.at(null, { step: 3 }).mean(0));
      expect(third.sets.map(({ firstColumn, endColumn }) => [firstColumn, endColumn])).toEqual([
        [0, 1],
        [3, 4],
        [6, 7],
        [9, 10],
      ]);
    }));

  it('are metrics for what a compiled model reports and is evaluated by', () =>
    withData(async (pair, X, y, scientist) => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [10] })] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae'] });
      const remote = scientist.sendModel(model);
      const whole = remote.evaluate(X, y, { batchSize: 400 });
      const batched = remote.evaluate(X, y, { batchSize: 32 });
      for (const values of [whole, batched]) {
        for (const [name, value] of Object.entries(values)) {
          expect([name, (await seen(pair, value)).class]).toEqual([name, 'metric']);
        }
      }
      expect((await seen(pair, batched['loss'] ?? X)).units).toBe(32);
      expect((await seen(pair, whole['loss'] ?? X)).units).toBe(records);
      const few = remote.evaluate(X, y, { batchSize: 8 });
      expect(await seen(pair, few['loss'] ?? X)).toMatchObject({
        class: 'record',
        why: 'its labels or predictions are of 8 records, fewer than 10',
      });
      const predicted = remote.predict(X) as Pointer;
      expect((await seen(pair, predicted)).class).toBe('record');

      const reports: string[] = [];
      pair.owner.on('request', (request) => {
        reports.push(`${request.name}: ${request.class}`);
        void request.deny();
      });
      const run = remote.fit(X, y, { epochs: 2, batchSize: 32 });
      await run.done;
      expect(new Set(reports)).toEqual(new Set(['loss: metric', 'mae: metric']));
      const [weights] = remote.getWeights();
      void weights?.getCopy({ requestBlock: true }).catch(() => undefined);
      await until(() => reports.some((line) => !line.endsWith('metric')));
      expect(reports.at(-1)).toMatch(/: record$/);
      for (const value of [
        ...Object.values({ ...whole }),
        ...Object.values(batched),
        ...Object.values(few),
      ]) {
        value.dispose();
      }
      predicted.dispose();
      remote.dispose();
      for (const { val } of model.weights as unknown as { val: tf.Variable }[]) val.dispose();
      model.optimizer.dispose();
    }));

  it('of a variable is that of what was assigned to it', () =>
    withData(async (pair, X, y, { tf: rtf }) => {
      const zeros = tf.zeros([10]);
      const w = rtf.variable(zeros);
      zeros.dispose();
      const mean = X.mean(0);
      w.assign(mean);
      expect((await seen(pair, w)).class).toBe('aggregate');
      w.assign(rtf.sub(mean, 1));
      expect((await seen(pair, w)).class).toBe('record');
      w.assign(rtf.squeeze(rtf.matMul(X, y, true)));
      expect((await seen(pair, w)).class).toBe('aggregate');
    }));
});
