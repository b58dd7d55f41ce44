/** A model as it is here: layers, and which value of which goes into which. Plain data but for the kinds of its layers. */

import type { DType } from '@duet/protocol';
import type { ReadLayer } from './layer';

/** A value of a graph: an input, or one of the outputs of a node. */
export type ValueAt =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'node'; readonly node: number; readonly output: number };

export interface GraphNode {
  readonly layer: ReadLayer;
  readonly inputs: readonly ValueAt[];
}

export interface Graph {
  /** In an order in which each has what it needs. */
  readonly nodes: readonly GraphNode[];
  readonly inputCount: number;
  readonly outputs: readonly ValueAt[];
}

export interface ModelWeight {
  /** As tfjs saves it, `dense_1/kernel`; unique within the model. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly trainable: boolean;
}

/** What goes into a model, or comes out of it. Null: any length, as the batch. */
export interface ModelPort {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

export interface ModelGraph {
  readonly name: string;
  readonly graph: Graph;
  /** In tfjs's order, the trainable ones first: that of `model.getWeights()`. */
  readonly weights: readonly ModelWeight[];
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
}
