/** What must compile, and what must not. */

import * as tf from '@tensorflow/tfjs';
import type { joinDuet, launchDuet, Pointer, ScientistDuet } from '../src';

type Owner = Awaited<ReturnType<typeof launchDuet>>;
type Scientist = Awaited<ReturnType<typeof joinDuet>>;

export async function ownerSide(duet: Owner): Promise<void> {
  await duet.store.addDataset(
    { X: tf.zeros([3, 2]), y: [1, 0, 1] },
    { name: 'd', columns: { X: ['a', 'b'] } },
  );
  await duet.store.add(['cat', 'dog'], { public: true, maxElementBytes: 8 });
  duet.on('request', (request) => request.deny(request.reason));
  duet.requests.addHandler({
    action: 'accept',
    tags: ['d'],
    elementQuota: 3,
    release: 'records',
    timeoutSecs: 60,
  });
  // @ts-expect-error: an answer is accept or deny
  duet.requests.addHandler({ action: 'maybe' });
  // @ts-expect-error: aggregates, metrics or records
  duet.requests.addHandler({ action: 'accept', release: 'everything' });
  // @ts-expect-error: not an event
  duet.on('requests', () => undefined);
  // @ts-expect-error: a function cannot be published
  await duet.store.add(() => 1);
  // @ts-expect-error: requests are made by scientists
  duet.requests.at(0).name = 'other';
}

export async function scientistSide(duet: Scientist): Promise<number> {
  const same: ScientistDuet = duet;
  const { X } = duet.store.dataSet<'X' | 'y'>('d');
  const mean: Pointer = X.column('a').mean();
  const value: tf.Tensor = await mean.get({
    requestBlock: true,
    name: 'mean',
    reason: '…',
    timeoutSecs: 60,
  });
  const answer = await mean.tryGet({ requestBlock: true });
  if (answer.ok) answer.value.dispose();
  else same.close();
  // @ts-expect-error: there is no value without ok
  answer.value.dispose();
  // @ts-expect-error: the data set was said to have X and y
  duet.store.dataSet<'X' | 'y'>('d').Z;
  // @ts-expect-error: a pointer has no data here
  mean.dataSync();
  // @ts-expect-error: seconds are a number
  await mean.get({ timeoutSecs: '60' });
  // @ts-expect-error: the owner publishes
  await duet.store.add(1);
  return value.size;
}
