/** The engine in a worker, with workers that do as the test says, and a clock that stands still. */

import type { Engine } from '@duet/ops';
import { type Plan, sameBytes } from '@duet/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../link/src/virtual-clock';
import { float, PlanBuilder } from '../../ops/test/plan-builder';
import {
  createPageEngine,
  createWorkerEngine,
  nextMacrotask,
  plainToValue,
  toNested,
  type WorkerEngineOptions,
  watchdogLimits,
} from '../src';
import { effortOf, planAllowanceMs } from '../src/worker/allowance';
import { engineCompliance } from './compliance';
import { FakeWorker } from './fake-worker';

engineCompliance('worker, in process', (onFailure) => {
  const all: FakeWorker[] = [];
  const made = createWorkerEngine({
    startWorker: () => {
      const worker = new FakeWorker();
      all.push(worker);
      return worker;
    },
    clock: new VirtualClock(),
    onFailure,
  });
  const close = made.close.bind(made);
  // Real workers take their tensors with them.
  made.close = async () => {
    await close();
    for (const { freed } of all) await freed;
  };
  return made;
});

let clock: VirtualClock;
let workers: FakeWorker[];
let failures: { op: string; error: unknown }[];
let restarts: string[];
let engine: Engine;

function make(options: WorkerEngineOptions = {}): Engine {
  engine = createWorkerEngine({
    clock,
    startWorker: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
    onFailure: (op, error) => failures.push({ op, error }),
    onRestart: (reason) => restarts.push(reason),
    ...options,
  });
  return engine;
}

/** A worker that ends as soon as it is started. */
function deadOnArrival(): FakeWorker {
  const worker = new FakeWorker();
  worker.hang();
  workers.push(worker);
  queueMicrotask(() => worker.die('blocked'));
  return worker;
}

const last = (): FakeWorker => workers.at(-1) as FakeWorker;

async function value(slot: number): Promise<unknown> {
  const read = await engine.read(slot);
  return read && toNested(read);
}

const double = (from: number, to: number) =>
  engine.run({
    kind: 'op',
    op: 'add',
    args: [
      { kind: 'tensor', tensor: from },
      { kind: 'tensor', tensor: from },
    ],
    outputs: [to],
  });

/** Puts 7 into slot 1 again whenever all was lost. */
function keepSeven(): void {
  engine.onLost(() => engine.put(1, plainToValue(7)));
  engine.put(1, plainToValue(7));
}

beforeEach(() => {
  clock = new VirtualClock();
  workers = [];
  failures = [];
  restarts = [];
});

afterEach(() => engine?.close());

describe('the watchdog', () => {
  test('ends a worker whose op takes too long; what listeners give comes before what waited', async () => {
    make({ opTimeoutMs: 5_000 });
    keepSeven();
    expect(await value(1)).toBe(7);
    const first = last();
    first.hang();
    double(1, 2);
    const [lost, kept, settled] = [value(2), value(1), engine.settled()];
    await nextMacrotask();
    clock.advance(4_999);
    expect(first.isEnded).toBe(false);
    clock.advance(1 + watchdogLimits.graceMs);
    expect(first.isEnded).toBe(true);
    expect(await lost).toBeUndefined();
    expect(await kept).toBe(7);
    await settled;
    expect(engine.size).toBe(1);
    expect(restarts).toEqual(['timeout']);
    expect(failures).toMatchObject([{ op: 'add', error: { code: 'too-costly' } }]);
  });

  test('spares a job whose end is heard within the grace: the page itself was held up', async () => {
    make({ opTimeoutMs: 5_000 });
    engine.put(1, plainToValue(7));
    await engine.settled();
    last().hang();
    const read = value(1);
    await nextMacrotask();
    clock.advance(5_000);
    await nextMacrotask();
    await new Promise((resolve) => setTimeout(resolve, 5));
    last().goOn();
    clock.advance(60_000);
    expect(await read).toBe(7);
    expect(restarts).toEqual([]);
  });

  test('counts for each job anew, and not while there is none', async () => {
    make({ opTimeoutMs: 5_000 });
    engine.put(1, plainToValue(1));
    for (let step = 1; step < 6; step++) {
      double(step, step + 1);
      await engine.settled();
      clock.advance(4_000);
    }
    expect(await value(6)).toBe(32);
    clock.advance(1e9);
    expect(await value(6)).toBe(32);
    expect(restarts).toEqual([]);
  });

  test('gives a plan as long as its public cost asks for', async () => {
    const plan = new PlanBuilder([float(200, 200)]);
    let at = 0;
    for (let step = 0; step < 40; step++) at = plan.op('matMul', at, 0);
    const graph: Plan = plan.build(at);
    const allowedMs = planAllowanceMs(effortOf(graph), 'cpu', 5_000);
    expect(allowedMs).toBeGreaterThan(5_000 + 40 * watchdogLimits.planOpMs);
    make({ opTimeoutMs: 5_000 });
    engine.put(1, plainToValue(7));
    engine.install(1, graph);
    await engine.settled();
    last().hang();
    engine.run({ kind: 'plan', plan: 1, inputs: [1], outputs: [2], salt: 0 });
    await nextMacrotask();
    clock.advance(allowedMs + watchdogLimits.graceMs - 1);
    expect(restarts).toEqual([]);
    clock.advance(1);
    expect(restarts).toEqual(['timeout']);
  });
});

describe('a worker that ends by itself', () => {
  test('is the same as one that was ended', async () => {
    make();
    keepSeven();
    double(1, 2);
    expect(await value(2)).toBe(14);
    const kept = value(1);
    const lost = value(2);
    last().die();
    expect(await kept).toBe(7);
    expect(await lost).toBeUndefined();
    expect(restarts).toEqual(['died']);
    last().onmessageerror?.({} as MessageEvent);
    expect(await value(1)).toBe(7);
    expect(workers).toHaveLength(3);
    expect(workers.map(({ isEnded }) => isEnded)).toEqual([true, true, false]);
  });

  test('what it says afterwards is not heard', async () => {
    make();
    engine.put(1, plainToValue(1));
    await engine.settled();
    const old = last();
    engine.restart();
    old.isEnded = false;
    old.onmessage?.({ data: { kind: 'done', count: 5 } } as MessageEvent);
    engine.put(1, plainToValue(2));
    expect(await value(1)).toBe(2);
    expect(restarts).toEqual(['asked']);
  });
});

describe('where no worker can be had', () => {
  test('it is tried a few times, then ready rejects, and reads give nothing', async () => {
    make({ startWorker: deadOnArrival });
    engine.put(1, plainToValue(1));
    const [read, settled] = [engine.read(1), engine.settled()];
    await expect(engine.ready()).rejects.toMatchObject({ code: 'no-engine' });
    expect(workers).toHaveLength(watchdogLimits.mostFailedStarts);
    expect(await read).toBeUndefined();
    await settled;
    await expect(engine.ready()).rejects.toMatchObject({ code: 'no-engine' });
    expect(await engine.read(1)).toBeUndefined();
    await engine.settled();
  });

  test('one that cannot even be made is not tried again', async () => {
    let tries = 0;
    make({
      startWorker: () => {
        tries += 1;
        throw new Error('blocked by policy');
      },
    });
    await expect(engine.ready()).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('blocked by policy'),
    });
    expect(tries).toBe(1);
  });

  test('one that does not answer has so long to start', async () => {
    make({
      startWorker: () => {
        const worker = new FakeWorker();
        worker.hang();
        workers.push(worker);
        return worker;
      },
    });
    const ready = engine.ready();
    for (let start = 0; start < watchdogLimits.mostFailedStarts; start++) {
      clock.advance(watchdogLimits.startTimeoutMs + watchdogLimits.graceMs);
    }
    await expect(ready).rejects.toMatchObject({ code: 'no-engine' });
  });

  test('a backend that does not start says so', async () => {
    make({
      startWorker: () =>
        new FakeWorker(async () => {
          throw new Error('no webgpu');
        }),
    });
    await expect(engine.ready()).rejects.toThrow('no webgpu');
  });

  test('the fallback goes on with everything that was given', async () => {
    const told: string[] = [];
    make({
      startWorker: deadOnArrival,
      fallback: () => createPageEngine({ backend: 'cpu' }),
      onFallback: ({ code }) => told.push(code),
    });
    engine.put(1, plainToValue(21));
    double(1, 2);
    const read = value(2);
    expect(await engine.ready()).toEqual({ backend: 'cpu', lacking: [] });
    expect(await read).toBe(42);
    expect(engine.size).toBe(2);
    expect(told).toEqual(['no-engine']);
    let lost = 0;
    engine.onLost(() => {
      lost += 1;
      engine.put(5, plainToValue(5));
    });
    engine.restart();
    expect(await value(5)).toBe(5);
    expect([lost, engine.size]).toEqual([1, 1]);
  });

  test('what ends workers that did start is never given to the fallback', async () => {
    const told: string[] = [];
    let made = 0;
    make({
      fallback: () => {
        made += 1;
        return createPageEngine({ backend: 'cpu' });
      },
      onFallback: ({ code }) => told.push(code),
    });
    keepSeven();
    const read = engine.read(1);
    for (let death = 0; death < watchdogLimits.mostFailedStarts; death++) {
      while (last().sent.every(({ kind }) => kind !== 'jobs')) await nextMacrotask();
      last().hang();
      last().die('out of memory');
    }
    expect(await read).toBeUndefined();
    await engine.settled();
    await expect(engine.ready()).rejects.toMatchObject({ code: 'no-engine' });
    expect(workers).toHaveLength(watchdogLimits.mostFailedStarts);
    expect([made, told, engine.size]).toEqual([0, [], 0]);
  });

  test('the fallback also takes over in the middle, and is told what listeners give', async () => {
    let isBlocked = false;
    make({
      startWorker: () => {
        if (isBlocked) return deadOnArrival();
        const worker = new FakeWorker();
        workers.push(worker);
        return worker;
      },
      fallback: () => createPageEngine({ backend: 'cpu' }),
    });
    keepSeven();
    expect(await value(1)).toBe(7);
    isBlocked = true;
    last().die();
    expect(await value(1)).toBe(7);
    double(1, 2);
    expect(await value(2)).toBe(14);
  });
});

describe('the way to the worker', () => {
  test('is taken by a large value piece by piece, with turns of the page in between, and in order', async () => {
    make();
    await engine.ready();
    const large = plainToValue(Float32Array.from({ length: 5_000_001 }, (_, at) => at));
    engine.put(1, plainToValue(1));
    engine.put(2, large);
    engine.put(3, plainToValue(3));
    const read = engine.read(2);
    await nextMacrotask();
    // The page has had its turn, and the value is not there yet; what comes after it waits.
    const kinds = () => last().sent.map(({ kind }) => kind);
    expect(kinds().filter((kind) => kind === 'jobs')).toHaveLength(1);
    expect(sameBytes((await read)?.bytes ?? new Uint8Array(), large.bytes)).toBe(true);
    expect(await value(3)).toBe(3);
    expect(kinds().filter((kind) => kind === 'piece')).toHaveLength(5);
    // The bytes stay the caller’s.
    expect(large.bytes.length).toBe(20_000_004);
  });

  test('is begun anew for a large value that a restart has overtaken', async () => {
    make();
    await engine.ready();
    const large = plainToValue(Float32Array.from({ length: 3_000_000 }, (_, at) => at));
    engine.onLost(() => engine.put(1, large));
    engine.put(1, large);
    await nextMacrotask();
    engine.restart();
    const again = await engine.read(1);
    expect(sameBytes(again?.bytes ?? new Uint8Array(), large.bytes)).toBe(true);
    expect(workers).toHaveLength(2);
  });

  test('takes only so many jobs, and so many bytes, at once', async () => {
    make();
    await engine.ready();
    last().hang();
    const count = 3 * watchdogLimits.mostFlying;
    for (let slot = 1; slot <= count; slot++) engine.put(slot, plainToValue(slot));
    await nextMacrotask();
    const sent = () =>
      last().sent.reduce((sum, each) => sum + (each.kind === 'jobs' ? each.jobs.length : 0), 0);
    expect(sent()).toBe(watchdogLimits.mostFlying);
    last().goOn();
    expect(await value(count)).toBe(count);
    await engine.settled();
    const before = sent();
    last().hang();
    const large = { ...plainToValue(new Float32Array(8 * 1024 * 1024)) };
    for (let slot = 1; slot <= 10; slot++) engine.put(slot, large);
    // They go in pieces, each in a task of its own.
    for (let turn = 0; turn < 100; turn++) await nextMacrotask();
    expect(sent() - before).toBe(watchdogLimits.mostFlyingBytes / large.bytes.byteLength);
  });

  test('what is given in one go is one message', async () => {
    make();
    await engine.ready();
    engine.put(1, plainToValue(1));
    for (let step = 1; step < 20; step++) double(step, step + 1);
    await engine.settled();
    expect(last().sent.map(({ kind }) => kind)).toEqual(['start', 'jobs']);
  });

  test('a view into a larger buffer is sent as itself alone, and stays the caller’s', async () => {
    make();
    const buffer = new ArrayBuffer(4096);
    const bytes = new Uint8Array(buffer, 8, 4);
    new Float32Array(buffer, 8, 1)[0] = 2.5;
    engine.put(1, { ...plainToValue(0), bytes });
    expect(await value(1)).toBe(2.5);
    expect(bytes).toHaveLength(4);
    const jobs = last().sent.flatMap((each) => (each.kind === 'jobs' ? each.jobs : []));
    const put = jobs.find(({ kind }) => kind === 'put');
    expect(put?.kind === 'put' && put.value.bytes.buffer.byteLength).toBe(4);
  });

  test('closing ends the worker, and answers whoever waits', async () => {
    make();
    const ready = engine.ready();
    const read = engine.read(1);
    await engine.close();
    expect(last().isEnded).toBe(true);
    await expect(ready).rejects.toMatchObject({ code: 'closed' });
    expect(await read).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

test('a timeout that is none is refused', async () => {
  make();
  for (const opTimeoutMs of [0, -1, Number.NaN]) {
    expect(() => createWorkerEngine({ opTimeoutMs })).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  }
});
