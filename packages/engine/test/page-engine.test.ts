import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { createPageEngine, plainToValue, toNested } from '../src';
import { engineCompliance } from './compliance';

engineCompliance('page, cpu', (onFailure) =>
  createPageEngine({ backend: 'cpu', ...(onFailure && { onFailure }) }),
);

test('nothing runs before the caller is done', async () => {
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const engine = createPageEngine();
  engine.put(1, plainToValue([1]));
  await Promise.resolve();
  expect(tf.memory().numTensors).toBe(before);
  await engine.settled();
  expect(tf.memory().numTensors).toBe(before + 1);
  await engine.close();
});

test('gives the page a turn after a slice of work, and only in between', async () => {
  let turns = 0;
  const engine = createPageEngine({
    backend: 'cpu',
    yieldTo: async () => {
      turns += 1;
    },
  });
  const size = 200;
  engine.put(1, plainToValue(Array.from({ length: size }, () => new Float32Array(size))));
  for (let step = 1; step <= 12; step++) {
    engine.run({
      kind: 'op',
      op: 'matMul',
      args: [
        { kind: 'tensor', tensor: step },
        { kind: 'tensor', tensor: 1 },
      ],
      outputs: [step + 1],
    });
  }
  await engine.settled();
  // One at the start; more where the products took longer than a slice, at most one for each job.
  expect(turns).toBeGreaterThanOrEqual(1);
  expect(turns).toBeLessThanOrEqual(15);
  await engine.close();
});

test('a macrotask of the page comes between, also while messages go on being handled', async () => {
  const engine = createPageEngine({ backend: 'cpu' });
  let pageHadATurn = false;
  const turn = new Promise<void>((resolve) => {
    setImmediate(() => {
      pageHadATurn = true;
      resolve();
    });
  });
  engine.put(1, plainToValue(1));
  await engine.settled();
  await turn;
  expect(pageHadATurn).toBe(true);
  await engine.close();
});

test('a scope that the page holds open cannot take the values', async () => {
  const engine = createPageEngine({ backend: 'cpu' });
  tf.engine().startScope();
  engine.put(1, plainToValue([4]));
  engine.run({ kind: 'op', op: 'sqrt', args: [{ kind: 'tensor', tensor: 1 }], outputs: [2] });
  await engine.settled();
  tf.engine().endScope();
  const value = await engine.read(2);
  expect(value && toNested(value)).toEqual([2]);
  await engine.close();
});

test('without its backend every value is poison, and it says so', async () => {
  const failures: string[] = [];
  const engine = createPageEngine({ backend: 'webgpu', onFailure: (op) => failures.push(op) });
  await expect(engine.ready()).rejects.toMatchObject({ name: 'DuetError', code: 'no-engine' });
  engine.put(1, plainToValue(1));
  engine.run({ kind: 'op', op: 'square', args: [{ kind: 'tensor', tensor: 1 }], outputs: [2] });
  expect(await engine.read(1)).toBeUndefined();
  expect(await engine.read(2)).toBeUndefined();
  expect(failures).toEqual(['backend']);
  await engine.close();
  await tf.setBackend('cpu');
});

test('on cpu nothing is lacking', async () => {
  const engine = createPageEngine({ backend: 'cpu' });
  expect(await engine.ready()).toEqual({ backend: 'cpu', lacking: [] });
  await engine.close();
});
