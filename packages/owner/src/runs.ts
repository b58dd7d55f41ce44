import { asDuetError, DuetError, limits, type Train } from '@duet/protocol';
import type { OwnerRun } from './owner-run';
import { checkTrain } from './run-setup';
import { Run, type RunsParts } from './training-run';

/** The training runs of one scientist: one at a time. */
export class Runs {
  readonly #parts: RunsParts;
  /** Ids of runs that are over: a cancel may cross their end. */
  readonly #over: number[] = [];
  #current: Run | undefined;
  /** Does it go on without the page that began it? */
  #isOrphan = false;
  #count = 0;
  #halted = false;

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  /** The run under way, if there is one. */
  get current(): OwnerRun | undefined {
    return this.#current?.shown;
  }

  /** Is a run under way that the present page of its scientist knows nothing of? */
  get isOrphan(): boolean {
    return this.#isOrphan;
  }

  /** The scientist's page was reloaded: what it began goes on. */
  orphan(): void {
    this.#isOrphan = this.#current !== undefined;
  }

  /**
   * Begins a run; its first id is claimed. It goes on by itself, between other messages. One of before a reload ends for it,
   * at its last checkpoint. Throws what public facts forbid; `limit` while another runs.
   */
  train(message: Train): void {
    const { space } = this.#parts;
    const setup = checkTrain(message, space);
    space.objects.claimUntil(setup.layout.lastId);
    if (this.#isOrphan) this.#current?.leave();
    if (this.#current) {
      throw new DuetError('limit', { detail: 'Another run is under way.' });
    }
    const booking = space.objects.book(setup.room);
    this.#count += 1;
    const run = new Run(`t${this.#count}`, setup, booking, this.#parts, () => this.#ended(run));
    this.#current = run;
    run.halt(this.#halted);
    this.#parts.changed(run.shown);
    run.drive().catch((thrown: unknown) => this.#parts.broken(asDuetError(thrown)));
  }

  /** Ends a run before its next step. Throws `no-object` for what was never one; nothing comes of one that is over. */
  cancel(id: number): void {
    if (this.#current?.id === id) this.#current.finishEarly('cancelled');
    else if (!this.#over.includes(id)) throw new DuetError('no-object');
  }

  /** All runs wait, besides those that the owner has paused one by one. */
  halt(halted: boolean): void {
    this.#halted = halted;
    this.#current?.halt(halted);
  }

  /** Its scientist has gone or begun anew: nothing is bound or told any more. */
  clear(): void {
    this.#current?.leave();
  }

  /** Resolves when no run is under way, or the one that is waits for the owner. */
  async idle(): Promise<void> {
    await this.#current?.idle();
  }

  #ended(run: Run): void {
    this.#current = undefined;
    this.#isOrphan = false;
    this.#over.push(run.id);
    if (this.#over.length > limits.dropIds) this.#over.shift();
  }
}
