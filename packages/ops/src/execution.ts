import type { Arg, TensorValue } from '@duet/protocol';

/** Names one value inside one engine. Chosen by the caller, never reused. */
export type Slot = number;

/** One op of the table, applied to values that the engine has. */
export interface Step {
  readonly op: string;
  readonly args: readonly Arg<Slot>[];
  /** One slot for each tensor that the op returns, in the order of its `ResultForm`. */
  readonly outputs: readonly Slot[];
}

/**
 * Runs steps in the order in which they are given. `put`, `run` and `drop` never throw and are never answered: a step
 * that fails leaves poison in its outputs, and a step on poison leaves poison, so that a failure can only be seen by who
 * may read the value.
 */
export interface Engine {
  /** The bytes are copied before this returns or not changed by anyone; the engine never writes into them. */
  put(slot: Slot, value: TensorValue): void;
  run(step: Step): void;
  drop(slots: readonly Slot[]): void;
  /** The value of a slot once all before it is done; undefined for poison and for a slot that does not exist. The bytes are the caller's. */
  read(slot: Slot): Promise<TensorValue | undefined>;
  /** Resolves when everything given so far is done. */
  settled(): Promise<void>;
  /** How many values it holds, poison included. */
  readonly size: number;
  /** Frees everything. Reads that are waiting give undefined. */
  close(): Promise<void>;
}
