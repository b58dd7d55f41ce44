/** What every engine must do, whatever it runs on. One engine and one set of expectations for each. */

import type { Engine, Slot } from '@duet/ops';
import type { Arg, TensorValue } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainToValue, tensorToValue, toNested } from '../src';
import { differenceOf } from './expect-close';
import { planCompliance } from './plan-compliance';

export type MakeEngine = (onFailure?: (op: string, error: unknown) => void) => Engine;

const slot = (id: Slot): Arg<Slot> => ({ kind: 'tensor', tensor: id });
const number = (value: number): Arg<Slot> => ({ kind: 'number', number: value });
const absent: Arg<Slot> = { kind: 'absent' };

function nested(value: TensorValue | undefined): unknown {
  return value === undefined ? undefined : toNested(value);
}

/** `within`: what a GPU may be off by, where all others compute the same to the last bit. */
export function engineCompliance(name: string, makeEngine: MakeEngine, within?: number): void {
  describe(`engine: ${name}`, () => {
    let engine: Engine;
    let failures: { op: string; error: unknown }[];
    let tensorsBefore: number;

    beforeEach(async () => {
      await tf.ready();
      tensorsBefore = tf.memory().numTensors;
      failures = [];
      engine = makeEngine((op, error) => failures.push({ op, error }));
    });

    afterEach(async () => {
      await engine.close();
      expect(engine.size).toBe(0);
      expect(tf.memory().numTensors).toBe(tensorsBefore);
    });

    test('gives back what was put, bit for bit', async () => {
      const values = [
        plainToValue(new Float32Array([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY])),
        plainToValue(new Int32Array([-(2 ** 31), 2 ** 31 - 1, 0])),
        plainToValue([[true], [false]]),
        plainToValue(['a', 'ü', '']),
        plainToValue(7),
        plainToValue([]),
        plainToValue([[[[[[1]]]]]]),
      ];
      values.forEach((value, index) => {
        engine.put(index + 1, value);
      });
      for (const [index, value] of values.entries()) {
        expect(await engine.read(index + 1)).toEqual(value);
      }
    });

    test('runs in the order given, before any of it was awaited', async () => {
      engine.put(1, plainToValue([1, 2, 3]));
      engine.run({ kind: 'op', op: 'square', args: [slot(1)], outputs: [2] });
      engine.run({ kind: 'op', op: 'add', args: [slot(2), slot(1)], outputs: [3] });
      const early = engine.read(3);
      engine.drop([1, 2, 3]);
      const late = engine.read(3);
      expect(nested(await early)).toEqual([2, 6, 12]);
      expect(await late).toBeUndefined();
      expect(failures).toEqual([]);
    });

    test('counts what it holds, poison included', async () => {
      engine.put(1, plainToValue([1, 2]));
      engine.run({ kind: 'op', op: 'noSuchOp', args: [], outputs: [2, 3] });
      expect(engine.size).toBe(3);
      await engine.settled();
      expect(engine.size).toBe(3);
      engine.drop([1, 2, 3, 4]);
      expect(engine.size).toBe(0);
    });

    test('poison spreads silently and is read as undefined', async () => {
      engine.put(1, plainToValue([1, 2, 3]));
      engine.put(2, plainToValue([[1, 2]]));
      engine.run({ kind: 'op', op: 'matMul', args: [slot(1), slot(2)], outputs: [3] });
      engine.run({ kind: 'op', op: 'relu', args: [slot(3)], outputs: [4] });
      engine.run({ kind: 'op', op: 'split', args: [slot(4), number(3)], outputs: [5, 6, 7] });
      engine.run({ kind: 'op', op: 'add', args: [slot(1), slot(6)], outputs: [8] });
      for (const id of [3, 4, 5, 6, 7, 8]) expect(await engine.read(id)).toBeUndefined();
      expect(nested(await engine.read(1))).toEqual([1, 2, 3]);
      expect(failures.map(({ op }) => op)).toEqual(['matMul']);
    });

    test('an unknown slot, an unknown op and names that objects have are poison', async () => {
      engine.run({ kind: 'op', op: 'relu', args: [slot(99)], outputs: [1] });
      engine.run({ kind: 'op', op: 'constructor', args: [], outputs: [2] });
      engine.run({ kind: 'op', op: '__proto__', args: [], outputs: [3] });
      engine.run({ kind: 'op', op: 'image', args: [], outputs: [4] });
      engine.run({ kind: 'op', op: 'disposeVariables', args: [], outputs: [5] });
      for (const id of [1, 2, 3, 4, 5, 98]) expect(await engine.read(id)).toBeUndefined();
    });

    test('an op that gives another number of tensors than declared poisons them all', async () => {
      engine.put(1, plainToValue([1, 2, 3, 4]));
      engine.run({ kind: 'op', op: 'split', args: [slot(1), number(2)], outputs: [2, 3, 4] });
      engine.run({ kind: 'op', op: 'topk', args: [slot(1), number(2)], outputs: [5] });
      for (const id of [2, 3, 4, 5]) expect(await engine.read(id)).toBeUndefined();
      expect(failures).toHaveLength(2);
    });

    test('several outputs, each with a life of its own', async () => {
      engine.put(1, plainToValue([3, 1, 2]));
      engine.run({ kind: 'op', op: 'topk', args: [slot(1), number(2)], outputs: [2, 3] });
      engine.drop([1, 3]);
      expect(nested(await engine.read(2))).toEqual([3, 2]);
      expect(await engine.read(3)).toBeUndefined();
    });

    test('an op that returns its very input gives a value of its own', async () => {
      engine.put(1, plainToValue([[1, 2]]));
      const shape: Arg<Slot> = { kind: 'numbers', numbers: [1, 2] };
      for (const [op, args, output] of [
        ['reshape', [slot(1), shape], 2],
        ['ensureShape', [slot(1), shape], 3],
        ['clone', [slot(1)], 4],
      ] as const) {
        engine.run({ kind: 'op', op, args, outputs: [output] });
      }
      await engine.settled();
      engine.drop([1]);
      expect(nested(await engine.read(2))).toEqual([[1, 2]]);
      expect(nested(await engine.read(3))).toEqual([[1, 2]]);
      expect(nested(await engine.read(4))).toEqual([[1, 2]]);
    });

    test('an index out of range cannot fail: it is moved into the axis', async () => {
      engine.put(1, plainToValue([10, 20, 30]));
      engine.put(2, plainToValue(new Int32Array([-5, 1, 7, 2 ** 31 - 1])));
      engine.run({ kind: 'op', op: 'gather', args: [slot(1), slot(2)], outputs: [3] });
      expect(nested(await engine.read(3))).toEqual([10, 20, 30, 30]);
      engine.put(4, plainToValue([[1, 2, 3]]));
      engine.run({ kind: 'op', op: 'gather', args: [slot(4), slot(2), number(-1)], outputs: [5] });
      expect(nested(await engine.read(5))).toEqual([[1, 2, 3, 3]]);
      expect(failures).toEqual([]);
    });

    test('absent arguments are as if left out', async () => {
      engine.put(
        1,
        plainToValue([
          [1, 2],
          [3, 4],
        ]),
      );
      engine.run({
        kind: 'op',
        op: 'sum',
        args: [slot(1), absent, { kind: 'flag', flag: true }],
        outputs: [2],
      });
      expect(nested(await engine.read(2))).toEqual([[10]]);
    });

    test('reading twice gives bytes of its own each time', async () => {
      engine.put(1, plainToValue([1, 2]));
      const first = await engine.read(1);
      first?.bytes.fill(0);
      expect(nested(await engine.read(1))).toEqual([1, 2]);
    });

    test('never writes into what was put', async () => {
      const value = plainToValue([3, 1, 2]);
      const before = value.bytes.slice();
      engine.put(1, value);
      engine.run({ kind: 'op', op: 'topk', args: [slot(1), number(3)], outputs: [2, 3] });
      engine.run({ kind: 'op', op: 'reverse', args: [slot(1)], outputs: [4] });
      await engine.settled();
      expect(value.bytes).toEqual(before);
    });

    test('bytes that do not fit their header are poison', async () => {
      engine.put(1, { ...plainToValue([1, 2, 3]), bytes: new Uint8Array(5) });
      expect(await engine.read(1)).toBeUndefined();
      expect(failures).toHaveLength(1);
    });

    test('a listener that throws changes nothing', async () => {
      const broken = makeEngine(() => {
        throw new Error('broken listener');
      });
      broken.run({ kind: 'op', op: 'noSuchOp', args: [], outputs: [1] });
      broken.put(2, plainToValue(5));
      expect(nested(await broken.read(2))).toBe(5);
      await broken.close();
    });

    test('closing answers what waits with undefined and ignores what comes', async () => {
      engine.put(1, plainToValue([1]));
      const reading = engine.read(1);
      const settling = engine.settled();
      const closing = engine.close();
      expect(await reading).toBeUndefined();
      await settling;
      await closing;
      engine.put(2, plainToValue([1]));
      engine.run({ kind: 'op', op: 'relu', args: [slot(2)], outputs: [3] });
      engine.drop([2]);
      expect(await engine.read(2)).toBeUndefined();
      await engine.settled();
      expect(engine.size).toBe(0);
    });

    test('two engines hold values of their own under the same slots', async () => {
      const other = makeEngine();
      engine.put(1, plainToValue(1));
      other.put(1, plainToValue(2));
      expect(nested(await engine.read(1))).toBe(1);
      expect(nested(await other.read(1))).toBe(2);
      await other.close();
      expect(nested(await engine.read(1))).toBe(1);
    });

    test('a long chain equals the same in local tfjs, and leaves nothing behind', async () => {
      const start = plainToValue([
        [0.5, -1],
        [2, 3],
      ]);
      engine.put(1, start);
      for (let step = 0; step < 60; step++) {
        engine.run({
          kind: 'op',
          op: 'matMul',
          args: [slot(2 * step + 1), slot(1)],
          outputs: [2 * step + 2],
        });
        engine.run({ kind: 'op', op: 'tanh', args: [slot(2 * step + 2)], outputs: [2 * step + 3] });
      }
      const result = await engine.read(121);
      const last = tf.tidy(() => {
        const first = tf.tensor2d([
          [0.5, -1],
          [2, 3],
        ]);
        let at: tf.Tensor = first;
        for (let step = 0; step < 60; step++) at = tf.tanh(tf.matMul(at, first));
        return at;
      });
      const expected = tensorToValue(last);
      if (within === undefined) expect(result).toEqual(expected);
      else expect(differenceOf(result, expected, within)).toBeUndefined();
      last.dispose();
      expect(failures).toEqual([]);
    });
  });

  planCompliance(name, makeEngine);
}
