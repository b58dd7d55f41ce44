/** The owner's page of the soak: publishes once, lets everybody in, and answers by handlers. */

import * as tf from '@tensorflow/tfjs';
import { launchDuet } from 'duetjs';
import { records, secretNumbers, width } from './facts';

/** What must not grow while work comes and goes. */
export interface OwnerCounts {
  readonly objects: number;
  readonly requests: number;
  readonly grants: number;
  readonly runs: number;
  readonly peers: number;
  readonly heldObjects: number;
  readonly heldPlans: number;
  readonly tensors: number;
}

declare global {
  var ownerInvite: () => string;
  var ownerCounts: () => OwnerCounts;
}

const duet = await launchDuet({
  signaling: new URLSearchParams(location.search).get('signaling') ?? '',
  scientistPage: new URL('scientist.html', location.href).href,
  name: 'Ada',
  uses: 10_000,
  admit: 'all',
  // Visitors whose tab was closed are forgotten while the soak goes on.
  graceSecs: 60,
  logging: false,
});

const secret = tf.tensor1d([...secretNumbers]);
const X = tf.randomUniform([records, width], 0, 1, 'float32', 1);
const y = tf.randomUniform([records, 1], 0, 1, 'float32', 2);
await duet.store.add(secret, { tags: ['secret', 'numbers'] });
await duet.store.addDataset({ X, y }, { name: 'table', tags: ['secret'] });
tf.dispose([secret, X, y]);

duet.requests.addHandler({ action: 'deny', name: 'denied' });
duet.requests.addHandler({
  decide: ({ name }) => (name === 'nobody answers' ? 'pass' : 'accept'),
  tags: ['secret'],
  release: 'records',
  elementQuota: 1_000_000,
});

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

globalThis.ownerInvite = () => duet.invite.url;
globalThis.ownerCounts = () => ({
  objects: duet.status.objects,
  requests: duet.requests.length,
  grants: duet.grants.list().length,
  runs: duet.runs.length,
  peers: duet.peers.length,
  heldObjects: total(duet.holdings.map(({ objects }) => objects)),
  heldPlans: total(duet.holdings.map(({ plans }) => plans)),
  tensors: tf.memory().numTensors,
});
