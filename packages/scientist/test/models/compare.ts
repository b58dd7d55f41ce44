/** Runs a model both ways, by tfjs-layers and by the translation on the local tfjs, and compares. */

import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { applyModel } from '../../src/models/apply-model';
import type { ModelGraph } from '../../src/models/graph';
import { asPointer, asTensor, localOps } from '../../src/models/ops-namespace';
import { readModel, weightValues } from '../../src/models/read-model';

export interface Side {
  readonly outputs: readonly tf.Tensor[];
  /** Of all weights, after the run. */
  readonly weights: readonly tf.Tensor[];
}

/** Other than what initializers give, so that biases, moving means and states take part; variances stay positive. */
export function randomizeWeights(model: tf.LayersModel, seed = 7): void {
  tf.tidy(() => {
    model.setWeights(
      model.weights.map(({ shape, originalName }, at) => {
        const drawn = tf.randomNormal(shape as number[], 0, 0.4, 'float32', seed + at);
        return originalName.endsWith('variance') ? drawn.square().add(0.3) : drawn;
      }),
    );
  });
}

export function randomInput(shape: readonly number[], seed = 3): tf.Tensor {
  return tf.randomNormal([...shape], 0, 1, 'float32', seed);
}

function byTranslation(
  graph: ModelGraph,
  weights: readonly tf.Tensor[],
  inputs: readonly tf.Tensor[],
  training: boolean,
): Side {
  const { outputs, updates } = applyModel(
    graph,
    localOps,
    weights.map(asPointer),
    inputs.map(asPointer),
    { training },
  );
  return {
    outputs: outputs.map(asTensor),
    weights: weights.map((weight, at) => {
      const update = updates.get(at);
      return update === undefined ? weight : asTensor(update);
    }),
  };
}

/** tfjs changes its own weights while it runs in training. Elsewhere it must be given nothing, or it passes it on from layer to layer. */
function byLayers(model: tf.LayersModel, inputs: readonly tf.Tensor[], training: boolean): Side {
  const given = training ? { training } : (undefined as unknown as Record<string, never>);
  const outputs = [model.call([...inputs], given)].flat();
  return { outputs, weights: weightValues(model) };
}

export function expectClose(actual: readonly tf.Tensor[], wanted: readonly tf.Tensor[]): void {
  expect(actual.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  expect(actual.map(({ dtype }) => dtype)).toEqual(wanted.map(({ dtype }) => dtype));
  for (const [at, tensor] of actual.entries()) {
    const [mine, theirs] = [tensor.dataSync(), wanted[at]?.dataSync() ?? []];
    for (const [index, value] of mine.entries()) {
      const expected = theirs[index] ?? Number.NaN;
      const distance = Math.abs(value - expected);
      if (!(distance <= 1e-5 * Math.max(1, Math.abs(expected)))) {
        expect.fail(`Output ${at} differs at ${index}: ${value} is not ${expected}.`);
      }
    }
  }
}

export interface CompareOptions {
  /** Also in training, where nothing is drawn. Default true. */
  readonly training?: boolean;
}

/** That the two agree, and that the translation leaves no tensor behind. */
export function expectSameModel(
  model: tf.LayersModel,
  inputs: readonly tf.Tensor[],
  { training = true }: CompareOptions = {},
): ModelGraph {
  if (model instanceof tf.Sequential && !model.built) model.build();
  randomizeWeights(model);
  const graph = readModel(model);
  const before = tf.memory().numTensors;
  for (const mode of training ? [false, true] : [false]) {
    tf.tidy(() => {
      const weights = weightValues(model).map((weight) => weight.clone());
      const mine = byTranslation(graph, weights, inputs, mode);
      const theirs = byLayers(model, inputs, mode);
      expectClose(mine.outputs, theirs.outputs);
      expectClose(mine.weights, theirs.weights);
    });
  }
  expect(tf.memory().numTensors).toBe(before);
  return graph;
}

/** A model of one layer. Shapes without the batch. */
export function modelOf(
  layer: tf.layers.Layer,
  ...shapes: readonly (readonly number[])[]
): tf.LayersModel {
  const inputs = shapes.map((shape) => tf.input({ shape: [...shape] }));
  const [first] = inputs;
  const given = inputs.length === 1 && first !== undefined ? first : inputs;
  const outputs = layer.apply(given) as tf.SymbolicTensor | tf.SymbolicTensor[];
  return tf.model({ inputs, outputs });
}

export const batch = 3;

/** That a layer gives the same both ways, on random values and weights. */
export function expectSameLayer(
  layer: tf.layers.Layer,
  shapes: readonly (readonly number[])[],
  options: CompareOptions = {},
): void {
  const model = modelOf(layer, ...shapes);
  const inputs = shapes.map((shape, at) => randomInput([batch, ...shape], 11 + at));
  expectSameModel(model, inputs, options);
  tf.dispose(inputs);
  model.dispose();
}
