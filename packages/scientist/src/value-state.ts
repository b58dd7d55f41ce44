/** What this side knows of one value on the owner's side. */

import {
  DuetError,
  describeError,
  type ErrorCode,
  type Ref,
  type TensorMeta,
} from '@duet/protocol';
import type { Pointer } from './pointer';
import type { RequestState } from './requests';

/** Why a value cannot be used any more. */
interface Ended {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly from: 'here' | 'peer';
  /** Where it ended, which is what one wants to know of a use after disposal. */
  readonly at: Error | undefined;
}

export interface ValueParts {
  readonly ref: Ref;
  readonly meta: TensorMeta;
  readonly origin: 'published' | 'sent' | 'derived';
  /** The op that made it, for error texts. */
  readonly madeBy: string;
  readonly readable: boolean;
  /** Where it is not named by its ref. */
  readonly id?: string;
}

/** `s12` and `s12.0`: the scientist's, with its place among an op's outputs; `p3`: published by the owner. */
export function idOf({ space, id, path }: Ref): string {
  return [`${space === 'own' ? 's' : 'p'}${id}`, ...path].join('.');
}

export class ValueState {
  readonly ref: Ref;
  readonly id: string;
  readonly meta: TensorMeta;
  readonly origin: 'published' | 'sent' | 'derived';
  readonly madeBy: string;
  /**
   * The owner answers a get at once: the value was made of public and sent ones alone, or has arrived by a grant. Taken at
   * each op, as the owner does; never true before it is true there.
   */
  readable: boolean;
  /** The one that waits for its decision, or was accepted and not fetched yet. */
  request: RequestState | undefined;
  /** The pointer on it, where there is one: weakly, unless nobody else can have it yet. */
  pointer: { deref(): Pointer | undefined } | undefined;
  #ended: Ended | undefined;

  constructor(parts: ValueParts) {
    this.ref = parts.ref;
    this.id = parts.id ?? idOf(parts.ref);
    this.meta = parts.meta;
    this.origin = parts.origin;
    this.madeBy = parts.madeBy;
    this.readable = parts.readable;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Undefined while it can be used. A new error each time, so that its stack tells who used it. */
  whyEnded(): DuetError | undefined {
    if (this.#ended === undefined) return undefined;
    const { code, detail, from, at } = this.#ended;
    return new DuetError(code, at === undefined ? { detail, from } : { detail, from, cause: at });
  }

  /** Throws where it was disposed, taken back, or never came to be. */
  checkUsable(): void {
    const why = this.whyEnded();
    if (why !== undefined) throw why;
  }

  dispose(at: Error): void {
    const detail = `Pointer ${this.id} (${this.madeBy}) was disposed.`;
    this.#end({ code: 'disposed', detail, from: 'here', at });
  }

  /** Its value was handed out by a deleting get. */
  take(): void {
    this.#end({
      code: 'disposed',
      detail: `The value of pointer ${this.id} (${this.madeBy}) was taken by get(), which disposes a derived pointer; getCopy() keeps it.`,
      from: 'here',
      at: undefined,
    });
  }

  /** The other side says that it is not there. */
  breakWith(code: ErrorCode): void {
    const detail = `Pointer ${this.id} (${this.madeBy}): ${describeError(code).text}`;
    this.#end({ code, detail, from: 'peer', at: undefined });
  }

  /** This side broke off before it was there. */
  abandon(code: ErrorCode): void {
    const detail = `Pointer ${this.id} (${this.madeBy}): ${describeError(code).text}`;
    this.#end({ code, detail, from: 'here', at: undefined });
  }

  #end(ended: Ended): void {
    this.#ended ??= ended;
  }
}
