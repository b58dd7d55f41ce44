/**
 * A frame is a sequence number and segments: kind (u8), number (u32) where the kind has one, length (u16), bytes; all
 * little-endian. What the number means depends on the kind: a payload's stream, an amount of credit, the code of a close.
 */

import {
  crossesWire,
  DuetError,
  type ErrorCode,
  fromWireCode,
  limits,
  toWireCode,
} from '@duet/protocol';

export type SegmentKind =
  /** A message, or the last part of one. */
  | 'message'
  /** A part of a message; more follows. */
  | 'message-part'
  | 'payload-part'
  /** The last bytes of a payload, possibly none. */
  | 'payload-end'
  /** The payload ends before its announced length. */
  | 'payload-cut'
  /** Nobody wants the rest of a payload that comes from the other side. */
  | 'payload-stop'
  | 'message-credit'
  | 'payload-credit'
  | 'close';

export interface Segment {
  readonly kind: SegmentKind;
  readonly number: number;
  readonly body: Uint8Array;
}

interface Layout {
  readonly code: number;
  readonly hasNumber: boolean;
  /** Whether a body may, must or must not be there. */
  readonly body: 'any' | 'some' | 'none';
}

const layouts: Readonly<Record<SegmentKind, Layout>> = {
  message: { code: 1, hasNumber: false, body: 'any' },
  // Empty parts would let a side say nothing for ever.
  'message-part': { code: 2, hasNumber: false, body: 'some' },
  'payload-part': { code: 3, hasNumber: true, body: 'some' },
  'payload-end': { code: 4, hasNumber: true, body: 'any' },
  'payload-cut': { code: 5, hasNumber: true, body: 'none' },
  'message-credit': { code: 6, hasNumber: true, body: 'none' },
  'payload-credit': { code: 7, hasNumber: true, body: 'none' },
  close: { code: 8, hasNumber: true, body: 'none' },
  'payload-stop': { code: 9, hasNumber: true, body: 'none' },
};

const kinds = new Map(
  Object.entries(layouts).map(([kind, { code }]) => [code, kind as SegmentKind] as const),
);

function headerBytesOf({ hasNumber }: Layout): number {
  return hasNumber ? shortHeaderBytes + numberBytes : shortHeaderBytes;
}

const frameHeaderBytes = 4;
/** Kind and length, which come without a number between them where it would mean nothing: most segments are small messages. */
const shortHeaderBytes = 3;
const numberBytes = 4;
const nothing = new Uint8Array();

/** Collects segments and writes them as one frame. */
export class FrameWriter {
  readonly #segments: Segment[] = [];
  readonly #sent: (() => void)[] = [];
  #bytes = frameHeaderBytes;

  /** How many bytes the body of one more segment may have, of whichever kind; negative if there is no room for another. */
  get room(): number {
    return limits.frameBytes - this.#bytes - shortHeaderBytes - numberBytes;
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  add(kind: SegmentKind, number = 0, body: Uint8Array = nothing): void {
    this.#segments.push({ kind, number, body });
    this.#bytes += headerBytesOf(layouts[kind]) + body.length;
  }

  /** To be called once the frame was handed to the channel. */
  whenSent(call: () => void): void {
    this.#sent.push(call);
  }

  /** Writes it into memory that `spare` gives, if it would fill that by half at least. */
  finish(sequence: number, spare?: () => Uint8Array | undefined): Uint8Array {
    const used = this.#bytes >= limits.frameBytes / 2 ? spare?.() : undefined;
    const frame = used?.subarray(0, this.#bytes) ?? new Uint8Array(this.#bytes);
    const view = new DataView(frame.buffer, frame.byteOffset);
    view.setUint32(0, sequence, true);
    let at = frameHeaderBytes;
    for (const { kind, number, body } of this.#segments) {
      const layout = layouts[kind];
      view.setUint8(at, layout.code);
      if (layout.hasNumber) view.setUint32(at + 1, number, true);
      at += headerBytesOf(layout);
      view.setUint16(at - 2, body.length, true);
      frame.set(body, at);
      at += body.length;
    }
    return frame;
  }

  sent(): void {
    for (const call of this.#sent) call();
  }
}

function bad(detail: string): never {
  throw new DuetError('bad-message', { detail });
}

/** Checks the whole frame before anything of it is acted on. Throws `bad-message`. Bodies are views on the frame. */
export function readFrame(frame: Uint8Array): { sequence: number; segments: Segment[] } {
  if (frame.length > limits.frameBytes) bad('A frame is too large.');
  if (frame.length < frameHeaderBytes + shortHeaderBytes) bad('A frame is too short.');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments: Segment[] = [];
  let at = frameHeaderBytes;
  while (at < frame.length) {
    const kind = kinds.get(view.getUint8(at)) ?? bad('A segment is of an unknown kind.');
    const layout = layouts[kind];
    const start = at + headerBytesOf(layout);
    if (frame.length < start) bad('A segment is cut off.');
    const number = layout.hasNumber ? view.getUint32(at + 1, true) : 0;
    const length = view.getUint16(start - 2, true);
    at = start;
    if (frame.length - at < length) bad('A segment is cut off.');
    const { body } = layout;
    if (body === 'none' && length > 0) bad('A segment has bytes that mean nothing.');
    if (body === 'some' && length === 0) bad('A segment is empty.');
    segments.push({ kind, number, body: frame.subarray(at, at + length) });
    at += length;
  }
  return { sequence: view.getUint32(0, true), segments };
}

/** An end on purpose: the other side has left. Stands for all reasons that concern only the side that closes, too. */
const leftNumber = 0;

/** Ends that only links tell each other; error codes of the protocol's messages stay below. */
const linkCloseNumbers = new Map<ErrorCode, number>([
  ['link-lost', 0x1_0000],
  ['internal', 0x1_0001],
]);

export function closeNumber(code: ErrorCode): number {
  return linkCloseNumbers.get(code) ?? (crossesWire(code) ? toWireCode(code) : leftNumber);
}

/** Why the other side closed. Throws `bad-message` if that is no code. */
export function closeReason(number: number): DuetError {
  if (number === leftNumber) return new DuetError('peer-left', { from: 'peer' });
  const own = [...linkCloseNumbers].find(([, value]) => value === number)?.[0];
  const code = own ?? fromWireCode(number) ?? bad('A close has an unknown code.');
  return new DuetError(code, { from: 'peer' });
}
