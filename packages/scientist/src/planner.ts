/** Records functions, and has what they make called with one message. */

import { isTensor } from '@duet/engine';
import { DuetError, type Plan } from '@duet/protocol';
import type { Given, LiveNumber } from './given';
import { type Definition, drawsAnew, type PlanCalls } from './plan-calls';
import { Pointer } from './pointer';
import { drawSeed, type Recorder } from './recorder';
import { type Effect, liveMeta, type Place, type Recording, Symbolic } from './recording';
import { flatten, rebuild, type Structure } from './structure';
import type { DeclaredInput, Tracer } from './tracer';
import type { ValueState } from './value-state';
import { cellOf, type RemoteVariable } from './variables';

export interface PlannerParts {
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  readonly calls: PlanCalls;
  readonly checkOpen: () => void;
  /** Makes a value the variable's version; the one before was let go of already. */
  readonly rebind: (variable: RemoteVariable, value: ValueState, output: number) => void;
}

/** A function that was recorded. */
export interface Traced {
  readonly recording: Recording;
  /** What it returned. */
  readonly structure: Structure;
  readonly results: readonly Place[];
  /** Variables that it assigned, and their last values. */
  readonly assigned: readonly RemoteVariable[];
  /** The results, then what was assigned. */
  readonly outputs: readonly Place[];
}

/** A plan with what a call of it needs beside its declared inputs, and what becomes of its outputs. */
export interface Composed {
  readonly plan: Plan;
  readonly captures: readonly Given[];
  readonly structure: Structure;
  readonly results: number;
  readonly assigned: readonly RemoteVariable[];
  readonly effects: readonly Effect[];
}

/** A value that may be returned by a recorded function, or carried by a loop. */
export function isValue(value: unknown): boolean {
  return (
    value instanceof Pointer ||
    isTensor(value) ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  );
}

export class Planner {
  readonly #parts: PlannerParts;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  get tracer(): Tracer {
    return this.#parts.tracer;
  }

  get recorder(): Recorder {
    return this.#parts.recorder;
  }

  get calls(): PlanCalls {
    return this.#parts.calls;
  }

  /** The recording that is under way. Throws `internal` where there is none. */
  get current(): Recording {
    const { current } = this.#parts.tracer;
    if (current === undefined) throw new DuetError('internal');
    return current;
  }

  /** A pointer on a value of the recording under way. */
  pointerAt(place: Place, madeBy: string): Pointer {
    return this.recorder.pointer(this.current.symbolic(place, madeBy), 0);
  }

  /** A number that is an input of the plan, looked up at each call. */
  live(live: LiveNumber): Pointer {
    const place = this.current.place({ kind: 'live', live, meta: liveMeta });
    return this.pointerAt(place, live.name);
  }

  /** Records a function of pointers. Throws what it throws, and `bad-argument` for one that returns a promise. */
  trace(
    inputs: readonly DeclaredInput[],
    fn: (...pointers: Pointer[]) => unknown,
    tensorsAreInputs = false,
  ): Traced {
    const { tracer, recorder } = this.#parts;
    const trace = (places: readonly Place[], under: Recording) => {
      const pointers = places.map((place, at) => this.pointerAt(place, `input ${at}`));
      const flat = flatten(checkSync(fn(...pointers)), isValue, 'What a recorded function returns');
      const results = flat.leaves.map((leaf) =>
        under.place(recorder.given(leaf, 'A recorded function')),
      );
      return { structure: flat.structure, results };
    };
    const { recording, result } = tracer.record(inputs, trace, tensorsAreInputs);
    const assigned = [...recording.assigned];
    return {
      recording,
      ...result,
      assigned: assigned.map(([variable]) => variable),
      outputs: [...result.results, ...assigned.map(([, { place }]) => place)],
    };
  }

  /** The plan of a function: its declared inputs, then what else it needs. */
  compose(traced: Traced, name: string): Composed {
    const { recording, structure, results, assigned, outputs } = traced;
    const captures = recording.capturesFor(outputs);
    const inputs = [...recording.inputs, ...captures.map(({ place }) => place)];
    return {
      plan: recording.toPlan(name, inputs, outputs),
      captures: captures.map(({ given }) => given),
      structure,
      results: results.length,
      assigned,
      effects: recording.effects,
    };
  }

  /**
   * Runs a function as a part of the recording under way; where there is none, as a plan of its own that is called at once,
   * with one message. Gives what the function returns.
   */
  asOne<R>(name: string, fn: () => R): R {
    if (this.#parts.tracer.current !== undefined) return fn();
    this.#parts.checkOpen();
    // Recorded again at the next call, perhaps with the tensors of another batch: those are no part of the graph.
    const composed = this.compose(this.trace([], fn, true), name);
    if (composed.plan.outputs.length === 0) return rebuild(composed.structure, []) as R;
    const definition = this.calls.defineForNow(composed.plan);
    return this.call(composed, definition, [], undefined) as R;
  }

  /** Calls a plan on the owner's side, and rebinds the variables that it assigns. */
  call(
    composed: Composed,
    definition: Definition,
    args: readonly Given[],
    salt: number | undefined,
  ): unknown {
    const { structure, results, assigned, effects } = composed;
    for (const variable of assigned) checkAssignable(variable);
    const replaced = assigned.map((variable) => cellOf(variable).value);
    const states = this.calls.call(definition, [...args, ...composed.captures], {
      salt: drawsAnew(composed.plan) ? (salt ?? drawSeed()) : 0,
      replaced: replaced.filter((value) => !value.hasEnded),
    });
    const at = new Error('The variable was assigned here.');
    for (const value of replaced) value.dispose(at);
    assigned.forEach((variable, index) => {
      const state = states[results + index];
      if (state !== undefined) this.#parts.rebind(variable, state, results + index);
    });
    for (const effect of effects) effect(1);
    const pointers = states
      .slice(0, results)
      .map((state, output) => this.recorder.pointer(state, output));
    return rebuild(structure, pointers);
  }

  /** The same inside a recording: a node of it. */
  callInside(composed: Composed, { facts }: Definition, args: readonly Given[]): unknown {
    const { plan, captures, structure, results, assigned, effects } = composed;
    const recording = this.current;
    const places = [...args, ...captures].map((given) => {
      this.#checkGiven(given);
      return recording.place(given);
    });
    const symbols = recording.composite(
      { kind: 'call', plan, args: places },
      facts.outputs,
      plan.name === '' ? 'a plan' : `plan “${plan.name}”`,
    );
    this.assignAll(assigned, symbols.slice(results));
    recording.effects.push(...effects);
    return rebuild(structure, this.pointers(symbols.slice(0, results)));
  }

  pointers(states: readonly ValueState[]): Pointer[] {
    return states.map((state, output) => this.recorder.pointer(state, output));
  }

  /** In the recording under way. */
  assignAll(variables: readonly RemoteVariable[], values: readonly ValueState[]): void {
    variables.forEach((variable, at) => {
      const value = values[at];
      if (value instanceof Symbolic) this.current.assign(variable, value);
    });
  }

  #checkGiven(given: Given): void {
    if (given.kind === 'pointer') this.tracer.checkUsable(given.value);
    if (given.kind === 'variable') cellOf(given.variable).value.checkUsable();
  }
}

/** Throws where the variable is gone, or a training run changes it. */
export function checkAssignable(variable: RemoteVariable): void {
  const { value, busyWith } = cellOf(variable);
  value.checkUsable();
  if (busyWith !== undefined) {
    throw new DuetError('bad-argument', {
      detail: `Variable ${variable.id} (${variable.name}) is being changed by ${busyWith}.`,
      hint: 'Wait for its end, or cancel it.',
    });
  }
}

/** What runs after an await is not recorded. */
function checkSync<T>(result: T): T {
  if (
    typeof result === 'object' &&
    result !== null &&
    typeof (result as { then?: unknown }).then === 'function'
  ) {
    (result as unknown as PromiseLike<unknown>).then(undefined, () => undefined);
    throw new DuetError('bad-argument', {
      detail: 'An async function, or one that returns a promise, cannot be recorded.',
      hint: 'Await outside of it.',
    });
  }
  return result;
}
