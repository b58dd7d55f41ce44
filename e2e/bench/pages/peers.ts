/** The two sides as an embedder makes them, for pages of the bench. */

import {
  joinDuet,
  type LaunchOptions,
  launchDuet,
  type OwnerDuet,
  type ScientistDuet,
} from 'duetjs';

let owner: OwnerDuet | undefined;
let scientist: ScientistDuet | undefined;

export function ownerDuet(): OwnerDuet {
  if (owner === undefined) throw new Error('This page owns nothing.');
  return owner;
}

export function scientistDuet(): ScientistDuet {
  if (scientist === undefined) throw new Error('This page has not joined.');
  return scientist;
}

/** Lets everybody in. Gives the invite. */
async function launchOwner(signaling: string, options: LaunchOptions = {}): Promise<string> {
  await owner?.close();
  owner = await launchDuet({
    signaling,
    scientistPage: location.href,
    name: 'Ada',
    uses: 1000,
    admit: 'all',
    logging: false,
    ...options,
  });
  return owner.invite.url;
}

async function joinOwner(invite: string): Promise<void> {
  scientist?.close();
  scientist = await joinDuet(invite);
}

/** To be spread into what a page offers. */
export const peerFunctions = {
  launchOwner,
  joinOwner,
  closeOwner: () => owner?.close(),
  leaveOwner: () => scientist?.close(),
};
