/** Between the arguments of a tfjs call and the arguments on the wire, which have one form for each call. */

import { type Arg, DuetError } from '@duet/protocol';
import { choicesOf, paddingWords } from './check';
import { canonicalEquation } from './equation';
import { Misfit } from './misfit';
import type { DType, OpSpec, ParamSpec } from './spec';

/** How the caller holds tensors. */
export interface TensorAdapter<T> {
  /** What stands for a pointer or a tensor of tfjs; undefined for anything else. */
  tensor(value: unknown): T | undefined;
  /** What stands for a number, a nested array or a typed array; `dtype` is the one that the op reads it as, if it has one. */
  literal(value: unknown, dtype?: DType): T;
}

/**
 * The arguments of a call written as in tfjs. Absent ones at the end are left out. Checks kinds only; `inferCall`
 * checks the rest. Throws DuetError `bad-argument`.
 */
export function bindCall<T>(
  spec: OpSpec,
  jsArgs: readonly unknown[],
  adapt: TensorAdapter<T>,
): Arg<T>[] {
  try {
    const given = withoutAbsentTail(inOrder(spec, jsArgs, adapt));
    if (given.length > spec.params.length) {
      throw new Misfit(`it takes ${spec.params.length} arguments, not ${given.length}`);
    }
    return given.map((value, at) => {
      const param = spec.params[at];
      if (param === undefined) throw new Misfit('there are too many arguments');
      return bindArg(param, value, adapt);
    });
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new DuetError('bad-argument', { detail: `${spec.name}: ${error.message}.` });
  }
}

/** One value for each parameter: members of an object of options in the order of the table, what is left in one list. */
function inOrder<T>(
  spec: OpSpec,
  jsArgs: readonly unknown[],
  adapt: TensorAdapter<T>,
): readonly unknown[] {
  const { optionsFrom, params } = spec;
  if (optionsFrom !== undefined) {
    needAtMost(jsArgs, optionsFrom + 1);
    const members = params.slice(optionsFrom);
    return [...jsArgs.slice(0, optionsFrom), ...membersOf(jsArgs[optionsFrom], members, adapt)];
  }
  if (params.at(-1)?.rest !== true) return jsArgs;
  const before = params.length - 1;
  return [...jsArgs.slice(0, before), jsArgs.slice(before)];
}

function needAtMost(jsArgs: readonly unknown[], most: number): void {
  if (jsArgs.length > most) throw new Misfit(`it takes ${most} arguments, not ${jsArgs.length}`);
}

function membersOf<T>(
  options: unknown,
  members: readonly ParamSpec[],
  adapt: TensorAdapter<T>,
): readonly unknown[] {
  const known = members.map((member) => member.name);
  if (isAbsent(options)) return known.map(() => undefined);
  const isTensor = adapt.tensor(options) !== undefined || ArrayBuffer.isView(options);
  if (typeof options !== 'object' || Array.isArray(options) || isTensor) {
    throw new Misfit(`the options must be one object with members of ${known.join(', ')}`);
  }
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    throw new Misfit(
      `it has no option ${JSON.stringify(stranger.slice(0, longestKey))}, only ${known.join(', ')}`,
    );
  }
  const given = new Map<string, unknown>(Object.entries(options));
  return known.map((name) => given.get(name));
}

/** Of a key that is nobody's, this much is repeated to who wrote it. */
const longestKey = 40;

function withoutAbsentTail(values: readonly unknown[]): readonly unknown[] {
  let length = values.length;
  while (length > 0 && isAbsent(values[length - 1])) length -= 1;
  return values.slice(0, length);
}

/** tfjs takes null as it takes undefined. */
function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function bindArg<T>(param: ParamSpec, value: unknown, adapt: TensorAdapter<T>): Arg<T> {
  if (isAbsent(value)) {
    if (param.optional) return { kind: 'absent' };
    throw new Misfit(`${param.name} is missing`);
  }
  const { name } = param;
  switch (param.kind) {
    case 'tensor':
      return { kind: 'tensor', tensor: bindTensor(name, param, value, adapt) };
    case 'tensors':
      if (!Array.isArray(value)) throw new Misfit(`${name} must be a list of tensors`);
      return {
        kind: 'tensors',
        tensors: value.map((item, at) => bindTensor(`${name}[${at}]`, param, item, adapt)),
      };
    case 'number':
    case 'integer':
      return { kind: 'number', number: bindNumber(param, value) };
    case 'flag':
      if (typeof value !== 'boolean') throw wrongKind(name, 'true or false', value);
      return { kind: 'flag', flag: value };
    case 'dtype':
    case 'choice':
      return { kind: 'text', text: bindChoice(param, value) };
    case 'shape':
    case 'integers':
      return { kind: 'numbers', numbers: bindNumbers(param, value) };
    case 'pairs':
      return { kind: 'numbers', numbers: bindPairs(param, value) };
    case 'integerOrIntegers':
      return Array.isArray(value)
        ? { kind: 'numbers', numbers: bindNumbers(param, value) }
        : { kind: 'number', number: bindNumber(param, value) };
    case 'numberOrNumbers':
      return Array.isArray(value)
        ? { kind: 'numbers', numbers: bindNumbers(param, value) }
        : { kind: 'number', number: bindNumber(param, value) };
    case 'padding':
      return bindPadding(param, value);
    case 'equation':
      if (typeof value !== 'string') throw wrongKind(name, 'an equation', value);
      return { kind: 'text', text: canonicalEquation(value) };
    default:
      return param.kind satisfies never;
  }
}

function bindPadding<T>(param: ParamSpec, value: unknown): Arg<T> {
  if (typeof value === 'string' && choicesOf(param).includes(value)) {
    return { kind: 'text', text: value };
  }
  if (typeof value === 'number') return { kind: 'number', number: bindNumber(param, value) };
  if (!Array.isArray(value)) throw wrongKind(param.name, paddingWords(param), value);
  return { kind: 'numbers', numbers: bindPairs(param, value) };
}

function bindTensor<T>(name: string, param: ParamSpec, value: unknown, adapt: TensorAdapter<T>): T {
  const tensor = adapt.tensor(value);
  if (tensor !== undefined) return tensor;
  const primitive =
    typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
  if (!primitive && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw wrongKind(name, 'a pointer, a tensor, a number or an array', value);
  }
  return adapt.literal(value, param.dtype);
}

function bindNumber(param: ParamSpec, value: unknown): number {
  const whole = param.kind !== 'number' && param.kind !== 'numberOrNumbers';
  const fits = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (typeof value !== 'number' || !fits) {
    throw wrongKind(param.name, whole ? 'a whole number' : 'a finite number', value);
  }
  // Of the two zeros one is the form on the wire, where a whole number is meant.
  return whole && value === 0 ? 0 : value;
}

function bindNumbers(param: ParamSpec, value: unknown): number[] {
  if (!Array.isArray(value)) throw wrongKind(param.name, 'a list of numbers', value);
  return value.map((item) => bindNumber(param, item));
}

function bindPairs(param: ParamSpec, value: unknown): number[] {
  if (!Array.isArray(value)) throw wrongKind(param.name, 'a list of pairs', value);
  return value.flatMap((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw wrongKind(param.name, 'a list of pairs of whole numbers', pair);
    }
    return bindNumbers(param, pair);
  });
}

function bindChoice(param: ParamSpec, value: unknown): string {
  // Reductions and orders of norms are numbers in tfjs.
  const text = typeof value === 'number' ? String(value) : value;
  const choices = choicesOf(param);
  if (typeof text !== 'string' || !choices.includes(text)) {
    throw wrongKind(param.name, `one of ${choices.join(', ')}`, value);
  }
  return text;
}

function wrongKind(name: string, wanted: string, value: unknown): Misfit {
  if (typeof value === 'function') {
    return new Misfit(`${name} must be ${wanted}; functions cannot be sent`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return new Misfit(
      `${name} must be ${wanted}, known here: the value of a pointer or a tensor is not`,
    );
  }
  return new Misfit(`${name} must be ${wanted}`);
}

/** What the function of tfjs takes, in order: the inverse of `bindCall`. The arrays are new, since tfjs changes some. */
export function unbindArgs<T>(spec: OpSpec, args: readonly Arg<T>[]): unknown[] {
  const values = valuesOf(spec, args);
  const { optionsFrom, params } = spec;
  if (optionsFrom !== undefined) {
    if (values.length <= optionsFrom) return values;
    const members = values.slice(optionsFrom).flatMap((value, at) => {
      const name = params[optionsFrom + at]?.name;
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    });
    return [...values.slice(0, optionsFrom), Object.fromEntries(members)];
  }
  const before = params.length - 1;
  const rest = params.at(-1)?.rest === true ? values[before] : undefined;
  return Array.isArray(rest) ? [...values.slice(0, before), ...rest] : values;
}

function valuesOf<T>(spec: OpSpec, args: readonly Arg<T>[]): unknown[] {
  return args.map((arg, at) => {
    const param = spec.params[at];
    switch (arg.kind) {
      case 'absent':
        return undefined;
      case 'tensor':
        return arg.tensor;
      case 'tensors':
        return [...arg.tensors];
      case 'number':
        return arg.number;
      case 'flag':
        return arg.flag;
      case 'numbers':
        return param?.kind === 'pairs' || param?.kind === 'padding'
          ? pairsOf(arg.numbers)
          : denseNumbers(arg.numbers);
      case 'text':
        return param?.kind === 'choice' ? choiceOf(arg.text) : arg.text;
      default:
        return arg satisfies never;
    }
  });
}

/**
 * A copy as an engine of JavaScript likes it best. Arrays that came from another thread are slow in it, and so is whatever
 * tfjs does with the shapes of all that is made of them; a spread or a slice would be like its original.
 */
export function denseNumbers(numbers: readonly number[]): number[] {
  const dense: number[] = [];
  for (const number of numbers) dense.push(number);
  return dense;
}

function pairsOf(flat: readonly number[]): number[][] {
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, at) =>
    denseNumbers(flat.slice(2 * at, 2 * at + 2)),
  );
}

function choiceOf(text: string): string | number {
  const number = Number(text);
  return text === '' || Number.isNaN(number) ? text : number;
}
