/** The clock of connections, whose timers also run in time while the page is hidden. */

import { type Clock, systemClock } from '@duet/protocol';
import { startOwnClockWorker } from './own-clock-worker';

/** A timer to be set, or without `delayMs` one to be cancelled. */
export interface ToClock {
  readonly id: number;
  readonly delayMs: number | undefined;
}

/** A timer that is due; undefined: the worker has started. */
export interface FromClock {
  readonly due: number | undefined;
}

/** What a clock needs of its worker. */
export interface ClockWorker {
  onmessage: ((event: MessageEvent<FromClock>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToClock): void;
  terminate(): void;
}

/** setTimeout cannot wait longer; such a wait goes by the page's own timers, where its lateness does not matter. */
const longestMs = 2 ** 31 - 1;

let shared: Clock | undefined;

/**
 * Monotonic time whose timers run in a tiny worker, one for the whole page. Where none can be started (outside of pages, or
 * where a Content-Security-Policy forbids it) they are the page's own, which a hidden page gets late: up to a minute.
 */
export function workerClock(): Clock {
  shared ??= globalThis.Worker === undefined ? systemClock : clockOf(startOwnClockWorker);
  return shared;
}

/** A clock on a worker of one's own. */
export function clockOf(start: () => ClockWorker): Clock {
  let worker: ClockWorker;
  try {
    worker = start();
  } catch {
    return systemClock;
  }
  return new WorkerClock(worker);
}

interface Timer {
  readonly call: () => void;
  readonly at: number;
  /** The page's own timer for it, as long as it is not sure that the worker runs. */
  stopOwn: (() => void) | undefined;
}

class WorkerClock implements Clock {
  #worker: ClockWorker | undefined;
  readonly #timers = new Map<number, Timer>();
  #hasStarted = false;
  #nextId = 1;

  constructor(worker: ClockWorker) {
    this.#worker = worker;
    worker.onmessage = ({ data: { due } }) => {
      if (due === undefined) this.#started();
      else this.#fire(due);
    };
    worker.onerror = (event) => {
      // It is no error of the page's: it goes on without.
      event.preventDefault?.();
      this.#goOnWithout();
    };
  }

  now(): number {
    return systemClock.now();
  }

  after(delayMs: number, call: () => void): () => void {
    const worker = this.#worker;
    if (worker === undefined || delayMs > longestMs) return systemClock.after(delayMs, call);
    const id = this.#nextId++;
    const timer: Timer = { call, at: this.now() + delayMs, stopOwn: undefined };
    this.#timers.set(id, timer);
    worker.postMessage({ id, delayMs: Math.max(0, delayMs) });
    if (!this.#hasStarted) this.#armOwn(id, timer);
    return () => {
      if (!this.#timers.delete(id)) return;
      timer.stopOwn?.();
      this.#worker?.postMessage({ id, delayMs: undefined });
    };
  }

  #armOwn(id: number, timer: Timer): void {
    timer.stopOwn = systemClock.after(Math.max(0, timer.at - this.now()), () => this.#fire(id));
  }

  #started(): void {
    this.#hasStarted = true;
    for (const timer of this.#timers.values()) {
      timer.stopOwn?.();
      timer.stopOwn = undefined;
    }
  }

  #fire(id: number): void {
    const timer = this.#timers.get(id);
    if (timer === undefined) return;
    this.#timers.delete(id);
    timer.stopOwn?.();
    timer.call();
  }

  #goOnWithout(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const [id, timer] of this.#timers) if (!timer.stopOwn) this.#armOwn(id, timer);
  }
}
