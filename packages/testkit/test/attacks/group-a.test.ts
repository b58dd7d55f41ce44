/** Reaching for objects, decisions and grants that are not one's own. */

import {
  decodeOwnerMessage,
  encodeOwnerMessage,
  encodeScientistMessage,
  type OwnerMessage,
  type TensorValue,
} from '@duet/protocol';
import { expect } from 'vitest';
import { answers, failed, fault, payloads } from '../answers';
import {
  action,
  call,
  define,
  float,
  floats,
  get,
  node,
  own,
  plan,
  published,
  put,
  request,
  train,
} from '../words';
import { ages, attack, codes, hidden, matrix, open, openValues, type Scene } from './attack';
import { turns } from './slow-engine';

const refused = (...ids: number[]) => ids.map((id) => failed(id, 'not-released'));
const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: { code: string }) => error.code,
  );

// ---- A1 to A3: reading -------------------------------------------------------------------------------------------

attack('A1', 'by a get, with and without a request that was never made', async (scene) => {
  expect(
    await scene.tell(
      get(1, published(ages)),
      get(2, published(ages), { deleteAfter: true }),
      get(3, published(codes)),
      get(4, published(ages), { request: 99 }),
      { kind: 'confirm', get: 1 },
      { kind: 'collect', id: 5, kept: 1 },
      { kind: 'forget', kept: 1 },
    ),
  ).toEqual([
    ...refused(1, 2, 3),
    failed(4, 'no-request'),
    fault(1, 'no-object'),
    expect.objectContaining({ code: 'no-request' }),
    expect.objectContaining({ code: 'no-request' }),
  ]);
});

attack('A1', 'while a request for it waits, and after it was denied', async (scene) => {
  expect(await scene.tell(request(1, published(ages)), get(2, published(ages)))).toEqual(
    refused(2),
  );
  scene.owner.requests.at(0).deny('no');
  expect(await scene.tell(get(3, published(ages)))).toEqual([
    decision(1, 'denied', 'no'),
    ...refused(3),
  ]);
  scene.expectedLog.push('request', 'denied');
});

attack('A1', 'by each kind of message: only one kind of answer bears values', async (scene) => {
  const graph = plan([float(6)], [node('neg', 0)], [1]);
  const step = plan([float(), float(1)], [node('sum', 1)], [2, 2]);
  const heard: OwnerMessage[] = [];
  heard.push(
    ...(await scene.tell(
      action(1, 'neg', published(ages)),
      define(2, graph),
      call(3, 2, [published(ages)]),
      define(4, step),
      train(5, 4, { state: [floats([0], [])], data: [published(ages)], reportEvery: 1 }),
    )),
  );
  // While a run goes on its values are not there; when it is over they are as private as its data.
  heard.push(
    ...(await scene.tell(
      ...[own(1), own(3), own(5), own(6), published(ages)].map((ref, at) => get(100 + at, ref)),
      { kind: 'drop', ids: [1, 2, 3], parts: [] },
    )),
  );
  expect([...new Set(heard.map(({ kind }) => kind))].sort()).toEqual(['failed', 'progress']);
  expect(heard.filter(({ kind }) => kind === 'failed')).toEqual(refused(100, 101, 102, 103, 104));
});

attack('A2', 'by the name of someone whom the owner has given the value to', async (scene) => {
  const { grace, owner } = scene;
  await answers(grace, request(1, published(matrix)));
  await owner.requests.at(0).accept();
  await answers(grace, get(2, published(matrix)));
  expect(payloads(grace)).toHaveLength(1);
  const twin = await scene.join('grace', 'ab'.repeat(32));
  expect(twin.peer.name).toBe(grace.peer.name);
  expect(await answers(twin, get(1, published(matrix)))).toEqual(refused(1));
});

attack('A2', 'D19 by a field that says who asks', async (scene) => {
  const asked = encodeScientistMessage(get(1, published(ages)));
  // Field 12 of the message, and of the union: a fingerprint.
  const inside = Uint8Array.of(
    asked[0] ?? 0,
    (asked[1] ?? 0) + 4,
    ...asked.subarray(2),
    0x62,
    2,
    0x61,
    0x62,
  );
  const beside = Uint8Array.of(...asked, 0xfa, 1, 2, 0x61, 0x62);
  expect(await scene.tellBytes(inside, beside)).toEqual([
    fault(0, 'bad-message'),
    fault(0, 'bad-message'),
  ]);
});

attack('A3', 'is told in the same words, be it hidden, unknown or another’s', async (scene) => {
  await answers(scene.grace, action(1, 'neg', published(ages)), request(2, own(1)));
  expect(
    await scene.tell(
      get(11, published(hidden)),
      get(12, published(99)),
      get(13, own(1)),
      request(14, published(hidden)),
      request(15, published(99)),
      request(16, own(1)),
      action(17, 'neg', published(hidden)),
      action(18, 'neg', published(99)),
      action(19, 'neg', own(1)),
    ),
  ).toEqual([
    failed(11, 'no-object'),
    failed(12, 'no-object'),
    failed(13, 'no-object'),
    ...[14, 15, 16, 17, 18, 19].map((id) => fault(id, 'no-object')),
  ]);
  scene.owner.requests.at(0).deny();
});

// ---- A4 to A7: writing and deleting ------------------------------------------------------------------------------

attack('A4', 'D86 is not possible: what is sent lands among one’s own, once', async (scene) => {
  const { eve } = scene;
  eve.say(await put(ages, openValues));
  await eve.link.sendPayload(ages, openValues.bytes);
  await eve.quiet();
  expect(await scene.tell(get(10, published(ages)), get(11, own(ages)))).toMatchObject([
    failed(10, 'not-released'),
    { kind: 'value', get: 11 },
  ]);
  expect(await scene.tell(await put(ages, openValues))).toEqual([fault(ages, 'id-taken')]);
  await eve.link.sendPayload(ages, openValues.bytes);
  await eve.quiet();
});

attack('A5', 'D86 by any message that makes something', async (scene) => {
  const { eve } = scene;
  eve.say(await put(1, openValues), action(2, 'neg', published(open)));
  await eve.link.sendPayload(1, openValues.bytes);
  await eve.quiet();
  const graph = plan([float(6)], [node('neg', 0)], [1]);
  const heard = await scene.tell(
    define(3, graph),
    action(1, 'neg', published(open)),
    action(2, 'neg', published(ages)),
    action(3, 'neg', published(ages)),
    define(2, graph),
    call(2, 3, [published(ages)]),
    train(2, 3, {}),
    request(2, published(ages)),
    get(2, own(1)),
    get(10, own(1)),
    get(11, own(2)),
  );
  expect(heard).toMatchObject([
    ...[1, 2, 3, 2, 2, 2, 2].map((id) => fault(id, 'id-taken')),
    failed(2, 'id-taken'),
    { kind: 'value', get: 10 },
    { kind: 'value', get: 11 },
  ]);
  expect(payloads(eve)).toEqual([
    [10, 20],
    [-10, -20],
  ]);
});

attack('A6', 'D87 the owner’s objects, or another scientist’s', async (scene) => {
  const { grace, owner } = scene;
  await answers(grace, action(7, 'neg', published(open)));
  const objects = owner.objectCount;
  expect(
    await scene.tell(
      { kind: 'drop', ids: [ages, open, hidden, matrix, 7], parts: [] },
      { kind: 'drop', ids: [], parts: [{ id: 7, output: 0 }] },
      { kind: 'cancel', run: 7 },
    ),
  ).toEqual([fault(0, 'no-object'), fault(0, 'no-object'), fault(7, 'no-object')]);
  expect(owner.objectCount).toBe(objects);
  await answers(grace, get(8, own(7)));
  expect(payloads(grace)).toEqual([[-10, -20]]);
});

attack(
  'A7',
  'deletes nothing that was not confirmed, and nothing of the owner’s at all',
  async (scene) => {
    const { eve, owner } = scene;
    const objects = owner.objectCount;
    await scene.tell(action(1, 'neg', published(open)));
    eve.wire.aToB.hold();
    eve.say(
      get(2, own(1), { deleteAfter: true }),
      get(3, published(open), { deleteAfter: true }),
      get(4, own(1), { deleteAfter: true }),
    );
    await turns();
    expect(owner.objectCount).toBe(objects + 1);
    eve.wire.aToB.release();
    await eve.quiet();
    expect(payloads(eve)).toEqual([
      [-10, -20],
      [10, 20],
      [-10, -20],
    ]);
    expect(owner.objectCount).toBe(objects + 1);
    await scene.tell({ kind: 'confirm', get: 3 });
    expect(owner.objectCount).toBe(objects + 1);
    eve.wire.fail();
    expect((await eve.link.closed).code).toBe('link-lost');
    await turns();
    expect(owner.objectCount).toBe(objects);
  },
);

// ---- A8 to A11: between request, accept and what follows ---------------------------------------------------------

attack('A8', 'the accepted request gives what was asked for, or nothing', async (scene) => {
  const { owner } = scene;
  expect(
    await scene.tell(
      action(1, 'mul', published(ages), floats([0], [])),
      request(2, own(1)),
      { kind: 'drop', ids: [1], parts: [] },
      action(1, 'clone', published(ages)),
    ),
  ).toEqual([fault(1, 'id-taken')]);
  await owner.requests.at(0).accept();
  expect(await scene.tell(get(4, own(1)), get(5, published(ages), { request: 2 }))).toEqual([
    failed(4, 'no-object'),
    failed(5, 'no-request'),
  ]);
  scene.expectedLog.push('request', 'accepted');
});

attack('A8', 'a request for one value does not answer a get of another', async (scene) => {
  await scene.tell(
    action(1, 'sum', published(matrix)),
    request(2, own(1)),
    get(3, published(matrix), { request: 2 }),
  );
  await scene.owner.requests.at(0).accept();
  await scene.eve.quiet();
  expect(scene.eve.messages.filter(({ kind }) => kind === 'value')).toEqual([]);
  expect(scene.eve.messages).toContainEqual(decision(2, 'accepted'));
  scene.openGrants = 1;
  scene.expectedLog.push('request', 'accepted');
});

attack('A9', 'what a preview shows is a copy', async (scene) => {
  const { eve, owner } = scene;
  eve.say(await put(1, openValues));
  await eve.link.sendPayload(1, openValues.bytes);
  await scene.tell(request(2, published(ages)));
  (await owner.requests.at(0).preview())?.bytes.fill(0);
  (await eve.peer.session?.preview(own(1)))?.bytes.fill(0);
  owner.requests.at(0).deny();
  await scene.tell(get(3, own(1)));
  expect(payloads(eve)).toEqual([[10, 20]]);
  scene.expectedLog.push('request', 'denied');
});

attack(
  'A9',
  'later versions of a variable, and steps of it, are not what was accepted',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(
      action(1, 'mul', published(matrix), floats([0], [])),
      request(2, own(1)),
      // What `assign` and an optimizer's step are on the wire: a new version under a new id.
      action(3, 'add', own(1), published(matrix)),
      { kind: 'drop', ids: [1], parts: [] },
      get(4, own(3), { request: 2 }),
    );
    await owner.requests.at(0).accept();
    await eve.quiet();
    expect(await scene.tell(get(5, own(3)))).toEqual(refused(5));
    scene.expectedLog.push('request', 'accepted');
  },
);

attack('A10', 'a second time, in a new session, or as someone else', async (scene) => {
  const { grace, owner } = scene;
  await scene.tell(request(1, published(matrix)));
  await owner.requests.at(0).accept();
  expect(await answers(grace, get(1, published(matrix)))).toEqual(refused(1));
  const again = await scene.tell({ kind: 'begin', epoch: 2 }, get(3, published(matrix)));
  expect(again.at(-1)).toEqual(failed(3, 'not-released'));
  const later = await scene.join('eve');
  expect(await answers(later, get(1, published(matrix)))).toEqual(refused(1));
  scene.expectedLog.push('request', 'accepted');
});

attack('A10', 'by two gets that race: one value, by one grant', async (scene) => {
  const { eve, owner } = scene;
  await scene.tell(
    action(1, 'sum', published(ages)),
    request(2, own(1)),
    get(3, own(1), { request: 2 }),
    get(4, own(1), { request: 2 }),
  );
  await owner.requests.at(0).accept();
  await eve.quiet();
  expect(eve.messages).toMatchObject([
    decision(2, 'accepted'),
    { kind: 'value', get: 3 },
    { kind: 'value', get: 4 },
  ]);
  scene.expectedLog.push('request', 'accepted', 'release');
});

attack('A10', 'by asking again while an accept waits to be fetched', async (scene) => {
  await scene.tell(action(1, 'slice', published(ages), [0], [0]), request(2, own(1)));
  await scene.owner.requests.at(0).accept();
  await scene.eve.quiet();
  expect(await scene.tell(request(3, own(1)))).toEqual([fault(3, 'duplicate-request')]);
  expect(await scene.tell(get(4, own(1)))).toMatchObject([{ kind: 'value', get: 4 }]);
  scene.expectedLog.push('request', 'accepted', 'release');
});

attack('A11', 'what was computed before, or with something else, stays private', async (scene) => {
  const { eve, owner } = scene;
  await scene.tell(
    action(1, 'sum', published(ages)),
    action(2, 'neg', own(1)),
    request(3, own(1)),
    get(4, own(1), { request: 3 }),
  );
  await owner.requests.at(0).accept();
  await eve.quiet();
  expect(payloads(eve)).toHaveLength(1);
  const heard = await scene.tell(
    get(5, own(2)),
    action(6, 'add', own(1), published(matrix)),
    get(7, own(6)),
    get(8, published(ages)),
    action(9, 'neg', own(1)),
    get(10, own(9)),
  );
  expect(heard).toMatchObject([...refused(5, 7, 8), { kind: 'value', get: 10 }]);
  scene.expectedLog.push('request', 'accepted', 'release');
});

attack('A12', 'after a new beginning, and on a new link', async (scene) => {
  await scene.tell(action(1, 'neg', published(open)), request(2, published(ages)));
  expect(scene.owner.requests.length).toBe(1);
  const begun = await scene.tell(
    { kind: 'begin', epoch: 2 },
    get(3, own(1)),
    action(4, 'abs', own(1)),
  );
  expect(begun.slice(-2)).toEqual([failed(3, 'no-object'), fault(4, 'no-object')]);
  const later = await scene.join('eve');
  expect(
    await answers(later, get(3, own(1)), get(4, own(4)), { kind: 'withdraw', request: 2 }),
  ).toEqual([failed(3, 'no-object'), failed(4, 'no-object'), fault(2, 'no-request')]);
  scene.expectedLog.push('request', 'withdrawn');
});

// ---- A13 to A16: deciding, and asking after others ---------------------------------------------------------------

const ownersWords: readonly OwnerMessage[] = [
  {
    kind: 'welcome',
    epoch: 1,
    nextId: 1,
    catalogues: 0,
    opCost: 1,
    planCost: 1,
    runCost: 1,
    backend: 'cpu',
    lacking: [],
    keepMs: 0,
    mine: 0,
  },
  { kind: 'decision', request: 1, outcome: 'accepted', reason: '' },
  { kind: 'admitted', name: 'me' },
  { kind: 'refused', code: 'denied' },
  { kind: 'value', get: 1, meta: float(), digest: new Uint8Array(32) },
  { kind: 'failed', get: 1, code: 'denied' },
  { kind: 'fault', about: 1, code: 'denied' },
  { kind: 'gone', published: [1], own: [] },
  { kind: 'catalogue', objects: [], dataSets: [] },
  { kind: 'progress', run: 1, step: 1, state: 'finished' },
  { kind: 'kept', items: [], gone: [1] },
];

/** The request that waits is as it was. */
async function saidInVain(scene: Scene, bytes: Uint8Array): Promise<void> {
  await scene.tell(request(1, published(ages)));
  expect(await scene.tellBytes(bytes)).toEqual([fault(0, 'bad-message')]);
  expect(scene.owner.requests.at(0).status).toBe('pending');
  expect(await scene.tell({ kind: 'withdraw', request: 1 })).toEqual([]);
  scene.expectedLog.push('request', 'withdrawn');
}

for (const message of ownersWords) {
  attack(
    ['A13', 'A14'],
    `D23 a “${message.kind}” of the owner’s in a scientist’s mouth`,
    (scene) => {
      const bytes = encodeOwnerMessage(message);
      expect(decodeOwnerMessage(bytes).kind).toBe(message.kind);
      return saidInVain(scene, bytes);
    },
  );
}

attack('A14', 'the handshake once more', async (scene) => {
  expect(
    await scene.tell(
      {
        kind: 'hello',
        version: 1,
        software: '',
        identity: new Uint8Array(65).fill(4),
        nonce: new Uint8Array(32),
        name: 'grace',
      },
      { kind: 'proof', signature: new Uint8Array(64) },
    ),
  ).toEqual([fault(0, 'bad-message'), fault(0, 'bad-message')]);
});

attack(
  'A15',
  'they can be neither asked after nor withdrawn, and look like unknown ones',
  async (scene) => {
    const { grace, owner } = scene;
    await answers(grace, request(5, published(ages)));
    const theirs = await scene.tell(
      { kind: 'withdraw', request: 5 },
      get(6, published(ages), { request: 5 }),
    );
    const unknown = await scene.tell(
      { kind: 'withdraw', request: 7 },
      get(8, published(ages), { request: 7 }),
    );
    expect(theirs).toEqual([fault(5, 'no-request'), failed(6, 'no-request')]);
    expect(unknown).toEqual([fault(7, 'no-request'), failed(8, 'no-request')]);
    expect(owner.requests.at(0).status).toBe('pending');
    owner.requests.at(0).deny();
  },
);

attack('A15', 'one’s own end in outcomes that differ', async (scene) => {
  const { eve, owner } = scene;
  await scene.tell(
    request(1, published(ages)),
    request(2, published(matrix)),
    get(3, published(ages), { request: 1 }),
    get(4, published(matrix), { request: 2 }),
  );
  owner.requests.at(0).deny('no');
  await eve.quiet();
  expect(
    await scene.tell({ kind: 'withdraw', request: 2 }, get(5, published(ages), { request: 1 })),
  ).toEqual([failed(4, 'withdrawn'), failed(5, 'denied')]);
  expect(await scene.tell({ kind: 'withdraw', request: 9 })).toEqual([fault(9, 'no-request')]);
  scene.expectedLog.push('request', 'request', 'denied', 'withdrawn');
});

attack(
  'A16',
  'the catalogue says what the owner published for them, and no more',
  async (scene) => {
    const heard = await scene.tell({ kind: 'begin', epoch: 2 });
    const told = heard.flatMap((message) =>
      message.kind === 'catalogue' ? message.objects.map(({ id }) => id) : [],
    );
    expect(told).toEqual([ages, open, matrix, codes]);
    expect(heard.map(({ kind }) => kind).filter((kind) => kind !== 'catalogue')).toEqual([
      'welcome',
      'kept',
    ]);
  },
);

attack(
  'A16',
  'publishing and taking back what is hidden, and what others do, is not heard',
  async (scene) => {
    const { eve, grace, owner } = scene;
    const value = (): TensorValue => floats([1, 2, 3]);
    const extra = owner.store.add(value(), { pointable: false });
    const data = owner.store.addDataSet({ X: value() }, { pointable: false });
    owner.store.remove(extra.id);
    owner.store.remove(data.id);
    await answers(
      grace,
      action(1, 'neg', published(ages)),
      request(2, own(1)),
      action(3, 'abs', published(ages)),
    );
    owner.requests.at(0).deny();
    await grace.quiet();
    await eve.quiet();
    expect(eve.arrivals).toEqual([]);
  },
);

attack('A10', 'with a get that names a request which a denial has overtaken', async (scene) => {
  const { eve, owner } = scene;
  await scene.tell(
    action(1, 'neg', published(ages)),
    request(2, own(1)),
    get(3, own(1), { request: 2 }),
  );
  scene.slow.hold();
  const asked = owner.requests.at(0);
  const accepted = codeOf(asked.accept());
  await turns();
  asked.deny('no');
  scene.slow.go();
  expect(await accepted).toBe('no-request');
  await eve.quiet();
  expect(eve.messages).toEqual([decision(2, 'denied', 'no'), failed(3, 'denied')]);
  expect(await scene.tell(get(4, own(1)))).toEqual(refused(4));
  scene.expectedLog.push('request', 'denied');
});
