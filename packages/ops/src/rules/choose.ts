/** Ops that pick among what there is: classes by their scores, boxes by their overlaps. */

import type { Rule } from '../call';
import { Misfit, need } from '../misfit';
import { showShape, sizeOf, workOf } from '../shapes';
import { needSeed } from './create';

/** Every row draws with the same random numbers, as in tfjs. */
export const multinomial: Rule = (call) => {
  const logits = call.first();
  const samples = call.number('numSamples');
  const outcomes = logits.shape.at(-1) ?? 0;
  need(
    logits.shape.length === 1 || logits.shape.length === 2,
    `logits must have rank 1 or 2, not ${logits.shape.length}`,
  );
  need(outcomes >= 2, 'there must be at least 2 outcomes');
  need(sizeOf(logits.shape) > 0, 'logits is empty');
  need(samples >= 0, 'numSamples is negative');
  needSeed(call);
  const rows = logits.shape.slice(0, -1);
  const shape = [...rows, samples];
  return {
    outputs: [{ dtype: 'int32', shape }],
    cost: 12 * workOf(shape) * outcomes,
    scratch: [{ dtype: 'float32', shape: [...shape, outcomes] }],
  };
};

export const inTopK: Rule = (call) => {
  const predictions = call.tensor('predictions').shape;
  const targets = call.tensor('targets').shape;
  const classes = predictions.at(-1);
  if (classes === undefined || predictions.length < 2) {
    throw new Misfit(`predictions must have rank 2 or more, not ${predictions.length}`);
  }
  const wanted = predictions.slice(0, -1);
  need(
    targets.length === wanted.length && targets.every((size, axis) => size === wanted[axis]),
    `targets must have shape ${showShape(wanted)}, not ${showShape(targets)}`,
  );
  const k = call.number('k', 1);
  need(k > 0 && k <= classes, `k is not between 1 and ${classes}`);
  return { outputs: [{ dtype: 'bool', shape: targets }], cost: 12 * workOf(predictions) };
};

/** tfjs hands the padding over as arguments of a function, and browsers take some ten thousands of them. */
const mostBoxes = 16_384;

export const nonMaxSuppressionPadded: Rule = (call) => {
  const boxes = call.tensor('boxes').shape;
  const scores = call.tensor('scores').shape;
  const [count] = boxes;
  if (count === undefined || boxes.length !== 2 || boxes[1] !== 4) {
    throw new Misfit(`boxes must have shape [boxes, 4], not ${showShape(boxes)}`);
  }
  need(
    scores.length === 1 && scores[0] === count,
    `scores must have shape [${count}], not ${showShape(scores)}`,
  );
  const most = call.number('maxOutputSize');
  need(most >= 0, 'maxOutputSize is negative');
  const threshold = call.number('iouThreshold', 0.5);
  need(threshold >= 0 && threshold <= 1, 'iouThreshold must be between 0 and 1');
  need(
    call.flag('padToMaxOutputSize'),
    'padToMaxOutputSize must be true, or the shape would depend on values',
  );
  const kept = Math.min(most, count);
  need(kept <= mostBoxes, `maxOutputSize must be at most ${mostBoxes}`);
  return {
    outputs: [
      { dtype: 'int32', shape: [kept] },
      { dtype: 'int32', shape: [] },
    ],
    cost: 32 * count * Math.max(1, kept),
  };
};
