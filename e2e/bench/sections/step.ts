/** A step of training in one worker, without Duet's wire: how fast tfjs can be made here. */

import type { Page } from '@playwright/test';
import type { StepBackend } from '../pages/step-worker';
import { call, type Harness, type Section } from '../support/harness';
import { atMost, below, type Row, rowOf } from '../support/rows';

const rounds = 9;
/** The others take seconds for a step, and up to a minute. */
const slowRounds: Readonly<Record<'cpu' | 'webgl', number>> = { cpu: 1, webgl: 2 };

const kernels: readonly (readonly [string, string])[] = [
  ['conv2dFilter', 'conv2d’s gradient by its filter'],
  ['conv2dInput', 'conv2d’s gradient by its image'],
  ['conv2dInputStrided', 'conv2d’s gradient by its image, strides of 2'],
  ['depthwiseFilter', 'depthwiseConv2d’s gradient by its filter'],
  ['depthwiseInput', 'depthwiseConv2d’s gradient by its image'],
  ['maxPool', 'maxPool’s gradient'],
  ['gather', 'gather’s gradient'],
];

const stepName = 'a step of Duet’s MNIST network, batch 64, local tfjs in a worker';

/** Why a step on tfjs's own wasm backend fails. */
async function failureOfWasm(page: Page): Promise<string> {
  await call(page, 'start', 'wasm');
  try {
    await call(page, 'step', 'wasm');
    return 'tfjs’s wasm backend as it comes runs the step, too';
  } catch (error) {
    const [, reason = ''] =
      /(Kernel '\w+' not registered for backend '\w+')/.exec(String(error)) ?? [];
    return `tfjs’s wasm backend as it comes fails: ${reason}`;
  } finally {
    await call(page, 'stop', 'wasm');
  }
}

async function besideProducts(page: Page): Promise<Row> {
  const note = await failureOfWasm(page);
  const values: number[] = [];
  const references: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const stepMs = await call<number>(page, 'step', 'duet');
    const productsMs = await call<number>(page, 'products', 'duet');
    if (round < 0) continue;
    values.push(stepMs);
    references.push(productsMs);
  }
  return rowOf({
    name: stepName,
    unit: 'ms',
    values,
    references,
    referenceName: 'its matrix products alone',
    target: atMost(450, 'value'),
    note: `${note}.`,
  });
}

async function besideBackend(page: Page, backend: 'cpu' | 'webgl', what: string): Promise<Row> {
  await call(page, 'start', backend);
  // WebGL compiles its programs in the first step.
  if (backend === 'webgl') await call(page, 'step', backend);
  const values: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < slowRounds[backend]; round += 1) {
    values.push(await call<number>(page, 'step', 'duet'));
    references.push(await call<number>(page, 'step', backend));
  }
  if (backend !== 'cpu') await call(page, 'stop', backend);
  return rowOf({
    name: `${stepName}, beside ${backend}`,
    unit: 'ms',
    values,
    references,
    referenceName: what,
    target: below(1),
  });
}

async function besideCpu(page: Page, kernel: string, name: string): Promise<Row> {
  const take = (backend: StepBackend) => call<number>(page, 'kernel', backend, kernel);
  await take('duet');
  await take('duet');
  const values: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    values.push(await take('duet'));
    references.push(await take('cpu'));
  }
  return rowOf({
    name,
    unit: 'ms',
    values,
    references,
    referenceName: 'tfjs’s cpu as it comes',
    target: below(1),
  });
}

async function run(harness: Harness): Promise<readonly Row[]> {
  const page = await harness.open('step');
  await call(page, 'start', 'duet');
  const rows = [
    await besideProducts(page),
    await besideBackend(page, 'webgl', 'tfjs’s webgl as it comes, without a GPU'),
    await besideBackend(page, 'cpu', 'tfjs’s cpu as it comes'),
  ];
  for (const [kernel, name] of kernels) rows.push(await besideCpu(page, kernel, name));
  return rows;
}

export const step: Section = { name: 'step', run };
