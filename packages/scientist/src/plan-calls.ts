/** Plans that the owner's side has, and calls of them: one message each. */

import { inferPlan, type PlanFacts } from '@duet/ops';
import {
  DuetError,
  type ErrorCode,
  encodePlan,
  limits,
  type Operand,
  type Plan,
  type SessionLimits,
} from '@duet/protocol';
import { type Given, keyOf } from './given';
import type { Mocks } from './mocks';
import type { Outbox } from './outbox';
import type { OwnObjects } from './own-objects';
import { stateOf } from './pointer';
import { ValueState } from './value-state';

/** A plan as this session knows it. The same graph is one definition, however often it is recorded. */
export interface Definition {
  readonly plan: Plan;
  readonly facts: PlanFacts;
  readonly key: string;
  /** Its id on the owner's side; undefined until it is called for the first time. */
  id: number | undefined;
  /** Those that still want to call it. */
  holders: number;
  /** Why the owner's side refused it. */
  refused: DuetError | undefined;
}

export interface PlanCallsParts {
  readonly outbox: Outbox;
  readonly objects: OwnObjects;
  readonly mocks: Mocks;
  readonly limits: SessionLimits;
  readonly takeId: () => number;
  /** Ops that the owner's engine cannot run. */
  readonly lacking: (op: string) => DuetError | undefined;
}

/** Definitions kept of functions that are recorded anew at each step. One that changes each time must not fill the other side. */
const keptDefinitions = 64;

/** Literals of one call together; what does not fit is sent by Put. */
const inlineBytesPerCall = limits.messageBytes / 4;

/** A plan travels in one message, with a few bytes around it. */
const mostPlanBytes = limits.messageBytes - 64;

/** Values that a message names, and how they travel. */
export interface Operands {
  readonly operands: readonly Operand[];
  /** Ids of values that were sent for this message alone. */
  readonly temporary: readonly number[];
}

export interface CallOptions {
  /** Mixed into seeds that were left out; 0 leaves them as recorded. */
  readonly salt: number;
  /** Values that nobody uses once the call is made. */
  readonly replaced: readonly ValueState[];
}

export class PlanCalls {
  readonly #parts: PlanCallsParts;
  readonly #definitions = new Map<string, Definition>();
  /** Of functions that are recorded at each call, in the order of their last use. */
  readonly #recent = new Set<Definition>();

  constructor(parts: PlanCallsParts) {
    this.#parts = parts;
  }

  /**
   * Checks a plan as the owner's side will, and holds it until `release`. Nothing is sent before the first call. Throws what
   * `inferPlan` throws, and `unsupported-op` for an op that the owner's engine lacks.
   */
  define(plan: Plan): Definition {
    const encoded = encodePlan(plan);
    if (encoded.length > mostPlanBytes) {
      throw new DuetError('too-large', {
        detail: `The plan takes ${encoded.length} bytes, more than the limit of ${mostPlanBytes}.`,
        hint: 'What repeats can be a loop, or a plan of its own that is called several times.',
      });
    }
    const key = new TextDecoder('latin1').decode(encoded);
    const known = this.#definitions.get(key);
    if (known !== undefined) {
      known.holders += 1;
      return known;
    }
    checkOps(plan, this.#parts.lacking);
    const facts = inferPlan(plan, this.#parts.limits);
    const made = { plan, facts, key, id: undefined, holders: 1, refused: undefined };
    this.#definitions.set(key, made);
    return made;
  }

  /** As define, for a function that is recorded again and again: the latest ones are kept. */
  defineForNow(plan: Plan): Definition {
    const definition = this.define(plan);
    // It is held once, whether it was kept or not; last used, last to go.
    if (this.#recent.delete(definition)) definition.holders -= 1;
    this.#recent.add(definition);
    const [oldest] = this.#recent;
    if (oldest !== undefined && this.#recent.size > keptDefinitions) {
      this.#recent.delete(oldest);
      this.release(oldest);
    }
    return definition;
  }

  release(definition: Definition): void {
    definition.holders -= 1;
    if (definition.holders > 0) return;
    this.#definitions.delete(definition.key);
    if (definition.id !== undefined) this.#parts.objects.dropNow(definition.id);
  }

  /** Its id on the owner's side, where it is now at the latest. */
  idOf(definition: Definition): number {
    const { outbox, takeId } = this.#parts;
    if (definition.refused !== undefined) throw definition.refused;
    if (definition.id !== undefined) return definition.id;
    const id = takeId();
    outbox.send({ kind: 'define', id, plan: definition.plan });
    definition.id = id;
    return id;
  }

  /** Calls a plan with one message, and gives what is known of its outputs. Throws where an argument cannot be used. */
  call(definition: Definition, args: readonly Given[], options: CallOptions): ValueState[] {
    const { outbox, objects, takeId, mocks } = this.#parts;
    const plan = this.idOf(definition);
    const { operands, temporary } = this.operands(args);
    const id = takeId();
    const { replaced, salt } = options;
    const letting = objects.lettingGo(replaced);
    const drops = [...temporary, ...letting.ids];
    const fits = drops.length <= limits.dropIds && letting.parts.length <= limits.dropIds;
    const said = fits ? { drops, dropParts: letting.parts } : { drops: [], dropParts: [] };
    try {
      outbox.send({ kind: 'call', id, plan, args: operands, salt, ...said });
    } catch (error) {
      for (const put of temporary) objects.dropNow(put);
      throw error;
    }
    if (fits) {
      objects.letGo(replaced, temporary);
    } else {
      // They have no room in this message.
      for (const put of temporary) objects.dropNow(put);
      for (const state of replaced) objects.release(state);
    }
    const states = statesOf(definition, id, args);
    objects.add(id, states);
    mocks.plan(definition.plan, args, salt, states);
    return states;
  }

  /** Sends what must go ahead of a message. Throws where one of them cannot be used; then nothing was sent. */
  operands(args: readonly Given[]): Operands {
    for (const given of args) checkGiven(given);
    const temporary: number[] = [];
    const puts = new Map<object, number>();
    let room = inlineBytesPerCall;
    const operands = args.map((given): Operand => {
      if (given.kind === 'pointer') return { kind: 'ref', ref: given.value.ref };
      if (given.kind === 'variable') return { kind: 'ref', ref: stateOf(given.variable).value.ref };
      const value = given.kind === 'live' ? scalarOf(given.live.current(), given) : given.value;
      const size = value.bytes.length;
      if (size <= limits.literalBytes && size <= room) {
        room -= size;
        return { kind: 'literal', value };
      }
      const key = keyOf(given);
      const id = puts.get(key) ?? this.#put(value);
      if (!puts.has(key)) temporary.push(id);
      puts.set(key, id);
      return { kind: 'ref', ref: { space: 'own', id, path: [] } };
    });
    return { operands, temporary };
  }

  #put({ meta, bytes }: Extract<Given, { kind: 'local' }>['value']): number {
    const { outbox, objects, takeId } = this.#parts;
    const id = takeId();
    objects.add(id, []);
    outbox
      .put({ kind: 'put', id, meta, tags: [], description: '' }, bytes, {})
      // It fails with the link alone, which tells everyone who waits.
      .catch(() => undefined);
    return id;
  }

  /** The owner's page was reloaded: it knows no plan, and gets each again with its next call. */
  beginAnew(): void {
    for (const definition of this.#definitions.values()) {
      definition.id = undefined;
      definition.refused = undefined;
    }
  }

  /** The owner's side refused a plan. False where the id is none. */
  refused(id: number, code: ErrorCode): boolean {
    for (const definition of this.#definitions.values()) {
      if (definition.id !== id) continue;
      definition.refused = new DuetError(code, { from: 'peer' });
      return true;
    }
    return false;
  }
}

/** What is known of the outputs of a call. One that depends on nothing unreadable is readable, as on the owner's side. */
function statesOf({ plan, facts }: Definition, id: number, args: readonly Given[]): ValueState[] {
  const readable = args.map(isReadable);
  return facts.outputs.map((meta, at) => {
    const inputs = [...(facts.dependsOn[at] ?? [])];
    return new ValueState({
      ref: { space: 'own', id, path: facts.outputs.length === 1 ? [] : [at] },
      meta,
      origin: 'derived',
      madeBy: plan.name === '' ? 'a plan' : `plan “${plan.name}”`,
      readable: inputs.every((input) => readable[input] === true),
    });
  });
}

export function isReadable(given: Given): boolean {
  if (given.kind === 'pointer') return given.value.readable;
  if (given.kind === 'variable') return stateOf(given.variable).value.readable;
  return true;
}

function checkGiven(given: Given): void {
  if (given.kind === 'pointer') given.value.checkUsable();
  if (given.kind === 'variable') stateOf(given.variable).value.checkUsable();
}

function scalarOf(
  number: number,
  { meta }: Extract<Given, { kind: 'live' }>,
): { meta: typeof meta; bytes: Uint8Array } {
  return { meta, bytes: new Uint8Array(Float32Array.of(number).buffer) };
}

function checkOps(plan: Plan, lacking: (op: string) => DuetError | undefined): void {
  for (const node of plan.nodes) {
    const why = node.kind === 'op' ? lacking(node.op) : undefined;
    if (why !== undefined) throw why;
  }
  for (const inner of plan.plans) checkOps(inner, lacking);
}

const salted = new WeakMap<Plan, boolean>();

/** Does a run of it draw from seeds that were left out? */
export function drawsAnew(plan: Plan): boolean {
  const known = salted.get(plan);
  if (known !== undefined) return known;
  const draws =
    plan.nodes.some((node) => node.kind === 'op' && node.salted) || plan.plans.some(drawsAnew);
  salted.set(plan, draws);
  return draws;
}
