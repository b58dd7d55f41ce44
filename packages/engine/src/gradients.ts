/** Gradients of what a function of tensors computes, on tfjs's own autodiff. */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';

/** Does tfjs record what is run now, for gradients that someone asked for? What it recorded must not be freed. */
export function underTape(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** tfjs keeps copies for the way back, and forgets them where that way is never gone. */
function freeTape(): void {
  if (underTape()) return;
  const { state } = tf.engine();
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = [];
}

/** The same tensors, the others' and those that come twice as copies, so that each can be freed by itself. */
function distinct(tensors: readonly tf.Tensor[], others: readonly tf.Tensor[]): tf.Tensor[] {
  const seen = new Set(others);
  return tensors.map((tensor) => {
    const own = seen.has(tensor) ? tensor.clone() : tensor;
    seen.add(own);
    return own;
  });
}

/**
 * What `run` gives for the arguments, then the gradient of the first of it by each argument in `by` (positions, increasing),
 * with `dy` as the gradient of that first value itself; where absent, ones. `run` gives new tensors and is called once, and
 * synchronously. An argument that stands at two positions has a gradient by each; by one that the value does not depend on
 * it is zero. The caller disposes what is given; the arguments stay theirs. Throws what tfjs throws, and then nothing is left.
 */
export function withGradients(
  run: (args: readonly tf.Tensor[]) => readonly tf.Tensor[],
  args: readonly tf.Tensor[],
  by: readonly number[],
  dy: tf.Tensor | undefined,
): tf.Tensor[] {
  // tfjs frees what is made on the way but the value itself: what else is given must be kept.
  const others: tf.Tensor[] = [];
  try {
    return tf.tidy(() => {
      const inputs = [...args];
      // tfjs tells its arguments apart by the tensor alone, and goes back to where one comes from.
      const mustCopy = underTape() || new Set(args).size < args.length;
      const xs = by.map((position) => {
        const given = inputs[position];
        const x = mustCopy ? given?.clone() : given;
        if (x === undefined) throw new DuetError('internal', { detail: 'No such argument.' });
        inputs[position] = x;
        return x;
      });
      const { value, grads } = tf.engine().gradients(
        () => {
          const [y, ...rest] = run(inputs);
          if (y === undefined) throw new DuetError('internal', { detail: 'It gives nothing.' });
          for (const other of rest) others.push(tf.keep(other));
          return y;
        },
        xs,
        // A copy: tfjs may free it while it adds gradients up.
        dy?.clone(),
        true,
      );
      const gradients = xs.map((x, at) => grads[at] ?? tf.zerosLike(x));
      return distinct([value, ...others.map((other) => other.clone()), ...gradients], args);
    });
  } catch (error) {
    freeTape();
    throw error;
  } finally {
    tf.dispose(others);
  }
}
