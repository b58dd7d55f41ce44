import { type Clock, limits } from '@duet/protocol';

export interface PulseEvents {
  /** At least every `limits.heartbeatMs`: the time to say something if nothing was said. */
  readonly beat: () => void;
  /** Nothing was heard for `limits.silenceMs`. */
  readonly silent: () => void;
}

/** Watches whether the other side of a connection is there, and tells when to show that this one is. One timer. */
export class Pulse {
  readonly #clock: Clock;
  readonly #events: PulseEvents;
  #sentMs = 0;
  #heardMs = 0;
  #isExcused = false;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, events: PulseEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Was nothing said for a heartbeat? */
  get isQuiet(): boolean {
    return this.#clock.now() - this.#sentMs >= limits.heartbeatMs;
  }

  start(): void {
    this.stop();
    this.#sentMs = this.#clock.now();
    this.#heardMs = this.#sentMs;
    this.#wait(limits.heartbeatMs);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  sent(): void {
    this.#sentMs = this.#clock.now();
  }

  heard(): void {
    this.#heardMs = this.#clock.now();
    this.#isExcused = false;
  }

  #wait(delayMs: number): void {
    const dueMs = this.#clock.now() + delayMs;
    this.#stop = this.#clock.after(delayMs, () => this.#tick(dueMs));
  }

  #tick(dueMs: number): void {
    const nowMs = this.#clock.now();
    if (nowMs - dueMs > limits.heartbeatMs && !this.#isExcused) {
      // The page was frozen, or the machine slept: what the other side said meanwhile may still be on its way in. Once only,
      // since the timers of a hidden page may be late each time.
      this.#isExcused = true;
      const graceMs = limits.silenceMs - limits.heartbeatMs;
      this.#heardMs = Math.max(this.#heardMs, nowMs - graceMs);
    }
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= limits.silenceMs) {
      this.stop();
      this.#events.silent();
      return;
    }
    this.#events.beat();
    // Whoever heard of the beat may have ended this.
    if (this.#stop === undefined) return;
    const quietInMs = this.#sentMs + limits.heartbeatMs - nowMs;
    const beatInMs = quietInMs > 0 ? quietInMs : limits.heartbeatMs;
    this.#wait(Math.min(beatInMs, limits.silenceMs - silentMs));
  }
}
