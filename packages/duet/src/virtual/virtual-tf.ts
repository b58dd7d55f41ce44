/** tfjs's functions on pointers of virtual workers. */

import type { RemoteTf } from '@duet/ops';
import { createRemoteTf } from '@duet/scientist';
import { callOp, type VirtualPointer } from './pointer';

/**
 * Every op that may be called on pointers, as in tfjs: it runs on the worker that holds its inputs. Throws `bad-argument`,
 * before anything is sent, where they are on different workers.
 */
export const virtualTf: RemoteTf<VirtualPointer> = createRemoteTf<VirtualPointer, object>(
  (op, args) => callOp(op, args),
  {},
);
