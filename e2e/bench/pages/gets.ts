/** Small gets and what they are measured against. Times are milliseconds of one round trip each. */

import { createWorkerEngine } from '@duet/engine';
import type { Engine } from '@duet/ops';
import { ownerDuet, peerFunctions, scientistDuet } from './peers';
import { rawChannel, rawFunctions } from './raw-channel';

/** Enough that handlers may release a tenth of them, one by one. */
const records = 200_000;
const largeBytes = 64 * 1024 * 1024;
/** Of the message after a bulk. */
const endBytes = 1;
/** As the transport fills its channel. */
const frameBytes = 64 * 1024;
const highWater = 256 * 1024;

async function timed(count: number, once: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const start = performance.now();
    await once();
    times.push(performance.now() - start);
  }
  return times;
}

async function timedUntil(end: Promise<unknown>, once: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isOver = false;
  void end.finally(() => {
    isOver = true;
  });
  for (;;) {
    const start = performance.now();
    await once();
    // Those that the load has seen to their end.
    if (isOver) return times;
    times.push(performance.now() - start);
  }
}

// ---- the owner's page ---------------------------------------------------------------------------------------------

function ages(): Float32Array {
  return Float32Array.from({ length: records }, (_, at) => at % 90);
}

async function publish(): Promise<void> {
  const { store, requests } = ownerDuet();
  await store.add(ages(), { tags: ['ages'] });
  await store.add([36.5], { tags: ['open'], public: true });
  await store.add(new Float32Array(largeBytes / 4), { tags: ['large'], public: true });
  requests.addHandler({ action: 'accept' });
}

let engine: Engine | undefined;

/** The op itself: an engine like the scientist's, driven from this page, sums and gives the result. */
async function ops(count: number): Promise<number[]> {
  if (engine === undefined) {
    engine = createWorkerEngine();
    await engine.ready();
    const bytes = new Uint8Array(ages().buffer);
    engine.put(1, { meta: { dtype: 'float32', shape: [records], elementBytes: 0 }, bytes });
  }
  const owned = engine;
  return timed(count, async () => {
    const args = [{ kind: 'tensor', tensor: 1 }] as const;
    owned.run({ kind: 'op', op: 'sum', args, outputs: [2] });
    await owned.read(2);
    owned.drop([2]);
  });
}

function rawEcho(): void {
  const channel = rawChannel();
  channel.onmessage = ({ data }) => channel.send(data);
}

async function rawBulk(): Promise<void> {
  const channel = rawChannel();
  channel.bufferedAmountLowThreshold = highWater / 4;
  const frame = new Uint8Array(frameBytes);
  for (let sent = 0; sent < largeBytes; sent += frameBytes) {
    if (channel.bufferedAmount > highWater) {
      await new Promise((resolve) =>
        channel.addEventListener('bufferedamountlow', resolve, { once: true }),
      );
    }
    channel.send(frame);
  }
  channel.send(new Uint8Array(endBytes));
}

// ---- the scientist's page -----------------------------------------------------------------------------------------

const pingBytes = 100;

function ping(): Promise<void> {
  const channel = rawChannel();
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if ((data as ArrayBuffer).byteLength === pingBytes) resolve();
    };
    channel.send(new Uint8Array(pingBytes));
  });
}

const rawPings = (count: number) => timed(count, ping);

/** While the owner's page sends its bulk. */
async function rawPingsUnderLoad(): Promise<number[]> {
  const channel = rawChannel();
  const arrived = new Promise<void>((resolve) => {
    channel.addEventListener('message', ({ data }) => {
      if ((data as ArrayBuffer).byteLength === endBytes) resolve();
    });
  });
  return timedUntil(arrived, ping);
}

function getSum(): Promise<unknown> {
  return scientistDuet().store.get('ages').sum().getValue({ requestBlock: true, name: 'sum' });
}

function getOpen(): Promise<unknown> {
  return scientistDuet().store.get('open').sum().getValue();
}

const gets = (count: number) => timed(count, getSum);
const openGets = (count: number) => timed(count, getOpen);

async function getsUnderLoad(): Promise<number[]> {
  const large = scientistDuet().store.get('large').get();
  const times = await timedUntil(large, getSum);
  (await large).dispose();
  return times;
}

Object.assign(globalThis, {
  bench: {
    ...peerFunctions,
    ...rawFunctions,
    publish,
    ops,
    rawEcho,
    rawBulk,
    rawPings,
    rawPingsUnderLoad,
    gets,
    openGets,
    getsUnderLoad,
  },
});
