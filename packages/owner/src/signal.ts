/** Lets several wait for the same change. */
export class Signal {
  #waiting: (() => void)[] = [];

  /** Resolves the next time it is given. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
