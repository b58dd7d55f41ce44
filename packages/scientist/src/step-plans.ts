/** The plans of a training run: one step, for the batch size and for the shorter last batch. */

import { showMeta } from '@duet/ops';
import { DuetError, type Plan, type TensorMeta, tensorMeta } from '@duet/protocol';
import { type Given, keyOf, type LiveNumber } from './given';
import { isValue, type Planner, type Traced } from './planner';
import type { PlanResult } from './plans';
import { Pointer } from './pointer';
import type { Effect, Place } from './recording';
import { flatten } from './structure';
import type { RemoteVariable } from './variables';

/** Takes one batch of each data tensor; gives the reports by name, or one, which is then called `loss`. */
export type StepFunction = (...batch: Pointer[]) => PlanResult;

export interface StepPlans {
  readonly plan: Plan;
  /** For the shorter last batch. */
  readonly lastPlan: Plan | undefined;
  /** The variables that a step assigns, in order. */
  readonly state: readonly RemoteVariable[];
  /** Names of the reports, in order. */
  readonly reports: readonly string[];
  /** Numbers that change from step to step. */
  readonly schedules: readonly LiveNumber[];
  /** All else that a step uses. */
  readonly fixed: readonly Given[];
  readonly effects: readonly Effect[];
}

export interface StepOptions {
  readonly name: string;
  readonly step: StepFunction;
  readonly data: readonly TensorMeta[];
  readonly batchSize: number;
  /** Records of the shorter last batch; 0: there is none, or it is left out. */
  readonly lastSize: number;
  /** Is this number one that changes from step to step? */
  readonly scheduled: (live: LiveNumber) => boolean;
  /** Which reports are wanted; undefined for all. */
  readonly wanted: readonly string[] | undefined;
}

interface TracedStep {
  readonly traced: Traced;
  readonly names: readonly string[];
  /** In the order of the names. */
  readonly places: readonly Place[];
}

/** Records the step. Throws what it throws, and `bad-argument` where it cannot be a step. */
export function stepPlans(planner: Planner, options: StepOptions): StepPlans {
  const whole = traceStep(planner, options, options.batchSize);
  const last = options.lastSize > 0 ? traceStep(planner, options, options.lastSize) : undefined;
  const { assigned } = whole.traced;
  if (assigned.length === 0) {
    throw wrong('The step changes no variable, so that there is nothing to train.');
  }
  if (last !== undefined) checkSame(whole, last);
  const known = new Map<object, Given>();
  for (const step of [whole, ...(last ? [last] : [])]) {
    for (const { given } of capturesOf(step)) known.set(keyOf(given), given);
  }
  const others = [...known.values()].filter(
    (given) => given.kind !== 'variable' || !assigned.includes(given.variable),
  );
  const isSchedule = (given: Given) => given.kind === 'live' && options.scheduled(given.live);
  const schedules = others.filter(isSchedule);
  const fixed = others.filter((given) => !isSchedule(given));
  const toPlan = (step: TracedStep) => planOf(options.name, step, assigned, schedules, fixed);
  return {
    plan: toPlan(whole),
    lastPlan: last && toPlan(last),
    state: assigned,
    reports: whole.names,
    schedules: schedules.flatMap((given) => (given.kind === 'live' ? [given.live] : [])),
    fixed,
    effects: whole.traced.recording.effects,
  };
}

function traceStep(planner: Planner, options: StepOptions, size: number): TracedStep {
  const { step, data, wanted } = options;
  let names: readonly string[] = [];
  const inputs = data.map(({ dtype, shape, elementBytes }) => ({
    meta: tensorMeta(dtype, [size, ...shape.slice(1)], elementBytes),
  }));
  const traced = planner.trace(inputs, (...batch) => {
    const reports = reportsOf(step(...batch)).filter(([name]) => wanted?.includes(name) ?? true);
    names = reports.map(([name]) => name);
    return reports.map(([name, value]) => asReport(planner, name, value));
  });
  const missing = wanted?.find((name) => !names.includes(name));
  if (missing !== undefined) throw wrong(`The step gives no report of the name “${missing}”.`);
  return { traced, names, places: traced.results };
}

/** A single value is the loss. */
function reportsOf(result: PlanResult): [string, unknown][] {
  if (result === undefined || result === null) return [];
  if (isValue(result)) return [['loss', result]];
  if (typeof result !== 'object' || Array.isArray(result)) {
    throw wrong('A step gives its reports as an object of scalars by name.');
  }
  return Object.entries(result);
}

/** Reports are means over several steps, and so float32. */
function asReport(planner: Planner, name: string, value: unknown): unknown {
  const { leaves, structure } = flatten(value, isValue, 'Reports');
  const [leaf] = leaves;
  if (structure.kind !== 'leaf') throw wrong(`Report “${name}” is not one value.`);
  const given = planner.recorder.given(leaf, 'report');
  const place = planner.current.place(given);
  const meta = planner.current.metaAt(place);
  if (meta.shape.length > 0 || meta.dtype === 'string' || meta.dtype === 'complex64') {
    throw wrong(`Report “${name}” must be a scalar, not ${showMeta(meta)}.`);
  }
  if (meta.dtype === 'float32') return leaf;
  const pointer = leaf instanceof Pointer ? leaf : planner.pointerAt(place, name);
  return planner.recorder.call('cast', [pointer, 'float32']);
}

function capturesOf({ traced }: TracedStep): ReturnType<Traced['recording']['capturesFor']> {
  return traced.recording.capturesFor(traced.outputs);
}

/** State, batch, schedules and fixed values in; state and reports out. */
function planOf(
  name: string,
  { traced, places }: TracedStep,
  state: readonly RemoteVariable[],
  schedules: readonly Given[],
  fixed: readonly Given[],
): Plan {
  const { recording, assigned, results, outputs } = traced;
  const captured = (given: Given) => recording.capture(given);
  const last = outputs.slice(results.length);
  return recording.toPlan(
    name,
    [
      ...state.map((variable) => captured({ kind: 'variable', variable })),
      ...recording.inputs,
      ...schedules.map(captured),
      ...fixed.map(captured),
    ],
    [...state.map((variable) => last[assigned.indexOf(variable)] ?? -1), ...places],
  );
}

function checkSame(whole: TracedStep, last: TracedStep): void {
  const same =
    whole.traced.assigned.length === last.traced.assigned.length &&
    whole.traced.assigned.every((variable) => last.traced.assigned.includes(variable)) &&
    whole.names.join('\n') === last.names.join('\n');
  if (!same) {
    throw wrong(
      'The step changes other variables, or gives other reports, for the shorter last batch.',
    );
  }
}

/** Throws where the data tensors cannot be cut together. */
export function recordsOf(data: readonly TensorMeta[]): number {
  const [first] = data;
  const records = first?.shape[0];
  if (first === undefined) throw wrong('There is no data.');
  for (const meta of data) {
    if (meta.shape.length === 0 || meta.dtype === 'string') {
      throw wrong(`Data must be tensors with a record axis, not ${showMeta(meta)}.`);
    }
    if (meta.shape[0] !== records) {
      throw wrong(`Data tensors share their first axis: ${records} and ${meta.shape[0]} differ.`);
    }
  }
  return records ?? 0;
}

function wrong(detail: string): DuetError {
  return new DuetError('bad-argument', { detail: `train: ${detail}` });
}
