/**
 * A channel whose frames pass through the signaling server, sealed. Each direction has a key of its own that is used for one
 * connection only, and the nonce counts: what was lost, repeated, reordered or made up does not open.
 */

import { asDuetError, type Bytes, DuetError, limits } from '@duet/protocol';
import { BaseChannel, type Channel } from './channel';
import { Fifo } from './fifo';
import type { Room } from './signaling';

export interface RelayChannelOptions {
  /** The room that both are in. */
  readonly room: Room;
  /** AES-GCM keys of the two directions, new for each connection. */
  readonly send: CryptoKey;
  readonly receive: CryptoKey;
  /** Called once, when the channel has ended and its last word is sent. Default: leaves the room. */
  readonly release?: () => void;
}

export interface RelayChannel extends Channel {
  /** Takes a relayed frame of the room. */
  receive(sealed: Uint8Array): void;
  /** The room is over. */
  left(): void;
}

/** What is sealed begins with what it is. */
const kinds = { frame: 0, taken: 1, close: 2 } as const;
/** What a frame costs of the window beside its bytes, so that the smallest are bounded too. */
const frameCost = 64;
/** The receiver says so often what it has taken: well within the low watermark, below which the sender goes on. */
const takenStep = limits.relayLowBytes / 2;

/** Frames of a channel, sealed, through a room that relays. The room's events are to be passed to `receive` and `left`. */
export function relayChannel(options: RelayChannelOptions): RelayChannel {
  return new SealedRelay(options);
}

class SealedRelay extends BaseChannel implements RelayChannel {
  override readonly kind = 'relay';
  /** The keys bind it: only who was in the pairing has them. */
  override readonly binding = new Uint8Array();
  readonly #options: RelayChannelOptions;
  /** Frames that wait for the window. */
  readonly #waiting = new Fifo<Uint8Array>();
  #isFull = false;
  /** Costs of the frames sent, and of those that the other side has taken. */
  #sent = 0;
  #taken = 0;
  /** The same of the other direction: taken here, and told. */
  #received = 0;
  #told = 0;
  #sealed = 0;
  #opened = 0;
  /** Bytes that came in and are not open yet. */
  #opening = 0;
  /** WebCrypto may finish out of turn; these keep the order. */
  #out: Promise<void> = Promise.resolve();
  #in: Promise<void> = Promise.resolve();
  #isOtherGone = false;

  constructor(options: RelayChannelOptions) {
    super();
    this.#options = options;
  }

  override get writable(): boolean {
    return !this.ended && !this.#isFull;
  }

  protected override transmit(frame: Uint8Array): void {
    this.#waiting.push(frame);
    this.#pump();
  }

  protected override shut(): void {
    this.#waiting.clear();
    if (!this.#isOtherGone) this.#seal(kinds.close, new Uint8Array());
    const { room, release = () => room.leave() } = this.#options;
    this.#out = this.#out.then(release);
  }

  receive(sealed: Uint8Array): void {
    if (this.ended) return;
    this.#opening += sealed.length + frameCost;
    // The window and what tells of it, twice over. More comes only from a server that makes it up.
    if (this.#opening > 2 * limits.relayHighBytes) {
      this.#isOtherGone = true;
      this.end(bad('More was relayed than was asked for.'));
      return;
    }
    const nonce = nonceOf(this.#opened);
    this.#opened += 1;
    const opening = crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: nonce },
      this.#options.receive,
      new Uint8Array(sealed),
    );
    // It may fail before its turn comes.
    opening.catch(() => {});
    this.#in = this.#in.then(async () => {
      if (this.ended) return;
      try {
        const opened = new Uint8Array(await opening);
        this.#opening -= sealed.length + frameCost;
        this.#take(opened);
      } catch (thrown) {
        this.end(asDuetError(thrown, 'bad-message'));
      }
    });
  }

  left(): void {
    // What came before it may still be on its way through WebCrypto, such as a goodbye.
    this.#in = this.#in.then(() => {
      this.#isOtherGone = true;
      this.end(new DuetError('link-lost'));
    });
  }

  #take(opened: Uint8Array): void {
    const body = opened.subarray(1);
    switch (opened[0]) {
      case kinds.frame:
        this.#received += body.length + frameCost;
        this.deliver(body);
        this.#tell();
        return;
      case kinds.taken:
        this.#goOn(body);
        return;
      case kinds.close:
        this.#isOtherGone = true;
        this.end(new DuetError('peer-left'));
        return;
      default:
        throw bad('A relayed frame is of an unknown kind.');
    }
  }

  /** Says what was taken, after a fixed amount of it. */
  #tell(): void {
    if (this.ended || this.#received - this.#told < takenStep) return;
    this.#told = this.#received;
    const body = new Uint8Array(8);
    new DataView(body.buffer).setFloat64(0, this.#received, true);
    this.#seal(kinds.taken, body);
  }

  #goOn(body: Uint8Array): void {
    if (body.length !== 8) throw bad('A relayed count has the wrong length.');
    const taken = new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
    // Also false for what is no number.
    if (!(taken >= this.#taken && taken <= this.#sent)) {
      throw bad('More was taken than was relayed.');
    }
    this.#taken = taken;
    this.#pump();
  }

  #pump(): void {
    while (this.#sent - this.#taken < limits.relayHighBytes) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#sent += frame.length + frameCost;
      this.#seal(kinds.frame, frame);
    }
    const underWay = this.#sent - this.#taken;
    if (underWay >= limits.relayHighBytes) {
      this.#isFull = true;
    } else if (this.#isFull && underWay <= limits.relayLowBytes) {
      this.#isFull = false;
      this.becameWritable();
    }
  }

  #seal(kind: number, body: Uint8Array): void {
    const plain = new Uint8Array(1 + body.length);
    plain[0] = kind;
    plain.set(body, 1);
    const nonce = nonceOf(this.#sealed);
    this.#sealed += 1;
    const sealing = crypto.subtle.encrypt(
      { name: 'AES-GCM', iv: nonce },
      this.#options.send,
      plain,
    );
    sealing.catch(() => {});
    this.#out = this.#out.then(async () => {
      try {
        this.#options.room.relay(new Uint8Array(await sealing));
      } catch (thrown) {
        this.end(asDuetError(thrown));
      }
    });
  }
}

/** 96 bits: zeros and the count. A key seals one connection's frames, which are far fewer than 2^53. */
function nonceOf(count: number): Bytes {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(count));
  return nonce;
}

function bad(detail: string): DuetError {
  return new DuetError('bad-message', { detail });
}
