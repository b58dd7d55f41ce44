/** Layers of tf.layers on pointers: what a plan of table ops gives, against the local layer. */

import * as tf from '@tensorflow/tfjs';
import type { Value } from 'duetjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectedPair, type TestPair } from '../src';

const { layers } = tf;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const batch = 4;

type Made = tf.layers.Layer;

interface Case {
  readonly make: () => Made;
  readonly shapes: readonly (readonly number[])[];
  /** tfjs has no gradient for one of its ops, or draws. */
  readonly isTrained: boolean;
  readonly input: 'normal' | 'whole';
}

function trained(make: () => unknown, ...shapes: readonly (readonly number[])[]): Case {
  return { make: make as () => Made, shapes, isTrained: true, input: 'normal' };
}

function run(make: () => unknown, ...shapes: readonly (readonly number[])[]): Case {
  return { ...trained(make, ...shapes), isTrained: false };
}

const image = [6, 5, 2];
const volume = [4, 3, 5, 2];
const first = { dataFormat: 'channelsFirst' } as const;

const activations =
  'elu relu relu6 selu sigmoid hardSigmoid softplus softsign tanh softmax logSoftmax gelu gelu_new mish swish linear';

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    activations
      .split(' ')
      .map((name) => [
        `dense ${name}`,
        trained(() => layers.dense({ units: 3, activation: name as 'relu' }), [4]),
      ]),
  ),
  'dense on three axes': trained(() => layers.dense({ units: 3 }), [2, 4]),
  flatten: trained(() => layers.flatten(), [2, 3]),
  repeatVector: trained(() => layers.repeatVector({ n: 3 }), [4]),
  reshape: trained(() => layers.reshape({ targetShape: [3, 4] }), [2, 6]),
  permute: trained(() => layers.permute({ dims: [2, 1] }), [2, 3]),
  embedding: {
    ...trained(() => layers.embedding({ inputDim: 5, outputDim: 3 }), [4]),
    input: 'whole',
  },
  conv1d: trained(() => layers.conv1d({ filters: 2, kernelSize: 3, padding: 'same' }), [6, 2]),
  conv2d: trained(() => layers.conv2d({ filters: 2, kernelSize: 3, strides: 2 }), image),
  'conv2d, channels first': trained(
    () => layers.conv2d({ filters: 2, kernelSize: 2, padding: 'same', ...first }),
    [2, 5, 4],
  ),
  'conv2d, dilated': run(
    () => layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2 }),
    image,
  ),
  conv3d: trained(() => layers.conv3d({ filters: 2, kernelSize: 2 }), volume),
  conv2dTranspose: trained(
    () => layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
    image,
  ),
  conv3dTranspose: run(() => layers.conv3dTranspose({ filters: 2, kernelSize: 2 }), volume),
  separableConv2d: trained(() => layers.separableConv2d({ filters: 2, kernelSize: 2 }), image),
  depthwiseConv2d: trained(
    () => layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
    image,
  ),
  cropping2D: trained(
    () =>
      layers.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
    image,
  ),
  zeroPadding2d: trained(
    () =>
      layers.zeroPadding2d({
        padding: [
          [1, 0],
          [2, 1],
        ],
      }),
    image,
  ),
  'upSampling2d nearest': trained(() => layers.upSampling2d({ size: [2, 2] }), image),
  // tfjs's gradient of it is right for square images alone.
  'upSampling2d bilinear': trained(
    () => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
    [4, 4, 2],
  ),
  maxPooling1d: trained(() => layers.maxPooling1d({ poolSize: 2 }), [6, 2]),
  averagePooling1d: trained(
    () => layers.averagePooling1d({ poolSize: 2, padding: 'same' }),
    [5, 2],
  ),
  maxPooling2d: trained(() => layers.maxPooling2d({ poolSize: 2, strides: 1 }), image),
  averagePooling2d: trained(() => layers.averagePooling2d({ poolSize: [2, 3] }), image),
  maxPooling3d: trained(
    () => layers.maxPooling3d({ poolSize: 2, strides: 1, padding: 'same' }),
    volume,
  ),
  averagePooling3d: trained(
    () => layers.averagePooling3d({ poolSize: 2, strides: 1, padding: 'same' }),
    volume,
  ),
  globalMaxPooling1d: trained(() => layers.globalMaxPooling1d({}), [4, 3]),
  globalAveragePooling2d: trained(() => layers.globalAveragePooling2d({}), image),
  batchNormalization: trained(() => layers.batchNormalization(), image),
  layerNormalization: trained(() => layers.layerNormalization({ axis: [1, 2] }), [3, 4]),
  add: trained(() => layers.add(), [3], [2, 3]),
  multiply: trained(() => layers.multiply(), [3], [3], [3]),
  average: trained(() => layers.average(), [3], [3]),
  maximum: trained(() => layers.maximum(), [3], [3]),
  minimum: trained(() => layers.minimum(), [3], [3]),
  concatenate: trained(() => layers.concatenate({ axis: 1 }), [2, 3], [4, 3]),
  dot: trained(() => layers.dot({ axes: 1, normalize: true }), [4], [4]),
  'dot of matrices': trained(() => layers.dot({ axes: [2, 1] }), [2, 4], [4, 3]),
  simpleRNN: trained(() => layers.simpleRNN({ units: 3, returnSequences: true }), [4, 2]),
  gru: trained(() => layers.gru({ units: 3, goBackwards: true }), [4, 2]),
  lstm: trained(() => layers.lstm({ units: 3 }), [4, 2]),
  'stacked cells': trained(
    () => layers.rnn({ cell: [layers.lstmCell({ units: 2 }), layers.gruCell({ units: 3 })] }),
    [4, 2],
  ),
  convLstm2d: trained(() => layers.convLstm2d({ filters: 2, kernelSize: 2 }), [3, 4, 4, 1]),
  bidirectional: trained(
    () =>
      layers.bidirectional({
        layer: layers.lstm({ units: 2, returnSequences: true }),
        mergeMode: 'concat',
      }),
    [4, 2],
  ),
  timeDistributed: trained(
    () => layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
    [3, 4],
  ),
  reLU: trained(() => layers.reLU({ maxValue: 0.5 }), [4]),
  leakyReLU: trained(() => layers.leakyReLU(), [4]),
  prelu: trained(() => layers.prelu(), [4]),
  thresholdedReLU: run(() => layers.thresholdedReLU({ theta: 0.2 }), [4]),
  softmax: trained(() => layers.softmax({ axis: -1 }), [4]),
  'dropout, seeded': trained(() => layers.dropout({ rate: 0.4, seed: 3 }), [6]),
  rescaling: trained(() => layers.rescaling({ scale: 2, offset: 1 }), [4]),
  noise: run(() => layers.gaussianNoise({ stddev: 0.1 }), [3]),
};

/** With a layer of weights before and after it, so that gradients pass through and each model can be trained. */
function modelOf({ make, shapes, input }: Case): tf.LayersModel {
  const inputs = shapes.map((shape) => tf.input({ shape: [...shape] }));
  const before = inputs.map((x) =>
    input === 'whole' ? x : (layers.prelu().apply(x) as tf.SymbolicTensor),
  );
  const [only] = before;
  const given = before.length === 1 && only !== undefined ? only : before;
  const made = make().apply(given) as tf.SymbolicTensor;
  const flat = made.shape.length > 2 ? (layers.flatten().apply(made) as tf.SymbolicTensor) : made;
  const outputs = layers.dense({ units: 2 }).apply(flat) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs });
}

function randomize(model: tf.LayersModel): void {
  model.setWeights(
    model.weights.map(({ shape, originalName }, at) => {
      const drawn = tf.randomNormal(shape as number[], 0, 0.4, 'float32', at + 7);
      return originalName.endsWith('variance') ? drawn.square().add(0.3) : drawn;
    }),
  );
}

function expectNear(actual: tf.Tensor, wanted: tf.Tensor): void {
  expect(actual.shape).toEqual(wanted.shape);
  const [a, b] = [actual.dataSync(), wanted.dataSync()];
  for (const [at, value] of a.entries()) {
    const expected = b[at] ?? Number.NaN;
    expect(Math.abs(value - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
  }
}

async function scoped(test: (pair: TestPair) => Promise<void>): Promise<void> {
  await using pair = await connectedPair();
  tf.engine().startScope('test');
  try {
    await test(pair);
  } finally {
    tf.engine().endScope();
    tf.disposeVariables();
  }
}

describe('layers on pointers', () => {
  it.each(Object.entries(cases))('%s', (_, one) =>
    scoped(async ({ scientist }) => {
      const model = modelOf(one);
      randomize(model);
      const x = one.shapes.map((shape, at) => {
        const drawn = tf.randomNormal([batch, ...shape], 0, 1, 'float32', at + 2);
        return one.input === 'whole' ? drawn.abs().minimum(4).floor() : drawn;
      });
      const y = tf.randomNormal([batch, 2], 0, 1, 'float32', 1);
      const remote = scientist.sendModel(model);
      const wanted = model.predict(x) as tf.Tensor;
      expectNear(await (remote.predict(x) as Value).get(), wanted);
      const options = { loss: 'meanSquaredError' };
      remote.compile({ optimizer: 'sgd', ...options });
      if (one.isTrained) {
        model.compile({ optimizer: 'sgd', ...options });
        const { history } = await remote.fit(x, y, { shuffle: false }).done;
        const [loss] = [await model.trainOnBatch(x, y)].flat();
        expect(history['loss']?.[0]).toBeCloseTo(Number(loss), 4);
        const trainedModel = await remote.get();
        trainedModel.getWeights().forEach((weight, at) => {
          expectNear(weight, model.getWeights()[at] as tf.Tensor);
        });
        (model.optimizer as unknown as { c?: tf.Tensor }).c?.dispose();
      }
      remote.dispose();
    }),
  );

  it('what is drawn without a seed is drawn anew at each step, and follows from the seed of the run', () =>
    scoped(async ({ scientist }) => {
      const made = tf.sequential({
        layers: [
          layers.dropout({ rate: 0.5, inputShape: [40] }),
          layers.dense({ units: 1, kernelInitializer: 'ones' }),
        ],
      });
      const losses: (readonly (number | undefined)[])[] = [];
      for (const seed of [1, 1, 2]) {
        const remote = scientist.sendModel(made);
        remote.compile({ optimizer: scientist.tf.train.sgd(0), loss: 'meanSquaredError' });
        const [x, y] = [tf.ones([4, 40]), tf.zeros([4, 1])];
        const { history } = await remote.fit(x, y, { epochs: 3, seed }).done;
        losses.push(history['loss'] ?? []);
        remote.optimizer?.dispose();
        remote.dispose();
      }
      expect(new Set(losses[0]).size).toBe(3);
      expect(losses[1]).toEqual(losses[0]);
      expect(losses[2]).not.toEqual(losses[0]);
    }));
});
