/** The scientist who trains on another's digits. */

import * as tf from '@tensorflow/tfjs';
import type { Pointer, ScientistDuet } from 'duetjs';
import {
  batchSize,
  type Epoch,
  type EpochResult,
  initialWeights,
  layersModel,
  learningRate,
  lossOf,
  type NetworkName,
  seed,
} from './digits';
import { peerFunctions, scientistDuet } from './peers';

interface Prepared {
  readonly run: () => Promise<number>;
  readonly end: () => void;
}

const ask = { requestBlock: true, name: 'loss' } as const;

/** From the call to the result; what is there before an epoch, and the link besides, is made ahead. */
async function remoteEpoch(epoch: Epoch): Promise<EpochResult> {
  const duet = scientistDuet();
  const { run, end } = epoch.way === 'fit' ? fit(duet, epoch) : steps(duet, epoch);
  // A value that was sent after all that is prepared: it is back when that is there.
  const last = duet.send(tf.scalar(1));
  await last.getValue();
  const start = performance.now();
  const loss = await run();
  const ms = performance.now() - start;
  end();
  return { ms, loss };
}

function dataOf(duet: ScientistDuet, { network, records }: Epoch) {
  return duet.store.dataSet<'X' | 'y'>(`${network}-${records}`);
}

function fit(duet: ScientistDuet, epoch: Epoch): Prepared {
  const { X, y } = dataOf(duet, epoch);
  const { network, passes } = epoch;
  const local = layersModel(network);
  const model = duet.sendModel(local);
  local.dispose();
  return {
    run: async () => {
      const { reports } = await model.fit(X, y, { batchSize, epochs: passes, shuffle: false }).done;
      return reported(reports.at(-1)?.values['loss']);
    },
    end: () => model.dispose(),
  };
}

function steps(duet: ScientistDuet, epoch: Epoch): Prepared {
  const { network, way, records, passes } = epoch;
  const { X, y } = dataOf(duet, epoch);
  const begun = initialWeights(network);
  const weights = begun.map((weight) => duet.tf.variable(weight));
  tf.dispose(begun);
  const optimizer = duet.tf.train.adadelta(learningRate);
  const minimize = (x: Pointer, t: Pointer) =>
    optimizer.minimize(() => loss(duet, network, weights, x, t), true) as Pointer;

  const train = async () => {
    const data = [X, y];
    const run = duet.train({ data, step: minimize, batchSize, epochs: passes, seed });
    const { reports } = await run.done;
    return reported(reports.at(-1)?.values['loss']);
  };
  const cut = (pointer: Pointer, from: number) => {
    const rest = pointer.shape.slice(1);
    return pointer.slice([from, ...rest.map(() => 0)], [batchSize, ...rest]);
  };
  const byStep = async () => {
    let last: Pointer | undefined;
    for (let pass = 0; pass < passes; pass += 1) {
      for (let from = 0; from < records; from += batchSize) {
        last?.dispose();
        last = duet.tidy(() => minimize(cut(X, from), cut(y, from)));
      }
    }
    return Number(await last?.getValue(ask));
  };
  return {
    run: way === 'train' ? train : byStep,
    end: () => {
      optimizer.dispose();
      for (const weight of weights) weight.dispose();
    },
  };
}

/** The task is written once, for tensors; pointers have the same methods. */
function loss(
  duet: ScientistDuet,
  network: NetworkName,
  weights: readonly Pointer[],
  x: Pointer,
  t: Pointer,
): Pointer {
  const asTensors = (pointers: readonly Pointer[]) => pointers as unknown as tf.Tensor[];
  const [inputs, labels] = asTensors([x, t]) as [tf.Tensor, tf.Tensor];
  const ops = duet.tf as unknown as typeof tf;
  return lossOf(network, ops, asTensors(weights), inputs, labels) as unknown as Pointer;
}

function reported(result: { ok: boolean; value?: number } | undefined): number {
  return result?.value ?? Number.NaN;
}

/** Milliseconds of so many ops, one after the other, until the value of the last one is here. */
async function runOps(count: number): Promise<number> {
  const duet = scientistDuet();
  const one = duet.send(tf.scalar(1));
  await one.getCopy();
  const start = performance.now();
  const sum = duet.tidy(() => {
    let last: Pointer = one;
    for (let at = 0; at < count; at += 1) last = last.add(one);
    return last;
  });
  await sum.getValue();
  const ms = performance.now() - start;
  one.dispose();
  return ms;
}

/** Milliseconds until so many bytes, made on the owner's side, are here. */
async function getBytes(bytes: number): Promise<number> {
  const duet = scientistDuet();
  const made = duet.tf.fill([bytes / Float32Array.BYTES_PER_ELEMENT], 1);
  const first = made.slice([0], [1]);
  await first.getValue();
  const start = performance.now();
  (await made.get()).dispose();
  return performance.now() - start;
}

Object.assign(globalThis, {
  bench: {
    ...peerFunctions,
    remoteEpoch,
    runOps,
    getBytes,
  },
});

void tf.setBackend('cpu');
