/** A regression on the diabetes data, written once for local tfjs; the tests do the same on pointers in several ways. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { batchIndices, type OwnerDuet } from 'duetjs';

/** Standardized, column by column. */
export interface Regression {
  readonly X: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}

export function regression(): Regression {
  const text = readFileSync(new URL('./data/diabetes.csv', import.meta.url), 'utf8');
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
  return tf.tidy(() => {
    const all = tf.tensor2d(rows);
    const { mean, variance } = tf.moments(all, 0);
    const standard = all.sub(mean).div(variance.sqrt()) as tf.Tensor2D;
    return { X: standard.slice([0, 0], [-1, 10]), y: standard.slice([0, 10], [-1, 1]) };
  });
}

export async function publishRegression(owner: OwnerDuet): Promise<void> {
  const { X, y } = regression();
  await owner.store.addDataset({ X, y }, { name: 'diabetes', tags: ['diabetes'] });
  tf.dispose([X, y]);
}

export const settings = { batchSize: 64, epochs: 4, seed: 11, learningRate: 0.05 };

export const records = 353;

export const batches = () => batchIndices({ records, ...settings });

export interface Weights {
  readonly w: readonly number[];
  readonly b: readonly number[];
}

/** The program on local tfjs, and its mean loss of each epoch, weighted by records. */
export function fitLocally(): Weights & { readonly losses: readonly number[] } {
  return tf.tidy(() => {
    const { X, y } = regression();
    const w = tf.variable(tf.zeros([10, 1]));
    const b = tf.variable(tf.zeros([1]));
    const optimizer = tf.train.sgd(settings.learningRate);
    const losses: number[] = [];
    for (const { epoch, indices } of batches()) {
      const [bx, by] = [X.gather(indices), y.gather(indices)];
      const loss = () => bx.matMul(w).add(b).sub(by).square().mean() as tf.Scalar;
      const cost = optimizer.minimize(loss, true)?.dataSync()[0] ?? Number.NaN;
      losses[epoch] = (losses[epoch] ?? 0) + (cost * indices.length) / records;
    }
    const result = { w: [...w.dataSync()], b: [...b.dataSync()], losses };
    tf.dispose([w, b]);
    optimizer.dispose();
    return result;
  });
}
