/** Where the value of a virtual pointer is, and whether it goes with the pointer. */

import { DuetError } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import { follow, type Held, type HeldTensor, type Way } from './held';
import type { VirtualPointer } from './pointer';

export interface AtWorker {
  readonly kind: 'held';
  readonly held: Held;
  readonly user: string;
}

/** In the page. The tensor and its gradient go with the handle. */
export interface Here {
  readonly kind: 'here';
  readonly tensor: tf.Tensor;
  requiresGrad: boolean;
  grad: VirtualPointer | undefined;
}

/** A backstop for pointers that were forgotten. What it holds does not lead back to the handle. */
const forgotten = new FinalizationRegistry<Held>((held) =>
  held.holder.drop(held, 'disposed', 'was dropped, since nothing pointed to it any more'),
);

/** A pointer's own, and nobody else's: it is forgotten with its pointer. */
export class Handle {
  #place: AtWorker | Here | undefined;
  #owns = false;

  static to(held: Held, user: string, owns: boolean): Handle {
    const handle = new Handle();
    handle.point(held, user, owns);
    return handle;
  }

  static of(tensor: tf.Tensor): Handle {
    const handle = new Handle();
    handle.bring(tensor, false);
    return handle;
  }

  get owns(): boolean {
    return this.#owns;
  }

  /** Throws `disposed`. */
  get place(): AtWorker | Here {
    if (this.#place !== undefined) return this.#place;
    throw new DuetError('disposed');
  }

  /** Throws `bad-argument` where the value is here; and `disposed` or `gone`. */
  at(doing: string): AtWorker {
    const { place } = this;
    if (place.kind === 'here') {
      throw new DuetError('bad-argument', {
        detail: `${doing}: the value of this handle is here.`,
        hint: 'Use its tensor, or send_() it.',
      });
    }
    place.held.checkUsable();
    return place;
  }

  /** As `at`, with the tensor at the end of a chain. */
  end(doing: string): Way & { readonly user: string } {
    const { held, user } = this.at(doing);
    return { ...follow(held), user };
  }

  /** As `at`. Throws `bad-argument` for a chain. */
  tensor(doing: string): { readonly held: HeldTensor; readonly user: string } {
    const { held, user } = this.at(doing);
    if (held.kind === 'tensor') return { held, user };
    throw new DuetError('bad-argument', {
      detail: `${doing}: ${held.name} is a pointer to a pointer.`,
      hint: 'get() gives the pointer that is stored there.',
    });
  }

  /** Public, also of what is here. */
  get facts(): { readonly shape: readonly number[]; readonly dtype: string } {
    const { place } = this;
    return place.kind === 'here' ? place.tensor : follow(place.held).end.pointerOf(place.user);
  }

  point(held: Held, user: string, owns: boolean): void {
    this.#place = { kind: 'held', held, user };
    this.#owns = owns && !(held.kind === 'tensor' && held.published !== undefined);
    if (this.#owns) forgotten.register(this, held, this);
  }

  bring(tensor: tf.Tensor, requiresGrad: boolean, grad?: VirtualPointer): void {
    this.disown();
    this.#place = { kind: 'here', tensor, requiresGrad, grad };
  }

  disown(): void {
    this.#owns = false;
    forgotten.unregister(this);
  }

  dispose(): void {
    const place = this.#place;
    const owned = this.#owns;
    this.disown();
    if (place?.kind === 'here') {
      place.tensor.dispose();
      place.grad?.dispose();
      this.#place = undefined;
    } else if (place !== undefined && owned) {
      place.held.holder.drop(place.held, 'disposed', 'was disposed');
    }
  }

  /** For people. Nothing is transferred. */
  toString(): string {
    const place = this.#place;
    if (place === undefined) return 'VirtualPointer (disposed)';
    if (place.kind === 'here') return `VirtualPointer to a tensor that is here: ${this.#words()}`;
    const way: string[] = [];
    let { held } = place;
    for (; held.kind === 'pointer'; held = held.to) way.push(held.holder.quotedName);
    way.push(held.holder.quotedName);
    return `VirtualPointer ${place.held.id} on ${way.join(' → ')}: ${this.#words()}`;
  }

  #words(): string {
    try {
      const { shape, dtype } = this.facts;
      return `${dtype} [${shape.join(', ')}]`;
    } catch {
      return 'not there any more';
    }
  }
}

/** Beside the pointers, since it is no part of what they show. */
const handles = new WeakMap<object, Handle>();

export function adopt(pointer: object, handle: Handle): void {
  handles.set(pointer, handle);
}

/** Undefined for what is no virtual pointer. */
export function findHandle(value: unknown): Handle | undefined {
  return typeof value === 'object' && value !== null ? handles.get(value) : undefined;
}

export function handleOf(pointer: object): Handle {
  const handle = handles.get(pointer);
  if (handle === undefined) throw new DuetError('internal');
  return handle;
}
