/** Things by what they go by: finding one takes as long however many there are. */
export class NameIndex<T extends { readonly id: string }> {
  readonly #byId = new Map<string, T>();
  readonly #byName = new Map<string, Set<T>>();
  readonly #names = new Map<T, ReadonlySet<string>>();

  /** Adds it, or changes what it goes by. */
  set(entry: T, names: readonly string[]): void {
    this.delete(entry);
    this.#byId.set(entry.id, entry);
    const own = new Set(names);
    this.#names.set(entry, own);
    for (const name of own) {
      const known = this.#byName.get(name) ?? new Set();
      this.#byName.set(name, known.add(entry));
    }
  }

  delete(entry: T): void {
    const names = this.#names.get(entry);
    if (names === undefined) return;
    this.#names.delete(entry);
    if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
    for (const name of names) {
      const known = this.#byName.get(name);
      known?.delete(entry);
      if (known?.size === 0) this.#byName.delete(name);
    }
  }

  withId(id: string): T | undefined {
    return this.#byId.get(id);
  }

  named(name: string): readonly T[] {
    return [...(this.#byName.get(name) ?? [])];
  }

  /** Every id and name. */
  get keys(): readonly string[] {
    return [...this.#byId.keys(), ...this.#byName.keys()];
  }
}
