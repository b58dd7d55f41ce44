/** The parts that messages and plans are made of, to the wire and back. */

import { DuetError } from './errors';
import type { duet } from './generated/duet';
import { limits } from './limits';
import type { Arg, DType, Operand, Ref, TensorMeta, TensorValue } from './messages';
import { byteLength, checkMeta, checkTensor } from './tensor';
import { checkText } from './text';

export type Wire<T> = T | null | undefined;

/** The members that are not proto3 defaults; only those are written. */
export function lean<T extends object>(fields: T): T {
  const kept: Partial<T> = {};
  for (const name of Object.keys(fields) as (keyof T)[]) {
    if (!isDefault(fields[name])) kept[name] = fields[name];
  }
  return kept as T;
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === 0 || value === '' || value === false) return true;
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}

export function inverse<K extends string>(
  table: Readonly<Record<K, number>>,
): ReadonlyMap<number, K> {
  return new Map(Object.entries(table).map(([name, wire]) => [wire as number, name as K]));
}

const dtypeToWire: Readonly<Record<DType, duet.DType>> = {
  float32: 1,
  int32: 2,
  bool: 3,
  string: 4,
  complex64: 5,
};
const dtypeFromWire = inverse(dtypeToWire);
export function headerToWire(meta: TensorMeta): duet.TensorHeader.$Properties {
  return lean({
    dtype: dtypeToWire[meta.dtype],
    shape: [...meta.shape],
    elementBytes: meta.elementBytes,
  });
}

export function refToWire(ref: Ref): duet.Ref.$Properties {
  const path = ref.path.length === 0 ? {} : { path: [...ref.path] };
  return ref.space === 'own' ? { own: ref.id, ...path } : { published: ref.id, ...path };
}

export function operandToWire(operand: Operand): duet.Operand.$Properties {
  if (operand.kind === 'literal') return { literal: literalToWire(operand.value) };
  const { ref } = operand;
  if (ref.path.length > 0) return { ref: refToWire(ref) };
  return ref.space === 'own' ? { own: ref.id } : { published: ref.id };
}

export function literalToWire({ meta, bytes }: TensorValue): duet.Literal.$Properties {
  return { header: headerToWire(meta), ...lean({ data: bytes }) };
}

export function argToWire(arg: Arg<Operand>): duet.Arg.$Properties {
  if (arg.kind === 'tensor') return operandToWire(arg.tensor);
  if (arg.kind === 'tensors') return { tensors: { items: arg.tensors.map(operandToWire) } };
  return plainArgToWire(arg);
}

// ---- decoding --------------------------------------------------------------------------------------------------

export function bad(detail: string, cause?: unknown): never {
  throw new DuetError('bad-message', cause === undefined ? { detail } : { detail, cause });
}

export function need<T>(value: Wire<T>, what: string): T {
  return value ?? bad(`${what} is missing.`);
}

/** An id or reference to one: at least 1, since 0 means none. */
export function idFromWire(value: Wire<number>, what = 'An id'): number {
  const id = value ?? 0;
  return id >= 1 && id <= limits.id ? id : bad(`${what} is missing.`);
}

export function text(value: Wire<string>, maxChars: number, what: string): string {
  const checked = value ?? '';
  checkText(checked, maxChars, what);
  return checked;
}

export function list<T, U>(
  values: Wire<readonly T[]>,
  most: number,
  what: string,
  each: (value: T) => U,
): U[] {
  const items = values ?? [];
  return items.length <= most ? items.map(each) : bad(`${what} has more than ${most} entries.`);
}

export function bytes(value: Wire<Uint8Array>, length: number, what: string): Uint8Array {
  // A copy, so that a message never keeps the frame it came in alive, or changes with it.
  return value?.length === length ? new Uint8Array(value) : bad(`${what} is not ${length} bytes.`);
}

export function finite(value: number): number {
  return Number.isFinite(value) ? value : bad('A number is not finite.');
}

export function tags(value: Wire<readonly string[]>): string[] {
  const checked = list(value, limits.tags, 'The tags', (tag) =>
    text(tag, limits.tagChars, 'A tag'),
  );
  return checked.every((tag) => tag !== '') && new Set(checked).size === checked.length
    ? checked
    : bad('A tag is empty or stands twice.');
}

export function headerFromWire(header: Wire<duet.TensorHeader.$Properties>): TensorMeta {
  const wire = need(header, 'A tensor header');
  const meta: TensorMeta = {
    dtype: dtypeFromWire.get(wire.dtype ?? 0) ?? bad('A dtype is unknown.'),
    shape: list(wire.shape, limits.rank, 'A shape', (dimension) => dimension),
    elementBytes: wire.elementBytes ?? 0,
  };
  checkMeta(meta);
  return meta;
}

export function refFromWire(wire: Wire<duet.Ref.$Properties>): Ref {
  const { own, published, path } = need(wire, 'A reference');
  if ((own == null) === (published == null)) bad('A reference has no id, or two.');
  return {
    space: own == null ? 'published' : 'own',
    id: idFromWire(own ?? published),
    path: list(path, limits.path, 'A path', (step) =>
      step < limits.outputs ? step : bad('A path is out of range.'),
    ),
  };
}

function wholeRef(own: Wire<number>, published: Wire<number>): Ref {
  return {
    space: own == null ? 'published' : 'own',
    id: idFromWire(own ?? published),
    path: [],
  };
}

export function operandFromWire(wire: {
  ref?: Wire<duet.Ref.$Properties>;
  literal?: Wire<duet.Literal.$Properties>;
  own?: Wire<number>;
  published?: Wire<number>;
}): Operand {
  if (wire.own != null || wire.published != null) {
    return { kind: 'ref', ref: wholeRef(wire.own, wire.published) };
  }
  if (wire.ref != null) return { kind: 'ref', ref: refFromWire(wire.ref) };
  return { kind: 'literal', value: literalFromWire(need(wire.literal, 'An operand')) };
}

export function literalFromWire(literal: duet.Literal.$Properties): TensorValue {
  const meta = headerFromWire(literal.header);
  if (byteLength(meta) > limits.literalBytes) bad('A literal is too large.');
  const value = { meta, bytes: literal.data ? new Uint8Array(literal.data) : new Uint8Array() };
  checkTensor(value);
  return value;
}

export function argFromWire(wire: duet.Arg.$Properties): Arg<Operand> {
  if (wire.absent != null) return { kind: 'absent' };
  if (wire.ref != null || wire.literal != null || wire.own != null || wire.published != null) {
    return { kind: 'tensor', tensor: operandFromWire(wire) };
  }
  if (wire.tensors != null) {
    return {
      kind: 'tensors',
      tensors: list(wire.tensors.items, limits.operands, 'A list of tensors', operandFromWire),
    };
  }
  return plainArgFromWire(wire);
}

/** An argument without a tensor, which is the same in an action and in a plan. */
export function plainArgFromWire(
  wire: Pick<duet.Arg.$Properties, 'number' | 'flag' | 'text' | 'numbers'>,
): Arg<never> {
  if (wire.number != null) return { kind: 'number', number: finite(wire.number) };
  if (wire.flag != null) return { kind: 'flag', flag: wire.flag };
  if (wire.text != null) {
    return { kind: 'text', text: text(wire.text, limits.textChars, 'An argument') };
  }
  if (wire.numbers != null) {
    const numbers = list(wire.numbers.items, limits.numbers, 'A list of numbers', finite);
    return { kind: 'numbers', numbers };
  }
  return bad('An argument is empty.');
}

export function plainArgToWire(
  arg: Exclude<Arg<never>, { kind: 'tensor' | 'tensors' }>,
): duet.Arg.$Properties & duet.PlanArg.$Properties {
  switch (arg.kind) {
    case 'absent':
      return { absent: {} };
    case 'number':
      return { number: arg.number };
    case 'flag':
      return { flag: arg.flag };
    case 'text':
      return { text: arg.text };
    case 'numbers':
      return { numbers: { items: [...arg.numbers] } };
    default:
      return arg satisfies never;
  }
}
