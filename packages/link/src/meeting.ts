/** Two who have greeted each other, in a room of their own: from the first offer to a channel whose ends are proved. */

import {
  asDuetError,
  type Bytes,
  type Clock,
  DuetError,
  isDuetError,
  limits,
  type PairingSignal,
} from '@duet/protocol';
import type { Channel } from './channel';
import { type Confirmation, confirm, ownConfirm } from './confirmation';
import { type OwnHello, type PeerHello, peerOf, resumeOf } from './greeting';
import type { Identity, Role } from './identity';
import { agreedSecret, nextSecret, relayKeys, type Secret } from './key-schedule';
import { gaveUp, unanswered, unrelayed } from './no-connection';
import type { Paired, Path } from './paired';
import { pairingSignalOf, rtcSignalOf } from './pairing-signals';
import { PrivateRoom } from './private-room';
import { type RelayChannel, relayChannel } from './relay-channel';
import type { RtcSignal } from './rtc-signal';
import type { SignalSeal } from './sealing';
import type { Room, RoomListener } from './signaling';
import { pairingTranscript } from './transcript';
import type { Connecting, Prepared } from './transport';

export interface MeetingFacts {
  readonly role: Role;
  readonly identity: Identity;
  readonly secret: Secret;
  /** Where the two greeted each other. */
  readonly room: string;
  readonly mine: OwnHello;
  readonly theirs: PeerHello;
  readonly prepared: Prepared;
  readonly seal: SignalSeal;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

interface Agreement {
  readonly facts: Confirmation;
  readonly own: Uint8Array;
}

/** An owner lets the scientist fail first, who then may ask for the server's relay. */
const ownerExtraMs = 2000;
/** Where frames can go through the server, nobody waits longer than this for a direct path. */
const directMs = limits.connectTimeoutMs / 2;
/** Frames that may come before the keys are made: a confirmation, and what follows at once. */
const earlyFrames = 64;

export class Meeting implements RoomListener {
  /** Rejects with `no-connection`, `peer-auth`, `peer-left`, `limit`, `bad-message`, `aborted`; then nothing is left. */
  readonly paired: Promise<Paired>;
  readonly #facts: MeetingFacts;
  readonly #stopTimer: () => void;
  readonly #room: PrivateRoom;
  #resolve: (paired: Paired) => void = () => {};
  #reject: (reason: DuetError) => void = () => {};
  #isOver = false;
  #stopHurry: () => void = () => {};
  #offer: Bytes | undefined;
  #answer: Bytes | undefined;
  #connecting: Connecting | undefined;
  /** The channel that is being confirmed, or was. */
  #channel: Channel | undefined;
  #isRelayed = false;
  #agreeing: Promise<Agreement> | undefined;
  /** Somebody said that the other side has left. */
  #isAlone = false;
  #relay: RelayChannel | undefined;
  #earlyFrames: Uint8Array[] = [];

  constructor(facts: MeetingFacts) {
    this.#facts = facts;
    this.paired = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.paired.catch(() => {});
    this.#room = new PrivateRoom(facts.seal, {
      heard: (signal, plain) => this.#take(signal, plain),
      failed: (reason) => this.fail(reason),
    });
    const longestMs = limits.connectTimeoutMs + ownerExtraMs + limits.handshakeTimeoutMs;
    this.#stopTimer = facts.clock.after(longestMs, () => this.fail(unanswered()));
    facts.signal?.addEventListener('abort', this.#onAbort);
    if (facts.signal?.aborted === true) this.#onAbort();
  }

  /** The room is there. `leave` of it is called once the meeting does not need it any more. */
  enter(room: Room): void {
    this.#room.enter(room);
    if (this.#isOver) {
      room.leave();
    } else if (this.#facts.role === 'scientist') {
      // An owner finds out the same, and leaves it to the scientist, who is still on the way here, to say so.
      if (!this.#wantsRelay) this.#connect(true);
      else if (this.#mayRelay) this.#askForRelay();
      else this.fail(unrelayed());
    }
  }

  fail(reason: DuetError): void {
    if (this.#isOver) return;
    this.#end();
    this.#reject(reason);
    this.#connecting?.close(reason);
    this.#channel?.close();
    // A relay leaves the room itself, once its last word is sent.
    if (this.#relay === undefined) this.#room.leave();
  }

  // ---- what comes from the room, of which nothing is trusted ----------------------------------------------------------

  signal(bytes: Uint8Array): void {
    this.#room.receive(bytes);
  }

  relayed(frame: Uint8Array): void {
    if (this.#relay !== undefined) this.#relay.receive(frame);
    else if (!this.#isOver && this.#earlyFrames.length < earlyFrames) this.#earlyFrames.push(frame);
  }

  /** Somebody says that the other side has left the room: only a hint, unless nothing can come of it any more. */
  left(): void {
    this.#isAlone = true;
    // What was said before may still be on its way through WebCrypto.
    void this.#room.heard().then(() => {
      if (this.#relay !== undefined) this.#relay.left();
      else if (this.#isOver || this.#channel !== undefined) return;
      else if (this.#wantsRelay && !this.#mayRelay) this.fail(unrelayed());
      else if (this.#offer === undefined || this.#answer === undefined) {
        this.fail(new DuetError('peer-left'));
      } else {
        this.#stopHurry();
        this.#stopHurry = this.#facts.clock.after(ownerExtraMs, () => {
          if (this.#channel === undefined) this.fail(gaveUp());
        });
      }
    });
  }

  // ---- a direct path ------------------------------------------------------------------------------------------------

  get #wantsRelay(): boolean {
    const { mine, theirs } = this.#facts;
    return mine.hello.relayOnly || theirs.hello.relayOnly;
  }

  get #mayRelay(): boolean {
    const { mine, theirs } = this.#facts;
    return mine.hello.relay && theirs.hello.relay && this.#room.relays;
  }

  #connect(initiator: boolean): Connecting {
    const { prepared, theirs, clock } = this.#facts;
    const scientistMs = this.#mayRelay ? directMs : limits.connectTimeoutMs;
    const connecting = prepared.connect({
      initiator,
      peerFingerprint: new Uint8Array(theirs.hello.certificate),
      clock,
      timeoutMs: initiator ? scientistMs : limits.connectTimeoutMs + ownerExtraMs,
      onSignal: (signal) => this.#tellRtc(signal),
    });
    this.#connecting = connecting;
    connecting.channel.then(
      (channel) => {
        if (this.#isOver || this.#isRelayed) channel.close();
        else void this.#confirm(channel, connecting.path);
      },
      (thrown: unknown) => this.#unconnected(asDuetError(thrown)),
    );
    return connecting;
  }

  #unconnected(reason: DuetError): void {
    if (this.#isOver || this.#isRelayed) return;
    if (!isDuetError(reason, 'no-connection') || !this.#mayRelay) this.fail(reason);
    // The scientist's side decides; an owner waits for its word.
    else if (this.#facts.role === 'scientist') this.#askForRelay();
  }

  #take(signal: PairingSignal, plain: Bytes): void {
    const isOwner = this.#facts.role === 'owner';
    switch (signal.kind) {
      case 'description': {
        const known = isOwner ? this.#offer : this.#answer;
        if (signal.offer !== isOwner || known !== undefined || this.#wantsRelay) {
          throw outOfTurn();
        }
        if (isOwner) this.#offer = plain;
        else this.#answer = plain;
        const connecting = isOwner ? this.#connect(false) : this.#connecting;
        connecting?.signal(rtcSignalOf(signal));
        this.#agreeSoon();
        return;
      }
      case 'candidate':
      case 'no-more-candidates':
        if (this.#connecting === undefined) throw outOfTurn();
        this.#connecting.signal(rtcSignalOf(signal));
        return;
      case 'relay':
        if (!isOwner || this.#isRelayed) throw outOfTurn();
        if (!this.#mayRelay) throw unrelayed();
        void this.#goByRelay();
        return;
      default:
        signal satisfies never;
    }
  }

  #tellRtc(signal: RtcSignal): void {
    if (this.#isOver || this.#isRelayed) return;
    const plain = this.#room.tell(pairingSignalOf(signal));
    if (signal.type === 'offer') this.#offer = plain;
    else if (signal.type === 'answer') this.#answer = plain;
    this.#agreeSoon();
  }

  // ---- through the server ---------------------------------------------------------------------------------------------

  #askForRelay(): void {
    this.#room.tell({ kind: 'relay' });
    void this.#goByRelay();
  }

  async #goByRelay(): Promise<void> {
    const { role } = this.#facts;
    this.#isRelayed = true;
    this.#agreeing = undefined;
    this.#connecting?.close();
    const abandoned = this.#channel;
    this.#channel = undefined;
    abandoned?.close();
    try {
      const { agreed, transcript } = (await this.#agree()).facts;
      const keys = await relayKeys(agreed, role, transcript);
      const [room] = await Promise.all([this.#room.entered, this.#room.told()]);
      if (this.#isOver) return;
      this.#relay = relayChannel({ room, ...keys });
      void this.#confirm(this.#relay, Promise.resolve('relay'));
      const early = this.#earlyFrames;
      this.#earlyFrames = [];
      for (const frame of early) this.#relay.receive(frame);
    } catch (thrown) {
      this.fail(asDuetError(thrown));
    }
  }

  // ---- the end ------------------------------------------------------------------------------------------------------

  async #confirm(channel: Channel, path: Promise<Path>): Promise<void> {
    this.#channel = channel;
    const isCurrent = (): boolean => !this.#isOver && this.#channel === channel;
    const { theirs } = this.#facts;
    try {
      const { facts, own } = await this.#agree();
      const { agreed, transcript } = facts;
      const [shortAuth, ...made] = await Promise.all([
        confirm(channel, facts, own),
        path,
        peerOf(theirs.hello),
        nextSecret(agreed, transcript),
      ]);
      const [pathTaken, peer, secret] = made;
      const paired: Paired = {
        channel,
        path: pathTaken,
        peer,
        shortAuth,
        transcript,
        nextSecret: secret,
        resume: resumeOf(theirs.hello),
      };
      if (!isCurrent()) return;
      this.#end();
      if (this.#relay === undefined) this.#room.leave();
      this.#resolve(paired);
    } catch (thrown) {
      if (isCurrent()) this.#unconfirmed(asDuetError(thrown));
    }
  }

  #unconfirmed(reason: DuetError): void {
    const isCutOff = isDuetError(reason, 'no-connection') && !this.#isRelayed;
    const mayYetAsk = this.#facts.role === 'owner' && this.#mayRelay && !this.#isAlone;
    // The channel may have opened on this side alone, just as the scientist's gave up on it.
    if (isCutOff && mayYetAsk) this.#channel = undefined;
    else this.fail(reason);
  }

  /** What was said, and what comes of it: begun as soon as both descriptions are known, while the channel is made. */
  #agree(): Promise<Agreement> {
    this.#agreeing ??= this.#comeToAgree();
    return this.#agreeing;
  }

  async #comeToAgree(): Promise<Agreement> {
    const { secret, mine, theirs } = this.#facts;
    const transcript = await this.#transcript();
    const { exchange } = theirs.hello;
    const agreed = await agreedSecret(secret, transcript, mine.exchange, exchange);
    const facts = { ...this.#facts, agreed, transcript };
    return { facts, own: await ownConfirm(facts) };
  }

  #agreeSoon(): void {
    if (this.#offer === undefined || this.#answer === undefined || this.#isRelayed) return;
    // Whoever has a channel to confirm is told of a failure.
    this.#agree().catch(() => {});
  }

  #transcript(): Promise<Bytes> {
    const { role, room, mine, theirs } = this.#facts;
    const [owner, scientist] = role === 'owner' ? [mine, theirs] : [theirs, mine];
    const nothing = new Uint8Array();
    return pairingTranscript({
      room,
      scientistHello: scientist.plain,
      ownerHello: owner.plain,
      offer: this.#isRelayed ? nothing : (this.#offer ?? nothing),
      answer: this.#isRelayed ? nothing : (this.#answer ?? nothing),
      scientistCertificate: scientist.hello.certificate,
      ownerCertificate: owner.hello.certificate,
      isRelayed: this.#isRelayed,
    });
  }

  #end(): void {
    this.#isOver = true;
    this.#room.end();
    this.#earlyFrames = [];
    this.#stopTimer();
    this.#stopHurry();
    this.#facts.signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.fail(new DuetError('aborted'));
}

function outOfTurn(): DuetError {
  return new DuetError('bad-message', { detail: 'A signal came out of turn.' });
}
