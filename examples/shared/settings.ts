/** Choices that a page remembers. Where the browser lets it store nothing, they last as long as the page. */

/** One of the values that are allowed; the first is the default. */
export class Setting<Value extends string> {
  readonly #key: string;
  readonly #allowed: readonly [Value, ...Value[]];
  readonly #where: () => Storage;
  #value: Value;

  /** `where`: this tab alone, or this browser. */
  constructor(
    key: string,
    allowed: readonly [Value, ...Value[]],
    where: 'tab' | 'browser' = 'browser',
  ) {
    this.#key = `duet-${key}`;
    this.#allowed = allowed;
    this.#where = () => (where === 'tab' ? sessionStorage : localStorage);
    this.#value = this.#of(this.#read());
  }

  get value(): Value {
    return this.#value;
  }

  /** What is not allowed is the default. */
  set(value: string): void {
    this.#value = this.#of(value);
    try {
      this.#where().setItem(this.#key, this.#value);
    } catch {
      // It lasts as long as the page.
    }
  }

  #of(value: string | undefined): Value {
    return this.#allowed.find((each) => each === value) ?? this.#allowed[0];
  }

  #read(): string | undefined {
    try {
      return this.#where().getItem(this.#key) ?? undefined;
    } catch {
      return undefined;
    }
  }
}
