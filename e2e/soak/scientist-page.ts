/** The scientist's page of the soak: each job leaves nothing behind, whatever becomes of it. */

import * as tf from '@tensorflow/tfjs';
import { DuetError, joinDuet, type Pointer, type RemotePlan, type RemoteVariable } from 'duetjs';
import { randomFrom } from '../chaos/arithmetic';
import { secretSum, width } from './facts';

export interface ScientistCounts {
  readonly objects: number;
  readonly waiting: number;
  readonly getting: number;
  readonly requests: number;
  readonly tensors: number;
}

/** `wrong`: a value other than it should be. Else the code of the error that it ended with, or `done`. */
export type JobEnd = string;

declare global {
  var soakJobs: readonly string[];
  /** Does one job, whose random choices follow from the seed. */
  var soakJob: (name: string, seed: number) => Promise<JobEnd>;
  var scientistCounts: () => ScientistCounts;
  var leave: () => void;
}

const duet = await joinDuet(location.href, { name: 'Grace' });
while (duet.store.length < 2) {
  await new Promise<void>((resolve) => void duet.once('store', () => resolve()));
}

type Random = () => number;

const upTo = (random: Random, most: number): number => 1 + Math.floor(random() * most);

function expectNumber(actual: unknown, expected: number): void {
  if (actual !== expected) throw new RangeError(`${String(actual)}, not ${expected}`);
}

const secret = (): Pointer => duet.store.get('numbers');
const table = () => duet.store.dataSet<'X' | 'y'>('table');

/** One row of gains, found by gradient descent on the private table. */
function makeWeights(): RemoteVariable {
  const zeros = tf.zeros([width, 1]);
  const weights = duet.tf.variable(zeros);
  zeros.dispose();
  return weights;
}

/** Made when it is first used, and kept: a plan is what stays. */
let kept: RemotePlan | undefined;

function keptPlan(): RemotePlan {
  kept ??= duet.plan((x: Pointer) => x.mul(2).add(1).sum(), [{ shape: [12] }], { name: 'kept' });
  return kept;
}

const trainingOf = (weights: RemoteVariable, epochs: number, seed: number) => {
  const { X, y } = table();
  const optimizer = duet.tf.train.adam(0.01);
  const run = duet.train({
    data: [X, y],
    step: (x, t) => ({
      loss: optimizer.minimize(() => x.matMul(weights).sub(t).square().mean(), true),
    }),
    epochs,
    batchSize: 64,
    seed,
    name: 'training',
    report: 'none',
  });
  return { run, optimizer };
};

const jobs: Readonly<Record<string, (random: Random) => Promise<void>>> = {
  /** A chain of ops on a value of one's own. */
  async ops(random) {
    const links = upTo(random, 60);
    const start = tf.scalar(1);
    let chain: Pointer = duet.send(start);
    start.dispose();
    for (let at = 0; at < links; at += 1) {
      const next: Pointer = chain.add(1);
      chain.dispose();
      chain = next;
    }
    expectNumber(await chain.getValue(), 1 + links);
  },

  /** Pointers that nobody disposes: the collector lets go of them. */
  async dropped(random) {
    const start = tf.scalar(2);
    const sent = duet.send(start);
    start.dispose();
    for (let at = upTo(random, 40); at > 0; at -= 1) sent.mul(at);
    expectNumber(await sent.getValue({ deleteObj: true }), 2);
  },

  async plan(random) {
    const scale = upTo(random, 1000);
    const plan = duet.plan((x: Pointer) => x.mul(scale).sum(), [{ shape: [3] }], { name: 'new' });
    const ones = tf.ones([3]);
    const sent = duet.send(ones);
    ones.dispose();
    const result = plan.call(sent) as Pointer;
    sent.dispose();
    plan.dispose();
    expectNumber(await result.getValue(), 3 * scale);
  },

  async 'same plan'(random) {
    for (let at = upTo(random, 10); at > 0; at -= 1) {
      const result = keptPlan().call(secret()) as Pointer;
      if (at > 1) result.dispose();
      else {
        const options = { requestBlock: true, name: 'kept plan' };
        expectNumber(await result.getValue(options), 2 * secretSum + 12);
      }
    }
  },

  async ask(random) {
    const more = upTo(random, 1000);
    const sum = secret().sum();
    const answer = sum.add(more);
    sum.dispose();
    expectNumber(await answer.getValue({ requestBlock: true, name: 'ask' }), secretSum + more);
  },

  async denied() {
    const product = secret().prod();
    const { ok } = await product.tryGet({ requestBlock: true, name: 'denied' });
    product.dispose();
    expectNumber(Number(ok), 0);
  },

  /** Some of them expire, the others are taken back. */
  async unanswered(random) {
    const product = secret().square();
    const abort = new AbortController();
    const name = 'nobody answers';
    const waiting =
      random() < 0.5
        ? product.tryGet({ requestBlock: true, name, timeoutSecs: 1 })
        : product.tryGet({ requestBlock: true, name, signal: abort.signal });
    setTimeout(() => abort.abort(), 200 + random() * 800);
    const { ok } = await waiting;
    product.dispose();
    expectNumber(Number(ok), 0);
  },

  /** Some numbers there and back. */
  async transfer(random) {
    const count = 1000 + Math.floor(random() ** 2 * 1_000_000);
    const numbers = tf.fill([count], upTo(random, 100));
    const sent = duet.send(numbers);
    const back = sent.mul(1);
    sent.dispose();
    try {
      const received = await back.get();
      const wrong = tf.tidy(() => received.notEqual(numbers).sum().dataSync()[0]);
      received.dispose();
      expectNumber(wrong, 0);
    } finally {
      numbers.dispose();
    }
  },

  /** Is given up while it crosses. */
  async 'cancelled transfer'(random) {
    const numbers = tf.ones([1_000_000]);
    const sent = duet.send(numbers);
    numbers.dispose();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), random() * 100);
    const got = await sent.tryGet({ signal: abort.signal, deleteObj: false });
    if (got.ok) got.value.dispose();
    sent.dispose();
  },

  async minimize(random) {
    const weights = makeWeights();
    const optimizer = duet.tf.train.sgd(0.01);
    const { X, y } = table();
    for (let at = upTo(random, 20); at > 0; at -= 1) {
      optimizer.minimize(() => X.matMul(weights).sub(y).square().mean());
    }
    const sum = weights.sum();
    await sum.getValue({ requestBlock: true, name: 'sum of weights' });
    optimizer.dispose();
    weights.dispose();
  },

  async train(random) {
    const weights = makeWeights();
    const { run, optimizer } = trainingOf(weights, upTo(random, 10), upTo(random, 1000));
    await run.done;
    const sum = weights.sum();
    optimizer.dispose();
    weights.dispose();
    await sum.getValue({ requestBlock: true, name: 'sum of weights' });
  },

  async 'cancelled training'(random) {
    const weights = makeWeights();
    const { run, optimizer } = trainingOf(weights, 2000, upTo(random, 1000));
    await new Promise((resolve) => setTimeout(resolve, random() * 500));
    run.cancel();
    await run.done;
    optimizer.dispose();
    weights.dispose();
  },

  async fit(random) {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [width] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const remote = duet.sendModel(model);
    model.dispose();
    const { X, y } = table();
    const options = { epochs: upTo(random, 3), batchSize: 64, timeoutSecs: 60 };
    await remote.fit(X, y, options).done;
    const trained = await remote.get({ requestBlock: true, name: 'model' });
    trained.dispose();
    remote.dispose();
  },
};

globalThis.soakJobs = Object.keys(jobs);

globalThis.soakJob = async (name, seed) => {
  const job = jobs[name];
  if (job === undefined) throw new Error(`There is no job ${name}.`);
  const before = new Set(duet.store.mine());
  try {
    await job(randomFrom(seed));
    return 'done';
  } catch (error) {
    // What a failure has left behind is not a leak of the library's.
    for (const pointer of duet.store.mine()) if (!before.has(pointer)) pointer.dispose();
    if (error instanceof RangeError) return `wrong: ${error.message}`;
    return error instanceof DuetError ? error.code : String(error);
  }
};

globalThis.scientistCounts = () => ({
  objects: duet.status.objects,
  waiting: duet.status.waiting,
  getting: duet.status.getting,
  requests: duet.requests.length,
  tensors: tf.memory().numTensors,
});

globalThis.leave = () => duet.close();
