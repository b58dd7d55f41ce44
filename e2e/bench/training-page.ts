/** The page of the bench: the steps on pointers, with the owner's engine in a worker, each beside the same on local tfjs. */

import { nextMacrotask } from '@duet/engine';
import { memoryPair, readFrame } from '@duet/link';
import * as tf from '@tensorflow/tfjs';
import { loopback, type Pointer, type RemoteVariable, type ScientistDuet } from 'duetjs';
import {
  batchSize,
  type Case,
  cases,
  changesByHand,
  initial,
  layersModel,
  learningRate,
  lossOf,
  makeData,
  records,
  type TaskName,
} from './training-task';

const rounds = 3;

/** Milliseconds, messages, frames and bytes are those of a step. */
export interface Row {
  readonly task: TaskName;
  readonly way: string;
  readonly remoteMs: number;
  readonly localMs: number;
  readonly messagesOut: number;
  readonly messagesBack: number;
  readonly framesOut: number;
  readonly bytesOut: number;
}

interface Remote {
  readonly run: () => Promise<void>;
  readonly end: () => void;
}

/** Everything that a run needs once is made here, and not timed: variables, plans, the model. */
function prepare({ task, way, steps }: Case, duet: ScientistDuet): Remote {
  const { X, y } = duet.store.dataSet<'X' | 'y'>(`bench-${task}`);
  const begun = initial(task);
  const weights = begun.map((weight) => duet.tf.variable(weight));
  tf.dispose(begun);
  const optimizer = duet.tf.train.sgd(learningRate);
  const first = (of: Pointer) => of.slice([0], [batchSize]);
  const [x, t] = [first(X), first(y)];
  // Pointers have tfjs's methods; the task is written once, for tensors.
  const asTensors = (pointers: readonly Pointer[]) => pointers as unknown as tf.Tensor[];
  const minimize = (bx: Pointer, bt: Pointer) =>
    optimizer.minimize(() => {
      const [inputs, labels] = asTensors([bx, bt]) as [tf.Tensor, tf.Tensor];
      const ops = duet.tf as unknown as typeof tf;
      return lossOf(task, ops, asTensors(weights), inputs, labels) as unknown as Pointer;
    });
  const epochs = (steps * batchSize) / records;
  const done = (variables: readonly RemoteVariable[]) => arrived(variables);

  switch (way) {
    case 'by hand':
      return finished(weights, async () => {
        const [inputs, labels] = asTensors([x, t]) as [tf.Tensor, tf.Tensor];
        for (let step = 0; step < steps; step += 1) {
          duet.tidy(() => {
            const changes = changesByHand(asTensors(weights), inputs, labels);
            changes.forEach((change, at) => {
              weights[at]?.sub_(change as unknown as Pointer);
            });
          });
        }
        await done(weights);
      });
    case 'minimize':
      return finished(weights, async () => {
        for (let step = 0; step < steps; step += 1) minimize(x, t);
        await done(weights);
      });
    case 'plan.call': {
      const plan = duet.plan((bx: Pointer, bt: Pointer) => void minimize(bx, bt), [x, t]);
      return finished(weights, async () => {
        for (let step = 0; step < steps; step += 1) plan.call(x, t);
        await done(weights);
      });
    }
    case 'train':
      return finished(weights, async () => {
        const step = (bx: Pointer, bt: Pointer) => void minimize(bx, bt);
        await duet.train({ data: [X, y], step, epochs, batchSize, seed: 1, report: 'none' }).done;
      });
    case 'fit': {
      const local = layersModel(task);
      const model = duet.sendModel(local);
      local.dispose();
      return {
        run: async () => {
          await model.fit(X, y, { epochs, batchSize, seed: 1, report: 'none' }).done;
        },
        end: () => model.dispose(),
      };
    }
  }
}

function finished(weights: readonly RemoteVariable[], run: () => Promise<void>): Remote {
  return {
    run,
    end: () => {
      for (const weight of weights) weight.dispose();
    },
  };
}

/** A value that arrives was computed, and all before it. */
async function arrived(variables: readonly RemoteVariable[]): Promise<void> {
  for (const variable of variables) {
    (await variable.getCopy({ requestBlock: true, name: 'bench' })).dispose();
  }
}

async function remoteRound(of: Case): Promise<Omit<Row, 'task' | 'way' | 'localMs'>> {
  const wire = memoryPair({ record: true });
  const { owner, scientist } = await loopback({
    owner: { engine: 'worker', backend: 'wasm' },
    channels: { owner: wire.a, scientist: wire.b },
  });
  owner.on('request', (request) => void request.accept());
  const data = makeData(of.task);
  await owner.store.addDataset(data, { name: `bench-${of.task}` });
  tf.dispose([data.X, data.y]);
  while (scientist.store.length === 0) await nextMacrotask();
  const { run, end } = prepare(of, scientist);
  // Once to warm up: plans are sent, and the engine compiles them.
  await run();
  const before = wire.log.length;
  const start = performance.now();
  await run();
  const ms = performance.now() - start;
  const frames = wire.log.slice(before);
  const out = frames.filter(({ lane }) => lane === 'bToA');
  const back = frames.filter(({ lane }) => lane !== 'bToA');
  end();
  scientist.close();
  await owner.close();
  return {
    remoteMs: ms / of.steps,
    messagesOut: messagesIn(out) / of.steps,
    messagesBack: messagesIn(back) / of.steps,
    framesOut: out.length / of.steps,
    bytesOut: out.reduce((sum, { frame }) => sum + frame.length, 0) / of.steps,
  };
}

/** What begins as parts ends as one message. */
function messagesIn(frames: readonly { readonly frame: Uint8Array }[]): number {
  const segments = frames.flatMap(({ frame }) => readFrame(frame).segments);
  return segments.filter(({ kind }) => kind === 'message').length;
}

function answer(worker: Worker, of?: Case): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ ms: number }>) => resolve(data.ms);
    worker.onerror = ({ message }) => reject(new Error(message));
    if (of) worker.postMessage(of);
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function bench(): Promise<Row[]> {
  await tf.setBackend('cpu');
  const worker = new Worker(new URL('./local-steps.ts', import.meta.url), { type: 'module' });
  await answer(worker);
  const rows: Row[] = [];
  for (const of of cases) {
    await answer(worker, of); // warms up
    const measured: Omit<Row, 'task' | 'way'>[] = [];
    // By turns, so that what else the machine does falls on both.
    for (let round = 0; round < rounds; round += 1) {
      const localMs = (await answer(worker, of)) / of.steps;
      measured.push({ ...(await remoteRound(of)), localMs });
    }
    const middle = (field: keyof Omit<Row, 'task' | 'way'>) =>
      median(measured.map((each) => each[field]));
    rows.push({
      task: of.task,
      way: of.way,
      remoteMs: middle('remoteMs'),
      localMs: middle('localMs'),
      messagesOut: middle('messagesOut'),
      messagesBack: middle('messagesBack'),
      framesOut: middle('framesOut'),
      bytesOut: middle('bytesOut'),
    });
  }
  worker.terminate();
  return rows;
}

Object.assign(globalThis, { bench });
