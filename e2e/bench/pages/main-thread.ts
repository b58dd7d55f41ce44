/** What holds up the owner's page while it is at work, and what both pages need for one large tensor. */

import * as tf from '@tensorflow/tfjs';
import type { Pointer } from 'duetjs';
import { ownerDuet, peerFunctions, scientistDuet } from './peers';

const features = 256;
const records = 8192;

// ---- the owner's page ---------------------------------------------------------------------------------------------

const tag = 'records';

async function publish(bytes: number): Promise<void> {
  const { store, requests } = ownerDuet();
  const X = Float32Array.from({ length: records * features }, (_, at) => (at % 17) / 17);
  await store.add(tf.tensor2d(X, [records, features]), { tags: ['X'] });
  await store.add(new Float32Array(bytes / 4).fill(2), { tags: ['large', tag] });
  const elementQuota = Number.MAX_SAFE_INTEGER;
  requests.addHandler({ action: 'accept', tags: [tag], release: 'records', elementQuota });
}

export interface Held {
  /** Of the page's tasks, the longest that the browser tells of: those of 50 ms and more. 0: there was none. */
  readonly longestTaskMs: number;
  /** The longest that a message to the page itself waited for its turn. */
  readonly longestWaitMs: number;
}

let stopWatching: (() => Held) | undefined;

function watch(): void {
  const tasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    tasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: 'longtask' });
  const { port1, port2 } = new MessageChannel();
  let sentAt = 0;
  let longestWaitMs = 0;
  const send = (): void => {
    sentAt = performance.now();
    port2.postMessage(undefined);
  };
  port1.onmessage = () => {
    longestWaitMs = Math.max(longestWaitMs, performance.now() - sentAt);
    setTimeout(send, 2);
  };
  send();
  stopWatching = () => {
    port1.close();
    tasks.push(...observer.takeRecords().map(({ duration }) => duration));
    observer.disconnect();
    return { longestTaskMs: Math.max(0, ...tasks), longestWaitMs };
  };
}

function watched(): Held {
  if (stopWatching === undefined) throw new Error('Nothing is watched.');
  return stopWatching();
}

// ---- the scientist's page -----------------------------------------------------------------------------------------

let large: tf.Tensor | undefined;

function makeLarge(bytes: number): void {
  large ??= tf.fill([bytes / 4], 3);
  large.dataSync();
}

/** Sends a large tensor; with its first use the owner's engine gets it, too. Gives how it took, in milliseconds. */
async function sendLarge(): Promise<number> {
  if (large === undefined) throw new Error('There is no large tensor.');
  const start = performance.now();
  const pointer = scientistDuet().send(large);
  const one = await pointer.slice([7], [1]).getValue();
  const took = performance.now() - start;
  if ((one as number[])[0] !== 3) throw new Error('Something else has arrived.');
  pointer.dispose();
  return took;
}

/** The same while the owner's engine trains; gives how many steps that took meanwhile. */
async function sendWhileTraining(): Promise<number> {
  const duet = scientistDuet();
  const w = duet.tf.variable(tf.zeros([features, 64]));
  const optimizer = duet.tf.train.sgd(0.001);
  const run = duet.train({
    data: [duet.store.get('X')],
    step: (x: Pointer) => optimizer.minimize(() => x.matMul(w).square().mean(), true) as Pointer,
    batchSize: 64,
    epochs: 10_000,
    report: 'none',
  });
  let steps = 0;
  run.on('progress', ({ step }) => {
    steps = step;
  });
  await sendLarge();
  await run.cancel();
  return steps;
}

async function getLarge(): Promise<void> {
  const pointer = scientistDuet().store.get('large').mul(2);
  await pointer.slice([0], [1]).get({ requestBlock: true, name: 'is it there?' });
  await ready();
  const tensor = await pointer.get({ requestBlock: true, name: 'a large one' });
  // Stays, as what is stored anyway, until the page has told of its memory.
  large = tensor;
}

let goOn: () => void = () => undefined;
let isReady = false;

/** Waits until `go` is called: what is there before must have been looked at. */
function ready(): Promise<void> {
  isReady = true;
  return new Promise((resolve) => {
    goOn = resolve;
  });
}

/** Keeps the page busy, so that its process can be told from the others. */
function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    // round and round
  }
}

Object.assign(globalThis, {
  bench: {
    ...peerFunctions,
    publish,
    watch,
    watched,
    makeLarge,
    sendLarge,
    sendWhileTraining,
    getLarge,
    isReady: () => isReady,
    go: () => goOn(),
    spin,
    letGo: () => {
      large?.dispose();
      large = undefined;
    },
  },
});
