import type { Found, TensorValue } from 'duetjs';
import { shapeWords, shortNumber } from './words';

/** Enough to recognise a value by; the whole of a large one would only make the page slow. */
const shown = 64;

/** The first elements of a value in words, for the owner alone. */
export function previewWords(value: TensorValue | undefined, found?: Found): string {
  if (value === undefined && found === 'stale') {
    return 'It cannot be had any more. Accepting tells the scientist that it is gone, and no value.';
  }
  if (value === undefined) {
    return 'Its computation failed. Accepting tells the scientist that it failed, and no value.';
  }
  const { meta } = value;
  const total = meta.shape.reduce((product, dimension) => product * dimension, 1);
  const first = Array.from({ length: Math.min(total, shown) }, (_, index) => element(value, index));
  const more = total > shown ? `, … (${total - shown} more)` : '';
  return `${meta.dtype} ${shapeWords(meta.shape)}\n${first.join(', ')}${more}`;
}

function element({ meta, bytes }: TensorValue, index: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (meta.dtype) {
    case 'float32':
      return shortNumber(view.getFloat32(index * 4, true));
    case 'int32':
      return String(view.getInt32(index * 4, true));
    case 'bool':
      return String(view.getUint8(index) !== 0);
    case 'complex64':
      return `${shortNumber(view.getFloat32(index * 8, true))} + ${shortNumber(view.getFloat32(index * 8 + 4, true))}i`;
    case 'string': {
      const start = index * (4 + meta.elementBytes);
      const length = view.getUint32(start, true);
      return JSON.stringify(
        new TextDecoder().decode(bytes.subarray(start + 4, start + 4 + length)),
      );
    }
  }
}
