/** The ids that this scientist has made and not let go of, and how they are let go. */

import { type ErrorCode, limits, type Part } from '@duet/protocol';
import type { Outbox } from './outbox';
import type { ValueState } from './value-state';

interface OwnObject {
  readonly states: readonly ValueState[];
  /** Outputs that someone may still use. */
  readonly left: Set<ValueState>;
  /** Outputs that went and of which the owner's side was not told yet. */
  readonly untold: Set<number>;
}

/** What a message lets go of. */
export interface Letting {
  readonly ids: readonly number[];
  readonly parts: readonly Part[];
}

interface Collected {
  readonly id: number;
  readonly output: number;
}

export class OwnObjects {
  readonly #outbox: Outbox;
  readonly #live = new Map<number, OwnObject>();
  #ids: number[] = [];
  #parts: Part[] = [];
  /** Objects of which some outputs went in this microtask: the others may yet follow. */
  readonly #thinned = new Map<number, OwnObject>();
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
    this.#live.set(id, { states, left: new Set(states), untold: new Set() });
  }

  /** A pointer that is not disposed drops its value when it is collected. */
  track(pointer: object, state: ValueState, output: number): void {
    this.#registry.register(pointer, { id: state.ref.id, output }, state);
  }

  /** Nobody here uses it any more: the owner's side is told at the end of the microtask. */
  release(state: ValueState): void {
    const { id } = state.ref;
    const object = this.#object(state);
    if (object === undefined || !object.left.delete(state)) return;
    object.untold.add(outputOf(state));
    if (object.untold.size === object.states.length) {
      this.#thinned.delete(id);
      this.#drop(id);
      return;
    }
    if (object.left.size === 0) this.#live.delete(id);
    this.#thinned.set(id, object);
    this.#flushLater();
  }

  /** The owner's side deletes this value by itself, after a get that was confirmed. */
  taken(state: ValueState): void {
    const object = this.#object(state);
    if (object === undefined) return;
    object.left.delete(state);
    if (object.left.size === 0) this.#live.delete(state.ref.id);
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

  /** What goes when nobody uses these values any more: for a message that lets go of them itself. `letGo` says that it was sent. */
  lettingGo(states: readonly ValueState[]): Letting {
    const ids: number[] = [];
    const parts: Part[] = [];
    for (const [id, going] of byId(states)) {
      const object = this.#live.get(id);
      if (object === undefined) continue;
      const whole = going.length === object.states.length;
      if (whole) ids.push(id);
      else parts.push(...going.map((state) => ({ id, output: outputOf(state) })));
    }
    return { ids, parts };
  }

  /** A message has left that lets go of the values, and of ids that were there for it alone. */
  letGo(states: readonly ValueState[], temporary: readonly number[]): void {
    for (const id of temporary) this.#live.delete(id);
    for (const state of states) {
      const object = this.#object(state);
      object?.left.delete(state);
      if (object?.left.size === 0) this.#live.delete(state.ref.id);
    }
  }

  /** The owner's side has let go of it by itself, as announced. */
  forget(id: number): void {
    this.#live.delete(id);
  }

  /** A value that was only there for one call. */
  dropNow(id: number): void {
    this.#drop(id);
  }

  end(): void {
    this.#live.clear();
    this.#thinned.clear();
    this.#ids = [];
    this.#parts = [];
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
    this.#ids.push(id);
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    queueMicrotask(() => this.#flush());
  }

  /** All that went in one microtask goes in one message. */
  #flush(): void {
    this.#flushIsDue = false;
    for (const [id, { untold }] of this.#thinned) {
      for (const output of untold) this.#parts.push({ id, output });
      untold.clear();
    }
    this.#thinned.clear();
    while (this.#ids.length + this.#parts.length > 0) {
      const ids = this.#ids.slice(0, limits.dropIds);
      const parts = this.#parts.slice(0, limits.dropIds);
      try {
        this.#outbox.send({ kind: 'drop', ids, parts });
      } catch {
        // Too much waits to be sent: they go with the next ones.
        return;
      }
      this.#ids.splice(0, ids.length);
      this.#parts.splice(0, parts.length);
    }
  }
}

function outputOf({ ref }: ValueState): number {
  return ref.path[0] ?? 0;
}

function byId(states: readonly ValueState[]): Map<number, ValueState[]> {
  const grouped = new Map<number, ValueState[]>();
  for (const state of states) {
    const { id } = state.ref;
    grouped.set(id, [...(grouped.get(id) ?? []), state]);
  }
  return grouped;
}
