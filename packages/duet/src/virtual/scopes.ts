/** virtualTidy: pointers on virtual workers that were made inside a function and not returned by it go at its end. */

import { Scopes } from '@duet/scientist';

/** What a scope disposes. */
export interface Scoped {
  dispose(): void;
}

const scopes = new Scopes<Scoped>({ name: 'virtualTidy', dispose: (pointer) => pointer.dispose() });

/** Every pointer on a virtual worker is made known here as it is made. */
export function madeInScope(pointer: Scoped): void {
  scopes.made(pointer);
}

/**
 * Runs a function and disposes the pointers on virtual workers that it made, except those that it returns, also inside
 * arrays and plain objects. Gradients stay. Scopes nest. Throws `bad-argument` for an async function. Local tensors are
 * tf.tidy's.
 */
export function virtualTidy<T>(fn: () => T): T {
  return scopes.run(fn);
}
