import { DuetError, type PeerIdentity } from '@duet/protocol';
import { FramedLink, type FramedLinkOptions } from './framed-link';
import type { PayloadEnding } from './payload-receiver';
import type { OutboundPayload } from './payload-sender';
import { portChannel } from './port-channel';

/** A link over a MessagePort between a page and its worker, which need no handshake: who made the port knows the peer. */
export function portLink(
  port: MessagePort,
  options: FramedLinkOptions & { readonly peer: PeerIdentity },
): FramedLink {
  return new FramedLink(portChannel(port), options);
}

export interface Pipe {
  /**
   * Takes the two links apart; both stay open. Messages that come from then on wait for the next receiver. A payload
   * that had passed in part is cut off at the side it went to, where taking it fails with `bad-transfer`; what is left
   * of it is discarded at the side it came from.
   */
  detach(): void;
}

/**
 * Joins two links end to end: messages and payloads pass both ways, each side waiting when the other does; when one
 * ends, so does the other, for the same reason. The links have no other user while they are joined.
 */
export function pipe(a: FramedLink, b: FramedLink): Pipe {
  let isAttached = true;
  let release = (): void => {};
  const detached = new Promise<void>((resolve) => {
    release = resolve;
  });
  const stops = [passOn(a, b, detached), passOn(b, a, detached)];
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    void from.closed.then((reason) => {
      if (isAttached) to.close(new DuetError(reason.code, { from: reason.from, cause: reason }));
    });
  }
  return {
    detach() {
      if (!isAttached) return;
      isAttached = false;
      for (const stop of stops) stop();
      release();
    },
  };
}

/** One direction. Returns what stops it. */
function passOn(from: FramedLink, to: FramedLink, detached: Promise<void>): () => void {
  const underWay = new Map<number, OutboundPayload>();
  from.tapPayloads((stream, bytes, ending, taken) => {
    const payload = underWay.get(stream) ?? to.beginPayload(stream, () => from.stopPayload(stream));
    if (ending === 'more') underWay.set(stream, payload);
    else underWay.delete(stream);
    // A view keeps its frame alive no longer than the credit is taken for it.
    passSegment(payload, bytes, ending, taken);
  });
  from.onMessage((message) => {
    to.send(message);
    // Whoever is taken away from a stalled link must not stall the next.
    return to.congested ? Promise.race([to.uncongested(), detached]) : undefined;
  });
  return () => {
    from.onMessage(undefined);
    from.tapPayloads(undefined);
    for (const payload of underWay.values()) payload.cut();
  };
}

function passSegment(
  payload: OutboundPayload,
  bytes: Uint8Array,
  ending: PayloadEnding,
  taken: () => void,
): void {
  if (ending === 'cut') {
    payload.cut();
    taken();
  } else if (ending === 'more') {
    payload.push(bytes, taken);
  } else {
    payload.push(bytes);
    payload.end(taken);
  }
}
