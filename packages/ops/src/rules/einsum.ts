/** Products and sums by an equation, and the coordinates of a grid. */

import type { Rule } from '../call';
import { parseEquation } from '../equation';
import { Misfit, need } from '../misfit';
import { needRankAtMost, showShape, sizeOf, workOf } from '../shapes';

export const einsum: Rule = (call) => {
  const { terms, result } = parseEquation(call.choice('equation', ''));
  const tensors = call.tensors('tensors');
  need(tensors.length === terms.length, `${terms.length} terms for ${tensors.length} tensors`);
  const [{ dtype }] = tensors;
  need(dtype !== 'bool', 'tensors must be float32 or int32: cast them first');
  const extents = new Map<string, number>();
  for (const [at, tensor] of tensors.entries()) {
    const labels = terms[at] ?? [];
    need(tensor.dtype === dtype, 'all tensors must have the same dtype');
    need(
      labels.length === tensor.shape.length,
      `term ${at + 1} has ${labels.length} labels for ${showShape(tensor.shape)}`,
    );
    for (const [axis, label] of labels.entries()) {
      const extent = tensor.shape[axis] ?? 0;
      const known = extents.get(label) ?? extent;
      if (known !== extent) throw new Misfit(`axes of ${known} and of ${extent} have one label`);
      extents.set(label, extent);
    }
  }
  const summed = [...extents.keys()].find((label) => !result.includes(label));
  need(
    summed === undefined || terms.every((labels) => labels.length === 0 || labels.includes(summed)),
    'the first label that is summed must be in both terms, or tfjs mixes up the axes: swap the terms, or sum before',
  );
  // Where there are two tensors, backends multiply them over all labels before they sum.
  const whole = [...extents.values()];
  needRankAtMost(whole, 6);
  return {
    outputs: [{ dtype, shape: result.map((label) => extents.get(label) ?? 0) }],
    cost: 4 * workOf(whole),
    scratch: [{ dtype, shape: whole }],
  };
};

/** The coordinates of a grid of the entries of x by those of y; one tensor alone comes back as it is. */
export const meshgrid: Rule = (call) => {
  const x = call.tensor('x');
  const y = call.tensorIfAny('y');
  if (y === undefined) return { outputs: [{ dtype: x.dtype, shape: x.shape }] };
  const columns = sizeOf(x.shape);
  const rows = sizeOf(y.shape);
  const shape = call.choice('indexing', 'xy') === 'xy' ? [rows, columns] : [columns, rows];
  return {
    outputs: [
      { dtype: x.dtype, shape },
      { dtype: y.dtype, shape },
    ],
    cost: 4 * workOf(shape),
  };
};
