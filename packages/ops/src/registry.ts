/** The table and the policy made one: what may be called, and why the rest may not. */

import { machinery } from './machinery';
import type { Allowed, Policy } from './policy';
import { policy } from './policy';
import type { OpSpec, ParamKind, ParamSpec, ResultForm } from './spec';
import { table } from './table.generated';
import type { TableEntry, TableKind, TableParam } from './table-types';

/** With the pieces of the policy that stay in this room. */
export interface Entry {
  readonly spec: OpSpec;
  readonly policy: Allowed;
}

const notCallable: ReadonlySet<TableKind> = new Set<TableKind>([
  'text',
  'numberOrText',
  'function',
  'options',
  'other',
]);

function isParamKind(kind: TableKind): kind is ParamKind {
  return !notCallable.has(kind);
}

/** Kinds that take a text of a fixed set. */
const choosable: ReadonlySet<ParamKind> = new Set<ParamKind>(['choice', 'dtype', 'padding']);

function isResultForm(form: TableEntry['form']): form is ResultForm {
  return form.kind !== 'async' && form.kind !== 'named' && form.kind !== 'other';
}

function paramOf(op: string, declared: TableParam, allowed: Allowed): ParamSpec {
  const more = Object.hasOwn(allowed.params, declared.name)
    ? allowed.params[declared.name]
    : undefined;
  const kind = more?.kind ?? declared.kind;
  if (!isParamKind(kind)) throw new Error(`${op} takes ${declared.name}, which cannot be sent.`);
  const choices = more?.choices ?? declared.choices;
  const dtype = more?.dtype ?? declared.dtype;
  return {
    name: declared.name,
    kind,
    optional: declared.optional,
    ...(choices !== undefined && choosable.has(kind) ? { choices } : {}),
    ...(dtype !== undefined ? { dtype } : {}),
    ...(declared.rest === true ? { rest: true } : {}),
  };
}

function entryOf(name: string, declared: TableEntry, allowed: Allowed): Entry {
  const form = allowed.form ?? declared.form;
  if (!isResultForm(form)) throw new Error(`${name} gives what cannot be held.`);
  const params = declared.params.map((param) => paramOf(name, param, allowed));
  const position = (parameter: string) => {
    const at = params.findIndex((param) => param.name === parameter);
    if (at === -1) throw new Error(`${name} has no parameter ${parameter}.`);
    return at;
  };
  const { clamp, composed, dataDependence, guard } = allowed;
  const clamps =
    clamp === undefined
      ? []
      : [
          {
            indices: position(clamp.indices),
            of: position(clamp.of),
            axis: clamp.axis === undefined ? undefined : position(clamp.axis),
          },
        ];
  for (const parameter of Object.keys(allowed.params)) position(parameter);
  return {
    spec: {
      name,
      params,
      ...(declared.optionsFrom !== undefined ? { optionsFrom: declared.optionsFrom } : {}),
      form,
      dataDependence,
      clamps,
      ...(guard === undefined
        ? {}
        : { guard: { indices: guard.indices.map(position), words: guard.words } }),
      ...(composed === undefined ? {} : { composed }),
    },
    policy: allowed,
  };
}

const entries = new Map<string, Entry>();
const reasons = new Map<string, string>(machinery);

for (const [name, declared] of Object.entries<TableEntry>(table)) {
  const stance: Policy = policy[name as keyof typeof policy];
  if (stance.kind === 'allow') entries.set(name, entryOf(name, declared, stance));
  else reasons.set(name, stance.reason);
}

/** The op of this name, if it may be called. Safe for any text from the wire. */
export function findOp(name: string): OpSpec | undefined {
  return entries.get(name)?.spec;
}

export function findEntry(name: string): Entry | undefined {
  return entries.get(name);
}

/** All that may be called, in order of name. */
export const allowedOps: readonly OpSpec[] = [...entries.values()].map((entry) => entry.spec);

/** Why tfjs has it and pointers do not; undefined for what may be called and for what tfjs does not have. */
export function whyDenied(name: string): string | undefined {
  return reasons.get(name);
}
