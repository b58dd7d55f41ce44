/** The rules that keep a mean of squares for each weight. */

import { noShared, slot, type UpdateRule } from './rule';

/** Duchi et al. 2011. */
export function adagradRule(initialAccumulatorValue: number, epsilon: number): UpdateRule {
  return {
    className: 'Adagrad',
    slots: [{ name: 'accumulator', initial: initialAccumulatorValue }],
    ...noShared,
    update({ ops, learningRate, value, gradient, slots }) {
      const accumulated = ops.add(slot(slots, 0), ops.square(gradient));
      const scaled = ops.div(gradient, ops.sqrt(ops.add(accumulated, epsilon)));
      return {
        value: ops.add(ops.mul(scaled, ops.neg(learningRate)), value),
        slots: [accumulated],
      };
    },
  };
}

/** Zeiler 2012. As in tfjs, the divisor has the accumulated gradient of before this step. */
export function adadeltaRule(rho: number, epsilon: number): UpdateRule {
  return {
    className: 'Adadelta',
    slots: [
      { name: 'accum_grad', initial: 0 },
      { name: 'accum_var', initial: 0 },
    ],
    ...noShared,
    update({ ops, learningRate, value, gradient, slots }) {
      const [accumulated, accumulatedUpdate] = [slot(slots, 0), slot(slots, 1)];
      const newAccumulated = ops.add(
        ops.mul(accumulated, rho),
        ops.mul(ops.square(gradient), 1 - rho),
      );
      const updates = ops.mul(
        ops.div(
          ops.sqrt(ops.add(accumulatedUpdate, epsilon)),
          ops.sqrt(ops.add(accumulated, epsilon)),
        ),
        gradient,
      );
      const newAccumulatedUpdate = ops.add(
        ops.mul(accumulatedUpdate, rho),
        ops.mul(ops.square(updates), 1 - rho),
      );
      return {
        value: ops.add(ops.mul(updates, ops.neg(learningRate)), value),
        slots: [newAccumulated, newAccumulatedUpdate],
      };
    },
  };
}

/** Hinton's lecture 6e; `centered` after Graves 2013. */
export function rmspropRule(
  decay: number,
  momentum: number,
  epsilon: number,
  centered: boolean,
): UpdateRule {
  return {
    className: 'RMSProp',
    slots: [
      { name: 'rms', initial: 0 },
      { name: 'momentum', initial: 0 },
      ...(centered ? [{ name: 'mg', initial: 0 }] : []),
    ],
    ...noShared,
    update({ ops, learningRate, value, gradient, slots }) {
      const meanSquare = ops.add(
        ops.mul(slot(slots, 0), decay),
        ops.mul(ops.square(gradient), 1 - decay),
      );
      const meanGradient = centered
        ? ops.add(ops.mul(slot(slots, 2), decay), ops.mul(gradient, 1 - decay))
        : undefined;
      const divisor =
        meanGradient === undefined
          ? ops.add(meanSquare, epsilon)
          : ops.sub(meanSquare, ops.add(ops.square(meanGradient), epsilon));
      const contribution = ops.div(ops.mul(gradient, learningRate), ops.sqrt(divisor));
      const moments = ops.add(ops.mul(slot(slots, 1), momentum), contribution);
      return {
        value: ops.sub(value, moments),
        slots: [meanSquare, moments, ...(meanGradient === undefined ? [] : [meanGradient])],
      };
    },
  };
}
