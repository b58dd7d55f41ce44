/** What is known of a virtual pointer without asking its worker, and what a pointer is not. */

import { type DType, DuetError, elementCount } from '@duet/protocol';
import { disposeSymbol, type Pointer } from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import { adopt, type Handle } from './handle';
import { follow } from './held';
import { madeInScope } from './scopes';
import type { VirtualWorker } from './worker';

export class PlacedPointer implements Disposable {
  readonly #handle: Handle;

  /** Made by a worker's `send` and `search`, and by ops. */
  constructor(handle: Handle) {
    this.#handle = handle;
    adopt(this, handle);
    madeInScope(this);
  }

  // ---- public facts ------------------------------------------------------------------------------------------------

  /** The id at the worker. It stays through moves and in-place ops. Throws where the value is here. */
  get id(): string {
    return this.#handle.at('id').held.id;
  }

  /** The worker that holds what this points to. Throws where the value is here. */
  get location(): VirtualWorker {
    const { held, user } = this.#handle.at('location');
    return held.holder.view(user);
  }

  /** Is the value in the page, after `get_`? */
  get isHere(): boolean {
    return this.#handle.place.kind === 'here';
  }

  /** The value of a handle that is here. It goes with the handle. Throws `bad-argument` where it is not here. */
  get tensor(): tf.Tensor {
    const { place } = this.#handle;
    if (place.kind === 'here') return place.tensor;
    throw new DuetError('bad-argument', {
      detail: `${place.held.name} is not here.`,
      hint: 'get_() brings it.',
    });
  }

  /** Of the tensor at the end, as are dtype, rank and size. */
  get shape(): number[] {
    return [...this.#handle.facts.shape];
  }

  get dtype(): DType {
    return this.#handle.facts.dtype as DType;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.shape);
  }

  get tags(): readonly string[] {
    const { place } = this.#handle;
    return place.kind === 'held' ? place.held.words.tags : [];
  }

  get description(): string {
    const { place } = this.#handle;
    return place.kind === 'held' ? place.held.words.description : '';
  }

  /** Names of the entries of the last axis; empty where none were given. */
  get columns(): readonly string[] {
    return this.#end('columns').columns;
  }

  /** Resolves when the bytes of a sent value have left, rejects where they could not: see Pointer.sent. */
  get sent(): Promise<void> {
    return this.#end('sent').sent;
  }

  /** Is it a float32 value that requires a gradient, or was it computed from one? */
  get requiresGrad(): boolean {
    const { place } = this.#handle;
    if (place.kind === 'here') return place.requiresGrad;
    return follow(place.held).end.isTracked;
  }

  // ---- letting go, and what it is not ----------------------------------------------------------------------------------

  /**
   * Lets go. Where this pointer owns its object, the worker drops it, and with a chain everything behind it. Does nothing
   * to what a worker keeps as private, and nothing the second time.
   */
  dispose(): void {
    this.#handle.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  /** Throws `bad-argument`: the value is not here. */
  item(): never {
    throw new DuetError('bad-argument', {
      detail: 'item() reads an element, and those of a pointer are not here.',
      hint: 'Ask for them with get() or getValue().',
    });
  }

  /** For people. Nothing is transferred. */
  toString(): string {
    return this.#handle.toString();
  }

  /** Throws `bad-argument`, except where a text for people is wanted. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    return this.item();
  }

  toJSON(): never {
    return this.item();
  }

  #end(doing: string): Pointer {
    const { end, user } = this.#handle.end(doing);
    return end.pointerOf(user);
  }
}
