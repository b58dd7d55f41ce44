/** Reads a model of tfjs-layers: which layers it has, what goes where, which weights there are. Nothing is built or sent here. */

import { checkMeta, type DType, DuetError, tensorMeta } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { quoted } from '../words';
import { Config, type ConfigValues, refuse } from './config';
import type { Graph, GraphNode, ModelGraph, ModelPort, ModelWeight, ValueAt } from './graph';
import type { CellKind, LayerKind, ReadCell, ReadLayer } from './layer';
import { cellKinds, layerKinds, refusedLayers } from './layer-table';
import { checkPenalties } from './regularizers';

type LiveLayer = tf.layers.Layer;
type LiveModel = tf.LayersModel;

/**
 * What a model is, from the live one. Throws `unsupported-op` for a layer or a configuration that has no translation, by name,
 * and `too-large` for a weight beyond the limits. The model stays the caller's.
 */
export function readModel(model: LiveModel): ModelGraph {
  if (!isModel(model)) {
    throw new DuetError('bad-argument', { detail: 'A model of tf.layers is wanted here.' });
  }
  const reader = new LayerReader(model.weights, model.trainableWeights);
  const graph = reader.graphOf(model);
  checkPenalties(graph);
  return {
    name: model.name,
    graph,
    weights: reader.weights,
    inputs: model.inputs.map(portOf),
    outputs: model.outputs.map(portOf),
  };
}

/** One layer by itself, which was built. Throws as `readModel`. The layer stays the caller's. */
export function readLayer(layer: LiveLayer): {
  readonly layer: ReadLayer;
  readonly weights: readonly ModelWeight[];
} {
  const reader = new LayerReader(layer.weights, layer.trainableWeights);
  return { layer: reader.layerOf(layer), weights: reader.weights };
}

/** The values of a model's weights, in the order of `ModelGraph.weights`. They are the model's: do not dispose them. */
export function weightValues(model: LiveModel): tf.Tensor[] {
  return model.weights.map((weight) => weight.read());
}

/** Named by its layer, as tfjs names the inputs and outputs of a model. */
function portOf(symbol: tf.SymbolicTensor): ModelPort {
  return { name: symbol.sourceLayer.name, shape: [...symbol.shape] };
}

/** Not `instanceof`: a page may have two copies of tfjs. */
function isModel(layer: unknown): layer is LiveModel {
  return (
    typeof layer === 'object' &&
    layer !== null &&
    ['inputs', 'outputs', 'layers', 'predict'].every((member) => member in layer)
  );
}

/** What every layer has in its configuration, whatever its class. */
const commonConfig = ['name', 'trainable', 'batchInputShape', 'dtype', 'activityRegularizer'];

/** How weights came to be, and what is made of them, is read elsewhere. */
const weightConfig = /(Initializer|Regularizer|Constraint)$/;

/** Layers inside layers inside layers: a limit for what recursion meets. */
const largestDepth = 32;

class LayerReader {
  readonly weights: readonly ModelWeight[];
  readonly #places: ReadonlyMap<tf.LayerVariable, number>;
  readonly #layers = new Map<LiveLayer, ReadLayer>();
  #depth = 0;

  constructor(variables: readonly tf.LayerVariable[], trained: readonly tf.LayerVariable[]) {
    const trainable = new Set(trained);
    const names = new Set<string>();
    this.weights = variables.map((variable) => {
      const name = names.has(variable.originalName) ? variable.name : variable.originalName;
      names.add(name);
      return readWeight(variable, name, trainable.has(variable));
    });
    this.#places = new Map(variables.map((variable, place) => [variable, place]));
  }

  /** The part of the layers' graph that lies between the inputs and the outputs of a model. */
  graphOf(model: LiveModel): Graph {
    const nodes: GraphNode[] = [];
    const places = new Map<string, ValueAt>();
    for (const [index, input] of model.inputs.entries()) {
      places.set(keyOf(input), { kind: 'input', index });
    }
    // In the order of tfjs, which shows where a layer that is used twice keeps moving means; and with a stack of its own, since a
    // deep model must not exhaust the one of the page.
    const open = model.outputs.toReversed();
    while (open.length > 0) {
      const symbol = open[open.length - 1];
      if (symbol === undefined || places.has(keyOf(symbol))) {
        open.pop();
        continue;
      }
      const { inputTensors, outputTensors } = nodeOf(symbol);
      const missing = inputTensors.filter((input) => !places.has(keyOf(input)));
      if (missing.length > 0) {
        open.push(...missing);
        continue;
      }
      const inputs = inputTensors.flatMap((input) => places.get(keyOf(input)) ?? []);
      for (const [output, made] of outputTensors.entries()) {
        places.set(keyOf(made), { kind: 'node', node: nodes.length, output });
      }
      nodes.push({ layer: this.layerOf(symbol.sourceLayer), inputs });
    }
    const outputs = model.outputs.flatMap((output) => places.get(keyOf(output)) ?? []);
    return { nodes, inputCount: model.inputs.length, outputs };
  }

  layerOf(layer: LiveLayer): ReadLayer {
    const known = this.#layers.get(layer);
    if (known !== undefined) return known;
    const read = this.#deeper(layer, () => this.#readLayer(layer));
    this.#layers.set(layer, read);
    return read;
  }

  #deeper<T>(layer: LiveLayer, read: () => T): T {
    if (this.#depth >= largestDepth) refuse(nameOf(layer), 'it is wrapped too often.');
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  #readLayer(layer: LiveLayer): ReadLayer {
    const kind = kindOf(layer, layerKinds, refusedLayers);
    const { className } = kind;
    if (isModel(layer)) {
      const graph = this.graphOf(layer);
      const config = Config.of(className, layer.name, {});
      return { ...nothingWrapped, className, name: layer.name, config, kind, graph };
    }
    const config = readConfig(layer, kind);
    const wrapped = membersOf(layer, kind.wraps?.layers);
    const cells = membersOf(layer, kind.wraps?.cells);
    return {
      className,
      name: layer.name,
      config,
      kind,
      weights: wrapped.length + cells.length > 0 ? new Map() : this.#weightsOf(layer),
      layers: wrapped.map((one) => this.layerOf(one)),
      cells: cells.map((one) => this.#cellOf(one)),
      graph: undefined,
    };
  }

  #cellOf(cell: LiveLayer): ReadCell {
    return this.#deeper(cell, () => {
      const kind = kindOf(cell, cellKinds, new Map());
      const config = readConfig(cell, kind);
      const cells = membersOf(cell, kind.wraps?.cells);
      return {
        className: kind.className,
        name: cell.name,
        config,
        kind,
        weights: cells.length > 0 ? new Map() : this.#weightsOf(cell),
        cells: cells.map((one) => this.#cellOf(one)),
      };
    });
  }

  /** By their last name: `dense_1/kernel` is `kernel`. */
  #weightsOf(layer: LiveLayer): Map<string, number> {
    return new Map(
      layer.weights.map((variable) => {
        const place = this.#places.get(variable);
        if (place === undefined) refuse(nameOf(layer), 'it has a weight that the model has not.');
        return [lastName(variable.originalName), place];
      }),
    );
  }
}

const nothingWrapped = { weights: new Map<string, number>(), layers: [], cells: [] } as const;

function readWeight(variable: tf.LayerVariable, name: string, trainable: boolean): ModelWeight {
  // Only the checks of tfjs make a layer's weights numbers; the types do not say so.
  const { dtype } = variable.read();
  if (variable.shape.some((length) => length === null)) {
    refuse(`Weight ${quoted(name)}`, 'its shape is not known.');
  }
  const shape = variable.shape as number[];
  checkMeta(tensorMeta(dtype as DType, shape));
  const { constraint } = variable as unknown as { constraint?: unknown };
  if (constraint !== undefined && constraint !== null) {
    refuse(
      `Weight ${quoted(name)}`,
      'it has a constraint, which tfjs itself does not apply while it trains.',
      'Leave the constraint out, and apply it to the weights between epochs.',
    );
  }
  return { name, shape, dtype: dtype as DType, trainable };
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function nameOf(layer: LiveLayer): string {
  return `${layer.getClassName()} ${quoted(layer.name)}`;
}

function keyOf(symbol: tf.SymbolicTensor): string {
  return String(symbol.id);
}

interface LiveNode {
  readonly inputTensors: readonly tf.SymbolicTensor[];
  readonly outputTensors: readonly tf.SymbolicTensor[];
}

/** The use of a layer that gave a value. */
function nodeOf(symbol: tf.SymbolicTensor): LiveNode {
  const node = symbol.sourceLayer.inboundNodes[symbol.nodeIndex];
  if (node === undefined)
    refuse(nameOf(symbol.sourceLayer), 'its place in the model is not known.');
  return node;
}

function kindOf<Kind extends LayerKind | CellKind>(
  layer: LiveLayer,
  kinds: ReadonlyMap<string, Kind>,
  refused: ReadonlyMap<string, string>,
): Kind {
  const className = layer.getClassName();
  const reason = refused.get(className);
  if (reason !== undefined) refuse(nameOf(layer), reason);
  const kind = kinds.get(className);
  if (kind === undefined || !isOfTfjs(layer, className)) {
    refuse(
      nameOf(layer),
      'its class is not one of tfjs, and only those can be translated.',
      'Write what it does as ops of duet.tf, in a Module or a plan.',
    );
  }
  return kind;
}

/** A class of one's own may have the name of one of tfjs. */
function isOfTfjs(layer: LiveLayer, className: string): boolean {
  const known = tf.serialization.SerializationMap.getMap().classNameMap[className]?.[0];
  return known === undefined || Object.getPrototypeOf(layer) === known.prototype;
}

function readConfig(layer: LiveLayer, kind: LayerKind | CellKind): Config {
  const live = layer as unknown as ConfigValues;
  const unsaved = kind.unsaved ?? [];
  const config = Config.of(kind.className, layer.name, {
    ...layer.getConfig(),
    ...Object.fromEntries(unsaved.map((key) => [key, live[key]])),
  });
  const known = new Set([...commonConfig, ...kind.config, ...unsaved]);
  for (const key of config.keys()) {
    if (!known.has(key) && !weightConfig.test(key)) {
      config.refuse(`its configuration has ${quoted(key)}, which tfjs does not know.`);
    }
  }
  if (config.has('activityRegularizer')) {
    config.refuse(
      'tfjs does not run activity regularizers.',
      'Add the penalty to a loss of yours.',
    );
  }
  kind.check?.(config);
  return config;
}

/** The layers that a layer holds in some of its properties, one or a list in each. */
function membersOf(layer: LiveLayer, keys: readonly string[] = []): LiveLayer[] {
  const live = layer as unknown as Readonly<Record<string, LiveLayer | LiveLayer[] | undefined>>;
  return keys.flatMap((key) => live[key] ?? []);
}
