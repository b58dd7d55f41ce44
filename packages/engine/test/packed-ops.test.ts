import type { OpStep } from '@duet/ops';
import { expect, it } from 'vitest';
import { OpPacker, unpackOps } from '../src/worker/packed-ops';

const tensor = (slot: number) => ({ kind: 'tensor', tensor: slot }) as const;

it('ops on tensors alone come out as they went in', () => {
  const steps: OpStep[] = [
    { kind: 'op', op: 'add', args: [tensor(1), tensor(2)], outputs: [3] },
    { kind: 'op', op: 'neg', args: [tensor(2 ** 40)], outputs: [2 ** 40 + 1] },
    { kind: 'op', op: 'moments', args: [tensor(3)], outputs: [4, 5] },
  ];
  const packer = new OpPacker();
  expect(steps.map((step) => packer.add(step))).toEqual([true, true, true]);
  expect(packer.count).toBe(3);
  expect([...unpackOps(packer.take())]).toEqual(steps);
  expect([packer.count, packer.take().length]).toEqual([0, 0]);
});

it('others are not taken', () => {
  const packer = new OpPacker();
  const axis = { kind: 'number', number: 0 } as const;
  expect(packer.add({ kind: 'op', op: 'sum', args: [tensor(1), axis], outputs: [2] })).toBe(false);
  expect(packer.add({ kind: 'op', op: 'nothing', args: [tensor(1)], outputs: [2] })).toBe(false);
  expect(packer.add({ kind: 'plan', plan: 1, inputs: [1], outputs: [2], salt: 0 })).toBe(false);
  expect(packer.count).toBe(0);
});
