/** Small ops from the scientist's page, and how soon it knows that they were executed. */

import type { Pointer } from 'duetjs';
import { callFunctions } from './calls';
import { peerFunctions, scientistDuet } from './peers';
import { rawFunctions } from './raw-channel';

/** So many gets are under way at once, one at the end of each part of what is in flight. */
const partsInFlight = 4;

/** From here on an id takes three bytes. */
const highId = 16_384;

/** Two values of the scientist's own, which every op adds. */
let operands: readonly [Pointer, Pointer] | undefined;

async function prepare(): Promise<void> {
  const duet = scientistDuet();
  const [a, b] = [duet.send([1, 2, 3, 4]), duet.send([5, 6, 7, 8])];
  await Promise.all([a.sent, b.sent]);
  operands = [a, b];
}

/** Does so many ops in one go, and gets the last one's value: when it is here, all of them were executed. */
async function part(count: number): Promise<void> {
  if (operands === undefined) throw new Error('Nothing is prepared.');
  const [a, b] = operands;
  const last = scientistDuet().tidy(() => {
    let sum = a.add(b);
    for (let done = 1; done < count; done += 1) sum = a.add(b);
    return sum;
  });
  (await last.get()).dispose();
}

/** Ops per second, where no more than `inFlight` are ever sent and not known to be executed. */
async function opRate(count: number, inFlight: number): Promise<number> {
  const size = inFlight / partsInFlight;
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= size;
      await part(size);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: partsInFlight }, lane));
  return (1000 * (count - left)) / (performance.now() - start);
}

/** Values that are kept alive on the owner's side, each with its pointer here. */
const live: Pointer[] = [];

/** Makes or disposes as many as it takes, and resolves when the owner's side has done so too. */
async function keepLive(count: number): Promise<void> {
  if (operands === undefined) throw new Error('Nothing is prepared.');
  const [a, b] = operands;
  for (const pointer of live.splice(count)) pointer.dispose();
  while (live.length < count) live.push(a.add(b));
  await part(1);
}

/** Bytes that an op takes on the channel, where many are recorded in one go, and ids have come so far that they take three. */
async function bytesPerOp(count: number): Promise<number> {
  if (operands === undefined) throw new Error('Nothing is prepared.');
  const [a, b] = operands;
  const made: Pointer[] = [];
  const grow = (until: number): void => {
    while (Number(made.at(-1)?.id.slice(1) ?? 0) < until) {
      made.push(a.add(b));
      if (made.length > 1) made.shift()?.dispose();
    }
  };
  grow(highId);
  await part(1);
  const [x, y] = [a.add(b), a.add(b)];
  await part(1);
  const own = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'send');
  const send = RTCDataChannel.prototype.send as (data: Uint8Array<ArrayBuffer>) => void;
  let bytes = 0;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    bytes += (data as Uint8Array).byteLength;
    send.call(this, data as Uint8Array<ArrayBuffer>);
  };
  const counted = Array.from({ length: count }, () => x.add(y));
  // All that one microtask sends leaves in the next.
  await new Promise((resolve) => setTimeout(resolve));
  const taken = bytes;
  if (own !== undefined) Object.defineProperty(RTCDataChannel.prototype, 'send', own);
  for (const pointer of [...made, ...counted, x, y]) pointer.dispose();
  await part(1);
  return taken / count;
}

Object.assign(globalThis, {
  bench: {
    ...rawFunctions,
    ...peerFunctions,
    ...callFunctions,
    prepare,
    opRate,
    keepLive,
    bytesPerOp,
  },
});
