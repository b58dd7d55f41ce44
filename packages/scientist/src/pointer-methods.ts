/** The methods of a tfjs tensor, on pointers: those that work, and those that say why they do not. */

import { tensorMethodNames } from '@duet/engine';
import { chainedMethods, unsupported, whyDenied } from '@duet/ops';
import { DuetError } from '@duet/protocol';
import type { Pointer } from './pointer';

/** They read elements, which are not here. With tfjs's own test for a tensor in mind, not all that it looks for is among them. */
const readers = ['array', 'arraySync', 'data', 'dataSync', 'bytes'];

/** They move a value between workers of one page. Its owner would not be asked. */
const movers = ['move', 'send', 'remoteSend', 'remoteGet', 'send_', 'get_'];

/** Puts on the prototype what the op table has, and for what tfjs has beyond it a method that throws. */
export function addMethods(
  prototype: Pointer,
  call: (pointer: Pointer, op: string, args: readonly unknown[]) => unknown,
): void {
  const define = (method: string, value: (this: Pointer, ...given: unknown[]) => unknown) => {
    Object.defineProperty(prototype, method, { configurable: true, writable: true, value });
  };
  for (const { method, op, args } of chainedMethods) {
    // Pointers have one of their own that does more.
    if (Object.hasOwn(prototype, method)) continue;
    define(method, function (...given) {
      return call(this, op, args(this, given));
    });
  }
  for (const method of tensorMethodNames()) {
    if (method in prototype || whyDenied(method) === undefined) continue;
    define(method, () => {
      throw unsupported(method);
    });
  }
  for (const method of movers) {
    define(method, function () {
      throw new DuetError('unsupported-op', {
        detail: `${method}(): pointer ${this.id} is not on a virtual worker. What an owner holds leaves by their release alone, and to you.`,
        hint: 'get() it, and send() it to the other owner.',
      });
    });
  }
  for (const method of readers) {
    define(method, function () {
      throw new DuetError('bad-argument', {
        detail: `${method}() reads elements, and those of pointer ${this.id} are not here.`,
        hint: 'Ask for them with get() or getValue().',
      });
    });
  }
}
