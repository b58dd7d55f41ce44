/** What must compile, and what must not. */

import * as tf from '@tensorflow/tfjs';
import type {
  joinDuet,
  launchDuet,
  Pointer,
  resumeConnection,
  resumeDuet,
  ScientistDuet,
} from '../src';

type Owner = Awaited<ReturnType<typeof launchDuet>>;
type Scientist = Awaited<ReturnType<typeof joinDuet>>;
type Resumed = Awaited<ReturnType<typeof resumeDuet>>;
type Again = Awaited<ReturnType<typeof resumeConnection>>;

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

export async function afterReload(duet: Resumed, connection: Again): Promise<string> {
  // @ts-expect-error: there may have been none
  duet.store.mine();
  if (duet === undefined || connection === undefined) return '';
  duet.on('renewed', ({ gone }) => gone + 1);
  const [first] = duet.store.mine();
  // @ts-expect-error: there may be nothing
  first.add(1);
  // @ts-expect-error: what made it is told, and never changed
  if (first) first.madeBy = 'add';
  const { path, awayUntil }: { path?: string; awayUntil?: Date } = duet.status;
  const since: Date | undefined = connection.known?.firstSeen;
  // @ts-expect-error: no state of a connection
  if (connection.status === 'joining') return '';
  return `${path} ${awayUntil?.getTime()} ${since?.getTime()} ${connection.shortAuth?.words.join()}`;
}
