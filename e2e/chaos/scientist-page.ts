/** The scientist's page: joins or resumes, and does the work that it is told to. What it answers is checked elsewhere. */

import * as tf from '@tensorflow/tfjs';
import { DuetError, joinDuet, type Pointer, resumeDuet, type ScientistDuet } from 'duetjs';
import { keptCount, keptSeed, numbersFrom } from './arithmetic';

/** A job's result, or the code of the error that it ended with. */
export type Outcome<T> = { readonly value: T } | { readonly code: string };

export interface ScientistWork {
  /** Did the page find its session again, or join anew? */
  readonly resumed: boolean;
  /** Adds the links from `from` + 1 to `to` to the chain, and gives its value. From 0 it begins a new one. */
  extend(from: number, to: number): Promise<Outcome<number>>;
  /** The value of the newest link that the owner's side has, undefined where it has none. Lets go of everything else. */
  newest(): Promise<Outcome<number | undefined>>;
  /** Asks for the nth answer. */
  ask(n: number): Promise<Outcome<number>>;
  /** Collects what was asked before a reload: answers by their numbers. */
  collect(): Promise<Outcome<Readonly<Record<number, number>>>>;
  /** Sends so many numbers and gets them back; how many of them are the same. */
  transfer(seed: number, count: number): Promise<Outcome<number>>;
  /** Gets what the owner has published for everyone; how many of its numbers are as they should be. */
  read(): Promise<Outcome<number>>;
  /** How often the owner's page was loaded again under this one. */
  renewals(): number;
}

declare global {
  var work: ScientistWork;
}

const chainShape: [number, number, number] = [1, 1, 1];

function same(values: ArrayLike<number>, expected: Float32Array): number {
  let count = 0;
  expected.forEach((each, at) => {
    if (values[at] === each) count += 1;
  });
  return count;
}

async function outcomeOf<T>(job: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await job() };
  } catch (error) {
    return { code: error instanceof DuetError ? error.code : String(error) };
  }
}

async function take(pointer: Pointer): Promise<Float32Array> {
  const tensor = await pointer.get();
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

function workOn(duet: ScientistDuet, resumed: boolean): ScientistWork {
  let chain: Pointer | undefined;
  let renewals = 0;
  duet.on('renewed', () => {
    renewals += 1;
  });

  /** The link with the highest number: ids are given in the order of calls. */
  const found = (): Pointer | undefined =>
    duet.store
      .mine()
      .filter(({ shape }) => shape.join() === chainShape.join())
      .at(-1);

  return {
    resumed,
    extend: (from, to) =>
      outcomeOf(async () => {
        if (from === 0) {
          chain?.dispose();
          chain = duet.send(tf.zeros(chainShape));
        }
        chain ??= found();
        for (let n = from + 1; n <= to; n += 1) {
          const next: Pointer = chain?.add(n) ?? duet.send(tf.zeros(chainShape));
          chain?.dispose();
          chain = next;
        }
        return Number((await chain?.getCopy())?.dataSync()[0]);
      }),
    newest: () =>
      outcomeOf(async () => {
        chain = found();
        for (const other of duet.store.mine()) if (other !== chain) other.dispose();
        return (await chain?.getCopy())?.dataSync()[0];
      }),
    ask: (n) =>
      outcomeOf(async () => {
        const sum = duet.store.get('secret').sum();
        const answer = sum.add(n);
        sum.dispose();
        return Number(await answer.getValue({ requestBlock: true, name: `ask-${n}` }));
      }),
    collect: () =>
      outcomeOf(async () => {
        const answers: Record<number, number> = {};
        for (const kept of duet.kept.list()) {
          const n = Number(/^ask-(\d+)$/.exec(kept.name)?.[1]);
          answers[n] = Number(await kept.getValue());
        }
        return answers;
      }),
    transfer: (seed, count) =>
      outcomeOf(async () => {
        const numbers = numbersFrom(seed, count);
        const tensor = tf.tensor1d(numbers);
        const sent = duet.send(tensor);
        tensor.dispose();
        const back = sent.mul(1);
        sent.dispose();
        return same(await take(back), numbers);
      }),
    read: () =>
      outcomeOf(async () => {
        const tensor = await duet.store.get('open').getCopy();
        const values = await tensor.data();
        tensor.dispose();
        return same(values, numbersFrom(keptSeed, keptCount));
      }),
    renewals: () => renewals,
  };
}

const resumed = await resumeDuet();
const duet = resumed ?? (await joinDuet(location.href, { name: 'Grace' }));
while (duet.store.length < 2) {
  await new Promise<void>((resolve) => void duet.once('store', () => resolve()));
}
globalThis.work = workOn(duet, resumed !== undefined);
