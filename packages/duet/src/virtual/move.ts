/** `pointer.move(to)` as a function, which knows what to say of other pointers too. */

import { DuetError } from '@duet/protocol';
import { Pointer } from '@duet/scientist';
import { checkWorker, type here, type MoveOptions } from './moves';
import { VirtualPointer } from './pointer';
import type { VirtualWorker } from './worker';

/** A pointer on the side of a real owner is refused with `unsupported-op`. Else as `VirtualPointer.move`. */
export async function move<T>(
  pointer: VirtualPointer<T> | Pointer,
  to: VirtualWorker | typeof here,
  options: MoveOptions = {},
): Promise<VirtualPointer<T> | T> {
  if (pointer instanceof VirtualPointer) {
    return typeof to === 'symbol'
      ? pointer.move(to, options)
      : pointer.move(checkWorker('move', to), options);
  }
  const what = pointer instanceof Pointer ? `Pointer ${pointer.id}` : 'This';
  throw new DuetError('unsupported-op', {
    detail: `move: ${what} is not on a virtual worker. What a real owner holds leaves by their release alone, and to you.`,
    hint: 'get() it, with requestBlock where the owner has to be asked, and send() it to the other owner.',
  });
}
