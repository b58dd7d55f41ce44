/** The main job, done by the two on their pages, and what it must come to. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { runLocally } from '../../packages/testkit/test/breast-cancer';
import { expect } from './fixtures';
import type { OwnerOnPage, ScientistOnPage } from './people';

/** The sample program of the scientist's page. */
export const sampleProgram = readFileSync(
  new URL('../../examples/breast-cancer/program.js', import.meta.url),
  'utf8',
);

/** The same, which then prints the weights and the accuracy as numbers. */
const measured = `${sampleProgram}\nconsole.log(JSON.stringify({ weights: Array.from(learned.dataSync()), accuracy }));`;

interface Measured {
  readonly weights: readonly number[];
  readonly accuracy: number;
}

/** Trains, asks twice, is answered twice, and has the weights of the same program on local tfjs. */
export async function doMainJob(owner: OwnerOnPage, scientist: ScientistOnPage): Promise<void> {
  await scientist.run(measured);
  await owner.accept('weights');
  await owner.accept('accuracy');
  await scientist.expectState('done');
  await expectSameAsLocally(await scientist.hook('output-log').last().textContent());
}

async function expectSameAsLocally(result: string | null): Promise<void> {
  const { weights, accuracy } = JSON.parse(/\{.*\}/.exec(result ?? '')?.[0] ?? '{}') as Measured;
  await tf.setBackend('cpu');
  const local = await runLocally();
  const expected = local.weights.dataSync();
  expect(weights).toHaveLength(31);
  const farthest = Math.max(
    ...weights.map((weight, at) => Math.abs(weight - (expected[at] ?? Number.NaN))),
  );
  expect(farthest).toBeLessThan(1e-5);
  expect(accuracy).toBeGreaterThanOrEqual(0.94);
  expect(accuracy).toBeCloseTo(local.accuracy, 3);
}
