/**
 * Two pages that share a secret find each other through a signaling server that neither can read what it passes on, nor
 * change it unnoticed. The secret names a room. A scientist says hello there, sealed; the owner answers, sealed; both go on
 * in a room of their own, so that the first is free for the next. The scientist's side makes the offer: an owner's page
 * tells nothing of itself before a guest has shown that they have the secret.
 */

import {
  asDuetError,
  type Clock,
  DuetError,
  isDuetError,
  limits,
  sameBytes,
  systemClock,
} from '@duet/protocol';
import { checkContext, pause } from './context';
import {
  type Introduction,
  makeHello,
  type OwnHello,
  type PeerHello,
  readHello,
  refuseOthers,
  refuseSelf,
  unproved,
} from './greeting';
import type { Role } from './identity';
import {
  type Epochs,
  epochBytes,
  keyMaterial,
  privateRoomOf,
  roomOf,
  type Secret,
} from './key-schedule';
import { Meeting } from './meeting';
import type { Paired } from './paired';
import { openHello, SignalSeal, sealHello } from './sealing';
import type { Signaling } from './signaling';
import type { Prepared, Transport } from './transport';

export interface PairingOptions extends Introduction {
  readonly role: Role;
  /** An invite's, or what a pairing left for the next. Whoever has it may knock. */
  readonly secret: Secret;
  readonly signaling: Signaling;
  readonly transport: Transport;
  /** How the fingerprint of the owner's identity begins, in hex, where that is known: nobody else is taken for the owner. */
  readonly owner?: string | undefined;
  /** Lets both sides have the same identity, as in one process. */
  readonly allowSelf?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Greeted {
  readonly prepared: Prepared;
  readonly epochs: Epochs;
  readonly mine: OwnHello;
  readonly theirs: PeerHello;
}

/**
 * Comes to the owner who hosts the secret's room. While somebody else is at the door it tries again, within
 * `limits.connectTimeoutMs`. Rejects: `insecure-context`, `unsupported-browser`, `no-signaling`, `signaling-refused`,
 * `invite-expired`, `invite-used`, `room-full`, `rate`, `version`, `peer-auth`, `no-connection`, `peer-left`, `limit`,
 * `bad-message`, `aborted`.
 */
export async function joinRoom(options: PairingOptions): Promise<Paired> {
  const { signaling, transport, signal, clock = systemClock } = options;
  checkContext(signal);
  const secret = await keyMaterial(options.secret);
  const room = await roomOf(secret);
  let prepared: Promise<Prepared> | undefined;
  const greeted = await greetInTurn({ ...options, secret, clock }, room, () => {
    prepared ??= transport.prepare();
    return prepared;
  });
  const privateRoom = await privateRoomOf(secret, greeted.epochs);
  const seal = await SignalSeal.of(secret, privateRoom, 'scientist', greeted.epochs);
  const { mine, theirs } = greeted;
  const { identity } = options;
  const meeting = new Meeting({
    role: 'scientist',
    identity,
    secret,
    room,
    mine,
    theirs,
    prepared: greeted.prepared,
    seal,
    clock,
    signal,
  });
  try {
    meeting.enter(await signaling.join(privateRoom, meeting, { signal }));
  } catch (thrown) {
    const reason = asDuetError(thrown);
    // The owner was there a moment ago.
    const isGone = ['invite-expired', 'invite-used', 'room-full', 'closed'].includes(reason.code);
    meeting.fail(isGone ? new DuetError('peer-left', { cause: reason }) : refusal(reason));
  }
  return meeting.paired;
}

/** At most a fifth is added by chance, so that several who wait do not come together each time. */
const jitter = 0.2;

async function greetInTurn(
  options: PairingOptions & { readonly clock: Clock },
  room: string,
  prepare: () => Promise<Prepared>,
): Promise<Greeted> {
  const { clock, signal } = options;
  const until = clock.now() + limits.connectTimeoutMs;
  for (let waitMs: number = limits.seekFirstMs; ; waitMs = Math.min(2 * waitMs, 2000)) {
    try {
      return await greet(options, room, prepare);
    } catch (thrown) {
      const reason = refusal(asDuetError(thrown));
      const later = waitMs * (1 + jitter * chance());
      if (!isDuetError(reason, 'room-full') || clock.now() + later > until) throw reason;
      await pause(clock, later, signal);
    }
  }
}

function chance(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number / 2 ** 32;
}

/**
 * One try: a hello and its answer. `room-full` also for who was shown out without a word. Nothing is prepared before the room is
 * entered: whoever looks for a lost page again and again is not to ask for credentials of ICE servers each time.
 */
async function greet(
  options: PairingOptions & { readonly clock: Clock },
  roomId: string,
  prepare: () => Promise<Prepared>,
): Promise<Greeted> {
  const { secret, signaling, identity, clock, signal } = options;
  let hear: (answer: Uint8Array) => void = () => {};
  let fail: (reason: DuetError) => void = () => {};
  const answering = new Promise<Uint8Array>((resolve, reject) => {
    hear = resolve;
    fail = reject;
  });
  // It may fail before this side has spoken.
  answering.catch(() => {});
  const left = (): void => fail(new DuetError('room-full'));
  const room = await signaling.join(roomId, { signal: hear, left }, { signal });
  const onAbort = (): void => fail(new DuetError('aborted'));
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  // Only from here on is it the owner's page that is waited for.
  const stopTimer = clock.after(limits.connectTimeoutMs, () => fail(noAnswer()));
  try {
    const prepared = await Promise.race([prepare(), answering.then(() => prepare())]);
    const epoch = crypto.getRandomValues(new Uint8Array(epochBytes));
    const mine = await makeHello('scientist', options, prepared.fingerprint);
    const sealed = await sealHello(secret, roomId, 'scientist', epoch, mine.plain);
    room.signal(sealed);
    const answer = await answering;
    const { epoch: ownerEpoch, plain } = await openHello(secret, roomId, 'owner', answer);
    const theirs = readHello('owner', plain);
    if (options.owner !== undefined) await refuseOthers(theirs.hello, options.owner);
    const answered = new Uint8Array(await crypto.subtle.digest('SHA-256', sealed));
    if (!sameBytes(theirs.hello.answers, answered)) {
      throw unproved('The other side answered someone else.');
    }
    if (options.allowSelf !== true) refuseSelf(theirs.hello, identity);
    return { prepared, epochs: { owner: ownerEpoch, scientist: epoch }, mine, theirs };
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', onAbort);
    room.leave();
  }
}

function noAnswer(): DuetError {
  return new DuetError('no-connection', {
    detail: `The owner’s page did not answer within ${limits.connectTimeoutMs / 1000} s.`,
    hint: 'Try again, with both pages open.',
  });
}

/** What the server may answer a guest; what else it says is a fault of one of the two. */
function refusal(reason: DuetError): DuetError {
  const isFault = reason.code === 'id-taken' || (reason.code === 'limit' && reason.from === 'peer');
  return isFault ? new DuetError('signaling-refused', { cause: reason }) : reason;
}
