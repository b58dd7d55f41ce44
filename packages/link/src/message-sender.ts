import { DuetError, limits } from '@duet/protocol';
import { Fifo } from './fifo';
import type { FrameWriter } from './segments';

/** What a message costs of the credit. */
export function messageCost(byteLength: number): number {
  return 1 + Math.floor(byteLength / limits.messageUnitBytes);
}

/** A relay stops taking more while so many messages wait. */
const congestedMessages = 256;

/** The messages that wait to be sent, and the credit there is for them. */
export class MessageSender {
  readonly #queue = new Fifo<Uint8Array>();
  #queuedBytes = 0;
  /** Bytes of the first message that have gone already. */
  #offset = 0;
  #credit: number = limits.messageCredit;
  #waiters: (() => void)[] = [];

  get congested(): boolean {
    return this.#queue.length >= congestedMessages;
  }

  /** Throws `limit` when too much waits, `too-large` for a message over the limit. */
  push(message: Uint8Array): void {
    if (message.length > limits.messageBytes) {
      throw new DuetError('too-large', {
        detail: `A message of ${message.length} bytes is over the limit of ${limits.messageBytes}.`,
      });
    }
    if (
      this.#queue.length >= limits.queuedMessages ||
      this.#queuedBytes + message.length > limits.queuedMessageBytes
    ) {
      throw new DuetError('limit', {
        detail: 'Too many messages wait to be sent.',
        hint: 'Await a result now and then.',
      });
    }
    this.#queue.push(message);
    this.#queuedBytes += message.length;
  }

  /** Takes credit that the other side gave. Throws `bad-message` if it gives more than there is. */
  add(credit: number): void {
    this.#credit += credit;
    if (this.#credit > limits.messageCredit) {
      throw new DuetError('bad-message', { detail: 'More credit was given back than taken.' });
    }
  }

  /** Writes what credit and room allow. */
  fill(writer: FrameWriter): void {
    for (;;) {
      const message = this.#queue.peek();
      if (message === undefined || writer.room < 0) break;
      const cost = messageCost(message.length);
      if (this.#offset === 0 && cost > this.#credit) break;
      const left = message.length - this.#offset;
      if (left > writer.room) {
        if (writer.room === 0) break;
        // A message that fits a frame of its own is not cut in two for a frame that is nearly full.
        if (this.#offset === 0 && !writer.isEmpty && left < limits.frameBytes / 2) break;
        if (this.#offset === 0) this.#credit -= cost;
        const part = message.subarray(this.#offset, this.#offset + writer.room);
        writer.add('message-part', 0, part);
        this.#offset += part.length;
        break;
      }
      if (this.#offset === 0) this.#credit -= cost;
      writer.add('message', 0, message.subarray(this.#offset));
      this.#offset = 0;
      this.#queue.shift();
      this.#queuedBytes -= message.length;
    }
    if (!this.congested) this.#wake();
  }

  /** Resolves when less waits, or when nothing will ever be sent again. */
  uncongested(): Promise<void> {
    return this.congested
      ? new Promise((resolve) => this.#waiters.push(resolve))
      : Promise.resolve();
  }

  end(): void {
    this.#queue.clear();
    this.#queuedBytes = 0;
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
