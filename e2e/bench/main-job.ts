/**
 * The main job on pointers against the same program on local tfjs, in one process and one run, so that
 * only the ratio counts. The channel is in memory: what it adds is the price of pointers, messages, labels and checks.
 */

import { connectedPair, until } from '@duet/testkit';
import * as tf from '@tensorflow/tfjs';
import { publish, runLocally, runRemotely } from '../../packages/testkit/test/breast-cancer';

const rounds = 5;
/** Of the sample program. */
const steps = 200;

interface Round {
  readonly localMs: number;
  readonly remoteMs: number;
  readonly framesOut: number;
  readonly framesBack: number;
  readonly bytesOut: number;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  tf.engine().startScope();
  const start = performance.now();
  await run();
  const ms = performance.now() - start;
  tf.engine().endScope();
  return ms;
}

async function round(): Promise<Round> {
  const localMs = await timed(runLocally);
  const { owner, scientist, wire } = await connectedPair();
  await publish(owner);
  await until(() => scientist.store.length > 0);
  owner.requests.addHandler({
    action: 'accept',
    tags: ['breast-cancer'],
    release: 'records',
    elementQuota: 32,
  });
  const before = wire.log.length;
  const remoteMs = await timed(() => runRemotely(scientist));
  const frames = wire.log.slice(before);
  const out = frames.filter(({ lane }) => lane === 'bToA');
  scientist.close();
  await owner.close();
  return {
    localMs,
    remoteMs,
    framesOut: out.length,
    framesBack: frames.length - out.length,
    bytesOut: out.reduce((sum, { frame }) => sum + frame.length, 0),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Prints the table. */
export async function benchMainJob(): Promise<void> {
  await tf.setBackend('cpu');
  await round(); // warms up
  const measured: Round[] = [];
  for (let count = 0; count < rounds; count += 1) measured.push(await round());
  const of = (field: keyof Round) => median(measured.map((each) => each[field]));
  console.table({
    'local tfjs, ms': of('localMs'),
    'on pointers, ms': of('remoteMs'),
    'pointers / local': median(measured.map(({ localMs, remoteMs }) => remoteMs / localMs)),
    'frames to the owner': of('framesOut'),
    'frames back': of('framesBack'),
    'bytes to the owner, a step': of('bytesOut') / steps,
  });
}
