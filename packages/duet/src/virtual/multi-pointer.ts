/** One handle on objects of several workers: what is done to it is done on each. */

import type { Plain } from '@duet/engine';
import type { ChainedOps } from '@duet/ops';
import { DuetError, sameShape } from '@duet/protocol';
import {
  type AxisIndex,
  type AxisIndices,
  disposeSymbol,
  type GetOptions,
  type InPlaceMethods,
  inPlaceCalls,
  Pointer,
} from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { mapDeep } from './deep';
import { VirtualPointer } from './pointer';
import type { VirtualSendOptions } from './sending';
import type { VirtualWorker } from './worker';

/** Sends a copy of a value to each of several workers. Throws as `worker.send`, and then nothing is left anywhere. */
export function sendToAll(
  value: tf.Tensor | Plain,
  workers: readonly VirtualWorker[],
  options: VirtualSendOptions = {},
): MultiPointer {
  const sent: VirtualPointer[] = [];
  try {
    for (const worker of workers) sent.push(worker.send(value, options));
    return new MultiPointer(sent);
  } catch (thrown) {
    for (const pointer of sent) pointer.dispose();
    throw thrown;
  }
}

/**
 * One pointer on each of several workers. Its ops run on every one of them and give a MultiPointer again; among their
 * arguments other MultiPointers stand for their pointer on the same worker, and local values are shipped to each. It owns
 * its pointers.
 */
export class MultiPointer {
  /** In the order in which they were given. */
  readonly pointers: readonly VirtualPointer[];

  /** Throws `bad-argument` for no pointers, or two on one worker. */
  constructor(pointers: readonly VirtualPointer[]) {
    const holders = pointers.map(({ location }) => location.holder);
    if (pointers.length === 0 || new Set(holders).size < holders.length) {
      throw new DuetError('bad-argument', {
        detail: 'A MultiPointer has at least one pointer, and one on each worker.',
      });
    }
    this.pointers = [...pointers];
  }

  get workers(): readonly VirtualWorker[] {
    return this.pointers.map(({ location }) => location);
  }

  /** The pointer on one worker. Throws `bad-argument` where there is none. */
  on(worker: VirtualWorker): VirtualPointer {
    const found = this.pointers.find(({ location }) => location.holder === worker.holder);
    if (found !== undefined) return found;
    const names = this.workers.map(({ holder }) => holder.quotedName).join(', ');
    throw new DuetError('bad-argument', {
      detail: `This MultiPointer is on ${names}, and has nothing on ${worker.holder.quotedName}.`,
    });
  }

  /**
   * The values of all workers, or with `sum` their sum, which the caller disposes. The objects are removed, unless
   * `deleteObj` is false. Rejects as `get` of a pointer, for the first that fails, when all have answered; with `sum` also
   * with `bad-argument` where the shapes or dtypes are different, before anything is asked.
   */
  get(options?: GetOptions & { readonly sum?: false }): Promise<tf.Tensor[]>;
  get(options: GetOptions & { readonly sum: true }): Promise<tf.Tensor>;
  async get({
    sum = false,
    ...options
  }: GetOptions & { readonly sum?: boolean } = {}): Promise<tf.Tensor[] | tf.Tensor> {
    if (sum) this.#checkAlike();
    const answers = await Promise.allSettled(this.pointers.map((pointer) => pointer.get(options)));
    const values = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = answers.find((each) => each.status === 'rejected');
    if (failed !== undefined) {
      tf.dispose(values);
      throw failed.reason;
    }
    if (!sum) return values;
    const total = tf.tidy(() => values.reduce((a, b) => tf.add(a, b)).clone());
    tf.dispose(values);
    return total;
  }

  /** See VirtualPointer.requiresGrad_. */
  requiresGrad_(on = true): this {
    for (const pointer of this.pointers) pointer.requiresGrad_(on);
    return this;
  }

  /** The gradients of all pointers. Null where one of them has none. */
  get grad(): MultiPointer | null {
    const grads = this.pointers.flatMap(({ grad }) => grad ?? []);
    return grads.length < this.pointers.length ? null : new MultiPointer(grads);
  }

  /** Each worker for its own values: see VirtualPointer.backward. Rejects for the first that fails, when all have ended. */
  async backward(options: Omit<GetOptions, 'deleteObj'> = {}): Promise<void> {
    const ends = await Promise.allSettled(
      this.pointers.map((pointer) => pointer.backward(undefined, options)),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  dispose(): void {
    for (const pointer of this.pointers) pointer.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  toString(): string {
    return `MultiPointer: ${this.pointers.map(String).join('; ')}`;
  }

  #checkAlike(): void {
    const [first, ...others] = this.pointers;
    const odd = others.find(
      ({ shape, dtype }) => dtype !== first?.dtype || !sameShape(shape, first.shape),
    );
    if (odd === undefined) return;
    throw new DuetError('bad-argument', {
      detail: `get({ sum: true }): ${String(odd)} has not the shape and dtype of ${String(first)}.`,
    });
  }

  /** The same call on every worker, one after the other; where one throws, what the others gave is disposed. */
  each(method: string, given: readonly unknown[]): unknown {
    const calls = this.pointers.map((pointer) => ({
      pointer,
      args: given.map((arg) =>
        mapDeep(arg, (item) =>
          item instanceof MultiPointer ? item.on(pointer.location) : undefined,
        ),
      ),
    }));
    const results: unknown[] = [];
    try {
      for (const { pointer, args } of calls) {
        const fn = (
          pointer as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>
        )[method];
        results.push(fn?.apply(pointer, args));
      }
    } catch (thrown) {
      mapDeep(results, (item) => {
        // Those of in-place methods are the inputs themselves.
        if (!(item instanceof VirtualPointer)) return undefined;
        if (!this.pointers.includes(item)) item.dispose();
        return item;
      });
      throw thrown;
    }
    return results[0] === this.pointers[0] ? this : together(results);
  }
}

/** Results of the same form, one of each worker, as one result of that form with a MultiPointer for each pointer. */
function together(results: readonly unknown[]): unknown {
  const [first] = results;
  if (first instanceof VirtualPointer) return new MultiPointer(results as VirtualPointer[]);
  if (Array.isArray(first)) {
    return first.map((_, at) => together((results as unknown[][]).map((list) => list[at])));
  }
  const fields = results as Readonly<Record<string, unknown>>[];
  return Object.fromEntries(
    Object.keys(first as object).map((key) => [key, together(fields.map((each) => each[key]))]),
  );
}

export interface MultiPointer
  extends Omit<ChainedOps<MultiPointer>, 'slice'>,
    InPlaceMethods<MultiPointer, MultiPointer>,
    Disposable {
  /** See Pointer.at. */
  at(...indices: readonly AxisIndex[]): MultiPointer;
  /** See Pointer.slice. */
  slice(begin: number | number[], size?: number | number[]): MultiPointer;
  slice(axes: AxisIndices): MultiPointer;
  /** See Pointer.mask. */
  mask(mask: MultiPointer | tf.Tensor): MultiPointer;
}

const fannedOut = Object.getOwnPropertyNames(Pointer.prototype).filter(
  (name) =>
    !(name in MultiPointer.prototype) &&
    typeof Object.getOwnPropertyDescriptor(Pointer.prototype, name)?.value === 'function' &&
    name in tf.Tensor.prototype,
);
for (const name of [...fannedOut, 'at', 'mask', ...inPlaceCalls.keys()]) {
  Object.defineProperty(MultiPointer.prototype, name, {
    configurable: true,
    writable: true,
    value(this: MultiPointer, ...given: unknown[]) {
      return this.each(name, given);
    },
  });
}
