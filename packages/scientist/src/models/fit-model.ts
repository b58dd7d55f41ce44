/** Training a model of tf.layers on the owner's side. */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Pointer, TryGetResult } from '../pointer';
import type { TrainingRun } from '../training-run';
import type { RemoteVariable } from '../variables';
import { quoted } from '../words';
import { type CompiledModel, runBatch } from './compiled';
import { type FitCallbacks, FitRun } from './fit';
import { checkBatchSize, type Data, dataOf, type ModelData, recordsOf } from './model-data';
import { freshName, type ModelHost } from './parameter';
import type { ModelOptimizer } from './remote-optimizer';

export interface BatchSizeOptions {
  /** Records at once. Default 32. */
  readonly batchSize?: number;
}

export interface FitOptions extends BatchSizeOptions {
  /** Default 1. */
  readonly epochs?: number;
  /** The last part of the records, between 0 and 1, that is not trained on, and is evaluated after each epoch. */
  readonly validationSplit?: number;
  /** Other data, evaluated after each epoch. */
  readonly validationData?: readonly [x: ModelData, y: ModelData];
  /** A new order for each epoch, which follows from `seed`. Default true. */
  readonly shuffle?: boolean;
  /** Of the orders and of what layers draw. Default: drawn. */
  readonly seed?: number;
  readonly callbacks?: FitCallbacks | readonly FitCallbacks[];
  /**
   * Which values are asked for after each epoch, each with a request of its name: `loss`, the names of the metrics, and with `val_`
   * in front those of the validation. Default `ask`: all. A denied one does not stop the run.
   */
  readonly report?: 'ask' | 'none' | readonly string[];
  /** What the owner reads of the run. Default: the name of the model. */
  readonly name?: string;
  /** Why, in the requests. */
  readonly reason?: string;
  /** How long a request waits, on the owner's clock. Default: as long as the link lives. */
  readonly timeoutSecs?: number;
  /** Cancels the run; `done` then rejects with `aborted`. */
  readonly signal?: AbortSignal;
}

export const defaultBatchSize = 32;

/** What a model that was compiled has on the owner's side. */
export interface Compiled {
  readonly compiled: CompiledModel;
  readonly optimizer: ModelOptimizer;
  /** What each metric of the step under way is, by name: it is made inside of the gradient's function, which gives the loss alone. */
  readonly metrics: ReadonlyMap<string, RemoteVariable>;
}

/** A variable for each metric. */
export function metricVariables(
  host: ModelHost,
  { model, metrics }: CompiledModel,
): Map<string, RemoteVariable> {
  const zero = tf.scalar(0);
  try {
    return new Map(
      metrics.map(({ name }) => [
        name,
        host.tf.variable(zero, false, freshName(host, `${model.name}/metrics/${name}`)),
      ]),
    );
  } finally {
    zero.dispose();
  }
}

export interface Fitting extends Compiled {
  readonly host: ModelHost;
  /** Of the weights, in the order of the model. */
  readonly variables: readonly RemoteVariable[];
  /** Loss and metrics by name. */
  readonly evaluate: (
    x: readonly Data[],
    y: readonly Data[],
    options: BatchSizeOptions,
  ) => Record<string, Pointer>;
}

/** See `RemoteModel.fit`. */
export function startFit(
  fitting: Fitting,
  x: ModelData,
  y: ModelData,
  options: FitOptions,
): FitRun {
  const { model } = fitting.compiled;
  const { epochs = 1, validationData } = options;
  const both = (inputs: ModelData, labels: ModelData) => [
    ...dataOf(model.inputs, inputs, 'input'),
    ...dataOf(model.outputs, labels, 'label'),
  ];
  const validates = validationData !== undefined || (options.validationSplit ?? 0) > 0;
  const wanted = wantedOf(fitting.compiled, options, validates);
  const parts = splitData(fitting.host, both(x, y), options);
  const start = (until: number, resumeFrom?: TrainingRun) =>
    train(fitting, parts.train, { ...options, epochs: until }, wanted.training, resumeFrom);
  try {
    const validation = validationData === undefined ? parts.validation : both(...validationData);
    // Each epoch by itself where something is computed between them.
    let epoch = validation === undefined ? epochs : Math.min(1, epochs);
    return new FitRun({
      first: start(epoch),
      next: (after) => {
        if (epoch >= epochs) return undefined;
        epoch += 1;
        return start(epoch, after);
      },
      validate: validation && (() => validate(fitting, validation, options, wanted.validation)),
      callbacks: together(options.callbacks),
      release: parts.release,
    });
  } catch (error) {
    parts.release();
    throw error;
  }
}

interface Parts {
  readonly train: readonly Data[];
  readonly validation: readonly Data[] | undefined;
  readonly release: () => void;
}

/** The records that are trained on, and the last ones, that are not. */
function splitData(
  { tf: ops }: ModelHost,
  all: readonly Data[],
  { validationSplit = 0, validationData }: FitOptions,
): Parts {
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new DuetError('bad-argument', {
      detail: `validationSplit is between 0 and 1, not ${String(validationSplit)}.`,
    });
  }
  const records = recordsOf(all);
  if (validationSplit === 0 || validationData !== undefined) {
    return { train: all, validation: undefined, release: () => undefined };
  }
  const at = Math.floor(records * (1 - validationSplit));
  if (at === 0 || at === records) {
    throw new DuetError('bad-argument', {
      detail: `validationSplit leaves ${at === 0 ? 'nothing to train on' : 'nothing to validate with'} of ${records} records.`,
    });
  }
  const cut = (begin: number, length: number) =>
    all.map((value) => {
      const rest = value.shape.slice(1);
      return ops.slice(value, [begin, ...rest.map(() => 0)], [length, ...rest]);
    });
  const [train, validation] = [cut(0, at), cut(at, records - at)];
  const release = () => {
    for (const pointer of [...train, ...validation]) pointer.dispose();
  };
  return { train, validation, release };
}

function train(
  fitting: Fitting,
  data: readonly Data[],
  options: FitOptions,
  wanted: readonly string[],
  resumeFrom: TrainingRun | undefined,
): TrainingRun {
  const { batchSize = defaultBatchSize, epochs = 1, shuffle = true } = options;
  checkBatchSize(batchSize);
  const { name = fitting.compiled.model.name, seed, reason, timeoutSecs, signal } = options;
  return fitting.host.train({
    step: (...batch) => step(fitting, batch, wanted),
    data,
    epochs,
    batchSize: Math.min(batchSize, recordsOf(data)),
    shuffle,
    report: wanted.length === 0 ? 'none' : wanted,
    name,
    ...(seed !== undefined && { seed }),
    ...(reason !== undefined && { reason }),
    ...(timeoutSecs !== undefined && { timeoutSecs }),
    ...(signal && { signal }),
    ...(resumeFrom && { resumeFrom }),
  });
}

/** One step, as it is recorded. What is reported is of the weights before it, as in tfjs. */
function step(
  { host, compiled, optimizer, metrics, variables }: Fitting,
  batch: readonly Pointer[],
  wanted: readonly string[],
): Record<string, Pointer> {
  const chosen = compiled.metrics.filter(({ name }) => wanted.includes(name));
  const count = compiled.model.inputs.length;
  const cost = optimizer.optimizer.minimize(
    () => {
      const [inputs, labels] = [batch.slice(0, count), batch.slice(count)];
      const reporting = { ...compiled, metrics: chosen };
      const result = runBatch(reporting, host.tf, variables, inputs, labels, true);
      for (const [at, value] of result.updates) variables[at]?.assign(value);
      for (const [name, value] of Object.entries(result.metrics)) metrics.get(name)?.assign(value);
      return result.loss;
    },
    true,
    variables.filter(({ trainable }) => trainable),
  );
  const reports = chosen.flatMap(({ name }) => {
    const variable = metrics.get(name);
    return variable === undefined ? [] : [[name, variable] as const];
  });
  return {
    ...(cost !== null && wanted.includes('loss') && { loss: cost }),
    ...Object.fromEntries(reports),
  };
}

/** Asks for the values of the validation, all at once. */
async function validate(
  { compiled, evaluate }: Fitting,
  data: readonly Data[],
  { batchSize = defaultBatchSize, reason, timeoutSecs, signal }: FitOptions,
  wanted: readonly string[],
): Promise<Record<string, TryGetResult<number>>> {
  if (wanted.length === 0) return {};
  const count = compiled.model.inputs.length;
  const values = evaluate(data.slice(0, count), data.slice(count), { batchSize });
  const asked = Object.entries(values).map(async ([name, pointer]) => {
    try {
      if (!wanted.includes(name)) return [];
      const result = await pointer.tryGet({
        requestBlock: true,
        name: `val_${name}`,
        ...(reason !== undefined && { reason }),
        ...(timeoutSecs !== undefined && { timeoutSecs }),
        ...(signal && { signal }),
      });
      return [[`val_${name}`, numberOf(result)] as const];
    } finally {
      pointer.dispose();
    }
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

interface Wanted {
  readonly training: readonly string[];
  /** Without `val_`. */
  readonly validation: readonly string[];
}

function wantedOf(
  { names }: CompiledModel,
  { report = 'ask' }: FitOptions,
  validates: boolean,
): Wanted {
  if (report === 'none') return { training: [], validation: [] };
  if (report === 'ask') return { training: names, validation: validates ? names : [] };
  const known = [...names, ...(validates ? names.map((name) => `val_${name}`) : [])];
  for (const name of report) {
    if (known.includes(name)) continue;
    throw new DuetError('bad-argument', {
      detail: `There is no ${quoted(name)} to report.`,
      hint: `There are ${known.join(', ')}.`,
    });
  }
  return {
    training: names.filter((name) => report.includes(name)),
    validation: names.filter((name) => report.includes(`val_${name}`)),
  };
}

function together(given: FitOptions['callbacks'] = []): FitCallbacks {
  const list = [given].flat() as readonly FitCallbacks[];
  const each = (tell: (callbacks: FitCallbacks) => void) => {
    for (const callbacks of list) tell(callbacks);
  };
  return {
    onTrainBegin: () => each((one) => one.onTrainBegin?.()),
    onEpochBegin: (epoch) => each((one) => one.onEpochBegin?.(epoch)),
    onBatchEnd: (batch, facts) => each((one) => one.onBatchEnd?.(batch, facts)),
    onEpochEnd: (epoch, logs) => each((one) => one.onEpochEnd?.(epoch, logs)),
    onTrainEnd: () => each((one) => one.onTrainEnd?.()),
  };
}

function numberOf(result: TryGetResult<tf.Tensor>): TryGetResult<number> {
  if (!result.ok) return result;
  const [value = Number.NaN] = result.value.dataSync();
  result.value.dispose();
  return { ok: true, value };
}
