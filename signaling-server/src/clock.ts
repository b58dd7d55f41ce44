/** Monotonic time, so that expiry can be tested without waiting. */
export interface ServerClock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** Calls every `periodMs`; the returned function stops it. */
  every(periodMs: number, call: () => void): () => void;
  /** Calls once after `delayMs`; the returned function stops it. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemClock: ServerClock = {
  now: () => performance.now(),
  every(periodMs, call) {
    const timer = setInterval(call, periodMs);
    // A sweep that is still to come must not keep a closed server's process alive.
    timer.unref();
    return () => clearInterval(timer);
  },
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
