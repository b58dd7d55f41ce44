/**
 * One attack by a hostile scientist who speaks raw frames, with what must hold after each: the owner's objects, grants and
 * log are as they were but for what the test says, no private bit pattern has left, and an honest scientist is served.
 */

import { readFrame } from '@duet/link';
import type { AuditEvent, AuditSink, Owner } from '@duet/owner';
import type { ScientistMessage, TensorValue } from '@duet/protocol';
import { expect, it } from 'vitest';
import { RawPair, type RawPairOptions, type RawScientist } from '../../src/raw-pair';
import { answers } from '../answers';
import { canary, elementBits, intCanary, mentions, spiltElements } from '../canary';
import { action, begin, floats, get, own, published, request } from '../words';
import type { AttackId } from './catalogue';
import { type SlowEngine, slowEngine } from './slow-engine';
import { titleOf } from './titles';

/** What is published at the start, by number. */
export const ages = 1;
export const open = 2;
export const hidden = 3;
export const matrix = 4;
export const codes = 5;
export const openValues = floats([10, 20]);
const publishedAtStart = 5;

export interface Setting extends RawPairOptions {
  /** Other private values with the same public facts. */
  readonly seed?: number;
  /** Publishes more, or sets handlers up, before anyone joins. */
  readonly prepare?: (owner: Owner) => void | Promise<void>;
}

/** What the owner's log says of one scientist's requests: how they came, how they ended, and what left. */
export type LogEntry =
  | 'request'
  | Extract<AuditEvent, { kind: 'decision' }>['outcome']
  | 'release'
  | 'too-narrow';

/** Keeps what the owner's side writes down. Nothing is signed. */
class Recorded implements AuditSink {
  readonly events: AuditEvent[] = [];

  note(event: AuditEvent): void {
    this.events.push(event);
  }

  async release(event: Extract<AuditEvent, { kind: 'release' }>): Promise<undefined> {
    this.events.push(event);
  }

  /** Refusals may be many, and are counted; joining and leaving is what tests do. */
  of(fingerprint: string): LogEntry[] {
    return this.events.flatMap((event): LogEntry[] => {
      if (!('peer' in event) || event.peer !== fingerprint) return [];
      if (event.kind === 'decision') return [event.outcome];
      if (event.kind === 'request' || event.kind === 'release') return [event.kind];
      return event.kind === 'too-narrow' ? [event.kind] : [];
    });
  }
}

export class Scene {
  readonly pair: RawPair;
  readonly owner: Owner;
  /** Private values, none of which may reach Eve but for those in `given`. */
  readonly secrets: readonly TensorValue[];
  /** What the owner let Eve have on purpose. */
  readonly given: TensorValue[] = [];
  /** What the test expects the owner's log to say about Eve when it is over, in this order. */
  readonly expectedLog: LogEntry[] = [];
  /** How many grants of Eve's the test leaves open. */
  openGrants = 0;
  readonly #recorded: Recorded;
  /** Holds what engines read back, where a test wants a moment to last. */
  readonly slow: SlowEngine;
  #nextId = 1_000_000;
  #eve: RawScientist | undefined;
  #grace: RawScientist | undefined;
  readonly #scientists: RawScientist[] = [];

  constructor(
    pair: RawPair,
    secrets: readonly TensorValue[],
    slow: SlowEngine,
    recorded: Recorded,
  ) {
    this.pair = pair;
    this.#recorded = recorded;
    this.slow = slow;
    this.owner = pair.owner;
    this.secrets = secrets;
  }

  /** The hostile one. */
  get eve(): RawScientist {
    if (!this.#eve) throw new Error('Eve has not joined.');
    return this.#eve;
  }

  /** An honest one. */
  get grace(): RawScientist {
    if (!this.#grace) throw new Error('Grace has not joined.');
    return this.#grace;
  }

  /** Everyone who ever joined, on every link. */
  get scientists(): readonly RawScientist[] {
    return this.#scientists;
  }

  async open(): Promise<void> {
    this.#grace = await this.join('grace');
    this.#eve = await this.join('eve');
  }

  /** With a fingerprint, someone who only calls themselves so. */
  async join(name: string, fingerprint?: string): Promise<RawScientist> {
    const scientist = this.pair.join(name, fingerprint);
    this.#scientists.push(scientist);
    await answers(scientist, begin);
    scientist.arrivals.length = 0;
    return scientist;
  }

  /** Eve says something; gives what comes back until there is quiet. */
  tell(...messages: ScientistMessage[]) {
    return answers(this.eve, ...messages);
  }

  /** Eve's bytes, whatever they are. */
  async tellBytes(...messages: readonly Uint8Array[]) {
    this.eve.arrivals.length = 0;
    for (const bytes of messages) this.eve.link.send(bytes);
    await this.eve.quiet();
    return this.eve.messages;
  }

  /** An id of Eve's that is larger than those that tests write down. */
  id(): number {
    return this.#nextId++;
  }

  /** What the owner's log says about Eve. */
  get log(): readonly LogEntry[] {
    return this.#recorded.of(this.eve.identity.fingerprint);
  }

  /** Everything that the owner's side wrote down, about anyone. */
  get events(): readonly AuditEvent[] {
    return this.#recorded.events;
  }
}

function secretsOf(seed: number): [TensorValue, TensorValue, TensorValue, TensorValue] {
  return [
    canary([6], seed),
    canary([3], seed + 1),
    canary([6, 2], seed + 2),
    intCanary([6], seed + 3),
  ];
}

/** An owner with private, public and hidden objects, an honest scientist and a hostile one. The caller closes `pair`. */
export async function openScene({ seed = 1, prepare, ...options }: Setting = {}): Promise<Scene> {
  const slow = slowEngine();
  const recorded = new Recorded();
  const { wrapEngine = (engine) => engine } = options;
  const pair = new RawPair({
    mostScientists: 64,
    audit: recorded,
    ...options,
    wrapEngine: (engine) => slow.wrapEngine(wrapEngine(engine)),
  });
  const { store } = pair.owner;
  const [agesValue, hiddenValue, matrixValue, codesValue] = secretsOf(seed);
  store.add(agesValue, { tags: ['ages'] });
  store.add(openValues, { tags: ['open'], public: true });
  store.add(hiddenValue, { pointable: false });
  store.add(matrixValue, { tags: ['matrix'] });
  store.add(codesValue, { tags: ['codes'] });
  expect(store.objects).toHaveLength(publishedAtStart);
  const before = store.objects.length;
  await prepare?.(pair.owner);
  const more = store.objects
    .slice(before)
    .filter((object) => !object.public && object.value.meta.dtype !== 'string');
  const scene = new Scene(
    pair,
    [...secretsOf(seed), ...more.map(({ value }) => value)],
    slow,
    recorded,
  );
  await scene.open();
  return scene;
}

/** Everything of the owner's own that no scientist may change. */
export function stateOf({ store, requests, grants }: Owner) {
  return {
    objects: store.objects.map(({ value, number, tags, description, columns, ...object }) => ({
      number,
      tags: [...tags],
      description,
      columns: [...columns],
      public: object.public,
      readers: [...object.readers],
      pointable: object.pointable,
      meta: value.meta,
      bytes: [...value.bytes],
    })),
    dataSets: store.dataSets.map(({ id, name, tags }) => ({ id, name, tags: [...tags] })),
    requests: requests.list().map(({ id, name, status }) => ({ id, name, status })),
    grants: grants.length,
  };
}

const honestIds = 2_000_000_000;
let honestTurn = 0;

/** An honest scientist computes, asks, is accepted, and gets exactly that. */
export async function isServed(scientist: RawScientist, owner: Owner): Promise<void> {
  owner.requests.clearHandlers();
  const id = honestIds + 10 * honestTurn++;
  const wanted = store(owner, ages).bytes.slice(4, 12);
  await answers(
    scientist,
    action(id, 'slice', published(ages), [1], [2]),
    request(id + 1, own(id), { name: 'honest' }),
    get(id + 2, own(id), { request: id + 1, deleteAfter: true }),
  );
  const mine = owner.requests.list().filter(({ number }) => number === id + 1);
  expect(mine).toHaveLength(1);
  await mine[0]?.accept();
  await scientist.quiet();
  const got = scientist.arrivals.flatMap((each) => (each.kind === 'payload' ? [each.bytes] : []));
  expect(got).toEqual([wanted]);
  await answers(scientist, { kind: 'confirm', get: id + 2 });
}

const store = (owner: Owner, number: number): TensorValue => {
  const object = owner.store.find(number);
  if (!object) throw new Error(`There is no p${number}.`);
  return object.value;
};

/** The session still computes on what is open, and answers. */
export async function goesOn(scientist: RawScientist): Promise<void> {
  const id = honestIds + 10 * honestTurn++;
  await answers(scientist, action(id, 'square', published(open)), get(id + 1, own(id)));
  const got = scientist.arrivals.flatMap((each) =>
    each.kind === 'payload' ? [[...new Float32Array(each.bytes.slice().buffer)]] : [],
  );
  expect(got).toEqual([[100, 400]]);
  await answers(scientist, { kind: 'drop', ids: [id], parts: [] });
}

/** Private elements that stand on Eve's wire and were not given to her. */
export function leaked({ scientists, eve, secrets, given }: Scene): string[] {
  const allowed = new Set(
    given.flatMap((value) =>
      Array.from({ length: value.bytes.length / 4 }, (_, at) => elementBits(value, at)),
    ),
  );
  const hers = scientists.filter(
    ({ identity }) => identity.fingerprint === eve.identity.fingerprint,
  );
  const found = hers.flatMap(({ wire }) => [...spiltElements(wire, ...secrets)]);
  return found.filter((element) => !allowed.has(element));
}

export async function within(
  setting: Setting,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const scene = await openScene(setting);
  const { pair, owner, eve, grace, scientists } = scene;
  try {
    const before = stateOf(owner);
    const events = scene.events.length;
    await run(scene);
    if (eve.peer.status === 'joined') await eve.quiet();
    const after = { ...before, grants: before.grants + scene.openGrants };
    expect(stateOf(owner)).toEqual(after);
    expect(scene.log).toEqual(scene.expectedLog);
    await isServed(grace, owner);
    if (eve.peer.status === 'joined') await goesOn(eve);
    expect(leaked(scene)).toEqual([]);
    expect(mentions(JSON.stringify(scene.events.slice(events)), ...scene.secrets)).toBe(0);
    expect(stateOf(owner)).toEqual(after);
  } finally {
    await pair.close();
  }
  expect(owner.requests.length).toBe(0);
  expect(owner.grants.length).toBe(0);
  expect(owner.objectCount).toBe(owner.store.objects.length);
  for (const { engine } of scientists) expect(engine.size).toBe(0);
}

/** One way of an attack, as a test that is named after it. */
export function attack(
  ids: AttackId | readonly AttackId[],
  what: string,
  run: (scene: Scene) => Promise<void>,
  setting: Setting = {},
): void {
  it(titleOf(ids, what), () => within(setting, run));
}

/** What Eve was sent, without how it was cut into frames: all messages, then each payload. */
function transcript({ eve }: Scene): string[] {
  const sent = eve.wire.log.filter(({ lane }) => lane === 'aToB');
  const segments = sent.flatMap(({ frame }) => readFrame(frame).segments);
  const payloads = new Map<number, string>();
  for (const { kind, number, body } of segments) {
    if (!kind.startsWith('payload-')) continue;
    payloads.set(number, `${payloads.get(number) ?? ''} ${body.join(' ')}`);
  }
  return [
    ...segments.filter(({ kind }) => kind.startsWith('message')).map(({ body }) => body.join(' ')),
    ...[...payloads].map(([number, bytes]) => `${number}: ${bytes}`).sort(),
  ];
}

/** Other private values with the same public facts. */
const otherSeed = 1001;

/** One way of an attack, tried on two owners with unlike private values: Eve hears the same to the last byte. */
export function attackOnTwo(
  ids: AttackId | readonly AttackId[],
  what: string,
  run: (scene: Scene) => Promise<void>,
  settingOf: (isSecond: boolean) => Setting = () => ({}),
): void {
  it(titleOf(ids, what), async () => {
    const heard: string[][] = [];
    for (const isSecond of [false, true]) {
      const seed = isSecond ? otherSeed : 1;
      await within({ ...settingOf(isSecond), seed }, async (scene) => {
        await run(scene);
        heard.push(transcript(scene));
      });
    }
    expect(heard[0]?.length).toBeGreaterThan(0);
    expect(heard[1]).toEqual(heard[0]);
  });
}
