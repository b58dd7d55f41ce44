/** What is out of range becomes the same on every backend. */

import { allowedOps } from '@duet/ops';
import { type Arg, mapArg, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Plain, plainToValue, tensorToValue, toNested, valueToTensor } from '../../src';
import { startBackend } from '../../src/backends/start';
import { allKernels } from '../../src/dispatch';

type Given =
  | Plain
  | { readonly int32: Plain }
  | { readonly numbers: readonly number[] }
  | undefined;

const far = [0, 1, -1, 2, 3, 4, -9, 2 ** 31 - 1, -(2 ** 31)];

/** Random indices, most of them inside. */
const index = fc.oneof(
  { weight: 3, arbitrary: fc.nat(2) },
  { weight: 2, arbitrary: fc.constantFrom(...far) },
);
const indices = (count: number) => fc.array(index, { minLength: count, maxLength: count });
const rows = (count: number, depth: number) =>
  fc.array(indices(depth), { minLength: count, maxLength: count });
const values = (count: number) =>
  fc.array(fc.integer({ min: -9, max: 9 }), { minLength: count, maxLength: count });
const matrix = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];

const calls: readonly (readonly [string, fc.Arbitrary<readonly Given[]>])[] = [
  ['gather', indices(6).map((at) => [matrix, { int32: at }])],
  ['gatherND', rows(6, 2).map((at) => [matrix, { int32: at }])],
  [
    'scatterND',
    fc.tuple(rows(7, 2), values(7)).map(([at, what]) => [{ int32: at }, what, { numbers: [3, 4] }]),
  ],
  [
    'tensorScatterUpdate',
    fc.tuple(rows(9, 2), values(9)).map(([at, what]) => [matrix, { int32: at }, what]),
  ],
  [
    'sparseToDense',
    fc.tuple(indices(9), values(9)).map(([at, what]) => [{ int32: at }, what, { numbers: [5] }, 7]),
  ],
  ['bincount', fc.tuple(indices(9), values(9)).map(([at, what]) => [{ int32: at }, what, 3])],
  ['denseBincount', rows(3, 4).map((at) => [{ int32: at }, new Float32Array(0), 3, true])],
  [
    'unsortedSegmentSum',
    fc.tuple(indices(9), values(9)).map(([at, what]) => [what, { int32: at }, 3]),
  ],
  [
    'inTopKAsync',
    fc
      .tuple(
        fc.array(values(4), { minLength: 5, maxLength: 5 }),
        indices(5),
        fc.integer({ min: 1, max: 4 }),
      )
      .map(([scores, at, k]) => [scores, { int32: at }, k]),
  ],
  [
    'multinomial',
    fc
      .tuple(values(4), fc.integer({ min: 1, max: 99 }))
      .map(([logits, seed]) => [logits.map((each) => each / 4), 12, seed]),
  ],
];

/** The given things in the kinds that the op's parameters have. */
function argsOf(name: string, given: readonly Given[]): Arg<ReturnType<typeof plainToValue>>[] {
  const spec = allowedOps.find((each) => each.name === name);
  return given.map((each, at) => {
    const kind = spec?.params[at]?.kind;
    if (each === undefined) return { kind: 'absent' };
    if (typeof each === 'boolean') return { kind: 'flag', flag: each };
    if (typeof each === 'number' && kind !== 'tensor') return { kind: 'number', number: each };
    if (typeof each === 'object' && 'numbers' in each)
      return { kind: 'numbers', numbers: each.numbers };
    const value =
      typeof each === 'object' && 'int32' in each
        ? plainToValue(each.int32, { dtype: 'int32' })
        : plainToValue(each);
    return { kind: 'tensor', tensor: value };
  });
}

function run(name: string, given: readonly Given[]): unknown {
  const args = argsOf(name, given).map((arg) => mapArg(arg, (value) => valueToTensor(value)));
  const results = allKernels().get(name)?.run(args) ?? [];
  const nested = results.map((each) => toNested(tensorToValue(each)));
  tf.dispose([...tensorsOf(args), ...results]);
  return nested;
}

describe.each(['wasm', 'webgl'] as const)('%s gives what cpu gives', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    // Or small tensors would never reach the GPU.
    if (backend === 'webgl') tf.env().set('WEBGL_CPU_FORWARD', false);
  });

  test.each(calls)('%s', async (name, arbitrary) => {
    for (const given of fc.sample(arbitrary, { seed: 5, numRuns: 8 })) {
      await tf.setBackend('cpu');
      const expected = run(name, given);
      await tf.setBackend(backend);
      expect(run(name, given), JSON.stringify(given)).toEqual(expected);
    }
  });
});
