import { limits } from '@duet/protocol';
import { Fifo } from './fifo';

/** Frames' memory that is kept for the next ones: about as many as are under way in a large transfer. */
const mostSpare = 64;

/** Frames that the other side may not have yet, by their numbers, which begin with 1 and have no gaps. */
export class ReplayBuffer {
  readonly #frames = new Fifo<Uint8Array>();
  readonly #spare: Uint8Array[] = [];
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
      const frame = this.#frames.shift();
      this.#acknowledged += 1;
      if (frame === undefined) continue;
      this.#bytes -= frame.length;
      // New memory for each frame would cost more than what is written into it.
      const { buffer } = frame;
      if (buffer.byteLength === limits.frameBytes && this.#spare.length < mostSpare) {
        this.#spare.push(new Uint8Array(buffer));
      }
    }
  }

  /** The memory of a whole frame that was acknowledged. */
  takeSpare(): Uint8Array | undefined {
    return this.#spare.pop();
  }

  /** For good. */
  clear(): void {
    this.#frames.clear();
    this.#spare.length = 0;
    this.#bytes = 0;
  }
}
