/** How long the watchdog lets a job run. One place for the numbers, each with its reason. */

import { inferPlan } from '@duet/ops';
import type { BackendName, Plan } from '@duet/protocol';

export const watchdogLimits = {
  /** An op. The largest product that the default `opCost` allows takes 8 s on wasm. */
  opTimeoutMs: 30_000,
  /** From the script's load to a backend that runs: some megabytes on a slow line, and wasm compiled on a slow machine. */
  startTimeoutMs: 60_000,
  /** After an allowance is over, for a page that was itself held up and has an answer waiting. */
  graceMs: 1_000,
  /** Starts in a row that come to nothing: a script that is blocked once is blocked again, a crash may be chance. */
  mostFailedStarts: 3,
  /** Jobs, and bytes of values, that are under way to the worker: as many as keep it busy; the others wait in the page. */
  mostFlying: 1024,
  mostFlyingBytes: 64 * 1024 * 1024,
  /** An op of a plan, whatever its size: what tfjs itself does around it, and the tape of a gradient, on a slow machine. */
  planOpMs: 2,
} as const;

/**
 * Operations in a millisecond that a backend surely does on a slow machine, in the unit of the ops' costs: a tenth of what
 * convolutions with their gradients were measured to do on two shared cores, where products do ten times more.
 */
const costPerMs: Readonly<Record<BackendName, number>> = {
  cpu: 2e4,
  wasm: 3e5,
  webgl: 1e5,
  webgpu: 1e5,
};

/** What of a plan the allowance follows from. */
export interface PlanEffort {
  readonly cost: number;
  readonly ops: number;
}

/** Of a plan that was validated; its limits were checked then, and may have been others than the default ones. */
export function effortOf(plan: Plan): PlanEffort {
  const unlimited = {
    opCost: Number.POSITIVE_INFINITY,
    planCost: Number.POSITIVE_INFINITY,
    planBytes: Number.POSITIVE_INFINITY,
  };
  try {
    return inferPlan(plan, unlimited);
  } catch {
    // Then it cannot be run either: it leaves poison at once.
    return { cost: 0, ops: 0 };
  }
}

/** Milliseconds for one run of a plan; never less than for an op. */
export function planAllowanceMs(
  { cost, ops }: PlanEffort,
  backend: BackendName,
  opTimeoutMs: number,
): number {
  return opTimeoutMs + ops * watchdogLimits.planOpMs + cost / costPerMs[backend];
}
