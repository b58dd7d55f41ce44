/** Three programs in which all goes the way it is meant to: what leaks are planted in. */

import {
  action,
  call,
  define,
  float,
  get,
  node,
  own,
  plan,
  published,
  request,
  train,
} from '../words';
import type { Program } from './programs';
import { numbers, records } from './worlds';

/** Releases a value that is the same in both worlds, computes on with it, and asks for values that differ. */
export const releasing: Program = {
  steps: [
    {
      kind: 'say',
      who: 'grace',
      messages: [
        action(1, 'sum', published(numbers.sameMatrix)),
        action(2, 'gather', published(numbers.matrix), published(numbers.indices)),
        action(3, 'mean', own(2)),
        action(4, 'add', published(numbers.matrix), published(numbers.open)),
        request(5, own(1)),
        get(6, own(1), { request: 5 }),
      ],
    },
    { kind: 'decide', at: 0, how: 'accept' },
    {
      kind: 'say',
      who: 'grace',
      messages: [
        action(7, 'neg', own(1)),
        get(8, own(7)),
        action(9, 'mul', own(3), own(1)),
        get(10, own(9)),
        action(11, 'neg', published(numbers.open)),
        get(12, own(11)),
        request(13, own(9)),
        get(14, own(9), { request: 13 }),
        action(15, 'matMul', published(numbers.matrix), published(numbers.open)),
      ],
    },
    { kind: 'decide', at: 0, how: 'deny' },
    {
      kind: 'say',
      who: 'grace',
      messages: [request(16, own(3)), get(17, own(3), { request: 16 })],
    },
    { kind: 'decide', at: 0, how: 'accept' },
  ],
};

const step = plan(
  [float(3), float(2, 3)],
  [node('mean', 1, [0]), node('add', 0, 2), node('mean', 3)],
  [3, 4],
);
const both = plan([float(4, 3), float(3)], [node('add', 0, 1), node('neg', 1)], [2, 3]);

/** A call of a plan with a readable output and a private one, a training run, and an engine that is ended. */
export const running: Program = {
  steps: [
    {
      kind: 'say',
      who: 'grace',
      messages: [
        define(1, both),
        call(2, 1, [published(numbers.matrix), published(numbers.open)]),
        get(3, own(2, 0)),
        get(4, own(2, 1)),
        define(5, step),
        train(6, 5, {
          state: [published(numbers.open)],
          data: [published(numbers.matrix)],
          batchSize: 2,
          epochs: 3,
          checkpointEvery: 2,
        }),
      ],
    },
    {
      kind: 'say',
      who: 'grace',
      messages: [get(30, own(6)), get(31, own(7)), get(32, own(11))],
    },
    { kind: 'end', who: 'grace' },
    {
      kind: 'say',
      who: 'grace',
      messages: [get(33, own(6)), get(34, own(2, 1)), get(35, own(2, 0)), request(36, own(7))],
    },
    { kind: 'decide', at: 0, how: 'deny' },
    { kind: 'reload', who: 'grace', epoch: 2 },
  ],
};

/** By place among the choices: "no" is no; means of what is the same, printed; metrics of it under a quota of three, logged. */
const handlers = [10, 2, 3];

const metric = (id: number, X: number, y: number) => [
  action(id, 'squeeze', published(y)),
  action(id + 1, 'mean', published(X), [1]),
  action(id + 2, 'metrics.meanSquaredError', own(id), own(id + 1)),
  request(id + 3, own(id + 2), { name: 'loss' }),
  get(id + 4, own(id + 2), { request: id + 3 }),
];

const half = (id: number, from: number) => [
  action(id, 'slice', published(numbers.sameRows), [from, 0], [records / 2, 3]),
  action(id + 1, 'mean', own(id), [0]),
  request(id + 2, own(id + 1), { name: 'stats' }),
  get(id + 3, own(id + 1), { request: id + 2 }),
];

/** Two scientists; handlers, expiry, requests that are kept, revocation, and what is published by and by. */
export const deciding: Program = {
  handlers,
  audited: true,
  steps: [
    {
      kind: 'say',
      who: 'ada',
      messages: [
        request(1, published(numbers.forAda), { name: 'mine' }),
        get(2, published(numbers.forAda), { request: 1 }),
      ],
    },
    { kind: 'decide', at: 0, how: 'accept' },
    {
      kind: 'say',
      who: 'grace',
      messages: [
        ...metric(1, numbers.sameRows, numbers.sameLabels),
        ...half(11, 0),
        ...half(21, records / 2),
        request(31, published(numbers.matrix), { name: 'no' }),
        get(32, published(numbers.matrix), { request: 31 }),
        action(33, 'max', published(numbers.matrix)),
        request(34, own(33), { name: 'short', timeoutMs: 50 }),
        get(35, own(33), { request: 34 }),
        get(36, own(33)),
      ],
    },
    { kind: 'wait', ms: 60 },
    // As many as the quota has left, and one more.
    {
      kind: 'say',
      who: 'grace',
      messages: [
        ...metric(41, numbers.sameRows, numbers.sameLabels),
        ...metric(51, numbers.sameRows, numbers.sameLabels),
        ...metric(61, numbers.sameRows, numbers.sameLabels),
      ],
    },
    {
      kind: 'say',
      who: 'grace',
      messages: [
        request(71, published(numbers.sameMatrix), { name: 'kept', keepMs: 5000 }),
        request(72, own(33), { name: 'kept too', keepMs: 5000 }),
        request(73, published(numbers.sameFloats), { name: 'taken back' }),
      ],
    },
    { kind: 'decide', at: 2, how: 'accept' },
    { kind: 'revoke', at: 0 },
    { kind: 'leave', who: 'grace' },
    { kind: 'decide', at: 0, how: 'accept' },
    { kind: 'decide', at: 0, how: 'deny' },
    { kind: 'return', who: 'grace' },
    {
      kind: 'say',
      who: 'grace',
      messages: [
        { kind: 'collect', id: 1, kept: 1 },
        { kind: 'collect', id: 2, kept: 2 },
        { kind: 'confirm', get: 1 },
      ],
    },
    { kind: 'store', which: 5 },
    { kind: 'store', which: 0 },
  ],
};
