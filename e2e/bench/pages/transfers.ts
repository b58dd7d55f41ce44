/**
 * One large tensor from the owner's page to the scientist's, by an accepted get, by a plain data channel and by PeerJS.
 * Every time is taken on the scientist's page: from the call until the bytes are there, all of them, in one buffer.
 */

import type { Pointer } from 'duetjs';
import { peerJsFunctions } from './peer-js';
import { ownerDuet, peerFunctions, scientistDuet } from './peers';
import { rawChannel, rawFunctions } from './raw-channel';

const frameBytes = 64 * 1024;
const highBytes = 256 * 1024;
const lowBytes = 64 * 1024;

/** Numbers of which no two pieces are alike. */
export function numbers(bytes: number): Float32Array {
  const made = new Float32Array(bytes / 4);
  for (let at = 0; at < made.length; at += 1) made[at] = (at * 31) % 9973;
  return made;
}

// ---- the owner's page ---------------------------------------------------------------------------------------------

const tag = 'records';

async function publish(bytes: number): Promise<void> {
  const { store, requests } = ownerDuet();
  const isFirst = store.length === 0;
  await store.add(numbers(bytes), { tags: [`of ${bytes}`, tag] });
  if (!isFirst) return;
  const elementQuota = Number.MAX_SAFE_INTEGER;
  requests.addHandler({ action: 'accept', tags: [tag], release: 'records', elementQuota });
}

/** Answers with as many bytes as the other page asks for. */
function rawServe(bytes: number): void {
  const channel = rawChannel();
  const payload = new Uint8Array(numbers(bytes).buffer as ArrayBuffer);
  channel.bufferedAmountLowThreshold = lowBytes;
  channel.onmessage = () => {
    let at = 0;
    const pump = (): void => {
      while (at < payload.length && channel.bufferedAmount < highBytes) {
        channel.send(payload.subarray(at, at + frameBytes));
        at += frameBytes;
      }
      channel.onbufferedamountlow = at < payload.length ? pump : null;
    };
    pump();
  };
}

// ---- the scientist's page -----------------------------------------------------------------------------------------

function rawFetch(bytes: number): Promise<number> {
  const channel = rawChannel();
  const start = performance.now();
  return new Promise((resolve) => {
    const whole = new Uint8Array(bytes);
    let filled = 0;
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      whole.set(new Uint8Array(data), filled);
      filled += data.byteLength;
      if (filled < bytes) return;
      channel.onmessage = null;
      resolve(performance.now() - start);
    };
    channel.send('');
  });
}

export type Kind = 'published' | 'derived';

function published(bytes: number): Pointer {
  return scientistDuet().store.get(`of ${bytes}`);
}

/** A value that is there: what makes it is not what is measured. */
async function derived(bytes: number): Promise<Pointer> {
  const pointer = published(bytes).mul(2);
  await pointer.slice([0], [1]).get({ requestBlock: true, name: 'is it there?' });
  return pointer;
}

async function duetFetch(bytes: number, kind: Kind): Promise<number> {
  const pointer = kind === 'derived' ? await derived(bytes) : published(bytes);
  const start = performance.now();
  const tensor = await pointer.get({ requestBlock: true, name: 'a large one' });
  const data = await tensor.data();
  const took = performance.now() - start;
  const factor = kind === 'derived' ? 2 : 1;
  const last = bytes / 4 - 1;
  if (data[last] !== ((last * 31) % 9973) * factor) throw new Error('Something else has come.');
  tensor.dispose();
  return took;
}

Object.assign(globalThis, {
  bench: {
    ...peerFunctions,
    ...rawFunctions,
    ...peerJsFunctions,
    publish,
    rawServe,
    rawFetch,
    duetFetch,
  },
});
