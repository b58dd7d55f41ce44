/** Turns a call in tfjs's own form into an action, after everything about it that public facts tell was checked. */

import { isTensor, type Plain, plainToValue, tensorToValue } from '@duet/engine';
import {
  bindCall,
  type CallFacts,
  findOp,
  inferCall,
  type OpSpec,
  type ResultForm,
  sameMeta,
  showMeta,
} from '@duet/ops';
import {
  type Arg,
  type DType,
  DuetError,
  limits,
  mapArg,
  type Operand,
  type SessionLimits,
  type TensorMeta,
  type TensorValue,
  tensorsOf,
} from '@duet/protocol';
import type { Given } from './given';
import type { Mocks } from './mocks';
import type { Outbox } from './outbox';
import type { OwnObjects } from './own-objects';
import { isReadable } from './plan-calls';
import { Pointer, type PointerHost, type PointerWords, stateOf } from './pointer';
import { type OnProgress, telling } from './progress';
import { Symbolic } from './recording';
import type { Scopes } from './scopes';
import type { Tracer } from './tracer';
import { ValueState } from './value-state';
import { RemoteVariable } from './variables';

/**
 * Literals of one action together. A call with many of them stays well under the limit of a message; what does not fit
 * travels by Put like a large one.
 */
const inlineBytesPerAction = limits.messageBytes / 4;

export interface RecorderParts {
  readonly host: PointerHost;
  readonly outbox: Outbox;
  readonly objects: OwnObjects;
  readonly scopes: Scopes<Pointer>;
  readonly tracer: Tracer;
  readonly mocks: Mocks;
  readonly limits: SessionLimits;
  readonly takeId: () => number;
  /** Why the owner's engine cannot run an op; undefined where it can. */
  readonly lacking: (op: string) => DuetError | undefined;
  /** Throws the reason where the link has ended. */
  readonly checkOpen: () => void;
}

const noWords: PointerWords = { tags: [], description: '', columns: [] };

export interface SendOptions {
  readonly tags?: readonly string[];
  readonly description?: string;
  /** Breaks the transfer off; the pointer is then unusable. */
  readonly signal?: AbortSignal;
  /** Called as the bytes leave: `(sentBytes, totalBytes, bytesPerSec)`. */
  readonly onProgress?: OnProgress;
}

export class Recorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /**
   * Records a call and returns pointers on what it will give. Throws, before anything is sent, `unsupported-op`,
   * `bad-argument`, `too-costly`, `too-large`, `disposed` and what else has become of a pointer, or why the duet has ended.
   */
  call(op: string, args: readonly unknown[]): unknown {
    const { spec, given } = this.#bind(op, args);
    const { form, states } = this.#run(spec, given);
    return assemble(
      form,
      states.map((value, output) => this.pointer(value, output)),
    );
  }

  /**
   * As call, for an op with one result, which nobody has a pointer on yet. Throws `bad-argument` where that would not be
   * `wanted`.
   */
  callForValue(op: string, args: readonly unknown[], wanted?: TensorMeta): ValueState {
    const { spec, given } = this.#bind(op, args);
    return this.#single(spec, given, wanted);
  }

  /** Another value with the same elements. */
  copy(given: Given, wanted?: TensorMeta): ValueState {
    const spec = findOp('clone');
    if (spec === undefined) throw new DuetError('internal');
    this.#parts.checkOpen();
    return this.#single(spec, [{ kind: 'tensor', tensor: given }], wanted);
  }

  #single(spec: OpSpec, given: readonly Arg<Given>[], wanted: TensorMeta | undefined): ValueState {
    const { states } = this.#run(spec, given, wanted);
    const [state] = states;
    if (state === undefined || states.length > 1) throw new DuetError('internal');
    return state;
  }

  #bind(op: string, args: readonly unknown[]): { spec: OpSpec; given: readonly Arg<Given>[] } {
    const spec = findOp(op);
    if (spec === undefined) {
      throw new DuetError('unsupported-op', { detail: `There is no op ${op}.` });
    }
    const { checkOpen, lacking } = this.#parts;
    checkOpen();
    const why = lacking(op);
    if (why !== undefined) throw why;
    const given = bindCall<Given>(spec, args, {
      tensor: (value) => this.#tensor(value, spec.name),
      literal: localOf,
    });
    return { spec, given };
  }

  /**
   * What stands for a tensor: a pointer, a tensor of the local tfjs, a number or an array, which are read as `dtype` where
   * their own does not say. `what` is for error texts.
   */
  given(value: unknown, what: string, dtype?: DType): Given {
    return this.#tensor(value, what) ?? localOf(value, dtype);
  }

  #tensor(value: unknown, what: string): Given | undefined {
    if (value instanceof Pointer) {
      const { host, value: state } = stateOf(value);
      if (host !== this.#parts.host) {
        throw new DuetError('bad-argument', {
          detail: `${what}: pointer ${value.id} is of another duet.`,
          hint: 'Values of two duets meet only here: get() one and send() it.',
        });
      }
      this.#parts.tracer.checkUsable(state);
      return value instanceof RemoteVariable
        ? { kind: 'variable', variable: value }
        : { kind: 'pointer', value: state, keep: value };
    }
    // Two mentions of a tensor are one thing; what a variable of tfjs holds changes with its data.
    if (isTensor(value)) return { kind: 'local', value: tensorToValue(value), key: value.dataId };
    return undefined;
  }

  #run(
    spec: OpSpec,
    given: readonly Arg<Given>[],
    wanted?: TensorMeta,
  ): { form: ResultForm; states: readonly ValueState[] } {
    const { tracer, limits: session } = this.#parts;
    const recording = tracer.current;
    if (recording !== undefined) {
      const { args, salted } = withSeed(spec, given, () => recording.nextSeed());
      const places = args.map((arg) => mapArg(arg, (one) => recording.place(one)));
      const known = places.map((arg) => mapArg(arg, (place) => recording.factAt(place)));
      const facts = inferCall(spec, known, { opCost: session.opCost });
      checkWanted(spec, facts, wanted);
      return { form: facts.form, states: recording.op(spec, places, facts, salted) };
    }
    const { args } = withSeed(spec, given, drawSeed);
    const inline = inlineOnes(args);
    const known = args.map((arg) => mapArg(arg, (one) => factOf(one, inline)));
    const facts = inferCall(spec, known, { opCost: session.opCost });
    checkWanted(spec, facts, wanted);
    return { form: facts.form, states: this.#record(spec, args, inline, facts) };
  }

  #record(
    spec: OpSpec,
    args: readonly Arg<Given>[],
    inline: ReadonlySet<Given>,
    facts: CallFacts,
  ): readonly ValueState[] {
    const { outbox, objects, takeId, mocks } = this.#parts;
    const puts = new Map<Given, number>();
    for (const one of tensorsOf(args)) {
      if (one.kind === 'local' && !inline.has(one) && !puts.has(one)) puts.set(one, takeId());
    }
    const id = takeId();
    for (const [one, putId] of puts) {
      if (one.kind === 'local') this.#putTemporary(putId, one.value);
    }
    try {
      outbox.send({
        kind: 'action',
        id,
        op: spec.name,
        args: args.map((arg) => mapArg(arg, (one) => operandOf(one, puts.get(one)))),
      });
    } finally {
      // After the action where it was sent, and else for nothing.
      for (const putId of puts.values()) objects.dropNow(putId);
    }
    const readable = tensorsOf(args).every(isReadable);
    const states = facts.outputs.map(
      (meta, index) =>
        new ValueState({
          // The owner's side numbers outputs only where there are several.
          ref: { space: 'own', id, path: facts.outputs.length === 1 ? [] : [index] },
          meta,
          origin: 'derived',
          madeBy: spec.name,
          readable,
        }),
    );
    objects.add(id, states);
    mocks.op(spec.name, args, states);
    return states;
  }

  /** A value too large for a literal; it is dropped when its action is recorded. */
  #putTemporary(id: number, { meta, bytes }: TensorValue): void {
    this.#parts.objects.add(id, []);
    this.#parts.outbox
      .put({ kind: 'put', id, meta, tags: [], description: '' }, bytes, {})
      // It fails with the link alone, which tells everyone who waits.
      .catch(() => undefined);
  }

  /** A value of the scientist's own: its bytes leave in the background. */
  send(value: TensorValue, words: PointerWords, options: SendOptions): Pointer {
    const { outbox, objects, takeId, checkOpen, tracer, mocks } = this.#parts;
    checkOpen();
    tracer.checkNotRecording('send()');
    const { signal, onProgress } = options;
    if (signal?.aborted === true) throw new DuetError('aborted');
    const { meta, bytes } = value;
    const id = takeId();
    const state = new ValueState({
      ref: { space: 'own', id, path: [] },
      meta,
      origin: 'sent',
      madeBy: 'send',
      readable: true,
    });
    objects.add(id, [state]);
    mocks.sent(state, value);
    const { tags, description } = words;
    const sent = outbox.put({ kind: 'put', id, meta, tags, description }, bytes, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress: telling(onProgress, bytes.length) }),
    });
    sent.catch(() => {
      if (signal?.aborted !== true || state.hasEnded) return;
      // The owner's side sees the transfer cut and lets go of the id by itself.
      state.abandon('aborted');
      objects.lost(id, 'aborted');
    });
    return this.pointer(state, 0, words, sent);
  }

  /** A pointer on a value of before a reload: it stays until it is disposed, since the program does not have it yet. */
  hold(value: ValueState, words: PointerWords): void {
    const pointer = new Pointer({ host: this.#parts.host, value, words });
    value.pointer = { deref: () => pointer };
  }

  /** A pointer on a new value, which is that output of its id. */
  pointer(
    value: ValueState,
    output: number,
    words: PointerWords = noWords,
    sent?: Promise<void>,
  ): Pointer {
    const { host, objects, scopes } = this.#parts;
    const pointer = new Pointer({ host, value, words, ...(sent && { sent }) });
    if (!(value instanceof Symbolic)) objects.track(pointer, value, output);
    scopes.made(pointer);
    return pointer;
  }
}

/** A variable keeps its shape and dtype. */
function checkWanted(
  { name }: OpSpec,
  { outputs }: CallFacts,
  wanted: TensorMeta | undefined,
): void {
  const [made] = outputs;
  if (wanted === undefined || (made !== undefined && sameMeta(made, wanted))) return;
  throw new DuetError('bad-argument', {
    detail: `${name}: a variable of ${showMeta(wanted)} cannot be assigned ${showMeta(made)}.`,
  });
}

/** Whatever is written for a tensor and is none. */
function localOf(value: unknown, dtype?: DType): Given {
  const made = plainToValue(value as Plain, dtype === undefined ? {} : { dtype });
  return { kind: 'local', value: made, key: made };
}

/** Positive, and within what tfjs takes for any of its ops. */
export function drawSeed(): number {
  return 1 + ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % (2 ** 31 - 1));
}

/**
 * The seed of a random op belongs to the call, so that what it draws follows from what was sent. Where the caller names
 * none, as one rarely does in tfjs, it gets the next one.
 */
function withSeed(
  spec: OpSpec,
  args: readonly Arg<Given>[],
  next: () => number,
): { args: readonly Arg<Given>[]; salted: boolean } {
  const at = spec.params.findIndex(({ name }) => name === 'seed');
  const given = args[at]?.kind ?? 'absent';
  if (spec.dataDependence !== 'random' || at === -1 || given !== 'absent') {
    return { args, salted: false };
  }
  const seed: Arg<Given> = { kind: 'number', number: next() };
  const length = Math.max(args.length, at + 1);
  const seeded = Array.from(
    { length },
    (_, index): Arg<Given> => (index === at ? seed : (args[index] ?? { kind: 'absent' })),
  );
  return { args: seeded, salted: true };
}

/** The local values that travel inside the action. */
function inlineOnes(args: readonly Arg<Given>[]): Set<Given> {
  const inline = new Set<Given>();
  let room = inlineBytesPerAction;
  for (const one of tensorsOf(args)) {
    if (one.kind !== 'local') continue;
    const size = one.value.bytes.length;
    if (size > limits.literalBytes || size > room) continue;
    room -= size;
    inline.add(one);
  }
  return inline;
}

function factOf(
  one: Given,
  inline: ReadonlySet<Given>,
): { meta: TensorMeta; literal?: TensorValue } {
  if (one.kind !== 'local') return { meta: stateOfGiven(one).meta };
  // Only what the owner's side sees as a literal may count as one in the checks.
  return inline.has(one) ? { meta: one.value.meta, literal: one.value } : { meta: one.value.meta };
}

function operandOf(one: Given, putId: number | undefined): Operand {
  if (one.kind !== 'local') return { kind: 'ref', ref: stateOfGiven(one).ref };
  return putId === undefined
    ? { kind: 'literal', value: one.value }
    : { kind: 'ref', ref: { space: 'own', id: putId, path: [] } };
}

/** The version that is current now. */
function stateOfGiven(one: Exclude<Given, { kind: 'local' }>): ValueState {
  if (one.kind === 'pointer') return one.value;
  if (one.kind === 'variable') return stateOf(one.variable).value;
  throw new DuetError('internal');
}

/** The pointers in the form in which tfjs returns its tensors. */
function assemble(form: ResultForm, pointers: readonly Pointer[]): unknown {
  if (form.kind === 'single') return pointers[0];
  if (form.kind === 'fields') {
    return Object.fromEntries(form.fields.map((field, index) => [field, pointers[index]]));
  }
  return [...pointers];
}
