/** Batches of a federated data set, cut where the records are. */

import { permutation } from '@duet/ops';
import { DuetError } from '@duet/protocol';
import { disposeSymbol, drawSeed } from '@duet/scientist';
import type { FederatedDataset } from './federated-dataset';
import type { VirtualPointer } from './pointer';
import type { VirtualWorker } from './worker';

export interface FederatedLoaderOptions {
  /** Records of a batch; the last one of a worker may have fewer. Default 8. */
  readonly batchSize?: number;
  /** A new order in each epoch, within each worker. Default false. */
  readonly shuffle?: boolean;
  /** Of the shuffling: the same seed gives the same orders. Default: drawn. */
  readonly seed?: number;
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Workers that take turns. Default 1: one worker after the other. */
  readonly numIterators?: number;
  /** All workers take turns: as many iterators as there are workers. Default false. */
  readonly iterPerWorker?: boolean;
}

/** Its pointers are the caller's to dispose. */
export interface FederatedBatch extends Disposable {
  readonly worker: VirtualWorker;
  readonly data: VirtualPointer;
  readonly target: VirtualPointer;
  dispose(): void;
}

/** One worker's records of one epoch, of which batches are still to be cut. */
interface Cursor {
  readonly worker: VirtualWorker;
  readonly order: Int32Array | undefined;
  begin: number;
}

export class FederatedDataLoader implements Iterable<FederatedBatch> {
  readonly dataset: FederatedDataset;
  readonly batchSize: number;
  readonly #iterators: number;
  readonly #seed: number | undefined;
  readonly #dropLast: boolean;
  #epoch = 0;

  /** Throws `bad-argument` for a size or number that is not whole and at least 1. */
  constructor(dataset: FederatedDataset, options: FederatedLoaderOptions = {}) {
    const { batchSize = 8, shuffle = false, dropLast = false, iterPerWorker = false } = options;
    const workers = dataset.workers.length;
    const numIterators = iterPerWorker ? workers : (options.numIterators ?? 1);
    for (const [name, value] of Object.entries({ batchSize, numIterators })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new DuetError('bad-argument', {
        detail: `${name} must be a whole number, at least 1.`,
      });
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.#iterators = Math.min(numIterators, workers);
    this.#dropLast = dropLast;
    this.#seed = shuffle ? (options.seed ?? drawSeed()) : undefined;
  }

  /** Batches of one epoch. */
  get length(): number {
    const round = this.#dropLast ? Math.floor : Math.ceil;
    return this.dataset.workers.reduce(
      (sum, worker) => sum + round(this.dataset.lengthOn(worker) / this.batchSize),
      0,
    );
  }

  /** One epoch, batch by batch. */
  *[Symbol.iterator](): Generator<FederatedBatch, void, undefined> {
    for (const round of this.#rounds()) {
      for (const cut of round) yield cut();
    }
  }

  /**
   * One epoch in rounds: in each there is one batch of each worker whose turn it is, up to `numIterators` of them. A worker
   * that has none left makes room for the next.
   */
  *rounds(): Generator<readonly FederatedBatch[], void, undefined> {
    for (const round of this.#rounds()) yield round.map((cut) => cut());
  }

  *#rounds(): Generator<readonly (() => FederatedBatch)[], void, undefined> {
    const epoch = this.#epoch++;
    const waiting = this.dataset.workers.map((worker) => this.#cursor(worker, epoch));
    const running = waiting.splice(0, this.#iterators);
    for (;;) {
      for (let at = running.length - 1; at >= 0; at -= 1) {
        while (running[at] !== undefined && !this.#hasMore(running[at])) {
          running.splice(at, 1, ...waiting.splice(0, 1));
        }
      }
      if (running.length === 0) return;
      yield running.map((cursor) => () => this.#next(cursor));
    }
  }

  #cursor(worker: VirtualWorker, epoch: number): Cursor {
    const count = this.dataset.lengthOn(worker);
    const seed = this.#seed;
    return {
      worker,
      order: seed === undefined ? undefined : permutation(count, seed, epoch),
      begin: 0,
    };
  }

  #hasMore(cursor: Cursor | undefined): boolean {
    if (cursor === undefined) return false;
    const left = this.dataset.lengthOn(cursor.worker) - cursor.begin;
    return left >= (this.#dropLast ? this.batchSize : 1);
  }

  #next(cursor: Cursor): FederatedBatch {
    const { worker, order, begin } = cursor;
    const end = Math.min(begin + this.batchSize, this.dataset.lengthOn(worker));
    cursor.begin = end;
    const cut = (pointer: VirtualPointer): VirtualPointer => {
      if (order !== undefined) return pointer.gather(order.slice(begin, end));
      return pointer.slice({ 0: [begin, end] });
    };
    const share = this.dataset.on(worker);
    const data = cut(share.data);
    const target = cut(share.target);
    const dispose = (): void => {
      data.dispose();
      target.dispose();
    };
    return { worker, data, target, dispose, [disposeSymbol]: dispose };
  }
}
