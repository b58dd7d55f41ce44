/** The room of two who have greeted each other: what they tell each other there, sealed and in order. */

import {
  asDuetError,
  type Bytes,
  DuetError,
  decodePairingSignal,
  encodePairingSignal,
  limits,
  type PairingSignal,
  signalingLimits,
} from '@duet/protocol';
import type { SignalSeal } from './sealing';
import type { HostedRoom, Room } from './signaling';

export interface PrivateRoomListener {
  /** What the other side told, and its plaintext as it came. Whatever this throws ends the meeting. */
  heard(signal: PairingSignal, plain: Bytes): void;
  failed(reason: DuetError): void;
}

/** Descriptions, the word on relaying, and the end of the candidates. */
const otherSignals = 4;

export class PrivateRoom {
  readonly #seal: SignalSeal;
  readonly #listener: PrivateRoomListener;
  /** Resolves once this side is in the room. */
  readonly entered: Promise<Room>;
  #enter: (room: Room) => void = () => {};
  #room: Room | undefined;
  /** Sealing and opening take turns, so that what is told is in order. */
  #out: Promise<void> = Promise.resolve();
  #in: Promise<void> = Promise.resolve();
  #signals = 0;
  #isOver = false;

  constructor(seal: SignalSeal, listener: PrivateRoomListener) {
    this.#seal = seal;
    this.#listener = listener;
    this.entered = new Promise((resolve) => {
      this.#enter = resolve;
    });
  }

  get relays(): boolean {
    return this.#room?.relays === true;
  }

  enter(room: Room): void {
    this.#room = room;
    this.#enter(room);
  }

  leave(): void {
    this.#room?.leave();
  }

  /** Nothing is heard or told any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Returns the plaintext. */
  tell(signal: PairingSignal): Bytes {
    const plain = new Uint8Array(encodePairingSignal(signal));
    const sealing = this.#seal.seal(plain);
    sealing.catch(() => {});
    this.#out = this.#out.then(async () => {
      try {
        const [room, sealed] = await Promise.all([this.entered, sealing]);
        if (!this.#isOver) room.signal(sealed);
      } catch (thrown) {
        this.#fail(asDuetError(thrown));
      }
    });
    return plain;
  }

  /** Resolves when all that was told is on its way. */
  told(): Promise<void> {
    return this.#out;
  }

  /** Takes what came through the server, which may be anything. */
  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#signals += 1;
    if (this.#signals > limits.candidates + otherSignals) {
      this.#fail(new DuetError('limit', { detail: 'The other side signals without an end.' }));
      return;
    }
    if (bytes.length > signalingLimits.signalBytes) {
      this.#fail(new DuetError('too-large', { detail: 'A signal is too large.' }));
      return;
    }
    this.#in = this.#in.then(async () => {
      try {
        if (this.#isOver) return;
        const plain = await this.#seal.open(bytes);
        if (!this.#isOver) this.#listener.heard(decodePairingSignal(plain), plain);
      } catch (thrown) {
        this.#fail(asDuetError(thrown));
      }
    });
  }

  /** Resolves when all that has come was heard. */
  heard(): Promise<void> {
    return this.#in;
  }

  #fail(reason: DuetError): void {
    if (!this.#isOver) this.#listener.failed(reason);
  }
}

/** A room that is over when its host leaves. */
export function endedByHost(hosted: HostedRoom): Room {
  return {
    get relays() {
      return hosted.relays;
    },
    signal: (bytes) => hosted.signal(bytes),
    relay: (frame) => hosted.relay(frame),
    leave: () => hosted.close(),
  };
}
