/** Turns a call in tfjs's own form into an action, after everything about it that public facts tell was checked. */

import { isTensor, type Plain, plainToValue, tensorToValue } from '@duet/engine';
import {
  bindCall,
  type CallFacts,
  findOp,
  inferCall,
  type OpSpec,
  type ResultForm,
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
import type { Outbox } from './outbox';
import type { OwnObjects } from './own-objects';
import { Pointer, type PointerHost, type PointerWords, stateOf } from './pointer';
import type { Scopes } from './scopes';
import { ValueState } from './value-state';

/** What stands for a tensor in a call. */
type Given =
  | { readonly kind: 'pointer'; readonly value: ValueState }
  | { readonly kind: 'local'; readonly value: TensorValue };

/**
 * Literals of one action together. A call with many of them stays well under the limit of a message; what does not fit
 * travels by Put like a large one.
 */
const inlineBytesPerAction = limits.messageBytes / 4;

export interface RecorderParts {
  readonly host: PointerHost;
  readonly outbox: Outbox;
  readonly objects: OwnObjects;
  readonly scopes: Scopes;
  readonly limits: SessionLimits;
  readonly takeId: () => number;
  /** Throws the reason where the link has ended. */
  readonly checkOpen: () => void;
}

const noWords: PointerWords = { tags: [], description: '', columns: [] };

export interface SendOptions {
  readonly tags?: readonly string[];
  readonly description?: string;
  /** Breaks the transfer off; the pointer is then unusable. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
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
    const spec = findOp(op);
    if (spec === undefined)
      throw new DuetError('unsupported-op', { detail: `There is no op ${op}.` });
    this.#parts.checkOpen();
    const given = withSeed(spec, this.#bind(spec, args));
    const inline = inlineOnes(given);
    const facts = inferCall(
      spec,
      given.map((arg) => mapArg(arg, (one) => factOf(one, inline))),
      { opCost: this.#parts.limits.opCost },
    );
    return this.#record(spec, given, inline, facts);
  }

  #bind(spec: OpSpec, args: readonly unknown[]): Arg<Given>[] {
    return bindCall<Given>(spec, args, {
      tensor: (value) => this.#tensor(spec, value),
      literal: (value: unknown, dtypeHint?: DType) => ({
        kind: 'local',
        value: plainToValue(value as Plain, dtypeHint === undefined ? {} : { dtype: dtypeHint }),
      }),
    });
  }

  #tensor(spec: OpSpec, value: unknown): Given | undefined {
    if (value instanceof Pointer) {
      const { host, value: state } = stateOf(value);
      if (host !== this.#parts.host) {
        throw new DuetError('bad-argument', {
          detail: `${spec.name}: pointer ${state.id} is of another duet.`,
          hint: 'Values of two duets meet only here: get() one and send() it.',
        });
      }
      state.checkUsable();
      return { kind: 'pointer', value: state };
    }
    if (isTensor(value)) return { kind: 'local', value: tensorToValue(value) };
    return undefined;
  }

  #record(
    spec: OpSpec,
    args: readonly Arg<Given>[],
    inline: ReadonlySet<Given>,
    facts: CallFacts,
  ): unknown {
    const { outbox, objects, takeId } = this.#parts;
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
    const readable = tensorsOf(args).every((one) => one.kind === 'local' || one.value.readable);
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
    return assemble(
      facts.form,
      states.map((value, output) => this.#pointer(value, output, noWords)),
    );
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
    const { outbox, objects, takeId, checkOpen } = this.#parts;
    checkOpen();
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
    const { tags, description } = words;
    const sent = outbox.put({ kind: 'put', id, meta, tags, description }, bytes, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (count: number) => onProgress(count, bytes.length) }),
    });
    sent.catch(() => {
      if (signal?.aborted !== true || state.hasEnded) return;
      // The owner's side sees the transfer cut and lets go of the id by itself.
      state.abandon('aborted');
      objects.lost(id, 'aborted');
    });
    return this.#pointer(state, 0, words, sent);
  }

  #pointer(value: ValueState, output: number, words: PointerWords, sent?: Promise<void>): Pointer {
    const { host, objects, scopes } = this.#parts;
    const pointer = new Pointer({ host, value, words, ...(sent && { sent }) });
    objects.track(pointer, value, output);
    scopes.made(pointer);
    return pointer;
  }
}

/**
 * The seed of a random op belongs to the call, so that what it draws follows from what was sent. Where the caller names
 * none, as one rarely does in tfjs, one is drawn.
 */
function withSeed(spec: OpSpec, args: readonly Arg<Given>[]): readonly Arg<Given>[] {
  const at = spec.params.findIndex(({ name }) => name === 'seed');
  const given = args[at]?.kind ?? 'absent';
  if (spec.dataDependence !== 'random' || at === -1 || given !== 'absent') return args;
  const seed = 1 + ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % (2 ** 31 - 1));
  const length = Math.max(args.length, at + 1);
  return Array.from(
    { length },
    (_, index): Arg<Given> =>
      index === at ? { kind: 'number', number: seed } : (args[index] ?? { kind: 'absent' }),
  );
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
  if (one.kind === 'pointer') return { meta: one.value.meta };
  // Only what the owner's side sees as a literal may count as one in the checks.
  return inline.has(one) ? { meta: one.value.meta, literal: one.value } : { meta: one.value.meta };
}

function operandOf(one: Given, putId: number | undefined): Operand {
  if (one.kind === 'pointer') return { kind: 'ref', ref: one.value.ref };
  return putId === undefined
    ? { kind: 'literal', value: one.value }
    : { kind: 'ref', ref: { space: 'own', id: putId, path: [] } };
}

/** The pointers in the form in which tfjs returns its tensors. */
function assemble(form: ResultForm, pointers: readonly Pointer[]): unknown {
  if (form.kind === 'single') return pointers[0];
  if (form.kind === 'fields') {
    return Object.fromEntries(form.fields.map((field, index) => [field, pointers[index]]));
  }
  return [...pointers];
}
