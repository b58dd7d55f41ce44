import type { DuetError } from '@duet/protocol';
import { FramedLink, type MemoryPair, type MemoryPairOptions, memoryPair } from '../src';
import { readFrame, type Segment } from '../src/segments';

/** Lets everything that only waits for its turn happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface LinkPair extends MemoryPair {
  readonly left: FramedLink;
  readonly right: FramedLink;
}

/** Two links over a memory channel that keeps a log. */
export function linkPair(options: MemoryPairOptions = {}): LinkPair {
  const pair = memoryPair({ record: true, ...options });
  const clock = options.clock === undefined ? {} : { clock: options.clock };
  return { ...pair, left: new FramedLink(pair.a, clock), right: new FramedLink(pair.b, clock) };
}

/** What one lane carried, frame by frame. */
export function segmentsOf(pair: MemoryPair, lane: 'aToB' | 'bToA'): Segment[][] {
  return pair.log
    .filter((entry) => entry.lane === lane)
    .map(({ frame }) => readFrame(frame).segments);
}

/** Reproducible bytes. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export async function codeOf(rejecting: Promise<unknown>): Promise<string> {
  try {
    await rejecting;
  } catch (thrown) {
    return (thrown as DuetError).code;
  }
  return 'resolved';
}
