import { systemClock } from '@duet/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type ClockWorker,
  clockOf,
  type FromClock,
  type ToClock,
  workerClock,
} from '../src/worker-clock';

/** A worker whose timers are due when the test says so. */
class FakeWorker implements ClockWorker {
  onmessage: ClockWorker['onmessage'] = null;
  onerror: ClockWorker['onerror'] = null;
  readonly heard: ToClock[] = [];
  isTerminated = false;

  postMessage(message: ToClock): void {
    this.heard.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  say(due: FromClock['due']): void {
    this.onmessage?.({ data: { due } } as MessageEvent<FromClock>);
  }

  fail(): void {
    this.onerror?.({ preventDefault: () => undefined } as ErrorEvent);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const worker = new FakeWorker();
  const clock = clockOf(() => worker);
  const due: string[] = [];
  const after = (delayMs: number, name: string) => clock.after(delayMs, () => due.push(name));
  return { worker, clock, due, after };
}

describe('a clock in a worker', () => {
  test('G11 goes by the worker’s timers, and not by the page’s', () => {
    const { worker, due, after } = start();
    worker.say(undefined);
    after(1000, 'a');
    after(2000, 'b');
    // Timers of a hidden page that come when they like.
    vi.advanceTimersByTime(60_000);
    expect(due).toEqual([]);
    worker.say(2);
    expect(due).toEqual(['b']);
    worker.say(1);
    worker.say(1);
    expect(due).toEqual(['b', 'a']);
    expect(worker.heard.map(({ delayMs }) => delayMs)).toEqual([1000, 2000]);
  });

  test('what is cancelled is not due, also where the worker has said so meanwhile', () => {
    const { worker, due, after } = start();
    worker.say(undefined);
    const cancel = after(1000, 'a');
    cancel();
    cancel();
    expect(worker.heard).toEqual([
      { id: 1, delayMs: 1000 },
      { id: 1, delayMs: undefined },
    ]);
    worker.say(1);
    expect(due).toEqual([]);
  });

  test('until it has started the page’s timers count, and each timer once', () => {
    const { worker, due, after } = start();
    after(1000, 'a');
    after(5000, 'b');
    vi.advanceTimersByTime(1000);
    expect(due).toEqual(['a']);
    worker.say(undefined);
    worker.say(1);
    vi.advanceTimersByTime(10_000);
    expect(due).toEqual(['a']);
    worker.say(2);
    expect(due).toEqual(['a', 'b']);
  });

  test('one that fails leaves nothing waiting', () => {
    const { worker, due, after } = start();
    worker.say(undefined);
    after(1000, 'a');
    worker.fail();
    expect(worker.isTerminated).toBe(true);
    after(2000, 'b');
    vi.advanceTimersByTime(1000);
    expect(due).toEqual(['a']);
    vi.advanceTimersByTime(1000);
    expect(due).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('one that cannot be started is the page’s clock, as where there are no workers', () => {
    const none = clockOf(() => {
      throw new Error('forbidden');
    });
    expect(none).toBe(systemClock);
    expect(workerClock()).toBe(systemClock);
  });
});
