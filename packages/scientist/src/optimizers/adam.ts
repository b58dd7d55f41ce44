/** Adam and Adamax, Kingma and Ba 2014. */

import { slot, type UpdateRule } from './rule';

const moments = [
  { name: 'm', initial: 0 },
  { name: 'v', initial: 0 },
];

export function adamRule(beta1: number, beta2: number, epsilon: number): UpdateRule {
  return {
    className: 'Adam',
    slots: moments,
    shared: (iterations) => [beta1 ** (iterations + 1), beta2 ** (iterations + 1)],
    nextShared: (ops, shared) => [ops.mul(slot(shared, 0), beta1), ops.mul(slot(shared, 1), beta2)],
    update({ ops, learningRate, value, gradient, slots, shared }) {
      const first = ops.add(ops.mul(slot(slots, 0), beta1), ops.mul(gradient, 1 - beta1));
      const second = ops.add(
        ops.mul(slot(slots, 1), beta2),
        ops.mul(ops.square(gradient), 1 - beta2),
      );
      const correctedFirst = ops.div(first, ops.sub(1, slot(shared, 0)));
      const correctedSecond = ops.div(second, ops.sub(1, slot(shared, 1)));
      const scaled = ops.div(correctedFirst, ops.add(ops.sqrt(correctedSecond), epsilon));
      return {
        value: ops.add(ops.mul(scaled, ops.neg(learningRate)), value),
        slots: [first, second],
      };
    },
  };
}

export function adamaxRule(
  beta1: number,
  beta2: number,
  epsilon: number,
  decay: number,
): UpdateRule {
  return {
    className: 'Adamax',
    slots: moments,
    // The number of the step, and β₁ to the power of the next one.
    shared: (iterations) => [iterations, beta1 ** (iterations + 1)],
    nextShared: (ops, shared) => [ops.add(slot(shared, 0), 1), ops.mul(slot(shared, 1), beta1)],
    update({ ops, learningRate, value, gradient, slots, shared }) {
      const rate = ops.div(ops.neg(learningRate), ops.add(ops.mul(slot(shared, 0), decay), 1));
      const first = ops.add(ops.mul(slot(slots, 0), beta1), ops.mul(gradient, 1 - beta1));
      const norm = ops.maximum(ops.mul(slot(slots, 1), beta2), ops.abs(gradient));
      const corrected = ops.div(rate, ops.sub(1, slot(shared, 1)));
      const scaled = ops.mul(corrected, ops.div(first, ops.add(norm, epsilon)));
      return { value: ops.add(scaled, value), slots: [first, norm] };
    },
  };
}
