/** Decompositions of matrices. What has none for its values gives NaN, and never fails. */

import type { Rule } from '../call';
import { Misfit, need } from '../misfit';
import { showShape, sizeOf, workOf } from '../shapes';

/** A reflection or a projection is some thirty ops of tfjs, each of which takes its time however small the matrix is. */
const stepOverhead = 30_000;

export const qr: Rule = (call) => {
  const x = call.first();
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined || x.shape.length < 2) {
    throw new Misfit(`x must have rank 2 or more, not ${x.shape.length}`);
  }
  need(x.dtype === 'float32', `x must be float32, not ${x.dtype}: cast it first`);
  const lead = x.shape.slice(0, -2);
  need(
    lead.length === 0 || rows === columns,
    `matrices in a batch must be square, not ${showShape([rows, columns])}`,
  );
  need(sizeOf(lead) > 0, 'the batch is empty');
  const cut = !call.flag('fullMatrices') && rows > columns;
  const inner = cut ? columns : rows;
  const steps = sizeOf(lead) * Math.min(rows, columns);
  return {
    outputs: [
      { dtype: 'float32', shape: [...lead, rows, inner] },
      { dtype: 'float32', shape: [...lead, inner, columns] },
    ],
    cost: steps * (stepOverhead + 6 * rows * (rows + columns)),
    scratch: [{ dtype: 'float32', shape: [rows, rows] }],
  };
};

export const gramSchmidt: Rule = (call) => {
  const xs = call.first();
  const [count, size, ...more] = xs.shape;
  if (count === undefined || size === undefined || more.length > 0) {
    throw new Misfit(`xs must be the vectors as rows of a matrix, not ${showShape(xs.shape)}`);
  }
  need(xs.dtype === 'float32', `xs must be float32, not ${xs.dtype}: cast it first`);
  need(count > 0, 'there are no vectors');
  need(count <= size, `${count} vectors of ${size} dimensions cannot be orthogonal`);
  return {
    outputs: [{ dtype: 'float32', shape: [count, size] }],
    cost: (count * (count + 1) * (stepOverhead / 8)) / 2 + 4 * count * workOf(xs.shape),
  };
};
