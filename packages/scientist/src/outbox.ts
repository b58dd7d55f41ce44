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
  readonly sent?: () => void;
}

/**
 * A put announces its payload's digest, which takes a moment; ids must reach the owner in increasing order, so that what
 * is said meanwhile waits behind it.
 */
export class Outbox {
  readonly #link: Link;
  readonly #broken: (error: DuetError) => void;
  readonly #waiting: Entry[] = [];

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

  /** Resolves when the payload was handed to the channel; rejects with `aborted`, or the reason the link ended. */
  put(put: Omit<Put, 'digest'>, payload: Uint8Array, options: PayloadOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        bytes: undefined,
        sent: () => this.#link.sendPayload(put.id, payload, options).then(resolve, reject),
      };
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

  #flush(): void {
    for (let entry = this.#waiting[0]; entry?.bytes !== undefined; entry = this.#waiting[0]) {
      this.#waiting.shift();
      this.#link.send(entry.bytes);
      entry.sent?.();
    }
  }
}
