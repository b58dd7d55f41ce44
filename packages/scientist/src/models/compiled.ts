/** What `compile` says of a model: its loss and its metrics, as ops over a batch. */

import { DuetError } from '@duet/protocol';
import type { Pointer } from '../pointer';
import { quoted } from '../words';
import { applyModel, atLeastRank2, checkPorts } from './apply-model';
import type { ModelGraph, ModelPort } from './graph';
import { findLoss, findMetric, type MeasureIdentifier, type NamedMeasure } from './losses';
import type { Ops } from './ops-namespace';
import { addPenalties } from './regularizers';

type PerOutput<T> = T | readonly T[] | Readonly<Record<string, T>>;

export interface CompileOptions {
  /** A name of tfjs, or a function of `tf.losses` or `tf.metrics`; for several outputs a list, or by name. */
  readonly loss: PerOutput<MeasureIdentifier>;
  /** Names of tfjs, `accuracy` and `crossentropy` among them; for several outputs all get them, or by name. */
  readonly metrics?:
    | MeasureIdentifier
    | readonly MeasureIdentifier[]
    | Readonly<Record<string, MeasureIdentifier | readonly MeasureIdentifier[]>>;
}

interface OutputMetric extends NamedMeasure {
  readonly output: number;
}

export interface CompiledModel {
  readonly model: ModelGraph;
  /** One for each output. */
  readonly losses: readonly NamedMeasure[];
  /** Named as in tfjs's logs: `acc`, `mse`; with several outputs `out_loss`, `out_acc`. */
  readonly metrics: readonly OutputMetric[];
  /** `loss`, then the names of the metrics. */
  readonly names: readonly string[];
}

/** Throws `unsupported-op` for functions of the caller's own, `bad-argument` for what tfjs does not know or does not fit. */
export function compileModel(model: ModelGraph, options: CompileOptions): CompiledModel {
  const losses = lossesOf(model, options.loss);
  const metrics = unique([...lossMetrics(model, losses), ...metricsOf(model, losses, options)]);
  return { model, losses, metrics, names: ['loss', ...metrics.map(({ name }) => name)] };
}

function isByName<T>(value: unknown): value is Readonly<Record<string, T>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lossesOf({ outputs }: ModelGraph, loss: CompileOptions['loss']): NamedMeasure[] {
  if (isByName<MeasureIdentifier>(loss)) {
    checkNames(loss, outputs, 'loss');
    return outputs.map(({ name }) => findLoss(needLoss(loss[name], name)));
  }
  if (!Array.isArray(loss)) {
    return outputs.map(() => findLoss(loss as MeasureIdentifier));
  }
  if (loss.length !== outputs.length) {
    throw new DuetError('bad-argument', {
      detail: `The model has ${outputs.length} outputs, and there are ${loss.length} losses.`,
    });
  }
  return loss.map(findLoss);
}

function needLoss(loss: MeasureIdentifier | undefined, output: string): MeasureIdentifier {
  if (loss !== undefined) return loss;
  throw new DuetError('bad-argument', { detail: `There is no loss for output ${quoted(output)}.` });
}

function checkNames(byName: object, outputs: readonly ModelPort[], what: string): void {
  for (const name of Object.keys(byName)) {
    if (outputs.some((output) => output.name === name)) continue;
    throw new DuetError('bad-argument', {
      detail: `There is a ${what} for ${quoted(name)}, which is not an output of the model.`,
      hint: `Its outputs are ${outputs.map((output) => quoted(output.name)).join(', ')}.`,
    });
  }
}

/** With several outputs, the loss of each is told too. */
function lossMetrics({ outputs }: ModelGraph, losses: readonly NamedMeasure[]): OutputMetric[] {
  if (outputs.length < 2) return [];
  return losses.map(({ measure }, output) => ({
    name: `${outputs[output]?.name}_loss`,
    measure,
    output,
  }));
}

function metricsOf(
  { outputs }: ModelGraph,
  losses: readonly NamedMeasure[],
  { metrics = [] }: CompileOptions,
): OutputMetric[] {
  if (isByName<MeasureIdentifier>(metrics)) checkNames(metrics, outputs, 'metric');
  return outputs.flatMap((port, output) => {
    const wanted = isByName<MeasureIdentifier | MeasureIdentifier[]>(metrics)
      ? (metrics[port.name] ?? [])
      : (metrics as MeasureIdentifier | MeasureIdentifier[]);
    const prefix = outputs.length > 1 ? `${port.name}_` : '';
    return [wanted].flat().map((identifier) => {
      const { name, measure } = findMetricOf(identifier, port, losses[output]);
      return { name: prefix + name, measure, output };
    });
  });
}

const accuracies = {
  binary: 'binaryAccuracy',
  sparse: 'sparseCategoricalAccuracy',
  one: 'categoricalAccuracy',
};
const entropies = {
  binary: 'binaryCrossentropy',
  sparse: 'sparseCategoricalCrossentropy',
  one: 'categoricalCrossentropy',
};

/** `accuracy` and `crossentropy` mean what fits the output and its loss, as tfjs chooses. */
function findMetricOf(
  identifier: MeasureIdentifier,
  { shape }: ModelPort,
  loss: NamedMeasure | undefined,
): NamedMeasure {
  const isAccuracy = identifier === 'accuracy' || identifier === 'acc';
  const isEntropy = identifier === 'crossentropy' || identifier === 'ce';
  if (!isAccuracy && !isEntropy) return findMetric(identifier);
  const kind = labelsOf(shape, loss);
  const { measure } = findMetric(isAccuracy ? accuracies[kind] : entropies[kind]);
  return { name: isAccuracy ? 'acc' : 'ce', measure };
}

function labelsOf(
  shape: ModelPort['shape'],
  loss: NamedMeasure | undefined,
): keyof typeof accuracies {
  if (shape.at(-1) === 1 || loss?.name === 'binaryCrossentropy') return 'binary';
  return loss?.name === 'sparseCategoricalCrossentropy' ? 'sparse' : 'one';
}

/** As tfjs tells two apart that have one name: the second is `acc_1`. */
function unique(metrics: readonly OutputMetric[]): OutputMetric[] {
  const all = metrics.map(({ name }) => name);
  return metrics.map((metric, at) => {
    if (all.indexOf(metric.name) === all.lastIndexOf(metric.name)) return metric;
    const before = all.slice(0, at).filter((name) => name === metric.name).length;
    return { ...metric, name: `${metric.name}_${before}` };
  });
}

// ---- over a batch ----------------------------------------------------------------------------------------------

export interface BatchResult {
  /** A scalar. In training it has what the weights cost added. */
  readonly loss: Pointer;
  /** Scalars, by the names of the model. */
  readonly metrics: Readonly<Record<string, Pointer>>;
  /** See `applyModel`. */
  readonly updates: ReadonlyMap<number, Pointer>;
}

/**
 * One batch through the model, its losses and its metrics. `weights` are in the order of the model, `inputs` and `labels` in that
 * of its inputs and outputs, where one number for each example may go without an axis of its own. Nothing is disposed. Throws `bad-argument` where something does not fit.
 */
export function runBatch(
  compiled: CompiledModel,
  ops: Ops,
  weights: readonly Pointer[],
  inputs: readonly Pointer[],
  labels: readonly Pointer[],
  training: boolean,
): BatchResult {
  const { model, losses, metrics } = compiled;
  const wide = atLeastRank2(ops, labels);
  checkPorts(model, wide, labelPorts(compiled), 'label');
  const { outputs, updates } = applyModel(model, ops, weights, atLeastRank2(ops, inputs), {
    training,
  });
  const parts = losses.map(({ measure }, at) => {
    const [label, output] = pairAt(wide, outputs, at);
    return measure(ops, label, output);
  });
  // As tfjs does: the losses of several outputs are added example by example.
  const loss = ops.mean(parts.reduce((sum, part) => ops.add(sum, part)));
  const values = metrics.map(({ name, measure, output }) => {
    const [label, prediction] = pairAt(wide, outputs, output);
    return [name, ops.mean(measure(ops, label, prediction))] as const;
  });
  return {
    loss: training ? addPenalties(model, ops, weights, loss) : loss,
    metrics: Object.fromEntries(values),
    updates,
  };
}

function pairAt(
  labels: readonly Pointer[],
  outputs: readonly Pointer[],
  at: number,
): [Pointer, Pointer] {
  const [label, output] = [labels[at], outputs[at]];
  if (label === undefined || output === undefined) throw new Error('An output has no label.');
  return [label, output];
}

/** What labels must look like: sparse ones are numbers of classes, all others have the shape of the output. */
function labelPorts({ model, losses }: CompiledModel): ModelPort[] {
  return model.outputs.map(({ name, shape }, at) => ({
    name,
    shape:
      losses[at]?.name === 'sparseCategoricalCrossentropy' ? [...shape.slice(0, -1), 1] : shape,
  }));
}
