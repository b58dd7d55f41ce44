/** Bytes from the owner's side to messages. */

import {
  byteLength,
  DuetError,
  decodeOwnerMessage,
  type Link,
  limits,
  type OwnerMessage,
  type Value,
} from '@duet/protocol';

/** Hands over every message that can be read, and closes the link with `bad-message` after several that cannot. */
export function readMessages(link: Link, take: (message: OwnerMessage) => void): void {
  let unreadable = 0;
  link.onMessage((bytes) => {
    let message: OwnerMessage;
    try {
      message = decodeOwnerMessage(bytes);
    } catch (cause) {
      unreadable += 1;
      // One may be a bug of the other side; after several there is nothing to talk about.
      if (unreadable >= limits.badMessages) link.close(new DuetError('bad-message', { cause }));
      return;
    }
    take(message);
  });
}

/** A value for an earlier session: its payload is on the way, and takes credit until it has passed. */
export function discard(link: Link, { get, meta }: Value): void {
  link
    .receivePayload(get, byteLength(meta), { signal: AbortSignal.abort() })
    .catch(() => undefined);
}
