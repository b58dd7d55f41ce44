import type { Clock } from '@duet/protocol';

/** How long a lost connection is waited for, and until when. */
export class Grace {
  readonly #clock: Clock;
  readonly #over: () => void;
  #graceMs: number;
  /** When it began, on the clock; undefined while nothing is waited for. */
  #sinceMs: number | undefined;
  #until: number | undefined;
  #stopTimer = (): void => {};

  /** `over` is called when it ends with nobody there. */
  constructor(clock: Clock, graceMs: number, over: () => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#over = over;
  }

  get graceMs(): number {
    return this.#graceMs;
  }

  /** While something is waited for: when that ends, in milliseconds of the wall clock. */
  get until(): number | undefined {
    return this.#until;
  }

  begin(): void {
    this.#sinceMs = this.#clock.now();
    this.#wait(this.#sinceMs);
  }

  /** Changes how long it is, counted from when it began. */
  set(graceMs: number): void {
    this.#graceMs = graceMs;
    if (this.#sinceMs !== undefined) this.#wait(this.#sinceMs);
  }

  stop(): void {
    this.#stopTimer();
    this.#sinceMs = undefined;
    this.#until = undefined;
  }

  #wait(sinceMs: number): void {
    this.#stopTimer();
    const leftMs = Math.max(0, sinceMs + this.#graceMs - this.#clock.now());
    this.#until = Date.now() + leftMs;
    this.#stopTimer = this.#clock.after(leftMs, this.#over);
  }
}
