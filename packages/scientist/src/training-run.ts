/** One training run as the scientist's side sees it: how far it is, what it reports, where it can be taken up again. */

import type { RunLayout } from '@duet/ops';
import {
  DuetError,
  type Progress,
  type RunState,
  StateEvents,
  type TensorMeta,
  tensorMeta,
} from '@duet/protocol';
import type { TryGetResult } from './pointer';
import type { ValueState } from './value-state';
import { cellOf, type RemoteVariable } from './variables';

export interface TrainingProgress {
  /** Steps that are done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly status: TrainingStatus;
}

/** `stopped`: by the owner. `failed`: the owner's side refused the run, or the link ended. */
export type TrainingStatus = RunState | 'failed';

/** What was reported of some steps: the mean of each value over them, weighted by the records of their batches. */
export interface TrainingReport {
  /** Steps that were done then. */
  readonly step: number;
  /** Epochs that were begun then, counted from 0. */
  readonly epoch: number;
  /** By name; a denied one is not ok. */
  readonly values: Readonly<Record<string, TryGetResult<number>>>;
}

export interface TrainingResult {
  readonly status: 'finished' | 'cancelled' | 'stopped';
  /** Steps that are done, those of an earlier run that it took up included. */
  readonly step: number;
  readonly reports: readonly TrainingReport[];
}

export interface TrainingEvents {
  progress: (progress: TrainingProgress) => void;
  report: (report: TrainingReport) => void;
}

/** What a run needs of its session. */
export interface RunHost {
  /** Makes values known that the owner's side has made under an id. */
  readonly bind: (
    id: number,
    metas: readonly TensorMeta[],
    readable: boolean,
    what: string,
  ) => ValueState[];
  /** Asks for a report and waits; afterwards the value is gone. Rejects where nothing can be asked any more. */
  readonly ask: (value: ValueState, name: string) => Promise<TryGetResult<number>>;
  /** Lets go of an id that nobody asks for. */
  readonly drop: (id: number) => void;
  /** The owner's side has let go of an id by itself. */
  readonly forget: (id: number, states: readonly ValueState[]) => void;
  readonly release: (value: ValueState) => void;
  readonly cancel: (run: number) => void;
  readonly rebind: (variable: RemoteVariable, value: ValueState, output: number) => void;
  readonly copy: (variable: RemoteVariable, value: ValueState) => void;
}

export interface RunParts {
  readonly host: RunHost;
  readonly layout: RunLayout;
  readonly name: string;
  readonly state: readonly RemoteVariable[];
  readonly reports: readonly string[];
  /** Are they asked for? */
  readonly asks: boolean;
  /** By public facts; the same for the state and the reports. */
  readonly readable: boolean;
  /** What it was taken up from; it goes when this run finishes. */
  readonly resumed: Checkpoint | undefined;
  /** What happens on this side for so many steps. */
  readonly stepped: (steps: number) => void;
}

const scalarMeta = tensorMeta('float32', []);

/** The state after some step, on the owner's side. The run's next one takes its place. */
export class Checkpoint {
  readonly step: number;
  /** Of the run that made it. */
  readonly seed: number;
  readonly #host: RunHost;
  readonly #values: ReadonlyMap<RemoteVariable, ValueState>;

  /** Made by a training run. */
  constructor(
    host: RunHost,
    { step, seed }: { readonly step: number; readonly seed: number },
    values: ReadonlyMap<RemoteVariable, ValueState>,
  ) {
    this.step = step;
    this.seed = seed;
    this.#host = host;
    this.#values = values;
  }

  /** Assigns the variables what they were then. Throws `disposed`, also when a later checkpoint has taken its place. */
  restore(): void {
    for (const value of this.#values.values()) value.checkUsable();
    for (const [variable, value] of this.#values) this.#host.copy(variable, value);
  }

  /** For a run that takes it up. Throws as restore. */
  valueOf(variable: RemoteVariable): ValueState {
    const value = this.#values.get(variable);
    if (value === undefined) {
      throw new DuetError('bad-argument', {
        detail: `The checkpoint has no value for variable ${variable.id} (${variable.name}).`,
      });
    }
    value.checkUsable();
    return value;
  }

  dispose(): void {
    for (const value of this.#values.values()) this.#host.release(value);
  }
}

/** A run that is under way, or was. Iterating over it gives its reports, until it has ended and all are there. */
export class TrainingRun extends StateEvents<TrainingEvents> {
  /** The number of the run; for people. */
  readonly id: number;
  readonly name: string;
  /** Of the orders of the records and of what is drawn. */
  readonly seed: number;
  /** Of the whole run, those of an earlier one that it took up included. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /**
   * Resolves when the run has ended, with whatever it reached, and all reports that were asked for are answered. Rejects with
   * why the owner's side refused the run, the reason the link ended, or `aborted`.
   */
  readonly done: Promise<TrainingResult>;
  /** Resolves as soon as the variables have their new versions; rejects as done. */
  readonly trained: Promise<TrainingResult['status']>;
  readonly #parts: RunParts;
  readonly #reports: TrainingReport[] = [];
  readonly #wakeUps = new Set<() => void>();
  readonly #asked: Promise<void>[] = [];
  #status: TrainingStatus = 'running';
  #step: number;
  #checkpoint: Checkpoint | undefined;
  #checkpointId = 0;
  #checkpointValues: readonly ValueState[] = [];
  #failure: DuetError | undefined;
  #settled = false;
  #isAborted = false;
  #resolveTrained: (status: TrainingResult['status']) => void = () => undefined;
  #rejectTrained: (error: DuetError) => void = () => undefined;

  /** Made by `duet.train`. */
  constructor(parts: RunParts) {
    super();
    const { layout } = parts;
    this.#parts = parts;
    this.id = layout.shape.id;
    this.name = parts.name;
    this.seed = layout.shape.seed;
    this.steps = layout.steps;
    this.stepsPerEpoch = layout.stepsPerEpoch;
    this.#step = layout.shape.firstStep;
    for (const variable of parts.state) cellOf(variable).busyWith = 'a training run';
    this.trained = new Promise((resolve, reject) => {
      this.#resolveTrained = resolve;
      this.#rejectTrained = reject;
    });
    this.done = this.trained.then((status) => this.#whenReported(status));
    // Nobody has to listen.
    this.trained.catch(() => undefined);
    this.done.then(
      () => this.#settle(),
      () => this.#settle(),
    );
  }

  get status(): TrainingStatus {
    return this.#status;
  }

  /** Steps that are done, as far as the owner's side has told. */
  get step(): number {
    return this.#step;
  }

  /** The latest one; undefined before the first. It goes when the run finishes. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** Where another run can take it up: the state when it was cancelled or stopped. */
  get variables(): readonly RemoteVariable[] {
    return this.#parts.state;
  }

  /** Ends it after the step that is being computed. Variables then have the state so far. Nothing once it has ended. */
  cancel(): void {
    if (this.#status === 'running') this.#parts.host.cancel(this.id);
  }

  /** As cancel, and then `done` rejects with `aborted`. */
  abort(): void {
    this.#isAborted = true;
    this.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingReport> {
    for (let next = 0; ; ) {
      const report = this.#reports[next];
      if (report !== undefined) {
        next += 1;
        yield report;
      } else if (this.#settled) {
        if (this.#failure !== undefined) throw this.#failure;
        return;
      } else {
        await new Promise<void>((wake) => this.#wakeUps.add(wake));
      }
    }
  }

  // ---- what the owner's side says ------------------------------------------------------------------------------

  /** Throws `bad-reply` for progress that no run can make. */
  progressed({ step, state }: Progress): void {
    if (!this.#isPossible(step, state)) {
      throw new DuetError('bad-reply', { detail: 'A training run made impossible progress.' });
    }
    if (step > this.#step) this.#reached(step);
    this.#step = step;
    if (state !== 'running') this.#ended(state, step);
    this.emit('progress', this.#progress());
  }

  /** Every step after which something is due is told, and nothing is told of others but the end. */
  #isPossible(step: number, state: RunState): boolean {
    const { layout } = this.#parts;
    if (this.#status !== 'running' || step < this.#step || step > layout.steps) return false;
    for (let done = this.#step + 1; done < step; done++) {
      if (layout.progressAfter(done)) return false;
    }
    if (step === layout.steps) return state === 'finished';
    const isNewlyDue = step > this.#step && layout.progressAfter(step);
    return state === 'running' ? isNewlyDue : state !== 'finished' && !isNewlyDue;
  }

  #progress(): TrainingProgress {
    const { layout } = this.#parts;
    const epoch = layout.at(Math.max(0, this.#step - 1)).epoch;
    return { step: this.#step, steps: this.steps, epoch, status: this.#status };
  }

  #reached(done: number): void {
    const { layout, reports } = this.#parts;
    if (reports.length > 0 && layout.reportsAfter(done)) this.#report(done);
    if (layout.checkpointsAfter(done)) this.#keep(done);
  }

  #report(done: number): void {
    const { layout, host, reports, asks, readable } = this.#parts;
    const ids = reports.map((_, which) => layout.reportId(done, which));
    if (!asks) {
      for (const id of ids) host.drop(id);
      return;
    }
    const asked = reports.map((name, which) => {
      const [value] = host.bind(ids[which] ?? 0, [scalarMeta], readable, `report ${name}`);
      if (value === undefined) throw new DuetError('internal');
      return host.ask(value, name);
    });
    const { epoch } = layout.at(done - 1);
    const at = this.#asked.length;
    const before = this.#asked[at - 1] ?? Promise.resolve();
    const told = Promise.all([Promise.all(asked), before]).then(([results]) => {
      const values = Object.fromEntries(
        reports.flatMap((name, which) => {
          const result = results[which];
          return result === undefined ? [] : [[name, result] as const];
        }),
      );
      this.#add({ step: done, epoch, values });
    });
    told.catch(() => undefined);
    this.#asked.push(told);
  }

  /** In the order of the steps, also where a later one was decided first. */
  #add(report: TrainingReport): void {
    this.#reports.push(report);
    this.emit('report', report);
    this.#wake();
  }

  #keep(done: number): void {
    const { layout, host, state, readable } = this.#parts;
    const before = this.#checkpoint;
    const id = layout.checkpointId(done);
    const metas = state.map((variable) => cellOf(variable).value.meta);
    const values = host.bind(id, metas, readable, `checkpoint at step ${done}`);
    this.#checkpoint = new Checkpoint(
      host,
      { step: done, seed: layout.shape.seed },
      new Map(
        state.flatMap((variable, at) => {
          const value = values[at];
          return value === undefined ? [] : [[variable, value] as const];
        }),
      ),
    );
    // The owner's side has let go of the one before.
    if (before !== undefined) host.forget(this.#checkpointId, this.#checkpointValues);
    this.#checkpointId = id;
    this.#checkpointValues = values;
  }

  #ended(status: TrainingResult['status'], step: number): void {
    const { host, state, layout, readable, stepped, resumed } = this.#parts;
    this.#status = status;
    const metas = state.map((variable) => cellOf(variable).value.meta);
    const values = host.bind(layout.shape.id, metas, readable, `training “${this.name}”`);
    state.forEach((variable, at) => {
      const value = values[at];
      const cell = cellOf(variable);
      cell.busyWith = undefined;
      if (value === undefined) return;
      // It was disposed while the run went on.
      if (cell.value.hasEnded) host.release(value);
      else host.rebind(variable, value, at);
    });
    stepped(step - layout.shape.firstStep);
    if (status === 'finished') {
      this.#checkpoint?.dispose();
      this.#checkpoint = undefined;
      resumed?.dispose();
    }
    if (this.#isAborted && status === 'cancelled') {
      this.#failure = new DuetError('aborted');
      this.#rejectTrained(this.#failure);
    } else this.#resolveTrained(status);
  }

  /** The owner's side refused it, or the link has ended. */
  fail(error: DuetError): void {
    if (this.#status !== 'running') return;
    this.#status = 'failed';
    this.#failure = error;
    for (const variable of this.#parts.state) cellOf(variable).busyWith = undefined;
    this.#rejectTrained(error);
  }

  async #whenReported(status: TrainingResult['status']): Promise<TrainingResult> {
    await Promise.all(this.#asked);
    return { status, step: this.#step, reports: [...this.#reports] };
  }

  #settle(): void {
    this.#settled = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#wakeUps];
    this.#wakeUps.clear();
    for (const wake of waiting) wake();
  }
}
