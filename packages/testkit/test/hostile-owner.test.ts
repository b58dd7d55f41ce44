/**
 * What an owner with a page of their own may try against a scientist's side. The ids are those of the attack catalogue.
 * What the owner says is never more than said: it makes no object, no memory without end, and nothing that hangs.
 */

import { nextMacrotask } from '@duet/engine';
import { FramedLink, memoryPair } from '@duet/link';
import {
  byteLength,
  type DuetError,
  decodeScientistMessage,
  digestOf,
  encodeOwnerMessage,
  encodeScientistMessage,
  isDuetError,
  limits,
  type OwnerMessage,
  type Published,
  type ScientistMessage,
  type TensorMeta,
  tensorMeta,
} from '@duet/protocol';
import { ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../src/pair';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** An owner's end on which a test says whatever it likes. */
class HostileOwner {
  readonly link: FramedLink;
  readonly heard: ScientistMessage[] = [];
  readonly scientist: Promise<ScientistSession>;

  constructor() {
    const wire = memoryPair();
    const identity = { fingerprint: 'e'.repeat(64), name: 'Eve', software: 'none' };
    this.link = new FramedLink(wire.a);
    this.link.onMessage((bytes) => {
      this.heard.push(decodeScientistMessage(bytes));
    });
    this.scientist = ScientistSession.open(new FramedLink(wire.b, { peer: identity }));
    this.scientist.catch(() => undefined);
  }

  say(...messages: readonly OwnerMessage[]): void {
    for (const message of messages) this.link.send(encodeOwnerMessage(message));
  }

  async last<K extends ScientistMessage['kind']>(
    kind: K,
  ): Promise<Extract<ScientistMessage, { kind: K }>> {
    const find = () => this.heard.findLast((message) => message.kind === kind);
    await until(() => find() !== undefined);
    return find() as Extract<ScientistMessage, { kind: K }>;
  }
}

const welcome = {
  kind: 'welcome',
  epoch: 1,
  nextId: 1,
  catalogues: 0,
  opCost: 1e9,
  planCost: 1e9,
  runCost: 1e9,
  backend: 'cpu',
  lacking: [],
  keepMs: 0,
} as const satisfies OwnerMessage;

const meta = tensorMeta('float32', [3]);

function publishedAs(id: number, more: Partial<Published> = {}): Published {
  return {
    id,
    meta,
    tags: [],
    description: '',
    columns: [],
    public: false,
    field: '',
    mockOf: 0,
    recordAxis: 0,
    minRecords: 10,
    ...more,
  };
}

const catalogue = (...objects: Published[]): OwnerMessage => ({
  kind: 'catalogue',
  objects,
  dataSets: [],
});

async function start(
  ...objects: Published[]
): Promise<{ eve: HostileOwner; scientist: ScientistSession }> {
  const eve = new HostileOwner();
  eve.say(welcome, catalogue(publishedAs(1), ...objects));
  const scientist = await eve.scientist;
  await until(() => scientist.store.length > 0);
  return { eve, scientist };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (isDuetError(error) ? error.code : 'foreign'),
  );

/** Why the session has ended, once it has. */
function ending(scientist: ScientistSession): Promise<DuetError> {
  return new Promise((resolve) => scientist.once('closed', resolve));
}

describe('M1, M7: replies that do not fit what was asked', () => {
  const headers: readonly [string, TensorMeta][] = [
    ['another shape', tensorMeta('float32', [4])],
    ['another rank', tensorMeta('float32', [3, 1])],
    ['another dtype', tensorMeta('int32', [3])],
    ['a size without end', tensorMeta('float32', [limits.tensorElements])],
  ];

  it.each(headers)('%s ends the session before a byte of it is taken', async (_, header) => {
    const { eve, scientist } = await start();
    const got = codeOf(scientist.store.get('p1').get());
    const { id } = await eve.last('get');
    const closed = ending(scientist);
    eve.say({ kind: 'value', get: id, meta: header, digest: new Uint8Array(32) });
    expect((await closed).code).toBe('bad-reply');
    expect(await got).toBe('bad-reply');
    expect(scientist.pending).toBe(0);
  });

  it('other bytes than the announced ones, or none of the dtype, are no value', async () => {
    for (const bytes of [Uint8Array.of(1, 1, 1), Uint8Array.of(1, 2, 1)]) {
      const { eve, scientist } = await start(publishedAs(2, { meta: tensorMeta('bool', [3]) }));
      const got = codeOf(scientist.store.get('p2').get());
      const { id } = await eve.last('get');
      const digest = await digestOf(bytes[1] === 2 ? bytes : Uint8Array.of(0, 0, 0));
      eve.say({ kind: 'value', get: id, meta: tensorMeta('bool', [3]), digest });
      void eve.link.sendPayload(id, bytes).catch(() => undefined);
      expect(await got).toBe('bad-reply');
    }
  });

  it('a longer payload than announced ends the link', async () => {
    const { eve, scientist } = await start();
    const got = codeOf(scientist.store.get('p1').get());
    const { id } = await eve.last('get');
    eve.say({ kind: 'value', get: id, meta, digest: new Uint8Array(32) });
    void eve.link.sendPayload(id, new Uint8Array(byteLength(meta) + 4)).catch(() => undefined);
    expect(await got).toBe('bad-transfer');
  });

  const unasked: readonly [string, OwnerMessage][] = [
    ['a value', { kind: 'value', get: 5, meta, digest: new Uint8Array(32) }],
    ['a failure', { kind: 'failed', get: 5, code: 'denied' }],
    ['a decision', { kind: 'decision', request: 5, outcome: 'accepted', reason: '' }],
    ['a second welcome', welcome],
    ['an admission', { kind: 'admitted', name: 'x' }],
  ];

  it.each(unasked)('%s that nobody waits for ends the session', async (_, message) => {
    const { eve, scientist } = await start();
    const closed = ending(scientist);
    eve.say(message);
    expect((await closed).code).toBe('bad-reply');
  });

  it('M7: a decision told twice, or a value told twice, ends the session', async () => {
    const { eve, scientist } = await start();
    const asked = scientist.store.get('p1').request();
    const { id } = await eve.last('request');
    const closed = ending(scientist);
    const decided: OwnerMessage = { kind: 'decision', request: id, outcome: 'denied', reason: '' };
    eve.say(decided, decided);
    expect((await closed).code).toBe('bad-reply');
    expect((await asked.decision).outcome).toBe('denied');
  });
});

describe('M5: an owner who accepts and then does not send', () => {
  it('keeps nobody waiting who has a signal, and the session goes on', async () => {
    const { eve, scientist } = await start();
    const stop = new AbortController();
    const got = codeOf(scientist.store.get('p1').get({ requestBlock: true, signal: stop.signal }));
    const { id } = await eve.last('request');
    eve.say({ kind: 'decision', request: id, outcome: 'accepted', reason: '' });
    for (let turn = 0; turn < 20; turn += 1) await nextMacrotask();
    stop.abort();
    expect(await got).toBe('aborted');
    expect(scientist.status).toMatchObject({ phase: 'ready', getting: 0, waiting: 0 });
  });

  it('who announces catalogues that never come keeps nobody waiting who has a signal', async () => {
    const wire = memoryPair();
    const eve = new FramedLink(wire.a);
    const stop = new AbortController();
    const link = new FramedLink(wire.b);
    const opening = codeOf(ScientistSession.open(link, { signal: stop.signal }));
    eve.send(encodeOwnerMessage({ ...welcome, catalogues: limits.id }));
    for (let turn = 0; turn < 20; turn += 1) await nextMacrotask();
    stop.abort();
    expect(await opening).toBe('aborted');
    expect(link.reason?.code).toBe('aborted');
  });
});

describe('a store without end', () => {
  it('of objects is cut off', async () => {
    const { eve, scientist } = await start();
    const closed = ending(scientist);
    for (let first = 2; first <= limits.publishedEntries + 2; first += limits.catalogueEntries) {
      const ids = Array.from({ length: limits.catalogueEntries }, (_, at) => first + at);
      eve.say(catalogue(...ids.map((id) => publishedAs(id))));
    }
    expect((await closed).code).toBe('bad-reply');
  });

  it('of columns is cut off, long before it is many objects', async () => {
    const { eve, scientist } = await start();
    const closed = ending(scientist);
    const columns = Array.from({ length: limits.columns }, (_, at) => `c${at}`);
    const wide = tensorMeta('float32', [1, limits.columns]);
    const count = limits.catalogueColumns / limits.columns + 1;
    for (let at = 0; at < count; at += 1) {
      eve.say(catalogue(publishedAs(2 + at, { meta: wide, columns })));
    }
    expect((await closed).code).toBe('bad-reply');
  });

  it('may tell the same object again and again, and give and take', async () => {
    const { eve, scientist } = await start();
    const columns = Array.from({ length: limits.columns }, (_, at) => `c${at}`);
    const wide = publishedAs(2, { meta: tensorMeta('float32', [1, limits.columns]), columns });
    for (let at = 0; at < 70; at += 1) eve.say(catalogue(wide));
    for (let at = 0; at < 70; at += 1) {
      eve.say({ kind: 'gone', published: [2], own: [] }, catalogue(wide));
    }
    eve.say(catalogue(publishedAs(3, { tags: ['last'] })));
    await until(() => scientist.store.length === 3);
    expect(scientist.status.phase).toBe('ready');
  });
});

describe('E4, F3, M2: names and texts', () => {
  it.each(['__proto__', 'constructor', 'toString', 'then', 'field', 'a b'])(
    'a field that is called “%s” makes no property',
    async (field) => {
      const { eve, scientist } = await start();
      const set = { id: 5, name: 'd', tags: [], description: '', unit: '', units: 0, splits: [] };
      const fields = [publishedAs(6, { field })];
      eve.say({ kind: 'catalogue', objects: [], dataSets: [{ ...set, fields }] });
      eve.say(catalogue(publishedAs(7)));
      await until(() => scientist.store.list().some(({ id }) => id === 'p7'));
      const found = scientist.store.list().find(({ id }) => id === 'p5');
      if (found !== undefined) {
        // `field` is a proper name and yet a member already.
        expect(typeof (found as unknown as Record<string, unknown>)['field']).toBe('function');
      }
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
      expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
    },
  );

  it('what the owner writes is shown with every trick visible', async () => {
    const words = 'no\u202e\u200b<script>';
    const { eve, scientist } = await start(publishedAs(2, { tags: [words], description: words }));
    const shown = 'no[U+202E][U+200B]<script>';
    expect(scientist.store.table()[1]).toMatchObject({ tags: shown, description: shown });
    const asked = scientist.store.get('p1').request();
    const { id } = await eve.last('request');
    eve.say({ kind: 'decision', request: id, outcome: 'denied', reason: words });
    expect(await asked.decision).toEqual({ outcome: 'denied', reason: shown });
  });

  it('an object does not become another one', async () => {
    const { eve, scientist } = await start();
    const closed = ending(scientist);
    eve.say(catalogue(publishedAs(1, { meta: tensorMeta('float32', [3, 3]) })));
    expect((await closed).code).toBe('bad-reply');
  });
});

describe('H1, A14: bytes that are no message of an owner’s', () => {
  it('end the link after a few, and what comes between is still heard', async () => {
    const { eve, scientist } = await start();
    const closed = ending(scientist);
    eve.link.send(Uint8Array.of(255, 1, 2));
    eve.link.send(encodeScientistMessage({ kind: 'begin', epoch: 1 }));
    eve.say(catalogue(publishedAs(2)));
    await until(() => scientist.store.length === 2);
    expect(scientist.status.phase).toBe('ready');
    eve.link.send(encodeScientistMessage({ kind: 'drop', ids: [1], parts: [] }));
    expect((await closed).code).toBe('bad-message');
  });

  it('a fault or a loss about whatever id breaks that pointer alone', async () => {
    const { eve, scientist } = await start();
    const [kept, lost] = [scientist.send([1, 2]), scientist.send([3, 4])];
    eve.say(
      { kind: 'fault', about: 0, code: 'internal' },
      { kind: 'fault', about: 4_000_000, code: 'no-object' },
      { kind: 'gone', published: [77], own: [99, Number(lost.id.slice(1))] },
    );
    for (let turn = 0; turn < 20; turn += 1) await nextMacrotask();
    expect(() => lost.neg()).toThrow(expect.objectContaining({ code: 'gone' }));
    const negated = kept.neg();
    negated.dispose();
    kept.dispose();
    expect(scientist.status.phase).toBe('ready');
  });
});
