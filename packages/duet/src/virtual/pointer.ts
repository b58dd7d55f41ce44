/** The scientist's handle on what a virtual worker holds. */

import type { Nested } from '@duet/engine';
import { DuetError } from '@duet/protocol';
import {
  type GetOptions,
  inPlaceCalls,
  Pointer,
  type RequestHandle,
  type RequestOptions,
  type TensorLike,
  type TryGetResult,
} from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import { backward, cutGrad, requireGrad } from './autograd';
import { runMethod, runOp, type Site } from './calls';
import { removes, take, taken, takeWithGrad, unchain, type ValueAndGrad } from './getting';
import { Handle, handleOf } from './handle';
import { HeldPointer } from './held';
import { changeInPlace } from './in-place';
import { checkWorker, here, type MoveOptions, moveHeld, nextHop } from './moves';
import { PlacedPointer } from './placed-pointer';
import type { Inner, Nearer, VirtualPointerMethods } from './pointer-types';
import { sendTensor, type VirtualSendOptions } from './sending';
import type { VirtualWorker } from './worker';

/**
 * A pointer to an object of a virtual worker. `T` is what `get` gives: a tensor, or for a pointer to a pointer the pointer
 * that is stored there. Ops are the methods of a tfjs tensor; on a chain they run where the tensor is, and their results
 * are named by a chain through the same workers.
 *
 * A pointer that `send` or an op gave owns its object: disposing or forgetting it drops the object, and with a chain
 * everything behind it. What `search` finds never owns.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are put on the prototype from the op table, below.
export class VirtualPointer<T = tf.Tensor> extends PlacedPointer {
  /** A handle on a tensor that is in the page, for `send_`. It takes the tensor over. */
  static of(tensor: tf.Tensor): VirtualPointer {
    return new VirtualPointer(Handle.of(tensor));
  }

  /** The transpose, as a new object on the worker. */
  get T(): VirtualPointer<T> {
    return this.transpose();
  }

  /** As `clone`: a new object on the worker. */
  copy(): VirtualPointer<T> {
    return this.clone();
  }

  // ---- gradients -----------------------------------------------------------------------------------------------------

  /**
   * From now on, what is computed from this value can be taken the gradient of; with `false`, that is over for it, whatever
   * it was computed from. Throws `bad-argument` for other dtypes than float32, and for what a worker keeps as private.
   */
  requiresGrad_(on = true): this {
    const { place } = handleOf(this);
    if (place.kind === 'here') place.requiresGrad = on;
    else if (on) requireGrad(handleOf(this).end('requiresGrad_').end);
    else cutGrad(handleOf(this).end('requiresGrad_').end);
    return this;
  }

  /**
   * What `backward` has added up: a pointer to it on the same worker, or a handle that is here as this one. It goes with this
   * object. Null where there is none yet.
   */
  get grad(): VirtualPointer | null {
    const { place } = handleOf(this);
    if (place.kind === 'here') return place.grad ?? null;
    const { grad, user } = handleOf(this).end('grad').end;
    return grad === undefined ? null : new VirtualPointer(Handle.to(grad, user, false));
  }

  /** Drops the gradient: the next `backward` begins anew. */
  zeroGrad(): void {
    const { place } = handleOf(this);
    if (place.kind === 'here') {
      place.grad?.dispose();
      place.grad = undefined;
      return;
    }
    const { grad } = handleOf(this).end('zeroGrad').end;
    grad?.holder.drop(grad, 'disposed', 'was dropped by zeroGrad()');
  }

  /**
   * Computes the gradients of this value with respect to all that require one and that it was computed from, and adds them to
   * their `grad`. `dy` is the gradient of this value: it may be left out for a single number. On one worker it is one
   * message, sent at once. Where a value was moved with `requiresGrad`, the gradient leaves by a get with these options,
   * which is awaited, and goes on at the worker that it came from. What the value was computed from must still be there
   * unchanged. Rejects with `bad-argument`, `disposed`, `gone`, and as `get`.
   */
  backward(
    dy?: VirtualPointer<unknown> | TensorLike,
    options: Omit<GetOptions, 'deleteObj'> = {},
  ): Promise<void> {
    return backward(this, dy, options);
  }

  // ---- getting -------------------------------------------------------------------------------------------------------

  /**
   * The tensor, which the caller disposes, and the object is removed from the worker (unless `deleteObj` is false, or the
   * worker keeps it as private). Of a pointer to a pointer: the pointer that was stored, which leaves its worker too.
   * Rejects as Pointer.get does, and with `disposed` the second time.
   */
  async get(options: GetOptions = {}): Promise<T> {
    const { held, user } = handleOf(this).at('get');
    if (held.kind === 'pointer') {
      const { to, owns } = unchain(handleOf(this), held);
      return new VirtualPointer(Handle.to(to, user, owns)) as T;
    }
    return (await take(handleOf(this), 'get', options, (one, how) => one.get(how))) as T;
  }

  /** As `get` of a tensor, with its gradient. Rejects with `bad-argument` for a pointer to a pointer. */
  getWithGrad(options: GetOptions = {}): Promise<ValueAndGrad> {
    return takeWithGrad(handleOf(this), 'getWithGrad', options);
  }

  /** As `get` of a tensor, and the object stays. Rejects with `bad-argument` for a pointer to a pointer. */
  getCopy(options: Omit<GetOptions, 'deleteObj'> = {}): Promise<tf.Tensor> {
    const keep = { ...options, deleteObj: false };
    return take(handleOf(this), 'getCopy', keep, (one, how) => one.get(how));
  }

  /** As `get`, as a number or nested arrays. Rejects with `bad-argument` for a pointer to a pointer. */
  getValue(options: GetOptions = {}): Promise<Nested> {
    return take(handleOf(this), 'getValue', options, (one, how) => one.getValue(how));
  }

  /** As `get` of a tensor, for loops: see Pointer.tryGet. Rejects with `bad-argument` for a pointer to a pointer. */
  async tryGet(options: GetOptions = {}): Promise<TryGetResult<tf.Tensor>> {
    const { held, user } = handleOf(this).tensor('tryGet');
    const copied = await held.pointerOf(user).tryGet({ ...options, deleteObj: false });
    if (copied.ok && removes(held, options)) taken(handleOf(this), held);
    return copied;
  }

  /** Asks for a private value without waiting: see Pointer.request. */
  request(options: RequestOptions = {}): RequestHandle {
    const { held, user } = handleOf(this).tensor('request');
    return held.pointerOf(user).request(options);
  }

  /**
   * As `get`, and this handle stays the same: the value is here then, as `tensor`, and its gradient as `grad`. Of a pointer
   * to a pointer: this handle then is the one that was stored.
   */
  async get_(options: GetOptions = {}): Promise<Nearer<T, this>> {
    const { held, user } = handleOf(this).at('get_');
    if (held.kind === 'pointer') {
      const { to, owns } = unchain(handleOf(this), held);
      handleOf(this).point(to, user, owns);
    } else {
      const { requiresGrad } = this;
      const { value, grad } = await takeWithGrad(handleOf(this), 'get_', options);
      handleOf(this).bring(
        value,
        requiresGrad,
        grad === null ? undefined : VirtualPointer.of(grad),
      );
    }
    return this as unknown as Nearer<T, this>;
  }

  // ---- sending and moving --------------------------------------------------------------------------------------------

  /**
   * Stores this pointer at a worker, and gives a pointer to it. Nothing is copied: the tensor stays where it is, and from
   * now on belongs to the new pointer. Throws `bad-argument`, `id-taken`, `disposed`, `gone`.
   */
  send(to: VirtualWorker, options: VirtualSendOptions = {}): VirtualPointer<VirtualPointer<T>> {
    const { held, user } = handleOf(this).at('send');
    const { holder } = checkWorker('send', to).as(user);
    const { id, tags = [], description = '', keepObject = false, requiresGrad = false } = options;
    const free = holder.freeId(id);
    if (requiresGrad) this.requiresGrad_();
    const words = { tags, description };
    const { owns } = handleOf(this);
    const hop = new HeldPointer({ id: free, holder, user, words, to: held, owns });
    handleOf(this).disown();
    holder.add(hop);
    return new VirtualPointer(Handle.to(hop, user, !keepObject));
  }

  /**
   * Sends the value of a handle that is here, and its gradient; the handle stays the same. Throws `bad-argument` where it is
   * at a worker already.
   */
  send_(to: VirtualWorker, options: VirtualSendOptions = {}): this {
    const { place } = handleOf(this);
    if (place.kind === 'held') {
      throw new DuetError('bad-argument', {
        detail: `send_: ${place.held.name} is not here.`,
        hint: 'move() it, or send() it for a pointer to this pointer.',
      });
    }
    const { holder, user } = checkWorker('send_', to);
    const { tensor, requiresGrad, grad } = place;
    const held = sendTensor(holder, user, tensor, { requiresGrad, ...options });
    if (grad !== undefined && held.isLeaf) held.grad = sendTensor(holder, user, grad.tensor, {});
    handleOf(this).dispose();
    handleOf(this).point(held, user, options.keepObject !== true);
    return this;
  }

  /**
   * Moves the object to another worker, under the same id and with its tags and its gradient; this handle, and all others on
   * it, then point there. It leaves its worker through that worker's gate: a private one needs to be released, as for `get`,
   * whose options it takes. To where it is already: does nothing. To `here`: is `get`. Resolves when the other worker has it,
   * and only then it is gone at the first. Rejects with `id-taken`, and as `get`.
   */
  move(to: VirtualWorker, options?: MoveOptions): Promise<this>;
  move(to: typeof here, options?: GetOptions): Promise<T>;
  async move(
    to: VirtualWorker | typeof here,
    options: MoveOptions & GetOptions = {},
  ): Promise<this | T> {
    if (to === here) return this.get(options);
    const { held, user } = handleOf(this).at('move');
    await moveHeld(held, user, checkWorker('move', to).as(user), options);
    return this;
  }

  /**
   * Has the worker forward its object to another, and keep a pointer to it under the same id: this handle is then a chain.
   * Resolves and rejects as `move`; throws `bad-argument` where the object is there already.
   */
  async remoteSend(
    to: VirtualWorker,
    options: MoveOptions = {},
  ): Promise<VirtualPointer<VirtualPointer<T>>> {
    const { held, user } = handleOf(this).at('remoteSend');
    const { holder, id } = held;
    const target = checkWorker('remoteSend', to).as(user);
    if (target.holder === holder) {
      throw new DuetError('bad-argument', { detail: `remoteSend: ${held.name} is there already.` });
    }
    await moveHeld(held, user, target, options);
    const words = { tags: [], description: '' };
    const { owns } = handleOf(this);
    const hop = new HeldPointer({ id, holder, user, words, to: held, owns });
    holder.add(hop);
    handleOf(this).disown();
    handleOf(this).point(hop, user, true);
    return this as unknown as VirtualPointer<VirtualPointer<T>>;
  }

  /**
   * Has the worker get what its pointer points to: the chain is one hop shorter, and the object has the id of the pointer
   * that it replaces. Resolves and rejects as `move`; rejects with `bad-argument` where this is no pointer to a pointer.
   */
  async remoteGet(options: MoveOptions = {}): Promise<Inner<T>> {
    const { held, user } = handleOf(this).at('remoteGet');
    if (held.kind !== 'pointer') {
      throw new DuetError('bad-argument', {
        detail: `remoteGet: ${held.name} is a tensor, not a pointer.`,
        hint: 'get() brings it here.',
      });
    }
    const owned = handleOf(this).owns;
    const { to, owns } = await nextHop(held, user, options);
    handleOf(this).disown();
    handleOf(this).point(to, user, owned && owns);
    return this as unknown as Inner<T>;
  }
}

export interface VirtualPointer<T> extends VirtualPointerMethods<T> {}

const make = (handle: Handle): VirtualPointer<unknown> => new VirtualPointer(handle);

/** Runs an op of tfjs's where its inputs are, or at a worker. */
export function callOp(name: string, args: readonly unknown[], on?: Site): unknown {
  return runOp(name, args, make, on);
}

function define(
  name: string | symbol,
  value: (this: VirtualPointer<unknown>, ...given: unknown[]) => unknown,
): void {
  const method = { configurable: true, writable: true, value };
  Object.defineProperty(VirtualPointer.prototype, name, method);
}

// Whatever a session's pointer has beyond what is written above: the ops, indexing, and the methods that say why they do not work.
for (const name of Reflect.ownKeys(Pointer.prototype)) {
  const { value } = Object.getOwnPropertyDescriptor(Pointer.prototype, name) ?? {};
  if (typeof value !== 'function' || name in VirtualPointer.prototype) continue;
  define(name, function (...given) {
    return runMethod(this, name, given, make);
  });
}
for (const name of inPlaceCalls.keys()) {
  define(name, function (...given) {
    changeInPlace(this, name, given);
    return this;
  });
}
