import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Module } from '../../src/models/module';
import { nn } from '../../src/models/nn';
import { asTensor } from '../../src/models/ops-namespace';
import type { Value } from '../../src/models/parameter';
import { thrownBy } from '../thrown-by';
import { expectClose, randomInput } from './compare';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const { glorotNormal } = tf.initializers;

class Block extends Module {
  dense = nn.dense({ inputSize: 6, units: 6, kernelInitializer: glorotNormal({ seed: 5 }) });
  normalize = nn.batchNormalization({ inputSize: 6 });

  forward(x: Value): Value {
    return x.add(this.normalize.apply(this.dense.apply(x))).relu();
  }
}

class Net extends Module {
  conv = nn.conv2d({
    inputChannels: 1,
    filters: 2,
    kernelSize: 3,
    activation: 'relu',
    kernelInitializer: glorotNormal({ seed: 3 }),
  });
  blocks = [new Block(), new Block()];
  head = { out: nn.dense({ inputSize: 6, units: 2, activation: 'softmax' }) };
  scale = nn.parameter(tf.scalar(2));
  offset = nn.parameter(tf.scalar(1), { trainable: false });
  readonly title = 'net';

  forward(x: Value): Value {
    const pooled = this.tf.mean(this.conv.apply(x), [3]);
    const flat = pooled.reshape([x.shape[0] ?? 1, 6]);
    const blocks = this.blocks.reduce((values, block) => block.apply(values), flat);
    return this.head.out.apply(blocks).mul(this.scale.value).add(this.offset.value);
  }
}

const images = () => randomInput([3, 4, 5, 1]);

/** A handler of `tf.io` that keeps what it is given. */
function memory(): tf.io.IOHandler & { artifacts: tf.io.ModelArtifacts | undefined } {
  return {
    artifacts: undefined,
    async save(artifacts) {
      this.artifacts = artifacts;
      return {
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const },
      };
    },
    async load() {
      if (this.artifacts === undefined) throw new Error('Nothing was saved.');
      return this.artifacts;
    },
  };
}

describe('a local module', () => {
  test('names its weights by their paths', () => {
    const net = new Net();
    expect([...net.namedParameters().keys()]).toEqual([
      'conv.kernel',
      'conv.bias',
      ...[0, 1].flatMap((at) => [
        `blocks.${at}.dense.kernel`,
        `blocks.${at}.dense.bias`,
        `blocks.${at}.normalize.gamma`,
        `blocks.${at}.normalize.beta`,
        `blocks.${at}.normalize.moving_mean`,
        `blocks.${at}.normalize.moving_variance`,
      ]),
      'head.out.kernel',
      'head.out.bias',
      'scale',
      'offset',
    ]);
    expect(net.parameters()).toHaveLength(13);
    expect(net.isLocal).toBe(true);
    net.dispose();
  });

  test('names the weights of wrapped layers and cells', () => {
    const { layers } = tf;
    const both = nn.layer(
      layers.bidirectional({ layer: layers.gru({ units: 2 }), mergeMode: 'sum' }),
      [null, null, 3],
    );
    expect([...both.namedParameters().keys()]).toEqual(
      ['forward', 'backward'].flatMap((way) =>
        ['kernel', 'recurrent_kernel', 'bias'].map((name) => `${way}.${name}`),
      ),
    );
    const cell = [layers.lstmCell({ units: 2 }), layers.gruCell({ units: 2, useBias: false })];
    const stacked = nn.layer(layers.rnn({ cell }) as tf.layers.Layer, [null, null, 3]);
    expect([...stacked.namedParameters().keys()]).toEqual([
      '0.kernel',
      '0.recurrent_kernel',
      '0.bias',
      '1.kernel',
      '1.recurrent_kernel',
    ]);
  });

  test('computes what its layers compute, and leaves nothing behind', () => {
    const net = new Net().eval();
    const x = images();
    const before = tf.memory().numTensors;
    const y = net.apply(x);
    expect(tf.memory().numTensors).toBe(before + 1);
    const wanted = tf.tidy(() => {
      const state = net.stateDict() as Record<string, tf.Tensor>;
      const weight = (name: string) => state[name] as tf.Tensor;
      let values: tf.Tensor = tf
        .conv2d(x as tf.Tensor4D, weight('conv.kernel') as tf.Tensor4D, 1, 'valid')
        .add(weight('conv.bias'))
        .relu()
        .mean([3])
        .reshape([3, 6]);
      for (const at of [0, 1]) {
        const normalized = values
          .matMul(weight(`blocks.${at}.dense.kernel`))
          .add(weight(`blocks.${at}.dense.bias`))
          .div(Math.sqrt(1 + 1e-3));
        values = values.add(normalized).relu();
      }
      return values
        .matMul(weight('head.out.kernel'))
        .add(weight('head.out.bias'))
        .softmax()
        .mul(2)
        .add(1);
    });
    expectClose([y], [wanted]);
  });

  test('begins with the same weights for the same seeds', () => {
    const [a, b] = [new Net(), new Net()].map((net) =>
      asTensor(net.stateDict()['conv.kernel'] as never),
    );
    expectClose([a as tf.Tensor], [b as tf.Tensor]);
    const kernel = [...(a as tf.Tensor).dataSync()];
    expect(new Set(kernel).size).toBe(kernel.length);
  });

  test('is trained by an optimizer of tfjs', () => {
    const net = new Net();
    const [x, y] = [
      images(),
      tf.tensor2d([
        [2, 2],
        [3, 1],
        [1, 3],
      ]),
    ];
    const loss = () => tf.losses.meanSquaredError(y, net.apply(x)) as tf.Scalar;
    const optimizer = tf.train.adam(0.05);
    const first = loss().dataSync()[0] ?? 0;
    const before = tf.memory().numTensors;
    let steady = 0;
    for (let step = 0; step < 40; step += 1) {
      optimizer.minimize(loss, false, net.parameters());
      if (step === 0) steady = tf.memory().numTensors;
    }
    expect(tf.memory().numTensors).toBe(steady);
    expect(steady).toBeGreaterThan(before);
    expect(loss().dataSync()[0]).toBeLessThan(first / 4);
    expect(asTensor(net.offset.value).dataSync()[0]).toBe(1);
  });

  test('keeps moving means in training alone', () => {
    const net = new Net();
    const moving = () => [
      ...asTensor(net.stateDict()['blocks.1.normalize.moving_mean'] as never).dataSync(),
    ];
    const before = moving();
    net.eval();
    expect(net.blocks[1]?.normalize.training).toBe(false);
    net.apply(images());
    expect(moving()).toEqual(before);
    net.train();
    net.apply(images());
    expect(moving()).not.toEqual(before);
  });

  test('drops in training alone', () => {
    const drop = nn.sequential(nn.dropout({ rate: 0.5 }), nn.flatten());
    const ones = tf.ones([2, 3, 50]);
    expect(new Set(drop.apply(ones).dataSync())).toEqual(new Set([0, 2]));
    expect(new Set(drop.eval().apply(ones).dataSync())).toEqual(new Set([1]));
  });

  test('shared parts are one', () => {
    class Tied extends Module {
      a = nn.dense({ inputSize: 2, units: 2 });
      b = this.a;
      forward(x: Value): Value {
        return this.b.apply(this.a.apply(x));
      }
    }
    expect([...new Tied().namedParameters().keys()]).toEqual(['a.kernel', 'a.bias']);
  });

  test('a whole model of tf.layers is a part', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [3], units: 4, activation: 'tanh' }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const module = nn.model(model);
    const x = randomInput([5, 3]);
    expectClose([module.apply(x)], [model.predict(x) as tf.Tensor]);
    expect([...module.namedParameters().keys()]).toEqual(
      model.weights.map((one) => one.originalName),
    );
    module.dispose();
    expect(model.predict(x)).toBeInstanceOf(tf.Tensor);
  });

  test('a layer that does not know its input says so', () => {
    const layer = nn.layer(tf.layers.dense({ units: 3 }));
    const error = thrownBy(() => layer.apply(tf.ones([1, 2])));
    expect([error.code, error.message]).toEqual([
      'bad-argument',
      expect.stringContaining('kernel'),
    ]);
    const normalize = nn.layer(tf.layers.layerNormalization());
    expect(thrownBy(() => normalize.apply(tf.ones([1, 2]))).message).toContain('beta');
  });
});

describe('weights', () => {
  const dense = () => nn.dense({ inputSize: 3, units: 2 });

  function values(module: Module): tf.Tensor[] {
    return Object.values(module.stateDict());
  }

  test('go from one module to another', () => {
    const [from, to] = [new Net(), new Net()];
    from.apply(images());
    const report = to.loadStateDict(from.stateDict());
    expect(report.loaded).toEqual([...from.namedParameters().keys()]);
    expect([report.missing, report.unexpected, report.mismatched]).toEqual([[], [], []]);
    expectClose(values(to), values(from));
    from.dispose();
    expect(to.apply(images())).toBeInstanceOf(tf.Tensor);
  });

  test('that do not fit are told, and nothing is changed unless not strict', () => {
    const module = dense();
    const before = tf.clone(module.stateDict()['bias'] as tf.Tensor);
    const state = { kernel: tf.ones([3, 3]), bias: tf.ones([2]), other: tf.ones([1]) };
    const error = thrownBy(() => module.loadStateDict(state));
    expect(error.code).toBe('bad-argument');
    expect(error.message).toContain('“other” not known');
    expect(error.message).toContain('[3, 3], not [3, 2]');
    expectClose([module.stateDict()['bias'] as tf.Tensor], [before]);
    const report = module.loadStateDict(state, { strict: false });
    expect(report).toEqual({
      loaded: ['bias'],
      missing: [],
      unexpected: ['other'],
      mismatched: [{ name: 'kernel', wanted: [3, 2], given: [3, 3] }],
    });
    expectClose([module.stateDict()['bias'] as tf.Tensor], [tf.ones([2])]);
    expect(thrownBy(() => module.loadStateDict({})).message).toContain('“kernel”, “bias” missing');
  });

  test('are saved and loaded in tfjs’s format', async () => {
    const [from, to] = [new Net(), new Net()];
    from.apply(images());
    const file = memory();
    await from.save(file);
    expect(file.artifacts?.weightSpecs?.map(({ name }) => name)).toEqual([
      ...from.namedParameters().keys(),
    ]);
    const before = tf.memory().numTensors;
    const report = await to.load(file);
    expect(tf.memory().numTensors).toBe(before);
    expect(report.loaded).toHaveLength(from.namedParameters().size);
    expectClose(values(to), values(from));
  });

  test('of a model that was trained elsewhere are loaded where the shapes fit', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [3], units: 4, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 2 }),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await model.fit(randomInput([8, 3]), randomInput([8, 2]), { epochs: 2, verbose: 0 });
    const file = memory();
    await model.save(file, { includeOptimizer: true });
    const module = nn
      .sequential(
        nn.dense({ inputSize: 3, units: 4, activation: 'relu' }),
        nn.batchNormalization({ inputSize: 4 }),
        nn.dense({ inputSize: 4, units: 2 }),
      )
      .eval();
    const report = await module.load(file);
    expect([report.missing, report.unexpected, report.mismatched]).toEqual([[], [], []]);
    const x = randomInput([5, 3], 9);
    expectClose([module.apply(x)], [model.predict(x) as tf.Tensor]);
    const narrow = nn.sequential(nn.dense({ inputSize: 3, units: 5 }));
    await expect(narrow.load(file)).rejects.toMatchObject({ code: 'bad-argument' });
  });

  test('a place that tfjs does not know, and a file without weights', async () => {
    await expect(dense().save('nowhere://x')).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(dense().load('nowhere://x')).rejects.toMatchObject({ code: 'bad-argument' });
    const empty: tf.io.IOHandler = { load: async () => ({ modelTopology: {} }) };
    await expect(dense().load(empty)).rejects.toMatchObject({ code: 'bad-argument' });
  });
});
