/** Values of the program as text, for the output under the editor. */

import * as tf from '@tensorflow/tfjs';

/** How deep objects are shown, how many entries of each, and how many characters in all. */
const mostDepth = 4;
const mostEntries = 100;
const mostChars = 20_000;

/** The arguments of a console call as one line: texts as they are, all else in words. */
export function showAll(values: readonly unknown[]): string {
  return cut(values.map((value) => (typeof value === 'string' ? value : show(value))).join(' '));
}

export function showValue(value: unknown): string {
  return cut(show(value));
}

function cut(text: string): string {
  return text.length > mostChars ? `${text.slice(0, mostChars)}… (cut)` : text;
}

function show(value: unknown, depth = 0, above: readonly object[] = []): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[function ${value.name || 'without a name'}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof tf.Tensor) return showTensor(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (above.includes(value)) return '[circular]';
  if (hasOwnWords(value)) return String(value);
  if (depth >= mostDepth) return Array.isArray(value) ? '[…]' : '{…}';
  const inside = (each: unknown): string => show(each, depth + 1, [...above, value]);
  return showEntries(value, inside);
}

/** Pointers, data sets and dates say what they are; plain objects and lists do not. */
function hasOwnWords(value: object): boolean {
  return (
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    Reflect.get(value, 'toString') !== Object.prototype.toString &&
    typeof Reflect.get(value, 'toString') === 'function'
  );
}

function showTensor(tensor: tf.Tensor): string {
  if (tensor.isDisposed) return `Tensor [${tensor.shape.join(', ')}] ${tensor.dtype}, disposed`;
  const values = tensor.toString().replace(/^Tensor\s*/, '');
  const separator = tensor.rank > 1 ? '\n    ' : ' ';
  return `Tensor [${tensor.shape.join(', ')}] ${tensor.dtype}${separator}${values.trimStart()}`;
}

function showEntries(value: object, inside: (each: unknown) => string): string {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = Array.from(value as unknown as ArrayLike<number>);
    return `${value.constructor.name}(${numbers.length}) [${some(numbers, inside)}]`;
  }
  if (Array.isArray(value)) return `[${some(value, inside)}]`;
  if (value instanceof Map) {
    return `Map {${some([...value], ([key, each]) => `${inside(key)} → ${inside(each)}`)}}`;
  }
  if (value instanceof Set) return `Set {${some([...value], inside)}}`;
  if (value instanceof Promise) return '[promise: put await before it]';
  return `{${some(Object.entries(value), ([key, each]) => `${key}: ${inside(each)}`)}}`;
}

function some<T>(entries: readonly T[], each: (entry: T) => string): string {
  const more = entries.length - mostEntries;
  const shown = entries.slice(0, mostEntries).map(each).join(', ');
  return more > 0 ? `${shown}, … (${more} more)` : shown;
}

/** What console.table is given as columns and rows of text; undefined where it is no table. */
export function showTable(
  data: unknown,
):
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const records = Object.entries(data).slice(0, mostEntries * 10);
  const cellsOf = (row: unknown): Record<string, unknown> =>
    typeof row === 'object' && row !== null ? { ...row } : { value: row };
  const columns = [...new Set(records.flatMap(([, row]) => Object.keys(cellsOf(row))))];
  const rows = records.map(([key, row]) => {
    const cells = cellsOf(row);
    return [key, ...columns.map((column) => showAll(column in cells ? [cells[column]] : []))];
  });
  return { columns: ['', ...columns], rows };
}
