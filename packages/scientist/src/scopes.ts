/** tidy: what was made inside a function and not returned by it goes at its end. */

import { DuetError } from '@duet/protocol';

/** Objects inside what a function returns are looked at so deep for pointers. */
const mostDepth = 8;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

export interface ScopeParts<P> {
  /** What the function is called, for error texts. */
  readonly name: string;
  readonly dispose: (pointer: P, at: Error) => void;
}

export class Scopes<P extends object> {
  readonly #parts: ScopeParts<P>;
  readonly #open: Set<P>[] = [];

  constructor(parts: ScopeParts<P>) {
    this.#parts = parts;
  }

  /** Every pointer is made known here as it is made. */
  made(pointer: P): void {
    this.#open.at(-1)?.add(pointer);
  }

  /**
   * Runs a function at once and disposes the pointers that it made, all in one message, except those that it returns, also
   * inside arrays and objects. Scopes nest. Throws `bad-argument` for a function that returns a promise, since what runs
   * after an await is no part of the scope.
   */
  run<T>(fn: () => T): T {
    const { name, dispose } = this.#parts;
    const scope = new Set<P>();
    const kept = new Set<P>();
    this.#open.push(scope);
    try {
      const result = fn();
      if (isThenable(result)) {
        result.then(undefined, () => undefined);
        throw new DuetError('bad-argument', {
          detail: `${name}() got an async function, or one that returned a promise.`,
          hint: `Await outside of it: ${name}() ends when its function returns.`,
        });
      }
      keep(result, scope, kept, 0);
      return result;
    } finally {
      this.#open.pop();
      const at = new Error(`It was disposed at the end of this ${name}().`);
      for (const pointer of scope) {
        if (kept.has(pointer)) this.made(pointer);
        else dispose(pointer, at);
      }
    }
  }
}

/** Finds those of the scope that are in what its function returned. */
function keep<P extends object>(
  value: unknown,
  scope: ReadonlySet<P>,
  kept: Set<P>,
  depth: number,
): void {
  if (typeof value !== 'object' || value === null || depth > mostDepth) return;
  if (scope.has(value as P)) {
    kept.add(value as P);
    return;
  }
  for (const item of Object.values(value)) keep(item, scope, kept, depth + 1);
}
