/** First in, first out, without moving what is behind at every turn, as `shift` does. */
export class Fifo<T> {
  #items: T[] = [];
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  get front(): T | undefined {
    return this.#items[this.#next];
  }

  get back(): T | undefined {
    return this.length > 0 ? this.#items.at(-1) : undefined;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#next++];
    // Half of it is behind: what was taken must not be held for long.
    if (this.#next * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  /** Empties it; gives what was in it, in order. */
  takeAll(): T[] {
    const all = this.#items.slice(this.#next);
    this.#items = [];
    this.#next = 0;
    return all;
  }
}
