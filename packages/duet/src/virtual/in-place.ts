/** Methods that change what a pointer stands for: `add_`, `mul_`, `zero_`, as in PyTorch. */

import { isTensor, type Plain, plainToValue } from '@duet/engine';
import { bindCall, findOp, inferCall, sameMeta, showMeta } from '@duet/ops';
import { DuetError, mapArg, type TensorMeta, tensorMeta } from '@duet/protocol';
import { type InPlaceCall, inPlaceCalls, Pointer } from '@duet/scientist';
import { opOf, resolve } from './calls';
import { handleOf } from './handle';
import type { HeldTensor } from './held';
import { TapeCall, type TapedFunction } from './tape';

/** A new version under the same id, for all who point to it. Throws `bad-argument` where it would have another shape or dtype. */
export function changeInPlace(self: object, name: string, given: readonly unknown[]): void {
  const { end } = handleOf(self).end(name);
  end.checkStill(name);
  const call = inPlaceCalls.get(name);
  if (call === undefined) throw new DuetError('internal');
  if (end.published !== undefined) {
    throw new DuetError('bad-argument', {
      detail: `${name}: ${end.name} is the worker’s own and private, and is not changed by anybody else.`,
      hint: outOfPlace(name),
    });
  }
  const all = [self, ...given];
  const { args, session, isTracked } = resolve(name, all);
  const old = end.pointer;
  const opArgs = call.args(old, args.slice(1));
  checkKeepsMeta(name, call, opArgs, tensorMeta(old.dtype, old.shape));
  const run: TapedFunction = ([pointer, ...inputs]) =>
    opOf(session, call.op)(...call.args(pointer as Pointer, inputs));
  const made = isTracked ? newHistory(name, end, run, all) : undefined;
  const next = opOf(session, call.op)(...opArgs);
  if (!(next instanceof Pointer)) throw new DuetError('internal');
  end.pointer = next;
  end.made = made;
  old.dispose();
}

function outOfPlace(name: string): string {
  return `Use ${name.slice(0, -1)}() for a value of your own.`;
}

/**
 * A leaf stays one: to change it is a step, and no part of what is computed from it. What is computed already goes on being
 * so. Anything else would lose the version that its gradient is taken by.
 */
function newHistory(
  name: string,
  end: HeldTensor,
  run: TapedFunction,
  args: readonly unknown[],
): HeldTensor['made'] {
  if (end.made !== undefined) return { call: new TapeCall(run, args), output: 0 };
  if (end.isLeaf && end.origin === undefined) return undefined;
  throw new DuetError('bad-argument', {
    detail: `${name}: ${end.name} would lose the version that a gradient needs.`,
    hint: outOfPlace(name),
  });
}

/** Throws `bad-argument`, before anything is sent, for a call that would give another shape or dtype; and what the call itself throws. */
function checkKeepsMeta(
  name: string,
  { op }: InPlaceCall,
  args: readonly unknown[],
  self: TensorMeta,
): void {
  const spec = findOp(op);
  if (spec === undefined) throw new DuetError('unsupported-op');
  const bound = bindCall<TensorMeta>(spec, args, {
    tensor: (value) =>
      value instanceof Pointer || isTensor(value)
        ? tensorMeta(value.dtype, value.shape)
        : undefined,
    literal: (value, dtype) =>
      plainToValue(value as Plain, dtype === undefined ? {} : { dtype }).meta,
  });
  const facts = inferCall(
    spec,
    bound.map((arg) => mapArg(arg, (meta) => ({ meta }))),
  );
  const [made] = facts.outputs;
  if (made !== undefined && sameMeta(made, self)) return;
  throw new DuetError('bad-argument', {
    detail: `${name}: the result would be ${showMeta(made)}, and what it is to replace is ${showMeta(self)}.`,
    hint: `Use ${name.slice(0, -1)}() for a new value.`,
  });
}
