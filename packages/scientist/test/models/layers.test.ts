import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { activationNames } from '../../src/models/activations';
import { applyModel } from '../../src/models/apply-model';
import { cellKinds, layerKinds, refusedLayers } from '../../src/models/layer-table';
import { asPointer, asTensor, localOps } from '../../src/models/ops-namespace';
import { readModel, weightValues } from '../../src/models/read-model';
import {
  batch,
  expectClose,
  expectSameLayer,
  expectSameModel,
  modelOf,
  randomInput,
  randomizeWeights,
} from './compare';

const { layers } = tf;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Case = readonly [layer: tf.layers.Layer, ...shapes: readonly (readonly number[])[]];

function check(cases: Readonly<Record<string, () => Case>>): void {
  test.each(Object.entries(cases))('%s', (_, make) => {
    const [layer, ...shapes] = make();
    expectSameLayer(layer, shapes);
  });
}

/** Every mixture of one value of each. */
function mixtures<T extends Record<string, readonly unknown[]>>(
  choices: T,
): { [K in keyof T]: T[K][number] }[] {
  return Object.entries(choices).reduce<Record<string, unknown>[]>(
    (all, [key, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  ) as { [K in keyof T]: T[K][number] }[];
}

const formats = ['channelsLast', 'channelsFirst'] as const;
const paddings = ['same', 'valid'] as const;

/** An image of 7 by 6 with 2 channels. */
function image(format: (typeof formats)[number]): number[] {
  return format === 'channelsLast' ? [7, 6, 2] : [2, 7, 6];
}

function volume(format: (typeof formats)[number]): number[] {
  return format === 'channelsLast' ? [5, 4, 6, 2] : [2, 5, 4, 6];
}

describe('every class of tfjs', () => {
  const other = new Set(
    // Optimizers, initializers, constraints, the regularizer.
    `Adadelta Adagrad Adam Adamax Momentum RMSProp SGD Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal Identity
     VarianceScaling GlorotUniform GlorotNormal HeNormal HeUniform LeCunNormal LeCunUniform Orthogonal MaxNorm UnitNorm NonNeg
     MinMaxNorm L1L2`.split(/\s+/),
  );

  test('is translated or refused with a reason', () => {
    const registered = Object.keys(tf.serialization.SerializationMap.getMap().classNameMap);
    const known = new Set([
      ...layerKinds.keys(),
      ...cellKinds.keys(),
      ...refusedLayers.keys(),
      ...activationNames,
    ]);
    expect(registered.filter((name) => !known.has(name) && !other.has(name))).toEqual([]);
    expect([...known].filter((name) => !registered.includes(name))).toEqual([]);
  });
});

describe('activations', () => {
  test.each(activationNames)('%s', (activation) => {
    expectSameLayer(layers.activation({ activation: activation as 'relu' }), [[4, 5]]);
    expectSameLayer(layers.dense({ units: 3, activation: activation as 'relu' }), [[5]]);
  });

  check({
    reLU: () => [layers.reLU(), [4, 3]],
    'reLU with a maximum': () => [layers.reLU({ maxValue: 0.5 }), [4, 3]],
    leakyReLU: () => [layers.leakyReLU(), [4]],
    'leakyReLU with alpha': () => [layers.leakyReLU({ alpha: 0.1 }), [4]],
    prelu: () => [layers.prelu(), [4, 3, 2]],
    'prelu with shared axes': () => [layers.prelu({ sharedAxes: [1, 2] }), [4, 3, 2]],
    elu: () => [layers.elu(), [4]],
    thresholdedReLU: () => [layers.thresholdedReLU({ theta: 0.3 }), [4]],
    softmax: () => [layers.softmax(), [5]],
    'softmax along an axis': () => [layers.softmax({ axis: -1 }), [3, 5]],
  });
});

describe('core', () => {
  check({
    dense: () => [layers.dense({ units: 4 }), [5]],
    'dense without bias': () => [layers.dense({ units: 4, useBias: false }), [5]],
    'dense on three axes': () => [layers.dense({ units: 4, activation: 'tanh' }), [2, 3, 5]],
    flatten: () => [layers.flatten(), [2, 3, 4]],
    'flatten channels first': () => [layers.flatten({ dataFormat: 'channelsFirst' }), [2, 3, 4]],
    repeatVector: () => [layers.repeatVector({ n: 4 }), [5]],
    reshape: () => [layers.reshape({ targetShape: [3, 4] }), [2, 6]],
    'reshape with an unknown': () => [layers.reshape({ targetShape: [-1, 4] }), [2, 6]],
    permute: () => [layers.permute({ dims: [3, 1, 2] }), [2, 3, 4]],
  });

  test.each([
    [[5], undefined],
    [[2, 3], undefined],
    [
      [2, 3],
      [2, 3],
    ],
  ])('embedding of %j', (shape, inputLength) => {
    const layer = layers.embedding({
      inputDim: 6,
      outputDim: 4,
      ...(inputLength && { inputLength }),
    });
    const model = modelOf(layer, shape);
    const indices = tf.randomUniform([batch, ...shape], 0, 6, 'float32', 5).floor();
    expectSameModel(model, [indices]);
  });
});

describe('convolution', () => {
  const one = mixtures({ padding: paddings, strides: [1, 2], useBias: [true, false] });
  test.each(one)('conv1d %j', (config) => {
    expectSameLayer(layers.conv1d({ filters: 3, kernelSize: 3, ...config }), [[7, 2]]);
  });

  test.each(paddings)('conv1d, dilated, %s', (padding) => {
    const config = { filters: 3, kernelSize: 2, dilationRate: 2, activation: 'relu' } as const;
    expectSameLayer(layers.conv1d({ ...config, padding }), [[7, 2]]);
  });

  const planes = mixtures({
    dataFormat: formats,
    padding: paddings,
    strides: [1, 2],
    useBias: [true, false],
    activation: ['relu', 'tanh'] as const,
  });
  test.each(planes)('conv2d %j', (config) => {
    const layer = layers.conv2d({ filters: 3, kernelSize: [3, 2], ...config });
    expectSameLayer(layer, [image(config.dataFormat)]);
  });

  test.each(mixtures({ dataFormat: formats, padding: paddings }))(
    'conv2d, dilated, %j',
    (config) => {
      const layer = layers.conv2d({ filters: 3, kernelSize: 2, dilationRate: 2, ...config });
      expectSameLayer(layer, [image(config.dataFormat)]);
    },
  );

  test.each(planes)('conv2dTranspose %j', (config) => {
    const layer = layers.conv2dTranspose({ filters: 3, kernelSize: [3, 2], ...config });
    expectSameLayer(layer, [image(config.dataFormat)]);
  });

  test.each(planes)('depthwiseConv2d %j', (config) => {
    const layer = layers.depthwiseConv2d({ kernelSize: [3, 2], depthMultiplier: 2, ...config });
    expectSameLayer(layer, [image(config.dataFormat)]);
  });

  const separable = planes.filter(
    ({ dataFormat, useBias }) => dataFormat === 'channelsLast' || !useBias,
  );
  test.each(separable)('separableConv2d %j', (config) => {
    const layer = layers.separableConv2d({
      filters: 3,
      kernelSize: [3, 2],
      depthMultiplier: 2,
      ...config,
    });
    expectSameLayer(layer, [image(config.dataFormat)]);
  });

  const volumes = mixtures({
    dataFormat: formats,
    padding: paddings,
    strides: [1, 2],
    useBias: [true, false],
  });
  test.each(volumes)('conv3d %j', (config) => {
    const layer = layers.conv3d({
      filters: 3,
      kernelSize: [2, 1, 3],
      activation: 'relu',
      ...config,
    });
    expectSameLayer(layer, [volume(config.dataFormat)]);
  });

  test.each(volumes)('conv3dTranspose %j', (config) => {
    const layer = layers.conv3dTranspose({ filters: 3, kernelSize: [2, 1, 3], ...config });
    expectSameLayer(layer, [volume(config.dataFormat)]);
  });

  test.each(
    mixtures({
      dataFormat: formats,
      cropping: [
        1,
        [1, 2],
        [
          [1, 0],
          [2, 1],
        ],
      ],
    }),
  )('cropping2D %j', (config) => {
    const layer = layers.cropping2D(config as Parameters<typeof layers.cropping2D>[0]);
    expectSameLayer(layer, [image(config.dataFormat)]);
  });

  test.each(
    mixtures({
      dataFormat: formats,
      padding: [
        2,
        [1, 2],
        [
          [1, 0],
          [2, 1],
        ],
      ],
    }),
  )('zeroPadding2d %j', (config) => {
    const layer = layers.zeroPadding2d(config as Parameters<typeof layers.zeroPadding2d>[0]);
    expectSameLayer(layer, [image(config.dataFormat)]);
  });

  test('zeroPadding2d of one on each side by default', () => {
    expectSameLayer(layers.zeroPadding2d(), [image('channelsLast')]);
  });

  test.each(mixtures({ dataFormat: formats, interpolation: ['nearest', 'bilinear'] as const }))(
    'upSampling2d %j',
    (config) => {
      expectSameLayer(layers.upSampling2d({ size: [2, 3], ...config }), [image(config.dataFormat)]);
    },
  );
});

describe('pooling', () => {
  const kinds = ['max', 'average'] as const;

  test.each(mixtures({ kind: kinds, padding: paddings, strides: [undefined, 1, 2] }))(
    '1d %j',
    ({ kind, padding, strides }) => {
      const config = { poolSize: 3, padding, ...(strides && { strides }) };
      const layer = kind === 'max' ? layers.maxPooling1d(config) : layers.averagePooling1d(config);
      expectSameLayer(layer, [[8, 2]]);
    },
  );

  const more = mixtures({
    kind: kinds,
    padding: paddings,
    strides: [undefined, 1],
    dataFormat: formats,
  });
  test.each(more)('2d %j', ({ kind, padding, strides, dataFormat }) => {
    const window: [number, number] = [2, 3];
    const config = { poolSize: window, padding, dataFormat, ...(strides && { strides }) };
    const layer = kind === 'max' ? layers.maxPooling2d(config) : layers.averagePooling2d(config);
    expectSameLayer(layer, [image(dataFormat)]);
  });

  test.each(more)('3d %j', ({ kind, padding, strides, dataFormat }) => {
    const window: [number, number, number] = [2, 3, 2];
    const config = { poolSize: window, padding, dataFormat, ...(strides && { strides }) };
    const layer = kind === 'max' ? layers.maxPooling3d(config) : layers.averagePooling3d(config);
    expectSameLayer(layer, [volume(dataFormat)]);
  });

  check({
    'global average 1d': () => [layers.globalAveragePooling1d({}), [5, 3]],
    'global max 1d': () => [layers.globalMaxPooling1d({}), [5, 3]],
    'global average 2d': () => [layers.globalAveragePooling2d({}), [4, 3, 2]],
    'global average 2d, channels first': () => [
      layers.globalAveragePooling2d({ dataFormat: 'channelsFirst' }),
      [4, 3, 2],
    ],
    'global max 2d': () => [layers.globalMaxPooling2d({}), [4, 3, 2]],
    'global max 2d, channels first': () => [
      layers.globalMaxPooling2d({ dataFormat: 'channelsFirst' }),
      [4, 3, 2],
    ],
  });
});

describe('merging', () => {
  const makers = {
    add: () => layers.add(),
    multiply: () => layers.multiply(),
    average: () => layers.average(),
    maximum: () => layers.maximum(),
    minimum: () => layers.minimum(),
  };

  test.each(Object.entries(makers))('%s', (_, make) => {
    expectSameLayer(make() as tf.layers.Layer, [[4], [4]]);
    expectSameLayer(make() as tf.layers.Layer, [
      [2, 3],
      [2, 3],
      [1, 3],
    ]);
    expectSameLayer(make() as tf.layers.Layer, [[3], [2, 3], [4, 2, 3]]);
  });

  check({
    concatenate: () => [layers.concatenate() as tf.layers.Layer, [2, 3], [2, 4], [2, 1]],
    'concatenate along an axis': () => [
      layers.concatenate({ axis: 1 }) as tf.layers.Layer,
      [2, 3],
      [5, 3],
    ],
    dot: () => [layers.dot({ axes: 1 }) as tf.layers.Layer, [4], [4]],
    'dot, normalized': () => [layers.dot({ axes: -1, normalize: true }), [4], [4]],
    'dot of matrices': () => [layers.dot({ axes: [2, 1] }), [2, 4], [4, 3]],
    'dot of matrices along the last axes': () => [layers.dot({ axes: -1 }), [2, 4], [3, 4]],
    'dot of a matrix and a vector': () => [layers.dot({ axes: [2, 1] }), [2, 4], [4]],
    'dot of a vector and a matrix': () => [layers.dot({ axes: [1, 1] }), [4], [4, 3]],
  });
});

describe('normalization', () => {
  check({
    'batch, 2 axes': () => [layers.batchNormalization(), [5]],
    'batch, 3 axes': () => [layers.batchNormalization({ momentum: 0.8 }), [3, 5]],
    'batch, 4 axes': () => [layers.batchNormalization({ epsilon: 0.1 }), [4, 3, 2]],
    layer: () => [layers.layerNormalization(), [5]],
    'layer, 3 axes': () => [layers.layerNormalization({ axis: -1 }), [3, 5]],
    'layer, two axes': () => [layers.layerNormalization({ axis: [1, 2] }), [3, 5]],
    'layer, two axes of four': () => [layers.layerNormalization({ axis: [1, 3] }), [3, 2, 5]],
    'layer, plain': () => [layers.layerNormalization({ center: false, scale: false }), [5]],
  });

  test.each([1, 2, -2])(
    'batch, along axis %i: as along the last one, with the axes exchanged',
    (axis) => {
      const order = axis === 1 ? [0, 2, 3, 1] : [0, 1, 3, 2];
      const back = axis === 1 ? [0, 3, 1, 2] : [0, 1, 3, 2];
      const x = randomInput([batch, 2, 4, 3]);
      const [there, last] = [layers.batchNormalization({ axis }), layers.batchNormalization()];
      const [mine, theirs] = [
        modelOf(there, [2, 4, 3]),
        modelOf(last, tf.transpose(x, order).shape.slice(1)),
      ];
      randomizeWeights(mine);
      theirs.setWeights(mine.getWeights());
      for (const training of [false, true]) {
        const { outputs, updates } = applyModel(
          readModel(mine),
          localOps,
          weightValues(mine).map(asPointer),
          [asPointer(x)],
          { training },
        );
        const [y] = [theirs.call(tf.transpose(x, order), { training })].flat();
        expectClose(outputs.map(asTensor), [tf.transpose(y as tf.Tensor, back)]);
        expectClose(
          [...updates.values()].map(asTensor),
          training ? weightValues(theirs).slice(2) : [],
        );
      }
    },
  );

  test('batch, without weights: tfjs itself fails in training', () => {
    const layer = layers.batchNormalization({ center: false, scale: false });
    expectSameLayer(layer, [[5]], { training: false });
  });
});

describe('recurrent', () => {
  const sequences = mixtures({
    returnSequences: [true, false],
    returnState: [true, false],
    goBackwards: [true, false],
    useBias: [true, false],
  });

  test.each(sequences)('%j', (config) => {
    expectSameLayer(layers.simpleRNN({ units: 4, ...config }), [[5, 3]]);
    expectSameLayer(layers.gru({ units: 4, ...config }), [[5, 3]]);
    expectSameLayer(layers.lstm({ units: 4, ...config }), [[5, 3]]);
  });

  check({
    'gru with other activations': () => [
      layers.gru({ units: 4, activation: 'relu', recurrentActivation: 'sigmoid' }),
      [5, 3],
    ],
    'lstm with other activations': () => [
      layers.lstm({ units: 4, activation: 'softsign', recurrentActivation: 'sigmoid' }),
      [5, 3],
    ],
    'one unit': () => [layers.lstm({ units: 1 }), [5, 3]],
    'a cell of one’s own choice': () => [
      layers.rnn({ cell: layers.gruCell({ units: 4 }), returnSequences: true }) as tf.layers.Layer,
      [5, 3],
    ],
    'stacked cells': () => [
      layers.rnn({
        cell: [
          layers.lstmCell({ units: 4 }),
          layers.simpleRNNCell({ units: 2 }),
          layers.gruCell({ units: 3 }),
        ],
        returnSequences: true,
        returnState: true,
      }) as tf.layers.Layer,
      [5, 3],
    ],
    'more steps than one op stacks': () => [
      layers.simpleRNN({ units: 2, returnSequences: true }),
      [300, 1],
    ],
  });

  test.each(mixtures({ returnSequences: [true, false], returnState: [true, false] }))(
    'initial states %j',
    (config) => {
      const x = tf.input({ shape: [5, 3] });
      const states = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
      const outputs = layers.lstm({ units: 4, ...config }).apply(x, { initialState: states });
      const model = tf.model({ inputs: [x, ...states], outputs: outputs as tf.SymbolicTensor });
      const values = [randomInput([batch, 5, 3]), randomInput([batch, 4]), randomInput([batch, 4])];
      // In training tfjs hands the states on to whatever layer comes next.
      expectSameModel(model, values, { training: false });
    },
  );

  const convolved = mixtures({
    dataFormat: formats,
    padding: paddings,
    returnSequences: [true, false],
    useBias: [true, false],
  });
  test.each(convolved)('convLstm2d %j', (config) => {
    const layer = layers.convLstm2d({ filters: 3, kernelSize: [3, 2], ...config });
    const shape = config.dataFormat === 'channelsLast' ? [3, 6, 5, 2] : [3, 2, 6, 5];
    expectSameLayer(layer, [shape], { training: config.dataFormat === 'channelsLast' });
  });

  test.each(
    mixtures({
      mode: ['concat', 'sum', 'ave', 'mul', null] as const,
      returnSequences: [true, false],
    }),
  )('bidirectional %j', ({ mode, returnSequences }) => {
    const layer = layers.bidirectional({
      layer: layers.lstm({ units: 4, returnSequences }),
      mergeMode: mode as 'concat',
    });
    expectSameLayer(layer, [[5, 3]]);
  });

  test('bidirectional with states', () => {
    const layer = layers.bidirectional({
      layer: layers.gru({ units: 4, returnSequences: true, returnState: true }),
      mergeMode: 'concat',
    });
    expectSameLayer(layer, [[5, 3]]);
  });

  check({
    timeDistributed: () => [
      layers.timeDistributed({ layer: layers.dense({ units: 4, activation: 'relu' }) }),
      [5, 3],
    ],
    'timeDistributed convolution': () => [
      layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 2 }) }),
      [3, 5, 4, 2],
    ],
  });
});

describe('preprocessing', () => {
  /**
   * tfjs's own run by themselves only: inside a model they are called on a list, and they change the shape of what comes before
   * them, here of a layer that does nothing.
   */
  function expectSameAlone(layer: tf.layers.Layer, x: tf.Tensor): void {
    const input = tf.input({ batchShape: [...x.shape] });
    const before = layers.permute({ dims: x.shape.slice(1).map((_, at) => at + 1) });
    const outputs = layer.apply(before.apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    model.call = (inputs) => layer.call([inputs].flat()[0] as tf.Tensor, {});
    expectSameModel(model, [x]);
  }

  test('rescaling', () => {
    expectSameAlone(layers.rescaling({ scale: 1 / 255, offset: -0.5 }), randomInput([2, 3]));
    expectSameAlone(layers.rescaling({ scale: 3 }), tf.tensor2d([[1, 2]], [1, 2], 'int32'));
  });

  test.each(
    mixtures({ interpolation: ['bilinear', 'nearest'] as const, cropToAspectRatio: [true, false] }),
  )('resizing %j', (config) => {
    expectSameAlone(layers.resizing({ height: 5, width: 9, ...config }), randomInput([2, 7, 6, 3]));
  });

  test.each([
    [4, 3],
    [7, 6],
    [6, 5],
    [9, 8],
  ])('centerCrop to %i by %i', (height, width) => {
    expectSameAlone(layers.centerCrop({ height, width }), randomInput([2, 7, 6, 3]));
  });

  test.each([
    [
      'multiHot',
      [
        [1, 2, 2],
        [0, 3, 1],
      ],
    ],
    [
      'count',
      [
        [1, 2, 2],
        [0, 3, 1],
      ],
    ],
    ['oneHot', [[1], [3]]],
    [
      'int',
      [
        [1, 2],
        [0, 3],
      ],
    ],
  ] as const)('categoryEncoding %s', (outputMode, tokens) => {
    const x = tf.tensor2d(tokens as unknown as number[][]);
    expectSameAlone(
      layers.categoryEncoding({ numTokens: 4, outputMode: outputMode as 'count' }),
      x,
    );
  });
});
