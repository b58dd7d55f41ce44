/** An op that the rules accept never fails by the values it meets, gives what was inferred, and leaves its arguments alone. */

import { allowedOps, inferCall, type OpSpec, type TensorFact } from '@duet/ops';
import {
  type Arg,
  byteLength,
  digestOf,
  elementCount,
  encodeStrings,
  isDuetError,
  mapArg,
  sameBytes,
  type TensorMeta,
  type TensorValue,
  tensorsOf,
} from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callOf } from '../../ops/test/calls';
import { createPageEngine } from '../src';

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  3e9,
  -3e9,
  1e-40,
  3.4e38,
  -3.4e38,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const integers = [0, 1, -1, 2, 7, -7, 2 ** 31 - 1, -(2 ** 31)];

const texts = ['', 'a', 'é', '\u0000', '\ufeffx', '🦆', 'NaN', '-1'];

/** A value of the meta, drawn from what arithmetic trips over; `pick` chooses element by element. */
function awkward(meta: TensorMeta, pick: () => number): TensorValue {
  const count = elementCount(meta.shape) * (meta.dtype === 'complex64' ? 2 : 1);
  if (meta.dtype === 'string') {
    const words = Array.from({ length: count }, () => texts[pick() % texts.length] ?? '');
    return encodeStrings(words, meta.shape, meta.elementBytes);
  }
  const from = meta.dtype === 'int32' ? integers : floats;
  const drawn = Array.from({ length: count }, () => from[pick() % from.length] ?? 0);
  if (meta.dtype === 'bool') return { meta, bytes: Uint8Array.from(drawn, () => pick() % 2) };
  const typed = meta.dtype === 'int32' ? Int32Array.from(drawn) : Float32Array.from(drawn);
  return { meta, bytes: new Uint8Array(typed.buffer) };
}

/** What the rules say of the call; undefined where they refuse it. */
function inferred(
  spec: OpSpec,
  args: readonly Arg<TensorFact>[],
): readonly TensorMeta[] | undefined {
  try {
    // Above this a random call only takes time.
    return inferCall(spec, args, { opCost: 1e6 }).outputs;
  } catch (error) {
    if (isDuetError(error)) return undefined;
    throw error;
  }
}

async function check(spec: OpSpec, args: readonly Arg<TensorFact>[], pick: () => number) {
  const outputs = inferred(spec, args);
  if (outputs === undefined) return false;
  const failures: unknown[] = [];
  const engine = createPageEngine({
    backend: 'cpu',
    onFailure: (_, error) => failures.push(error),
  });
  const values: TensorValue[] = [];
  const given = args.map((arg) =>
    mapArg(arg, ({ meta }) => {
      values.push(awkward(meta, pick));
      return values.length;
    }),
  );
  for (const [index, value] of values.entries()) engine.put(index + 1, value);
  const before = await Promise.all(values.map(({ bytes }) => digestOf(bytes)));
  const slots = outputs.map((_, index) => 1000 + index);
  engine.run({ kind: 'op', op: spec.name, args: given, outputs: slots });
  const read = await Promise.all(slots.map((slot) => engine.read(slot)));
  await engine.close();
  expect(failures.map(String)).toEqual([]);
  expect(read.map((value) => value?.meta)).toEqual(outputs);
  expect(read.map((value) => value?.bytes.length)).toEqual(outputs.map(byteLength));
  const after = await Promise.all(values.map(({ bytes }) => digestOf(bytes)));
  expect(after.every((digest, at) => sameBytes(digest, before[at] ?? digest))).toBe(true);
  return tensorsOf(args).length > 0;
}

describe('D2: no value can make an op fail, or change what it is given', () => {
  test.each(allowedOps.map((spec) => [spec.name, spec] as const))('%s', async (_, spec) => {
    const runs = Number(process.env['DUET_OPS_RUNS'] ?? 60);
    await fc.assert(
      fc.asyncProperty(
        callOf(spec, true),
        fc.infiniteStream(fc.nat(1000)),
        async (args, stream) => {
          await check(spec, args, () => stream.next().value);
        },
      ),
      { seed: 20261, numRuns: runs },
    );
  });
});
