/** Either side of a connection that is about to be lost. */

import { ownerDuet, peerFunctions, scientistDuet } from './peers';

let noticing: Promise<number> | undefined;

/** Begins to wait for the loss of the other side, whichever this one is. */
function expectLoss(side: 'owner' | 'scientist'): void {
  noticing = new Promise((resolve) => {
    const noticed = (isLost: boolean): void => {
      if (isLost) resolve(Date.now());
    };
    if (side === 'owner') ownerDuet().on('peer', ({ status }) => noticed(status === 'away'));
    else scientistDuet().on('status', ({ phase }) => noticed(phase === 'reconnecting'));
  });
}

/** When it was noticed, in milliseconds of the wall clock, which both processes share. */
function noticedAt(): Promise<number> {
  if (noticing === undefined) throw new Error('No loss is expected.');
  return noticing;
}

Object.assign(globalThis, { bench: { ...peerFunctions, expectLoss, noticedAt } });
