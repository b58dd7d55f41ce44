/** The variables of a session: how they are made, named, and given new versions. */

import { DuetError, type TensorMeta } from '@duet/protocol';
import type { Given } from './given';
import type { OwnObjects } from './own-objects';
import { checkAssignable } from './planner';
import type { Recorder } from './recorder';
import { Symbolic } from './recording';
import type { Tracer } from './tracer';
import type { ValueState } from './value-state';
import { cellOf, RemoteVariable, type VariableHost } from './variables';

export interface VariableTableParts {
  readonly host: VariableHost;
  readonly objects: OwnObjects;
  readonly tracer: Tracer;
  readonly recorder: () => Recorder;
  /** Lets go of a version. */
  readonly dispose: (value: ValueState, at: Error) => void;
}

export interface VariableOptions {
  readonly trainable: boolean;
  readonly name: string | undefined;
}

export class VariableTable {
  readonly #parts: VariableTableParts;
  /** Weakly, so that one that was forgotten can be collected. */
  readonly #named = new Map<string, WeakRef<RemoteVariable>>();
  #next = 0;

  constructor(parts: VariableTableParts) {
    this.#parts = parts;
  }

  /** As `tf.variable`. Throws `bad-argument` for a name that another one has. */
  make(
    init: unknown,
    { trainable, name }: VariableOptions,
    dtype: TensorMeta['dtype'] | undefined,
  ): RemoteVariable {
    const { tracer, recorder } = this.#parts;
    tracer.checkNotRecording('variable()');
    const called = name ?? this.#freeName();
    if (this.#find(called) !== undefined) {
      throw new DuetError('bad-argument', {
        detail: `Variable with name ${called} was already registered.`,
      });
    }
    const given = recorder().given(init, 'variable', dtype);
    const value =
      dtype === undefined || given.kind === 'live' || dtype === dtypeOf(given)
        ? recorder().copy(given)
        : recorder().callForValue('cast', [init, dtype]);
    return this.#variable(value, trainable, called, true);
  }

  /** State of an optimizer: it has a name for people, and no place in the list. */
  makeState(shape: readonly number[], initial: number, name: string): RemoteVariable {
    const { recorder } = this.#parts;
    const value =
      initial === 0
        ? recorder().callForValue('zeros', [shape])
        : recorder().callForValue('fill', [shape, initial]);
    return this.#variable(value, false, name, false);
  }

  #variable(value: ValueState, trainable: boolean, name: string, listed: boolean): RemoteVariable {
    const { host, objects } = this.#parts;
    const number = this.#next;
    this.#next += 1;
    const variable = new RemoteVariable({ host, value, number, name, trainable });
    objects.track(variable, value, 0);
    if (listed) this.#named.set(name, new WeakRef(variable));
    return variable;
  }

  #freeName(): string {
    let at = this.#next;
    while (this.#find(String(at)) !== undefined) at += 1;
    return String(at);
  }

  #find(name: string): RemoteVariable | undefined {
    const found = this.#named.get(name)?.deref();
    // One that is gone, with the owner's page, does not keep its name from the next.
    if (found !== undefined && !cellOf(found).value.hasEnded) return found;
    this.#named.delete(name);
    return undefined;
  }

  /** Throws `bad-argument`. */
  byName(name: string): RemoteVariable {
    const found = this.#find(name);
    if (found !== undefined) return found;
    throw new DuetError('bad-argument', { detail: `There is no variable of the name ${name}.` });
  }

  assign(variable: RemoteVariable, value: unknown): void {
    const { recorder, tracer } = this.#parts;
    checkAssignable(variable);
    const wanted = cellOf(variable).value.meta;
    const given = recorder().given(value, 'assign', wanted.dtype);
    const recording = tracer.current;
    if (recording === undefined) {
      this.#take(variable, recorder().copy(given, wanted));
      return;
    }
    const place = recording.place(given);
    checkSame(variable, wanted, recording.metaAt(place));
    recording.assign(variable, recording.symbolic(place, 'assign'));
  }

  change(variable: RemoteVariable, op: string, args: readonly unknown[]): void {
    const { recorder, tracer } = this.#parts;
    checkAssignable(variable);
    const value = recorder().callForValue(op, args, cellOf(variable).value.meta);
    if (value instanceof Symbolic) tracer.current?.assign(variable, value);
    else this.#take(variable, value);
  }

  #take(variable: RemoteVariable, value: ValueState): void {
    const before = cellOf(variable).value;
    this.rebind(variable, value, 0);
    this.#parts.dispose(before, new Error('The variable was assigned here.'));
  }

  /** Makes a value the current version. Whoever calls it lets go of the one before. */
  rebind(variable: RemoteVariable, value: ValueState, output: number): void {
    cellOf(variable).value = value;
    this.#parts.objects.track(variable, value, output);
  }

  dispose(variable: RemoteVariable, at: Error): void {
    if (this.#named.get(variable.name)?.deref() === variable) this.#named.delete(variable.name);
    this.#parts.dispose(cellOf(variable).value, at);
  }
}

function dtypeOf(given: Exclude<Given, { kind: 'live' }>): TensorMeta['dtype'] {
  return given.kind === 'variable' ? given.variable.dtype : given.value.meta.dtype;
}

function checkSame(variable: RemoteVariable, wanted: TensorMeta, given: TensorMeta): void {
  const same = wanted.dtype === given.dtype && wanted.shape.join() === given.shape.join();
  if (same) return;
  throw new DuetError('bad-argument', {
    detail: `assign: variable ${variable.id} is ${wanted.dtype} [${wanted.shape.join(', ')}], and cannot be assigned ${given.dtype} [${given.shape.join(', ')}].`,
  });
}
