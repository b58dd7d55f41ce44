/** What goes to the owner, strictly in the order in which it was said. */

import {
  asDuetError,
  DuetError,
  digestOf,
  encodeScientistMessage,
  type Link,
  limits,
  type PayloadOptions,
  type Put,
  type ScientistMessage,
} from '@duet/protocol';

interface Entry {
  /** Undefined while a digest is being taken. */
  bytes: Uint8Array | undefined;
  readonly sending?: Sending;
}

/** A payload that is to go after its message. */
interface Sending {
  readonly id: number;
  readonly begin: () => void;
  readonly resolve: () => void;
  readonly reject: (error: DuetError) => void;
}

/**
 * A put announces its payload's digest, which takes a moment; ids must reach the owner in increasing order, so that what
 * is said meanwhile waits behind it.
 */
export class Outbox {
  readonly #link: Link;
  readonly #broken: (error: DuetError) => void;
  readonly #waiting: Entry[] = [];
  /** Sent to a page that was reloaded before they were there whole, as far as is known here. */
  readonly #lost = new Map<number, Sending>();
  #ended: DuetError | undefined;

  /** `broken` hears that something which was taken can never be sent. */
  constructor(link: Link, broken: (error: DuetError) => void) {
    this.#link = link;
    this.#broken = broken;
  }

  /** Throws `too-large`, or `limit` where too much waits already; then nothing was sent. */
  send(message: ScientistMessage): void {
    const bytes = encodeScientistMessage(message);
    if (this.#waiting.length === 0) {
      this.#link.send(bytes);
      return;
    }
    if (this.#waiting.length >= limits.queuedMessages) {
      throw new DuetError('limit', { detail: 'Too many messages wait to be sent.' });
    }
    this.#waiting.push({ bytes });
  }

  /** As send, for what the session cannot go on without. */
  sendOrBreak(message: ScientistMessage): void {
    try {
      this.send(message);
    } catch (error) {
      this.#broken(asDuetError(error));
    }
  }

  /**
   * Resolves when the payload was handed to the channel; rejects with `aborted`, `gone` where the owner's page was reloaded
   * meanwhile, or the reason the link ended.
   */
  put(put: Omit<Put, 'digest'>, payload: Uint8Array, options: PayloadOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const sending: Sending = {
        id: put.id,
        begin: () =>
          this.#link.sendPayload(put.id, payload, options).then(resolve, (error: unknown) => {
            const why = asDuetError(error);
            // With the link, or with a page that was reloaded: one of the two is told in a moment.
            if (why.code === 'link-lost' && !this.#ended) this.#lost.set(put.id, sending);
            else reject(why);
          }),
        resolve,
        reject,
      };
      const entry: Entry = { bytes: undefined, sending };
      this.#waiting.push(entry);
      digestOf(payload)
        .then((digest) => {
          entry.bytes = encodeScientistMessage({ ...put, digest });
          this.#flush();
        })
        .catch((error: unknown) => {
          const why = asDuetError(error);
          reject(why);
          this.#broken(why);
        });
    });
  }

  /** The owner's page was reloaded: what waits was for the one before. Whether a payload is lost is heard from `settle`. */
  beginAnew(): void {
    for (const { sending } of this.#waiting) if (sending) this.#lost.set(sending.id, sending);
    this.#waiting.length = 0;
  }

  /** What has become of payloads that were on their way at a reload. */
  settle(isHeld: (id: number) => boolean, gone: DuetError): void {
    const lost = [...this.#lost.values()];
    this.#lost.clear();
    for (const { id, resolve, reject } of lost) {
      if (isHeld(id)) resolve();
      else reject(gone);
    }
  }

  /** The link has ended. */
  end(error: DuetError): void {
    this.#ended = error;
    this.settle(() => false, error);
  }

  #flush(): void {
    for (let entry = this.#waiting[0]; entry?.bytes !== undefined; entry = this.#waiting[0]) {
      this.#waiting.shift();
      this.#link.send(entry.bytes);
      entry.sending?.begin();
    }
  }
}
