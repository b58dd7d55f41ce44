/** One step of a recurrent cell. */

import type { Rule } from '../call';
import { need } from '../misfit';
import { broadcastShapes, type Shape, showShape, workOf } from '../shapes';
import { needSameShape } from './elementwise';

function needWithin(shape: Shape, whole: Shape, name: string): void {
  const both = broadcastShapes(shape, whole);
  need(
    both.length === whole.length && both.every((extent, axis) => extent === whole[axis]),
    `${name} ${showShape(shape)} must broadcast to ${showShape(whole)}`,
  );
}

/** `basicLSTMCell`: data and state side by side through one kernel to the four gates. */
export const basicLSTMCell: Rule = (call) => {
  const data = call.tensor('data').shape;
  const state = call.tensor('h').shape;
  const cell = call.tensor('c').shape;
  const kernel = call.tensor('lstmKernel').shape;
  for (const [name, shape] of Object.entries({ data, h: state, c: cell, lstmKernel: kernel })) {
    need(shape.length === 2, `${name} must have rank 2, not ${shape.length}`);
  }
  const [batch = 0, inputs = 0] = data;
  const [otherBatch = 0, states = 0] = state;
  need(batch === otherBatch, `data has ${batch} records, h has ${otherBatch}`);
  const [rows = 0, columns = 0] = kernel;
  need(
    rows === inputs + states,
    `lstmKernel has ${rows} rows, data and h have ${inputs + states} columns`,
  );
  need(columns % 4 === 0, `the ${columns} columns of lstmKernel are not four gates`);
  const shape = [batch, columns / 4];
  needSameShape(cell, shape);
  needWithin(call.tensor('lstmBias').shape, [batch, columns], 'lstmBias');
  needWithin(call.tensor('forgetBias').shape, shape, 'forgetBias');
  return {
    outputs: [
      { dtype: 'float32', shape },
      { dtype: 'float32', shape },
    ],
    cost: 2 * workOf([batch, rows, columns]) + 64 * workOf(shape),
    scratch: [{ dtype: 'float32', shape: [batch, columns] }],
  };
};
