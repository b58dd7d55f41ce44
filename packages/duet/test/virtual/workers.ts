/** Workers that check, at the end of each test, that nothing is left anywhere. */

import { nextMacrotask } from '@duet/engine';
import { leftovers, until } from '@duet/testkit';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect } from 'vitest';
import { VirtualWorker, type VirtualWorkerOptions } from '../../src';

let open: VirtualWorker[] = [];
let tensors = 0;

/** Resolves when what is held has left, and nothing is on its way to a worker or back. */
export async function settled(worker: VirtualWorker): Promise<void> {
  await Promise.allSettled(worker.search([]).map(({ sent }) => sent));
  for (let turn = 0; turn < 3; turn += 1) {
    for (const peer of worker.owner.peers) await peer.session?.settled();
    await nextMacrotask();
  }
}

export async function start<const Names extends readonly string[]>(
  names: Names,
  options: VirtualWorkerOptions = {},
): Promise<{ -readonly [At in keyof Names]: VirtualWorker }> {
  const workers: VirtualWorker[] = [];
  for (const name of names) {
    const worker = await VirtualWorker.create({ name, backend: 'cpu', log: true, ...options });
    workers.push(worker);
    open.push(worker);
  }
  return workers as { -readonly [At in keyof Names]: VirtualWorker };
}

/** The values of a tensor that is then disposed. */
export function valuesOf(tensor: tf.Tensor): unknown {
  const values = tensor.arraySync();
  tensor.dispose();
  return values;
}

/** Asserts how many values the owner's side of a worker has, of its scientists' and of its own, once all is quiet. */
export async function expectThere(worker: VirtualWorker, count: number): Promise<void> {
  await settled(worker);
  await until(() => worker.owner.status.objects === count).catch(() => undefined);
  await settled(worker);
  expect(worker.owner.status.objects).toBe(count);
}

beforeEach(async () => {
  await tf.setBackend('cpu');
  tensors = tf.memory().numTensors;
});

afterEach(async () => {
  const workers = open;
  open = [];
  for (const worker of workers) {
    worker.clearObjects();
    await expectThere(worker, 0);
    expect(leftovers(worker)).toEqual({
      scientistIds: 0,
      scientistPending: 0,
      ownerObjects: 0,
      ownerRequests: 0,
    });
    expect(worker.owner.store.length).toBe(0);
  }
  for (const worker of workers) await worker.close();
  expect(tf.memory().numTensors - tensors).toBe(0);
});
