/** What a class of tfjs-layers is here: how to read it, and which ops it stands for. */

import { DuetError } from '@duet/protocol';
import type { Pointer } from '../pointer';
import { activate } from './activations';
import type { Config } from './config';
import type { Graph } from './graph';
import type { Ops } from './ops-namespace';

/** One run of a model: what all of its layers share. */
export interface Run {
  readonly ops: Ops;
  /** Dropout drops, noise is added, batch normalization takes the moments of the batch. */
  readonly training: boolean;
  /** As the run left it so far: a layer that is used twice sees what its first use made of its moving mean. */
  weight(index: number): Pointer;
  update(index: number, value: Pointer): void;
}

/** A layer of a model, read from tfjs. */
export interface ReadLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Config;
  readonly kind: LayerKind;
  /** By tfjs's name within the layer: `kernel`, `moving_mean`; positions in the weights of the model. */
  readonly weights: ReadonlyMap<string, number>;
  /** What it wraps. */
  readonly layers: readonly ReadLayer[];
  readonly cells: readonly ReadCell[];
  /** Of a model inside the model. */
  readonly graph: Graph | undefined;
}

export interface LayerKind {
  readonly className: string;
  /** What `getConfig` writes for this class beside what every layer has, initializers, regularizers and constraints. */
  readonly config: readonly string[];
  /** Properties of the live layer that `getConfig` leaves out; they join the configuration. */
  readonly unsaved?: readonly string[];
  /** Throws `unsupported-op` for a configuration that has no translation. */
  check?(config: Config): void;
  /** Properties of the live layer that hold the layers, or the cells, it wraps. */
  readonly wraps?: { readonly layers?: readonly string[]; readonly cells?: readonly string[] };
  /** Its regularizers are those of the layer it wraps, as in tfjs. */
  readonly regularizedByWrapped?: boolean;
  call(call: LayerCall): readonly Pointer[];
}

/** A layer that is one op, or some, of one value. */
export function unary(
  className: string,
  config: readonly string[],
  call: (call: LayerCall, x: Pointer) => Pointer,
  more: Partial<Omit<LayerKind, 'className' | 'config' | 'call'>> = {},
): LayerKind {
  return { ...more, className, config, call: (layer) => [call(layer, layer.input)] };
}

/** What a layer and a cell have in common when they are run. */
export abstract class Call {
  readonly run: Run;
  readonly ops: Ops;
  readonly training: boolean;
  readonly config: Config;
  readonly #weights: ReadonlyMap<string, number>;

  constructor(run: Run, config: Config, weights: ReadonlyMap<string, number>) {
    this.run = run;
    this.ops = run.ops;
    this.training = run.training;
    this.config = config;
    this.#weights = weights;
  }

  weightIfAny(name: string): Pointer | undefined {
    const index = this.#weights.get(name);
    return index === undefined ? undefined : this.run.weight(index);
  }

  weight(name: string): Pointer {
    const weight = this.weightIfAny(name);
    if (weight !== undefined) return weight;
    throw new DuetError('bad-argument', {
      detail: `${this.config.owner} has no weight ${name}.`,
      hint: 'A layer has its weights once it knows the shape of its input.',
    });
  }

  /** What a weight that is not trained is from now on. */
  update(name: string, value: Pointer): void {
    const index = this.#weights.get(name);
    if (index === undefined) throw new Error(`${this.config.owner} has no weight ${name}.`);
    this.run.update(index, value);
  }

  activate(x: Pointer, key = 'activation'): Pointer {
    return activate(this.ops, this.config.text(key, 'linear'), x);
  }

  /** For dropout: between 0 and 1, both excluded, and in training only; else nothing is dropped. */
  rate(key: string): number | undefined {
    const rate = this.config.number(key, 0);
    return this.training && rate > 0 && rate < 1 ? rate : undefined;
  }
}

export class LayerCall extends Call {
  readonly layer: ReadLayer;
  readonly inputs: readonly Pointer[];

  constructor(run: Run, layer: ReadLayer, inputs: readonly Pointer[]) {
    super(run, layer.config, layer.weights);
    this.layer = layer;
    this.inputs = inputs;
  }

  get input(): Pointer {
    const [input] = this.inputs;
    if (input === undefined) throw new Error(`${this.config.owner} has no input.`);
    return input;
  }
}

export function callLayer(
  run: Run,
  layer: ReadLayer,
  inputs: readonly Pointer[],
): readonly Pointer[] {
  return layer.kind.call(new LayerCall(run, layer, inputs));
}

// ---- cells of recurrent layers ---------------------------------------------------------------------------------

/** A cell, read from tfjs. */
export interface ReadCell {
  readonly className: string;
  readonly name: string;
  readonly config: Config;
  readonly kind: CellKind;
  readonly weights: ReadonlyMap<string, number>;
  /** Of stacked cells. */
  readonly cells: readonly ReadCell[];
}

export type States = readonly Pointer[];

/** One step in time: the output, and the states that the next step starts from. */
export type StepInTime = (x: Pointer, states: States) => { output: Pointer; states: States };

export interface CellKind {
  readonly className: string;
  readonly config: readonly string[];
  readonly unsaved?: readonly string[];
  check?(config: Config): void;
  readonly wraps?: { readonly cells?: readonly string[] };
  /** Shapes of its states, with the batch; `step` is the shape of one step of the input, `[batch, …]`. */
  stateShapes(cell: ReadCell, step: readonly number[]): readonly (readonly number[])[];
  /** Begins a sequence: what is dropped is the same at each of its steps. */
  begin(call: CellCall): StepInTime;
}

export class CellCall extends Call {
  readonly cell: ReadCell;

  constructor(run: Run, cell: ReadCell) {
    super(run, cell.config, cell.weights);
    this.cell = cell;
  }
}
