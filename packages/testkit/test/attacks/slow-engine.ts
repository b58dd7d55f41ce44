/** Engines that misbehave at the moments that a test chooses. */

import { nextMacrotask } from '@duet/engine';
import type { Engine } from '@duet/ops';
import { wrappedEngine } from '../../src/raw-pair';

/** Engines whose reads wait while the test holds them: stands for work that takes its time. */
export interface SlowEngine {
  wrapEngine(engine: Engine): Engine;
  hold(): void;
  go(): void;
}

export function slowEngine(): SlowEngine {
  let gate = Promise.resolve();
  let go = () => {};
  return {
    hold: () => {
      gate = new Promise((resolve) => {
        go = resolve;
      });
    },
    go: () => go(),
    wrapEngine: (engine) =>
      wrappedEngine(engine, {
        close: () => {
          go();
          return engine.close();
        },
        read: async (slot) => {
          await gate;
          return engine.read(slot);
        },
      }),
  };
}

/** Lets whatever is under way go on, where nothing says when it is done. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextMacrotask();
}
