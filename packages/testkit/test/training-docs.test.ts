/** The code of docs/training.md runs as it stands there, block after block. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { Module, nn, type Pointer } from 'duetjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectedPair, type TestPair, until } from '../src';

const text = readFileSync(new URL('../../../docs/training.md', import.meta.url), 'utf8');

/** The first block of code under a heading. */
function blockOf(heading: string): string {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [, code] = /^```js\n([\s\S]*?)^```$/m.exec(section) ?? [];
  if (code === undefined) throw new Error(`There is no code under “${heading}”.`);
  return code;
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<unknown>;

/** Runs a block with what it takes from elsewhere, and gives what `result` names. */
function run(
  heading: string,
  given: Readonly<Record<string, unknown>>,
  result: string,
): Promise<unknown> {
  const names = { duet: pair.scientist, tf, Module, nn, ...given };
  const body = `${blockOf(heading)}\nreturn ${result};`;
  return new AsyncFunction(...Object.keys(names), body)(...Object.values(names));
}

let pair: TestPair;

beforeAll(async () => {
  pair = await connectedPair();
  pair.owner.on('request', (request) => void request.accept());
  const publish = async (name: string, size: number) => {
    const X = tf.randomUniform([96, size], 0, 1, 'float32', 1);
    const y = tf.tensor1d(
      Array.from({ length: 96 }, (_, at) => at % 10),
      'int32',
    );
    await pair.owner.store.addDataset({ X, y }, { name });
    tf.dispose([X, y]);
  };
  await publish('table', 30);
  await publish('images', 784);
  await until(() => pair.scientist.store.length > 1);
});

afterAll(async () => {
  pair.scientist.close();
  await pair.owner.close();
});

const dataOf = (name: string) => pair.scientist.store.dataSet<'X' | 'y'>(name);

describe('docs/training.md', () => {
  it('Plans', async () => {
    const { X } = dataOf('table');
    const weights = pair.scientist.tf.zeros([30, 1]);
    const predicted = (await run('Plans', { X, weights }, 'predicted')) as Pointer;
    expect(predicted.shape).toEqual([96, 1]);
    const values = (await predicted.getValue({ requestBlock: true })) as number[][];
    expect(values.flat()).toEqual(Array.from({ length: 96 }, () => 0.5));
  });

  it('Gradients, variables, optimizers', async () => {
    const { X, y } = dataOf('table');
    const ones = pair.scientist.tf.ones([96, 1]);
    const inputs = pair.scientist.tf.concat([X, ones], 1);
    const labels = y.cast('float32').reshape([96, 1]);
    const heading = 'Gradients, variables, optimizers';
    const w = (await run(heading, { inputs, labels }, 'w')) as Pointer;
    const error = inputs.matMul(w).sub(labels).square().mean();
    const without = labels.square().mean();
    const ask = { requestBlock: true } as const;
    expect(await error.getValue(ask)).toBeLessThan(Number(await without.getValue(ask)));
  });

  it('Training runs', async () => {
    const { X, y } = dataOf('table');
    const { scientist } = pair;
    const w = scientist.tf.variable(tf.zeros([30, 10]));
    const lossOf = (x: Pointer, t: Pointer) =>
      scientist.tf.losses.softmaxCrossEntropy(scientist.tf.oneHot(t, 10), x.matMul(w));
    const printed: unknown[] = [];
    const given = {
      X,
      y,
      lossOf,
      optimizer: scientist.tf.train.adam(0.01),
      console: { log: (...values: unknown[]) => printed.push(values) },
    };
    await run('Training runs', given, 'run');
    expect(printed).toEqual(
      [0, 1, 2].map((epoch) => [epoch, { ok: true, value: expect.any(Number) }]),
    );
  });

  it('Models of tf.layers', async () => {
    const { X, y } = dataOf('images');
    const trained = (await run('Models of tf.layers', { X, y }, 'trained')) as tf.LayersModel;
    expect(trained.outputShape).toEqual([null, 10]);
  });

  it('Modules', async () => {
    const { X } = dataOf('images');
    const remote = (await run('Modules', {}, 'remote')) as { apply(x: Pointer): Pointer };
    expect(remote.apply(X).shape).toEqual([96, 10]);
  });
});
