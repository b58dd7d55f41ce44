/** What an owner with a page of their own may try against a scientist's side. */

import { FramedLink, memoryPair } from '@duet/link';
import {
  byteLength,
  DuetError,
  digestOf,
  encodeOwnerMessage,
  encodeScientistMessage,
  headAfter,
  limits,
  type OwnerMessage,
  type TensorMeta,
  tensorMeta,
  toHex,
} from '@duet/protocol';
import { ScientistSession } from '@duet/scientist';
import { expect } from 'vitest';
import { duet } from '../../../protocol/src/generated/duet';
import { until } from '../../src/pair';
import {
  attackByOwner,
  catalogue,
  codeOf,
  ending,
  type Met,
  meta,
  type OwnersKeys,
  ownersKeys,
  publishedAs,
  receiptOf,
  turns,
  welcome,
} from './hostile-owner';

// ---- M1: sizes ---------------------------------------------------------------------------------------------------

const headers: readonly (readonly [string, TensorMeta])[] = [
  ['another shape', tensorMeta('float32', [4])],
  ['another rank', tensorMeta('float32', [3, 1])],
  ['another dtype', tensorMeta('int32', [3])],
  ['a size without end', tensorMeta('float32', [limits.tensorElements])],
];

for (const [what, header] of headers) {
  attackByOwner('M1', `${what} ends the session before a byte of it is taken`, async (meet) => {
    const { eve, scientist } = await meet();
    const got = codeOf(scientist.store.get('p1').get());
    const { id } = await eve.last('get');
    const closed = ending(scientist);
    eve.say({ kind: 'value', get: id, meta: header, digest: new Uint8Array(32) });
    expect((await closed).code).toBe('bad-reply');
    expect(await got).toBe('bad-reply');
  });
}

attackByOwner(
  'M1',
  'other bytes than the announced ones, or none of the dtype, are no value',
  async (meet) => {
    for (const bytes of [Uint8Array.of(1, 1, 1), Uint8Array.of(1, 2, 1)]) {
      const { eve, scientist } = await meet(publishedAs(2, { meta: tensorMeta('bool', [3]) }));
      const got = codeOf(scientist.store.get('p2').get());
      const { id } = await eve.last('get');
      const digest = await digestOf(bytes[1] === 2 ? bytes : Uint8Array.of(0, 0, 0));
      eve.say({ kind: 'value', get: id, meta: tensorMeta('bool', [3]), digest });
      void eve.link.sendPayload(id, bytes).catch(() => undefined);
      expect(await got).toBe('bad-reply');
    }
  },
);

attackByOwner('M1', 'a longer payload than announced ends the link', async (meet) => {
  const { eve, scientist } = await meet();
  const got = codeOf(scientist.store.get('p1').get());
  const { id } = await eve.last('get');
  eve.say({ kind: 'value', get: id, meta, digest: new Uint8Array(32) });
  void eve.link.sendPayload(id, new Uint8Array(byteLength(meta) + 4)).catch(() => undefined);
  expect(await got).toBe('bad-transfer');
});

attackByOwner(
  'M1',
  'a catalogue without end is cut off, by its objects and by their columns',
  async (meet) => {
    const many = await meet();
    const closed = ending(many.scientist);
    for (let first = 2; first <= limits.publishedEntries + 2; first += limits.catalogueEntries) {
      const ids = Array.from({ length: limits.catalogueEntries }, (_, at) => first + at);
      many.eve.say(catalogue(...ids.map((id) => publishedAs(id))));
    }
    expect((await closed).code).toBe('bad-reply');

    const wide = await meet();
    const cut = ending(wide.scientist);
    const columns = Array.from({ length: limits.columns }, (_, at) => `c${at}`);
    const shape = tensorMeta('float32', [1, limits.columns]);
    for (let at = 0; at < limits.catalogueColumns / limits.columns + 1; at += 1) {
      wide.eve.say(catalogue(publishedAs(2 + at, { meta: shape, columns })));
    }
    expect((await cut).code).toBe('bad-reply');
  },
);

attackByOwner(
  'M1',
  'telling the same object again and again, giving and taking, is no growth',
  async (meet) => {
    const { eve, scientist } = await meet();
    const columns = Array.from({ length: limits.columns }, (_, at) => `c${at}`);
    const wide = publishedAs(2, { meta: tensorMeta('float32', [1, limits.columns]), columns });
    for (let at = 0; at < 70; at += 1) eve.say(catalogue(wide));
    for (let at = 0; at < 70; at += 1) {
      eve.say({ kind: 'gone', published: [2], own: [] }, catalogue(wide));
    }
    eve.say(catalogue(publishedAs(3, { tags: ['last'] })));
    await until(() => scientist.store.length === 3);
    expect(scientist.status.phase).toBe('ready');
  },
);

// ---- M2: texts ---------------------------------------------------------------------------------------------------

attackByOwner('M2', 'a field’s name never reaches what an object has by itself', async (meet) => {
  for (const field of ['__proto__', 'constructor', 'toString', 'then', 'field', 'a b']) {
    const { eve, scientist } = await meet();
    const set = { id: 5, name: 'd', tags: [], description: '', unit: '', units: 0, splits: [] };
    const fields = [publishedAs(6, { field })];
    eve.say({ kind: 'catalogue', objects: [], dataSets: [{ ...set, fields }] });
    eve.say(catalogue(publishedAs(7)));
    await until(() => scientist.store.list().some(({ id }) => id === 'p7'));
    const found = scientist.store.list().find(({ id }) => id === 'p5');
    // `field` is a proper name and yet a member already.
    if (found)
      expect(typeof (found as unknown as Record<string, unknown>)['field']).toBe('function');
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
  }
});

attackByOwner('M2', 'what the owner writes is shown with every trick visible', async (meet) => {
  const words = 'no\u202e\u200b<script>';
  const { eve, scientist } = await meet(publishedAs(2, { tags: [words], description: words }));
  const shown = 'no[U+202E][U+200B]<script>';
  expect(scientist.store.table()[1]).toMatchObject({ tags: shown, description: shown });
  const asked = scientist.store.get('p1').request();
  const { id } = await eve.last('request');
  eve.say({ kind: 'decision', request: id, outcome: 'denied', reason: words });
  expect(await asked.decision).toMatchObject({ outcome: 'denied', reason: shown });
});

const raw = (fields: duet.OwnerToScientist.$Properties) =>
  duet.OwnerToScientist.encode(fields).finish();

attackByOwner('M2', 'texts that are too long, or have controls, are no messages', async (meet) => {
  const bad = ['x'.repeat(limits.reasonChars + 1), 'x'.repeat(200_000), 'a\u0000b', '\u001b[2J'];
  for (const reason of bad) {
    const { eve, scientist } = await meet();
    const asked = scientist.store.get('p1').request();
    const { id } = await eve.last('request');
    eve.link.send(raw({ decision: { request: id, outcome: 2, reason } }));
    await turns();
    expect(asked.status).toBe('pending');
    expect(scientist.status.phase).toBe('ready');
    await asked.withdraw();
  }
});

// ---- M4: receipts ------------------------------------------------------------------------------------------------

const start = new Uint8Array(32).fill(1);

/** The scientist asks for an object and is sent a value of such bytes, with such a receipt; what became of it, and the new head. */
async function isReleased(
  { eve, scientist }: Met,
  keys: OwnersKeys,
  previous: Uint8Array,
  { n, ...facts }: { readonly n: number; readonly [name: string]: unknown },
  object = 'p1',
): Promise<{ code: string; head: Uint8Array }> {
  const got = codeOf(scientist.store.get(object).getValue({ requestBlock: true }));
  const [{ id: number }, { id }] = [await eve.last('request'), await eve.last('get')];
  eve.heard.length = 0;
  const bytes = new Uint8Array(byteLength(meta)).fill(n);
  const digest = await digestOf(bytes);
  const receipt = await receiptOf(keys, previous, { n, number, digest: toHex(digest), ...facts });
  eve.say(
    { kind: 'decision', request: number, outcome: 'accepted', reason: '' },
    { kind: 'value', get: id, meta, digest, receipt },
  );
  void eve.link.sendPayload(id, bytes).catch(() => undefined);
  return { code: await got, head: await headAfter(previous, receipt.entry) };
}

attackByOwner(
  'M4',
  'a receipt for something or someone else comes with no value',
  async (_, meetAs) => {
    const lies: Record<string, unknown>[] = [
      { number: 99 },
      { outcome: 'op-failed' },
      { shape: [4] },
      { dtype: 'int32' },
      { digest: '0'.repeat(64) },
      { to: 'b'.repeat(64) },
      { digits: 3 },
    ];
    for (const lie of lies) {
      const keys = await ownersKeys();
      const met = await meetAs(keys);
      expect((await isReleased(met, keys, start, { n: 1, ...lie })).code).toBe('bad-reply');
      expect(met.scientist.receipts.length).toBe(0);
    }
  },
);

attackByOwner('M4', 'nor does one that another key has signed', async (_, meetAs) => {
  const met = await meetAs(await ownersKeys());
  expect((await isReleased(met, await ownersKeys(), start, { n: 1 })).code).toBe('bad-reply');
});

attackByOwner('M4', 'a history that was rewritten between two shows', async (_, meetAs) => {
  const keys = await ownersKeys();
  const met = await meetAs(keys, publishedAs(2), publishedAs(3));
  const first = await isReleased(met, keys, start, { n: 1 });
  const second = await isReleased(met, keys, first.head, { n: 2 }, 'p2');
  expect([first.code, second.code]).toEqual(['resolved', 'resolved']);
  // The second one is to be forgotten.
  expect((await isReleased(met, keys, first.head, { n: 2 }, 'p3')).code).toBe('bad-reply');
  expect(met.scientist.receipts.length).toBe(2);
});

// ---- M5: never sending -------------------------------------------------------------------------------------------

attackByOwner(
  'M5',
  'keeps nobody waiting who has a signal, and the session goes on',
  async (meet) => {
    const { eve, scientist } = await meet();
    const stop = new AbortController();
    const got = codeOf(scientist.store.get('p1').get({ requestBlock: true, signal: stop.signal }));
    const { id } = await eve.last('request');
    eve.say({ kind: 'decision', request: id, outcome: 'accepted', reason: '' });
    await turns();
    stop.abort();
    expect(await got).toBe('aborted');
    expect(scientist.status).toMatchObject({ phase: 'ready', getting: 0, waiting: 0 });
  },
);

attackByOwner(
  'M5',
  'nor does a transfer that stops, or a decision that never comes',
  async (meet) => {
    const { eve, scientist } = await meet();
    const stop = new AbortController();
    const { signal } = stop;
    const halfway = codeOf(scientist.store.get('p1').get({ signal }));
    const { id } = await eve.last('get');
    eve.say({ kind: 'value', get: id, meta, digest: new Uint8Array(32) });
    const undecided = codeOf(scientist.store.get('p1').get({ requestBlock: true, signal }));
    await eve.last('request');
    await turns();
    stop.abort();
    expect(await halfway).toBe('aborted');
    expect(await undecided).toBe('aborted');
  },
);

attackByOwner(
  'M5',
  'who announces catalogues that never come keeps nobody waiting who has a signal',
  async () => {
    const wire = memoryPair();
    const eve = new FramedLink(wire.a);
    const stop = new AbortController();
    const link = new FramedLink(wire.b);
    const opening = codeOf(ScientistSession.open(link, { signal: stop.signal }));
    eve.send(encodeOwnerMessage({ ...welcome, catalogues: limits.id }));
    await turns();
    stop.abort();
    expect(await opening).toBe('aborted');
    expect(link.reason?.code).toBe('aborted');
  },
);

attackByOwner('M5', 'denied, expired, and gone away are told apart', async (meet) => {
  const { eve, scientist } = await meet();
  const ask = async () => {
    const got = codeOf(scientist.store.get('p1').get({ requestBlock: true }));
    const [asked, waiting] = [await eve.last('request'), await eve.last('get')];
    eve.heard.length = 0;
    return { got, request: asked.id, get: waiting.id };
  };
  for (const outcome of ['denied', 'expired'] as const) {
    const { got, request, get } = await ask();
    eve.say(
      { kind: 'decision', request, outcome, reason: '' },
      { kind: 'failed', get, code: outcome },
    );
    expect(await got).toBe(outcome);
  }
  const { got } = await ask();
  eve.link.close(new DuetError('dismissed'));
  expect(await got).toBe('dismissed');
});

// ---- M7: other answers -------------------------------------------------------------------------------------------

const unasked: readonly (readonly [string, OwnerMessage])[] = [
  ['a value', { kind: 'value', get: 5, meta, digest: new Uint8Array(32) }],
  ['a failure', { kind: 'failed', get: 5, code: 'denied' }],
  ['a decision', { kind: 'decision', request: 5, outcome: 'accepted', reason: '' }],
  ['a second welcome', welcome],
  ['an admission', { kind: 'admitted', name: 'x' }],
  ['progress of a run', { kind: 'progress', run: 5, step: 1, state: 'finished' }],
];

for (const [what, message] of unasked) {
  attackByOwner('M7', `${what} that nobody waits for ends the session`, async (meet) => {
    const { eve, scientist } = await meet();
    const closed = ending(scientist);
    eve.say(message);
    expect((await closed).code).toBe('bad-reply');
  });
}

attackByOwner(
  'M7',
  'a decision told twice, or a value told twice, ends the session',
  async (meet) => {
    const { eve, scientist } = await meet();
    const asked = scientist.store.get('p1').request();
    const { id } = await eve.last('request');
    const closed = ending(scientist);
    const decided: OwnerMessage = { kind: 'decision', request: id, outcome: 'denied', reason: '' };
    eve.say(decided, decided);
    expect((await closed).code).toBe('bad-reply');
    expect((await asked.decision).outcome).toBe('denied');
  },
);

attackByOwner('M7', 'an object does not become another one', async (meet) => {
  const { eve, scientist } = await meet();
  const closed = ending(scientist);
  eve.say(catalogue(publishedAs(1, { meta: tensorMeta('float32', [3, 3]) })));
  expect((await closed).code).toBe('bad-reply');
});

attackByOwner(
  ['H1', 'A14'],
  'D98 towards a scientist: a few end the link, and what comes between is heard',
  async (meet) => {
    const { eve, scientist } = await meet();
    const closed = ending(scientist);
    eve.link.send(Uint8Array.of(255, 1, 2));
    eve.link.send(encodeScientistMessage({ kind: 'begin', epoch: 1 }));
    eve.say(catalogue(publishedAs(2)));
    await until(() => scientist.store.length === 2);
    expect(scientist.status.phase).toBe('ready');
    eve.link.send(encodeScientistMessage({ kind: 'drop', ids: [1], parts: [] }));
    expect((await closed).code).toBe('bad-message');
  },
);

attackByOwner('F12', 'D92 a code that is not in the list is no message', async (meet) => {
  const { eve, scientist } = await meet();
  const got = codeOf(scientist.store.get('p1').get());
  const { id } = await eve.last('get');
  const closed = ending(scientist);
  for (let at = 0; at < limits.badMessages; at += 1) {
    eve.link.send(raw({ failed: { get: id, code: 9999 } }));
  }
  expect((await closed).code).toBe('bad-message');
  expect(await got).toBe('bad-message');
});

attackByOwner(
  'M7',
  'a fault or a loss about whatever id breaks that pointer alone',
  async (meet) => {
    const { eve, scientist } = await meet();
    const [kept, lost] = [scientist.send([1, 2]), scientist.send([3, 4])];
    eve.say(
      { kind: 'fault', about: 0, code: 'internal' },
      { kind: 'fault', about: 4_000_000, code: 'no-object' },
      { kind: 'gone', published: [77], own: [99, Number(lost.id.slice(1))] },
    );
    await turns();
    expect(() => lost.neg()).toThrow(expect.objectContaining({ code: 'gone' }));
    const negated = kept.neg();
    negated.dispose();
    kept.dispose();
    expect(scientist.status.phase).toBe('ready');
  },
);
