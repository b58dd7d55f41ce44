/** Records and their targets that lie on several workers, and batches of them. */

import { permutation } from '@duet/ops';
import { DuetError } from '@duet/protocol';
import { disposeSymbol } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import type { VirtualPointer } from './pointer';
import type { VirtualWorker } from './worker';

/** What one worker has: as many records as targets, by their first axes. */
export interface WorkerShare {
  readonly data: VirtualPointer;
  readonly target: VirtualPointer;
}

export interface FederateOptions {
  /**
   * Which worker gets which record. `contiguous` (the default): equal runs in order. `iid`: the same after shuffling. A
   * function: the place in the list of workers for the record's number.
   */
  readonly split?: 'contiguous' | 'iid' | ((record: number) => number);
  /** Of the shuffling. Default 0. */
  readonly seed?: number;
}

/** Owns its pointers. */
export class FederatedDataset implements Disposable {
  readonly #shares: ReadonlyMap<VirtualWorker, WorkerShare>;

  /** Throws `bad-argument` where data and targets do not belong together, or a worker has two shares. */
  constructor(shares: readonly WorkerShare[]) {
    for (const share of shares) checkShare(share);
    this.#shares = new Map(shares.map((share) => [share.data.location, share]));
    if (shares.length === 0 || this.#shares.size < shares.length) {
      throw new DuetError('bad-argument', {
        detail: 'A federated data set has at least one share, and one on each worker.',
      });
    }
  }

  get workers(): readonly VirtualWorker[] {
    return [...this.#shares.keys()];
  }

  /** Records of all workers. */
  get length(): number {
    return this.workers.reduce((sum, worker) => sum + this.lengthOn(worker), 0);
  }

  /** Records of one worker. Throws `bad-argument` for one that has none. */
  lengthOn(worker: VirtualWorker): number {
    return this.on(worker).data.shape[0] ?? 0;
  }

  /** Throws `bad-argument` for a worker that has no share. */
  on(worker: VirtualWorker): WorkerShare {
    const share = this.#shares.get(worker);
    if (share !== undefined) return share;
    throw new DuetError('bad-argument', {
      detail: `This data set has nothing on ${worker.holder.quotedName}.`,
    });
  }

  dispose(): void {
    for (const { data, target } of this.#shares.values()) {
      data.dispose();
      target.dispose();
    }
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function checkShare({ data, target }: WorkerShare): void {
  const [a, b] = [data.location, target.location];
  if (a !== b) {
    throw new DuetError('bad-argument', {
      detail: `Data on ${a.holder.quotedName} have targets on ${b.holder.quotedName}.`,
      hint: 'move() one of them to where the other is.',
    });
  }
  if (data.rank > 0 && data.shape[0] === target.shape[0]) return;
  throw new DuetError('bad-argument', {
    detail: `${a.holder.quotedName} has data of shape [${data.shape.join(', ')}] and targets of shape [${target.shape.join(', ')}]: the first axes must be equally long.`,
  });
}

/**
 * Sends each worker its records. The tensors stay the caller's. Throws `bad-argument` where the first axes are not equally
 * long, there are fewer records than workers, or a split leaves a worker without any; and as `worker.send`.
 */
export function federate(
  { data, target }: { readonly data: tf.Tensor; readonly target: tf.Tensor },
  workers: readonly VirtualWorker[],
  { split = 'contiguous', seed = 0 }: FederateOptions = {},
): FederatedDataset {
  if (workers.length === 0) {
    throw new DuetError('bad-argument', { detail: 'There are no workers to send to.' });
  }
  const count = data.shape[0];
  if (count === undefined || count !== target.shape[0]) {
    throw new DuetError('bad-argument', {
      detail: 'Data and targets must have first axes, equally long.',
    });
  }
  const records = recordsOf(count, workers.length, split, seed);
  const empty = workers.find((_, at) => records[at]?.length === 0);
  if (empty !== undefined) {
    throw new DuetError('bad-argument', {
      detail: `The split leaves ${empty.holder.quotedName} without a record.`,
    });
  }
  const shares: WorkerShare[] = [];
  try {
    workers.forEach((worker, at) => {
      shares.push(sendShare(worker, data, target, records[at] ?? []));
    });
    return new FederatedDataset(shares);
  } catch (thrown) {
    for (const share of shares) {
      share.data.dispose();
      share.target.dispose();
    }
    throw thrown;
  }
}

function recordsOf(
  count: number,
  workers: number,
  split: NonNullable<FederateOptions['split']>,
  seed: number,
): number[][] {
  const records = Array.from({ length: workers }, (): number[] => []);
  const order = split === 'iid' ? permutation(count, seed, 0) : undefined;
  for (let at = 0; at < count; at += 1) {
    const record = order?.[at] ?? at;
    const to = typeof split === 'function' ? split(record) : Math.floor((at * workers) / count);
    const list = records[to];
    if (list === undefined) {
      throw new DuetError('bad-argument', {
        detail: `split gives ${String(to)} for record ${record}, and there are workers 0 to ${workers - 1}.`,
      });
    }
    list.push(record);
  }
  return records;
}

function sendShare(
  worker: VirtualWorker,
  data: tf.Tensor,
  target: tf.Tensor,
  records: readonly number[],
): WorkerShare {
  const pick = (tensor: tf.Tensor): VirtualPointer => {
    const picked = tf.tidy(() => tensor.gather(tf.tensor1d([...records], 'int32')));
    try {
      return worker.send(picked);
    } finally {
      picked.dispose();
    }
  };
  const sent = pick(data);
  try {
    return { data: sent, target: pick(target) };
  } catch (thrown) {
    sent.dispose();
    throw thrown;
  }
}
