/** Which function is being recorded right now. Recordings nest. */

import { DuetError, type TensorMeta } from '@duet/protocol';
import type { Given } from './given';
import { type Place, Recording, Symbolic } from './recording';
import type { ValueState } from './value-state';

/** A declared input, and what else it is known as inside of the function. */
export interface DeclaredInput {
  readonly meta: TensorMeta;
  readonly alias?: Given;
}

export class Tracer {
  #stack: Recording[] = [];

  /** The innermost one; undefined where calls go to the owner's side at once. */
  get current(): Recording | undefined {
    return this.#stack.at(-1);
  }

  /**
   * Runs a function at once, with what it does recorded. Throws what it throws. `tensorsAreInputs`: small tensors of the local
   * tfjs become no constants.
   */
  record<R>(
    inputs: readonly DeclaredInput[],
    fn: (places: readonly Place[], recording: Recording) => R,
    tensorsAreInputs = false,
  ): { readonly recording: Recording; readonly result: R } {
    const recording = new Recording(this.current, tensorsAreInputs);
    const places = inputs.map(({ meta, alias }) => recording.input(meta, alias));
    this.#stack.push(recording);
    try {
      const result = fn(places, recording);
      return { recording, result };
    } finally {
      recording.close();
      this.#stack.pop();
    }
  }

  /** Runs a function whose calls go to the owner's side at once, in the middle of a recording. */
  outside<R>(fn: () => R): R {
    const stack = this.#stack;
    this.#stack = [];
    try {
      return fn();
    } finally {
      this.#stack = stack;
    }
  }

  /** Throws where the value belongs to a recording that is not under way here, or was disposed. */
  checkUsable(value: ValueState): void {
    value.checkUsable();
    if (value instanceof Symbolic && this.current?.isWithin(value.recording) !== true) {
      throw new DuetError('bad-argument', {
        detail: `The value ${value.id} (${value.madeBy}) is inside a recording and cannot be used outside of it.`,
      });
    }
  }

  /** Throws where a function is being recorded: `what` is no part of a plan. */
  checkNotRecording(what: string): void {
    if (this.current === undefined) return;
    throw new DuetError('bad-argument', {
      detail: `${what} cannot be a part of a plan: a recorded function runs once, before the plan does.`,
      hint: 'Do it before or after, outside of the function.',
    });
  }
}
