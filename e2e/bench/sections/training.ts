/** An epoch from the scientist's tab, over a real connection, beside the same epoch on local tfjs in a worker of the same kind. */

import type { Page } from '@playwright/test';
import type { Epoch, EpochResult, NetworkName, WayName } from '../pages/digits';
import { call, connectDuet, type Section } from '../support/harness';
import { atMost, type Row, rowOf } from '../support/rows';

const repeats = 3;
const batchSize = 64;

/**
 * Of the convolutions an epoch over the sample of MNIST, whose steps take long enough. Of the dense network's steps there are as
 * many as in an epoch over all of MNIST, of which the sample has a tenth.
 */
const sizes: Readonly<Record<NetworkName, { batches: number; passes: number }>> = {
  conv: { batches: 93, passes: 1 },
  dense: { batches: 93, passes: 10 },
};
const warmUpBatches = 2;

const ways: readonly { readonly way: WayName; readonly words: string; readonly most: number }[] = [
  { way: 'train', words: 'duet.train', most: 1.05 },
  { way: 'minimize', words: 'minimize, step by step', most: 1.25 },
  { way: 'fit', words: 'model.fit', most: 1.05 },
];

/** Float32 arithmetic in another order. */
const tolerance = 1e-3;

export interface TrainingPages {
  readonly owner: Page;
  readonly scientist: Page;
}

/** Publishes the digits of these epochs in a page that has launched a duet, and accepts whatever is asked for. */
export async function publishEpochs({ owner }: TrainingPages, epochs: readonly Epoch[]) {
  await call(owner, 'acceptAll');
  for (const epoch of epochs) await call(owner, 'publishDigits', epoch);
}

export function epochOf(network: NetworkName, way: WayName): Epoch {
  const { batches, passes } = sizes[network];
  return { network, way, records: batches * batchSize, passes };
}

/** So few batches that they only warm up. */
function warmUpOf(network: NetworkName, way: WayName): Epoch {
  return { network, way, records: warmUpBatches * batchSize, passes: 1 };
}

export async function remoteEpoch({ scientist }: TrainingPages, epoch: Epoch) {
  return call<EpochResult>(scientist, 'remoteEpoch', epoch);
}

async function measured(
  pages: TrainingPages,
  network: NetworkName,
  { way, words, most }: (typeof ways)[number],
): Promise<Row> {
  const epoch = epochOf(network, way);
  const { batches, passes } = sizes[network];
  const warmUp = warmUpOf(network, way);
  const local = (of: Epoch) => call<EpochResult>(pages.owner, 'localEpoch', of);
  await local(warmUp);
  await remoteEpoch(pages, warmUp);
  const values: number[] = [];
  const references: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const there = await remoteEpoch(pages, epoch);
    const here = await local(epoch);
    if (!(Math.abs(there.loss - here.loss) <= tolerance * Math.abs(here.loss))) {
      throw new Error(`${network}, ${words}: the loss is ${there.loss}, and ${here.loss} locally.`);
    }
    values.push(there.ms);
    references.push(here.ms);
  }
  return rowOf({
    name: `${network} network, ${batches * passes} batches of ${batchSize}: ${words}`,
    unit: 'ms',
    values,
    references,
    referenceName: 'the same loop in local tfjs, in a worker',
    target: atMost(most),
  });
}

export const training: Section = {
  name: 'training',
  async run(harness) {
    const networks: readonly NetworkName[] = ['conv', 'dense'];
    const pages = {
      owner: await harness.open('training-owner'),
      scientist: await harness.open('training-scientist'),
    };
    await connectDuet(harness, pages.owner, pages.scientist);
    await publishEpochs(
      pages,
      networks.flatMap((network) => [epochOf(network, 'train'), warmUpOf(network, 'train')]),
    );
    const rows: Row[] = [];
    for (const network of networks) {
      for (const way of ways) rows.push(await measured(pages, network, way));
    }
    return rows;
  },
};
