/** Either side of a first connection, and the same by simple-peer alone. */

import { prepareToJoin } from 'duetjs';
import { bareFunctions } from './bare-peer';
import { peerFunctions } from './peers';

/** From the click to a session that can be used, in milliseconds. */
async function timedJoin(invite: string): Promise<number> {
  const startMs = performance.now();
  await peerFunctions.joinOwner(invite);
  return performance.now() - startMs;
}

/** As a page does that was opened by an invite, and has a button to join. */
function awaitClick(): void {
  prepareToJoin();
}

Object.assign(globalThis, { bench: { ...peerFunctions, ...bareFunctions, awaitClick, timedJoin } });
