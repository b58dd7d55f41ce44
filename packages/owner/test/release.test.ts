/** The one function through which private bytes leave, by itself: whatever calls it, only an open grant of the one who asks. */

import type { Engine } from '@duet/ops';
import {
  asDuetError,
  type Bytes,
  DuetError,
  decodeOwnerMessage,
  digestOf,
  digestsOf,
  type Link,
  limits,
  type PeerIdentity,
  pieceCount,
  pieceOf,
  type SendPayloadOptions,
} from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { type AuditSink, noAudit, type ReleaseEvent, type ReleaseFacts } from '../src/audit/events';
import { Gate } from '../src/gate/gate';
import { type Grant, Grants } from '../src/gate/grants';
import type { Recovery } from '../src/recovery';
import { floats } from './tensors';

const grace: PeerIdentity = { fingerprint: 'a'.repeat(64), name: 'Grace', software: '' };
const alan: PeerIdentity = { fingerprint: 'b'.repeat(64), name: 'Alan', software: '' };
const value = floats([2], 1, 2);

function start(audit: AuditSink = noAudit) {
  const sent: Bytes[] = [];
  const payloads: Uint8Array[] = [];
  const released: number[] = [];
  const link = {
    peer: grace,
    send: (message: Bytes) => void sent.push(message),
    sendPayload: async (_: number, bytes: Uint8Array) => void payloads.push(bytes),
    close: (reason: DuetError) => {
      throw reason;
    },
  } as unknown as Link;
  const grants = new Grants();
  const gate = new Gate({
    link,
    engine: {} as Engine,
    recovery: {} as Recovery,
    grants,
    audit,
    onRelease: (_, get) => released.push(get),
  });
  return {
    gate,
    grants,
    link,
    released,
    payloads,
    messages: () => sent.map((bytes) => decodeOwnerMessage(bytes)),
  };
}

async function grantFor(grants: Grants, more: Partial<Grant> = {}): Promise<Grant> {
  const grant = grants.make({
    request: 'r1',
    number: 5,
    recipient: grace,
    version: undefined,
    meta: value.meta,
    payload: { value, digests: await digestsOf(value.bytes) },
    digits: undefined,
    by: 'owner',
    ...more,
  });
  grants.open(grant, 'name', () => undefined);
  return grant;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'released',
    (thrown: unknown) => asDuetError(thrown).code,
  );

describe('a release', () => {
  it('is of an open grant to its recipient, once', async () => {
    const { gate, grants, messages, payloads, released } = start();
    const grant = await grantFor(grants);
    expect(await codeOf(gate.release(grant, [7]))).toBe('released');
    expect(messages()).toMatchObject([{ kind: 'value', get: 7, meta: value.meta }]);
    expect(payloads).toEqual([value.bytes]);
    expect(released).toEqual([7]);
    expect(await codeOf(gate.release(grant, [8]))).toBe('not-released');
    expect(messages()).toHaveLength(1);
  });

  it('is never of somebody else’s grant', async () => {
    const { gate, grants, messages, payloads } = start();
    const grant = await grantFor(grants, { recipient: alan });
    expect(await codeOf(gate.release(grant, [7]))).toBe('not-released');
    expect([messages(), payloads]).toEqual([[], []]);
    // It is there still for the one whom it is for.
    expect(grants.isOpen(grant)).toBe(true);
  });

  it('is never of a grant that was made up, taken back, or looks like an open one', async () => {
    const { gate, grants, messages, payloads } = start();
    const grant = await grantFor(grants);
    expect(await codeOf(gate.release({ ...grant }, [7]))).toBe('not-released');
    expect(await codeOf(gate.release(new Grants().make(grant), [7]))).toBe('not-released');
    grants.take(grant);
    expect(await codeOf(gate.release(grant, [7]))).toBe('not-released');
    const other = await grantFor(grants);
    grants.detach(other);
    expect(await codeOf(gate.release(other, [7]))).toBe('not-released');
    expect([messages(), payloads]).toEqual([[], []]);
  });

  it('is never of other bytes than were accepted', async () => {
    const { gate, grants, messages, payloads } = start();
    const bytes = value.bytes.slice();
    const grant = await grantFor(grants, {
      payload: { value: { meta: value.meta, bytes }, digests: await digestsOf(bytes) },
    });
    bytes[0] = 1;
    expect(await codeOf(gate.release(grant, [7]))).toBe('internal');
    expect([messages(), payloads]).toEqual([[], []]);
  });

  it('of which a later piece is another than was accepted ends before it, and ends the link', async () => {
    const bytes = new Uint8Array(3 * limits.digestPieceBytes);
    const { gate, grants, link, messages } = start();
    const grant = await grantFor(grants, {
      payload: { value: { meta: value.meta, bytes }, digests: await digestsOf(bytes) },
    });
    bytes[limits.digestPieceBytes] = 1;
    const left: number[] = [];
    const closed: string[] = [];
    Object.assign(link, {
      sendPayload: async (_: number, payload: Uint8Array, { mayLeave }: SendPayloadOptions) => {
        for (let index = 0; index < pieceCount(payload.length); index += 1) {
          if (!(await mayLeave?.(pieceOf(payload, index), index))) throw new DuetError('internal');
          left.push(index);
        }
      },
      close: ({ code }: DuetError) => closed.push(code),
    });
    expect(await codeOf(gate.release(grant, [7]))).toBe('released');
    await gate.drained();
    expect(messages()).toMatchObject([{ kind: 'value', get: 7 }]);
    expect([left, closed]).toEqual([[0], ['internal']]);
  });

  it('of two at once, one', async () => {
    const { gate, grants, messages } = start();
    const grant = await grantFor(grants);
    const codes = await Promise.all([
      codeOf(gate.release(grant, [7])),
      codeOf(gate.release(grant, [8])),
    ]);
    expect(codes.sort()).toEqual(['not-released', 'released']);
    expect(messages()).toHaveLength(1);
  });

  it('is written down first, with facts and the digest of what leaves; its receipt goes with the first answer', async () => {
    const written: [ReleaseEvent, ReleaseFacts, Uint8Array | undefined][] = [];
    const receipt = {
      entry: '{"n":1}',
      previous: new Uint8Array(32),
      signature: new Uint8Array(64),
    };
    const { gate, grants, messages } = start({
      ...noAudit,
      release: async (...entry) => {
        written.push(entry);
        expect(messages()).toEqual([]);
        return receipt;
      },
    });
    const grant = await grantFor(grants, { digits: 4, by: 'h1' });
    await gate.release(grant, [7, 8]);
    const [event, facts, bytes] = written[0] ?? [];
    expect(written).toHaveLength(1);
    expect(event).toMatchObject({
      request: 'r1',
      number: 5,
      elements: 2,
      bytes: 8,
      digits: 4,
      by: 'h1',
    });
    expect(facts).toMatchObject({ number: 5, outcome: 'value', shape: [2], digits: 4 });
    expect(facts?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(bytes).toEqual(await digestOf(value.bytes));
    expect(messages()).toMatchObject([
      { get: 7, digits: 4, receipt },
      { get: 8, digits: 4 },
    ]);
    expect(messages()[1]).not.toHaveProperty('receipt');
  });

  it.each(['op-failed', 'stale-grant'] as const)(
    'of a failure tells %s, and is written down like any other',
    async (failure) => {
      const outcomes: string[] = [];
      const { gate, grants, messages, payloads } = start({
        ...noAudit,
        release: async (_, { outcome, digest }) => {
          outcomes.push(`${outcome} ${digest}`);
          return undefined;
        },
      });
      const grant = await grantFor(grants, { payload: failure });
      expect(await gate.release(grant, [7])).toBe(false);
      expect(messages()).toEqual([{ kind: 'failed', get: 7, code: failure }]);
      expect(payloads).toEqual([]);
      expect(outcomes).toEqual([`${failure} undefined`]);
      expect(grants.length).toBe(0);
    },
  );
});

describe('grants', () => {
  it('are listed without what they are about, and nobody can change them', async () => {
    const grants = new Grants();
    const grant = await grantFor(grants);
    const [shown] = [...grants];
    expect(Object.keys(shown ?? {}).sort()).toEqual(
      ['by', 'digits', 'failure', 'id', 'meta', 'name', 'recipient', 'request', 'revoke'].sort(),
    );
    expect(Object.isFrozen(shown) && Object.isFrozen(grant)).toBe(true);
    expect(grants.take(grant)).toBe(true);
    expect(grants.take(grant)).toBe(false);
    expect(grants.length).toBe(0);
  });
});
