/** The receipts of all sessions with one owner, in one text: each session begins with none. */
export class ReceiptBook {
  #header = '';
  readonly #lines = new Set<string>();

  get length(): number {
    return this.#lines.size;
  }

  /** What a session has exported. Another owner's begin a new book. */
  take(text: string): void {
    const [header = '', ...lines] = text.split('\n').filter((line) => line !== '');
    if (header !== this.#header) this.#lines.clear();
    this.#header = header;
    for (const line of lines) this.#lines.add(line);
  }

  /** As one session would export them. */
  text(): string {
    return [this.#header, ...this.#lines].map((line) => `${line}\n`).join('');
  }
}
