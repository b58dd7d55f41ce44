/**
 * The bytes of the most frequent message without what protobuf needs for any: an op that has a number, on whole objects of
 * the scientist's own. They are the canonical ones, of `Action { id, number, own }` in `ScientistToOwner`; whatever is not
 * just that goes the general way.
 */

import { limits } from './limits';
import type { Action, Arg, Operand, Ref } from './messages';
import { opName, opNumber } from './op-numbers';

/** Field number and kind of a field, as protobuf writes both in one byte. */
const actionKey = (5 << 3) | 2;
const idKey = (1 << 3) | 0;
const numberKey = (4 << 3) | 0;
const ownKey = (5 << 3) | 2;

/** Of one number: five bytes for 32 bits. */
const varintBytes = 5;
const scratch = new Uint8Array(8 + varintBytes * (limits.args + 2));

/** The ids of all arguments, where each is a whole object of the scientist's own; undefined otherwise. */
export function ownIdsOf(args: readonly Arg<Operand>[]): number[] | undefined {
  if (args.length === 0) return undefined;
  const ids: number[] = [];
  for (const arg of args) {
    if (arg.kind !== 'tensor' || arg.tensor.kind !== 'ref') return undefined;
    const { space, id, path } = arg.tensor.ref;
    if (space !== 'own' || path.length > 0) return undefined;
    ids.push(id);
  }
  return ids;
}

const noPath: Ref['path'] = [];

export function ownArgs(ids: readonly number[]): Arg<Operand>[] {
  return ids.map((id) => ({
    kind: 'tensor',
    tensor: { kind: 'ref', ref: { space: 'own', id, path: noPath } },
  }));
}

/** Undefined for an action that is not plain. */
export function encodePlainAction({ id, op, args }: Action): Uint8Array | undefined {
  const number = opNumber(op);
  const ids = ownIdsOf(args);
  if (number === undefined || ids === undefined || ids.length > limits.args) return undefined;
  // Lengths of one byte each: the whole is shorter than 128.
  let at = 2;
  scratch[at++] = idKey;
  at = writeVarint(id, at);
  scratch[at++] = numberKey;
  at = writeVarint(number, at);
  scratch[at++] = ownKey;
  const start = at + 1;
  at = start;
  for (const own of ids) at = writeVarint(own, at);
  scratch[start - 1] = at - start;
  scratch[0] = actionKey;
  scratch[1] = at - 2;
  return scratch.slice(0, at);
}

function writeVarint(value: number, start: number): number {
  let at = start;
  let left = value;
  while (left > 0x7f) {
    scratch[at++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  scratch[at++] = left;
  return at;
}

/** Undefined for what is not the canonical encoding of a plain action, and may be anything else. */
export function decodePlainAction(bytes: Uint8Array): Action | undefined {
  const end = bytes.length;
  if (bytes[0] !== actionKey || bytes[1] !== end - 2 || end > scratch.length) return undefined;
  if (bytes[2] !== idKey) return undefined;
  const id = readVarint(bytes, 3);
  if (bytes[readTo] !== numberKey) return undefined;
  const number = readVarint(bytes, readTo + 1);
  const op = opName(number);
  if (id === 0 || op === undefined || bytes[readTo] !== ownKey) return undefined;
  let at = readTo + 2;
  if (bytes[at - 1] !== end - at || at === end) return undefined;
  const ids: number[] = [];
  while (at < end) {
    const own = readVarint(bytes, at);
    if (own === 0) return undefined;
    ids.push(own);
    at = readTo;
  }
  return ids.length > limits.args ? undefined : { kind: 'action', id, op, args: ownArgs(ids) };
}

/** Where the last number that was read ended. */
let readTo = 0;

/** 0 for what is no number in its shortest form, of 32 bits, or is cut off: no id and no number of an op is 0. */
function readVarint(bytes: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start, shift = 0; shift < 35; at += 1, shift += 7) {
    const byte = bytes[at];
    if (byte === undefined || (shift === 28 && byte > 0x0f)) break;
    value |= (byte & 0x7f) << shift;
    if (byte > 0x7f) continue;
    if (byte === 0 && shift > 0) break;
    readTo = at + 1;
    return value >>> 0;
  }
  return 0;
}
