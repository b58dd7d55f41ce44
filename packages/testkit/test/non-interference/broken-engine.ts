/** Engines in which something on private values goes wrong, in one world and not in the other. */

import type { Engine, Step } from '@duet/ops';
import { type TensorValue, tensorsOf } from '@duet/protocol';
import { wrappedEngine } from '../../src/raw-pair';
import type { EngineMode } from './programs';
import { differingIn, type World } from './worlds';

/** No slot: what is computed from it fails. */
const nowhere = 1e9;

/** Keeps count of the steps that go wrong. */
export interface Failures {
  count: number;
}

/**
 * The engine of one scientist in one world: what is computed from its private values goes wrong now and then, or takes the
 * whole engine with it. What does not depend on them is never touched.
 */
export function brokenEngine(
  engine: Engine,
  mode: EngineMode,
  world: World,
  failures: Failures,
): Engine {
  if (mode === 'sound' || !world.secret) return engine;
  const isPrivate = valuesOf(world);
  return failingWhere(engine, isPrivate, (step, spoilt) => {
    failures.count += 1;
    if (mode === 'fails') {
      engine.run(spoilt);
      return;
    }
    engine.run(step);
    // Not always: an engine that is lost at each step computes nothing.
    if (failures.count % 3 === 1) queueMicrotask(() => engine.restart());
  });
}

/** Tells the private values of a world. */
export function valuesOf(world: World): (value: TensorValue) => boolean {
  const known = new Set<TensorValue>(Object.values(differingIn(world)));
  return (value) => known.has(value);
}

/**
 * An engine in which some steps on private values are run otherwise: `run` has the step as it was given, and as it goes
 * wrong.
 */
export function failingWhere(
  engine: Engine,
  isPrivate: (value: TensorValue) => boolean,
  run: (step: Step, spoilt: Step) => void,
): Engine {
  const tainted = new Set<number>();
  return wrappedEngine(engine, {
    put: (slot, value) => {
      if (isPrivate(value)) tainted.add(slot);
      engine.put(slot, value);
    },
    run: (step) => {
      const inputs = step.kind === 'plan' ? step.inputs : tensorsOf(step.args);
      if (!inputs.some((slot) => tainted.has(slot))) return engine.run(step);
      // Outputs of a plan that depend on nothing private go wrong with the others: what may be read is made once more.
      for (const slot of step.outputs) tainted.add(slot);
      if (isSpared(step)) engine.run(step);
      else run(step, spoilt(step, tainted));
    },
  });
}

/** Of the ops, two in three. */
function isSpared(step: Step): boolean {
  return step.kind !== 'plan' && (step.op.length + step.op.charCodeAt(0)) % 3 !== 0;
}

function spoilt(step: Step, tainted: ReadonlySet<number>): Step {
  if (step.kind !== 'plan') return { ...step, args: [] };
  return { ...step, inputs: step.inputs.map((slot) => (tainted.has(slot) ? nowhere : slot)) };
}
