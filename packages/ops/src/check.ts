/** Arguments against the kinds that the table promises. Nothing about shapes. */

import { type Arg, type DType, dtypes, limits, type TensorMeta } from '@duet/protocol';
import { isCanonicalEquation } from './equation';
import { Misfit, need } from './misfit';
import type { Entry } from './registry';
import type { ParamSpec, TensorFact } from './spec';

/** Throws Misfit unless these are arguments of the op in their one canonical form. */
export function checkArgs(entry: Entry, args: readonly Arg<TensorFact>[]): void {
  const { params } = entry.spec;
  need(args.length <= params.length, `it takes ${params.length} arguments, not ${args.length}`);
  need(args.at(-1)?.kind !== 'absent', 'an absent last argument is not written');
  for (const [at, param] of params.entries()) {
    const arg = args[at] ?? { kind: 'absent' };
    if (arg.kind !== 'absent') checkArg(entry, param, arg);
    else if (!param.optional) throw new Misfit(`${param.name} is missing`);
  }
}

function checkArg(entry: Entry, param: ParamSpec, arg: Arg<TensorFact>): void {
  const wanted = mismatch(param, arg);
  if (wanted !== undefined) throw new Misfit(`${param.name} must be ${wanted}`);
  if (arg.kind === 'tensor') checkDType(entry, param, arg.tensor.meta);
  if (arg.kind !== 'tensors') return;
  need(arg.tensors.length > 0, `${param.name} is empty`);
  need(
    arg.tensors.length <= limits.operands,
    `${param.name} has more than ${limits.operands} tensors`,
  );
  for (const { meta } of arg.tensors) checkDType(entry, param, meta);
}

/** What the parameter takes, if this is not of its kind. */
function mismatch(param: ParamSpec, arg: Arg<TensorFact>): string | undefined {
  const unless = (fits: boolean, wanted: string) => (fits ? undefined : wanted);
  switch (param.kind) {
    case 'tensor':
      return unless(arg.kind === 'tensor', 'a tensor');
    case 'tensors':
      return unless(arg.kind === 'tensors', 'a list of tensors');
    case 'number':
      return unless(arg.kind === 'number' && Number.isFinite(arg.number), 'a finite number');
    case 'integer':
      return unless(isInteger(arg), 'a whole number');
    case 'flag':
      return unless(arg.kind === 'flag', 'true or false');
    case 'dtype':
    case 'choice': {
      const choices = choicesOf(param);
      const fits = arg.kind === 'text' && choices.includes(arg.text);
      return unless(fits, `one of ${choices.join(', ')}`);
    }
    case 'shape': {
      const fits =
        isIntegers(arg, limits.rank) && arg.numbers.every((dimension) => dimension >= -1);
      return unless(fits, `a shape of at most ${limits.rank} dimensions`);
    }
    case 'integers':
      return unless(isIntegers(arg, limits.numbers), 'a list of whole numbers');
    case 'pairs': {
      const fits = isIntegers(arg, limits.numbers) && arg.numbers.length % 2 === 0;
      return unless(fits, 'a list of pairs of whole numbers');
    }
    case 'integerOrIntegers': {
      const fits = isInteger(arg) || isIntegers(arg, limits.numbers);
      return unless(fits, 'a whole number or a list of them');
    }
    case 'numberOrNumbers': {
      const fits =
        arg.kind === 'number' ? Number.isFinite(arg.number) : isNumbers(arg, limits.numbers);
      return unless(fits, 'a finite number or a list of them');
    }
    case 'padding':
      return unless(isPadding(param, arg), paddingWords(param));
    case 'equation': {
      const fits = arg.kind === 'text' && isCanonicalEquation(arg.text);
      return unless(fits, 'an equation of one or two terms such as ab,bc->ac');
    }
    default:
      return param.kind satisfies never;
  }
}

export function paddingWords(param: ParamSpec): string {
  return `one of ${choicesOf(param).join(', ')}, a whole number or a list of pairs of them`;
}

function isPadding(param: ParamSpec, arg: Arg<TensorFact>): boolean {
  if (arg.kind === 'text') return choicesOf(param).includes(arg.text);
  if (arg.kind === 'number') return isInteger(arg);
  return isIntegers(arg, limits.numbers) && arg.numbers.length % 2 === 0;
}

/** A text that the table knows, so that it can be repeated to a person. */
export function isKnownText(param: ParamSpec, text: string): boolean {
  return param.kind === 'equation' ? isCanonicalEquation(text) : choicesOf(param).includes(text);
}

function isInteger(arg: Arg<TensorFact>): boolean {
  return arg.kind === 'number' && Number.isSafeInteger(arg.number);
}

function isNumbers(
  arg: Arg<TensorFact>,
  most: number,
): arg is Extract<Arg<TensorFact>, { kind: 'numbers' }> {
  return arg.kind === 'numbers' && arg.numbers.length <= most && arg.numbers.every(Number.isFinite);
}

function isIntegers(
  arg: Arg<TensorFact>,
  most: number,
): arg is Extract<Arg<TensorFact>, { kind: 'numbers' }> {
  return isNumbers(arg, most) && arg.numbers.every(Number.isSafeInteger);
}

export function choicesOf(param: ParamSpec): readonly string[] {
  return param.choices ?? (param.kind === 'dtype' ? dtypes : []);
}

function checkDType(entry: Entry, param: ParamSpec, meta: TensorMeta): void {
  const dtype: DType = meta.dtype;
  if (dtype === 'string' && param.dtype !== 'string') {
    throw new Misfit(
      'string tensors can be sent and got, not computed on; string.stringToHashBucketFast makes numbers of them',
    );
  }
  if (param.dtype !== undefined) {
    need(
      dtype === param.dtype,
      `${param.name} must be ${param.dtype}, not ${dtype}: cast it first`,
    );
  } else if (dtype === 'complex64') {
    need(entry.policy.complex, `${param.name} must not be complex64 here: take real or imag first`);
  }
}
