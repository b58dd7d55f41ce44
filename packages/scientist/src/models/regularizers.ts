/** What the weights of a model add to its loss, by tfjs's `regularizers.ts`. */

import type { Pointer } from '../pointer';
import { type ConfigValues, refuse } from './config';
import type { Graph, ModelGraph } from './graph';
import type { ReadLayer } from './layer';
import type { Ops } from './ops-namespace';

interface Penalty {
  readonly l1: number;
  readonly l2: number;
}

const defaultFactor = 0.01;

/** The key of the configuration that regularizes a weight: `recurrent_kernel` has `recurrentRegularizer`. */
export function regularizerKey(weight: string): string {
  const [stem = weight] = weight.endsWith('_kernel')
    ? [weight.slice(0, -'_kernel'.length)]
    : [weight];
  return `${stem}Regularizer`;
}

/** Throws `unsupported-op` for a regularizer that tfjs does not have. */
function readPenalty(layer: ReadLayer, key: string): Penalty | undefined {
  const value = layer.config.get(key);
  if (value === undefined || value === null) return undefined;
  const { className, config = {} } = value as { className?: unknown; config?: ConfigValues };
  if (className !== 'L1L2') refuse(layer.config.owner, `its ${key} is not one of tfjs.`);
  const factor = (name: string) => {
    const given = config[name] ?? defaultFactor;
    return typeof given === 'number' && Number.isFinite(given)
      ? given
      : refuse(layer.config.owner, `its ${key} has a factor that is not a number.`);
  };
  return { l1: factor('l1'), l2: factor('l2') };
}

interface Regularized {
  readonly weight: number;
  readonly penalty: Penalty;
}

/**
 * As tfjs counts: a layer that is used twice counts twice, and the cells of recurrent layers, for all their configuration says,
 * do not count.
 */
function ofLayer(layer: ReadLayer): Regularized[] {
  if (layer.graph !== undefined) return ofGraph(layer.graph);
  if (layer.kind.regularizedByWrapped === true) return layer.layers.flatMap(ownOf);
  return ownOf(layer);
}

function ownOf(layer: ReadLayer): Regularized[] {
  return [...layer.weights].flatMap(([name, weight]) => {
    const penalty = readPenalty(layer, regularizerKey(name));
    return penalty === undefined ? [] : [{ weight, penalty }];
  });
}

function ofGraph(graph: Graph): Regularized[] {
  return graph.nodes.flatMap((node) => ofLayer(node.layer));
}

function penaltyOf(ops: Ops, { l1, l2 }: Penalty, weight: Pointer): Pointer | undefined {
  const first = l1 === 0 ? undefined : ops.sum(ops.mul(l1, ops.abs(weight)));
  const second = l2 === 0 ? undefined : ops.sum(ops.mul(l2, ops.mul(weight, weight)));
  if (first === undefined || second === undefined) return first ?? second;
  return ops.add(first, second);
}

/** Adds to a scalar loss what the weights cost, `weights` in the order of the model. */
export function addPenalties(
  model: ModelGraph,
  ops: Ops,
  weights: readonly Pointer[],
  loss: Pointer,
): Pointer {
  return ofGraph(model.graph).reduce((sum, { weight, penalty }) => {
    const value = weights[weight];
    if (value === undefined) throw new Error('A model has fewer weights than its layers.');
    const cost = penaltyOf(ops, penalty, value);
    return cost === undefined ? sum : ops.add(sum, cost);
  }, loss);
}

/** Throws `unsupported-op` at once for what `addPenalties` could not do later. */
export function checkPenalties(graph: Graph): void {
  ofGraph(graph);
}
