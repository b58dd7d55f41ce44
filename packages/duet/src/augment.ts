/** `import 'duetjs/augment'`: tensor.tag('ages').describe('…').send(duet), as one writes it in PySyft. */

import type { PublishedObject } from '@duet/owner';
import type { Pointer, ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import type { OwnerDuet } from './owner-duet';
import type { VirtualPointer } from './virtual/pointer';
import type { VirtualSendOptions } from './virtual/sending';
import type { PrivateSendOptions, VirtualWorker } from './virtual/worker';

export interface SendTensorOptions {
  /** Instead of those that `tag` gave; the same one twice counts once. */
  readonly tags?: readonly string[];
  readonly description?: string;
  /** Owner only: listed for scientists. Default true. */
  readonly pointable?: boolean;
}

declare module '@tensorflow/tfjs-core/dist/tensor.js' {
  interface Tensor<R extends tf.Rank = tf.Rank> {
    /** Sets the tags that the next `send` gives this tensor. */
    tag(...tags: string[]): Tensor<R>;
    /** Sets the description that the next `send` gives this tensor. */
    describe(text: string): Tensor<R>;
    /** Publishes a copy of this tensor in the owner's store. The tensor stays the caller's. */
    send(duet: OwnerDuet, options?: SendTensorOptions): Promise<PublishedObject>;
    /** Sends a copy of this tensor to the owner's side. The tensor stays the caller's. */
    send(duet: ScientistSession, options?: SendTensorOptions): Pointer;
    /** Sends a copy of this tensor to a virtual worker, which keeps it as its own. The tensor stays the caller's. */
    send(worker: VirtualWorker, options: PrivateSendOptions): Promise<VirtualPointer>;
    /** Sends a copy of this tensor to a virtual worker. The tensor stays the caller's. */
    send(worker: VirtualWorker, options?: VirtualSendOptions): VirtualPointer;
  }
}

interface Words {
  readonly tags?: readonly string[];
  readonly description?: string;
}

/** Beside the tensors, so that nothing of ours is a property of theirs. */
const words = new WeakMap<tf.Tensor, Words>();

interface Sender {
  send(value: tf.Tensor, options: SendTensorOptions): unknown;
}

const methods = {
  tag(this: tf.Tensor, ...tags: string[]) {
    words.set(this, { ...words.get(this), tags: [...new Set(tags)] });
    return this;
  },
  describe(this: tf.Tensor, description: string) {
    words.set(this, { ...words.get(this), description });
    return this;
  },
  send(this: tf.Tensor, duet: Sender, options: SendTensorOptions = {}) {
    const { tags = [], ...rest } = { ...words.get(this), ...options };
    return duet.send(this, { ...rest, tags: [...new Set(tags)] });
  },
};

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(tf.Tensor.prototype, name, { value, configurable: true, writable: true });
}
