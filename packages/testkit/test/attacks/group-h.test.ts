/** Everything that can be done to the wire between two sides. */

import { FramedLink, makeIdentity, memoryPair, shakeHands, VirtualClock } from '@duet/link';
import {
  DuetError,
  encodeScientistMessage,
  encodeStrings,
  limits,
  protocolVersion,
  type ScientistMessage,
} from '@duet/protocol';
import { expect } from 'vitest';
import { until } from '../../src/pair';
import { answers, failed, fault, payloads } from '../answers';
import {
  action,
  begin,
  bools,
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
} from '../words';
import { ages, attack, codes, goesOn, matrix, open, openValues, type Scene } from './attack';
import { digest, eachIsRefused, frame, header, nextSequence, raw } from './raw-frames';
import { turns } from './slow-engine';

const decision = (id: number, outcome: string, reason = '') => ({
  kind: 'decision',
  request: id,
  outcome,
  reason,
});
const codeOf = (promise: Promise<unknown> | undefined) =>
  promise?.then(
    () => 'resolved',
    (error: { code: string }) => error.code,
  );

/** Why the owner's side has ended a link. */
async function endOf({ peer }: Scene['eve']): Promise<string | undefined> {
  await until(() => peer.status === 'left');
  return peer.leftBecause?.code;
}

// ---- H1 to H4: bytes ---------------------------------------------------------------------------------------------

attack(
  'H1',
  'noise, and messages cut short: two are told, the third ends the link',
  async (scene) => {
    const whole = encodeScientistMessage(action(1, 'neg', published(ages)));
    const noise = [Uint8Array.of(255, 1, 2, 3), new Uint8Array(), whole.subarray(0, -1)];
    expect(await scene.tellBytes(...noise.slice(0, 2))).toEqual([
      fault(0, 'bad-message'),
      fault(0, 'bad-message'),
    ]);
    // What comes in between is heard.
    await goesOn(scene.eve);
    scene.eve.link.send(noise[2] ?? whole);
    expect(await endOf(scene.eve)).toBe('bad-message');
  },
);

attack('H1', 'every message cut at every place', async (scene) => {
  const samples: ScientistMessage[] = [
    get(5, published(ages), { request: 3, deleteAfter: true }),
    request(6, published(ages), { name: 'mean', reason: 'why' }),
  ];
  const cut = samples
    .map(encodeScientistMessage)
    .flatMap((bytes) =>
      Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)),
    );
  await eachIsRefused(scene, 'bad-message', ...cut);
});

attack('H2', 'unknown and repeated fields, two bodies, none, written defaults', async (scene) => {
  const got = encodeScientistMessage(get(1, published(ages)));
  const withdrawn = encodeScientistMessage({ kind: 'withdraw', request: 1 });
  await eachIsRefused(
    scene,
    'bad-message',
    Uint8Array.of(...got, 0xf8, 1, 1),
    Uint8Array.of(...got, ...withdrawn),
    Uint8Array.of(...got, ...got),
    // begin { epoch: 7 } with the 7 in two bytes; confirm {} with a zero that is written.
    Uint8Array.of(0x1a, 0x03, 0x08, 0x87, 0x00),
    Uint8Array.of(0x42, 0x02, 0x08, 0x00),
    // drop { ids: 1, 2 } as two fields, and a get of nothing.
    Uint8Array.of(0x52, 0x04, 0x08, 0x01, 0x08, 0x02),
    raw({ get: { id: 1 } }),
    raw({ get: { id: 1, ref: {} } }),
    raw({ action: { id: 1, op: 'neg', args: [{}] } }),
    raw({ put: { id: 1, header: header([2], 0), digest } }),
  );
});

attack('H2', 'the first of several bodies is not done', async (scene) => {
  const objects = scene.owner.objectCount;
  const made = encodeScientistMessage(action(1, 'neg', published(open)));
  const asked = encodeScientistMessage(request(2, published(ages)));
  expect(await scene.tellBytes(Uint8Array.of(...made, ...asked))).toEqual([
    fault(0, 'bad-message'),
  ]);
  expect(scene.owner.objectCount).toBe(objects);
  expect(await scene.tell(get(3, own(1)))).toEqual([failed(3, 'no-object')]);
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

/** A plan in a plan in a plan, as bytes: `define { plan { plans { plans … } } }`. */
function nestedPlans(depth: number): Uint8Array {
  // Written from the inside out, in one pass from the end.
  const lengths: number[] = [0];
  for (let level = 1; level <= depth; level += 1) {
    const inner = lengths[level - 1] ?? 0;
    lengths.push(1 + varint(inner).length + inner);
  }
  const bytes = [0x08, 1, 0x12, ...varint(lengths[depth] ?? 0)];
  for (let level = depth - 1; level >= 0; level -= 1)
    bytes.push(0x22, ...varint(lengths[level] ?? 0));
  return Uint8Array.from([0x5a, ...varint(bytes.length), ...bytes]);
}

attack('H3', 'ten thousand plans in one another are no message', async (scene) => {
  await eachIsRefused(
    scene,
    'bad-message',
    nestedPlans(100),
    nestedPlans(10_000),
    nestedPlans(100_000),
  );
});

attack('H4', 'segments and messages that say more than there is, or without end', async (scene) => {
  const byte = Uint8Array.of(1);
  const part = new Uint8Array(60_000);
  const whole = frame(1, ['message', 0, new Uint8Array(8)]);
  const cases: readonly (readonly [string, (sequence: number) => Uint8Array[]])[] = [
    ['bad-message', () => [Uint8Array.of(1, 2, 3)]],
    ['bad-message', (sequence) => [frame(sequence)]],
    ['bad-message', (sequence) => [reframed(whole.subarray(0, -1), sequence)]],
    ['bad-message', (sequence) => [reframed(Uint8Array.of(...whole, 1), sequence)]],
    ['bad-message', (sequence) => [frame(sequence, ['payload-cut', 3, byte])]],
    ['bad-message', (sequence) => [frame(sequence, ['message-credit', 1_000_000])]],
    [
      'bad-message',
      (sequence) =>
        Array.from({ length: limits.messageBytes / part.length + 2 }, (_, at) =>
          frame(sequence + at, ['message-part', 0, part]),
        ),
    ],
  ];
  for (const [code, framesFrom] of cases) {
    const eve = await scene.join('eve');
    for (const each of framesFrom(nextSequence(eve))) eve.wire.b.send(each);
    expect(await endOf(eve)).toBe(code);
  }
});

/** The same frame under another number. */
function reframed(bytes: Uint8Array, sequence: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(0, sequence, true);
  return copy;
}

// ---- H5 to H7: transfers and order -------------------------------------------------------------------------------

attack(
  'H5',
  'uploads dropped or begun anew over come to an end, and leave nothing',
  async (scene) => {
    const { eve, owner } = scene;
    const objects = owner.objectCount;
    eve.say(
      await put(1, openValues),
      { kind: 'drop', ids: [1], parts: [] },
      action(2, 'neg', own(1)),
    );
    await turns();
    expect(eve.messages).toContainEqual(fault(2, 'no-object'));
    eve.say(await put(3, openValues), { kind: 'begin', epoch: 2 });
    await turns();
    await eve.link.sendPayload(1, openValues.bytes);
    await eve.link.sendPayload(3, openValues.bytes);
    await eve.quiet();
    expect(owner.objectCount).toBe(objects);
    expect(eve.peer.session?.objects).toMatchObject({ count: 0, bytes: 0 });
  },
);

attack('H5', 'other bytes than were announced make nothing', async (scene) => {
  const { eve, owner } = scene;
  const objects = owner.objectCount;
  eve.say(await put(1, openValues));
  await eve.link.sendPayload(1, floats([10, 21]).bytes);
  await eve.quiet();
  expect(eve.messages).toEqual([fault(1, 'bad-transfer')]);
  expect(await scene.tell(action(2, 'neg', own(1)))).toEqual([fault(2, 'no-object')]);
  expect(owner.objectCount).toBe(objects);
});

attack(
  'H5',
  'more or fewer bytes than were announced, parts twice, streams of nobody',
  async (scene) => {
    const bytes = (length: number) => new Uint8Array(length).fill(1);
    const cases: readonly (readonly [string, (sequence: number) => Uint8Array])[] = [
      ['bad-transfer', (sequence) => frame(sequence, ['payload-end', 1, bytes(9)])],
      [
        'bad-transfer',
        (sequence) => frame(sequence, ['payload-part', 1, bytes(8)], ['payload-part', 1, bytes(8)]),
      ],
      ['bad-transfer', (sequence) => frame(sequence, ['payload-end', 1, bytes(4)])],
      [
        'bad-transfer',
        (sequence) => frame(sequence, ['payload-end', 7, bytes(4)], ['payload-end', 7, bytes(4)]),
      ],
      ['bad-transfer', (sequence) => frame(sequence, ['payload-credit', 9])],
    ];
    for (const [code, frameAt] of cases) {
      const eve = await scene.join('eve');
      eve.say(await put(1, openValues));
      await turns();
      eve.wire.b.send(frameAt(nextSequence(eve)));
      const ended = await Promise.race([endOf(eve), turns(100).then(() => undefined)]);
      // A transfer that breaks its own announcement is told, or ends the link.
      const told = eve.messages.map((message) => message.kind === 'fault' && message.code);
      expect(ended ?? told[0]).toBe(code);
      eve.link.close(new DuetError('closed'));
    }
  },
);

attack(
  'H5',
  'an upload that breaks is told in its turn, not in the middle of a decision',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(
      action(1, 'sum', published(ages)),
      request(2, own(1)),
      get(3, own(1), { request: 2 }),
    );
    scene.slow.hold();
    const accepted = owner.requests.at(0).accept();
    await turns();
    eve.say({ ...(await put(4, openValues)), digest: new Uint8Array(32) });
    void eve.link.sendPayload(4, openValues.bytes);
    await turns();
    scene.slow.go();
    await accepted;
    await eve.quiet();
    expect(eve.messages).toMatchObject([
      decision(2, 'accepted'),
      { kind: 'value', get: 3 },
      fault(4, 'bad-transfer'),
    ]);
    scene.expectedLog.push('request', 'accepted', 'release');
  },
);

attack('H6', 'nothing is unpacked: compressed bytes are no message', async (scene) => {
  const message = encodeScientistMessage(get(1, published(ages)));
  const packed = async (format: CompressionFormat, bytes: Uint8Array<ArrayBuffer>) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  await eachIsRefused(
    scene,
    'bad-message',
    await packed('gzip', message.slice()),
    await packed('deflate', message.slice()),
    await packed('gzip', new Uint8Array(4_000_000)),
  );
});

attack('H7', 'a frame again, or one that is missing, ends the link', async (scene) => {
  for (const shift of [-1, 1, 1000]) {
    const eve = await scene.join('eve');
    const bytes = encodeScientistMessage(action(1, 'neg', published(open)));
    eve.wire.b.send(frame(nextSequence(eve) + shift, ['message', 0, bytes]));
    expect(await endOf(eve)).toBe('link-lost');
  }
});

attack('H7', 'D20 a message again is refused by its id, and done once', async (scene) => {
  const { eve, owner } = scene;
  const objects = owner.objectCount;
  const twice = [
    action(1, 'neg', published(open)),
    request(2, published(ages)),
    get(3, own(1), { deleteAfter: true }),
  ];
  expect(await scene.tell(...twice, ...twice)).toMatchObject([
    { kind: 'value', get: 3 },
    fault(1, 'id-taken'),
    fault(2, 'id-taken'),
    failed(3, 'id-taken'),
  ]);
  expect(owner.requests.length).toBe(1);
  expect(
    await scene.tell(
      { kind: 'confirm', get: 3 },
      { kind: 'confirm', get: 3 },
      { kind: 'withdraw', request: 2 },
      { kind: 'withdraw', request: 99 },
      { kind: 'drop', ids: [1], parts: [] },
    ),
  ).toEqual([fault(3, 'no-object'), fault(99, 'no-request'), fault(0, 'no-object')]);
  expect(owner.objectCount).toBe(objects);
  expect(payloads(eve)).toEqual([]);
  scene.expectedLog.push('request', 'withdrawn');
});

// ---- H8 to H11: numbers, shapes, ids, texts ----------------------------------------------------------------------

attack(
  'H8',
  'NaN, infinities, halves and beyond, where whole numbers are wanted',
  async (scene) => {
    const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    await eachIsRefused(
      scene,
      'bad-message',
      ...numbers.flatMap((number) => [
        raw({
          action: { id: 1, op: 'expandDims', args: [{ ref: { published: ages } }, { number }] },
        }),
        raw({ action: { id: 1, op: 'zeros', args: [{ numbers: { items: [number] } }] } }),
      ]),
    );
    const odd = [2.5, 1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 31) - 1];
    const calls = odd.flatMap((number, at) => [
      action(10 * at + 1, 'expandDims', published(ages), number),
      action(10 * at + 2, 'zeros', [number], 'float32'),
      action(10 * at + 3, 'topk', published(ages), number),
      action(10 * at + 4, 'slice', published(ages), [number], [1]),
      action(10 * at + 5, 'oneHot', published(codes), number),
    ]);
    const heard = await scene.tell(...calls);
    expect(heard.map((message) => message.kind === 'fault' && message.about)).toEqual(
      calls.map(({ id }) => id),
    );
    for (const message of heard) {
      expect(['bad-argument', 'too-large']).toContain(message.kind === 'fault' && message.code);
    }
  },
);

attack('H9', 'D97 in uploads, in literals and in what ops are told to make', async (scene) => {
  await eachIsRefused(
    scene,
    'bad-tensor',
    raw({ put: { id: 1, header: header([2 ** 31, 2 ** 31]), digest } }),
    raw({ put: { id: 1, header: header([2 ** 32 - 1]), digest } }),
    raw({
      action: {
        id: 1,
        op: 'neg',
        args: [{ literal: { header: header([2, 2]), data: new Uint8Array(15) } }],
      },
    }),
  );
  await eachIsRefused(
    scene,
    'too-large',
    raw({ put: { id: 1, header: header([65_536, 65_536]), digest } }),
  );
  await eachIsRefused(
    scene,
    'bad-message',
    raw({ put: { id: 1, header: header([1, 1, 1, 1, 1, 1, 1]), digest } }),
  );
  const calls = [
    action(1, 'zeros', [-1], 'float32'),
    action(2, 'reshape', published(ages), [-1, -1]),
    action(3, 'reshape', published(ages), [-2, -3]),
    action(4, 'reshape', published(ages), [4]),
    action(5, 'reshape', published(ages), [2 ** 31, 2 ** 31, 0]),
    action(6, 'zeros', [1, 1, 1, 1, 1, 1, 1], 'float32'),
    action(7, 'tile', published(ages), [2 ** 31]),
    action(8, 'slice', published(ages), [0], [7]),
  ];
  const heard = await scene.tell(...calls);
  expect(heard.map((message) => message.kind === 'fault' && message.about)).toEqual(
    calls.map(({ id }) => id),
  );
  for (const message of heard) {
    expect(['bad-argument', 'too-large']).toContain(message.kind === 'fault' && message.code);
  }
});

attack('H10', 'ids over 32 bits are no ids, and none is rounded to another', async (scene) => {
  const wide = (id: readonly number[]) => [0x08, ...id];
  // get { id: 2^32 + 1 }, get { id: 2^53 + 1 }, each of p1.
  const ref = [0x12, 0x02, 0x10, ages];
  const ids = [
    [0x81, 0x80, 0x80, 0x80, 0x10],
    [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  ];
  const messages = ids.map((id) => {
    const body = [...wide(id), ...ref];
    return Uint8Array.of(0x3a, body.length, ...body);
  });
  await eachIsRefused(
    scene,
    'bad-message',
    ...messages,
    raw({ get: { id: 0, ref: { published: ages } } }),
  );
});

attack(
  'H10',
  'ids that are used up are a limit, also of a session begun anew, and do not wrap around',
  async (scene) => {
    const eve = await scene.join('eve');
    await answers(eve, action(limits.id, 'neg', published(open)), get(1, published(open)));
    expect(eve.messages).toEqual([failed(1, 'id-taken')]);
    expect(await answers(eve, { kind: 'begin', epoch: 2 })).toEqual([fault(0, 'limit')]);
    expect(await answers(eve, { kind: 'drop', ids: [limits.id], parts: [] })).toEqual([]);
  },
);

attack('H11', 'texts that are not UTF-8, have controls, or are too long', async (scene) => {
  const ref = { published: ages };
  await eachIsRefused(
    scene,
    'bad-text',
    raw({ request: { id: 1, ref, reason: 'x'.repeat(limits.reasonChars + 1) } }),
    raw({ request: { id: 1, ref, reason: 'x'.repeat(1_000_000) } }),
    raw({ request: { id: 1, ref, name: 'a\u0000b' } }),
    raw({ request: { id: 1, ref, reason: 'two\nlines' } }),
    raw({ request: { id: 1, ref, reason: '\u001b[2J' } }),
  );
  // The name as bytes: a lone surrogate, a byte that starts nothing, a character in more bytes than it needs.
  const named = (...bytes: number[]) => {
    const body = [0x08, 1, 0x12, 0x02, 0x10, ages, 0x1a, bytes.length, ...bytes];
    return Uint8Array.of(0x32, body.length, ...body);
  };
  for (const bytes of [named(0xed, 0xa0, 0x80), named(0xff), named(0xc1, 0xa1)]) {
    const eve = await scene.join('eve');
    eve.link.send(bytes);
    await eve.quiet();
    const [heard] = eve.messages;
    expect(heard).toMatchObject({ kind: 'fault', about: 0 });
    expect(['bad-message', 'bad-text']).toContain(heard?.kind === 'fault' && heard.code);
    eve.link.close(new DuetError('closed'));
  }
});

// ---- H12 to H16: leaving, versions, bytes that change ------------------------------------------------------------

attack(
  'H12',
  'in the very breath of a request: no ghost of it stands before the owner',
  async (scene) => {
    const { eve, owner } = scene;
    eve.say(request(1, published(ages)));
    eve.link.close(new DuetError('closed'));
    await turns();
    expect(owner.requests.length).toBe(0);
    expect(scene.log.filter((entry) => entry === 'request')).toEqual([]);
  },
);

attack('H12', 'in an upload, in a transfer, between a get and its answer', async (scene) => {
  const { owner } = scene;
  const objects = owner.objectCount;
  const large = floats(new Array(500_000).fill(7));
  for (const moment of ['upload', 'transfer', 'answer', 'accept'] as const) {
    const eve = await scene.join('eve');
    if (moment === 'upload') {
      eve.say(await put(1, large), action(2, 'neg', own(1)));
      void eve.link.sendPayload(1, large.bytes).catch(() => undefined);
    } else if (moment === 'transfer') {
      eve.say(action(1, 'zeros', [500_000], 'float32'), get(2, own(1), { deleteAfter: true }));
    } else if (moment === 'answer') {
      eve.say(action(1, 'neg', published(ages)), get(2, own(1)));
    } else {
      await answers(
        eve,
        action(1, 'neg', published(ages)),
        request(2, own(1)),
        get(3, own(1), { request: 2 }),
      );
      scene.slow.hold();
      void owner.requests
        .at(0)
        .accept()
        .catch(() => undefined);
    }
    await turns(2);
    eve.wire.fail();
    await endOf(eve);
    scene.slow.go();
    await turns();
    expect(owner.objectCount).toBe(objects);
    expect(eve.engine.size).toBe(0);
  }
  scene.expectedLog.push('request', 'left');
});

const asOwner = async (channel: Parameters<typeof shakeHands>[0]) =>
  shakeHands(channel, {
    role: 'owner',
    identity: await makeIdentity(),
    software: 'test',
    name: 'Olga',
  });

attack('H13', 'is said by both, and nothing begins', async () => {
  for (const version of [protocolVersion - 1, protocolVersion + 1, 1]) {
    const { a, b } = memoryPair();
    const link = new FramedLink(b);
    const { publicKey: identity } = await makeIdentity();
    const nonce = new Uint8Array(32);
    link.send(
      encodeScientistMessage({
        kind: 'hello',
        version,
        software: 'old',
        identity,
        nonce,
        name: '',
      }),
    );
    expect(await codeOf(asOwner(a))).toBe('version');
    expect((await link.closed).code).toBe('version');
  }
});

attack('H13', 'a second hello in a session changes nothing', async (scene) => {
  const { publicKey: identity } = await makeIdentity();
  const nonce = new Uint8Array(32);
  expect(
    await scene.tell({ kind: 'hello', version: 1, software: '', identity, nonce, name: 'old' }),
  ).toEqual([fault(0, 'bad-message')]);
});

attack(
  'H15',
  'frames that overtake one another end the link, and nothing of them is done',
  async (scene) => {
    const objects = scene.owner.objectCount;
    const eve = await scene.join('eve');
    const first = nextSequence(eve);
    const [early, late] = [
      action(1, 'neg', published(open)),
      action(2, 'neg', published(open)),
    ].map((message, at) => frame(first + at, ['message', 0, encodeScientistMessage(message)]));
    if (!early || !late) throw new Error('Two frames are needed.');
    eve.wire.b.send(late);
    eve.wire.b.send(early);
    expect(await endOf(eve)).toBe('link-lost');
    expect(scene.owner.objectCount).toBe(objects);
  },
);

attack('H16', 'of an upload on its way: it is not what was announced', async (scene) => {
  const { eve, owner } = scene;
  const objects = owner.objectCount;
  const large = floats(new Array(1_000_000).fill(1));
  eve.say(await put(1, large));
  eve.wire.bToA.hold();
  const sending = eve.link.sendPayload(1, large.bytes);
  await turns();
  large.bytes.fill(9);
  eve.wire.bToA.release();
  await sending.catch(() => undefined);
  await eve.quiet();
  expect(eve.messages).toEqual([fault(1, 'bad-transfer')]);
  expect(owner.objectCount).toBe(objects);
});

attack('H16', 'after they have arrived: the owner’s side has its own', async (scene) => {
  const { eve } = scene;
  const mine = floats([1, 2, 3]);
  eve.say(await put(1, mine));
  await eve.link.sendPayload(1, mine.bytes);
  await eve.quiet();
  mine.bytes.fill(0);
  for (const { frame: sent } of eve.wire.log) sent.fill(0);
  await scene.tell(get(2, own(1)));
  expect(payloads(eve)).toEqual([[1, 2, 3]]);
});

// ---- H17 to H20: tensors, strings, crossing decisions, the handshake ---------------------------------------------

attack('H17', 'bools that are neither, strings that say two things', async (scene) => {
  const { eve, owner } = scene;
  const objects = owner.objectCount;
  const literal = (data: Uint8Array, of: ReturnType<typeof header>) =>
    raw({ action: { id: 1, op: 'neg', args: [{ literal: { header: of, data } }] } });
  await eachIsRefused(
    scene,
    'bad-tensor',
    literal(Uint8Array.of(7), header([1], 3)),
    // A length over its slot, text in the padding, bytes that are no text.
    literal(Uint8Array.of(9, 0, 0, 0, 97), header([1], 4, 1)),
    literal(Uint8Array.of(0, 0, 0, 0, 97), header([1], 4, 1)),
    literal(Uint8Array.of(1, 0, 0, 0, 0xff), header([1], 4, 1)),
    literal(new Uint8Array(6), header([2], 2)),
  );
  const odd = bools([1, 7, 0]);
  eve.say(await put(1, odd));
  await eve.link.sendPayload(1, odd.bytes);
  await eve.quiet();
  expect(eve.messages).toEqual([fault(1, 'bad-tensor')]);
  expect(owner.objectCount).toBe(objects);
});

attack(
  'H18',
  'are as private as numbers, and few ops take them',
  async (scene) => {
    const words = scene.owner.store.find(6)?.value;
    expect(words?.meta.dtype).toBe('string');
    await scene.tell(
      action(1, 'clone', published(6)),
      action(2, 'slice', published(6), [0], [1]),
      action(3, 'string.stringToHashBucketFast', published(6), 1000),
      action(4, 'concat', [published(6), published(6)]),
      action(5, 'equal', published(6), published(6)),
    );
    const gets = [1, 2, 3, 4, 5].map((id) => get(100 + id, own(id)));
    for (const message of await scene.tell(...gets, get(200, published(6)))) {
      expect(message.kind).toBe('failed');
      expect(['not-released', 'no-object']).toContain(message.kind === 'failed' && message.code);
    }
    const parsers = [
      'string.stringSplit',
      'string.stringNGrams',
      'string.staticRegexReplace',
      'decodeString',
    ];
    const calls = parsers.map((op, at) => action(300 + at, op, published(6)));
    expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'unsupported-op')));
    for (const text of ['canary-Xq7', 'other-Zw3']) {
      expect(wireHas(scene, text)).toBe(false);
    }
  },
  {
    prepare: ({ store }) => {
      store.add(encodeStrings(['canary-Xq7', 'other-Zw3'], [2], 16), { tags: ['words'] });
    },
  },
);

function wireHas({ eve }: Scene, text: string): boolean {
  const wanted = [...new TextEncoder().encode(text)].join(' ');
  return eve.wire.log.some(
    ({ lane, frame: sent }) => lane === 'aToB' && [...sent].join(' ').includes(wanted),
  );
}

attack('H18', 'cells that are too wide are refused before they come', async (scene) => {
  await eachIsRefused(
    scene,
    'bad-tensor',
    raw({ put: { id: 1, header: header([1000], 4, 1 << 20), digest } }),
  );
});

attack(
  'H19',
  'accepted twice, denied after an accept, accepted after a denial: the first counts',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(request(1, published(ages)), request(2, published(matrix)));
    const [one, two] = owner.requests.list();
    const twice = [codeOf(one?.accept()), codeOf(one?.accept())];
    expect(await Promise.all(twice)).toEqual(['resolved', 'no-request']);
    expect(() => one?.deny()).toThrow(expect.objectContaining({ code: 'no-request' }));
    two?.deny('no');
    expect(await codeOf(two?.accept())).toBe('no-request');
    await eve.quiet();
    expect(eve.messages).toEqual([decision(1, 'accepted'), decision(2, 'denied', 'no')]);
    scene.openGrants = 1;
    scene.expectedLog.push('request', 'request', 'accepted', 'denied');
  },
);

attack(
  'H19',
  'a denial that overtakes an accept under way leaves nothing to fetch',
  async (scene) => {
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
    expect(await scene.tell(get(4, own(1)))).toEqual([failed(4, 'not-released')]);
    scene.expectedLog.push('request', 'denied');
  },
);

attack(
  'H19',
  'a denial that crosses a withdrawal answers every get, and lets the value go',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(
      action(1, 'neg', published(ages)),
      action(2, 'neg', published(matrix)),
      request(3, own(1)),
      request(4, own(2)),
      get(5, own(2), { request: 4 }),
    );
    const objects = owner.objectCount;
    const [one, two] = owner.requests.list();
    scene.slow.hold();
    const accepted = one?.accept();
    await turns();
    // It waits its turn behind the accept, and the denial behind it.
    eve.say({ kind: 'withdraw', request: 4 });
    await turns();
    two?.deny('no');
    scene.slow.go();
    await accepted;
    await eve.quiet();
    expect(eve.messages).toEqual([decision(3, 'accepted'), failed(5, 'denied')]);
    // It may be asked for again, and goes when it is dropped.
    expect(await scene.tell(request(6, own(2)), { kind: 'withdraw', request: 6 })).toEqual([]);
    await scene.tell({ kind: 'drop', ids: [2], parts: [] });
    expect(owner.objectCount).toBe(objects - 1);
    scene.openGrants = 1;
    scene.expectedLog.push('request', 'request', 'denied', 'accepted', 'request', 'withdrawn');
  },
);

const clock = new VirtualClock();

attack(
  'H19',
  'an expiry that crosses a new beginning is not told to the new session',
  async (scene) => {
    const { eve, owner } = scene;
    await scene.tell(
      action(1, 'neg', published(ages)),
      request(2, own(1)),
      request(3, published(matrix), { timeoutMs: 1000 }),
    );
    scene.slow.hold();
    const caught = codeOf(owner.requests.at(0).accept());
    await turns();
    eve.say({ kind: 'begin', epoch: 2 });
    await turns();
    clock.advance(1000);
    scene.slow.go();
    await caught;
    await eve.quiet();
    const kinds = eve.messages.map(({ kind }) => kind);
    expect(kinds).toContain('welcome');
    expect(kinds.slice(kinds.indexOf('welcome'))).not.toContain('decision');
    // The same object may be asked for in the new session.
    expect(
      await scene.tell(request(4, published(matrix)), { kind: 'withdraw', request: 4 }),
    ).toEqual([]);
    scene.expectedLog.push('request', 'request', 'expired', 'accepted', 'request', 'withdrawn');
  },
  { clock },
);

attack(
  'H19',
  'an object that is taken back while a call on it waits is not there, and no failure',
  async (scene) => {
    const { eve, owner } = scene;
    const extra = owner.store.add(openValues, { tags: ['extra'], public: true });
    await eve.quiet();
    eve.say(
      await put(1, openValues),
      action(2, 'add', published(extra.number), own(1)),
      get(3, own(2)),
    );
    await turns();
    owner.store.remove(extra.id);
    await eve.link.sendPayload(1, openValues.bytes);
    await eve.quiet();
    expect(eve.messages.slice(-3)).toEqual([
      { kind: 'gone', published: [extra.number], own: [] },
      fault(2, 'no-object'),
      failed(3, 'no-object'),
    ]);
  },
);

attack('H20', 'before admission, and before a session has begun', async (scene) => {
  const { a, b } = memoryPair();
  const joining = shakeHands(b, {
    role: 'scientist',
    identity: await makeIdentity(),
    software: 'test',
    name: 'Eve',
  });
  const [knock, { link }] = await Promise.all([asOwner(a), joining]);
  link.send(encodeScientistMessage(begin));
  expect((await knock.link.closed).code).toBe('bad-message');
  // Let in, and without a word of greeting.
  const eve = scene.pair.join('eve');
  expect(
    await answers(
      eve,
      get(1, published(ages)),
      action(2, 'neg', published(open)),
      request(3, published(ages)),
    ),
  ).toEqual([failed(1, 'bad-message'), fault(2, 'bad-message'), fault(3, 'bad-message')]);
  eve.link.close(new DuetError('closed'));
  await eve.peer.session?.freed;
});

attack('H20', 'with a proof that is someone else’s', async () => {
  const own = await makeIdentity();
  const identity = { ...own, publicKey: (await makeIdentity()).publicKey };
  const { a, b } = memoryPair();
  const options = { role: 'scientist', software: 'test', name: 'Eve', identity } as const;
  const [owner] = await Promise.all([codeOf(asOwner(a)), codeOf(shakeHands(b, options))]);
  expect(owner).toBe('peer-auth');
});

attack('H1', 'a call and a definition with broken insides do nothing', async (scene) => {
  const graph = encodeScientistMessage(define(1, plan([float(6)], [node('neg', 0)], [1])));
  const called = encodeScientistMessage(call(2, 1, [published(ages)]));
  const broken = [graph, called].map((bytes) => {
    const copy = bytes.slice();
    copy[copy.length - 1] = 0xff;
    return copy;
  });
  const heard = await scene.tellBytes(...broken);
  for (const message of heard) expect(message).toMatchObject({ kind: 'fault' });
  expect(scene.eve.peer.session?.planCount).toBe(0);
});
