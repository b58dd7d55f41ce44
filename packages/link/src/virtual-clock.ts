import type { Clock } from '@duet/protocol';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that stands still until it is advanced, so that tests force every order of events. */
export class VirtualClock implements Clock {
  #now = 0;
  /** Sorted by time, and by the order of their making where that is equal. */
  readonly #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), call };
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index !== -1) this.#timers.splice(index, 1);
    };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on and calls what falls due, in order, what those calls add included. Promises settle only afterwards. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.at > until) break;
      this.#timers.shift();
      this.#now = next.at;
      next.call();
    }
    this.#now = until;
  }
}
