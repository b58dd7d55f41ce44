import { type Clock, limits } from '@duet/protocol';

const minuteMs = 60_000;

/** Guests who did not have the secret, within the last minute. */
export class Strangers {
  readonly #clock: Clock;
  #came: number[] = [];
  /** Guests whose hellos are being opened: each may turn out to be one. */
  #reading = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So many that the next guests are better not looked at? */
  get areMany(): boolean {
    const since = this.#clock.now() - minuteMs;
    this.#came = this.#came.filter((at) => at > since);
    return this.#came.length + this.#reading >= limits.strangersPerMinute;
  }

  add(): void {
    this.#came.push(this.#clock.now());
  }

  async whileReading<T>(read: () => Promise<T>): Promise<T> {
    this.#reading += 1;
    try {
      return await read();
    } finally {
      this.#reading -= 1;
    }
  }
}
