import {
  type Arg,
  type DType,
  isDuetError,
  limits,
  type TensorMeta,
  tensorMeta,
} from '@duet/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  allowedOps,
  bindCall,
  describeCall,
  findOp,
  inferCall,
  largestIndex,
  type OpSpec,
  type TensorFact,
  unbindArgs,
  unsupported,
} from '../src';
import { findEntry } from '../src/registry';
import { callOf } from './calls';
import { prepareTfjs } from './tfjs';

beforeAll(prepareTfjs);

/** Stands for a pointer. */
class Stand {
  readonly meta: TensorMeta;
  constructor(meta: TensorMeta) {
    this.meta = meta;
  }
}

const pointer = (shape: number[], dtype: DType = 'float32') => new Stand(tensorMeta(dtype, shape));

const adapt = {
  tensor: (value: unknown): TensorFact | undefined =>
    value instanceof Stand ? { meta: value.meta } : undefined,
  literal(value: unknown, dtype?: DType): TensorFact {
    const shape = Array.isArray(value) ? [value.length] : [];
    const values = (Array.isArray(value) ? value : [value]).map(Number);
    const own = dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
    const meta = tensorMeta(typeof value === 'string' ? 'string' : own, shape);
    const array = own === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    const bytes = own === 'bool' ? Uint8Array.from(values) : new Uint8Array(array.buffer);
    return { meta, literal: { meta, bytes } };
  },
};

function op(name: string): OpSpec {
  const spec = findOp(name);
  if (spec === undefined) throw new Error(name);
  return spec;
}

const bind = (name: string, ...args: unknown[]) => bindCall(op(name), args, adapt);
const infer = (name: string, ...args: unknown[]) => inferCall(op(name), bind(name, ...args));

function thrown(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (isDuetError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'nothing', message: '' };
}

const failing = (name: string, ...args: unknown[]) => thrown(() => infer(name, ...args));

describe('bindCall', () => {
  test('what is absent is left out', () => {
    expect(bind('sum', pointer([2]), undefined, true)).toEqual([
      expect.objectContaining({ kind: 'tensor' }),
      { kind: 'absent' },
      { kind: 'flag', flag: true },
    ]);
    expect(bind('sum', pointer([2]), null, undefined)).toHaveLength(1);
    expect(bind('sum', pointer([2]), -0)[1]).toEqual({ kind: 'number', number: 0 });
    expect(Object.is((bind('sum', pointer([2]), -0)[1] as { number: number }).number, 0)).toBe(
      true,
    );
  });

  test('pairs and choices cross and come back', () => {
    const padded = bind('pad', pointer([2, 2]), [
      [1, 2],
      [3, 4],
    ]);
    expect(padded[1]).toEqual({ kind: 'numbers', numbers: [1, 2, 3, 4] });
    expect(unbindArgs(op('pad'), padded)[1]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const norm = bind('norm', pointer([2, 2]), Infinity);
    expect(norm[1]).toEqual({ kind: 'text', text: 'Infinity' });
    expect(unbindArgs(op('norm'), norm)[1]).toBe(Infinity);
    const loss = bind('losses.meanSquaredError', pointer([2]), pointer([2]), undefined, 1);
    expect(unbindArgs(op('losses.meanSquaredError'), loss)[3]).toBe(1);
  });

  test('literals are read as the dtype that the op takes', () => {
    expect(infer('where', [true, false], pointer([2]), 0).outputs[0]?.shape).toEqual([2]);
    expect(infer('gather', pointer([3, 2]), [0, 2]).outputs[0]?.shape).toEqual([2, 2]);
  });

  test.each<[string, unknown[], RegExp]>([
    ['sum', [pointer([2]), pointer([])], /^sum: axis must be a whole number, known here: /],
    ['sum', [pointer([2]), 0.5], /axis must be a whole number/],
    ['clipByValue', [pointer([2]), Number.NaN, 1], /clipValueMin must be a finite number/],
    ['relu', [() => 1], /functions cannot be sent/],
    ['relu', [{}], /x must be a pointer, a tensor, a number or an array/],
    ['relu', [pointer([2]), 1], /takes 1 arguments, not 2/],
    ['matMul', [undefined, pointer([2])], /a is missing/],
    ['concat', [pointer([2])], /tensors must be a list/],
    ['cast', [pointer([2]), 'float64'], /dtype must be one of float32, int32, bool, complex64/],
    ['cast', [pointer([2]), 'string'], /dtype must be one of/],
    ['mirrorPad', [pointer([2]), [[0, 0]], 'wrap'], /mode must be one of reflect, symmetric/],
    ['pad', [pointer([2]), [1, 1]], /paddings must be a list of pairs/],
    ['matMul', [pointer([2, 2]), pointer([2, 2]), 1], /transposeA must be true or false/],
  ])('%s refuses what is of another kind', (name, args, says) => {
    const { code, message } = thrown(() => bind(name, ...args));
    expect(code).toBe('bad-argument');
    expect(message).toMatch(says);
  });

  test('unbinding what was bound, and binding it again, gives the same', () => {
    for (const spec of allowedOps) {
      const complex = findEntry(spec.name)?.policy.complex ?? false;
      fc.assert(
        fc.property(callOf(spec, complex), (args) => {
          if (thrown(() => inferCall(spec, args)).code !== 'nothing') return;
          const stands: Arg<Stand>[] = args.map((arg) => {
            if (arg.kind === 'tensor') return { ...arg, tensor: new Stand(arg.tensor.meta) };
            return arg.kind === 'tensors'
              ? { ...arg, tensors: arg.tensors.map((each) => new Stand(each.meta)) }
              : arg;
          });
          expect(bindCall(spec, unbindArgs(spec, stands), adapt)).toEqual(args);
        }),
        { seed: 7, numRuns: 30 },
      );
    }
  });
});

describe('inferCall', () => {
  test.each<[string, unknown[], string]>([
    [
      'matMul',
      [pointer([3, 2]), pointer([4, 1])],
      'matMul([3,2], [4,1]): inner dimensions 2 and 4 differ.',
    ],
    [
      'add',
      [pointer([3]), pointer([4], 'int32')],
      'add([3], int32[4]): shapes [3] and [4] do not broadcast.',
    ],
    [
      'sqrt',
      [pointer([3], 'int32')],
      'sqrt(int32[3]): x must be float32, not int32: cast it first.',
    ],
    [
      'add',
      [pointer([2], 'string'), 1],
      'add(string[2], 1): string tensors can be sent and got, not computed on; string.stringToHashBucketFast makes numbers of them.',
    ],
    [
      'relu',
      [pointer([2], 'complex64')],
      'relu(complex64[2]): x must not be complex64 here: take real or imag first.',
    ],
    [
      'gather',
      [pointer([3, 2]), [0, 3]],
      'gather([3,2], int32[2]): index 3 is not between 0 and 2.',
    ],
    [
      'randomNormal',
      [[2, 2]],
      'randomNormal(shape=[2,2]): seed is required here, so that the values follow from what was sent.',
    ],
    [
      'randomNormal',
      [[2], 0, -1, 'float32', 1],
      'randomNormal(shape=[2], mean=0, stdDev=-1, dtype=float32, seed=1): stdDev is negative or not a float32.',
    ],
    ['slice', [pointer([3]), 4], 'slice([3], begin=4): begin 4 is outside axis 0.'],
  ])('%s says what does not fit', (name, args, says) => {
    expect(failing(name, ...args)).toEqual({ code: 'bad-argument', message: says });
  });

  test('what is too large or too costly is refused before anything is made', () => {
    expect(failing('randomNormal', [2 ** 31], 0, 1, 'float32', 1).code).toBe('too-large');
    expect(failing('zeros', [2 ** 53 - 1, 2 ** 53 - 1]).code).toBe('too-large');
    expect(failing('range', 0, 1e300).code).toBe('bad-argument');
    expect(failing('range', 0, 1e12).code).toBe('too-large');
    expect(failing('tile', pointer([2]), [2 ** 40]).code).toBe('too-large');
    expect(failing('oneHot', pointer([1000], 'int32'), 2 ** 30).code).toBe('too-large');
    expect(failing('eye', 2 ** 20).code).toBe('too-large');
    expect(failing('linspace', 0, 1, 2 ** 31).code).toBe('too-large');
    expect(failing('outerProduct', pointer([2 ** 20]), pointer([2 ** 20])).code).toBe('too-large');
    expect(failing('broadcastTo', pointer([1]), [2 ** 31]).code).toBe('too-large');
    expect(failing('diag', pointer([2 ** 16])).code).toBe('too-large');
    expect(failing('pad', pointer([2]), [[2 ** 40, 0]]).code).toBe('too-large');
    expect(failing('matMul', pointer([8000, 8000]), pointer([8000, 8000])).code).toBe('too-costly');
    expect(failing('math.confusionMatrix', pointer([2 ** 20]), pointer([2 ** 20]), 4096).code).toBe(
      'too-large',
    );
    expect(failing('unstack', pointer([limits.outputs + 1])).code).toBe('bad-argument');
    expect(failing('split', pointer([4096]), 4096).code).toBe('bad-argument');
    const small = thrown(() => inferCall(op('relu'), bind('relu', pointer([100])), { opCost: 99 }));
    expect(small.code).toBe('too-costly');
  });

  test('loops over empty shapes are not free', () => {
    expect(failing('sum', pointer([2 ** 31 - 1, 2 ** 31 - 1, 0]), 0).code).toMatch(/too-/);
  });

  test('every call has a cost', () => {
    for (const spec of allowedOps) {
      fc.assert(
        fc.property(callOf(spec, false), (args) => {
          try {
            const { cost, outputs } = inferCall(spec, args);
            expect(Number.isFinite(cost) && cost >= 1, spec.name).toBe(true);
            for (const { shape } of outputs) {
              expect(shape.every((each) => Number.isSafeInteger(each) && each >= 0)).toBe(true);
            }
          } catch (error) {
            if (!isDuetError(error)) throw error;
          }
        }),
        { seed: 11, numRuns: 10 },
      );
    }
  });

  const x: Arg<TensorFact> = { kind: 'tensor', tensor: { meta: tensorMeta('float32', [2]) } };

  test.each<[string, string, Arg<TensorFact>[], RegExp]>([
    ['an absent tail', 'sum', [x, { kind: 'absent' }], /an absent last argument is not written/],
    ['nothing', 'sum', [], /x is missing/],
    ['too much', 'relu', [x, x], /takes 1 arguments, not 2/],
    ['a number for a tensor', 'relu', [{ kind: 'number', number: 1 }], /x must be a tensor/],
    ['a tensor for a number', 'sum', [x, x], /axis must be a whole number/],
    ['no tensors', 'concat', [{ kind: 'tensors', tensors: [] }], /tensors is empty/],
    ['a fraction', 'sum', [x, { kind: 'number', number: 0.5 }], /axis must be a whole number/],
    [
      'a fraction in a list',
      'reshape',
      [x, { kind: 'numbers', numbers: [0.5, 4] }],
      /shape must be a shape/,
    ],
    [
      'an unknown choice',
      'cast',
      [x, { kind: 'text', text: 'constructor' }],
      /must be one of float32/,
    ],
    [
      'half a pair',
      'pad',
      [x, { kind: 'numbers', numbers: [1] }],
      /paddings must be a list of pairs/,
    ],
    [
      'rank 7',
      'zeros',
      [{ kind: 'numbers', numbers: [1, 1, 1, 1, 1, 1, 1] }],
      /a shape of at most 6 dimensions/,
    ],
  ])('%s from the wire is refused', (_, name, args, says) => {
    const { code, message } = thrown(() => inferCall(op(name), args));
    expect(code).toBe('bad-argument');
    expect(message).toMatch(says);
  });

  test('no arguments of any kind bring it down', () => {
    const anyArg: fc.Arbitrary<Arg<TensorFact>> = fc.oneof(
      fc.constant<Arg<TensorFact>>({ kind: 'absent' }),
      fc.constant(x),
      fc.double().map((number): Arg<TensorFact> => ({ kind: 'number', number })),
      fc.boolean().map((flag): Arg<TensorFact> => ({ kind: 'flag', flag })),
      fc.string().map((text): Arg<TensorFact> => ({ kind: 'text', text })),
      fc
        .array(fc.oneof(fc.integer(), fc.double()), { maxLength: 7 })
        .map((numbers): Arg<TensorFact> => ({ kind: 'numbers', numbers })),
      fc.nat(3).map(
        (count): Arg<TensorFact> => ({
          kind: 'tensors',
          tensors: Array.from({ length: count }, () => ({ meta: tensorMeta('int32', [count]) })),
        }),
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...allowedOps),
        fc.array(anyArg, { maxLength: 10 }),
        (spec, args) => {
          try {
            inferCall(spec, args);
          } catch (error) {
            expect(isDuetError(error), `${spec.name}: ${error}`).toBe(true);
          }
        },
      ),
      { seed: 3, numRuns: 5000 },
    );
  });

  test('texts of the other side are not repeated', () => {
    const text = '<img onerror=1>';
    const { message } = thrown(() => inferCall(op('cast'), [x, { kind: 'text', text }]));
    expect(message).not.toContain('img');
  });
});

describe('the rest', () => {
  test('a call in words', () => {
    const words = (name: string, ...args: unknown[]) => describeCall(op(name), bind(name, ...args));
    expect(words('matMul', pointer([456, 30]), pointer([30, 1]))).toBe('matMul([456,30], [30,1])');
    expect(words('mul', pointer([456, 30]), 0.1)).toBe('mul([456,30], 0.1)');
    expect(words('sum', pointer([4], 'int32'), [0], true)).toBe(
      'sum(int32[4], axis=[0], keepDims=true)',
    );
    expect(
      words(
        'stack',
        Array.from({ length: 10 }, () => pointer([1])),
      ),
    ).toBe('stack([[1],[1],[1],[1],[1],[1],[1],[1],… 2 more])');
  });

  test('the largest index is that of the axis', () => {
    const spec = op('gather');
    const [clamp] = spec.clamps;
    if (clamp === undefined) throw new Error('gather must be clamped');
    const largest = (...args: unknown[]) =>
      largestIndex(clamp, bind('gather', ...args), (fact) => fact.meta.shape);
    const indices = pointer([2], 'int32');
    expect(largest(pointer([5, 7]), indices)).toBe(4);
    expect(largest(pointer([5, 7]), indices, -1)).toBe(6);
    expect(spec.dataDependence).toBe('clamped');
  });

  test('what is not allowed has a typed error with its reason', () => {
    expect(
      thrown(() => {
        throw unsupported('unique');
      }),
    ).toEqual({
      code: 'unsupported-op',
      message: expect.stringContaining('use topk for sorted values'),
    });
    expect(
      thrown(() => {
        throw unsupported('<b>');
      }).message,
    ).not.toContain('<b>');
  });
});
