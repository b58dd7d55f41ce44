/** The owner's page: publishes once, lets everybody in, and answers by a handler. */

import * as tf from '@tensorflow/tfjs';
import { launchDuet, type OwnerDuet } from 'duetjs';
import { keptCount, keptSeed, numbersFrom, secretNumbers } from './arithmetic';

export interface OwnerState {
  readonly invite: string;
  readonly joined: number;
  readonly away: number;
  /** Objects in the store, the scientists' included. */
  readonly objects: number;
}

declare global {
  var ownerState: () => OwnerState;
  /** How often a value was released for each request, since the first launch, as the audit has it. */
  var countReleases: () => Promise<Readonly<Record<string, number>>>;
}

const signaling = new URLSearchParams(location.search).get('signaling') ?? '';

async function publish(duet: OwnerDuet): Promise<void> {
  const secret = tf.tensor1d([...secretNumbers]);
  await duet.store.add(secret, { tags: ['secret'], keep: true });
  const open = tf.tensor1d(numbersFrom(keptSeed, keptCount));
  await duet.store.add(open, { tags: ['open'], public: true, keep: true });
  tf.dispose([secret, open]);
  duet.requests.addHandler({
    action: 'accept',
    tags: ['secret'],
    release: 'records',
    elementQuota: 1_000_000,
  });
}

const duet = await launchDuet({
  signaling,
  scientistPage: new URL('scientist.html', location.href).href,
  name: 'Ada',
  uses: 1000,
  admit: 'all',
  logging: false,
});
if (duet.store.table().length === 0) await publish(duet);

globalThis.ownerState = () => ({
  invite: duet.invite.url,
  joined: duet.status.joined,
  away: duet.peers.filter(({ status }) => status === 'away').length,
  objects: duet.status.objects,
});

globalThis.countReleases = async () => {
  const counts: Record<string, number> = {};
  // Requests are counted anew by each page.
  let pages = 0;
  for (const entry of await duet.audit.entries({ from: 1, limit: 1_000_000 })) {
    if (entry.kind === 'opened') pages += 1;
    if (entry.kind !== 'release') continue;
    const request = `${pages}/${entry.request}`;
    counts[request] = (counts[request] ?? 0) + 1;
  }
  return counts;
};
