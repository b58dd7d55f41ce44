/** `duet.tf.train`: tfjs's constructors of optimizers, with its signatures and defaults. */

import { adamaxRule, adamRule } from './adam';
import { adadeltaRule, adagradRule, rmspropRule } from './adaptive';
import { type OptimizerHost, RemoteOptimizer } from './optimizer';
import { defaultEpsilon, type UpdateRule } from './rule';
import { momentumRule, sgdRule } from './sgd';

/** Throws `bad-argument` where the learning rate is no number. */
export interface OptimizerConstructors {
  sgd(learningRate: number): RemoteOptimizer;
  momentum(learningRate: number, momentum: number, useNesterov?: boolean): RemoteOptimizer;
  rmsprop(
    learningRate: number,
    decay?: number,
    momentum?: number,
    epsilon?: number | null,
    centered?: boolean,
  ): RemoteOptimizer;
  adam(
    learningRate?: number,
    beta1?: number,
    beta2?: number,
    epsilon?: number | null,
  ): RemoteOptimizer;
  adadelta(learningRate?: number, rho?: number, epsilon?: number | null): RemoteOptimizer;
  adamax(
    learningRate?: number,
    beta1?: number,
    beta2?: number,
    epsilon?: number | null,
    decay?: number,
  ): RemoteOptimizer;
  adagrad(learningRate: number, initialAccumulatorValue?: number): RemoteOptimizer;
}

export function optimizerConstructors(host: OptimizerHost): OptimizerConstructors {
  const make = (
    rule: UpdateRule,
    learningRate: number,
    config: Readonly<Record<string, unknown>> = {},
  ) => new RemoteOptimizer(host, rule, learningRate, config);
  return {
    sgd: (learningRate) => make(sgdRule(), learningRate),
    momentum: (learningRate, momentum, useNesterov = false) =>
      make(momentumRule(momentum, useNesterov), learningRate, { momentum, useNesterov }),
    rmsprop(learningRate, decay = 0.9, momentum = 0, given = null, centered = false) {
      const epsilon = given ?? defaultEpsilon;
      const rule = rmspropRule(decay, momentum, epsilon, centered);
      return make(rule, learningRate, { decay, momentum, epsilon, centered });
    },
    adam(learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, given = null) {
      const epsilon = given ?? defaultEpsilon;
      return make(adamRule(beta1, beta2, epsilon), learningRate, { beta1, beta2, epsilon });
    },
    adadelta(learningRate = 0.001, rho = 0.95, given = null) {
      const epsilon = given ?? defaultEpsilon;
      return make(adadeltaRule(rho, epsilon), learningRate, { rho, epsilon });
    },
    adamax(learningRate = 0.002, beta1 = 0.9, beta2 = 0.999, given = null, decay = 0) {
      const epsilon = given ?? defaultEpsilon;
      const rule = adamaxRule(beta1, beta2, epsilon, decay);
      return make(rule, learningRate, { beta1, beta2, epsilon, decay });
    },
    adagrad(learningRate, initialAccumulatorValue = 0.1) {
      const rule = adagradRule(initialAccumulatorValue, defaultEpsilon);
      return make(rule, learningRate, { initialAccumulatorValue });
    },
  };
}
