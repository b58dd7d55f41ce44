import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { allowedOps, chainedMethods, findOp, whyDenied } from '../src';
import { type Policy, policy } from '../src/policy';
import { table } from '../src/table.generated';
import { opsPage } from '../tools/docs';
import { readTable, tableSource } from '../tools/table';
import { prepareTfjs, resolveOp, tf } from './tfjs';

const room = join(import.meta.dirname, '..');
const text = (file: string) => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');

beforeAll(prepareTfjs);

describe('generated files', () => {
  test('the table is what tfjs declares', () => {
    expect(text(join(room, 'src', 'table.generated.ts')) === tableSource(readTable())).toBe(true);
  });

  test('docs/ops.md says what the policy says', () => {
    expect(text(join(room, '..', '..', 'docs', 'ops.md')) === opsPage()).toBe(true);
  });
});

type Exports = Readonly<Record<string, unknown>>;

function functionsIn(exported: Exports): string[] {
  return Object.keys(exported).filter((name) => typeof exported[name] === 'function');
}

const isOp = (value: unknown) => typeof value === 'function' && value.name.endsWith('__op');

/** tfjs does not mark its metrics as ops. */
const isNamespaceOfOps = (name: string, members: object) =>
  name === 'metrics' || Object.values(members).some(isOp);

/** Found, not listed, so that a namespace that tfjs adds is noticed too. */
function namespacesOfTfjs(): [string, Exports][] {
  return Object.entries(tf).flatMap(([name, value]): [string, Exports][] => {
    const isNamespace =
      typeof value === 'object' && value !== null && isNamespaceOfOps(name, value);
    // Node shows the whole of a CommonJS module under this name once more.
    return isNamespace && name !== 'default' ? [[name, value as Exports]] : [];
  });
}

/** The functions of tfjs as they are at run time, where there are ops among them. */
function functionsOfTfjs(): string[] {
  const inner = namespacesOfTfjs().flatMap(([space, members]) =>
    functionsIn(members).map((name) => `${space}.${name}`),
  );
  return [...functionsIn(tf), ...inner];
}

describe('drift', () => {
  test('every function of tfjs is allowed or denied with a reason', () => {
    const unknown = functionsOfTfjs().filter(
      (name) => findOp(name) === undefined && whyDenied(name) === undefined,
    );
    expect(unknown).toEqual([]);
  });

  test('the sweep finds the namespaces that are known to have ops', () => {
    const found = namespacesOfTfjs().map(([name]) => name);
    expect(found).toEqual(
      expect.arrayContaining(['fused', 'image', 'linalg', 'losses', 'metrics', 'signal', 'string']),
    );
  });

  test('every op of the sweep is in the table', () => {
    const swept = functionsOfTfjs().filter((name) => resolveOp(name)?.name.endsWith('__op'));
    expect(swept.length).toBeGreaterThanOrEqual(226);
    expect(swept.filter((name) => !Object.hasOwn(table, name))).toEqual([]);
  });

  test('every name of the table is a function of tfjs', () => {
    expect(Object.keys(table).filter((name) => resolveOp(name) === undefined)).toEqual([]);
  });

  test('table and policy have the same names', () => {
    expect(Object.keys(policy).sort()).toEqual(Object.keys(table).sort());
  });

  test('every denial is a sentence', () => {
    for (const [name, stance] of Object.entries<Policy>(policy)) {
      if (stance.kind === 'deny') expect(stance.reason, name).toMatch(/^[A-Z].{15,}\.$/);
    }
  });

  test('an op is either allowed or denied', () => {
    for (const name of Object.keys(policy)) {
      expect(findOp(name) === undefined, name).toBe(whyDenied(name) !== undefined);
    }
    expect(allowedOps.length).toBeGreaterThanOrEqual(200);
  });

  test.each(['', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'losses', 'then'])(
    '%j is no op',
    (name) => {
      expect(findOp(name)).toBeUndefined();
    },
  );
});

/** What a tensor has as methods and a pointer does not: they read, keep or show values, or are pointers' own. */
const local = [
  'array',
  'arraySync',
  'buffer',
  'bufferSync',
  'bytes',
  'constructor',
  'data',
  'dataSync',
  'dataToGPU',
  'dispose',
  'isDisposed',
  'print',
  'rank',
  'throwIfDisposed',
  'toString',
  'variable',
];

describe('methods', () => {
  test('a pointer has every method of a tensor whose op is allowed', () => {
    const methods = Object.getOwnPropertyNames(tf.Tensor.prototype).filter(
      (name) => !local.includes(name),
    );
    const known = new Set<string>(chainedMethods.map((each) => each.method));
    const missing = methods.filter((name) => !known.has(name));
    for (const name of missing) {
      const denied = whyDenied(name) ?? whyDenied(`image.${name}`);
      expect(denied, name).toBeDefined();
    }
    expect([...known].filter((name) => !methods.includes(name))).toEqual([]);
    expect(known.size).toBe(chainedMethods.length);
  });

  test('every method leads to an allowed op', () => {
    for (const { method, op } of chainedMethods) expect(findOp(op), method).toBeDefined();
  });

  test('methods do what they do in tfjs', () => {
    const x = tf.tensor2d([[1, 2, 3]]);
    const y = tf.tensor2d([[0, 5, 0]]);
    const calls: Record<string, unknown[]> = {
      as1D: [],
      as2D: [3, 1],
      as3D: [1, 3, 1],
      as4D: [1, 1, 3, 1],
      as5D: [1, 1, 1, 3, 1],
      asType: ['int32'],
      concat: [y, 0],
      flatten: [],
      reshapeAs: [tf.zeros([3])],
      stack: [[y], 1],
      toBool: [],
      toFloat: [],
      toInt: [],
      where: [tf.tensor2d([[1, 0, 1]], [1, 3], 'bool'), y],
      norm: [1, 1],
      oneHot: [4],
      sum: [1, true],
    };
    for (const [method, given] of Object.entries(calls)) {
      const chained = chainedMethods.find((each) => each.method === method);
      const subject = method === 'oneHot' ? x.toInt() : x;
      const own = (subject as unknown as Record<string, (...args: unknown[]) => tf.Tensor>)[method];
      const expected = own?.call(subject, ...given);
      const actual = resolveOp(chained?.op ?? '')?.(...(chained?.args(subject, given) ?? []));
      expect((actual as tf.Tensor).shape, method).toEqual(expected?.shape);
      expect((actual as tf.Tensor).dtype, method).toBe(expected?.dtype);
      expect((actual as tf.Tensor).arraySync(), method).toEqual(expected?.arraySync());
    }
    const scalar = chainedMethods.find((each) => each.method === 'asScalar');
    expect(scalar?.args({ shape: [1, 1] }, [])).toEqual([{ shape: [1, 1] }, []]);
  });
});
