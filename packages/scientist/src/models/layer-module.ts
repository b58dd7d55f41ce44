/** Layers and models of tf.layers as parts of a module. */

import * as tf from '@tensorflow/tfjs';
import { applyModel } from './apply-model';
import type { ModelGraph, ModelWeight } from './graph';
import { callLayer, type ReadCell, type ReadLayer, type Run } from './layer';
import { copyMembersKey, Module, type ModuleResult, membersKey } from './module';
import { Parameter, type Value } from './parameter';
import { readLayer, readModel } from './read-model';

/** What has weights by name, in an order of its own, and is otherwise the same wherever it is. */
abstract class Weighted extends Module {
  protected weights: ReadonlyMap<string, Parameter>;

  protected constructor(weights: ReadonlyMap<string, Parameter>) {
    super();
    this.weights = weights;
  }

  protected get values(): Value[] {
    return [...this.weights.values()].map(({ value }) => value);
  }

  protected assign(updates: ReadonlyMap<number, Value>): void {
    const parameters = [...this.weights.values()];
    for (const [index, value] of updates) parameters[index]?.assign(value);
  }

  override [membersKey](): Iterable<readonly [string, unknown]> {
    return this.weights;
  }

  override [copyMembersKey](from: this, relocate: (member: unknown) => unknown): void {
    // What the layer is, is the same everywhere; where it is, is not among the entries.
    Object.assign(this, Object.fromEntries(Object.entries(from)));
    this.weights = new Map(
      [...from.weights].map(([name, one]) => [name, relocate(one) as Parameter]),
    );
  }
}

function parameterOf(value: tf.Tensor, { trainable }: ModelWeight): Parameter {
  return new Parameter(tf.variable(value, trainable), trainable);
}

/** One value by itself, several as a list; which of the two, the maker of the module says by `R`. */
function onlyOne<R extends ModuleResult>(outputs: readonly Value[]): R {
  const [output] = outputs;
  return (outputs.length === 1 && output !== undefined ? output : outputs) as R;
}

/** A layer of tf.layers. It gives one value, or a list where the layer gives several. */
export class LayerModule<R extends ModuleResult = Value> extends Weighted {
  protected layer: ReadLayer;

  /** Takes over the layer: its variables are disposed, and their values live on in the module. Made by `nn`. */
  constructor(live: tf.layers.Layer) {
    const { layer, weights } = readLayer(live);
    const paths = pathsOf(layer);
    super(
      new Map(
        weights.map((weight, index) => [
          paths.get(index) ?? weight.name,
          parameterOf(live.weights[index]?.read() ?? tf.zeros([...weight.shape]), weight),
        ]),
      ),
    );
    for (const variable of live.weights) variable.dispose();
    this.layer = layer;
  }

  forward(...inputs: readonly Value[]): R {
    const { values } = this;
    const updates = new Map<number, Value>();
    const run: Run = {
      ops: this.tf,
      training: this.training,
      weight: (index) => needed(updates.get(index) ?? values[index]),
      update: (index, value) => {
        updates.set(index, value);
      },
    };
    const outputs = callLayer(run, this.layer, inputs);
    this.assign(updates);
    return onlyOne<R>(outputs);
  }
}

function needed(value: Value | undefined): Value {
  if (value === undefined) throw new Error('A layer has fewer weights than it uses.');
  return value;
}

/** A model of tf.layers, with its weights under tfjs's names. */
export class ModelModule<R extends ModuleResult = Value> extends Weighted {
  protected model: ModelGraph;

  /** Copies the weights; the model stays the caller's. Made by `nn.model`. */
  constructor(live: tf.LayersModel) {
    const model = readModel(live);
    super(
      new Map(
        model.weights.map((weight, index) => [
          weight.name,
          parameterOf(live.weights[index]?.read() ?? tf.zeros([...weight.shape]), weight),
        ]),
      ),
    );
    this.model = model;
  }

  forward(...inputs: readonly Value[]): R {
    const { training } = this;
    const { outputs, updates } = applyModel(this.model, this.tf, this.values, inputs, { training });
    this.assign(updates);
    return onlyOne<R>(outputs);
  }
}

/** Names of the weights of a layer, by their places: `kernel`, and inside of wrappers `forward.kernel`, `0.kernel`. */
function pathsOf(layer: ReadLayer): Map<number, string> {
  const paths = new Map<number, string>();
  nameLayer(layer, '', paths);
  return paths;
}

function nameOwn(
  weights: ReadonlyMap<string, number>,
  prefix: string,
  paths: Map<number, string>,
): void {
  for (const [name, place] of weights) paths.set(place, prefix + name);
}

function nameLayer(layer: ReadLayer, prefix: string, paths: Map<number, string>): void {
  nameOwn(layer.weights, prefix, paths);
  const { layers = [] } = layer.kind.wraps ?? {};
  layer.layers.forEach((one, at) => {
    const stem = layers[at]?.replace(/layer$/i, '') ?? '';
    nameLayer(one, stem === '' ? prefix : `${prefix}${stem}.`, paths);
  });
  for (const cell of layer.cells) nameCell(cell, prefix, paths);
  for (const node of layer.graph?.nodes ?? []) {
    nameLayer(node.layer, `${prefix}${node.layer.name}.`, paths);
  }
}

function nameCell(cell: ReadCell, prefix: string, paths: Map<number, string>): void {
  nameOwn(cell.weights, prefix, paths);
  cell.cells.forEach((one, at) => {
    nameCell(one, `${prefix}${at}.`, paths);
  });
}
