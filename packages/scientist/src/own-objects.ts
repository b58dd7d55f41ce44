/** The ids that this scientist has made and not let go of, and how they are let go. */

import { type ErrorCode, limits } from '@duet/protocol';
import type { Outbox } from './outbox';
import type { ValueState } from './value-state';

interface OwnObject {
  readonly states: readonly ValueState[];
  /** Outputs that someone may still use. */
  readonly left: Set<ValueState>;
  /** An output went without the owner's side knowing, so that the id needs a drop at the end. */
  needsDrop: boolean;
}

interface Collected {
  readonly id: number;
  readonly output: number;
}

export class OwnObjects {
  readonly #outbox: Outbox;
  readonly #live = new Map<number, OwnObject>();
  #dropping: number[] = [];
  #flushIsDue = false;
  /**
   * A backstop for pointers that were forgotten. It knows ids alone, since whatever it held would never be collected.
   */
  readonly #registry = new FinalizationRegistry<Collected>((collected) => this.#collect(collected));

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Ids that are alive on the owner's side as far as this side knows. */
  get ids(): readonly number[] {
    return [...this.#live.keys()];
  }

  get size(): number {
    return this.#live.size;
  }

  has(id: number): boolean {
    return this.#live.has(id);
  }

  add(id: number, states: readonly ValueState[]): void {
    this.#live.set(id, { states, left: new Set(states), needsDrop: false });
  }

  /** A pointer that is not disposed drops its value when it is collected. */
  track(pointer: object, state: ValueState, output: number): void {
    this.#registry.register(pointer, { id: state.ref.id, output }, state);
  }

  /** Nobody here uses it any more. The id goes with the last output of its op. */
  release(state: ValueState): void {
    const object = this.#object(state);
    if (object === undefined) return;
    object.left.delete(state);
    object.needsDrop = true;
    if (object.left.size === 0) this.#drop(state.ref.id);
  }

  /** The owner's side deletes this value by itself, after a get that was confirmed. */
  taken(state: ValueState): void {
    const object = this.#object(state);
    if (object === undefined) return;
    object.left.delete(state);
    if (object.left.size > 0) return;
    if (object.needsDrop) this.#drop(state.ref.id);
    else this.#live.delete(state.ref.id);
  }

  /** The owner's side has no such id (any more). False where it was not alive here either. */
  lost(id: number, code: ErrorCode): boolean {
    const object = this.#live.get(id);
    if (object === undefined) return false;
    this.#live.delete(id);
    for (const state of object.states) {
      this.#registry.unregister(state);
      state.breakWith(code);
    }
    return true;
  }

  /** A value that was only there for one call. */
  dropNow(id: number): void {
    this.#drop(id);
  }

  end(): void {
    this.#live.clear();
    this.#dropping = [];
  }

  #object(state: ValueState): OwnObject | undefined {
    this.#registry.unregister(state);
    return this.#live.get(state.ref.id);
  }

  #collect({ id, output }: Collected): void {
    const state = this.#live.get(id)?.states[output];
    if (state !== undefined && !state.hasEnded) this.release(state);
  }

  #drop(id: number): void {
    this.#live.delete(id);
    this.#dropping.push(id);
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    queueMicrotask(() => this.#flush());
  }

  /** All that went in one microtask goes in one message. */
  #flush(): void {
    this.#flushIsDue = false;
    while (this.#dropping.length > 0) {
      const ids = this.#dropping.slice(0, limits.dropIds);
      try {
        this.#outbox.send({ kind: 'drop', ids });
      } catch {
        // Too much waits to be sent: they go with the next ones.
        return;
      }
      this.#dropping.splice(0, ids.length);
    }
  }
}
