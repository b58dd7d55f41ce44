/**
 * One attack by a hostile owner, who speaks raw frames to a real scientist's side, with what must hold after each: nothing
 * hangs, no tensor and no property is left of it, and an honest owner's answers arrive.
 */

import { nextMacrotask } from '@duet/engine';
import { FramedLink, memoryPair } from '@duet/link';
import {
  asciiJson,
  type Bytes,
  type DuetError,
  decodeScientistMessage,
  encodeOwnerMessage,
  fingerprintOf,
  headAfter,
  headToSign,
  identityAlgorithm,
  isDuetError,
  type OwnerMessage,
  type PeerIdentity,
  type Published,
  type Receipt,
  type ScientistMessage,
  signatureAlgorithm,
  tensorMeta,
  toHex,
} from '@duet/protocol';
import { ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { loopback } from 'duetjs';
import { expect, it } from 'vitest';
import { until } from '../../src/pair';
import type { AttackId } from './catalogue';
import { titleOf } from './titles';

/** By which owners know the scientist's side. */
export const scientistKey = 'a'.repeat(64);

/** An owner's identity, and what it signs with. */
export interface OwnersKeys {
  readonly identity: Pick<PeerIdentity, 'fingerprint' | 'publicKey'>;
  sign(data: Bytes): Promise<Uint8Array>;
}

export async function ownersKeys(): Promise<OwnersKeys> {
  const keys = await crypto.subtle.generateKey(identityAlgorithm, true, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  return {
    identity: { fingerprint: await fingerprintOf(publicKey), publicKey },
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign(signatureAlgorithm, keys.privateKey, data)),
  };
}

/** A receipt of a released value of `meta`, as an owner signs it. */
export async function receiptOf(
  { sign }: OwnersKeys,
  previous: Uint8Array,
  facts: Record<string, unknown>,
): Promise<Receipt> {
  const entry = asciiJson({
    prev: toHex(previous),
    at: '2026-01-02T03:04:05Z',
    kind: 'release',
    to: scientistKey,
    outcome: 'value',
    dtype: meta.dtype,
    shape: meta.shape,
    ...facts,
  });
  const signature = await sign(headToSign('history', await headAfter(previous, entry)));
  return { entry, previous, signature };
}

/** An owner's end on which a test says whatever it likes. */
export class HostileOwner {
  readonly link: FramedLink;
  readonly heard: ScientistMessage[] = [];
  readonly opening: Promise<ScientistSession>;

  constructor(keys?: OwnersKeys) {
    const wire = memoryPair();
    const identity = {
      fingerprint: 'e'.repeat(64),
      name: 'Eve',
      software: 'none',
      ...keys?.identity,
    };
    this.link = new FramedLink(wire.a);
    this.link.onMessage((bytes) => {
      this.heard.push(decodeScientistMessage(bytes));
    });
    this.opening = ScientistSession.open(
      new FramedLink(wire.b, { peer: identity, ownFingerprint: scientistKey }),
    );
    this.opening.catch(() => undefined);
  }

  say(...messages: readonly OwnerMessage[]): void {
    for (const message of messages) this.link.send(encodeOwnerMessage(message));
  }

  /** The latest message of a kind, once there is one. */
  async last<K extends ScientistMessage['kind']>(
    kind: K,
  ): Promise<Extract<ScientistMessage, { kind: K }>> {
    const find = () => this.heard.findLast((message) => message.kind === kind);
    await until(() => find() !== undefined);
    return find() as Extract<ScientistMessage, { kind: K }>;
  }
}

export const welcome = {
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
  mine: 0,
} as const satisfies OwnerMessage;

export const meta = tensorMeta('float32', [3]);

export function publishedAs(id: number, more: Partial<Published> = {}): Published {
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

export const catalogue = (...objects: Published[]): OwnerMessage => ({
  kind: 'catalogue',
  objects,
  dataSets: [],
});

/** A scientist's side that has heard of p1, and of what is given. */
export interface Met {
  readonly eve: HostileOwner;
  readonly scientist: ScientistSession;
}

export async function meet(objects: readonly Published[], keys?: OwnersKeys): Promise<Met> {
  const eve = new HostileOwner(keys);
  eve.say(welcome, catalogue(publishedAs(1), ...objects));
  const scientist = await eve.opening;
  await until(() => scientist.store.length > 0);
  return { eve, scientist };
}

export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (isDuetError(error) ? error.code : 'foreign'),
  );

/** Why the session has ended, once it has. */
export function ending(scientist: ScientistSession): Promise<DuetError> {
  return new Promise((resolve) => scientist.once('closed', resolve));
}

export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextMacrotask();
}

/** An honest owner's value arrives. */
async function isServed(): Promise<void> {
  const { owner, scientist } = await loopback({ owner: { backend: 'cpu' } });
  await owner.store.add([1, 2, 3], { tags: ['open'], public: true });
  await until(() => scientist.store.length > 0);
  expect(await scientist.store.get('open').getValue()).toEqual([1, 2, 3]);
  scientist.close();
  await owner.close();
}

/** One way of an attack, as a test that is named after it. `run` may meet as many hostile owners as it likes. */
export function attackByOwner(
  ids: AttackId | readonly AttackId[],
  what: string,
  run: (
    meet: (...objects: Published[]) => Promise<Met>,
    meetAs: (keys: OwnersKeys, ...objects: Published[]) => Promise<Met>,
  ) => Promise<void>,
): void {
  it(titleOf(ids, what), async () => {
    await tf.setBackend('cpu');
    const tensors = tf.memory().numTensors;
    const met: Met[] = [];
    const meetOne = async (objects: readonly Published[], keys?: OwnersKeys) => {
      const one = await meet(objects, keys);
      met.push(one);
      return one;
    };
    await run(
      (...objects) => meetOne(objects),
      (keys, ...objects) => meetOne(objects, keys),
    );
    for (const { scientist } of met) {
      scientist.close();
      await turns();
      expect(scientist.pending).toBe(0);
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    await isServed();
  });
}
