/** A call in words, from public facts alone. */

import { type Arg, elementCount, type TensorValue } from '@duet/protocol';
import { isKnownText } from './check';
import { showShape } from './shapes';
import type { OpSpec, ParamSpec, TensorFact } from './spec';

/** More would not be read. */
const longestList = 8;

/** `matMul([456,30], [30,1])`, `sum([456,30], axis=0)`; dtypes other than float32 are named. */
export function describeCall(spec: OpSpec, args: readonly Arg<TensorFact>[]): string {
  return describeCallWith(spec, args, describeTensor);
}

/** The same with other words for the tensors. */
export function describeCallWith<T>(
  spec: OpSpec,
  args: readonly Arg<T>[],
  tensorWords: (tensor: T) => string,
): string {
  const words: string[] = [];
  spec.params.forEach((param, at) => {
    const arg = args[at];
    if (arg === undefined || arg.kind === 'absent') return;
    words.push(describeArg(param, arg, tensorWords));
  });
  return `${spec.name}(${words.join(', ')})`;
}

function describeArg<T>(param: ParamSpec, arg: Arg<T>, tensorWords: (tensor: T) => string): string {
  switch (arg.kind) {
    case 'tensor':
      return tensorWords(arg.tensor);
    case 'tensors':
      return describeList(arg.tensors.map(tensorWords));
    case 'number':
      return `${param.name}=${arg.number}`;
    case 'flag':
      return `${param.name}=${arg.flag}`;
    case 'numbers':
      return `${param.name}=${describeList(arg.numbers.map(String))}`;
    case 'text':
      // Only a text of the table is repeated; anything else is someone else's.
      return `${param.name}=${isKnownText(param, arg.text) ? arg.text : '?'}`;
    case 'absent':
      return `${param.name}`;
    default:
      return arg satisfies never;
  }
}

function describeList(words: readonly string[]): string {
  const more = words.length - longestList;
  const shown = words.slice(0, longestList);
  return `[${[...shown, ...(more > 0 ? [`… ${more} more`] : [])].join(',')}]`;
}

export function describeTensor({ meta, literal }: TensorFact): string {
  const scalar = literal === undefined ? undefined : scalarOf(literal);
  if (scalar !== undefined) return scalar;
  return `${meta.dtype === 'float32' ? '' : meta.dtype}${showShape(meta.shape)}`;
}

/** A scalar of the scientist's own reads better as its value. */
function scalarOf({ meta, bytes }: TensorValue): string | undefined {
  if (meta.shape.length > 0 || elementCount(meta.shape) !== 1) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (meta.dtype === 'float32' && bytes.byteLength === 4)
    return showFloat(view.getFloat32(0, true));
  if (meta.dtype === 'int32' && bytes.byteLength === 4) return String(view.getInt32(0, true));
  if (meta.dtype === 'bool' && bytes.byteLength === 1) return String(view.getUint8(0) === 1);
  return undefined;
}

/** As it was most likely written: 0.1, not 0.10000000149011612. */
function showFloat(value: number): string {
  return String(Number(value.toPrecision(7)));
}
