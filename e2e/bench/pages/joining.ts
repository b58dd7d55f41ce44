/** Either side of a first connection, and the same by simple-peer alone. */

import { bareFunctions } from './bare-peer';
import { peerFunctions } from './peers';

/** From the click to a session that can be used, in milliseconds. */
async function timedJoin(invite: string): Promise<number> {
  const startMs = performance.now();
  await peerFunctions.joinOwner(invite);
  return performance.now() - startMs;
}

Object.assign(globalThis, { bench: { ...peerFunctions, ...bareFunctions, timedJoin } });
