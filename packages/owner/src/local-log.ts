import { limits, type Outcome, type TensorValue } from '@duet/protocol';

/** A value that a handler kept for the owner, and only for the owner. */
export interface LocalLogEntry {
  readonly request: string;
  readonly handler: string;
  readonly name: string;
  readonly reason: string;
  readonly outcome: Outcome;
  /** Undefined where the computation had failed. */
  readonly value: TensorValue | undefined;
}

/** What handlers kept: the newest entries, within limits, since a scientist could fill it by asking. */
export class LocalLog {
  readonly #entries: LocalLogEntry[] = [];
  #bytes = 0;

  list(): readonly LocalLogEntry[] {
    return [...this.#entries];
  }

  keep(entry: LocalLogEntry): void {
    this.#entries.push(entry);
    this.#bytes += sizeOf(entry);
    while (this.#entries.length > limits.localLogEntries || this.#bytes > limits.localLogBytes) {
      const oldest = this.#entries.shift();
      if (!oldest) return;
      this.#bytes -= sizeOf(oldest);
    }
  }

  wipe(): void {
    this.#entries.length = 0;
    this.#bytes = 0;
  }
}

function sizeOf({ value }: LocalLogEntry): number {
  return value?.bytes.length ?? 0;
}
