import type { Pointer } from '../pointer';
import { noShared, type Ops, slot, type UpdateRule } from './rule';

/** Both take a step of −learningRate times something, and add the value to it. */
function step(ops: Ops, learningRate: Pointer, direction: Pointer, value: Pointer): Pointer {
  return ops.add(ops.mul(ops.neg(learningRate), direction), value);
}

/** Stochastic gradient descent. */
export function sgdRule(): UpdateRule {
  return {
    className: 'SGD',
    slots: [],
    ...noShared,
    update: ({ ops, learningRate, value, gradient }) => ({
      value: step(ops, learningRate, gradient, value),
      slots: [],
    }),
  };
}

/** Gradient descent with momentum, after Sutskever et al. 2013 where it is Nesterov's. */
export function momentumRule(momentum: number, useNesterov: boolean): UpdateRule {
  return {
    className: 'Momentum',
    slots: [{ name: 'momentum', initial: 0 }],
    ...noShared,
    update({ ops, learningRate, value, gradient, slots }) {
      const accumulation = ops.add(ops.mul(momentum, slot(slots, 0)), gradient);
      const direction = useNesterov
        ? ops.add(gradient, ops.mul(accumulation, momentum))
        : accumulation;
      return { value: step(ops, learningRate, direction, value), slots: [accumulation] };
    },
  };
}
