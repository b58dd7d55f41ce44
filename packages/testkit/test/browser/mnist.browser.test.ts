/**
 * Training on digits gives the weights that the same program gives on local tfjs: on one side the owner's engine in a worker, on
 * the other the page's tfjs, both on wasm, with the same seed and batches.
 */

import * as tf from '@tensorflow/tfjs';
import {
  batchIndices,
  loopback,
  Module,
  nn,
  type OwnerDuet,
  type Pointer,
  type ScientistDuet,
} from 'duetjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBackend } from '../../../engine/src/backends/start';
import { until } from '../../src';

/** Two epochs with a shorter last batch each. */
const records = 144;
const settings = { batchSize: 32, epochs: 2, seed: 42 };
const learningRate = 0.004;
const tolerance = 1e-4;

const batches = () => batchIndices({ records, ...settings });

/** The bytes after the header of a file of MNIST. */
async function unpacked(name: string, headerBytes: number): Promise<Uint8Array> {
  const response = await fetch(`/examples/public/data/mnist/${name}.gz`);
  // The development server declares the file as compressed, so that the browser has unpacked it.
  expect(response.headers.get('Content-Encoding')).toBe('gzip');
  return new Uint8Array(await response.arrayBuffer()).subarray(headerBytes);
}

interface Digits {
  readonly X: tf.Tensor4D;
  readonly y: tf.Tensor1D;
}

let digits: Digits;

beforeAll(async () => {
  expect(await startBackend('wasm')).toBe('wasm');
  const pixels = (await unpacked('train-images-idx3-ubyte', 16)).subarray(0, records * 784);
  const labels = (await unpacked('train-labels-idx1-ubyte', 8)).subarray(0, records);
  digits = {
    X: tf.tensor4d(
      Float32Array.from(pixels, (pixel) => pixel / 255),
      [records, 28, 28, 1],
    ),
    y: tf.tensor1d(Int32Array.from(labels), 'int32'),
  };
});

let owner: OwnerDuet;
let scientist: ScientistDuet;

beforeEach(async () => {
  ({ owner, scientist } = await loopback({ owner: { engine: 'worker', backend: 'wasm' } }));
  await owner.store.addDataset({ ...digits }, { name: 'mnist' });
  owner.on('request', (request) => void request.accept());
  await until(() => scientist.store.length > 0);
});

afterEach(async () => {
  expect(owner.status.engine).toBe('worker');
  scientist.close();
  await owner.close();
});

const data = () => scientist.store.dataSet<'X' | 'y'>('mnist');

const ask = { requestBlock: true, name: 'weights' } as const;

/** The farthest that a weight is from its other self, and how far the weights have come from where they began. */
function compare(trained: tf.Tensor[], local: tf.Tensor[], begun: tf.Tensor[]) {
  expect(trained.map(({ shape }) => shape)).toEqual(local.map(({ shape }) => shape));
  const farthest = (others: tf.Tensor[]) =>
    tf.tidy(() =>
      Math.max(
        ...trained.map((weight, at) => {
          const other = others[at] ?? tf.scalar(Number.NaN);
          return weight.sub(other).abs().max().dataSync()[0] ?? Number.NaN;
        }),
      ),
    );
  return { apart: farthest(local), moved: farthest(begun) };
}

const kernelInitializer = tf.initializers.glorotUniform({ seed: 7 });

class Network extends Module {
  conv1 = nn.conv2d({
    inputChannels: 1,
    filters: 8,
    kernelSize: 5,
    activation: 'relu',
    kernelInitializer,
  });
  conv2 = nn.conv2d({
    inputChannels: 8,
    filters: 16,
    kernelSize: 3,
    activation: 'relu',
    kernelInitializer,
  });
  dense = nn.dense({ inputSize: 400, units: 10, kernelInitializer });

  forward(images: Pointer): Pointer {
    const first = this.conv1.apply(images).maxPool(2, 2, 'valid');
    const second = this.conv2.apply(first).maxPool(2, 2, 'valid');
    return this.dense.apply(second.reshape([images.shape[0] ?? 0, 400]));
  }
}

function weightsOf(network: Network): tf.Tensor[] {
  return Object.values(network.stateDict()).map((variable: tf.Variable) => variable.clone());
}

function layersModel(): tf.LayersModel {
  const conv = (config: Partial<Parameters<typeof tf.layers.conv2d>[0]>) =>
    tf.layers.conv2d({
      filters: 8,
      kernelSize: 5,
      activation: 'relu',
      kernelInitializer,
      ...config,
    });
  const model = tf.sequential({
    layers: [
      conv({ inputShape: [28, 28, 1] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      conv({ filters: 16, kernelSize: 3 }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer }),
    ],
  });
  model.compile({
    optimizer: tf.train.adam(learningRate),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

describe('the weights are those of the same program on local tfjs', () => {
  it('for a network as a class, by train', async () => {
    const network = new Network();
    const begun = weightsOf(network);

    const { X, y } = data();
    const remote = network.send(scientist);
    const optimizer = scientist.tf.train.adam(learningRate);
    const run = scientist.train({
      ...settings,
      data: [X, y],
      step: (images, labels) => {
        const wanted = scientist.tf.oneHot(labels, 10);
        return optimizer.minimize(
          () => scientist.tf.losses.softmaxCrossEntropy(wanted, remote.apply(images)),
          true,
        ) as Pointer;
      },
    });
    const { reports } = await run.done;
    const trained = await remote.get(ask);

    const local = tf.train.adam(learningRate);
    let lastEpoch = 0;
    for (const { epoch, indices } of batches()) {
      const cost = tf.tidy(() => {
        const [images, labels] = [digits.X.gather(indices), digits.y.gather(indices)];
        const loss = () =>
          tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), network.apply(images)) as tf.Scalar;
        return local.minimize(loss, true)?.dataSync()[0] ?? Number.NaN;
      });
      if (epoch === 1) lastEpoch += (cost * indices.length) / records;
    }

    const { apart, moved } = compare(weightsOf(trained), weightsOf(network), begun);
    expect(apart).toBeLessThan(tolerance);
    expect(moved).toBeGreaterThan(100 * tolerance);
    const reported = reports.at(-1)?.values['loss'];
    expect(reported?.ok === true && reported.value).toBeCloseTo(lastEpoch, 4);
  });

  it('for a layers model, by fit', async () => {
    const model = layersModel();
    const begun = model.getWeights().map((weight) => weight.clone());

    const { X, y } = data();
    const remote = scientist.sendModel(model);
    const { history } = await remote.fit(X, y.cast('float32'), settings).done;
    const trained = await remote.get(ask);

    const losses = [0, 0];
    for (const { epoch, indices } of batches()) {
      const images = digits.X.gather(indices);
      const labels = digits.y.gather(indices).cast('float32');
      const [cost] = (await model.trainOnBatch(images, labels)) as number[];
      losses[epoch] = (losses[epoch] ?? 0) + ((cost ?? Number.NaN) * indices.length) / records;
    }

    const { apart, moved } = compare(trained.getWeights(), model.getWeights(), begun);
    expect(apart).toBeLessThan(tolerance);
    expect(moved).toBeGreaterThan(100 * tolerance);
    expect(history['loss']).toHaveLength(2);
    for (const [epoch, loss] of losses.entries()) {
      expect(history['loss']?.[epoch]).toBeCloseTo(loss, 4);
    }
  });
});
