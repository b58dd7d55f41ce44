interface Bucket {
  tokens: number;
  filledAt: number;
}

const minuteMs = 60_000;

/** Token buckets by key: so many at once, refilled evenly over a minute. */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #maxKeys: number;
  /** The longest untouched first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number, maxKeys: number) {
    this.#perMinute = perMinute;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token; false if there is none. */
  take(nowMs: number, key: string): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#perMinute, filledAt: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#maxKeys) break;
      this.#buckets.delete(oldest);
    }
    bucket.tokens = this.#tokensAt(nowMs, bucket);
    bucket.filledAt = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Forgets buckets that are full again: they say nothing any more, and addresses are not kept longer than needed. */
  sweep(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#tokensAt(nowMs, bucket) >= this.#perMinute) this.#buckets.delete(key);
    }
  }

  #tokensAt(nowMs: number, { tokens, filledAt }: Bucket): number {
    const refilled = ((nowMs - filledAt) / minuteMs) * this.#perMinute;
    return Math.min(this.#perMinute, tokens + refilled);
  }
}

/** Counts what is open at once, by key. */
export class OpenCounter {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#counts.size;
  }

  isFull(key: string): boolean {
    return (this.#counts.get(key) ?? 0) >= this.#max;
  }

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(key: string): void {
    const left = (this.#counts.get(key) ?? 0) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
