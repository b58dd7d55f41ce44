/** The engine that runs in the page itself, on the page's own tfjs. */

import type { Engine, Slot, Step } from '@duet/ops';
import { type Arg, DuetError, mapArg, type TensorValue } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { allKernels } from './dispatch';
import { tensorToValue, tensorToValueAsync, valueToTensor } from './tensor-value';
import { nextMacrotask } from './yield';

/** A page draws 60 times a second: half of a frame's 16 ms may go to ops between two macrotasks. */
const sliceMs = 8;

export interface PageEngineOptions {
  /** A tfjs backend. Default: the one that tfjs chooses for the page. It is the whole page's. */
  readonly backend?: 'cpu' | 'webgl' | 'wasm' | 'webgpu';
  /** Lets the page work between two slices of ops. Default: a macrotask that hidden tabs do not delay. */
  readonly yieldTo?: () => Promise<void>;
  /**
   * Told of every op (or `put`) that failed, with the real error. Its text may contain private values: for the owner's
   * own eyes, never to be sent.
   */
  readonly onFailure?: (op: string, error: unknown) => void;
}

/** Stands in a slot for a value that could not be made. */
const poison = Symbol('poison');

type Held = tf.Tensor | typeof poison;

interface Reader {
  readonly slot: Slot;
  readonly answer: (value: TensorValue | undefined) => void;
}

type Job =
  | { readonly kind: 'put'; readonly slot: Slot; readonly value: TensorValue }
  | { readonly kind: 'run'; readonly step: Step }
  | { readonly kind: 'drop'; readonly slots: readonly Slot[] }
  | { readonly kind: 'read'; readonly reader: Reader }
  | { readonly kind: 'settled'; readonly done: () => void };

/** The tab is hidden: timers, by which tfjs waits for a GPU, then come once a second at best. */
function pageIsHidden(): boolean {
  return globalThis.document?.hidden === true;
}

class PageEngine implements Engine {
  readonly #options: PageEngineOptions;
  readonly #yieldTo: () => Promise<void>;
  readonly #held = new Map<Slot, Held>();
  /** As of the calls made, ahead of what is held by the queue's length. */
  readonly #slots = new Set<Slot>();
  #queue: Job[] = [];
  #next = 0;
  #pumping: Promise<void> | undefined;
  readonly #reads = new Set<Reader>();
  #closed = false;
  #ready: Promise<unknown> | undefined;

  constructor(options: PageEngineOptions) {
    this.#options = options;
    this.#yieldTo = options.yieldTo ?? nextMacrotask;
  }

  get size(): number {
    return this.#slots.size;
  }

  put(slot: Slot, value: TensorValue): void {
    if (this.#closed) return;
    this.#slots.add(slot);
    this.#give({ kind: 'put', slot, value });
  }

  run(step: Step): void {
    if (this.#closed) return;
    for (const slot of step.outputs) this.#slots.add(slot);
    this.#give({ kind: 'run', step });
  }

  drop(slots: readonly Slot[]): void {
    if (this.#closed) return;
    for (const slot of slots) this.#slots.delete(slot);
    this.#give({ kind: 'drop', slots });
  }

  read(slot: Slot): Promise<TensorValue | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((answer) => {
      const reader = { slot, answer };
      this.#reads.add(reader);
      this.#give({ kind: 'read', reader });
    });
  }

  settled(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => this.#give({ kind: 'settled', done }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#slots.clear();
    const waiting = this.#queue.slice(this.#next);
    this.#queue = [];
    this.#next = 0;
    for (const job of waiting) if (job.kind === 'settled') job.done();
    for (const reader of [...this.#reads]) this.#answer(reader, undefined);
    await this.#pumping;
    this.#dropHeld([...this.#held.keys()]);
  }

  #give(job: Job): void {
    this.#queue.push(job);
    this.#pumping ??= this.#pump();
  }

  /** Every burst starts in a macrotask of its own, so that a flood of messages handled in microtasks cannot starve the page. */
  async #pump(): Promise<void> {
    await this.#yieldTo();
    this.#ready ??= this.#prepare();
    await this.#ready;
    let sliceStart = performance.now();
    for (let job = this.#take(); job !== undefined; job = this.#take()) {
      await this.#do(job);
      if (performance.now() - sliceStart >= sliceMs) {
        await this.#yieldTo();
        sliceStart = performance.now();
      }
    }
    this.#pumping = undefined;
  }

  #take(): Job | undefined {
    const job = this.#queue[this.#next++];
    if (job === undefined) {
      this.#queue = [];
      this.#next = 0;
    }
    return job;
  }

  async #prepare(): Promise<void> {
    try {
      const { backend } = this.#options;
      if (backend !== undefined && !(await tf.setBackend(backend))) {
        throw new DuetError('internal', { detail: `tfjs has no backend ${backend}.` });
      }
      await tf.ready();
    } catch (error) {
      this.#failed('backend', error);
    }
  }

  #do(job: Job): Promise<void> | undefined {
    switch (job.kind) {
      case 'put':
        this.#hold([job.slot], 'put', () => [valueToTensor(job.value, { share: true })]);
        return undefined;
      case 'run':
        this.#runStep(job.step);
        return undefined;
      case 'drop':
        this.#dropHeld(job.slots);
        return undefined;
      case 'read':
        return this.#read(job.reader);
      case 'settled':
        job.done();
        return undefined;
      default:
        return job satisfies never;
    }
  }

  #runStep({ op, args, outputs }: Step): void {
    this.#hold(outputs, op, () => {
      const kernel = allKernels().get(op);
      if (kernel === undefined) throw new DuetError('unsupported-op');
      const tensors = this.#resolve(args);
      if (tensors === undefined) return undefined;
      const made = kernel.run(tensors);
      if (made.length === outputs.length) return made;
      tf.dispose(made);
      throw new DuetError('internal', {
        detail: `${op} returned ${made.length} tensors, not ${outputs.length}.`,
      });
    });
  }

  /** Undefined where an argument is poison, or not there: both only happen after a failure that was told already. */
  #resolve(args: readonly Arg<Slot>[]): Arg<tf.Tensor>[] | undefined {
    let whole = true;
    const resolved = args.map((arg) =>
      mapArg(arg, (slot) => {
        const held = this.#held.get(slot);
        if (held instanceof tf.Tensor) return held;
        whole = false;
        return undefined;
      }),
    );
    return whole ? (resolved as Arg<tf.Tensor>[]) : undefined;
  }

  /** Fills slots with what `make` gives, or with poison where it throws or gives nothing. */
  #hold(slots: readonly Slot[], op: string, make: () => tf.Tensor[] | undefined): void {
    let made: tf.Tensor[] | undefined;
    try {
      made = make();
    } catch (error) {
      this.#failed(op, error);
    }
    slots.forEach((slot, index) => {
      const tensor = made?.[index];
      this.#dropHeld([slot]);
      // Kept, so that a scope that the page's own code holds open over an await cannot take it.
      this.#held.set(slot, tensor === undefined ? poison : tf.keep(tensor));
    });
  }

  #dropHeld(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const held = this.#held.get(slot);
      if (held instanceof tf.Tensor) held.dispose();
      this.#held.delete(slot);
    }
  }

  /** Later steps wait for it: the value is then surely the one of this point, and a GPU's memory is not held twice. */
  async #read(reader: Reader): Promise<void> {
    const held = this.#held.get(reader.slot);
    let value: TensorValue | undefined;
    try {
      if (held instanceof tf.Tensor) {
        value = pageIsHidden() ? tensorToValue(held) : await tensorToValueAsync(held);
      }
    } catch (error) {
      this.#failed('read', error);
    }
    this.#answer(reader, value);
  }

  #answer(reader: Reader, value: TensorValue | undefined): void {
    if (this.#reads.delete(reader)) reader.answer(value);
  }

  #failed(op: string, error: unknown): void {
    try {
      this.#options.onFailure?.(op, error);
    } catch {
      // A broken listener must not change what the engine does.
    }
  }
}

/**
 * An engine on the page's own tfjs. `close()` frees every tensor it made; the backend stays as it is. tfjs is one per page,
 * so that two engines in a page see each other's memory pressure, though never each other's values.
 */
export function createPageEngine(options: PageEngineOptions = {}): Engine {
  return new PageEngine(options);
}
