/** Those who want to hear of one kind of event, in the order in which they came. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<{ readonly call: (...args: Args) => void }>();

  /** Returns what takes it away again. */
  add(call: (...args: Args) => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  tell(...args: Args): void {
    for (const { call } of [...this.#listeners]) call(...args);
  }

  clear(): void {
    this.#listeners.clear();
  }
}
