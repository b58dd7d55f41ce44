/** Parameters that are more than a value at a place: members of an object, the rest of the arguments, paddings, equations. */

import { type Arg, isDuetError, type TensorMeta, tensorMeta } from '@duet/protocol';
import { describe, expect, test } from 'vitest';
import {
  allowedOps,
  bindCall,
  chainedMethods,
  describeCall,
  findOp,
  inferCall,
  type OpSpec,
  type TensorFact,
  unbindArgs,
} from '../src';
import { canonicalEquation, isCanonicalEquation } from '../src/equation';

/** Stands for a pointer. */
class Stand {
  readonly meta: TensorMeta;
  constructor(meta: TensorMeta) {
    this.meta = meta;
  }
}

const pointer = (...shape: number[]) => new Stand(tensorMeta('float32', shape));

const adapt = {
  tensor: (value: unknown): Stand | undefined => (value instanceof Stand ? value : undefined),
  literal: (): Stand => pointer(),
};

function op(name: string): OpSpec {
  const spec = findOp(name);
  if (spec === undefined) throw new Error(name);
  return spec;
}

const bind = (name: string, ...args: unknown[]) => bindCall(op(name), args, adapt);
const facts = (args: readonly Arg<Stand>[]) => args as readonly Arg<TensorFact>[];
const infer = (name: string, ...args: unknown[]) =>
  inferCall(op(name), facts(bind(name, ...args))).outputs.map(({ shape }) => shape);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isDuetError(error) && error.code === 'bad-argument') return error.message;
    throw error;
  }
  return 'nothing was refused';
}

describe('an object of options', () => {
  const a = pointer(2, 3);
  const b = pointer(3, 4);
  const bias = pointer(4);

  test('its members are bound in the order of the table, whatever order they are written in', () => {
    const args = bind('fused.matMul', { activation: 'relu', bias, b, a });
    expect(args.map((arg) => arg.kind)).toEqual([
      'tensor',
      'tensor',
      'absent',
      'absent',
      'tensor',
      'text',
    ]);
    expect(args).toEqual(bind('fused.matMul', { a, b, bias, activation: 'relu' }));
    expect(unbindArgs(op('fused.matMul'), args)).toEqual([{ a, b, bias, activation: 'relu' }]);
    expect(infer('fused.matMul', { a, b, bias, activation: 'relu' })).toEqual([[2, 4]]);
    expect(describeCall(op('fused.matMul'), facts(args))).toBe(
      'fused.matMul([2,3], [3,4], [4], activation=relu)',
    );
  });

  test('members that are undefined or null are absent', () => {
    expect(bind('fused.matMul', { a, b, bias: undefined, activation: null })).toHaveLength(2);
  });

  test('the last argument may be one, and may be left out', () => {
    const x = pointer(3);
    const y = pointer(2);
    expect(infer('meshgrid', x, y)).toEqual([
      [2, 3],
      [2, 3],
    ]);
    expect(infer('meshgrid', x, y, { indexing: 'ij' })).toEqual([
      [3, 2],
      [3, 2],
    ]);
    expect(infer('meshgrid', x)).toEqual([[3]]);
    const args = bind('meshgrid', x, y, {});
    expect(args).toHaveLength(2);
    expect(unbindArgs(op('meshgrid'), args)).toEqual([x, y]);
    const named = bind('meshgrid', x, y, { indexing: 'ij' });
    expect(unbindArgs(op('meshgrid'), named)).toEqual([x, y, { indexing: 'ij' }]);
  });

  test.each<[string, unknown[], RegExp]>([
    [
      'a member that it does not have',
      [{ a, b, bais: bias }],
      /it has no option "bais", only a, b,/,
    ],
    ['a member of every object', [{ a, b, constructor: 1 }], /it has no option "constructor"/],
    ['a missing member', [{ a }], /b is missing/],
    ['nothing', [], /a is missing/],
    ['a pointer for the object', [a], /the options must be one object with members of a, b,/],
    ['a list for the object', [[a, b]], /the options must be one object/],
    ['arguments one by one', [a, b], /it takes 1 arguments, not 2/],
    ['a member of another kind', [{ a, b, transposeA: 1 }], /transposeA must be true or false/],
    ['an unknown activation', [{ a, b, activation: 'gelu' }], /activation must be one of linear/],
  ])('%s is refused', (_, args, says) => {
    expect(refusal(() => infer('fused.matMul', ...args))).toMatch(says);
  });

  test('what an object inherits is not read', () => {
    const inherited = Object.create({ a, b }) as object;
    expect(refusal(() => infer('fused.matMul', inherited))).toMatch(/a is missing/);
  });

  test('no op has an option with the name of a member of every object', () => {
    for (const { params } of allowedOps) {
      for (const { name } of params) expect(name in {}).toBe(false);
    }
  });
});

describe('the rest of the arguments', () => {
  test('is one list on the wire, and one by one in tfjs', () => {
    const [a, b] = [pointer(2, 3), pointer(3, 4)];
    const args = bind('einsum', 'ij,jk->ik', a, b);
    expect(args).toEqual([
      { kind: 'text', text: 'ab,bc->ac' },
      { kind: 'tensors', tensors: [a, b] },
    ]);
    expect(unbindArgs(op('einsum'), args)).toEqual(['ab,bc->ac', a, b]);
    expect(infer('einsum', 'ij,jk->ik', a, b)).toEqual([[2, 4]]);
  });

  test('must be there', () => {
    expect(refusal(() => infer('einsum', 'ij->ji'))).toMatch(/tensors is empty/);
    expect(refusal(() => infer('einsum', 'ij->ji', pointer(2, 3), pointer(2)))).toMatch(
      /1 terms for 2 tensors/,
    );
  });
});

describe('equations', () => {
  test.each([
    ['ij,jk->ik', 'ab,bc->ac'],
    ['ba,ac->bc', 'ab,bc->ac'],
    [' b i j , b j k -> b i k ', 'abc,acd->abd'],
    ['Zz->zZ', 'ab->ba'],
    ['i,i->', 'a,a->'],
    [',i->i', ',a->a'],
  ])('%j has one form', (text, form) => {
    expect(canonicalEquation(text)).toBe(form);
    expect(canonicalEquation(form)).toBe(form);
    expect(isCanonicalEquation(form)).toBe(true);
    expect(isCanonicalEquation(text)).toBe(text === form);
  });

  test.each<[string, RegExp]>([
    ['ij,jk', /one arrow/],
    ['i->j->k', /one arrow/],
    ['...i->i', /ellipsis/],
    ['i1->i', /letters/],
    ['a,b,c->abc', /more than two terms/],
    ['ii->i', /twice in one term/],
    ['ij->ii', /twice in one term/],
    ['ij->k', /a label that no term has/],
    ['abcdefg->a', /more than 6 labels/],
    [`${'a'.repeat(70)}->a`, /too long/],
  ])('%j is refused', (text, says) => {
    expect(refusal(() => bind('einsum', text, pointer(2, 2)))).toMatch(says);
    expect(isCanonicalEquation(text)).toBe(false);
  });

  test('another form on the wire is refused, and not repeated', () => {
    const tensors = [{ meta: tensorMeta('float32', [2, 2]) }];
    const text = 'evil->evil';
    const message = refusal(() =>
      inferCall(op('einsum'), [
        { kind: 'text', text },
        { kind: 'tensors', tensors },
      ]),
    );
    expect(message).toMatch(/equation must be an equation/);
    expect(message).not.toContain('evil');
  });
});

describe('paddings', () => {
  const x = pointer(1, 5, 5, 2);
  const filter = pointer(3, 3, 2, 4);
  const explicit = [
    [0, 0],
    [1, 2],
    [0, 1],
    [0, 0],
  ];

  test.each<[unknown, Arg<Stand>, number[]]>([
    ['same', { kind: 'text', text: 'same' }, [1, 5, 5, 4]],
    ['valid', { kind: 'text', text: 'valid' }, [1, 3, 3, 4]],
    [1, { kind: 'number', number: 1 }, [1, 5, 5, 4]],
    [-0, { kind: 'number', number: 0 }, [1, 3, 3, 4]],
    [explicit, { kind: 'numbers', numbers: explicit.flat() }, [1, 6, 4, 4]],
  ])('%j is bound, counted, and comes back', (pad, arg, shape) => {
    const args = bind('conv2d', x, filter, 1, pad);
    expect(args[3]).toEqual(arg);
    expect(unbindArgs(op('conv2d'), args)[3]).toEqual(pad === 0 ? 0 : pad);
    expect(infer('conv2d', x, filter, 1, pad)).toEqual([shape]);
  });

  test.each<[unknown, RegExp]>([
    ['full', /pad must be one of valid, same, a whole number or a list of pairs of them/],
    [0.5, /pad must be a whole number/],
    [[1, 1], /pad must be a list of pairs/],
    [[[1, 1]], /pad has 1 pairs, not 4/],
    [-1, /pad is negative/],
    [undefined, /pad is missing/],
  ])('%j is refused', (pad, says) => {
    expect(refusal(() => infer('conv2d', x, filter, 1, pad))).toMatch(says);
  });
});

describe('methods', () => {
  test.each([
    ['resizeBilinear', 'image.resizeBilinear'],
    ['resizeNearestNeighbor', 'image.resizeNearestNeighbor'],
    ['conv2d', 'conv2d'],
    ['batchNorm', 'batchNorm'],
  ])('%s is %s with the tensor in front', (method, name) => {
    const chained = chainedMethods.find((each) => each.method === method);
    expect(chained?.op).toBe(name);
    const self = { shape: [4, 4, 1] };
    expect(chained?.args(self, [[2, 2], true])).toEqual([self, [2, 2], true]);
  });
});

describe('costs', () => {
  test('a convolution costs two operations for each product', () => {
    const { cost } = inferCall(
      op('conv2d'),
      facts(bind('conv2d', pointer(8, 28, 28, 3), pointer(5, 5, 3, 16), 1, 'same')),
    );
    expect(cost).toBe(1 + 2 * 8 * 28 * 28 * 16 * 5 * 5 * 3);
  });

  test('patches that are laid out on the way count against the limits', () => {
    const call = () =>
      inferCall(
        op('conv2d'),
        facts(bind('conv2d', pointer(64, 1024, 1024, 1), pointer(99, 99, 1, 1), 1, 'same')),
        { opCost: Number.POSITIVE_INFINITY },
      );
    expect(call).toThrow(/\[1048576, 9801\] is over the limit/);
  });
});
