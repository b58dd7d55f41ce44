/** Monotonic time, so that expiry and tests do not depend on the wall clock. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** Calls once after `delayMs`; the returned function cancels. */
  after(delayMs: number, call: () => void): () => void;
}

/** setTimeout cannot wait longer than this; a longer wait is made of several. */
const longestTimeoutMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, call) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      const step = Math.min(left, longestTimeoutMs);
      timer = setTimeout(() => (left > step ? wait(left - step) : call()), step);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
