/** More records after those that are there. */

import { showMeta } from '@duet/ops';
import {
  checkMeta,
  checkTensor,
  DuetError,
  decodeStrings,
  elementCount,
  encodeStrings,
  slotBytes,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';

/**
 * Both along an axis. Throws `bad-argument` unless the dtypes and the other axes are the same, `too-large` where it becomes
 * too much.
 */
export function concatValues(first: TensorValue, rows: TensorValue, axis: number): TensorValue {
  checkTensor(rows);
  if (!fits(first.meta, rows.meta, axis)) {
    throw new DuetError('bad-argument', {
      detail: `Records of ${showMeta(rows.meta)} do not follow those of ${showMeta(first.meta)} along axis ${axis}.`,
      hint: 'Give tensors of the same dtype whose other axes are as long.',
    });
  }
  const elementBytes = Math.max(first.meta.elementBytes, rows.meta.elementBytes);
  const shape = first.meta.shape.map((length, at) =>
    at === axis ? length + (rows.meta.shape[at] ?? 0) : length,
  );
  const meta: TensorMeta = { dtype: first.meta.dtype, shape, elementBytes };
  checkMeta(meta);
  return {
    meta,
    bytes: interleaved(padded(first, elementBytes), padded(rows, elementBytes), axis),
  };
}

function fits(first: TensorMeta, rows: TensorMeta, axis: number): boolean {
  return (
    first.dtype === rows.dtype &&
    first.shape.length === rows.shape.length &&
    first.shape.every((length, at) => at === axis || length === rows.shape[at])
  );
}

/** Strings of one size of slot. */
function padded(value: TensorValue, elementBytes: number): TensorValue {
  if (value.meta.elementBytes === elementBytes) return value;
  return encodeStrings(decodeStrings(value), value.meta.shape, elementBytes);
}

/** Row-major: block by block of what is inside the axis. */
function interleaved(first: TensorValue, rows: TensorValue, axis: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.bytes.length + rows.bytes.length);
  const blocks = elementCount(first.meta.shape.slice(0, axis));
  const blockBytes = ({ meta }: TensorValue) =>
    elementCount(meta.shape.slice(axis)) * slotBytes(meta);
  const [mine, theirs] = [blockBytes(first), blockBytes(rows)];
  for (let block = 0; block < blocks; block += 1) {
    const at = block * (mine + theirs);
    bytes.set(first.bytes.subarray(block * mine, (block + 1) * mine), at);
    bytes.set(rows.bytes.subarray(block * theirs, (block + 1) * theirs), at + mine);
  }
  return bytes;
}
