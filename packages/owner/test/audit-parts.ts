/** What tests of the audit share: an owner's key, storage that fails when told, events. */

import { VirtualClock } from '@duet/link';
import { type Bytes, fingerprintOf, identityAlgorithm, signatureAlgorithm } from '@duet/protocol';
import type { AuditEvent, ReleaseEvent, ReleaseFacts } from '../src/audit/events';
import { AuditLog, type AuditLogParts, type AuditSigner } from '../src/audit/log';
import type { RequestFacts } from '../src/gate/facts';
import { memoryStorage } from '../src/memory-storage';
import type { OwnerStorage } from '../src/storage';

export const ada = 'a'.repeat(64);
export const bob = 'b'.repeat(64);

export async function makeSigner(): Promise<AuditSigner> {
  const keys = await crypto.subtle.generateKey(identityAlgorithm, true, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  return {
    publicKey,
    fingerprint: await fingerprintOf(publicKey),
    sign: async (data: Bytes) =>
      new Uint8Array(await crypto.subtle.sign(signatureAlgorithm, keys.privateKey, data)),
  };
}

/** The middle of a second, so that whole seconds are another time. */
export const wallMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

export function openLog(parts: Partial<AuditLogParts> = {}): AuditLog {
  return new AuditLog({
    storage: memoryStorage(),
    clock: new VirtualClock(),
    wallMs: () => wallMs,
    ...parts,
  });
}

/** Storage whose writes can be made to fail. */
export class BrittleStorage implements OwnerStorage {
  readonly lasting = false;
  readonly inner = memoryStorage();
  broken = false;
  /** How each write was asked for. */
  readonly writes: ('now' | 'soon')[] = [];

  read: OwnerStorage['read'] = (table, range) => this.inner.read(table, range);
  keyedDigest: OwnerStorage['keyedDigest'] = (data) => this.inner.keyedDigest(data);
  seal: OwnerStorage['seal'] = (plain, bound) => this.inner.seal(plain, bound);
  open: OwnerStorage['open'] = (sealed, bound) => this.inner.open(sealed, bound);
  wipe: OwnerStorage['wipe'] = () => this.inner.wipe();
  write: OwnerStorage['write'] = (changes, when = 'now') => {
    if (this.broken) return Promise.reject(new Error('The disk is full.'));
    this.writes.push(when);
    return this.inner.write(changes);
  };
}

export function factsOf(peer: string, name = 'mean age'): RequestFacts {
  return {
    name,
    peer,
    dtype: 'float32',
    shape: [],
    elements: 1,
    bytes: 4,
    class: 'aggregate',
    why: '',
    sets: [],
    units: undefined,
    sources: [],
    plan: undefined,
  };
}

export function asked(peer: string, number: number, name?: string): AuditEvent {
  return { kind: 'request', peer, request: `r${number}`, number, facts: factsOf(peer, name) };
}

export function decided(
  peer: string,
  number: number,
  outcome: 'accepted' | 'denied' | 'withdrawn' = 'accepted',
): AuditEvent {
  return { kind: 'decision', peer, request: `r${number}`, number, outcome, by: 'owner' };
}

export function releaseOf(
  peer: string,
  number: number,
  value = 4,
): readonly [ReleaseEvent, ReleaseFacts, Uint8Array] {
  const event: ReleaseEvent = {
    kind: 'release',
    peer,
    request: `r${number}`,
    number,
    elements: 1,
    bytes: 1,
    failure: undefined,
    digits: undefined,
    by: 'owner',
    digest: undefined,
  };
  const facts: ReleaseFacts = {
    peer,
    number,
    outcome: 'value',
    digest: String(value).padStart(64, '0'),
    dtype: 'int32',
    shape: [],
    digits: undefined,
  };
  return [event, facts, Uint8Array.of(value)];
}

/** One request, its decision and its release, in turn. */
export async function oneRelease(log: AuditLog, peer: string, number: number, value?: number) {
  log.note(asked(peer, number));
  log.note(decided(peer, number));
  return log.release(...releaseOf(peer, number, value));
}
