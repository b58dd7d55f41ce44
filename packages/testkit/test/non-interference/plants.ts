/** What leaks are planted with. */

import type { Engine } from '@duet/ops';
import {
  decodeOwnerMessage,
  encodeOwnerMessage,
  type Link,
  type OwnerMessage,
} from '@duet/protocol';
import { wrappedEngine } from '../../src/raw-pair';
import type { Plant, Planting } from './observe';
import { fingerprints } from './worlds';

type Send = (message: OwnerMessage, pass: (message: OwnerMessage) => void, link: Link) => void;

/** A link of the owner's side on which messages are sent otherwise. */
export function leakyLink(link: Link, send: Send): Link {
  const pass = (message: OwnerMessage) => link.send(encodeOwnerMessage(message));
  return {
    peer: link.peer,
    closed: link.closed,
    onMessage: (receive) => link.onMessage(receive),
    sendPayload: (stream, payload, options) => link.sendPayload(stream, payload, options),
    receivePayload: (stream, length, options) => link.receivePayload(stream, length, options),
    close: (reason) => link.close(reason),
    send: (bytes) => send(decodeOwnerMessage(bytes), pass, link),
  };
}

/** In the world with the secret alone. */
export const inOneWorld =
  (planting: () => Planting): Plant =>
  ({ secret }) =>
    secret ? planting() : {};

/** Something is sent otherwise in one world. Each run has its own `send`. */
export const onLink = (make: () => Send): Plant =>
  inOneWorld(() => {
    const send = make();
    return { wrapLink: (link) => leakyLink(link, send) };
  });

/** Messages of one kind become others. */
export function rewriting<Kind extends OwnerMessage['kind']>(
  kind: Kind,
  rewrite: (message: Extract<OwnerMessage, { readonly kind: Kind }>) => readonly OwnerMessage[],
): Plant {
  return onLink(() => (message, pass) => {
    const isOfKind = (each: OwnerMessage): each is Extract<OwnerMessage, { readonly kind: Kind }> =>
      each.kind === kind;
    for (const each of isOfKind(message) ? rewrite(message) : [message]) pass(each);
  });
}

/** An engine that does something otherwise in one world. */
export const inEngine = (over: (engine: Engine) => Partial<Engine>): Plant =>
  inOneWorld(() => ({ wrapEngine: (engine) => wrappedEngine(engine, over(engine)) }));

/** Something that happens on the owner's side and that Grace is told of. */
export const telling = (
  when: (pair: Parameters<NonNullable<Planting['begun']>>[0], tell: () => void) => void,
): Plant =>
  inOneWorld(() => {
    let grace: Link | undefined;
    return {
      wrapLink: (link) => {
        if (link.peer.fingerprint === fingerprints.grace) grace = link;
        return link;
      },
      begun: (pair) => {
        when(pair, () =>
          grace?.send(encodeOwnerMessage({ kind: 'gone', published: [], own: [3] })),
        );
      },
    };
  });

/** A method that does something else for as long as one world is run. */
export function instead<Key extends string>(
  of: { readonly [Method in Key]: unknown },
  method: Key,
  // biome-ignore lint/suspicious/noExplicitAny: of any method
  make: (own: any) => (this: unknown, ...args: any[]) => unknown,
): Plant {
  return inOneWorld(() => {
    const own = of[method];
    Object.defineProperty(of, method, { value: make(own), configurable: true, writable: true });
    return {
      over: () => {
        Object.defineProperty(of, method, { value: own, configurable: true, writable: true });
      },
    };
  });
}
