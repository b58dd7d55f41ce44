/** The ids that this scientist has made and not let go of, and how they are let go. */

import { sameMeta } from '@duet/ops';
import { DuetError, type ErrorCode, limits, type Part } from '@duet/protocol';
import type { HeldItem, Listing } from './mine';
import type { Outbox } from './outbox';
import type { Pointer } from './pointer';
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
  track(pointer: Pointer, state: ValueState, output: number): void {
    this.#registry.register(pointer, { id: state.ref.id, output }, state);
    state.pointer = new WeakRef(pointer);
  }

  /** Pointers on all that is alive, by id. Values that the program has no pointer on are not among them. */
  get pointers(): readonly Pointer[] {
    const states = [...this.#live.values()].flatMap(({ states, left }) =>
      states.filter((state) => left.has(state) && !state.hasEnded),
    );
    states.sort((a, b) => a.ref.id - b.ref.id || outputOf(a) - outputOf(b));
    return states.flatMap((state) => state.pointer?.deref() ?? []);
  }

  // ---- after a reload ------------------------------------------------------------------------------------------

  /** The owner's side is to say what it still has: what it was not told of yet is asked again then. */
  beginAnew(): void {
    this.#thinned.clear();
    this.#ids = [];
    this.#parts = [];
  }

  /**
   * Compares ids below `before` with what the owner's side still has. What is not there is gone, what nobody here uses any more
   * is let go of. Returns how many values are gone. Throws `bad-reply` where something has another meaning now.
   */
  settle(listing: Listing, before: number): number {
    let gone = 0;
    for (const [id, object] of [...this.#live]) {
      if (id >= before) continue;
      const held = listing.get(id);
      if (held === undefined) {
        gone += object.left.size;
        this.lost(id, 'gone');
      } else if (object.states.length === 0) this.#drop(id);
      else gone += this.#thin(id, object, held);
    }
    for (const [id] of listing) if (!this.#live.has(id)) this.#drop(id);
    return gone;
  }

  #thin(id: number, object: OwnObject, held: ReadonlyMap<number, HeldItem>): number {
    const { states, left, untold } = object;
    let gone = 0;
    untold.clear();
    for (const state of states) {
      const item = held.get(outputOf(state));
      if (item !== undefined && !left.has(state)) {
        // This side let go of it, which the other was not told.
        this.#parts.push({ id, output: outputOf(state) });
      } else if (item !== undefined) {
        checkSame(state, item);
        state.readable = item.readable;
      } else if (left.delete(state)) {
        this.#registry.unregister(state);
        state.breakWith('gone');
        gone += 1;
      }
    }
    const known = new Set(states.map(outputOf));
    const others = [...held.keys()].filter((output) => !known.has(output));
    if (others.length > 0) throw bad(`s${id} has more outputs than it had.`);
    if (left.size === 0) this.#live.delete(id);
    this.#flushLater();
    return gone;
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
    const states = this.#live.get(id)?.states;
    // Some outputs may be missing from before a reload.
    const state = states?.find((each) => outputOf(each) === output);
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
    queueMicrotask(() => this.tellDropped());
  }

  /**
   * Tells the owner's side what went: at the latest a microtask after it did, and ahead of a get, so that they share a frame.
   */
  tellDropped(): void {
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

/** Throws `bad-reply`. */
function checkSame({ id, meta }: ValueState, item: HeldItem): void {
  if (!sameMeta(meta, item.meta)) throw bad(`The owner’s side gave ${id} another meaning.`);
}

function bad(detail: string): DuetError {
  return new DuetError('bad-reply', { detail });
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
