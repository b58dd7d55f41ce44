import type { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { applyModel } from '../../src/models/apply-model';
import { type CompileOptions, compileModel, runBatch } from '../../src/models/compiled';
import { lossNames, type MeasureIdentifier, metricNames } from '../../src/models/losses';
import { asPointer, asTensor, localOps } from '../../src/models/ops-namespace';
import { readModel, weightValues } from '../../src/models/read-model';
import { thrownBy } from '../thrown-by';
import {
  batch,
  expectClose,
  expectSameModel,
  modelOf,
  randomInput,
  randomizeWeights,
} from './compare';

const { layers } = tf;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function convnet(): tf.Sequential {
  return tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.batchNormalization(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 3, kernelSize: 2, activation: 'elu', useBias: false }),
      layers.flatten(),
      layers.dense({ units: 6, activation: 'tanh', kernelRegularizer: 'l1l2' }),
      layers.layerNormalization(),
      layers.dense({
        units: 4,
        activation: 'softmax',
        kernelRegularizer: tf.regularizers.l2({ l2: 0.05 }),
        biasRegularizer: tf.regularizers.l1({ l1: 0.02 }),
      }),
    ],
  });
}

/** Two inputs, two outputs, a layer that is used twice, a model inside. */
function branched(): tf.LayersModel {
  const a = tf.input({ shape: [6], name: 'left' });
  const b = tf.input({ shape: [6], name: 'right' });
  const shared = layers.dense({
    units: 5,
    activation: 'relu',
    kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.03 }),
  });
  const normalize = layers.batchNormalization();
  const twice = [a, b].map((x) => normalize.apply(shared.apply(x)) as tf.SymbolicTensor);
  const inner = tf.sequential({
    layers: [
      layers.dense({ inputShape: [5], units: 4, activation: 'sigmoid', kernelRegularizer: 'l1l2' }),
      layers.batchNormalization(),
      layers.dense({ units: 3 }),
    ],
  });
  const sum = layers.add().apply(twice);
  const joined = layers.concatenate().apply([inner.apply(sum), ...twice] as tf.SymbolicTensor[]);
  const one = layers.dense({ units: 1, activation: 'sigmoid', name: 'yes' }).apply(joined);
  const many = layers.dense({ units: 3, activation: 'softmax', name: 'which' }).apply(joined);
  return tf.model({ inputs: [a, b], outputs: [one, many] as tf.SymbolicTensor[] });
}

function sequenceModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 5 }),
      layers.bidirectional({
        layer: layers.lstm({ units: 3, returnSequences: true, kernelRegularizer: 'l1l2' }),
        mergeMode: 'concat',
      }),
      layers.timeDistributed({ layer: layers.dense({ units: 3, kernelRegularizer: 'l1l2' }) }),
      layers.gru({ units: 4 }),
      layers.dense({ units: 1 }),
    ],
  });
}

const tokens = () => tf.randomUniform([batch, 5], 0, 9, 'float32', 4).floor();

describe('whole models', () => {
  test('a convnet', () => {
    expectSameModel(convnet(), [randomInput([batch, 8, 8, 1])]);
  });

  test('branches, shared layers and a model inside', () => {
    const graph = expectSameModel(branched(), [
      randomInput([batch, 6], 1),
      randomInput([batch, 6], 2),
    ]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['left', 'right']);
    expect(graph.outputs).toEqual([
      { name: 'yes', shape: [null, 1] },
      { name: 'which', shape: [null, 3] },
    ]);
  });

  test('a sequence', () => {
    expectSameModel(sequenceModel(), [tokens()]);
  });

  test('a model that begins with a model', () => {
    const first = tf.sequential({ layers: [layers.dense({ inputShape: [4], units: 3 })] });
    const model = tf.sequential({
      layers: [first, layers.dense({ units: 2, activation: 'relu' })],
    });
    expectSameModel(model, [randomInput([batch, 4])]);
  });

  test('a layer deep in a model', () => {
    const model = tf.sequential();
    model.add(layers.dense({ inputShape: [2], units: 2 }));
    for (let depth = 0; depth < 400; depth += 1)
      model.add(layers.activation({ activation: 'tanh' }));
    expectSameModel(model, [randomInput([batch, 2])]);
  });

  test('an output that is an input, and one that is in the middle', () => {
    const x = tf.input({ shape: [3] });
    const middle = layers.dense({ units: 2 }).apply(x) as tf.SymbolicTensor;
    const last = layers.reLU().apply(middle) as tf.SymbolicTensor;
    expectSameModel(tf.model({ inputs: x, outputs: [middle, last] }), [randomInput([batch, 3])]);
  });

  test('part of a larger graph', () => {
    const x = tf.input({ shape: [3] });
    const shared = layers.dense({ units: 2 });
    const a = shared.apply(x) as tf.SymbolicTensor;
    shared.apply(layers.reLU().apply(x));
    expectSameModel(tf.model({ inputs: x, outputs: a }), [randomInput([batch, 3])]);
  });

  test('weights are read in the order, by the names and with the marks of tfjs', () => {
    const model = convnet();
    model.getLayer('', 1).trainable = false;
    const { weights } = readModel(model);
    expect(weights.map(({ name }) => name)).toEqual(model.weights.map((one) => one.originalName));
    const trainable = weights.filter((one) => one.trainable);
    expect(trainable).toHaveLength(model.trainableWeights.length);
    expect(weights.map(({ shape }) => shape)).toEqual(model.weights.map(({ shape }) => shape));
  });
});

describe('noise', () => {
  const x = () => tf.ones([40, 50]);

  function inTraining(layer: tf.layers.Layer, values = x()): tf.Tensor {
    const model = modelOf(layer, values.shape.slice(1));
    const { outputs } = applyModel(readModel(model), localOps, [], [asPointer(values)], {
      training: true,
    });
    return asTensor(outputs[0] ?? asPointer(values));
  }

  function momentsOf(values: tf.Tensor): { mean: number; variance: number } {
    const { mean, variance } = tf.moments(values);
    return { mean: mean.dataSync()[0] ?? 0, variance: variance.dataSync()[0] ?? 0 };
  }

  test('does nothing outside of training', () => {
    for (const layer of [
      layers.dropout({ rate: 0.5 }),
      layers.gaussianNoise({ stddev: 1 }),
      layers.gaussianDropout({ rate: 0.5 }),
      layers.alphaDropout({ rate: 0.5 }),
    ]) {
      expectSameModel(modelOf(layer, [5]), [randomInput([batch, 5])], { training: false });
    }
    const spatial = modelOf(layers.spatialDropout1d({ rate: 0.5 }), [5, 2]);
    expectSameModel(spatial, [randomInput([batch, 5, 2])], { training: false });
  });

  test('dropout with a seed drops what tfjs drops', () => {
    expectSameModel(modelOf(layers.dropout({ rate: 0.4, seed: 12 }), [30]), [randomInput([9, 30])]);
    const shaped = layers.dropout({ rate: 0.4, seed: 12, noiseShape: [9, 1] });
    expectSameModel(modelOf(shaped, [30]), [randomInput([9, 30])]);
  });

  test('dropout drops its share, and scales the rest', () => {
    const values = inTraining(layers.dropout({ rate: 0.25 })).dataSync();
    expect(new Set(values.map((value) => Math.round(value * 1000)))).toEqual(new Set([0, 1333]));
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.06);
  });

  test('spatialDropout1d drops whole channels', () => {
    const values = inTraining(layers.spatialDropout1d({ rate: 0.5 }), tf.ones([10, 4, 8]));
    const firstStep = values.slice([0, 0, 0], [10, 1, 8]);
    expect(values.sub(firstStep).abs().max().dataSync()[0]).toBe(0);
    expect(new Set(values.dataSync())).toEqual(new Set([0, 2]));
  });

  test('the noises have the moments of tfjs’s', () => {
    const values = tf.randomNormal([100, 100], 0.5, 1, 'float32', 8);
    for (const layer of [
      layers.gaussianNoise({ stddev: 0.5 }),
      layers.gaussianDropout({ rate: 0.2 }),
      layers.alphaDropout({ rate: 0.3 }),
    ]) {
      const mine = momentsOf(inTraining(layer, values));
      const theirs = momentsOf(layer.call(values, { training: true }) as tf.Tensor);
      expect(Math.abs(mine.mean - theirs.mean)).toBeLessThan(0.1);
      expect(Math.abs(mine.variance - theirs.variance)).toBeLessThan(0.1 * theirs.variance);
      expect(Math.abs(mine.variance - momentsOf(values).variance)).toBeGreaterThan(0.01);
    }
  });

  test('what a recurrent layer drops is the same at each step', () => {
    const layer = layers.simpleRNN({
      units: 400,
      activation: 'linear',
      dropout: 0.5,
      kernelInitializer: 'identity',
      recurrentInitializer: 'zeros',
      returnSequences: true,
    });
    const model = modelOf(layer, [3, 400]);
    const { outputs } = applyModel(
      readModel(model),
      localOps,
      weightValues(model).map(asPointer),
      [asPointer(tf.ones([1, 3, 400]))],
      { training: true },
    );
    const [first = [], ...others] = tf
      .unstack(asTensor(outputs[0] as never), 1)
      .map((step) => [...step.dataSync()]);
    expect(new Set(first)).toEqual(new Set([0, 2]));
    for (const other of others) expect(other).toEqual(first);
  });
});

describe('training', () => {
  interface Job {
    readonly model: tf.LayersModel;
    readonly x: tf.Tensor[];
    readonly y: tf.Tensor[];
    readonly options: CompileOptions;
  }

  const jobs: Readonly<Record<string, () => Job>> = {
    'a convnet, one class of four': () => ({
      model: convnet(),
      x: [randomInput([batch, 8, 8, 1])],
      y: [tf.oneHot(tf.tensor1d([1, 0, 3], 'int32'), 4).toFloat()],
      options: { loss: 'categoricalCrossentropy', metrics: ['accuracy', 'crossentropy'] },
    }),
    'a convnet, sparse labels': () => ({
      model: convnet(),
      x: [randomInput([batch, 8, 8, 1])],
      y: [tf.tensor2d([[1], [0], [3]])],
      options: { loss: 'sparseCategoricalCrossentropy', metrics: ['acc', 'ce'] },
    }),
    'two outputs': () => ({
      model: branched(),
      x: [randomInput([batch, 6], 1), randomInput([batch, 6], 2)],
      y: [tf.tensor2d([[1], [0], [1]]), tf.oneHot(tf.tensor1d([1, 0, 2], 'int32'), 3).toFloat()],
      options: {
        loss: { yes: 'binaryCrossentropy', which: 'categoricalCrossentropy' },
        metrics: ['accuracy', 'mse'],
      },
    }),
    'a sequence': () => ({
      model: sequenceModel(),
      x: [tokens()],
      y: [randomInput([batch, 1], 5)],
      options: { loss: 'meanSquaredError', metrics: ['mae', 'mape'] },
    }),
    'a frozen layer': () => {
      const model = convnet();
      model.getLayer('', 0).trainable = false;
      return {
        model,
        x: [randomInput([batch, 8, 8, 1])],
        y: [tf.oneHot(tf.tensor1d([1, 0, 3], 'int32'), 4).toFloat()],
        options: { loss: 'meanAbsoluteError' },
      };
    },
  };

  /** The model's own way: what `trainOnBatch` tells, and the weights after it. */
  async function byLayers({ model, x, y, options }: Job) {
    model.compile({ ...(options as tf.ModelCompileArgs), optimizer: tf.train.sgd(0.1) });
    const told = [await model.trainOnBatch(x, y)].flat() as number[];
    return { told, names: model.metricsNames, weights: weightValues(model) };
  }

  function byTranslation({ model, x, y, options }: Job) {
    const graph = readModel(model);
    const compiled = compileModel(graph, options);
    const variables = graph.weights.map(({ trainable }, at) =>
      tf.variable(weightValues(model)[at] as tf.Tensor, trainable),
    );
    let told: number[] = [];
    const optimizer = tf.train.sgd(0.1);
    const loss = optimizer.minimize(
      () => {
        const pointers = variables.map(asPointer);
        const result = runBatch(
          compiled,
          localOps,
          pointers,
          x.map(asPointer),
          y.map(asPointer),
          true,
        );
        told = Object.values(result.metrics).map((value) => asTensor(value).dataSync()[0] ?? 0);
        for (const [at, value] of result.updates) variables[at]?.assign(asTensor(value));
        return asTensor(result.loss) as tf.Scalar;
      },
      true,
      variables.filter(({ trainable }) => trainable),
    );
    return { told: [loss?.dataSync()[0] ?? 0, ...told], names: compiled.names, weights: variables };
  }

  test.each(Object.entries(jobs))('%s: a step gives what tfjs’s gives', async (_, make) => {
    const job = make();
    if (job.model instanceof tf.Sequential) job.model.build();
    randomizeWeights(job.model);
    const mine = byTranslation(job);
    const theirs = await byLayers(job);
    expect(mine.names).toEqual(theirs.names);
    for (const [at, value] of mine.told.entries())
      expect(value).toBeCloseTo(theirs.told[at] ?? NaN, 4);
    expectClose(mine.weights, theirs.weights);
  });

  test.each(Object.entries(jobs))('%s: an evaluation gives what tfjs’s gives', (_, make) => {
    const { model, x, y, options } = make();
    if (model instanceof tf.Sequential) model.build();
    randomizeWeights(model);
    const compiled = compileModel(readModel(model), options);
    const weights = weightValues(model).map(asPointer);
    const { loss, metrics } = runBatch(
      compiled,
      localOps,
      weights,
      x.map(asPointer),
      y.map(asPointer),
      false,
    );
    model.compile({ ...(options as tf.ModelCompileArgs), optimizer: 'sgd' });
    const told = [model.evaluate(x, y)].flat();
    // With several outputs, tfjs tells what it has added up after each of them.
    const wanted = model.outputs.length === 1 ? told : [told[1], ...told.slice(2)];
    const mine = [loss, ...Object.values(metrics)].map(asTensor);
    expectClose(mine, wanted as tf.Tensor[]);
  });
});

describe('losses and metrics', () => {
  const labels = () =>
    tf.tensor2d([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
      [1, 1, 0],
    ]);
  const predictions = () =>
    tf.tensor2d([
      [0.1, 0.7, 0.2],
      [0.5, 0.3, 0.2],
      [0.3, 0.3, 0.4],
      [0.9, 0.05, 0.05],
    ]);
  const sparse = () => tf.tensor2d([[1], [0], [2], [1]]);

  /** A model that gives what it is given, so that tfjs's own loss is told by `evaluate`. */
  function told(loss: string, metrics: readonly string[], y: tf.Tensor): number[] {
    const model = modelOf(layers.activation({ activation: 'linear' }), [3]);
    model.compile({ optimizer: 'sgd', loss, metrics: [...metrics] });
    return [model.evaluate(predictions(), y)].flat().map((value) => value.dataSync()[0] ?? NaN);
  }

  function mine(options: CompileOptions, y: tf.Tensor): number[] {
    const model = readModel(modelOf(layers.activation({ activation: 'linear' }), [3]));
    const { loss, metrics } = runBatch(
      compileModel(model, options),
      localOps,
      [],
      [asPointer(predictions())],
      [asPointer(y)],
      false,
    );
    return [loss, ...Object.values(metrics)].map((value) => asTensor(value).dataSync()[0] ?? NaN);
  }

  function expectNear(values: readonly number[], wanted: readonly number[]): void {
    expect(values).toHaveLength(wanted.length);
    for (const [at, value] of values.entries()) expect(value).toBeCloseTo(wanted[at] ?? NaN, 5);
  }

  test.each(lossNames)('loss %s', (loss) => {
    const y = loss.startsWith('sparse') ? sparse() : labels();
    expectNear(mine({ loss }, y), told(loss, [], y));
  });

  test.each([
    'binaryAccuracy',
    'categoricalAccuracy',
    'precision',
    'categoricalCrossentropy',
    'mse',
    'MSE',
    'mae',
    'MAE',
    'mape',
    'MAPE',
    'cosine',
    'accuracy',
    'acc',
    'crossentropy',
    'ce',
  ])('metric %s', (metric) => {
    const loss = 'meanSquaredError';
    expectNear(mine({ loss, metrics: [metric] }, labels()), told(loss, [metric], labels()));
  });

  test.each(Object.keys(tf.metrics))('tf.metrics.%s by itself', (name) => {
    const fn = (tf.metrics as unknown as Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>)[
      name
    ];
    if (fn === undefined) throw new Error(name);
    expect(metricNames).toContain(name);
    const isSparse = name.startsWith('sparse');
    const decided =
      name === 'precision' || name === 'recall' ? predictions().round() : predictions();
    const y = isSparse ? sparse() : labels();
    const model = readModel(modelOf(layers.activation({ activation: 'linear' }), [3]));
    const compiled = compileModel(model, {
      loss: isSparse ? 'sparseCategoricalCrossentropy' : 'mse'.replace('mse', 'meanSquaredError'),
      metrics: [fn],
    });
    const { metrics } = runBatch(
      compiled,
      localOps,
      [],
      [asPointer(decided)],
      [asPointer(y)],
      false,
    );
    const value = asTensor(metrics[name] as never).dataSync()[0] ?? NaN;
    expect(value).toBeCloseTo(tf.mean(fn(y, decided)).dataSync()[0] ?? NaN, 5);
  });

  const core = Object.entries(tf.losses).filter(
    ([name]) => name !== 'computeWeightedLoss' && name !== 'cosineDistance',
  );
  test.each(core)('tf.losses.%s by itself', (_, fn) => {
    const loss = fn as MeasureIdentifier;
    const wanted = (fn as (a: tf.Tensor, b: tf.Tensor) => tf.Tensor)(labels(), predictions());
    expectNear(mine({ loss }, labels()), [...wanted.dataSync()]);
  });

  test('one number for each example needs no axis', () => {
    const model = readModel(modelOf(layers.dense({ units: 1, kernelInitializer: 'ones' }), [1]));
    const weights = [tf.ones([1, 1]), tf.zeros([1])].map(asPointer);
    const [x, y] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 4])].map(asPointer);
    const compiled = compileModel(model, { loss: 'meanSquaredError' });
    const { loss } = runBatch(compiled, localOps, weights, [x as never], [y as never], false);
    expect(asTensor(loss).dataSync()[0]).toBe(2);
  });

  test('the second of two metrics of one name is told apart', () => {
    const model = readModel(modelOf(layers.activation({ activation: 'linear' }), [3]));
    const { names } = compileModel(model, { loss: 'hinge', metrics: ['mse', 'acc', 'mse'] });
    expect(names).toEqual(['loss', 'mse_0', 'acc', 'mse_1']);
  });

  test('functions of one’s own, unknown names and labels that do not fit are refused', () => {
    const model = readModel(modelOf(layers.activation({ activation: 'linear' }), [3]));
    const own = thrownBy(() => compileModel(model, { loss: (a: tf.Tensor) => a }));
    expect(own.code).toBe('unsupported-op');
    expect(own.message).toContain('duet.train');
    const wrong = thrownBy(() => compileModel(model, { loss: 'meanSquareError' }));
    expect([wrong.code, wrong.message]).toEqual([
      'bad-argument',
      expect.stringContaining('meanSquaredError'),
    ]);
    const options = { loss: 'hinge', metrics: ['constructor'] };
    expect(thrownBy(() => compileModel(model, options)).code).toBe('bad-argument');
    const nowhere = { loss: { other: 'hinge' } };
    expect(thrownBy(() => compileModel(model, nowhere)).message).toContain('not an output');
    const shape = thrownBy(() => mine({ loss: 'meanSquaredError' }, tf.ones([4, 2])));
    expect(shape.message).toContain('[any, 3], not [4, 2]');
  });
});

describe('what is refused', () => {
  function refusalOf(...made: readonly tf.layers.Layer[]): DuetError {
    return thrownBy(() => readModel(tf.sequential({ layers: [...made] })));
  }

  class Squared extends layers.Layer {
    static className = 'Squared';
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return [x].flat()[0]?.square() ?? tf.zeros([]);
    }
  }

  class Dense extends layers.Layer {
    static className = 'Dense';
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return [x].flat()[0] ?? tf.zeros([]);
    }
  }

  test('a class that is not of tfjs, by name', () => {
    const refusal = refusalOf(new Squared({ inputShape: [3], name: 'mine' }));
    expect(refusal.code).toBe('unsupported-op');
    expect(refusal.message).toContain('Squared “mine”');
  });

  test('a class that has the name of one of tfjs', () => {
    expect(refusalOf(new Dense({ inputShape: [3], name: 'mine' })).message).toContain(
      'not one of tfjs',
    );
  });

  const refused: Readonly<Record<string, readonly [() => tf.layers.Layer, words: string]>> = {
    masking: [() => layers.masking({ inputShape: [3, 2] }), 'mask'],
    'maskZero of an embedding': [
      () => layers.embedding({ inputDim: 3, outputDim: 2, maskZero: true, inputLength: 4 }),
      'maskZero',
    ],
    'a state that stays': [
      () => layers.lstm({ units: 2, stateful: true, batchInputShape: [2, 3, 4] }),
      'stateful',
    ],
    'a function inside a cell': [
      () =>
        layers.lstm({
          units: 2,
          inputShape: [3, 4],
          dropoutFunc: (x: tf.Tensor) => x,
        } as unknown as Parameters<typeof layers.lstm>[0]),
      'dropoutFunc',
    ],
    'a constraint': [
      () => layers.dense({ units: 2, inputShape: [3], kernelConstraint: 'nonNeg' }),
      'constraint',
    ],
    'channels first in a conv1d': [
      () =>
        layers.conv1d({
          filters: 2,
          kernelSize: 2,
          inputShape: [3, 4],
          dataFormat: 'channelsFirst',
        }),
      'data format',
    ],
    'a bias along the wrong axis': [
      () =>
        layers.separableConv2d({
          filters: 2,
          kernelSize: 2,
          inputShape: [3, 4, 4],
          dataFormat: 'channelsFirst',
        }),
      'wrong axis',
    ],
    'causal padding': [
      () => layers.conv1d({ filters: 2, kernelSize: 2, inputShape: [4, 3], padding: 'causal' }),
      'causal',
    ],
    'a seed out of range': [() => layers.dropout({ rate: 0.1, seed: -4, inputShape: [4] }), 'seed'],
  };

  test.each(Object.entries(refused))('%s', (_, [make, words]) => {
    const refusal = refusalOf(make());
    expect(refusal.code).toBe('unsupported-op');
    expect(refusal.message).toContain(words);
  });

  test('a width that is drawn', () => {
    const layer = layers.randomWidth({ factor: 0.2 }) as unknown as tf.layers.Layer;
    const model = modelOf(layer, [4, 2]);
    expect(thrownBy(() => readModel(model)).message).toContain('width');
  });

  test('an entry of a configuration that tfjs does not know', () => {
    const layer = layers.dense({ units: 2, inputShape: [3] });
    const { getConfig } = layer;
    layer.getConfig = () => ({ ...getConfig.call(layer), weightsUrl: 'https://example.com/w' });
    expect(refusalOf(layer).message).toContain('weightsUrl');
  });

  test('inputs and weights that do not fit', () => {
    const graph = readModel(modelOf(layers.dense({ units: 2 }), [3]));
    const weights = [tf.ones([3, 2]), tf.ones([2])].map(asPointer);
    const run = (w: typeof weights, x: readonly tf.Tensor[]) =>
      thrownBy(() => applyModel(graph, localOps, w, x.map(asPointer)));
    expect(run(weights.slice(1), [tf.ones([1, 3])]).message).toContain('2 weights, not 1');
    expect(run(weights.toReversed(), [tf.ones([1, 3])]).message).toContain('[3, 2], not [2]');
    expect(run(weights, []).message).toContain('1 inputs, not 0');
    expect(run(weights, [tf.ones([1, 4])]).message).toContain('[any, 3], not [1, 4]');
  });

  test('what is not a model', () => {
    const thing = layers.dense({ units: 2 }) as unknown as tf.LayersModel;
    expect(thrownBy(() => readModel(thing)).code).toBe('bad-argument');
  });
});
