import type { PeerIdentity } from '@duet/protocol';
import type { PlanCard } from './lineage';

/** `left`: its scientist has gone, or begun anew. */
export type OwnerRunStatus = 'running' | 'paused' | 'finished' | 'cancelled' | 'stopped' | 'left';

/** A scientist's training run, as the owner sees and controls it. */
export class OwnerRun {
  /** `t1`, `t2`, … for each scientist. */
  readonly id: string;
  readonly peer: PeerIdentity;
  /** The scientist's word for it. Inert text; show it with `visibleText`. */
  readonly name: string;
  /** What a step computes. */
  readonly plan: PlanCard;
  /** Steps when it is done, those before its first included. */
  readonly steps: number;
  readonly #control: RunControl;

  constructor(
    facts: Pick<OwnerRun, 'id' | 'peer' | 'name' | 'plan' | 'steps'>,
    control: RunControl,
  ) {
    this.id = facts.id;
    this.peer = facts.peer;
    this.name = facts.name;
    this.plan = facts.plan;
    this.steps = facts.steps;
    this.#control = control;
  }

  /** One line a node of what a step computes; undefined once it was forgotten. */
  get words(): readonly string[] | undefined {
    return this.plan.words;
  }

  /** Steps that are done. */
  get step(): number {
    return this.#control.step();
  }

  get status(): OwnerRunStatus {
    return this.#control.status();
  }

  /** Before its next step it waits until `resume`. Its scientist is not told. */
  pause(): void {
    this.#control.pause(true);
  }

  resume(): void {
    this.#control.pause(false);
  }

  /** Ends it before its next step. What it has made stays its scientist's; they hear that the owner stopped it. */
  stop(): void {
    this.#control.stop();
  }
}

/** What an owner may do with a run, and see of it. */
export interface RunControl {
  step(): number;
  status(): OwnerRunStatus;
  pause(paused: boolean): void;
  stop(): void;
}
