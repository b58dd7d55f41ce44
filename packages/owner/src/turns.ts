/** One thing after the other, each to its end before the next. */
export class Turns {
  #last: Promise<void> = Promise.resolve();
  /** Tasks that are not done yet. */
  #open = 0;
  #isRunning = false;
  /** Lets those go on that were taken by the task that runs at once. */
  #release: (() => void) | undefined;

  /** Would a task run at once? */
  get isFree(): boolean {
    return this.#open === 0;
  }

  /** Resolves when all that was taken so far is done. */
  idle(): Promise<void> {
    return this.#last;
  }

  /** Runs a task, never at once, when all before it are done. */
  take<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#isRunning && this.#release === undefined) {
      this.#last = new Promise((resolve) => {
        this.#release = resolve;
      });
    }
    const done = this.#last.then(task);
    this.#follow(done);
    return done;
  }

  /** Runs a task at once; only where `isFree`. Throws what it throws. */
  runNow<T>(task: () => T): T {
    this.#open += 1;
    this.#isRunning = true;
    try {
      const rest = task();
      if (rest instanceof Promise) this.#wait(rest);
      return rest;
    } finally {
      this.#open -= 1;
      this.#isRunning = false;
      this.#release?.();
      this.#release = undefined;
    }
  }

  /** The task that runs is not done when it returns. */
  #wait(rest: Promise<unknown>): void {
    const release = this.#release;
    this.#release = undefined;
    if (release === undefined) this.#follow(rest);
    else rest.then(release, release);
  }

  #follow(done: Promise<unknown>): void {
    this.#open += 1;
    const ended = (): void => {
      this.#open -= 1;
    };
    this.#last = done.then(ended, ended);
  }
}
