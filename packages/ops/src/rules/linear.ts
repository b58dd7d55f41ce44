/** Products of matrices. */

import type { Rule } from '../call';
import { Misfit, need } from '../misfit';
import { broadcastShapes, type Shape, showShape, sizeOf, workOf } from '../shapes';
import { upcast } from './elementwise';

export const matMul: Rule = (call) => {
  const a = call.tensor('a');
  const b = call.tensor('b');
  need(a.shape.length >= 2 && b.shape.length >= 2, 'both must have rank 2 or more');
  const tail = (shape: readonly number[], transposed: boolean): [number, number] => {
    const [rows = 0, columns = 0] = shape.slice(-2);
    return transposed ? [columns, rows] : [rows, columns];
  };
  const [rows, inner] = tail(a.shape, call.flag('transposeA'));
  const [otherInner, columns] = tail(b.shape, call.flag('transposeB'));
  need(inner === otherInner, `inner dimensions ${inner} and ${otherInner} differ`);
  const batch = matchBatches(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  return {
    outputs: [{ dtype: upcast(a.dtype, b.dtype), shape }],
    cost: 2 * workOf([...shape, inner]),
  };
};

/** tfjs repeats the shorter batch as a whole: where both, or inner dimensions, broadcast, it gives something else. */
function matchBatches(a: Shape, b: Shape): number[] {
  const batch = broadcastShapes(a, b);
  const repeats = (shape: Shape): boolean => {
    const first = shape.findIndex((dimension) => dimension !== 1);
    const own = first === -1 ? [] : shape.slice(first);
    return own.every((dimension, at) => dimension === batch[batch.length - own.length + at]);
  };
  const whole = [a, b].some((shape) => sizeOf(shape) === sizeOf(batch));
  need(
    whole && repeats(a) && repeats(b),
    `batches of ${showShape(a)} and ${showShape(b)} do not repeat one another: use broadcastTo first`,
  );
  return batch;
}

export const dot: Rule = (call) => {
  const a = call.tensor('t1');
  const b = call.tensor('t2');
  const ranks = [a.shape.length, b.shape.length];
  need(
    ranks.every((rank) => rank === 1 || rank === 2),
    'both must have rank 1 or 2',
  );
  const inner = a.shape.at(-1);
  const otherInner = b.shape[0];
  need(inner === otherInner, `inner dimensions ${inner} and ${otherInner} differ`);
  const shape = [...a.shape.slice(0, -1), ...b.shape.slice(1)];
  return {
    outputs: [{ dtype: upcast(a.dtype, b.dtype), shape }],
    cost: 2 * workOf([...shape, inner ?? 1]),
  };
};

export const outerProduct: Rule = (call) => {
  const a = call.first();
  const b = call.second();
  const [rows, ...moreA] = a.shape;
  const [columns, ...moreB] = b.shape;
  if (rows === undefined || columns === undefined || moreA.length + moreB.length > 0) {
    throw new Misfit('both must have rank 1');
  }
  return { outputs: [{ dtype: upcast(a.dtype, b.dtype), shape: [rows, columns] }] };
};

/** Everything outside a band around the diagonal becomes zero. */
export const bandPart: Rule = (call) => {
  const a = call.tensor('a');
  need(a.shape.length >= 2, 'the tensor must have rank 2 or more');
  need(sizeOf(a.shape) > 0, 'the tensor is empty');
  const [rows = 0, columns = 0] = a.shape.slice(-2);
  const lower = call.number('numLower');
  const upper = call.number('numUpper');
  need(lower <= rows, `numLower ${lower} is above the number of rows, ${rows}`);
  need(upper <= columns, `numUpper ${upper} is above the number of columns, ${columns}`);
  return { outputs: [{ dtype: a.dtype, shape: a.shape }], cost: 8 * workOf(a.shape) };
};

export const confusionMatrix: Rule = (call) => {
  const labels = call.tensor('labels');
  const predictions = call.tensor('predictions');
  need(labels.shape.length === 1 && predictions.shape.length === 1, 'both must have rank 1');
  const [examples = 0] = labels.shape;
  need(examples === predictions.shape[0], 'labels and predictions differ in length');
  const classes = call.number('numClasses');
  need(classes >= 2, 'numClasses must be 2 or more');
  return {
    outputs: [{ dtype: 'int32', shape: [classes, classes] }],
    scratch: [{ dtype: 'int32', shape: [examples, classes] }],
    cost: 2 * workOf([examples, classes, classes]),
  };
};
