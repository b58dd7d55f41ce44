/** `fit` as the scientist's side sees it: epochs, and what was released of them. */

import { asDuetError, type DuetError } from '@duet/protocol';
import type { TryGetResult } from '../pointer';
import type { TrainingReport, TrainingRun } from '../training-run';

export interface FitReport {
  /** Counted from 0. */
  readonly epoch: number;
  /** What was released, by name: `loss`, `acc`, `val_loss`. */
  readonly logs: Readonly<Record<string, number>>;
  /** The same with what was not, and why. */
  readonly values: Readonly<Record<string, TryGetResult<number>>>;
}

export interface FitResult {
  readonly status: 'finished' | 'cancelled' | 'stopped';
  /** Steps that were done. */
  readonly step: number;
  readonly reports: readonly FitReport[];
  /** By name, an entry for each epoch; undefined where it was not released. */
  readonly history: Readonly<Record<string, readonly (number | undefined)[]>>;
}

/**
 * Called as the run goes on, with public facts and released values alone. Batches are told in groups, as the owner's side tells
 * its progress; `onEpochEnd` comes when everything that was asked about the epoch is decided, which may be long after it. What
 * one of them throws cancels the run, and `done` rejects with it.
 */
export interface FitCallbacks {
  onTrainBegin?(): void;
  onEpochBegin?(epoch: number): void;
  onBatchEnd?(batch: number, facts: { readonly epoch: number; readonly step: number }): void;
  onEpochEnd?(epoch: number, logs: Readonly<Record<string, number>>): void;
  onTrainEnd?(): void;
}

export interface FitParts {
  /** The first run, which was started already. */
  readonly first: TrainingRun;
  /** The one that goes on after one has finished; undefined at the end. */
  readonly next: (after: TrainingRun) => TrainingRun | undefined;
  /** After each run: what is asked about the weights as they are then. */
  readonly validate: (() => Promise<Readonly<Record<string, TryGetResult<number>>>>) | undefined;
  readonly callbacks: FitCallbacks;
  /** At the end, however it came. */
  readonly release: () => void;
}

/** A model being fitted. Iterating over it gives its reports, until it has ended and all are there. */
export class FitRun {
  /**
   * Resolves when the run has ended and all that was asked is answered. Rejects as `TrainingRun.done`, and with what a callback
   * threw.
   */
  readonly done: Promise<FitResult>;
  readonly #parts: FitParts;
  readonly #reports: FitReport[] = [];
  readonly #wakeUps = new Set<() => void>();
  #run: TrainingRun;
  #told = 0;
  #isCancelled = false;
  #hasEnded = false;
  #failure: DuetError | undefined;

  /** Made by `RemoteModel.fit`. */
  constructor(parts: FitParts) {
    this.#parts = parts;
    this.#run = parts.first;
    this.#told = parts.first.step;
    this.done = this.#go().finally(() => this.#end());
    // Nobody has to listen.
    this.done.catch(() => undefined);
  }

  /** Steps that are done, as far as the owner's side has told. */
  get step(): number {
    return this.#run.step;
  }

  get stepsPerEpoch(): number {
    return this.#run.stepsPerEpoch;
  }

  get status(): TrainingRun['status'] {
    return this.#run.status;
  }

  /** Of the orders of the records and of what is drawn. */
  get seed(): number {
    return this.#run.seed;
  }

  /** Ends it after the step that is being computed; the model then has the weights so far. */
  cancel(): void {
    this.#isCancelled = true;
    this.#run.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FitReport> {
    for (let next = 0; ; ) {
      const report = this.#reports[next];
      if (report !== undefined) {
        next += 1;
        yield report;
      } else if (this.#hasEnded) {
        if (this.#failure !== undefined) throw this.#failure;
        return;
      } else {
        await new Promise<void>((wake) => this.#wakeUps.add(wake));
      }
    }
  }

  async #go(): Promise<FitResult> {
    this.#call((callbacks) => callbacks.onTrainBegin?.());
    for (;;) {
      const run = this.#run;
      const result = await this.#follow(run);
      if (this.#failure !== undefined) throw this.#failure;
      const after =
        result.status === 'finished' && !this.#isCancelled ? this.#next(run) : undefined;
      if (after === undefined) {
        this.#call((callbacks) => callbacks.onTrainEnd?.());
        if (this.#failure !== undefined) throw this.#failure;
        const status =
          this.#isCancelled && result.status === 'finished' ? 'cancelled' : result.status;
        return {
          status,
          step: run.step,
          reports: this.#reports,
          history: historyOf(this.#reports),
        };
      }
      this.#run = after;
    }
  }

  #next(run: TrainingRun): TrainingRun | undefined {
    return this.#parts.next(run);
  }

  /** One run of the owner's side: all epochs, or one where each is validated. */
  async #follow(run: TrainingRun) {
    const { validate } = this.#parts;
    const held: TrainingReport[] = [];
    run.on('progress', () => this.#progressed(run));
    run.on('report', (report) => {
      if (validate === undefined) this.#report(report.epoch, report.values);
      else held.push(report);
    });
    this.#progressed(run);
    await run.trained;
    // The weights of this very moment, before the next run changes them.
    const asked = validate?.();
    // It is awaited below, unless the run itself has failed.
    asked?.catch(() => undefined);
    const result = await run.done;
    if (asked !== undefined) {
      const validated = await asked;
      const last = held.at(-1);
      const epoch = last?.epoch ?? Math.ceil(run.step / run.stepsPerEpoch) - 1;
      this.#report(epoch, { ...last?.values, ...validated });
    }
    return result;
  }

  #progressed(run: TrainingRun): void {
    if (run.step === 0 && this.#told === 0) this.#call((to) => to.onEpochBegin?.(0));
    for (; this.#told < run.step; this.#told += 1) {
      const step = this.#told + 1;
      const batch = this.#told % run.stepsPerEpoch;
      const epoch = Math.floor(this.#told / run.stepsPerEpoch);
      if (batch === 0 && epoch > 0) this.#call((to) => to.onEpochBegin?.(epoch));
      this.#call((to) => to.onBatchEnd?.(batch, { epoch, step }));
    }
  }

  #report(epoch: number, values: FitReport['values']): void {
    const released = Object.entries(values).flatMap(([name, result]) =>
      result.ok ? [[name, result.value] as const] : [],
    );
    const report = { epoch, logs: Object.fromEntries(released), values };
    this.#reports.push(report);
    this.#wake();
    this.#call((to) => to.onEpochEnd?.(epoch, report.logs));
  }

  /** What a callback throws must not break off the session that tells it something. */
  #call(tell: (callbacks: FitCallbacks) => void): void {
    if (this.#failure !== undefined) return;
    try {
      tell(this.#parts.callbacks);
    } catch (error) {
      this.#failure = error as DuetError;
      this.cancel();
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.done.catch((error: unknown) => {
      this.#failure ??= asDuetError(error);
    });
    this.#parts.release();
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#wakeUps];
    this.#wakeUps.clear();
    for (const wake of waiting) wake();
  }
}

function historyOf(reports: readonly FitReport[]): FitResult['history'] {
  const names = new Set(reports.flatMap(({ values }) => Object.keys(values)));
  return Object.fromEntries(
    [...names].map((name) => [name, reports.map(({ logs }) => logs[name])]),
  );
}
