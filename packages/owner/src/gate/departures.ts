/**
 * What leaves, in the order of what it answers: while a value is being read, what comes behind it may be handled, but nothing
 * that follows from it leaves.
 */
export class Departures {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** Has everything left? */
  get areOver(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when all that was taken so far has left. */
  over(): Promise<void> {
    return this.#last;
  }

  /** Lets it leave at once where nothing is before it. */
  take(leave: () => void): void {
    if (this.areOver) leave();
    else this.#follow(this.#last.then(leave));
  }

  /** Lets it leave when it is there, and all before it has left. Resolves then; never rejects. */
  takeWhen<T>(coming: Promise<T>, leave: (arrived: T) => void): Promise<void> {
    const before = this.#last;
    // Nothing that fails meanwhile may go unheard.
    return this.#follow(Promise.all([coming, before]).then(([arrived]) => leave(arrived)));
  }

  #follow(left: Promise<void>): Promise<void> {
    this.#waiting += 1;
    const ended = (): void => {
      this.#waiting -= 1;
    };
    this.#last = left.then(ended, ended);
    return this.#last;
  }
}
