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

/** Each test starts workers of its own: what costs the most is left to `npm run test:backends`. */
const isSweep = import.meta.env['VITE_DUET_SWEEP'] === '1';

const backends: readonly (readonly [string, WorkerEngineOptions, (number | undefined)?])[] = [
  ['cpu', { backend: 'cpu' }],
  ['wasm', { backend: 'wasm', threads: 1 }],
  ...(isSweep
    ? ([
        ['wasm on threads', { backend: 'wasm', threads: 3 }],
        ['webgl', { backend: 'webgl' }, 1e-5],
      ] as const)
    : []),
];
for (const [name, options, within] of backends) {
  engineCompliance(
    `worker, ${name}`,
    (onFailure) => createWorkerEngine({ ...options, ...(onFailure && { onFailure }) }),
    within,
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

  test('software that stands in for a GPU is not taken for one', async () => {
    make({ backend: 'webgl' });
    await engine.ready();
    await engine.close();
    expect((await make({}).ready()).backend).toBe('wasm');
  });

  test('a GPU that is lost gives nothing, and the engine is there again', async () => {
    const workers: Worker[] = [];
    const restarts: string[] = [];
    make({
      backend: 'webgl',
      startWorker() {
        const worker = new Worker(new URL('./losing-worker.ts', import.meta.url), {
          type: 'module',
        });
        workers.push(worker);
        return worker;
      },
      onRestart: (reason) => restarts.push(reason),
    });
    const wide = plainToValue(Float32Array.from({ length: 4096 }, (_, at) => at));
    const give = (): void => {
      engine.put(1, wide);
      engine.run({
        kind: 'op',
        op: 'neg',
        args: [{ kind: 'tensor', tensor: 1 }],
        outputs: [2],
      });
    };
    engine.onLost(give);
    give();
    await engine.settled();
    workers[0]?.postMessage('lose');
    const value = await engine.read(2);
    expect(value && new Float32Array(value.bytes.slice().buffer).at(-1)).toBe(-4095);
    expect(restarts).toEqual(['died']);
  });

  test('wasm has its threads for large products, and gives the same with them', async () => {
    expect(globalThis.crossOriginIsolated).toBe(true);
    const worker = new Worker(new URL('./threads-worker.ts', import.meta.url), { type: 'module' });
    try {
      const told = await new Promise<unknown>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(3);
      });
      expect(told).toEqual({ threads: 3, small: [-1], large: [3], isSame: true });
    } finally {
      worker.terminate();
    }
  });

  // The flags that give a GPU of software are those of the sweep.
  if (isSweep) {
    test('webgpu computes, and refuses what it has no kernel for', async () => {
      const failures: string[] = [];
      make({ backend: 'webgpu', onFailure: (op, error) => failures.push(`${op}: ${error}`) });
      expect(await engine.ready()).toEqual({
        backend: 'webgpu',
        lacking: ['bitwiseAnd', 'image.nonMaxSuppressionPadded', 'string.stringToHashBucketFast'],
      });
      engine.put(1, plainToValue(Float32Array.from({ length: 4096 }, (_, at) => at % 7)));
      const shape = { kind: 'numbers', numbers: [64, 64] } as const;
      const of = (tensor: number) => ({ kind: 'tensor', tensor }) as const;
      engine.run({ kind: 'op', op: 'reshape', args: [of(1), shape], outputs: [2] });
      engine.run({ kind: 'op', op: 'matMul', args: [of(2), of(2)], outputs: [3] });
      engine.run({ kind: 'op', op: 'sum', args: [of(3)], outputs: [4] });
      const wanted = tf.tidy(() => {
        const matrix = tf.reshape(tf.mod(tf.range(0, 4096), 7), [64, 64]);
        return tf.sum(tf.matMul(matrix, matrix)).dataSync()[0];
      });
      const value = await engine.read(4);
      expect(value && toNested(value)).toBe(wanted);
      // On the GPU alone by now, and rounded by its kernel: it fails, rather than give what is wrong.
      engine.run({ kind: 'op', op: 'floorDiv', args: [of(3), of(2)], outputs: [5] });
      expect(await engine.read(5)).toBeUndefined();
      expect(failures).toEqual([expect.stringContaining('only the GPU has')]);
    });
  } else {
    test('WebGPU that finds no GPU is said not to start, and why', async () => {
      make({ backend: 'webgpu' });
      await expect(engine.ready()).rejects.toMatchObject({
        code: 'no-engine',
        message: expect.stringMatching(/webgpu does not start.*found no GPU/),
      });
    });
  }

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
