/** Bytes that no side of ours would write: messages by their fields, and frames by their segments. */

import { DuetError, type ErrorCode } from '@duet/protocol';
import { expect } from 'vitest';
import { FrameWriter, type SegmentKind } from '../../../link/src/segments';
import { duet } from '../../../protocol/src/generated/duet';
import type { RawScientist } from '../../src/raw-pair';
import { fault } from '../answers';
import type { Scene } from './attack';

type RawSegment = readonly [kind: SegmentKind, number?: number, body?: Uint8Array];

export function frame(sequence: number, ...segments: readonly RawSegment[]): Uint8Array {
  const writer = new FrameWriter();
  for (const [kind, number, body] of segments) writer.add(kind, number, body);
  return writer.finish(sequence);
}

/** The number that the scientist's next frame must have. */
export function nextSequence({ wire }: RawScientist): number {
  return wire.log.filter(({ lane }) => lane === 'bToA').length + 1;
}

/** A message by its fields on the wire, whatever they are. */
export const raw = (fields: duet.ScientistToOwner.$Properties): Uint8Array =>
  duet.ScientistToOwner.encode(fields).finish();

export const header = (shape: number[], dtype = 1, elementBytes?: number) => ({
  dtype,
  shape,
  ...(elementBytes && { elementBytes }),
});

/** Of nothing in particular. */
export const digest = new Uint8Array(32).fill(1);

/** Bytes that Eve sends on links of her own, one after the other, each refused with the same code. */
export async function eachIsRefused(
  scene: Scene,
  code: ErrorCode,
  ...all: readonly Uint8Array[]
): Promise<void> {
  for (const bytes of all) {
    const eve = await scene.join('eve');
    eve.link.send(bytes);
    await eve.quiet();
    expect(eve.messages).toEqual([fault(0, code)]);
    eve.link.close(new DuetError('closed'));
    await eve.peer.session?.freed;
  }
}
