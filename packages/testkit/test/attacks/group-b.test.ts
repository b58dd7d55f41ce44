/** Making private values readable by computing on them. */

import { allowedOps } from '@duet/ops';
import type { Plan, Ref, ScientistMessage } from '@duet/protocol';
import { expect } from 'vitest';
import { answers, failed, fault, payloads } from '../answers';
import {
  action,
  call,
  define,
  float,
  floats,
  get,
  ints,
  node,
  own,
  plan,
  published,
  put,
  request,
  train,
} from '../words';
import { ages, attack, codes, matrix, open, openValues, type Scene } from './attack';

/** Every one of these is as private as what it came from. */
async function areUnreadable(scene: Scene, ...refs: readonly Ref[]): Promise<void> {
  const gets = refs.map((ref) => get(scene.id(), ref));
  expect(await scene.tell(...gets)).toEqual(gets.map(({ id }) => failed(id, 'not-released')));
}

const zero = floats([0], []);
const one = floats([1], []);

attack('B1', 'copied, reshaped, cast, cut, joined or calculated away', async (scene) => {
  const derived = [
    action(1, 'clone', published(ages)),
    action(2, 'reshape', published(ages), [2, 3]),
    action(3, 'cast', published(ages), 'float32'),
    action(4, 'slice', published(ages), [1], [2]),
    action(5, 'concat', [published(open), published(ages)]),
    action(6, 'mul', published(ages), one),
    action(7, 'add', published(ages), zero),
    action(8, 'zerosLike', published(ages)),
    action(9, 'maximum', published(ages), published(ages)),
    action(10, 'expandDims', published(ages), 0),
    action(11, 'transpose', published(matrix)),
    action(12, 'sub', published(ages), published(ages)),
    action(13, 'where', floats([1, 1, 1, 1, 1, 1]), published(ages), published(ages)),
  ];
  const heard = await scene.tell(...derived);
  // The condition of `where` must be a bool: one that is none makes nothing.
  expect(heard).toEqual([fault(13, 'bad-argument')]);
  await areUnreadable(scene, ...derived.slice(0, -1).map(({ id }) => own(id)));
});

attack('B1', 'by every op that may be called on it', async (scene) => {
  // With as many tensors as it has parameters for tensors, and small numbers for the others.
  const calls = allowedOps.flatMap(({ name, params }, at) => {
    if (!params.some(({ kind }) => kind === 'tensor' || kind === 'tensors')) return [];
    const words = params.map(({ kind, optional, choices }) => {
      if (optional) return undefined;
      if (kind === 'tensor') return published(ages);
      if (kind === 'tensors') return [published(ages), published(ages)];
      if (kind === 'choice' || kind === 'dtype' || kind === 'equation')
        return choices?.[0] ?? 'a->a';
      if (kind === 'flag') return false;
      return kind === 'shape' || kind === 'integers' || kind === 'pairs' ? [1] : 1;
    });
    return [action(1 + at, name, ...words)];
  });
  const faults = await scene.tell(...calls);
  const refused = new Set(faults.map((heard) => (heard.kind === 'fault' ? heard.about : 0)));
  const made = calls.filter(({ id }) => !refused.has(id));
  expect(made.length).toBeGreaterThan(60);
  // One of the two names is none: an op gives one value, or a list of them.
  for (const { id } of made) {
    const heard = await scene.tell(get(scene.id(), own(id)), get(scene.id(), own(id, 0)));
    const codesOf = heard.map((message) => message.kind === 'failed' && message.code);
    expect(codesOf.sort()).toEqual(['no-object', 'not-released']);
  }
});

attack(
  'B2',
  'a value of ones, by ops, by a loop, by an upload that is one’s own',
  async (scene) => {
    const { eve } = scene;
    const fill = plan([float(6), float(6), ints([0], []).meta], [node('add', 0, 1)], [3]);
    const loop = plan(
      [float(6), float(6)],
      [{ kind: 'loop', plan: 0, count: 3, carried: [0], fixed: [1] }],
      [2],
      { plans: [fill] },
    );
    await scene.tell(
      action(1, 'ones', [6], 'float32'),
      action(2, 'add', own(1), published(ages)),
      define(3, loop),
      call(4, 3, [own(1), published(ages)]),
      action(5, 'tensorScatterUpdate', own(1), ints([0], [1, 1]), own(2)),
      action(6, 'concat', [own(1), published(ages)]),
    );
    await areUnreadable(scene, own(2), own(4), own(6));
    // What was made of nothing is as it was.
    await scene.tell(get(scene.id(), own(1)));
    expect(payloads(eve)).toEqual([[1, 1, 1, 1, 1, 1]]);
  },
);

// ---- training and gradients --------------------------------------------------------------------------------------

/** (w, X [6, 2]) → mean((X · w)²), and its gradient by w. */
const loss = plan(
  [float(2, 1), float(6, 2)],
  [node('matMul', 1, 0), node('square', 2), node('mean', 3)],
  [4],
);
const gradient = plan(
  [float(2, 1), float(6, 2)],
  [{ kind: 'grads', plan: 0, args: [0, 1], wrt: [0], dy: undefined }],
  [2, 3],
  { plans: [loss] },
);

/** The same as a step of training with momentum: (w, m, X) → (w − m, m / 2 + g, loss). */
const batch = 2;
const batchLoss = plan(
  [float(2, 1), float(batch, 2)],
  [node('matMul', 1, 0), node('square', 2), node('mean', 3)],
  [4],
);
const step = plan(
  [float(2, 1), float(2, 1), float(batch, 2)],
  [
    { kind: 'grads', plan: 0, args: [0, 2], wrt: [0], dy: undefined },
    node('add', 1, 4),
    node('sub', 0, 5),
  ],
  [6, 5, 3],
  { plans: [batchLoss] },
);

async function sendWeights({ eve }: Scene, id: number): Promise<void> {
  const weights = floats([0.5, -0.5], [2, 1]);
  eve.say(await put(id, weights));
  await eve.link.sendPayload(id, weights.bytes);
  await eve.quiet();
}

attack('B3', 'an optimizer’s step makes new versions, which are private', async (scene) => {
  await sendWeights(scene, 1);
  await scene.tell(
    define(2, gradient),
    call(3, 2, [own(1), published(matrix)]),
    action(4, 'sub', own(1), own(3, 1)),
  );
  await areUnreadable(scene, own(3, 0), own(3, 1), own(4));
  await scene.tell(get(scene.id(), own(1)));
  expect(payloads(scene.eve)).toEqual([[0.5, -0.5]]);
});

attack('B4', 'weights, slots, checkpoints and reported losses are private', async (scene) => {
  await sendWeights(scene, 1);
  const run = train(3, 2, {
    state: [own(1), floats([0, 0], [2, 1])],
    data: [published(matrix)],
    batchSize: batch,
    epochs: 2,
    reportEvery: 1,
    checkpointEvery: 1,
  });
  const heard = await scene.tell(define(2, step), run);
  expect(heard.every(({ kind }) => kind === 'progress')).toBe(true);
  expect(heard.at(-1)).toMatchObject({ run: 3, step: 6, state: 'finished' });
  const ids = Array.from({ length: 40 }, (_, at) => 4 + at);
  const codesOf = await scene.tell(...ids.map((id) => get(1000 + id, own(id))), get(2000, own(3)));
  const found = new Set(codesOf.map((message) => message.kind === 'failed' && message.code));
  // Some ids are of what was replaced, or were never given.
  expect([...found].sort()).toEqual(['no-object', 'not-released']);
});

attack('B5', 'the gradient of a weight of one’s own by private data is private', async (scene) => {
  await sendWeights(scene, 1);
  const both = plan(
    [float(2, 1), float(6, 2)],
    [{ kind: 'grads', plan: 0, args: [0, 1], wrt: [0, 1], dy: undefined }],
    [2, 3, 4, 0],
    { plans: [loss] },
  );
  await scene.tell(define(2, both), call(3, 2, [own(1), published(matrix)]));
  await areUnreadable(scene, own(3, 0), own(3, 1), own(3, 2));
  await scene.tell(get(scene.id(), own(3, 3)));
  expect(payloads(scene.eve)).toEqual([[0.5, -0.5]]);
});

// ---- control, attributes and plans -------------------------------------------------------------------------------

for (const op of [
  'while',
  'cond',
  'whileLoop',
  'If',
  'Switch',
  'customGrad',
  'tidy',
  'nextFrame',
]) {
  attack('B8', `“${op}” is no op`, async (scene) => {
    expect(await scene.tell(action(1, op, published(ages)))).toEqual([fault(1, 'unsupported-op')]);
  });
}

attack(
  'B8',
  'a loop’s count, a run’s length and a stop are numbers of the message',
  async (scene) => {
    const counted = plan([float(6), ints([0], []).meta], [node('neg', 0)], [2]);
    const loop = (count: number): Plan =>
      plan([float(6)], [{ kind: 'loop', plan: 0, count, carried: [0], fixed: [] }], [1], {
        plans: [counted],
      });
    await scene.tell(define(1, loop(3)), call(2, 1, [published(ages)]));
    await areUnreadable(scene, own(2));
    // What is heard of a run follows from its length alone: nothing in it stops by values.
    const [weights, planId] = [scene.id(), scene.id()];
    await sendWeights(scene, weights);
    const heard = await scene.tell(
      define(planId, step),
      train(scene.id(), planId, {
        state: [own(weights), floats([Number.NaN, Number.NaN], [2, 1])],
        data: [published(matrix)],
        batchSize: batch,
        epochs: 3,
      }),
    );
    expect(heard).toHaveLength(9);
    expect(heard.at(-1)).toMatchObject({ step: 9, state: 'finished' });
  },
);

attack('B9', 'a shape, an axis, a bound, a size or a seed is no tensor', async (scene) => {
  const calls = [
    action(1, 'reshape', published(ages), published(ages)),
    action(2, 'sum', published(ages), published(matrix)),
    action(3, 'clipByValue', published(ages), published(codes), 1),
    action(4, 'topk', published(ages), published(codes)),
    action(5, 'oneHot', published(codes), published(codes)),
    action(6, 'randomNormal', [2], 0, 1, 'float32', published(codes)),
    action(7, 'tile', published(ages), published(codes)),
    action(8, 'slice', published(ages), published(codes), [1]),
    action(9, 'movingAverage', published(ages), published(ages), published(ages)),
  ];
  expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'bad-argument')));
});

const negate = plan([float(6)], [node('neg', 0)], [1]);

attack('B10', 'to plans, objects and outputs of others, or to none at all', async (scene) => {
  const { grace } = scene;
  await answers(grace, define(1, negate), action(2, 'neg', published(ages)));
  const heard = await scene.tell(
    define(3, negate),
    action(4, 'neg', published(ages)),
    call(10, 1, [published(ages)]),
    call(11, 4, [published(ages)]),
    call(12, 99, [published(ages)]),
    call(13, 3, [own(2)]),
    call(14, 3, [own(3)]),
    call(15, 3, [published(3)]),
    call(16, 3, [published(99)]),
    call(17, 3, [own(4, 0)]),
    call(18, 3, [own(18)]),
    get(19, own(3)),
    request(20, own(3)),
    action(21, 'neg', own(3)),
  );
  expect(heard).toEqual([
    ...[10, 11, 12, 13, 14, 15, 16, 17, 18].map((id) => fault(id, 'no-object')),
    failed(19, 'no-object'),
    fault(20, 'no-object'),
    fault(21, 'no-object'),
  ]);
  await answers(grace, get(5, own(2)));
  expect(grace.messages).toEqual([failed(5, 'not-released')]);
});

attack('B10', 'each call anew: what one may read says nothing of the next', async (scene) => {
  const two = plan([float(2)], [node('neg', 0)], [1, 0]);
  await scene.tell(
    define(1, two),
    call(2, 1, [published(open)]),
    action(3, 'slice', published(ages), [0], [2]),
    call(4, 1, [own(3)]),
  );
  await areUnreadable(scene, own(4, 0), own(4, 1));
  await scene.tell(get(scene.id(), own(2, 0)));
  expect(payloads(scene.eve)).toEqual([[-10, -20]]);
});

attack(
  'B10',
  'with more calls than a session may make',
  async (scene) => {
    const messages: ScientistMessage[] = [define(1, negate)];
    for (let id = 2; id < 20; id += 1) messages.push(call(id, 1, [published(ages)]));
    const heard = await scene.tell(...messages);
    expect(heard.length).toBeGreaterThan(0);
    for (const message of heard) expect(message).toMatchObject({ kind: 'fault', code: 'limit' });
    await scene.tell({
      kind: 'drop',
      ids: Array.from({ length: 8 }, (_, at) => 1 + at),
      parts: [],
    });
  },
  { limits: { objects: 12 } },
);

attack('B11', 'of an op or of a plan', async (scene) => {
  await scene.tell(
    action(1, 'split', published(ages), 3),
    action(2, 'topk', published(ages), 2),
    action(3, 'moments', published(ages)),
    action(4, 'unstack', published(matrix)),
    define(5, plan([float(6), float(2)], [node('sum', 0), node('neg', 1)], [2, 3, 0])),
    call(6, 5, [published(ages), published(open)]),
  );
  await areUnreadable(
    scene,
    ...[0, 1, 2].map((at) => own(1, at)),
    ...[2, 3].flatMap((id) => [own(id, 0), own(id, 1)]),
    ...[0, 1, 5].map((at) => own(4, at)),
    own(6, 0),
    own(6, 2),
  );
  // The output that nothing private leads to is readable, as if it had been computed by itself.
  await scene.tell(get(scene.id(), own(6, 1)));
  expect(payloads(scene.eve)).toEqual([[-10, -20]]);
});

attack(
  'B12',
  'what they write of a value is theirs alone, and goes along with nothing',
  async (scene) => {
    const { eve, grace, owner } = scene;
    eve.say({ ...(await put(1, openValues)), tags: ['ages', 'matrix'], description: 'the ages' });
    await eve.link.sendPayload(1, openValues.bytes);
    await eve.quiet();
    await scene.tell(
      action(2, 'slice', published(matrix), [0, 0], [1, 2]),
      action(3, 'mul', own(1), own(2)),
      request(4, own(3), { name: 'ages', reason: 'ages' }),
    );
    const [asked] = owner.requests.list();
    expect(asked?.sources.map(({ id, tags }) => ({ id, tags }))).toEqual([
      { id: `p${matrix}`, tags: ['matrix'] },
    ]);
    // Nobody else hears of it, and the catalogue is the owner's.
    expect(grace.arrivals).toEqual([]);
    const begun = await answers(grace, { kind: 'begin', epoch: 2 });
    const told = begun.flatMap((message) => (message.kind === 'catalogue' ? message.objects : []));
    expect(told.map(({ tags }) => [...tags])).toEqual([['ages'], ['open'], ['matrix'], ['codes']]);
    asked?.deny();
    scene.expectedLog.push('request', 'denied');
  },
);

attack('B13', 'a new value is made of what it says, whatever was dropped before', async (scene) => {
  const { eve, grace } = scene;
  for (let round = 0; round < 5; round += 1) {
    await answers(grace, action(100 + round, 'neg', published(ages)), {
      kind: 'drop',
      ids: [100 + round],
      parts: [],
    });
    const [dropped, made] = [scene.id(), scene.id()];
    await scene.tell(
      action(dropped, 'abs', published(ages)),
      { kind: 'drop', ids: [dropped], parts: [] },
      action(made, 'zeros', [6], 'float32'),
      get(scene.id(), own(made)),
      get(scene.id(), own(dropped)),
    );
    expect(payloads(eve)).toEqual([[0, 0, 0, 0, 0, 0]]);
    expect(eve.messages.at(-1)).toMatchObject({ kind: 'failed', code: 'no-object' });
  }
});

for (const op of ['buffer', 'empty', 'tensor', 'variable', 'engine.makeTensor']) {
  attack('B13', `“${op}” is no op`, async (scene) => {
    expect(await scene.tell(action(1, op, [6], 'float32'))).toEqual([fault(1, 'unsupported-op')]);
  });
}
