/** Both ends of a duet in one process, with everything that passes between them, and a check on closing that nothing is left. */

import { nextMacrotask } from '@duet/engine';
import { type MemoryPair, memoryPair } from '@duet/link';
import type { ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { loopback, type OwnerDuet, type OwnerDuetOptions } from 'duetjs';

export interface TestPair extends AsyncDisposable {
  readonly owner: OwnerDuet;
  readonly scientist: ScientistSession;
  /** `a` is the owner's end. All frames are in its log. */
  readonly wire: MemoryPair;
}

/** What is still held on either side; all zero when a test has cleaned up after itself. */
export interface Leftovers {
  readonly scientistIds: number;
  readonly scientistPending: number;
  readonly ownerObjects: number;
  readonly ownerRequests: number;
}

export function leftovers({ owner, scientist }: Pick<TestPair, 'owner' | 'scientist'>): Leftovers {
  return {
    scientistIds: scientist.liveIds.length,
    scientistPending: scientist.pending,
    ownerObjects: owner.status.objects - owner.store.length,
    ownerRequests: owner.requests.length,
  };
}

/**
 * A connected and admitted pair on the cpu backend. On disposal it closes both sides and throws if an object, a request, a
 * pending call or a tensor of the library's is left. Tensors that the test made itself must be disposed by then.
 */
export async function connectedPair(options: OwnerDuetOptions = {}): Promise<TestPair> {
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const wire = memoryPair({ record: true });
  const { owner, scientist } = await loopback({
    owner: { backend: 'cpu', ...options },
    scientistName: 'Grace',
    channels: { owner: wire.a, scientist: wire.b },
    ...(options.clock && { clock: options.clock }),
  });
  const pair = { owner, scientist, wire };
  return {
    ...pair,
    async [Symbol.asyncDispose]() {
      scientist.close();
      await owner.close();
      const left = { ...leftovers(pair), tensors: tf.memory().numTensors - before };
      const kept = Object.entries(left).filter(([, count]) => count !== 0);
      if (kept.length > 0)
        throw new Error(`Left after closing: ${JSON.stringify(Object.fromEntries(kept))}`);
    },
  };
}

/** Looks that are given after a macrotask each, before looking more rarely: cryptography runs on threads of its own. */
const quickLooks = 200;
const slowLooks = 4000;
const slowLookMs = 5;

/** Resolves when a condition holds; throws if it does not for about twenty seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < quickLooks + slowLooks; look += 1) {
    if (condition()) return;
    if (look < quickLooks) await nextMacrotask();
    else await new Promise((resolve) => setTimeout(resolve, slowLookMs));
  }
  throw new Error('What was waited for did not happen.');
}
