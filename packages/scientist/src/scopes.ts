/** tidy: what was made inside a function and not returned by it goes at its end. */

import { DuetError } from '@duet/protocol';
import { Pointer, stateOf } from './pointer';

/** Objects inside what a function returns are looked at so deep for pointers. */
const mostDepth = 8;

function pointersIn(value: unknown, found: Set<Pointer>, depth: number): void {
  if (value instanceof Pointer) {
    found.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null || depth === mostDepth) return;
  for (const item of Object.values(value)) pointersIn(item, found, depth + 1);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

export class Scopes {
  readonly #open: Set<Pointer>[] = [];

  /** Every pointer is made known here as it is made. */
  made(pointer: Pointer): void {
    this.#open.at(-1)?.add(pointer);
  }

  /**
   * Runs a function at once and disposes the pointers that it made, all in one message, except those that it returns, also
   * inside arrays and objects. Scopes nest. Throws `bad-argument` for a function that returns a promise, since what runs
   * after an await is no part of the scope.
   */
  run<T>(fn: () => T): T {
    const scope = new Set<Pointer>();
    const kept = new Set<Pointer>();
    this.#open.push(scope);
    try {
      const result = fn();
      if (isThenable(result)) {
        result.then(undefined, () => undefined);
        throw new DuetError('bad-argument', {
          detail: 'tidy() got an async function, or one that returned a promise.',
          hint: 'Await outside of it: tidy() ends when its function returns.',
        });
      }
      pointersIn(result, kept, 0);
      return result;
    } finally {
      this.#open.pop();
      const at = new Error('It was disposed at the end of this tidy().');
      for (const pointer of scope) {
        if (kept.has(pointer)) this.made(pointer);
        else stateOf(pointer).host.dispose(stateOf(pointer).value, at);
      }
    }
  }
}
