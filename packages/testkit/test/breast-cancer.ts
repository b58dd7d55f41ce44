/** The main job's data and program, and the same program on local tfjs. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { OwnerDuet, ScientistDuet } from 'duetjs';

const example = (path: string) =>
  readFileSync(new URL(`../../../examples/${path}`, import.meta.url), 'utf8');

const program = example('breast-cancer/program.js');

export interface Records {
  readonly features: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

export function records(): Records {
  const [header = '', ...lines] = example('public/data/breast-cancer.csv').trim().split('\n');
  const columns = header.split(',');
  const cells = lines.map((line) => line.split(','));
  const numeric = columns.filter((column) => column !== 'diagnosis' && column !== 'malignant');
  return {
    features: numeric,
    rows: cells.map((row) => numeric.map((column) => Number(row[columns.indexOf(column)]))),
    labels: cells.map((row) => Number(row[columns.indexOf('malignant')])),
  };
}

export async function publish(owner: OwnerDuet): Promise<void> {
  const { features, rows, labels } = records();
  const X = tf.tensor2d(rows.map((row) => [...row]));
  const y = tf.tensor2d(labels.map((label) => [label]));
  await owner.store.addDataset(
    { X, y },
    { name: 'breast-cancer', tags: ['breast-cancer'], columns: { X: features, y: ['malignant'] } },
  );
  tf.dispose([X, y]);
}

export interface Outcome {
  /** What the program printed. */
  readonly printed: readonly string[];
  readonly accuracy: number;
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<void>;

async function run(duet: unknown): Promise<Outcome> {
  const printed: string[] = [];
  const console = {
    log: (...words: unknown[]) => printed.push(words.join(' ')),
    table: () => undefined,
  };
  await new AsyncFunction('duet', 'tf', 'console', program)(duet, tf, console);
  const accuracy = Number(/accuracy ([0-9.]+)/.exec(printed.at(-1) ?? '')?.[1]);
  return { printed, accuracy };
}

/** The program as the scientist's page runs it. */
export function runRemotely(duet: ScientistDuet): Promise<Outcome> {
  return run(duet);
}

/** The same program on tensors in this process. `weights` is what it asks for under that name; the caller disposes it. */
export async function runLocally(): Promise<Outcome & { readonly weights: tf.Tensor }> {
  const { features, rows, labels } = records();
  let weights: tf.Tensor | undefined;
  // What a pointer has and a tensor has not.
  const asked = {
    getCopy(this: tf.Tensor) {
      weights = this.clone();
      return Promise.resolve(this.clone());
    },
    getValue(this: tf.Tensor) {
      return this.array();
    },
  };
  const dataSet = {
    X: Object.assign(tf.tensor2d(rows.map((row) => [...row])), { columns: features }),
    y: tf.tensor2d(labels.map((label) => [label])),
  };
  Object.assign(tf.Tensor.prototype, asked);
  try {
    const outcome = await run({ tf, tidy: tf.tidy, store: { dataSet: () => dataSet } });
    if (!weights) throw new Error('The program never asked for its weights.');
    return { ...outcome, weights };
  } finally {
    for (const name of Object.keys(asked)) Reflect.deleteProperty(tf.Tensor.prototype, name);
  }
}
