/** Normalization by statistics that are given, or by neighbours. */

import type { Rule } from '../call';
import { Misfit, need } from '../misfit';
import { needRankAtMost, type Shape, showShape, workOf } from '../shapes';

/**
 * `batchNorm`; `batchNorm2d` to `batchNorm4d` ask for the rank of x. tfjs's cpu runs through each of the other tensors over
 * and over, which is broadcasting only for the last axes of x.
 */
export function batchNorm(rank?: number): Rule {
  return (call) => {
    const x = call.tensor('x');
    need(rank === undefined || x.shape.length === rank, `x must have rank ${rank}`);
    needRankAtMost(x.shape, 4);
    const mean = call.tensor('mean');
    for (const name of ['mean', 'variance', 'offset', 'scale']) {
      const given = call.tensorIfAny(name);
      if (given === undefined) continue;
      const { shape } = given;
      need(
        shape.length === mean.shape.length,
        `${name} has rank ${shape.length}, mean has rank ${mean.shape.length}`,
      );
      need(
        rank === undefined || shape.length === 1 || shape.length === rank,
        `${name} must have rank 1 or ${rank}`,
      );
      needLastAxesOf(x.shape, shape, name);
    }
    return { outputs: [{ dtype: x.dtype, shape: x.shape }], cost: 8 * workOf(x.shape) };
  };
}

function needLastAxesOf(whole: Shape, part: Shape, name: string): void {
  const from = part.findIndex((extent) => extent !== 1);
  const rest = from === -1 ? [] : part.slice(from);
  const last = whole.slice(whole.length - rest.length);
  need(
    rest.length <= whole.length && rest.every((extent, axis) => extent === last[axis]),
    `${name} ${showShape(part)} must be the last axes of ${showShape(whole)}, or one number`,
  );
}

export const localResponseNormalization: Rule = (call) => {
  const x = call.tensor('x');
  if (x.shape.length !== 3 && x.shape.length !== 4) {
    throw new Misfit(`x must have rank 3 or 4, not ${x.shape.length}`);
  }
  const radius = call.number('depthRadius', 5);
  need(radius >= 0, 'depthRadius is negative');
  return {
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    cost: (2 * radius + 9) * workOf(x.shape),
  };
};
