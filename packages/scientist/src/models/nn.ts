/** Parts for modules: the layers of tf.layers, made with the sizes of what goes into them. */

import * as tf from '@tensorflow/tfjs';
import { LayerModule, ModelModule } from './layer-module';
import { Module, type ModuleResult } from './module';
import { Parameter, type Value } from './parameter';

const { layers } = tf;

/** The configuration of a maker of tf.layers. */
type ConfigOf<Maker extends (config: never) => unknown> = Exclude<Parameters<Maker>[0], undefined>;

type Sized<Config, Size extends string> = Config & { readonly [K in Size]: number };

/**
 * Any layer of tf.layers as a part of a module. `inputShape` is what goes into it, with null for the batch and for lengths that
 * no weight depends on; a list of shapes for a layer of several inputs. A layer without weights needs none. It gives one value,
 * or, named by `R`, a list: `nn.layer<Value[]>(…)`. Takes over the layer.
 * Throws `unsupported-op` for a class or a configuration that has no translation.
 */
function layer<R extends ModuleResult = Value>(
  made: tf.layers.Layer,
  inputShape?: readonly (number | null)[] | readonly (readonly (number | null)[])[],
): LayerModule<R> {
  if (inputShape !== undefined && !made.built) made.build(inputShape as tf.Shape | tf.Shape[]);
  return new LayerModule<R>(made);
}

/** Modules one after the other, of one value each. */
class Sequential extends Module {
  readonly parts: readonly Chainable[];

  constructor(parts: readonly Chainable[]) {
    super();
    this.parts = parts;
  }

  forward(x: Value): Value {
    return this.parts.reduce<Value>((value, part) => part.forward(value), x);
  }
}

interface Chainable extends Module {
  forward(x: Value): Value;
}

/** Channels in the place where the format has them, and lengths that do not matter. */
function imageShape(rank: number, channels: number, dataFormat: string | undefined) {
  const lengths = Array.from({ length: rank }, () => null);
  return dataFormat === 'channelsFirst'
    ? [null, channels, ...lengths]
    : [null, ...lengths, channels];
}

type ImageConfig = { readonly dataFormat?: string };

/** A maker of a layer whose weights depend on the channels that go into it. */
function ofChannels<Config extends object>(
  make: (config: Config) => tf.layers.Layer,
  rank: number,
) {
  return ({ inputChannels, ...config }: Sized<Config, 'inputChannels'>): LayerModule => {
    const { dataFormat } = config as ImageConfig;
    return layer(make(config as unknown as Config), imageShape(rank, inputChannels, dataFormat));
  };
}

/** A maker of a layer whose weights depend on the length of the last axis. */
function ofFeatures<Config extends object>(
  make: (config: Config) => tf.layers.Layer,
  rank: number,
) {
  return ({ inputSize, ...config }: Sized<Config, 'inputSize'>): LayerModule =>
    layer(make(config as unknown as Config), [
      ...Array.from({ length: rank - 1 }, () => null),
      inputSize,
    ]);
}

type Layers = typeof tf.layers;

/** Layers whose weights depend on the channels that go in. */
type ChannelLayer =
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv2dTranspose'
  | 'conv3dTranspose'
  | 'depthwiseConv2d'
  | 'separableConv2d';

/** Layers whose weights depend on the length of the last axis. */
type FeatureLayer = 'dense' | 'simpleRNN' | 'gru' | 'lstm';

/** Written out, since what would be inferred names files inside of tfjs. */
type Nn = {
  readonly [K in ChannelLayer]: (
    config: Sized<ConfigOf<Layers[K]>, 'inputChannels'>,
  ) => LayerModule;
} & {
  readonly [K in FeatureLayer]: (config: Sized<ConfigOf<Layers[K]>, 'inputSize'>) => LayerModule;
} & {
  readonly [K in 'flatten' | 'maxPooling2d' | 'averagePooling2d']: (
    config?: ConfigOf<Layers[K]>,
  ) => LayerModule;
} & {
  readonly layer: typeof layer;
  /** A whole model of tf.layers. Its weights are copied, under tfjs's names. */
  readonly model: <R extends ModuleResult = Value>(model: tf.LayersModel) => ModelModule<R>;
  /** A weight of one's own. The tensor stays the caller's. */
  readonly parameter: (initial: tf.Tensor, options?: { trainable?: boolean }) => Parameter;
  /** Modules one after the other. */
  readonly sequential: (...parts: readonly Chainable[]) => Chainable;
  /** Normalizes the last axis, or `axis`, of `inputSize` entries. */
  readonly batchNormalization: (
    config: Sized<ConfigOf<Layers['batchNormalization']>, 'inputSize'>,
  ) => LayerModule;
  /** Normalizes along some axes; `inputShape` is the shape without the batch. */
  readonly layerNormalization: (
    config: ConfigOf<Layers['layerNormalization']> & {
      readonly inputShape: readonly (number | null)[];
    },
  ) => LayerModule;
  /** Rows of numbers for whole numbers from 0 to `inputDim`. */
  readonly embedding: (config: ConfigOf<Layers['embedding']>) => LayerModule;
  readonly activation: (activation: ConfigOf<Layers['activation']>['activation']) => LayerModule;
  readonly dropout: (config: ConfigOf<Layers['dropout']>) => LayerModule;
};

/**
 * What modules are made of. Each maker takes the configuration of tf.layers, initializers with their seeds included, and the
 * sizes of what goes in.
 */
export const nn: Nn = {
  layer,

  model: <R extends ModuleResult = Value>(model: tf.LayersModel) => new ModelModule<R>(model),

  parameter: (initial, { trainable = true } = {}) =>
    new Parameter(tf.variable(initial, trainable), trainable),

  sequential: (...parts) => new Sequential(parts),

  dense: ofFeatures(layers.dense, 2),
  conv1d: ofChannels(layers.conv1d, 1),
  conv2d: ofChannels(layers.conv2d, 2),
  conv3d: ofChannels(layers.conv3d, 3),
  conv2dTranspose: ofChannels(layers.conv2dTranspose, 2),
  conv3dTranspose: ofChannels(layers.conv3dTranspose, 3),
  depthwiseConv2d: ofChannels(layers.depthwiseConv2d, 2),
  separableConv2d: ofChannels(layers.separableConv2d, 2),

  simpleRNN: ofFeatures(layers.simpleRNN, 3),
  gru: ofFeatures(layers.gru, 3),
  lstm: ofFeatures(layers.lstm, 3),

  batchNormalization: ({ inputSize, axis = -1, ...config }) => {
    const before = axis < 0 ? 1 : axis;
    const after = axis < 0 ? -axis - 1 : 0;
    const nulls = (length: number) => Array.from({ length }, () => null);
    return layer(layers.batchNormalization({ ...config, axis }), [
      ...nulls(before),
      inputSize,
      ...nulls(after),
    ]);
  },

  layerNormalization: ({ inputShape, ...config }) =>
    layer(layers.layerNormalization(config), [null, ...inputShape]),

  embedding: (config) => layer(layers.embedding(config), [null, null]),

  activation: (activation) => layer(layers.activation({ activation })),
  dropout: (config) => layer(layers.dropout(config)),
  flatten: (config = {}) => layer(layers.flatten(config)),
  maxPooling2d: (config = {}) => layer(layers.maxPooling2d(config)),
  averagePooling2d: (config = {}) => layer(layers.averagePooling2d(config)),
};
