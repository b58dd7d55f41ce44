import type { Arg, BackendName, Plan, TensorValue } from '@duet/protocol';

/** Names one value inside one engine. Chosen by the caller, never reused. */
export type Slot = number;

/** One op of the table, applied to values that the engine has. */
export interface OpStep {
  readonly kind: 'op';
  readonly op: string;
  readonly args: readonly Arg<Slot>[];
  /** One slot for each tensor that the op returns, in the order of its `ResultForm`. */
  readonly outputs: readonly Slot[];
}

/** One run of a plan that was installed. */
export interface PlanStep {
  readonly kind: 'plan';
  /** The number under which it was installed. */
  readonly plan: number;
  readonly inputs: readonly Slot[];
  /** One slot for each output of the plan. */
  readonly outputs: readonly Slot[];
  /** Mixed into the seeds of the plan's salted nodes by `saltedSeed`; 0 leaves them as they are. */
  readonly salt: number;
}

export type Step = OpStep | PlanStep;

/** What an engine can do, known before anything is run on it. */
export interface EngineFacts {
  readonly backend: BackendName;
  /** Ops of the table that this backend cannot run, in order of name. */
  readonly lacking: readonly string[];
}

/**
 * Runs steps in the order in which they are given. `put`, `install`, `run` and `drop` never throw and are never answered: a
 * step that fails leaves poison in its outputs, and a step on poison leaves poison, so that a failure can only be seen by
 * who may read the value. Inside a plan the same holds node by node: an output that does not depend on what failed is there.
 */
export interface Engine {
  /** Resolves when the engine can run. Rejects where none can be had. */
  ready(): Promise<EngineFacts>;
  /** The bytes are copied before this returns or not changed by anyone; the engine never writes into them. */
  put(slot: Slot, value: TensorValue): void;
  /** A plan that was validated with `inferPlan`. The number is the caller's and never reused. */
  install(plan: number, graph: Plan): void;
  uninstall(plan: number): void;
  run(step: Step): void;
  drop(slots: readonly Slot[]): void;
  /** The value of a slot once all before it is done; undefined for poison and for a slot that does not exist. The bytes are the caller's. */
  read(slot: Slot): Promise<TensorValue | undefined>;
  /** Resolves when everything given so far is done. */
  settled(): Promise<void>;
  /**
   * What is told when everything that the engine held has gone, slots and plans: it was restarted, by its watchdog or by
   * `restart`. Told in one go with nothing run between: whatever the listener gives it is done before the reads that were
   * waiting. Steps that were waiting are gone too.
   */
  onLost(listener: () => void): void;
  /** Ends what is running now, and loses everything. Where an engine cannot be ended while it runs, when that is done. */
  restart(): void;
  /** How many values it holds, poison included. */
  readonly size: number;
  /** Frees everything. Reads that are waiting give undefined. */
  close(): Promise<void>;
}
