/** Key confirmation: the first frame each way of a new connection, before any byte of an application. */

import {
  asDuetError,
  type Bytes,
  type Clock,
  DuetError,
  limits,
  verifySignature,
} from '@duet/protocol';
import type { Channel } from './channel';
import { type ControlFrame, isControl, readControl, writeControl } from './control';
import { type OwnHello, type PeerHello, unproved } from './greeting';
import type { Identity, Role } from './identity';
import { confirmMac, otherRole, verifyConfirm } from './key-schedule';
import type { ShortAuth } from './paired';
import { isCommitted, shortAuthOf } from './short-auth';
import { signedBytes } from './transcript';

export interface Confirmation {
  readonly role: Role;
  /** From the secret and both ephemeral keys. */
  readonly agreed: CryptoKey;
  readonly identity: Identity;
  readonly mine: OwnHello;
  readonly theirs: PeerHello;
  readonly transcript: Bytes;
  readonly clock: Clock;
}

/** This side's half, which can be made before there is a channel. */
export async function ownConfirm(facts: Confirmation): Promise<Uint8Array> {
  const { role, agreed, identity, mine, transcript } = facts;
  const [mac, signature] = await Promise.all([
    confirmMac(agreed, role, transcript),
    identity.sign(signedBytes(role, transcript)),
  ]);
  return writeControl({ kind: 'confirm', mac, signature, nonce: mine.nonce });
}

/**
 * Shows that both sides mean the same pairing, and who they are; `own` is what `ownConfirm` made. Rejects with the channel closed: `peer-auth` for anything
 * but the right first frame, `no-connection` for none. Frames behind it wait for the channel's next listener.
 */
export async function confirm(
  channel: Channel,
  facts: Confirmation,
  own: Uint8Array | Promise<Uint8Array> = ownConfirm(facts),
): Promise<ShortAuth> {
  const { role, agreed, mine, theirs, transcript } = facts;
  try {
    const first = firstFrame(channel, facts.clock);
    // It may come to nothing while this side still signs.
    first.catch(() => {});
    channel.send(await own);
    const told = readConfirm(await first);
    const other = otherRole(role);
    if (!(await verifyConfirm(agreed, other, transcript, told.mac))) {
      throw unproved('The two sides did not see the same pairing: someone may be in between.');
    }
    const signed = signedBytes(other, transcript);
    if (!(await verifySignature(theirs.hello.identity, told.signature, signed))) {
      throw unproved('The other side could not prove its identity.');
    }
    if (!(await isCommitted(theirs.hello.commitment, other, told.nonce))) {
      throw unproved('The other side changed its half of the short authentication string.');
    }
    return role === 'owner'
      ? await shortAuthOf(mine.nonce, told.nonce, transcript)
      : await shortAuthOf(told.nonce, mine.nonce, transcript);
  } catch (thrown) {
    channel.close();
    throw asDuetError(thrown);
  }
}

function readConfirm(frame: Uint8Array): Extract<ControlFrame, { kind: 'confirm' }> {
  try {
    if (isControl(frame)) {
      const control = readControl(frame);
      if (control.kind === 'confirm') return control;
    }
  } catch (thrown) {
    throw unproved('The other side did not confirm the pairing.', thrown);
  }
  throw unproved('The other side did not confirm the pairing.');
}

function firstFrame(channel: Channel, clock: Clock): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (act: () => void): void => {
      isSettled = true;
      stopTimer();
      channel.onFrame(undefined);
      channel.onClosed(() => {});
      act();
    };
    const stopTimer = clock.after(limits.handshakeTimeoutMs, () =>
      settle(() =>
        reject(
          new DuetError('no-connection', {
            detail: `The other side did not say who it is within ${limits.handshakeTimeoutMs / 1000} s.`,
            hint: 'Try again, with both pages open.',
          }),
        ),
      ),
    );
    channel.onFrame((frame) => settle(() => resolve(frame)));
    if (isSettled) return;
    channel.onClosed((reason) =>
      settle(() =>
        reject(
          reason.code === 'closed' || reason.code === 'bad-message'
            ? reason
            : new DuetError('no-connection', {
                detail: 'The connection broke before the two sides knew each other.',
                hint: 'Try again, with both pages open.',
                cause: reason,
              }),
        ),
      ),
    );
  });
}
