/** A model of tf.layers on the owner's side. */

import { byteLength, DuetError, defaultSessionLimits, limits, tensorMeta } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { PlanInput } from '../plans';
import type { GetOptions, Pointer } from '../pointer';
import type { RemoteVariable } from '../variables';
import { quoted } from '../words';
import { applyModel, atLeastRank2 } from './apply-model';
import { type CompileOptions, compileModel, runBatch } from './compiled';
import type { FitRun } from './fit';
import {
  type BatchSizeOptions,
  type Compiled,
  defaultBatchSize,
  type FitOptions,
  metricVariables,
  startFit,
} from './fit-model';
import type { ModelGraph, ModelPort } from './graph';
import { type BatchValues, inBatches } from './in-batches';
import { join, separate } from './joined';
import { checkBatchSize, type Data, dataOf, type ModelData, recordsOf } from './model-data';
import { concatAll } from './ops-namespace';
import { freshName, type ModelHost } from './parameter';
import { readModel, weightValues } from './read-model';
import { type ModelOptimizer, type OptimizerIdentifier, optimizerOf } from './remote-optimizer';

export interface RemoteCompileOptions extends CompileOptions {
  readonly optimizer: OptimizerIdentifier;
}

/** A plan of the model, as it is used here. */
interface KeptPlan<R> {
  call(...args: readonly Data[]): R;
  dispose(): void;
}

/** Plans that are kept for calls with data of the same shapes. */
const keptPlans = 8;

/**
 * Sends a model: its weights become variables on the owner's side, and everything that it does is made of ops of the table. The
 * model stays the caller's and unchanged; where it was compiled, the new one is too. Throws `unsupported-op` for layers,
 * configurations, losses, metrics and optimizers that have no translation, by name, and `too-large`, before anything is sent.
 */
export function sendModel(host: ModelHost, model: tf.LayersModel): RemoteModel {
  const graph = readModel(model);
  checkSize(graph);
  const compiled = compileOptionsOf(model);
  if (compiled !== undefined) {
    compileModel(graph, compiled);
    optimizerOf(host, compiled.optimizer);
  }
  const variables = graph.weights.map(({ name, trainable }, at) => {
    const value = weightValues(model)[at] ?? tf.zeros([]);
    return host.tf.variable(value, trainable, freshName(host, `${graph.name}/${name}`));
  });
  const sent = new RemoteModel(host, graph, variables, model);
  if (compiled !== undefined) sent.compile(compiled);
  return sent;
}

function checkSize({ name, weights }: ModelGraph): void {
  const bytes = weights.reduce(
    (sum, { dtype, shape }) => sum + byteLength(tensorMeta(dtype, shape)),
    0,
  );
  if (bytes <= defaultSessionLimits.bytes) return;
  throw new DuetError('too-large', {
    detail: `The weights of model ${quoted(name)} have ${bytes} bytes, more than the ${defaultSessionLimits.bytes} of a session.`,
  });
}

/** What the local model was compiled with. */
function compileOptionsOf(model: tf.LayersModel): RemoteCompileOptions | undefined {
  const { optimizer, loss, metrics } = model as unknown as {
    optimizer?: tf.Optimizer;
    loss?: CompileOptions['loss'];
    metrics?: CompileOptions['metrics'];
  };
  if (optimizer === undefined || optimizer === null || loss === undefined) return undefined;
  return { optimizer, loss, ...(metrics !== undefined && metrics !== null && { metrics }) };
}

/** A model whose weights are on the owner's side. What it gives are pointers. */
export class RemoteModel {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly #host: ModelHost;
  readonly #graph: ModelGraph;
  readonly #variables: readonly RemoteVariable[];
  readonly #rebuild: () => tf.LayersModel;
  readonly #summary: string;
  readonly #plans = new Map<string, KeptPlan<unknown>>();
  #compiled: Compiled | undefined;

  /** Made by `duet.sendModel`. */
  constructor(
    host: ModelHost,
    graph: ModelGraph,
    variables: readonly RemoteVariable[],
    model: tf.LayersModel,
  ) {
    this.#host = host;
    this.#graph = graph;
    this.#variables = variables;
    this.name = graph.name;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.#rebuild = rebuilder(model);
    this.#summary = summaryOf(model);
  }

  // ---- weights -------------------------------------------------------------------------------------------------

  /** The variables of its weights, in tfjs's order: the trainable ones first. They stay the model's. */
  getWeights(trainableOnly = false): RemoteVariable[] {
    return this.#variables.filter(({ trainable }) => trainable || !trainableOnly);
  }

  /** Sets all weights, in the order of `getWeights`; what is given stays the caller's. Throws `bad-argument`. */
  setWeights(weights: readonly Data[]): void {
    if (weights.length !== this.#variables.length) {
      throw new DuetError('bad-argument', {
        detail: `The model has ${this.#variables.length} weights, not ${weights.length}.`,
      });
    }
    this.#variables.forEach((variable, at) => {
      const weight = weights[at];
      if (weight !== undefined) variable.assign(weight);
    });
  }

  /**
   * The model with its weights as they are now, as a local one, which is the caller's: one request for all of them together. It is
   * not compiled. The model on the owner's side stays. Rejects as `Pointer.get`.
   */
  async get(options: Omit<GetOptions, 'deleteObj'> = {}): Promise<tf.LayersModel> {
    if (this.#variables.length === 0) return this.#restored([]);
    const joined = join(this.#host, this.#variables);
    const tensor = await joined.get(options).finally(() => joined.dispose());
    const values = separate(tensor, this.#graph.weights);
    tensor.dispose();
    try {
      return this.#restored(values);
    } finally {
      tf.dispose(values);
    }
  }

  /** As `get`. */
  getCopy(options: Omit<GetOptions, 'deleteObj'> = {}): Promise<tf.LayersModel> {
    return this.get(options);
  }

  #restored(values: readonly tf.Tensor[]): tf.LayersModel {
    const model = this.#rebuild();
    const places = new Map(readModel(model).weights.map(({ name }, place) => [name, place]));
    const byName = this.#graph.weights.every(({ name }) => places.has(name));
    this.#graph.weights.forEach(({ name }, at) => {
      const value = values[at];
      const place = byName ? (places.get(name) ?? at) : at;
      if (value !== undefined) model.weights[place]?.write(value);
    });
    return model;
  }

  /** Layers, shapes and numbers of weights, as tfjs prints them, as a text. */
  summary(): string {
    return this.#summary;
  }

  // ---- running -------------------------------------------------------------------------------------------------

  /**
   * What the model says of the records, with one message: a pointer for each output, by itself where there is one. Throws
   * `bad-argument` where the data does not fit the inputs.
   */
  predict(
    x: ModelData,
    { batchSize = defaultBatchSize }: BatchSizeOptions = {},
  ): Pointer | Pointer[] {
    const inputs = dataOf(this.inputs, x, 'input');
    checkBatchSize(batchSize);
    const graph = this.#graph;
    const plan = this.#planFor('predict', inputs, batchSize, (...values) => {
      const batches = inBatches(
        this.#host,
        atLeastRank2(this.#host.tf, values),
        batchSize,
        (batch) => byNumber(applyModel(graph, this.#host.tf, this.#variables, batch).outputs),
      );
      return graph.outputs.map((_, at) => this.#rows(batches, String(at)));
    });
    const outputs = plan.call(...inputs);
    const [only] = outputs;
    return outputs.length === 1 && only !== undefined ? only : outputs;
  }

  /** The outputs of all batches, one after the other. */
  #rows({ whole, rest }: ReturnType<typeof inBatches>, name: string): Pointer {
    const { tf: ops } = this.#host;
    const joined = whole?.values[name];
    const rows =
      joined === undefined
        ? []
        : [ops.reshape(joined, [-1, ...joined.shape.slice(2)].map(checkedLength(joined.shape)))];
    const last = rest?.values[name];
    return concatAll(ops, last === undefined ? rows : [...rows, last], 0);
  }

  /** Throws what `compileModel` throws. The metrics and losses are those of tfjs, by name or function. */
  compile({ optimizer, ...options }: RemoteCompileOptions): void {
    const compiled = compileModel(this.#graph, options);
    const found = optimizerOf(this.#host, optimizer);
    this.#forgetCompiled();
    const metrics = metricVariables(this.#host, compiled);
    this.#compiled = { compiled, optimizer: found, metrics };
  }

  /** Its optimizer; undefined before it is compiled. */
  get optimizer(): ModelOptimizer['optimizer'] | undefined {
    return this.#compiled?.optimizer.optimizer;
  }

  /** `loss`, then the names of the metrics; empty before it is compiled. */
  get metricsNames(): readonly string[] {
    return this.#compiled?.compiled.names ?? [];
  }

  #needCompiled(): Compiled {
    if (this.#compiled !== undefined) return this.#compiled;
    throw new DuetError('bad-argument', {
      detail: `Model ${quoted(this.name)} was not compiled.`,
      hint: 'compile() it with an optimizer and a loss first.',
    });
  }

  /**
   * Loss and metrics over the records, by name, each a scalar: the mean over the batches, weighted by their records, as in tfjs.
   * One message. Throws `bad-argument`.
   */
  evaluate(
    x: ModelData,
    y: ModelData,
    { batchSize = defaultBatchSize }: BatchSizeOptions = {},
  ): Record<string, Pointer> {
    const { compiled } = this.#needCompiled();
    checkBatchSize(batchSize);
    const inputs = dataOf(this.inputs, x, 'input');
    const all = [...inputs, ...dataOf(this.outputs, y, 'label')];
    const records = recordsOf(all);
    const { tf: ops } = this.#host;
    const plan = this.#planFor('evaluate', all, batchSize, (...values) => {
      const batches = inBatches(this.#host, values, batchSize, (batch) => {
        const [given, labels] = [batch.slice(0, inputs.length), batch.slice(inputs.length)];
        const result = runBatch(compiled, ops, this.#variables, given, labels, false);
        return { loss: result.loss, ...result.metrics };
      });
      return Object.fromEntries(
        compiled.names.map((name) => [name, this.#mean(batches, name, batchSize, records)]),
      );
    });
    return plan.call(...all);
  }

  #mean(
    { whole, rest }: ReturnType<typeof inBatches>,
    name: string,
    batchSize: number,
    records: number,
  ): Pointer {
    const { tf: ops } = this.#host;
    const [many, last] = [whole?.values[name], rest?.values[name]];
    const sums = [
      ...(many === undefined ? [] : [ops.mul(ops.sum(many), batchSize)]),
      ...(last === undefined ? [] : [ops.mul(last, rest?.size ?? 0)]),
    ];
    return ops.div(
      sums.reduce((sum, part) => ops.add(sum, part)),
      records,
    );
  }

  // ---- training ------------------------------------------------------------------------------------------------

  /**
   * Trains the model on the owner's side: one message, or with validation one for each epoch. Batches are cut there. What is
   * released of loss and metrics comes as reports. Throws at once, before anything is sent, what is wrong with the data or the
   * options; what comes later is told by the run.
   */
  fit(x: ModelData, y: ModelData, options: FitOptions = {}): FitRun {
    const fitting = {
      ...this.#needCompiled(),
      host: this.#host,
      variables: this.#variables,
      evaluate: this.evaluate.bind(this),
    };
    return startFit(fitting, x, y, options);
  }

  /** Lets go of its weights, its plans, and of an optimizer that it made itself. */
  dispose(): void {
    this.#forgetCompiled();
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
    for (const variable of this.#variables) variable.dispose();
  }

  #forgetCompiled(): void {
    if (this.#compiled === undefined) return;
    const { optimizer, metrics } = this.#compiled;
    if (optimizer.isOwned) optimizer.optimizer.dispose();
    for (const variable of metrics.values()) variable.dispose();
    for (const [key, plan] of this.#plans) {
      if (!key.startsWith('evaluate')) continue;
      plan.dispose();
      this.#plans.delete(key);
    }
    this.#compiled = undefined;
  }

  /** The plan for data of such shapes, recorded once; the latest ones are kept. */
  #planFor<R extends Pointer[] | Record<string, Pointer>>(
    what: string,
    data: readonly Data[],
    batchSize: number,
    record: (...values: Pointer[]) => R,
  ): KeptPlan<R> {
    const forms = data.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`);
    const key = [what, batchSize, ...forms].join(' ');
    const name = [...`${this.name} ${what}`].slice(0, limits.nameChars).join('');
    const known = this.#plans.get(key) as KeptPlan<R> | undefined;
    const plan = known ?? this.#record(record, data, name);
    // Last used, last to go.
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > keptPlans && oldest !== undefined) {
      this.#plans.get(oldest)?.dispose();
      this.#plans.delete(oldest);
    }
    return plan;
  }

  #record<R>(
    record: (...values: Pointer[]) => R,
    data: readonly Data[],
    name: string,
  ): KeptPlan<R> {
    const plan: unknown = this.#host.plan(record as () => Pointer, data as PlanInput[], { name });
    return plan as KeptPlan<R>;
  }
}

/** The first of a shape is what is left of the rest. */
function checkedLength(shape: readonly number[]): (length: number) => number {
  return (length) => (length === -1 ? (shape[0] ?? 0) * (shape[1] ?? 0) : length);
}

function byNumber(values: readonly Pointer[]): BatchValues {
  return Object.fromEntries(values.map((value, at) => [String(at), value]));
}

interface ModelClass {
  fromConfig(
    model: ModelClass,
    config: unknown,
    customObjects: object,
    fastWeightInit: boolean,
  ): tf.LayersModel;
}

/**
 * Makes the model anew, from what its configuration is now. Not by way of the JSON that tfjs saves: it changes some names, as
 * that of the activation gelu_new.
 */
function rebuilder(model: tf.LayersModel): () => tf.LayersModel {
  const made = model.constructor as unknown as ModelClass;
  // There are no constraints, and tfjs writes regularizers in the place of some.
  const config = JSON.stringify(model.getConfig(), (key, value: unknown) =>
    key.endsWith('Constraint') ? null : value,
  );
  return () => made.fromConfig(made, JSON.parse(config), {}, true);
}

function summaryOf(model: tf.LayersModel): string {
  const lines: string[] = [];
  model.summary(undefined, undefined, (line = '') => lines.push(line));
  return lines.join('\n');
}
