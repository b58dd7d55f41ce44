/** The clock in a worker, in a page whose own timers are held back as those of hidden pages are. */

import { systemClock } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { workerClock } from '../../src/worker-clock';

const ownTimeout = globalThis.setTimeout;
afterEach(() => {
  globalThis.setTimeout = ownTimeout;
});

describe('a clock in a worker', () => {
  it('G11 goes on where the page’s own timers do not', async () => {
    const clock = workerClock();
    expect(clock).not.toBe(systemClock);
    expect(workerClock()).toBe(clock);
    // Until the worker runs, the page's timers count.
    await new Promise<void>((resolve) => clock.after(1, resolve));
    await new Promise((resolve) => ownTimeout(resolve, 500));
    let held = 0;
    globalThis.setTimeout = (() => {
      held += 1;
      return 0;
    }) as unknown as typeof setTimeout;
    const due: number[] = [];
    await new Promise<void>((resolve) => {
      const cancel = clock.after(15, () => due.push(15));
      clock.after(30, () => {
        due.push(30);
        resolve();
      });
      clock.after(10, () => {
        due.push(10);
        cancel();
      });
    });
    expect(due).toEqual([10, 30]);
    expect(held).toBe(0);
  });
});
