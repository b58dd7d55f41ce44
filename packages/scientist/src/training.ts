/** Whole training runs: one message starts one. */

import { toNested } from '@duet/engine';
import { RunLayout } from '@duet/ops';
import {
  DuetError,
  limits,
  type SessionLimits,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
} from '@duet/protocol';
import type { Given, LiveNumber } from './given';
import type { RemoteOptimizer } from './optimizers/optimizer';
import type { Outbox } from './outbox';
import type { OwnObjects } from './own-objects';
import { type Definition, isReadable } from './plan-calls';
import { checkAssignable, type Planner } from './planner';
import { failureOf, type GetOptions, stateOf, type TryGetResult } from './pointer';
import { recordsOf, type StepFunction, type StepPlans, stepPlans } from './step-plans';
import {
  Checkpoint,
  type RunHost,
  type TrainingProgress,
  type TrainingReport,
  TrainingRun,
} from './training-run';
import { ValueState } from './value-state';
import { cellOf, type RemoteVariable, type TensorLike } from './variables';
import { ownText } from './words';

export interface TrainOptions {
  /**
   * One step, recorded once: it takes a batch of each data tensor, changes variables (by an optimizer or by `assign`) and gives
   * its reports, scalars by name. A single scalar is the report `loss`.
   */
  readonly step: StepFunction;
  /** Tensors that share their first axis, along which batches are cut on the owner's side. */
  readonly data: readonly TensorLike[];
  /** Default 1. */
  readonly epochs?: number;
  /** Default 32, or all records where there are fewer. */
  readonly batchSize?: number;
  /** A new order for each epoch, which follows from `seed`. Default true. */
  readonly shuffle?: boolean;
  /** Of the orders, and of random ops without a seed. Default: that of `resumeFrom`; else it is drawn. */
  readonly seed?: number;
  /** Leave out the shorter last batch of an epoch. */
  readonly dropLast?: boolean;
  /** Which reports are asked for, each with a request of its name. Default `ask`: all of them. Those left out are not computed. */
  readonly report?: 'ask' | 'none' | readonly string[];
  /** Steps from report to report; a report is the mean over them. Default: once an epoch. */
  readonly reportEvery?: number;
  /** Steps from checkpoint to checkpoint. Default: none are made. */
  readonly checkpointEvery?: number;
  /** Steps from progress to progress. Default: about a hundred times a run. */
  readonly progressEvery?: number;
  /** For this run: a number, or one for each step (counted from 0 over all epochs). Sent at the start. */
  readonly learningRate?: number | ((step: number, epoch: number) => number);
  /** Whose learning rate that is. Default: that of each optimizer in the step. */
  readonly optimizer?: RemoteOptimizer;
  /** A checkpoint, or a run that was cancelled or stopped. The other options must be those of the earlier run. */
  readonly resumeFrom?: Checkpoint | TrainingRun;
  /** Cancels the run; `done` then rejects with `aborted`, and requests for reports are withdrawn. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  readonly onReport?: (report: TrainingReport) => void;
  /** What the owner reads of the run. */
  readonly name?: string;
  /** Why, in the requests for reports. */
  readonly reason?: string;
  /** How long a request for a report waits, on the owner's clock. Default: as long as the link lives. */
  readonly timeoutSecs?: number;
}

export interface TrainerParts {
  readonly planner: Planner;
  readonly outbox: Outbox;
  readonly objects: OwnObjects;
  readonly limits: SessionLimits;
  readonly checkOpen: () => void;
  /** The next id, without taking it. */
  readonly nextId: () => number;
  /** Takes all ids up to that one. */
  readonly takeIdsUntil: (last: number) => void;
  readonly fetch: (value: ValueState, options: GetOptions) => Promise<TensorValue>;
  readonly dispose: (value: ValueState, at: Error) => void;
  readonly rebind: (variable: RemoteVariable, value: ValueState, output: number) => void;
}

const defaultBatchSize = 32;
const progressTimes = 100;

export class Trainer {
  readonly #parts: TrainerParts;
  readonly #runs = new Map<number, TrainingRun>();

  constructor(parts: TrainerParts) {
    this.#parts = parts;
  }

  /** Runs under way. */
  get size(): number {
    return this.#runs.size;
  }

  /**
   * Starts a run with one message, after the plans of its step. Throws at once, before anything is sent, what is wrong with the
   * step or the options: `bad-argument`, `too-costly`, `too-large`, `limit`, `disposed`, and `aborted`.
   */
  start(options: TrainOptions): TrainingRun {
    const { planner, checkOpen } = this.#parts;
    checkOpen();
    planner.tracer.checkNotRecording('train()');
    if (options.signal?.aborted === true) throw new DuetError('aborted');
    const data = options.data.map((one) => planner.recorder.given(one, 'train'));
    const metas = data.map(metaOfData);
    const records = recordsOf(metas);
    const batchSize = options.batchSize ?? Math.min(defaultBatchSize, records);
    if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > records) {
      throw new DuetError('bad-argument', {
        detail: `train: a batch of ${String(batchSize)} cannot be cut from ${records} records.`,
      });
    }
    const lastSize = options.dropLast === true ? 0 : records % batchSize;
    const plans = stepPlans(planner, {
      name: ownText(options.name ?? '', limits.nameChars, 'The name'),
      step: options.step,
      data: metas,
      batchSize,
      lastSize,
      scheduled: (live) => isScheduled(options, live),
      wanted: wantedReports(options),
    });
    for (const variable of plans.state) checkAssignable(variable);
    return this.#start(options, plans, data, { records, batchSize, withLast: lastSize > 0 });
  }

  #start(
    options: TrainOptions,
    plans: StepPlans,
    data: readonly Given[],
    shape: { readonly records: number; readonly batchSize: number; readonly withLast: boolean },
  ): TrainingRun {
    const { planner, outbox, objects, takeIdsUntil, nextId } = this.#parts;
    const resumed = resumedFrom(options.resumeFrom, plans.state);
    const definition = planner.calls.defineForNow(plans.plan);
    const lastDefinition = plans.lastPlan && planner.calls.defineForNow(plans.lastPlan);
    const settings = settingsOf(options, plans, shape, resumed.firstStep);
    // Throws what is wrong with the options before anything is sent; the ids are given below.
    const trial = new RunLayout({ ...settings, id: 1 });
    this.#checkCost(trial, definition, lastDefinition);
    const schedule = plans.schedules.map((live) => scheduleOf(options, live, trial));
    const groups = [resumed.state, data, schedule, plans.fixed];
    const plan = planner.calls.idOf(definition);
    const lastPlan = lastDefinition === undefined ? 0 : planner.calls.idOf(lastDefinition);
    const { operands, temporary } = planner.calls.operands(groups.flat());
    const layout = new RunLayout({ ...settings, id: nextId() });
    takeIdsUntil(layout.lastId);
    const part = (which: number) => {
      const from = groups.slice(0, which).flat().length;
      return operands.slice(from, from + (groups[which]?.length ?? 0));
    };
    const { withLast, records, reports, progressEvery, ...rest } = layout.shape;
    try {
      outbox.send({
        kind: 'train',
        ...rest,
        progressEvery,
        plan,
        lastPlan,
        state: part(0),
        data: part(1),
        schedule: part(2),
        fixed: part(3),
        name: plans.plan.name,
      });
    } finally {
      for (const id of temporary) objects.dropNow(id);
    }
    const readable = groups.flat().every(isReadable);
    const run = new TrainingRun({
      host: this.#host(options),
      layout,
      name: plans.plan.name,
      state: plans.state,
      reports: plans.reports,
      asks: plans.reports.length > 0,
      readable,
      resumed: resumed.checkpoint,
      stepped: (steps) => {
        for (const effect of plans.effects) effect(steps);
      },
    });
    return this.#follow(run, options);
  }

  #follow(run: TrainingRun, { signal, onProgress, onReport }: TrainOptions): TrainingRun {
    if (onProgress !== undefined) run.on('progress', onProgress);
    if (onReport !== undefined) run.on('report', onReport);
    const onAbort = () => run.abort();
    const ended = () => signal?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort);
    run.done.then(ended, ended);
    this.#runs.set(run.id, run);
    return run;
  }

  #checkCost(layout: RunLayout, whole: Definition, last: Definition | undefined): void {
    const { epochs, firstStep } = layout.shape;
    const lasts = last === undefined ? 0 : epochs;
    const wholes = layout.steps - lasts;
    const cost = wholes * whole.facts.cost + lasts * (last?.facts.cost ?? 0);
    const left = cost * ((layout.steps - firstStep) / layout.steps);
    const { runCost } = this.#parts.limits;
    if (left <= runCost) return;
    throw new DuetError('too-costly', {
      detail: `The training run takes about ${left.toPrecision(3)} operations, more than the limit of ${runCost.toPrecision(3)}.`,
    });
  }

  #host(options: TrainOptions): RunHost {
    const { objects, outbox, dispose, rebind, planner } = this.#parts;
    const at = new Error('It was let go of by its training run.');
    return {
      bind: (id, metas, readable, what) => {
        const states = metas.map(
          (meta, output) =>
            new ValueState({
              ref: { space: 'own', id, path: metas.length === 1 ? [] : [output] },
              meta,
              origin: 'derived',
              madeBy: what,
              readable,
            }),
        );
        objects.add(id, states);
        return states;
      },
      ask: (value, name) => this.#ask(value, name, options),
      drop: (id) => objects.dropNow(id),
      forget: (id, states) => {
        for (const state of states) state.dispose(at);
        objects.forget(id);
      },
      release: (value) => dispose(value, at),
      cancel: (run) => outbox.sendOrBreak({ kind: 'cancel', run }),
      rebind: (variable, value, output) => {
        const before = cellOf(variable).value;
        rebind(variable, value, output);
        dispose(before, at);
      },
      copy: (variable, value) => {
        const copied = planner.recorder.copy({ kind: 'pointer', value, keep: value });
        const before = cellOf(variable).value;
        checkAssignable(variable);
        rebind(variable, copied, 0);
        dispose(before, at);
      },
    };
  }

  async #ask(
    value: ValueState,
    name: string,
    { reason, timeoutSecs, signal }: TrainOptions,
  ): Promise<TryGetResult<number>> {
    const { fetch, dispose } = this.#parts;
    try {
      const arrived = await fetch(value, {
        requestBlock: true,
        deleteObj: true,
        name: [...name].slice(0, limits.nameChars).join(''),
        ...(reason !== undefined && { reason }),
        ...(timeoutSecs !== undefined && { timeoutSecs }),
        ...(signal && { signal }),
      });
      return { ok: true, value: Number(toNested(arrived)) };
    } catch (error) {
      const failure = failureOf(error);
      dispose(value, new Error('A report that was not released.'));
      return failure;
    }
  }

  // ---- what the owner's side says ------------------------------------------------------------------------------

  /** False where there is no such run. */
  progressed(progress: Parameters<TrainingRun['progressed']>[0]): boolean {
    const run = this.#runs.get(progress.run);
    if (run === undefined) return false;
    run.progressed(progress);
    if (run.status !== 'running') this.#runs.delete(progress.run);
    return true;
  }

  /** The owner's side refused the run itself. False where the id is none. */
  refused(id: number, error: DuetError): boolean {
    const run = this.#runs.get(id);
    if (run === undefined) return false;
    this.#runs.delete(id);
    run.fail(error);
    return true;
  }

  /** The link has ended. */
  end(error: DuetError): void {
    for (const run of this.#runs.values()) run.fail(error);
    this.#runs.clear();
  }
}

function metaOfData(given: Given): TensorMeta {
  if (given.kind === 'variable') return stateOf(given.variable).value.meta;
  return given.kind === 'live' ? given.meta : given.value.meta;
}

function stateGiven(state: readonly RemoteVariable[]): Given[] {
  return state.map((variable) => ({ kind: 'variable', variable }));
}

function wantedReports({ report = 'ask' }: TrainOptions): readonly string[] | undefined {
  if (report === 'ask') return undefined;
  return report === 'none' ? [] : report;
}

function isScheduled({ learningRate, optimizer }: TrainOptions, live: LiveNumber): boolean {
  return learningRate !== undefined && (optimizer === undefined || optimizer.rate === live);
}

/** The learning rate of every step of the whole run. Throws `bad-argument` for what is no number. */
function scheduleOf({ learningRate }: TrainOptions, live: LiveNumber, layout: RunLayout): Given {
  const rates = Float32Array.from({ length: layout.steps }, (_, step) => {
    const rate =
      typeof learningRate === 'function'
        ? learningRate(step, layout.at(step).epoch)
        : (learningRate ?? live.current());
    if (typeof rate === 'number' && Number.isFinite(rate)) return rate;
    throw new DuetError('bad-argument', {
      detail: `train: the learning rate of step ${step} is no number.`,
    });
  });
  const value = {
    meta: tensorMeta('float32', [rates.length]),
    bytes: new Uint8Array(rates.buffer),
  };
  return { kind: 'local', value, key: value };
}

type Settings = ConstructorParameters<typeof RunLayout>[0];

function settingsOf(
  options: TrainOptions,
  plans: StepPlans,
  { records, batchSize, withLast }: { records: number; batchSize: number; withLast: boolean },
  firstStep: number,
): Omit<Settings, 'id'> {
  const { epochs = 1, shuffle = true, reportEvery = 0, checkpointEvery = 0 } = options;
  const seed =
    options.seed ?? options.resumeFrom?.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  for (const [what, count] of Object.entries({
    epochs,
    batchSize,
    seed,
    reportEvery,
    checkpointEvery,
    progressEvery: options.progressEvery ?? 1,
  })) {
    if (Number.isInteger(count) && count >= 0 && count < 2 ** 32) continue;
    throw new DuetError('bad-argument', { detail: `train: ${what} cannot be ${String(count)}.` });
  }
  const steps = Math.ceil(records / batchSize) * epochs;
  const progressEvery = options.progressEvery ?? Math.max(1, Math.floor(steps / progressTimes));
  return {
    records,
    batchSize,
    epochs,
    shuffle,
    seed,
    firstStep,
    reportEvery,
    checkpointEvery,
    progressEvery,
    withLast,
    reports: plans.reports.length,
  };
}

interface Resumed {
  readonly firstStep: number;
  readonly state: readonly Given[];
  readonly checkpoint: Checkpoint | undefined;
}

function resumedFrom(
  from: TrainOptions['resumeFrom'],
  variables: readonly RemoteVariable[],
): Resumed {
  if (from instanceof Checkpoint) {
    const state = variables.map(
      (variable): Given => ({ kind: 'pointer', value: from.valueOf(variable), keep: from }),
    );
    return { firstStep: from.step, state, checkpoint: from };
  }
  if (from?.status === 'running') {
    throw new DuetError('bad-argument', { detail: 'train: the earlier run has not ended yet.' });
  }
  return { firstStep: from?.step ?? 0, state: stateGiven(variables), checkpoint: undefined };
}
