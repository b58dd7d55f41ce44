/** What a virtual worker holds, by its id: a tensor, or a pointer to what another worker holds. */

import type { PublishedObject } from '@duet/owner';
import { DuetError, type ErrorCode, visibleText } from '@duet/protocol';
import type { Pointer } from '@duet/scientist';
import type { Holder } from './holder';
import type { Made } from './tape';

export interface HeldWords {
  readonly tags: readonly string[];
  readonly description: string;
}

interface HeldParts {
  readonly id: string;
  readonly holder: Holder;
  /** Whose session it was made in. */
  readonly user: string;
  readonly words: HeldWords;
}

abstract class HeldObject {
  id: string;
  holder: Holder;
  readonly user: string;
  readonly words: HeldWords;
  #ended: { readonly code: ErrorCode; readonly how: string } | undefined;

  constructor({ id, holder, user, words }: HeldParts) {
    this.id = id;
    this.holder = holder;
    this.user = user;
    this.words = words;
  }

  /** For error texts. */
  get name(): string {
    return `Object “${visibleText(this.id)}” of ${this.holder.quotedName}`;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  end(code: 'disposed' | 'gone', how: string): void {
    this.#ended ??= { code, how };
  }

  /** Throws `disposed` or `gone` where it is not held any more. */
  checkUsable(): void {
    if (this.#ended === undefined) return;
    throw new DuetError(this.#ended.code, { detail: `${this.name} ${this.#ended.how}.`, hint: '' });
  }
}

/**
 * The id stays with the object through moves and in-place ops. What it stands for on the owner's side is a chain of
 * versions, each under an id of its own there: `pointer` is the one that is current.
 */
export class HeldTensor extends HeldObject {
  readonly kind = 'tensor';
  pointer: Pointer;
  /** Set where the worker keeps it as an owner does: published, private, and not the scientist's to change or drop. */
  published: PublishedObject | undefined;
  /** Who may read a published one without a request. */
  readonly allowedUsers: readonly string[];
  /** It is on its way to another worker. */
  isMoving = false;
  /** A gradient with respect to it is wanted, and computed by `backward`. */
  isLeaf = false;
  /** How it was computed, where that led from values with a gradient. */
  made: Made | undefined;
  /** Of a leaf that is the continuation of what another worker has computed: its gradient goes back there. */
  origin: Origin | undefined;
  /** It goes with this object. */
  #grad: HeldTensor | undefined;

  constructor(
    parts: HeldParts & {
      readonly pointer: Pointer;
      readonly published?: PublishedObject;
      readonly allowedUsers?: readonly string[];
    },
  ) {
    super(parts);
    this.pointer = parts.pointer;
    this.published = parts.published;
    this.allowedUsers = parts.allowedUsers ?? [];
  }

  /** Do gradients flow through it? */
  get isTracked(): boolean {
    return this.isLeaf || this.made !== undefined;
  }

  /** Undefined where there is none, or it was taken by a get. */
  get grad(): HeldTensor | undefined {
    return this.#grad?.hasEnded === true ? undefined : this.#grad;
  }

  set grad(grad: HeldTensor | undefined) {
    this.#grad = grad;
  }

  /** The pointer of one user's own session. Throws `bad-argument` for a value that another user made. */
  pointerOf(user: string): Pointer {
    if (this.published !== undefined) return this.holder.session(user).store.get(this.published.id);
    if (user !== this.user) {
      throw new DuetError('bad-argument', { detail: `${this.name} was made by another user.` });
    }
    return this.pointer;
  }

  /** Throws `bad-argument` while it is moved: what was changed meanwhile would be lost. */
  checkStill(doing: string): void {
    if (!this.isMoving) return;
    throw new DuetError('bad-argument', {
      detail: `${doing}: ${this.name} is being moved.`,
      hint: 'Await the move first.',
    });
  }
}

/** Where a value comes from that was moved on with its gradient. */
export interface Origin {
  readonly holder: Holder;
  readonly made: Made;
}

export class HeldPointer extends HeldObject {
  readonly kind = 'pointer';
  to: Held;
  /** What it points to goes with it. */
  owns: boolean;

  constructor(parts: HeldParts & { readonly to: Held; readonly owns: boolean }) {
    super(parts);
    this.to = parts.to;
    this.owns = parts.owns;
  }
}

export type Held = HeldTensor | HeldPointer;

/** The tensor at the end of a chain, and the pointers on the way to it. */
export interface Way {
  readonly route: readonly HeldPointer[];
  readonly end: HeldTensor;
}

/** Throws `disposed` or `gone` where one on the way is not held any more. */
export function follow(held: Held): Way {
  const route: HeldPointer[] = [];
  let at = held;
  at.checkUsable();
  while (at.kind === 'pointer') {
    route.push(at);
    at = at.to;
    at.checkUsable();
  }
  return { route, end: at };
}
