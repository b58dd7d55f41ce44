/** What the owner's side holds of this scientist's from before a reload, and whether what it says of that can be true. */

import { findOp } from '@duet/ops';
import { DuetError, limits, type Mine, type MineItem } from '@duet/protocol';
import { ValueState } from './value-state';

export type HeldItem = Omit<MineItem, 'path'> & {
  /** Undefined where the id stands for one value. */
  readonly output: number | undefined;
};

/** What was told, by id and output. */
export class Listing {
  #items = new Map<number, Map<number, HeldItem>>();
  /** All ids, also those of parts that were taken out. */
  readonly #told = new Set<number>();
  readonly #before: number;
  #count = 0;

  /** `before`: the first id that was not taken yet. */
  constructor(before: number) {
    this.#before = before;
  }

  /** The values of an id by output, 0 for a single one; undefined where the owner's side has none of it. */
  get(id: number): ReadonlyMap<number, HeldItem> | undefined {
    return this.#items.get(id);
  }

  /** In the order of their ids, as they were told. */
  [Symbol.iterator](): IterableIterator<readonly [number, ReadonlyMap<number, HeldItem>]> {
    return this.#items.entries();
  }

  /** What was told since the last time. */
  takeOut(): Listing {
    const taken = new Listing(this.#before);
    taken.#items = this.#items;
    this.#items = new Map();
    return taken;
  }

  /** Takes what one message tells. Throws `bad-reply`. */
  add({ items }: Mine): void {
    let last: HeldItem | undefined;
    for (const item of items) {
      const held = heldOf(item, this.#before);
      if (held.id !== last?.id) {
        if (held.id < (last?.id ?? 0) || this.#told.has(held.id)) throw outOfOrder(held.id);
        this.#told.add(held.id);
        this.#items.set(held.id, new Map());
      } else if ((held.output ?? 0) <= (last.output ?? limits.outputs)) throw outOfOrder(held.id);
      this.#items.get(held.id)?.set(held.output ?? 0, held);
      this.#count += 1;
      // A side that goes on and on is cut off.
      if (this.#count > limits.mineEntries) throw bad(`They are over ${limits.mineEntries}.`);
      last = held;
    }
  }
}

function heldOf({ path, ...item }: MineItem, before: number): HeldItem {
  const [output, ...deeper] = path;
  if (item.id >= before) throw bad(`s${item.id} was never made.`);
  if (deeper.length > 0 || (output ?? 0) >= limits.outputs) {
    throw bad(`s${item.id} has no such output.`);
  }
  return { ...item, output };
}

/** A value of before a reload, as this side knows it. */
export function stateOfHeld({ id, output, meta, op, readable }: HeldItem): ValueState {
  return new ValueState({
    ref: { space: 'own', id, path: output === undefined ? [] : [output] },
    meta,
    origin: op === '' ? 'sent' : 'derived',
    madeBy: madeByOf(op),
    readable,
  });
}

/** With the first digits of its hash. */
const planName = /^plan [0-9a-f]{8}$/;

/** It comes to stand in error texts: nothing but what this side knows. */
function madeByOf(op: string): string {
  if (op === '') return 'send';
  if (planName.test(op)) return op;
  return findOp(op)?.name ?? 'made before a reload';
}

function outOfOrder(id: number): DuetError {
  return bad(`s${id} is out of order.`);
}

function bad(detail: string): DuetError {
  return new DuetError('bad-reply', {
    detail: `What the owner’s side says to hold of this scientist’s cannot be: ${detail}`,
  });
}
