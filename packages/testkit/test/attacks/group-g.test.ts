/** Keeping the owner's tab busy, or full. */

import { DuetError, limits, type Plan, type ScientistMessage } from '@duet/protocol';
import { expect } from 'vitest';
import { until } from '../../src/pair';
import { answers, fault, payloads } from '../answers';
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
import { ages, attack, codes, goesOn, isServed, matrix, open, openValues } from './attack';
import { frame, nextSequence, raw } from './raw-frames';
import { turns } from './slow-engine';

const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});
const faults = (messages: readonly { id: number }[], code: string) =>
  messages.map(({ id }) => fault(id, code));
const dropped = (...ids: number[]): ScientistMessage => ({ kind: 'drop', ids, parts: [] });

// ---- G1 to G5, G12: what is refused before it runs ---------------------------------------------------------------

const huge = 2 ** 31 - 1;

attack('G1', 'is refused by its shape, before anything is made', async (scene) => {
  const calls = [
    action(1, 'zeros', [65_536, 65_536], 'float32'),
    action(2, 'ones', [huge], 'float32'),
    action(3, 'fill', [huge, 2], 1, 'int32'),
    action(4, 'eye', 100_000, 100_000),
    action(5, 'randomNormal', [50_000, 50_000], 0, 1, 'float32', 1),
    action(6, 'range', 0, huge, 1, 'int32'),
    action(7, 'linspace', 0, 1, huge),
  ];
  expect(await scene.tell(...calls)).toEqual(faults(calls, 'too-large'));
  expect(scene.owner.objectCount).toBe(scene.owner.store.objects.length);
});

attack('G2', 'by every op that makes much of little', async (scene) => {
  const image = floats([1, 2, 3, 4], [1, 2, 2, 1]);
  const calls = [
    action(1, 'tile', published(ages), [100_000_000]),
    action(2, 'pad', published(ages), [1_000_000_000, 0]),
    action(3, 'mirrorPad', published(ages), [huge, 0], 'reflect'),
    action(4, 'broadcastTo', published(ages), [1_000_000, 1000, 6]),
    action(5, 'oneHot', published(codes), 1_000_000_000),
    action(6, 'image.resizeBilinear', image, [100_000, 100_000]),
    action(7, 'image.resizeNearestNeighbor', image, [100_000, 100_000]),
    action(8, 'unsortedSegmentSum', published(ages), published(codes), huge),
    action(9, 'bincount', published(codes), floats([], [0]), huge),
    action(10, 'scatterND', ints([0], [1, 1]), floats([1]), [huge]),
    action(11, 'sparseToDense', ints([0]), floats([1]), [huge], floats([0], [])),
    action(12, 'spaceToBatchND', image, [2, 2], [1_000_000, 1_000_000, 1_000_000, 1_000_000]),
    action(
      13,
      'conv2dTranspose',
      image,
      floats([1], [1, 1, 1, 1]),
      [1, 100_000, 100_000, 1],
      [1, 1],
      'same',
    ),
    action(
      14,
      'image.cropAndResize',
      image,
      floats([0, 0, 1, 1], [1, 4]),
      ints([0]),
      [100_000, 100_000],
    ),
    action(15, 'signal.hannWindow', huge),
    action(16, 'gather', published(ages), published(codes), huge),
  ];
  const heard = await scene.tell(...calls);
  expect(heard.map((message) => message.kind === 'fault' && message.about)).toEqual(
    calls.map(({ id }) => id),
  );
  const codesOf = heard.map((message) => message.kind === 'fault' && message.code);
  expect(new Set(codesOf)).toEqual(new Set(['too-large', 'bad-argument']));
  expect(codesOf.filter((code) => code === 'too-large').length).toBeGreaterThan(10);
});

attack(
  ['G2', 'G5'],
  'a thousand outputs and hundreds of operands are counted and freed',
  async (scene) => {
    const { owner } = scene;
    await scene.tell(
      action(1, 'zeros', [limits.outputs, 2], 'float32'),
      action(2, 'unstack', own(1)),
      action(3, 'unstack', own(1)),
    );
    expect(scene.eve.messages).toEqual([fault(3, 'limit')]);
    expect(owner.objectCount).toBe(owner.store.objects.length + 1 + limits.outputs);
    const operands = Array.from({ length: limits.operands }, (_, at) => own(2, at));
    await scene.tell(action(4, 'stack', operands), action(5, 'addN', operands));
    expect(scene.eve.messages).toEqual([]);
    await scene.tell(dropped(1, 2, 4, 5));
    expect(owner.objectCount).toBe(owner.store.objects.length);
  },
  { limits: { objects: 2000 } },
);

const rawAction = (id: number, op: string, ...args: readonly object[]) =>
  raw({ action: { id, op, args: [...args] } });

attack('G3', 'windows that do not move on, and draws that never fit', async (scene) => {
  const calls = [
    action(1, 'signal.frame', published(ages), 2, 0),
    action(2, 'signal.frame', published(ages), 2, -1),
    action(3, 'signal.frame', published(ages), 0, 0),
    action(4, 'signal.stft', published(ages), 2, 0),
    action(5, 'range', 0, 10, 0),
    action(6, 'dropout', published(ages), 1.5),
    action(7, 'truncatedNormal', [2], 0, -1, 'float32', 1),
  ];
  expect(await scene.tell(...calls)).toEqual(faults(calls, 'bad-argument'));
  const shape = { numbers: { items: [2] } };
  const [zero, nan] = [{ number: 0 }, { number: Number.NaN }];
  expect(
    await scene.tellBytes(
      rawAction(8, 'truncatedNormal', shape, zero, nan),
      rawAction(9, 'truncatedNormal', shape, nan, { number: 1 }),
    ),
  ).toEqual([fault(0, 'bad-message'), fault(0, 'bad-message')]);
  // A spread of nothing is drawn from, and ends.
  await scene.tell(action(10, 'truncatedNormal', [2], 5, 0, 'float32', 1), get(11, own(10)));
  expect(scene.eve.messages).toHaveLength(1);
});

attack(
  'G4',
  'products and convolutions over what one op may cost',
  async (scene) => {
    const calls = [
      action(2, 'matMul', own(1), own(1)),
      action(4, 'conv2d', own(3), own(3), [1, 1], 'same'),
    ];
    const heard = await scene.tell(
      action(1, 'zeros', [500, 500], 'float32'),
      ...calls.slice(0, 1),
      action(3, 'zeros', [20, 20, 20, 20], 'float32'),
      ...calls.slice(1),
    );
    expect(heard).toEqual(faults(calls, 'too-costly'));
  },
  { limits: { opCost: 5e6 } },
);

const counted = (inner: Plan, count: number): Plan =>
  plan(
    [float(6), ints([0], []).meta],
    [{ kind: 'loop', plan: 0, count, carried: [0], fixed: [] }],
    [2],
    {
      plans: [inner],
    },
  );
const negated = plan([float(6), ints([0], []).meta], [node('neg', 0)], [2]);

attack(
  'G5',
  'loops in loops, plans in plans, plans beside plans',
  async (scene) => {
    const many = plan(
      [float(6)],
      Array.from({ length: 4000 }, (_, at) => node('neg', at)),
      [4000],
    );
    let deep = plan([float(6)], [node('neg', 0)], [1]);
    for (let depth = 0; depth < limits.planDepth; depth += 1) {
      deep = plan([float(6)], [{ kind: 'call', plan: 0, args: [0] }], [1], { plans: [deep] });
    }
    const around = counted(counted(counted(negated, 65_536), 65_536), 65_536);
    const loops = plan(
      [float(6)],
      [{ kind: 'loop', plan: 0, count: 2, carried: [0], fixed: [] }],
      [1],
      {
        plans: [around],
      },
    );
    expect(await scene.tell(define(1, loops), call(2, 1, [published(ages)]))).toEqual([
      fault(1, 'too-costly'),
      fault(2, 'no-object'),
    ]);
    // Deeper than may be is no message at all.
    expect(await scene.tell(define(3, deep))).toEqual([fault(0, 'bad-message')]);
    expect(await scene.tell(define(4, many), define(5, many), define(6, many))).toEqual([
      fault(6, 'limit'),
    ]);
    await scene.tell(dropped(4, 5));
    expect(scene.eve.peer.session?.planCount).toBe(0);
  },
  { limits: { plans: 2 } },
);

attack('G5', 'thousands of ops in a row are answered in their order', async (scene) => {
  const count = 3000;
  const steps = Array.from({ length: count }, (_, at) => [
    action(2 + at, 'neg', at === 0 ? published(ages) : own(1 + at)),
    ...(at > 0 ? [dropped(1 + at)] : []),
  ]).flat();
  scene.eve.say(...steps, get(scene.id(), own(count + 1)));
  await until(() => scene.eve.messages.length > 0);
  expect(scene.eve.messages).toMatchObject([{ kind: 'failed', code: 'not-released' }]);
  expect(scene.owner.objectCount).toBe(scene.owner.store.objects.length + 1);
});

const meanStep = plan([float(), float(2)], [node('mean', 1), node('add', 0, 2)], [3, 2]);
const run = (id: number, planId: number, more: Parameters<typeof train>[2]) =>
  train(id, planId, { state: [floats([0], [])], data: [published(ages)], batchSize: 2, ...more });

attack('G12', 'a thousand million epochs, reports without end', async (scene) => {
  expect(
    await scene.tell(
      define(1, meanStep),
      run(2, 1, { epochs: 1_000_000_000 }),
      run(3, 1, { epochs: 1_000_000, reportEvery: 1 }),
    ),
  ).toEqual([fault(2, 'limit'), fault(3, 'limit')]);
  expect(scene.owner.runs).toEqual([]);
});

attack(
  'G12',
  'steps that are cheap, and too many',
  async (scene) => {
    expect(await scene.tell(define(1, meanStep), run(2, 1, { epochs: 1000 }))).toEqual([
      fault(2, 'too-costly'),
    ]);
    expect(scene.owner.runs).toEqual([]);
  },
  { limits: { runCost: 1000 } },
);

attack('G12', 'the owner ends a long one, and others are served meanwhile', async (scene) => {
  const { eve, grace, owner } = scene;
  eve.say(
    define(1, meanStep),
    run(2, 1, { epochs: 100_000, reportEvery: 1_000_000, progressEvery: 50 }),
  );
  await until(() => eve.messages.length > 2);
  await isServed(grace, owner);
  owner.runs[0]?.stop();
  await until(() => owner.runs.length === 0);
  await eve.quiet();
  expect(eve.messages.at(-1)).toMatchObject({ kind: 'progress', run: 2, state: 'stopped' });
});

// ---- G6 to G8: filling up ----------------------------------------------------------------------------------------

attack(
  'G6',
  'D94 are refused beyond the limit of objects, and go with the session',
  async (scene) => {
    const { owner } = scene;
    const made = Array.from({ length: 30 }, (_, at) => action(1 + at, 'neg', published(ages)));
    expect(await scene.tell(...made)).toEqual(faults(made.slice(20), 'limit'));
    expect(owner.objectCount).toBe(owner.store.objects.length + 20);
    await scene.tell({ kind: 'begin', epoch: 2 });
    expect(owner.objectCount).toBe(owner.store.objects.length);
  },
  { limits: { objects: 20 } },
);

attack(
  'G6',
  'D94 are refused beyond the limit of bytes, by ops, uploads and plans alike',
  async (scene) => {
    const { eve } = scene;
    await scene.tell(action(1, 'zeros', [200], 'float32'));
    const bulky = floats(new Array(100).fill(1));
    eve.say(await put(2, bulky));
    await eve.link.sendPayload(2, bulky.bytes);
    const fill = plan([float(6)], [node('zeros', [100], 'float32')], [1]);
    await scene.tell(
      define(3, fill),
      call(4, 3, [published(ages)]),
      action(5, 'ones', [100], 'float32'),
    );
    expect(eve.messages).toEqual([fault(2, 'limit'), fault(4, 'limit'), fault(5, 'limit')]);
    expect(await scene.tell(action(6, 'neg', own(2)))).toEqual([fault(6, 'no-object')]);
    await scene.tell(dropped(1));
  },
  { limits: { bytes: 1000 } },
);

attack(
  'G6',
  'ops that give nothing use ids up, and those are limited too',
  async (scene) => {
    await scene.tell(action(1, 'zeros', [0, 3], 'float32'));
    const empty = Array.from({ length: 30 }, (_, at) => action(2 + at, 'unstack', own(1)));
    expect(await scene.tell(...empty)).toEqual(faults(empty.slice(19), 'limit'));
    await scene.tell(dropped(...Array.from({ length: 20 }, (_, at) => 1 + at)));
  },
  { limits: { objects: 20 } },
);

attack(
  'G7',
  'in the middle of a session: nothing of the owner’s is lost, and nobody hears',
  async (scene) => {
    const { eve, grace, owner } = scene;
    eve.say(await put(1, openValues));
    await eve.link.sendPayload(1, openValues.bytes);
    await scene.tell(
      action(2, 'neg', own(1)),
      action(3, 'sum', published(matrix)),
      request(4, own(3)),
    );
    const before = (await owner.requests.at(0).preview())?.bytes;
    eve.peer.endComputation();
    await eve.quiet();
    expect(eve.messages).toEqual([]);
    expect((await owner.requests.at(0).preview())?.bytes).toEqual(before);
    owner.requests.at(0).deny();
    await scene.tell(get(5, own(2)), get(6, published(open)));
    expect(payloads(eve)).toEqual([
      [-10, -20],
      [10, 20],
    ]);
    await goesOn(grace);
    scene.expectedLog.push('request', 'denied');
  },
);

attack('G8', 'who makes the owner’s side talk and never listens is cut off', async (scene) => {
  const { eve, owner } = scene;
  const extras = Array.from({ length: 200 }, () => owner.store.add(openValues));
  await eve.quiet();
  eve.wire.aToB.hold();
  for (let epoch = 2; epoch < 1000; epoch += 1) eve.say({ kind: 'begin', epoch });
  await until(() => eve.peer.status === 'left');
  expect(eve.peer.leftBecause?.code).toBe('limit');
  for (const { id } of extras) owner.store.remove(id);
});

attack('G8', 'messages beyond the credit end the link', async (scene) => {
  const { eve, owner } = scene;
  // The session has a moment's work, so that nothing is handled and no credit comes back.
  scene.slow.hold();
  await answers(eve, request(1, published(ages)));
  const accepted = owner.requests.at(0).accept();
  const some = Array.from({ length: limits.messageCredit / 2 }, () => ['message', 0] as const);
  for (let at = 0; at < 3; at += 1) eve.wire.b.send(frame(nextSequence(eve), ...some));
  await until(() => eve.peer.status === 'left');
  expect(eve.peer.leftBecause?.code).toBe('bad-message');
  scene.slow.go();
  await accepted.catch(() => undefined);
  scene.expectedLog.push('request', 'left');
});

// ---- G9, G10: who takes nothing, and who fills logs --------------------------------------------------------------

attack(
  ['G9', 'H12'],
  'an upload that never comes holds up its sender alone, not the owner’s decisions',
  async (scene) => {
    const { eve, grace, owner } = scene;
    await scene.tell(request(1, published(ages)), request(2, published(matrix)));
    eve.say(await put(3, openValues), action(4, 'neg', own(3)), get(5, own(4)));
    await turns();
    const [one, two] = owner.requests.list();
    one?.deny('no');
    two?.deny('no');
    await turns();
    expect(eve.messages).toEqual([decision(1, 'denied', 'no'), decision(2, 'denied', 'no')]);
    await goesOn(grace);
    // What waits is answered when it comes, in its order.
    await eve.link.sendPayload(3, openValues.bytes);
    await eve.quiet();
    expect(payloads(eve)).toEqual([[-10, -20]]);
    scene.expectedLog.push('request', 'request', 'denied', 'denied');
  },
);

attack('G9', 'values that are never taken hold up their receiver alone', async (scene) => {
  const { eve, grace, owner } = scene;
  await scene.tell(request(1, published(ages)), request(2, published(matrix)));
  await scene.tell(action(3, 'zeros', [20_000], 'float32'));
  // From here on nothing reaches them, and so nothing is given back.
  eve.wire.aToB.hold();
  const gets = Array.from({ length: 3 * limits.transfers }, (_, at) => get(10 + at, own(3)));
  eve.say(...gets, action(100, 'neg', published(open)), get(101, own(100)));
  await turns(200);
  const [one, two] = owner.requests.list();
  await one?.accept();
  two?.deny('no');
  await goesOn(grace);
  eve.wire.aToB.release();
  await eve.quiet();
  expect(eve.messages).toContainEqual(decision(1, 'accepted'));
  expect(eve.messages).toContainEqual(decision(2, 'denied', 'no'));
  expect(payloads(eve)).toHaveLength(gets.length + 1);
  expect(payloads(eve).at(-1)).toEqual([-10, -20]);
  scene.openGrants = 1;
  scene.expectedLog.push('request', 'request', 'accepted', 'denied');
});

attack('G9', 'gets that wait for one accept do not keep it waiting', async (scene) => {
  const { eve, owner } = scene;
  await scene.tell(action(3, 'zeros', [20_000], 'float32'));
  await scene.tell(action(4, 'sum', published(ages)), request(5, own(4)));
  await scene.tell(get(6, own(4), { request: 5 }), get(7, own(4), { request: 5 }));
  eve.wire.aToB.hold();
  eve.say(...Array.from({ length: limits.transfers }, (_, at) => get(10 + at, own(3))));
  await turns(100);
  await owner.requests.at(0).accept();
  eve.wire.aToB.release();
  await eve.quiet();
  expect(payloads(eve)).toHaveLength(limits.transfers + 2);
  scene.expectedLog.push('request', 'accepted', 'release');
});

attack('G10', 'a local log that a scientist fills by asking keeps the newest', async (scene) => {
  const { eve, owner } = scene;
  owner.requests.addHandler({ action: 'deny', logLocal: true });
  const count = limits.localLogEntries + 50;
  const asked = Array.from({ length: count }, (_, at) => request(at + 1, published(ages)));
  await scene.tell(...asked);
  expect(eve.messages).toHaveLength(count);
  expect(owner.requests.log).toHaveLength(limits.localLogEntries);
  expect(owner.requests.log.at(-1)?.request).toBe(`r${count}`);
  scene.expectedLog.push(...asked.flatMap(() => ['request', 'denied'] as const));
});

attack(
  'G5',
  'more ops and calls than a session may make are refused',
  async (scene) => {
    const made = Array.from({ length: 8 }, (_, at) => action(1 + at, 'neg', published(ages)));
    expect(await scene.tell(...made)).toEqual(faults(made.slice(5), 'limit'));
    // A link of her own goes on, with a session of its own.
    scene.eve.link.close(new DuetError('closed'));
    await scene.eve.peer.session?.freed;
  },
  { limits: { actions: 5 } },
);

attack(
  'G6',
  'one object with more elements than one may have',
  async (scene) => {
    const { eve } = scene;
    const large = floats(new Array(13).fill(1));
    eve.say(await put(1, large));
    await eve.link.sendPayload(1, large.bytes);
    await scene.tell(action(2, 'zeros', [13], 'float32'), action(3, 'neg', published(matrix)));
    expect(eve.messages).toEqual([fault(1, 'limit'), fault(2, 'limit')]);
  },
  { limits: { elements: 12 } },
);

attack(
  'G8',
  'more messages than a session may have end the link',
  async (scene) => {
    const eve = await scene.join('eve');
    for (let id = 1; id < 60; id += 1) eve.say(get(id, published(ages)));
    await until(() => eve.peer.status === 'left');
    expect(eve.peer.leftBecause?.code).toBe('limit');
  },
  { limits: { messages: 40 } },
);
