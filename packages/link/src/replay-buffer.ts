import { limits } from '@duet/protocol';
import { Fifo } from './fifo';

/** Frames that the other side may not have yet, by their numbers, which begin with 1 and have no gaps. */
export class ReplayBuffer {
  readonly #frames = new Fifo<Uint8Array>();
  #bytes = 0;
  #acknowledged = 0;

  get frames(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The last number that the other side has. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The last number that there is. */
  get last(): number {
    return this.#acknowledged + this.#frames.length;
  }

  get isFull(): boolean {
    return this.#bytes >= limits.replayBytes || this.#frames.length >= limits.replayFrames;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** Undefined where it was acknowledged, or is not there yet. */
  get(number: number): Uint8Array | undefined {
    return number > this.#acknowledged
      ? this.#frames.at(number - this.#acknowledged - 1)
      : undefined;
  }

  /** Forgets all up to a number, which is one of those that are there, or the last acknowledged. */
  acknowledge(number: number): void {
    while (this.#acknowledged < number) {
      this.#bytes -= this.#frames.shift()?.length ?? 0;
      this.#acknowledged += 1;
    }
  }

  /** For good. */
  clear(): void {
    this.#frames.clear();
    this.#bytes = 0;
  }
}
