/** The owner of the digits; and, beside its engine, a worker that has them too. */

import * as tf from '@tensorflow/tfjs';
import { digits, type Epoch, type EpochResult } from './digits';
import { ownerDuet, peerFunctions } from './peers';

/** Publishes the digits of an epoch, under its name. Whatever is asked for is accepted. */
async function publishDigits(epoch: Epoch): Promise<void> {
  const owner = ownerDuet();
  const data = await digits(epoch);
  await owner.store.addDataset({ ...data }, { name: `${epoch.network}-${epoch.records}` });
  tf.dispose([data.X, data.y]);
}

function acceptAll(): void {
  ownerDuet().on('request', (request) => void request.accept());
}

let worker: Promise<Worker> | undefined;

function heard<T>(from: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    from.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    from.onerror = ({ message }) => reject(new Error(message));
  });
}

async function startWorker(): Promise<Worker> {
  const made = new Worker(new URL('./local-training.ts', import.meta.url), { type: 'module' });
  await heard(made);
  return made;
}

/** The epoch on local tfjs. */
async function localEpoch(epoch: Epoch): Promise<EpochResult> {
  worker ??= startWorker();
  const local = await worker;
  const result = heard<EpochResult>(local);
  local.postMessage(epoch);
  return result;
}

/** How often the page was seen since `watchHidden`. */
let seen = 0;

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) seen += 1;
});

function watchHidden(): void {
  seen = document.hidden ? 0 : 1;
}

Object.assign(globalThis, {
  bench: {
    ...peerFunctions,
    publishDigits,
    acceptAll,
    localEpoch,
    watchHidden,
    timesSeen: () => seen,
  },
});

void tf.setBackend('cpu');
