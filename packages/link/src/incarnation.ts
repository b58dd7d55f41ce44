import { type Bytes, sameBytes } from '@duet/protocol';
import { DurableChannel, type DurableEvents } from './durable-channel';
import { FramedLink, type FramedLinkOptions } from './framed-link';
import type { Role } from './identity';
import type { ResumeFacts } from './paired';

/** One life of a lasting link: both pages know it. When one forgets it, by a reload, another begins. */
export interface Incarnation {
  /** How its two ends are called in hellos. The other end has no name where nobody was there yet. */
  ends: ResumeFacts;
  /** Was the other side ever there, so that frames may have gone? */
  wasReady: boolean;
  readonly durable: DurableChannel;
  readonly framed: FramedLink;
}

/** One that nobody else knows of yet. */
export function makeIncarnation(
  options: FramedLinkOptions & Required<Pick<FramedLinkOptions, 'clock'>>,
  events: DurableEvents,
): Incarnation {
  const durable = new DurableChannel(options.clock, events);
  return {
    ends: { self: crypto.getRandomValues(new Uint8Array(16)), peer: undefined },
    wasReady: false,
    durable,
    framed: new FramedLink(durable, options),
  };
}

/** The names of the two ends of a life that began with a pairing: the halves of its transcript. */
export function endsOf(transcript: Bytes, role: Role): ResumeFacts {
  const owner = transcript.slice(0, 16);
  const scientist = transcript.slice(16, 32);
  return role === 'owner' ? { self: owner, peer: scientist } : { self: scientist, peer: owner };
}

/** Both ends still have the life that each says it has: these are the same two conditions on both sides. */
export function isSameLife(theirs: ResumeFacts | undefined, ours: ResumeFacts): boolean {
  return (
    ours.peer !== undefined &&
    theirs?.peer !== undefined &&
    sameBytes(theirs.peer, ours.self) &&
    sameBytes(theirs.self, ours.peer)
  );
}
