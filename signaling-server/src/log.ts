/** What happened to the server, line by line on stderr. It never says who met whom: no rooms, no payloads, no addresses. */

import { createHmac, randomBytes } from 'node:crypto';
import type { ServerClock } from './clock';
import { RateLimiter } from './rate-limits';

export const logFormats = ['off', 'text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** Everything that is ever logged. */
export type LogEvent =
  | 'listening'
  | 'refused'
  | 'thrown-out'
  | 'left-out'
  | 'closing'
  | 'closed'
  | 'crashed';

export type Log = (event: LogEvent, facts?: Readonly<Record<string, string | number>>) => void;

export interface LogOptions {
  readonly format: LogFormat;
  readonly linesPerMinute: number;
  readonly clock: ServerClock;
  /** Takes a whole line. Default: stderr. */
  readonly write?: (line: string) => void;
  /** The moment that a line tells. Default: now. */
  readonly date?: () => Date;
}

/** Writes no more lines than it may, and then how many it left out. */
export function createLog(options: LogOptions): Log {
  const { format, linesPerMinute, clock, date = () => new Date() } = options;
  const { write = (line: string) => void process.stderr.write(line) } = options;
  if (format === 'off') return () => undefined;
  const lines = new RateLimiter(linesPerMinute, 1);
  let leftOut = 0;
  const put: Log = (event, facts = {}) => {
    const time = date().toISOString();
    if (format === 'json') {
      write(`${JSON.stringify({ time, event, ...facts })}\n`);
      return;
    }
    const words = Object.entries(facts).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    write(`${[time, event, ...words].join(' ')}\n`);
  };
  return (event, facts) => {
    if (!lines.take(clock.now(), '')) {
      leftOut += 1;
      return;
    }
    if (leftOut > 0) {
      put('left-out', { lines: leftOut });
      leftOut = 0;
    }
    put(event, facts);
  };
}

const dayMs = 24 * 3600 * 1000;

/**
 * Stands for addresses wherever something is counted or logged by them: a hash under a salt that is in memory alone and new
 * every day, after which nobody can say any more whose it was.
 */
export class AddressHash {
  readonly #clock: ServerClock;
  #salt = randomBytes(32);
  #saltedAt: number;

  constructor(clock: ServerClock) {
    this.#clock = clock;
    this.#saltedAt = clock.now();
  }

  of(address: string): string {
    if (this.#clock.now() - this.#saltedAt >= dayMs) {
      this.#salt = randomBytes(32);
      this.#saltedAt = this.#clock.now();
    }
    return createHmac('sha256', this.#salt).update(address).digest('hex').slice(0, 16);
  }
}
