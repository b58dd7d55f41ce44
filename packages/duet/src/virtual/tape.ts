/** What gradients are taken of: how values were computed from those that require one. */

import { isTensor, tensorToValue, valueToTensor } from '@duet/engine';
import { DuetError, type TensorValue } from '@duet/protocol';
import { Pointer } from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import { mapDeep } from './deep';
import { findHandle, type Handle } from './handle';
import { follow, type HeldTensor } from './held';

/** One tensor that a call gave: its place among all that the call gave. */
export interface Made {
  readonly call: TapeCall;
  readonly output: number;
}

/** What a call took in place of a tensor. */
type Source =
  | { readonly kind: 'made'; readonly made: Made }
  | HeldSource
  | { readonly kind: 'local'; readonly value: TensorValue };

interface HeldSource {
  readonly kind: 'held';
  readonly held: HeldTensor;
  readonly user: string;
  readonly version: Pointer;
  readonly isLeaf: boolean;
  /** While the tape is there, its inputs are not forgotten. */
  readonly handle: Handle;
}

class TapeInput {
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }
}

export type TapedFunction = (args: readonly unknown[]) => unknown;

let lastNumber = 0;

/** A call, as it can be made again, with other pointers. */
export class TapeCall {
  readonly #run: TapedFunction;
  readonly #args: readonly unknown[];
  readonly inputs: readonly Source[];
  /** In the order of the calls. */
  readonly number = ++lastNumber;

  /** `args`: those of the call, with virtual pointers. What is in the page is copied. */
  constructor(run: TapedFunction, args: readonly unknown[]) {
    const inputs: Source[] = [];
    this.#run = run;
    this.#args = args.map((arg) =>
      mapDeep(arg, (item) => {
        const source = sourceOf(item);
        if (source === undefined) return undefined;
        inputs.push(source);
        return new TapeInput(source);
      }),
    );
    this.inputs = inputs;
  }

  run(value: (source: Source) => unknown): readonly Pointer[] {
    const args = this.#args.map((arg) =>
      mapDeep(arg, (item) => (item instanceof TapeInput ? value(item.source) : undefined)),
    );
    return pointersIn(this.#run(args));
  }
}

function sourceOf(item: unknown): Source | undefined {
  if (isTensor(item)) return { kind: 'local', value: tensorToValue(item) };
  const handle = findHandle(item);
  if (handle === undefined) return undefined;
  const { place } = handle;
  if (place.kind === 'here') return { kind: 'local', value: tensorToValue(place.tensor) };
  const { end: held } = follow(place.held);
  if (held.made !== undefined) return { kind: 'made', made: held.made };
  const { user } = place;
  return { kind: 'held', held, user, version: held.pointerOf(user), isLeaf: held.isLeaf, handle };
}

/** The pointers in a result, in an order that is always the same. */
function pointersIn(result: unknown): Pointer[] {
  const found: Pointer[] = [];
  mapDeep(result, (item) => {
    if (!(item instanceof Pointer)) return undefined;
    found.push(item);
    return item;
  });
  return found;
}

/** All that a value was computed by, to be computed again. */
export class Tape {
  readonly #end: Made;
  readonly #calls: readonly TapeCall[];
  /** What requires a gradient, with the versions that were used. */
  readonly leaves: ReadonlyMap<HeldTensor, Pointer>;

  constructor(end: Made) {
    this.#end = end;
    const found = new Set([end.call]);
    // Calls that are added on the way are visited too.
    for (const { inputs } of found) {
      for (const source of inputs) if (source.kind === 'made') found.add(source.made.call);
    }
    this.#calls = [...found].sort((a, b) => a.number - b.number);
    const sources = this.#calls.flatMap(({ inputs }) => inputs);
    const leaves = sources.filter((source) => source.kind === 'held' && source.isLeaf);
    this.leaves = new Map((leaves as HeldSource[]).map(({ held, version }) => [held, version]));
  }

  /** Throws `bad-argument`, `disposed` or `gone` where an input is not what it was at the call. */
  check(): void {
    for (const { inputs } of this.#calls) {
      for (const source of inputs) if (source.kind === 'held') checkSame(source);
    }
  }

  /** The value again, inside of a recording, with other pointers for the leaves. Tensors that it makes go into `made`. */
  replay(leaves: ReadonlyMap<HeldTensor, Pointer>, made: tf.Tensor[]): Pointer {
    const done = new Map<TapeCall, readonly Pointer[]>();
    const value = (source: Source): unknown => {
      if (source.kind === 'made') return done.get(source.made.call)?.[source.made.output];
      if (source.kind === 'held') return leaves.get(source.held) ?? currentOf(source);
      const tensor = valueToTensor(source.value);
      made.push(tensor);
      return tensor;
    };
    for (const call of this.#calls) done.set(call, call.run(value));
    const end = done.get(this.#end.call)?.[this.#end.output];
    if (end === undefined) throw new DuetError('internal');
    return end;
  }
}

function currentOf({ held, user, version }: HeldSource): Pointer {
  return held.published === undefined ? version : held.pointerOf(user);
}

function checkSame({ held, version }: HeldSource): void {
  held.checkUsable();
  if (held.published !== undefined || held.pointer === version) return;
  throw new DuetError('bad-argument', {
    detail: `backward: ${held.name} was changed or moved since it was used.`,
    hint: 'Compute the value again, and take its gradient before the next change.',
  });
}
