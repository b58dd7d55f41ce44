/**
 * Every allowed op in a worker on cpu and on wasm, and some on webgl, against tfjs in the page, called directly. `npm run
 * test:backends` runs many more calls of each, and all of them on every backend.
 */

import { allowedOps, type Engine, type OpSpec } from '@duet/ops';
import { type BackendName, byteLength, mapArg, type TensorValue, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorkerEngine, tensorToValue } from '../../src';
import { compositions } from '../../src/compositions';
import { guards } from '../../src/guards';
import { differenceOf } from '../expect-close';
import { type OpCase, opCases, runDirectly, runHere } from '../op-cases';

const isSweep = import.meta.env['VITE_DUET_SWEEP'] === '1';
const most = isSweep ? 40 : 3;

/** One of each kind: elementwise, reduced, moved, multiplied, convolved, pooled, indexed, sorted, complex, random. */
const sample = new Set([
  'add',
  'exp',
  'greater',
  'sum',
  'mean',
  'concat',
  'transpose',
  'slice',
  'matMul',
  'conv2d',
  'maxPool',
  'batchNorm',
  'gather',
  'topk',
  'where',
  'cumsum',
  'fft',
  'einsum',
  'randomNormal',
  'losses.softmaxCrossEntropy',
]);

/** Half floats, or series of fewer terms, on many GPUs and in software that stands in for one. */
const within: Readonly<Record<BackendName, number>> = {
  cpu: 1e-6,
  wasm: 1e-4,
  webgl: 1e-2,
  webgpu: 1e-2,
};

/** The engine makes these of other ops, or of this one with an argument changed. */
const ownWay = new Set([...Object.keys(compositions), ...Object.keys(guards)]);

function expected(spec: OpSpec, args: OpCase): TensorValue[] | undefined {
  const run = ownWay.has(spec.name) || spec.clamps.length > 0 ? runHere : runDirectly;
  const tensors = tf.tidy(() => run(spec, args));
  const values = tensors.map(tensorToValue);
  tf.dispose(tensors);
  // tfjs's matMul computes too little where both sides are broadcast; that is no value of its shape.
  const isWhole = values.every(({ meta, bytes }) => bytes.byteLength === byteLength(meta));
  return isWhole ? values : undefined;
}

/**
 * On a GPU some calls of these give something else than on cpu: complex values made of others, or computed with NaN; fractions
 * written into integers; windows of one or two entries; and remainders on the edge of what a float tells apart.
 */
const differsOnGpu = new Set([
  'add',
  'cast',
  'clipByValue',
  'mod',
  'mul',
  'oneHot',
  'pad',
  'signal.stft',
  'sub',
]);

beforeAll(() => tf.setBackend('cpu'));

const backends: readonly BackendName[] = [
  'cpu',
  'wasm',
  'webgl',
  ...(isSweep ? (['webgpu'] as const) : []),
];

describe.each(backends)('on %s', (backend) => {
  let engine: Engine;
  const failures: string[] = [];
  let next = 0;

  beforeAll(async () => {
    engine = createWorkerEngine({
      backend,
      onFailure: (op, error) => failures.push(`${op}: ${error}`),
    });
    expect((await engine.ready()).backend).toBe(backend);
  }, 60_000);
  afterAll(() => engine.close());

  const ops = allowedOps.filter(
    ({ name }) =>
      !backend.startsWith('webg') || (isSweep ? !differsOnGpu.has(name) : sample.has(name)),
  );

  test.each(ops.map((spec) => [spec.name, spec] as const))('%s', async (name, spec) => {
    failures.length = 0;
    for (const args of opCases(spec, most)) {
      const wanted = expected(spec, args);
      if (wanted === undefined) continue;
      const given = new Map(tensorsOf(args).map((value) => [value, ++next]));
      for (const [value, slot] of given) engine.put(slot, value);
      const outputs = wanted.map(() => ++next);
      engine.run({
        kind: 'op',
        op: name,
        args: args.map((arg) => mapArg(arg, (value) => given.get(value) ?? 0)),
        outputs,
      });
      const got = await Promise.all(outputs.map((slot) => engine.read(slot)));
      engine.drop([...given.values(), ...outputs]);
      const words = JSON.stringify(
        args.map((arg) => mapArg(arg, ({ meta }) => `${meta.dtype}[${meta.shape}]`)),
      );
      wanted.forEach((value, at) => {
        // Nothing of webgpu's can be handed to cpu: a call that its kernels get wrong fails.
        if (backend === 'webgpu' && got[at] === undefined) return;
        expect(differenceOf(got[at], value, within[backend]), words).toBeUndefined();
      });
    }
    if (backend !== 'webgpu') expect(failures).toEqual([]);
    expect(engine.size).toBe(0);
  });
});
