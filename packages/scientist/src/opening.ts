/** What an owner's side tells before a session can begin, and again when its page was reloaded. */

import {
  type BackendName,
  DuetError,
  defaultSessionLimits,
  type Mine,
  type OwnerMessage,
  type SessionLimits,
  type Welcome,
} from '@duet/protocol';
import { Listing } from './mine';

/** What the owner's side allows. */
export class Terms {
  /** One object for the session's life, whose fields change. */
  readonly limits: SessionLimits;
  readonly #own: Partial<SessionLimits>;
  #keepMs = 0;
  #backend: BackendName = 'cpu';
  #lacking: ReadonlySet<string> = new Set();

  constructor(welcome: Welcome, own: Partial<SessionLimits> = {}) {
    this.#own = own;
    this.limits = { ...defaultSessionLimits };
    this.take(welcome);
  }

  take({ opCost, planCost, runCost, keepMs, backend, lacking }: Welcome): void {
    Object.assign(this.limits, { opCost, planCost, runCost, ...this.#own });
    this.#keepMs = keepMs;
    this.#backend = backend;
    this.#lacking = new Set(lacking);
  }

  /** The longest that requests are kept for a scientist who has left. */
  get keepMs(): number {
    return this.#keepMs;
  }

  /** Why an op cannot be called on this owner's side, though others can run it. */
  lacking(op: string): DuetError | undefined {
    if (!this.#lacking.has(op)) return undefined;
    return new DuetError('unsupported-op', {
      detail: `${op}: the owner’s engine runs on the backend ${this.#backend}, which cannot run it.`,
      hint: '',
    });
  }
}

/** Counts what a welcome has announced. */
export class Opening {
  readonly #listing: Listing;
  readonly #keeps: boolean;
  #catalogues: number;
  #kept: number;
  #mine: number;

  /** `keeps`: what was there before was to stay. `before`: the first id that this scientist has not taken yet. */
  constructor({ catalogues, keepMs, mine }: Welcome, keeps: boolean, before: number) {
    this.#keeps = keeps;
    this.#listing = new Listing(before);
    this.#catalogues = catalogues;
    // Where requests are kept at all, what is kept is always told once.
    this.#kept = keepMs > 0 ? 1 : 0;
    this.#mine = mine;
  }

  /** Was everything told? */
  get isComplete(): boolean {
    return this.#catalogues === 0 && this.#kept === 0 && this.#mine === 0;
  }

  /** Something was told. */
  count(message: OwnerMessage): void {
    if (message.kind === 'catalogue' && this.#catalogues > 0) this.#catalogues -= 1;
    if (message.kind === 'kept' && this.#kept > 0) this.#kept -= 1;
  }

  /**
   * Takes what is held from before. True where that is news after everything was told: of a run that goes on by itself. Throws
   * `bad-reply` for what nobody asked for, and for what cannot be.
   */
  take(message: Mine): boolean {
    if (!this.#keeps) {
      throw new DuetError('bad-reply', {
        detail: 'The owner’s side lists objects that nobody asked for.',
      });
    }
    this.#listing.add(message);
    const isNews = this.#mine === 0;
    if (!isNews) this.#mine -= 1;
    return isNews;
  }

  /** What is held from before, as far as it was not taken out yet. */
  takeListing(): Listing {
    return this.#listing.takeOut();
  }
}
