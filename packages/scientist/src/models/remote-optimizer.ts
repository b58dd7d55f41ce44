/** The optimizer of a model, as `compile` takes it, on the owner's side. */

import { DuetError } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import { RemoteOptimizer } from '../optimizers/optimizer';
import { quoted, suggest } from '../words';
import { Config, type ConfigValues, refuse } from './config';
import type { ModelHost } from './parameter';

/** A name of tfjs, an optimizer of the local tfjs, whose settings are taken, or one of `duet.tf.train`, which stays the caller's. */
export type OptimizerIdentifier = string | tf.Optimizer | RemoteOptimizer;

type Train = ModelHost['tf']['train'];

/** By the names of tfjs's classes. */
const byClass: Readonly<Record<string, (train: Train, config: Config) => RemoteOptimizer>> = {
  SGD: (train, config) => train.sgd(config.number('learningRate')),
  Momentum: (train, config) =>
    train.momentum(
      config.number('learningRate'),
      config.number('momentum'),
      config.flag('useNesterov', false),
    ),
  Adagrad: (train, config) =>
    train.adagrad(config.number('learningRate'), config.numberIfAny('initialAccumulatorValue')),
  Adadelta: (train, config) =>
    train.adadelta(
      config.number('learningRate'),
      config.numberIfAny('rho'),
      config.numberIfAny('epsilon'),
    ),
  Adam: (train, config) =>
    train.adam(
      config.number('learningRate'),
      config.numberIfAny('beta1'),
      config.numberIfAny('beta2'),
      config.numberIfAny('epsilon'),
    ),
  Adamax: (train, config) =>
    train.adamax(
      config.number('learningRate'),
      config.numberIfAny('beta1'),
      config.numberIfAny('beta2'),
      config.numberIfAny('epsilon'),
      config.numberIfAny('decay'),
    ),
  RMSProp: (train, config) =>
    train.rmsprop(
      config.number('learningRate'),
      config.numberIfAny('decay'),
      config.numberIfAny('momentum'),
      config.numberIfAny('epsilon'),
      config.flag('centered', false),
    ),
};

/** What tfjs-layers takes for a name: its `optimizers.ts`. */
const byName: Readonly<Record<string, readonly [className: string, config: ConfigValues]>> = {
  sgd: ['SGD', { learningRate: 0.01 }],
  adagrad: ['Adagrad', { learningRate: 0.01 }],
  adadelta: ['Adadelta', { learningRate: 1, rho: 0.95, epsilon: 1e-7 }],
  adam: ['Adam', { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }],
  adamax: ['Adamax', { learningRate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0 }],
  rmsprop: ['RMSProp', { learningRate: 0.001, decay: 0.9, momentum: 0, epsilon: 1e-7 }],
};

export interface ModelOptimizer {
  readonly optimizer: RemoteOptimizer;
  /** Is it the model's to dispose? */
  readonly isOwned: boolean;
}

/** Throws `bad-argument` for a name that tfjs does not know, and `unsupported-op` for an optimizer of the caller's own. */
export function optimizerOf(host: ModelHost, identifier: OptimizerIdentifier): ModelOptimizer {
  if (identifier instanceof RemoteOptimizer) return { optimizer: identifier, isOwned: false };
  const [className, config] =
    typeof identifier === 'string'
      ? named(identifier)
      : [identifier.getClassName(), identifier.getConfig() as ConfigValues];
  const make = Object.hasOwn(byClass, className) ? byClass[className] : undefined;
  if (make === undefined) {
    return refuse(
      `Optimizer ${quoted(className)}`,
      'it is not one of tfjs.',
      `Use ${Object.keys(byName).join(', ')}, or train with duet.train.`,
    );
  }
  const settings = new Config(`Optimizer ${className}`, config);
  return { optimizer: make(host.tf.train, settings), isOwned: true };
}

function named(name: string): readonly [string, ConfigValues] {
  const known = Object.entries(byName).find(
    ([key, [className]]) => name === key || name === className,
  );
  if (known !== undefined) return known[1];
  throw new DuetError('bad-argument', {
    detail: `There is no optimizer ${quoted(name)}.`,
    hint: suggest(name, Object.keys(byName)),
  });
}
