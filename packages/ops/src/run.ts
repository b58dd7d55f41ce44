/** The order of things in a training run, and the ids of what it makes: public arithmetic that both sides do alike. */

import { DuetError, limits, type Train } from '@duet/protocol';
import { permutation } from './random';

/** What is to be known of a run. */
export interface RunShape
  extends Pick<
    Train,
    | 'id'
    | 'epochs'
    | 'batchSize'
    | 'shuffle'
    | 'seed'
    | 'firstStep'
    | 'reportEvery'
    | 'checkpointEvery'
    | 'progressEvery'
  > {
  /** Length of the data's first axis. */
  readonly records: number;
  /** Is the shorter last batch of an epoch a step, too? */
  readonly withLast: boolean;
  /** Values that a step reports. */
  readonly reports: number;
}

/** One step. Steps are counted from 0 over all epochs. */
export interface RunStep {
  readonly step: number;
  readonly epoch: number;
  /** The records of its batch: positions in `order` of its epoch. */
  readonly from: number;
  readonly to: number;
}

export class RunLayout {
  readonly shape: RunShape;
  readonly stepsPerEpoch: number;
  /** Of the whole run, those before `firstStep` included. */
  readonly steps: number;
  readonly #reportEvery: number;

  /** Throws DuetError `bad-argument` for a run that makes no sense, `limit` for one that is too long. */
  constructor(shape: RunShape) {
    this.shape = shape;
    const { records, batchSize, epochs, withLast, firstStep } = shape;
    if (batchSize < 1 || batchSize > records) {
      throw wrong(`A batch of ${batchSize} cannot be cut from ${records} records.`);
    }
    if (shape.shuffle && records > limits.shuffledRecords) {
      throw new DuetError('limit', {
        detail: `${records} records are more than the ${limits.shuffledRecords} that can be shuffled.`,
        hint: 'Take them in their order, with shuffle: false.',
      });
    }
    if (epochs < 1) throw wrong('A run has at least one epoch.');
    const whole = Math.floor(records / batchSize);
    this.stepsPerEpoch = whole + (withLast && records % batchSize > 0 ? 1 : 0);
    this.steps = this.stepsPerEpoch * epochs;
    if (this.steps > limits.runSteps) {
      throw new DuetError('limit', {
        detail: `A run of ${this.steps} steps is over the limit of ${limits.runSteps}.`,
      });
    }
    if (firstStep >= this.steps) {
      throw wrong(`Step ${firstStep} is not before the run’s end, ${this.steps}.`);
    }
    if (shape.progressEvery < 1) throw wrong('Progress is told every so many steps, at least 1.');
    this.#reportEvery = shape.reportEvery === 0 ? this.stepsPerEpoch : shape.reportEvery;
    if (this.lastId > limits.id) throw new DuetError('limit', { detail: 'All ids are used up.' });
  }

  at(step: number): RunStep {
    const { batchSize, records } = this.shape;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const from = (step % this.stepsPerEpoch) * batchSize;
    return { step, epoch, from, to: Math.min(from + batchSize, records) };
  }

  /** The records of an epoch in the order in which they are cut into batches. */
  order(epoch: number): Int32Array {
    const { records, shuffle, seed } = this.shape;
    return shuffle
      ? permutation(records, seed, epoch)
      : Int32Array.from({ length: records }, (_, at) => at);
  }

  /** The records of one step's batch. */
  batch(step: number): Int32Array {
    const { epoch, from, to } = this.at(step);
    return this.order(epoch).subarray(from, to);
  }

  /** Is a report due once so many steps are done? The last step always reports. */
  reportsAfter(done: number): boolean {
    return done % this.#reportEvery === 0 || done === this.steps;
  }

  /** How many steps were done at the report before the one that is due when so many are done. */
  reportedBefore(done: number): number {
    return Math.floor((done - 1) / this.#reportEvery) * this.#reportEvery;
  }

  checkpointsAfter(done: number): boolean {
    const { checkpointEvery } = this.shape;
    return checkpointEvery > 0 && done % checkpointEvery === 0 && done < this.steps;
  }

  /** Progress is told then, and at the end; with every report and checkpoint, so that their ids can be used. */
  progressAfter(done: number): boolean {
    return (
      done % this.shape.progressEvery === 0 ||
      this.reportsAfter(done) ||
      this.checkpointsAfter(done)
    );
  }

  /** Reports due when so many steps are done, since the beginning of this run. */
  #reportsUntil(done: number): number {
    const until = (count: number) => Math.floor(count / this.#reportEvery);
    const atEnd = done === this.steps && done % this.#reportEvery !== 0 ? 1 : 0;
    return until(done) - until(this.shape.firstStep) + atEnd;
  }

  #checkpointsUntil(done: number): number {
    const { checkpointEvery, firstStep } = this.shape;
    if (checkpointEvery === 0) return 0;
    const until = (count: number) => Math.floor(count / checkpointEvery);
    return until(Math.min(done, this.steps - 1)) - until(firstStep);
  }

  /** The id of report `which` that is due when `done` steps are done. */
  reportId(done: number, which: number): number {
    return this.shape.id + 1 + (this.#reportsUntil(done) - 1) * this.shape.reports + which;
  }

  /** The id of the checkpoint that is due when `done` steps are done: a path into it for each value of the state. */
  checkpointId(done: number): number {
    const reports = this.#reportsUntil(this.steps) * this.shape.reports;
    return this.shape.id + reports + this.#checkpointsUntil(done);
  }

  /** The last of the ids that the run takes; the first is its own, of the final state. */
  get lastId(): number {
    const { id, reports } = this.shape;
    return id + this.#reportsUntil(this.steps) * reports + this.#checkpointsUntil(this.steps);
  }
}

function wrong(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}
