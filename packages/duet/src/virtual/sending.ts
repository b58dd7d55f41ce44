/** Values of the page, on their way to a virtual worker. */

import type { Plain } from '@duet/engine';
import type { DuetError } from '@duet/protocol';
import type { Pointer } from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import type { Publishable } from '../publishable';
import { requireGrad } from './autograd';
import { HeldTensor } from './held';
import type { Holder } from './holder';

export interface VirtualSendOptions {
  /** Any text that is no other object's of this worker. Default: one that no worker of the page has. */
  readonly id?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  /** The object stays when its pointer is disposed or forgotten. Default false. */
  readonly keepObject?: boolean;
  /** As `requiresGrad_()`. Default false. */
  readonly requiresGrad?: boolean;
}

/** Sends a copy, which is the user’s own there. Throws as ScientistSession.send, and `id-taken`. */
export function sendTensor(
  holder: Holder,
  user: string,
  value: tf.Tensor | Plain,
  { id, tags = [], description = '', requiresGrad = false }: VirtualSendOptions,
): HeldTensor {
  const free = holder.freeId(id);
  const pointer = holder.session(user).send(value, { tags, description });
  const held = new HeldTensor({ id: free, holder, user, words: wordsOf(pointer), pointer });
  try {
    if (requiresGrad) requireGrad(held);
  } catch (thrown) {
    pointer.dispose();
    throw thrown;
  }
  holder.add(held);
  return held;
}

/** Has the worker keep a copy as its own. Rejects as OwnerDuetStore.add, and with `id-taken`. */
export async function publishTensor(
  holder: Holder,
  user: string,
  value: Publishable,
  { id, tags = [], description = '' }: Omit<VirtualSendOptions, 'requiresGrad'>,
  allowedUsers: readonly string[],
): Promise<HeldTensor> {
  holder.checkUsers(allowedUsers);
  holder.freeId(id);
  const published = await holder.publish(value, { tags, description }, allowedUsers);
  const pointer = holder.session(user).store.get(published.id);
  try {
    const held = new HeldTensor({
      // Another may have taken it meanwhile.
      id: holder.freeId(id),
      holder,
      user,
      words: wordsOf(pointer),
      pointer,
      published,
      allowedUsers,
    });
    holder.add(held);
    return held;
  } catch (taken) {
    holder.free({ published, pointer });
    throw taken as DuetError;
  }
}

function wordsOf({ tags, description }: Pointer): { tags: readonly string[]; description: string } {
  return { tags, description };
}
