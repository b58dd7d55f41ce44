import { allowedOps, inferCall, type OpSpec, type ParamSpec, unbindArgs } from '@duet/ops';
import { type Arg, isDuetError, mapArg, type TensorValue, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spaceCalls } from '../../ops/test/calls/space';
import { createPageEngine, plainToValue, tensorToValue, valueToTensor } from '../src';
import { opCases } from './op-cases';

function complexValue(): TensorValue {
  const tensor = tf.complex([1, -2], [0.5, 3]);
  const value = tensorToValue(tensor);
  tensor.dispose();
  return value;
}

function filled(shape: number[]): TensorValue {
  const size = shape.reduce((a, b) => a * b, 1);
  const flat = Float32Array.from({ length: size }, (_, index) => ((index * 7) % 11) / 11 + 0.1);
  return { ...plainToValue(flat), meta: { dtype: 'float32', shape, elementBytes: 0 } };
}

/** Enough kinds of tensors that every op accepts some of them. */
function tensorSamples(): TensorValue[] {
  return [
    filled([2, 3]),
    filled([3]),
    filled([3, 3]),
    filled([]),
    plainToValue(new Int32Array([1, 0])),
    plainToValue([
      [true, false, true],
      [false, false, true],
    ]),
    plainToValue([1, 0], { dtype: 'int32' }),
    plainToValue(1, { dtype: 'int32' }),
    filled([1, 4, 4, 1]),
    filled([2, 4, 4]),
    filled([8]),
    complexValue(),
    plainToValue([true, false, true]),
    filled([3, 4]),
    plainToValue(['cat', 'é', '']),
  ];
}

function samplesFor(param: ParamSpec, tensors: readonly TensorValue[]): Arg<TensorValue>[] {
  const numbers = (...items: number[]): Arg<TensorValue> => ({ kind: 'numbers', numbers: items });
  const number = (value: number): Arg<TensorValue> => ({ kind: 'number', number: value });
  // Without a seed the same call would not give the same twice.
  if (param.name === 'seed') return [number(7)];
  // Optional by its declaration, needed by its defaults.
  if (param.name === 'step' && param.optional) return [number(3)];
  if (param.name === 'padToMaxOutputSize') return [{ kind: 'flag', flag: true }];
  if (param.optional) return [{ kind: 'absent' }];
  switch (param.kind) {
    case 'tensor':
      return tensors.map((tensor) => ({ kind: 'tensor', tensor }));
    case 'tensors':
      return tensors.map((tensor) => ({ kind: 'tensors', tensors: [tensor, tensor] }));
    case 'number':
      return [number(0.5), number(2)];
    case 'integer':
      return [number(1), number(2), number(3), number(0)];
    case 'flag':
      return [{ kind: 'flag', flag: true }];
    case 'dtype':
    case 'choice':
      return (param.choices ?? ['float32', 'int32']).map((text) => ({ kind: 'text', text }));
    case 'shape':
      return [numbers(2, 3), numbers(3, 2), numbers(3), numbers(1, 1)];
    case 'integers':
    case 'integerOrIntegers':
      return [
        numbers(1),
        numbers(1, 1),
        numbers(0, 0),
        numbers(2, 1),
        numbers(0, 0, 0),
        numbers(1, 1, 1),
        numbers(0, 0, 0, 0),
        numbers(1, 1, 1, 1),
        number(1),
      ];
    case 'pairs':
      return [
        numbers(1, 1),
        numbers(1, 0, 0, 1),
        numbers(0, 0, 0, 0),
        numbers(1, 0, 0, 0, 0, 1),
        numbers(0, 0, 1, 1, 1, 1, 0, 0),
      ];
    case 'numberOrNumbers':
    case 'padding':
    case 'equation':
      throw new Error(`Calls with ${param.name} are drawn, not searched for.`);
    default:
      return param.kind satisfies never;
  }
}

/** Random calls, where arguments hang together so much that trying would not find any. */
function drawnCalls(spec: OpSpec, most: number): Arg<TensorValue>[][] {
  return opCases(spec, most).map((args) =>
    args.map((arg, at) => {
      // What becomes of an index outside its axis differs here on purpose.
      const clamped = spec.clamps.some((clamp) => clamp.indices === at);
      return clamped
        ? mapArg(arg, ({ meta, bytes }) => ({ meta, bytes: bytes.map(() => 0) }))
        : arg;
    }),
  );
}

/** Calls that the rules accept, found by trying. */
function callsOf(spec: OpSpec, most: number): Arg<TensorValue>[][] {
  if (spec.optionsFrom !== undefined || Object.hasOwn(spaceCalls, spec.name)) {
    return drawnCalls(spec, most);
  }
  const tensors = tensorSamples();
  const choices = spec.params.map((param) => samplesFor(param, tensors));
  const found: Arg<TensorValue>[][] = [];
  const accepts = (args: Arg<TensorValue>[]): boolean => {
    try {
      inferCall(
        spec,
        args.map((arg) => mapArg(arg, (literal) => ({ meta: literal.meta, literal }))),
      );
      return true;
    } catch (error) {
      if (isDuetError(error)) return false;
      throw error;
    }
  };
  const search = (args: Arg<TensorValue>[]): void => {
    if (found.length >= most) return;
    const options = choices[args.length];
    if (options !== undefined) {
      for (const option of options) search([...args, option]);
      return;
    }
    const whole = [...args];
    while (whole.at(-1)?.kind === 'absent') whole.pop();
    if (accepts(whole)) found.push(whole);
  };
  search([]);
  return found;
}

/** As tidy, for what may wait. */
async function scoped<T>(fn: () => Promise<T>): Promise<T> {
  tf.engine().startScope();
  try {
    return await fn();
  } finally {
    tf.engine().endScope();
  }
}

function direct(spec: OpSpec, args: readonly Arg<TensorValue>[]): Promise<TensorValue[]> {
  const [first = '', second] = spec.name.split('.');
  const members = tf as unknown as Record<string, unknown>;
  const fn = (
    second === undefined ? members[first] : (members[first] as Record<string, unknown>)[second]
  ) as (...args: unknown[]) => unknown;
  return scoped(async () => {
    const values = unbindArgs(
      spec,
      args.map((arg) => mapArg(arg, (value) => valueToTensor(value))),
    );
    const result = await fn(...values);
    const tensors =
      result instanceof tf.Tensor
        ? [result]
        : spec.form.kind === 'fields'
          ? spec.form.fields.map((field) => (result as Record<string, tf.Tensor>)[field])
          : (result as tf.Tensor[]);
    return tensors.map((tensor) => tensorToValue(tensor as tf.Tensor));
  });
}

async function runs(spec: OpSpec, args: readonly Arg<TensorValue>[]): Promise<boolean> {
  try {
    await direct(spec, args);
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterAll(() => {
  tf.disposeVariables();
});

describe('every allowed op equals a direct call of tfjs', () => {
  test.each(allowedOps.map((spec) => [spec.name, spec] as const))('%s', async (_name, spec) => {
    // Whether tfjs takes what the rules take is the op table's own test.
    const calls: Arg<TensorValue>[][] = [];
    for (const args of callsOf(spec, 12)) {
      if (calls.length < 3 && (await runs(spec, args))) calls.push(args);
    }
    expect(calls.length).toBeGreaterThan(0);
    const before = tf.memory().numTensors;
    const failures: unknown[] = [];
    for (const args of calls) {
      const expected = await direct(spec, args);
      const engine = createPageEngine({ onFailure: (_op, error) => failures.push(error) });
      const slots = new Map(tensorsOf(args).map((value, index) => [value, index + 1]));
      for (const [value, slot] of slots) engine.put(slot, value);
      const outputs = expected.map((_, index) => 100 + index);
      engine.run({
        kind: 'op',
        op: spec.name,
        args: args.map((arg) => mapArg(arg, (value) => slots.get(value) ?? 0)),
        outputs,
      });
      for (const [index, output] of outputs.entries()) {
        expect(await engine.read(output)).toEqual(expected[index]);
      }
      await engine.close();
    }
    expect(failures).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
