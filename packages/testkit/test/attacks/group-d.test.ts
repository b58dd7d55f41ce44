/** Learning of private values by anything but the values themselves. */

import { type Engine, whyDenied } from '@duet/ops';
import { digestOf, encodeStrings, type ScientistMessage, type TensorValue } from '@duet/protocol';
import { expect, it, vi } from 'vitest';
import { wrappedEngine } from '../../src/raw-pair';
import { failed, fault, payloads } from '../answers';
import { canary, wasSent } from '../canary';
import {
  action,
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
import { ages, attack, attackOnTwo, codes, matrix, open, openScene, type Scene } from './attack';
import { aggregates, metrics, patients, waitsForOwner, withPatients } from './patients';
import { turns } from './slow-engine';
import { titleOf } from './titles';

const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});

/** Engines in which an op leaves poison each time, as if they had run out of memory. */
const failing = (op: string) => (engine: Engine) =>
  wrappedEngine(engine, {
    run: (step) =>
      engine.run(step.kind === 'op' && step.op === op ? { ...step, op: 'matMul' } : step),
  });

/** Engines that take their time before they say that they are done. */
const slow = (engine: Engine) =>
  wrappedEngine(engine, {
    settled: async () => {
      await turns(50);
      return engine.settled();
    },
  });

// ---- D1 to D4: failing, shapes and odd numbers -------------------------------------------------------------------

/** Calls that fail in tfjs by the values of indices, sizes or segments. */
const indexed = (from: number): ScientistMessage[] => [
  action(from, 'gather', published(ages), published(codes)),
  action(from + 1, 'gather', published(open), published(codes)),
  action(from + 2, 'reshape', published(codes), [3, 2]),
  action(from + 3, 'gatherND', published(matrix), own(from + 2)),
  action(from + 4, 'unsortedSegmentSum', published(ages), published(codes), 3),
  action(from + 5, 'bincount', published(codes), floats([], [0]), 4),
  action(from + 6, 'oneHot', published(codes), 4),
  action(from + 7, 'reshape', published(codes), [6, 1]),
  action(from + 8, 'scatterND', own(from + 7), published(ages), [3]),
  action(from + 9, 'tensorScatterUpdate', floats([0, 0, 0]), own(from + 7), published(ages)),
  action(from + 10, 'sparseToDense', published(codes), published(ages), [4], floats([0], [])),
  action(
    from + 11,
    'image.cropAndResize',
    published(ages),
    published(matrix),
    published(codes),
    [2, 2],
  ),
];

attackOnTwo(['D1', 'D2'], 'indices outside of everything', async (scene) => {
  const heard = await scene.tell(...indexed(1));
  // What is refused is so by its shapes, whatever the values are.
  expect(heard.map((message) => message.kind === 'fault' && message.code)).toEqual(
    heard.map(() => 'bad-argument'),
  );
  expect(heard.length).toBeLessThan(4);
  const made = Array.from({ length: 12 }, (_, at) => get(100 + at, own(1 + at)));
  for (const message of await scene.tell(...made)) expect(message.kind).toBe('failed');
});

attack(
  'D1',
  'what the engine says when it fails stays with the owner',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(
      action(1, 'neg', published(matrix)),
      action(2, 'sum', own(1)),
      get(3, own(2)),
      request(4, own(2)),
      get(5, own(2), { request: 4 }),
    );
    expect(eve.messages).toEqual([failed(3, 'not-released')]);
    await owner.requests.at(0).accept();
    await eve.quiet();
    expect(eve.messages.slice(1)).toEqual([decision(4, 'accepted'), failed(5, 'op-failed')]);
    expect(wasSent(eve.wire, new TextEncoder().encode('matMul'))).toBe(false);
    scene.expectedLog.push('request', 'accepted', 'release');
  },
  { wrapEngine: failing('neg') },
);

attackOnTwo(
  'D2',
  'failing in one of two worlds alone',
  async (scene) => {
    const { owner } = scene;
    await scene.tell(
      action(1, 'sqrt', published(ages)),
      action(2, 'sum', own(1)),
      get(3, own(1)),
      get(4, own(2)),
      request(5, own(2)),
      get(6, own(2), { request: 5 }),
    );
    owner.requests.at(0).deny('no');
    await scene.eve.quiet();
    expect(scene.eve.messages.at(-1)).toEqual(failed(6, 'denied'));
    scene.expectedLog.push('request', 'denied');
  },
  (isSecond) => (isSecond ? { wrapEngine: failing('sqrt') } : {}),
);

const shapesByValues = [
  'booleanMaskAsync',
  'whereAsync',
  'unique',
  'setdiff1dAsync',
  'image.nonMaxSuppression',
  'image.nonMaxSuppressionAsync',
  'image.nonMaxSuppressionWithScore',
  'raggedGather',
  'raggedRange',
  'raggedTensorToTensor',
  'sparse.sparseFillEmptyRows',
  'sparse.sparseSegmentSum',
  'sparse.sparseSegmentMean',
  'sparse.sparseReshape',
  'string.stringSplit',
  'string.stringNGrams',
  'broadcastArgs',
];

attack(
  'D3',
  'no op whose result is as large as values say may be called, singly or in a plan',
  async (scene) => {
    const calls = shapesByValues.map((op, at) =>
      action(1 + at, op, published(ages), published(ages)),
    );
    expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'unsupported-op')));
    const plans = shapesByValues.map((op, at) =>
      define(100 + at, plan([float(6), float(6)], [node(op, 0, 1)], [2])),
    );
    expect(await scene.tell(...plans)).toEqual(plans.map(({ id }) => fault(id, 'unsupported-op')));
    for (const op of shapesByValues) expect(whyDenied(op)).not.toBeUndefined();
  },
);

attackOnTwo('D3', 'the shape of what may be called follows from shapes', async (scene) => {
  const heard = await scene.tell(
    action(1, 'topk', published(ages), 3),
    action(2, 'image.nonMaxSuppressionPadded', published(matrix), published(ages), 2),
    action(3, 'greater', published(ages), floats([0], [])),
    action(4, 'where', own(3), published(ages), floats([0], [])),
    action(5, 'concat', [published(ages), own(4)]),
    get(6, own(5)),
  );
  expect(heard.at(-1)).toEqual(failed(6, 'not-released'));
});

attackOnTwo(
  'D4',
  'divisions by nothing, overflows and what is computed from them',
  async (scene) => {
    const { owner } = scene;
    await scene.tell(
      action(1, 'step', published(ages)),
      action(2, 'div', floats([0], []), own(1)),
      action(3, 'mean', own(2)),
      action(4, 'isNaN', own(3)),
      action(5, 'mul', published(ages), floats([3e38], [])),
      action(6, 'cast', own(5), 'int32'),
      action(7, 'cast', published(matrix), 'int32'),
      get(8, own(3)),
      get(9, own(4)),
      get(10, own(6)),
      request(11, own(3)),
      get(12, own(3), { request: 11 }),
    );
    expect(scene.eve.messages).toEqual([8, 9, 10].map((id) => failed(id, 'not-released')));
    owner.requests.at(0).deny();
    await scene.eve.quiet();
    scene.expectedLog.push('request', 'denied');
  },
);

attack(
  'D4',
  'no handler for aggregates or metrics lets such an answer go',
  async (scene) => {
    const { X } = patients(scene.owner);
    await scene.tell(
      action(1, 'step', published(X)),
      action(2, 'div', floats([0], []), own(1)),
      action(3, 'mean', own(2), [0]),
      action(4, 'isNaN', own(3)),
      action(5, 'cast', published(X), 'int32'),
      action(6, 'mean', own(5), [0]),
    );
    expect(scene.eve.messages).toEqual([]);
    for (const id of [3, 4, 6]) await waitsForOwner(scene, id, 'record');
  },
  withPatients(aggregates, metrics(100)),
);

// ---- D5 to D8: time, counters, lengths, answers ------------------------------------------------------------------

attackOnTwo(
  'D5',
  'ops are never answered, so nothing says when one is done',
  async (scene) => {
    const steps = Array.from({ length: 30 }, (_, at) => action(2 + at, 'abs', own(1 + at)));
    const heard = await scene.tell(
      action(1, 'matMul', published(matrix), published(matrix), false, true),
      ...steps,
      get(100, published(open)),
      get(101, own(31)),
    );
    expect(heard).toMatchObject([{ kind: 'value', get: 100 }, failed(101, 'not-released')]);
  },
  (isSecond) => (isSecond ? { wrapEngine: slow } : {}),
);

attackOnTwo(
  'D5',
  'progress of a run comes after fixed counts of steps',
  async (scene) => {
    const step = plan([float(), float(2)], [node('mean', 1), node('add', 0, 2)], [3, 2]);
    const heard = await scene.tell(
      define(1, step),
      train(2, 1, {
        state: [floats([0], [])],
        data: [published(ages)],
        batchSize: 2,
        epochs: 4,
        progressEvery: 5,
      }),
    );
    expect(heard.map((message) => message.kind === 'progress' && message.step)).toEqual([
      3, 5, 6, 9, 10, 12,
    ]);
  },
  (isSecond) => (isSecond ? { wrapEngine: slow } : {}),
);

attackOnTwo(
  'D6',
  'limits are met by declared sizes, and nothing tells how much is left',
  async (scene) => {
    const heard = await scene.tell(
      ...Array.from({ length: 12 }, (_, at) => action(1 + at, 'neg', published(ages))),
      { kind: 'begin', epoch: 2 },
    );
    expect(heard.slice(0, 4)).toEqual([9, 10, 11, 12].map((id) => fault(id, 'limit')));
    expect(Object.keys(heard[4] ?? {}).sort()).toEqual([
      'backend',
      'catalogues',
      'epoch',
      'keepMs',
      'kind',
      'lacking',
      'mine',
      'nextId',
      'opCost',
      'planCost',
      'runCost',
    ]);
  },
  () => ({ limits: { bytes: 8 * 24 } }),
);

attack('D6', 'counters of tfjs are no ops', async (scene) => {
  const names = ['memory', 'engine', 'profile', 'time', 'numTensors', 'env', 'backend', 'ready'];
  const calls = names.map((name, at) => action(1 + at, name));
  expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'unsupported-op')));
});

/** The lengths of what reached Eve, frame by frame. */
const lengths = ({ eve }: Scene) =>
  eve.wire.log.filter(({ lane }) => lane === 'aToB').map(({ frame }) => frame.length);

it(
  titleOf('D7', 'a released payload is as long as its shape says, whatever is in it'),
  async () => {
    const worlds: readonly (readonly [TensorValue, TensorValue])[] = [
      [floats(new Array(3000).fill(0)), encodeStrings(['', '', ''], [3], 40)],
      [
        floats(Array.from({ length: 3000 }, (_, at) => Math.sin(at))),
        encodeStrings(['a', 'what is longer than the others', 'ü'], [3], 40),
      ],
    ];
    const seen: number[][] = [];
    for (const [numbers, words] of worlds) {
      const scene = await openScene();
      const [first, second] = [numbers, words].map((value) => scene.owner.store.add(value).number);
      await scene.tell(
        request(1, published(first ?? 0)),
        get(2, published(first ?? 0), { request: 1 }),
        request(3, published(second ?? 0)),
        get(4, published(second ?? 0), { request: 3 }),
      );
      for (const asked of scene.owner.requests.list()) await asked.accept();
      await scene.eve.quiet();
      expect(scene.eve.arrivals.filter(({ kind }) => kind === 'payload')).toHaveLength(2);
      seen.push(lengths(scene));
      await scene.pair.close();
    }
    expect(seen[1]).toEqual(seen[0]);
  },
);

attack(
  'D8',
  'a handler denies in the owner’s words, and a failed value like any other',
  async (scene) => {
    const { eve, owner } = scene;
    const ask = (from: number, op: string) => [
      action(from, op, published(ages)),
      request(from + 1, own(from)),
      get(from + 2, own(from), { request: from + 1 }),
    ];
    const denied = (from: number) => [decision(from + 1, 'denied'), failed(from + 2, 'denied')];
    await scene.tell(...ask(10, 'abs'), ...ask(20, 'neg'));
    for (const asked of owner.requests.list()) asked.deny();
    await eve.quiet();
    expect(eve.messages).toEqual([...denied(10), ...denied(20)]);
    owner.requests.addHandler({ action: 'deny' });
    expect(await scene.tell(...ask(30, 'abs'), ...ask(40, 'neg'))).toEqual([
      ...denied(30),
      ...denied(40),
    ]);
    const handled = ['request', 'denied'] as const;
    scene.expectedLog.push('request', 'request', 'denied', 'denied', ...handled, ...handled);
  },
  { wrapEngine: failing('neg') },
);

attack('D9', 'an index outside is moved inside, on every backend alike', async (scene) => {
  const { eve } = scene;
  const indices = ints([424242, -7, 1]);
  eve.say(await put(1, indices));
  await eve.link.sendPayload(1, indices.bytes);
  await scene.tell(
    action(2, 'gather', published(open), own(1)),
    action(3, 'oneHot', own(1), 4),
    action(4, 'cast', own(3), 'float32'),
    action(5, 'sum', own(4)),
    get(6, own(2)),
    get(7, own(5)),
  );
  expect(payloads(eve)).toEqual([[20, 10, 20], [1]]);
});

// ---- D10 to D12: digests, caches, logs ---------------------------------------------------------------------------

attack('D10', 'no digest of a private value leaves before the value does', async (scene) => {
  const { eve, owner, secrets } = scene;
  await scene.tell(
    request(1, published(ages)),
    get(2, published(ages), { request: 1 }),
    request(3, published(matrix)),
    get(4, published(codes)),
  );
  await owner.requests.at(0).preview();
  const [first, second] = owner.requests.list();
  first?.deny();
  await second?.accept();
  await eve.quiet();
  expect(eve.messages.map(({ kind }) => kind)).toEqual([
    'failed',
    'decision',
    'failed',
    'decision',
  ]);
  for (const { bytes } of secrets) expect(wasSent(eve.wire, await digestOf(bytes))).toBe(false);
  for (const { bytes } of secrets) {
    const plain = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
    expect(wasSent(eve.wire, plain)).toBe(false);
  }
  scene.openGrants = 1;
  scene.expectedLog.push('request', 'request', 'denied', 'accepted');
});

attackOnTwo('D11', 'sending what is there already is heard as anything else', async (scene) => {
  const { eve, secrets } = scene;
  // In the first of the two worlds this is what the owner has, and what is computed from it as well.
  const guess = canary([6], 1);
  eve.say(await put(1, guess));
  await eve.link.sendPayload(1, guess.bytes);
  expect(secrets[0]?.bytes).toHaveLength(guess.bytes.length);
  const heard = await scene.tell(
    action(2, 'neg', published(ages)),
    action(3, 'neg', own(1)),
    action(4, 'neg', published(ages)),
    get(5, own(2)),
    get(6, own(4)),
  );
  expect(heard).toEqual([failed(5, 'not-released'), failed(6, 'not-released')]);
});

attack(
  'D12',
  'nothing of a scientist’s reaches the console, and `print` is no op',
  async (scene) => {
    const { owner } = scene;
    const spoken: unknown[] = [];
    const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'table', 'dir'] as const;
    const spies = methods.map((method) =>
      vi
        .spyOn(console, method)
        .mockImplementation((...words: unknown[]) => void spoken.push(words)),
    );
    try {
      const heard = await scene.tell(
        action(1, 'print', published(ages)),
        action(2, 'neg', published(matrix)),
        action(3, 'gather', published(ages), published(codes)),
        get(4, own(2)),
        request(5, own(2), { name: '%s %o', reason: 'print me' }),
        { kind: 'drop', ids: [77], parts: [] },
      );
      expect(heard).toEqual([
        fault(1, 'unsupported-op'),
        failed(4, 'not-released'),
        fault(0, 'no-object'),
      ]);
      await owner.requests.at(0).preview();
      owner.requests.at(0).deny();
      await scene.eve.quiet();
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect(spoken).toEqual([]);
    scene.expectedLog.push('request', 'denied');
  },
  { wrapEngine: failing('neg') },
);
