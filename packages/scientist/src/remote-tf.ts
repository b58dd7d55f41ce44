/** `duet.tf`: tfjs's functions by tfjs's names, on pointers. */

import { tfNames } from '@duet/engine';
import { allowedOps, type RemoteTf, unsupported, whyDenied } from '@duet/ops';
import type { DType } from '@duet/protocol';
import type { GradientFunctions } from './gradients';
import type { OptimizerConstructors } from './optimizers';
import type { Pointer } from './pointer';
import type { RemoteVariable, TensorLike } from './variables';

/** What tfjs has beside ops, and pointers have too: variables, gradients, optimizers. */
export interface OwnFunctions extends GradientFunctions {
  /**
   * A variable on the owner's side. The initial value, a pointer or a tensor, stays the caller's. Names are unique, and counted
   * where none is given. Throws `bad-argument`.
   */
  variable(init: TensorLike, trainable?: boolean, name?: string, dtype?: DType): RemoteVariable;
  readonly train: OptimizerConstructors;
}

/** `duet.tf`. */
export type DuetTf = RemoteTf<Pointer> & OwnFunctions;

type Group = { [name: string]: unknown };

/** Null prototype: there is nothing in it but ops. */
function emptyGroup(): Group {
  return Object.create(null) as Group;
}

function place(root: Group, name: string, fn: (...args: readonly unknown[]) => unknown): void {
  const [first = '', second] = name.split('.');
  Object.defineProperty(fn, 'name', { value: name });
  if (second === undefined) {
    root[first] = fn;
    return;
  }
  const existing = root[first];
  const group =
    typeof existing === 'object' && existing !== null ? (existing as Group) : emptyGroup();
  root[first] = group;
  group[second] = fn;
}

/**
 * Every op that may be called on pointers, as in tfjs. Arguments are pointers, tensors of the local tfjs (which stay the
 * caller's), numbers and arrays; a call throws before anything is sent if it cannot work. What tfjs has and pointers have
 * not is there too, as a function that throws `unsupported-op` with the reason.
 */
export function createRemoteTf<P = Pointer, Own extends object = OwnFunctions>(
  call: (op: string, args: readonly unknown[]) => unknown,
  own: Own,
): RemoteTf<P> & Own {
  const root = emptyGroup();
  for (const { name } of allowedOps) place(root, name, (...args) => call(name, args));
  const allowed = new Set(allowedOps.map(({ name }) => name));
  for (const name of tfNames()) {
    if (allowed.has(name) || whyDenied(name) === undefined) continue;
    place(root, name, () => {
      throw unsupported(name);
    });
  }
  for (const [name, value] of Object.entries(own)) root[name] = value;
  for (const member of Object.values(root)) {
    if (typeof member === 'object') Object.freeze(member);
  }
  // Built from the table that its type is made of.
  return Object.freeze(root) as unknown as RemoteTf<P> & Own;
}
