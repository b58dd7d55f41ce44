/** The engine in real workers: what every engine must do, and what only a worker can. */

import type { Engine } from '@duet/ops';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../link/src/virtual-clock';
import {
  createWorkerEngine,
  nextMacrotask,
  plainToValue,
  toNested,
  type WorkerEngineOptions,
  watchdogLimits,
} from '../../src';
import { engineCompliance } from '../compliance';

beforeAll(() => tf.setBackend('cpu'));

for (const backend of ['cpu', 'wasm'] as const) {
  engineCompliance(`worker, ${backend}`, (onFailure) =>
    createWorkerEngine({ backend, ...(onFailure && { onFailure }) }),
  );
}

let engine: Engine;

function make(options: WorkerEngineOptions): Engine {
  engine = createWorkerEngine(options);
  return engine;
}

/** A product that takes seconds on cpu. */
function runLong(size: number, output: number): void {
  const row = { kind: 'numbers', numbers: [size, size] } as const;
  engine.run({ kind: 'op', op: 'ones', args: [row], outputs: [100] });
  engine.run({
    kind: 'op',
    op: 'matMul',
    args: [
      { kind: 'tensor', tensor: 100 },
      { kind: 'tensor', tensor: 100 },
    ],
    outputs: [output],
  });
}

describe('in a worker', () => {
  afterEach(() => engine.close());

  test('the page goes on while an op of seconds runs', async () => {
    make({ backend: 'cpu' });
    await engine.ready();
    const order: string[] = [];
    const button = document.createElement('button');
    button.addEventListener('click', () => order.push('click'));
    runLong(1200, 101);
    const done = engine.read(101).then(() => order.push('result'));
    // Long enough for the worker to be in the middle of it, whatever else the machine does.
    for (let turn = 0; turn < 50; turn++) await nextMacrotask();
    button.click();
    await done;
    expect(order).toEqual(['click', 'result']);
  });

  test('what never comes to an end is ended, and the engine is there again', async () => {
    const clock = new VirtualClock();
    const restarts: string[] = [];
    make({ backend: 'cpu', clock, onRestart: (reason) => restarts.push(reason) });
    engine.onLost(() => engine.put(1, plainToValue([1, 2])));
    engine.put(1, plainToValue([1, 2]));
    await engine.settled();
    // Hours on cpu.
    runLong(8000, 101);
    const [lost, kept] = [engine.read(101), engine.read(1)];
    await nextMacrotask();
    clock.advance(watchdogLimits.opTimeoutMs + watchdogLimits.graceMs);
    expect(await lost).toBeUndefined();
    const value = await kept;
    expect(value && toNested(value)).toEqual([1, 2]);
    expect(restarts).toEqual(['timeout']);
  });

  test('restart ends what runs', async () => {
    make({ backend: 'cpu' });
    await engine.ready();
    runLong(8000, 101);
    const lost = engine.read(101);
    await nextMacrotask();
    engine.restart();
    expect(await lost).toBeUndefined();
    expect(engine.size).toBe(0);
    engine.put(1, plainToValue(3));
    const value = await engine.read(1);
    expect(value && toNested(value)).toBe(3);
  });

  test('wasm is what it runs on, and it lacks nothing', async () => {
    make({});
    expect(await engine.ready()).toEqual({ backend: 'wasm', lacking: [] });
  });

  test('webgl runs there too', async () => {
    make({ backend: 'webgl' });
    expect((await engine.ready()).lacking).toEqual([]);
    engine.put(1, plainToValue([1, 2, 3]));
    engine.run({
      kind: 'op',
      op: 'square',
      args: [{ kind: 'tensor', tensor: 1 }],
      outputs: [2],
    });
    const value = await engine.read(2);
    expect(value && toNested(value)).toEqual([1, 4, 9]);
  });

  test('a backend that is not in the file is said not to start', async () => {
    make({ backend: 'webgpu' });
    await expect(engine.ready()).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('webgpu'),
    });
  });

  test('a script that is not there, here or on another origin', async () => {
    for (const url of ['/no-such-engine.js', 'http://127.0.0.1:1/duet-engine.js']) {
      make({ url });
      await expect(engine.ready()).rejects.toMatchObject({ code: 'no-engine' });
      await engine.close();
    }
    await expect(make({ url: 'javascript:0' }).ready()).rejects.toMatchObject({
      code: 'bad-argument',
    });
  });
});
