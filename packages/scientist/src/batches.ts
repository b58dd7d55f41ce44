/** Which records make up which batch: for a local program that is to do the same as a training run. */

import { RunLayout } from '@duet/ops';

export interface BatchOptions {
  /** Length of the data's first axis. */
  readonly records: number;
  readonly batchSize: number;
  readonly epochs?: number;
  /** Default true. */
  readonly shuffle?: boolean;
  readonly seed?: number;
  /** Leave out the shorter last batch of an epoch. */
  readonly dropLast?: boolean;
}

export interface Batch {
  /** Counted from 0 over all epochs. */
  readonly step: number;
  readonly epoch: number;
  /** Positions along the first axis. */
  readonly indices: Int32Array;
}

/** The batches of `duet.train` with the same options, in its order. Throws `bad-argument` and `limit` as that does. */
export function* batchIndices(options: BatchOptions): Generator<Batch> {
  const { records, batchSize, epochs = 1, shuffle = true, seed = 0, dropLast = false } = options;
  const layout = new RunLayout({
    id: 1,
    records,
    batchSize,
    epochs,
    shuffle,
    seed,
    firstStep: 0,
    reportEvery: 0,
    checkpointEvery: 0,
    progressEvery: 1,
    withLast: !dropLast,
    reports: 0,
  });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = layout.order(epoch);
    for (let at = 0; at < layout.stepsPerEpoch; at++) {
      const step = epoch * layout.stepsPerEpoch + at;
      const { from, to } = layout.at(step);
      yield { step, epoch, indices: order.slice(from, to) };
    }
  }
}
