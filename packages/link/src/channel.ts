import { DuetError, limits } from '@duet/protocol';

export type ChannelKind = 'memory' | 'port' | 'webrtc' | 'relay';

/** Ordered frames between two sides. It knows nothing of what they mean, and loses or repeats none while it is open. */
export interface Channel {
  readonly kind: ChannelKind;
  /** What ties the channel to its transport, the same on both sides; empty where nobody can be in between. */
  readonly binding: Uint8Array;
  /** False while more than the high watermark waits to be sent. A frame sent nevertheless is not lost. */
  readonly writable: boolean;
  /**
   * Sends a frame of 1 to `limits.frameBytes` bytes; throws `too-large` above. The frame is given away: its memory may
   * be transferred, so the caller neither reads nor changes it afterwards. Once the channel is closed it does nothing.
   */
  send(frame: Uint8Array): void;
  /** Memory for a frame of up to `limits.frameBytes`, where there is some that is not needed any more; it may hold anything. */
  spareFrame?(): Uint8Array | undefined;
  /** The one listener for having become writable again. Events, never polling. */
  onWritable(call: () => void): void;
  /**
   * The one listener for frames, which then belong to it. Frames that came before are kept, within a limit, and told at
   * once. Without one they are kept for the next.
   */
  onFrame(receive: ((frame: Uint8Array) => void) | undefined): void;
  /**
   * The one listener for the end, called once, at once if the channel has ended already: `closed` if this side closed,
   * `peer-left` if the other did, `link-lost` if the transport broke, `bad-message` if it carried what is no frame.
   */
  onClosed(call: (reason: DuetError) => void): void;
  /** Ends the channel at once; what still waits to be sent may be lost. The other side is told. */
  close(): void;
  /**
   * What was sent is all: the channel ends once the other side has it. Only channels have this that know what the other side
   * has; others are closed a moment later.
   */
  finish?(): void;
}

/** What all channels do alike: listeners, early frames, the one end. A transport adds sending and shutting down. */
export abstract class BaseChannel implements Channel {
  abstract readonly kind: ChannelKind;
  abstract readonly binding: Uint8Array;
  #writable: (() => void) | undefined;
  #receive: ((frame: Uint8Array) => void) | undefined;
  #closed: ((reason: DuetError) => void) | undefined;
  #reason: DuetError | undefined;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;

  abstract get writable(): boolean;
  /** Hands a frame of proper size to the transport. */
  protected abstract transmit(frame: Uint8Array): void;
  /** Lets go of the transport, and tells the other side if it can. Called once. */
  protected abstract shut(): void;

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  send(frame: Uint8Array): void {
    if (frame.length > limits.frameBytes) {
      throw new DuetError('too-large', {
        detail: `A frame of ${frame.length} bytes is too large.`,
      });
    }
    if (!this.ended) this.transmit(frame);
  }

  onWritable(call: () => void): void {
    this.#writable = call;
  }

  onFrame(receive: ((frame: Uint8Array) => void) | undefined): void {
    this.#receive = receive;
    // A listener may hand over to another after any frame.
    while (this.#receive !== undefined) {
      const frame = this.#early.shift();
      if (frame === undefined) break;
      this.#earlyBytes -= frame.length;
      this.#receive(frame);
    }
  }

  onClosed(call: (reason: DuetError) => void): void {
    this.#closed = call;
    if (this.#reason !== undefined) call(this.#reason);
  }

  close(): void {
    this.end(new DuetError('closed'));
  }

  protected end(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.shut();
    this.#closed?.(reason);
  }

  protected becameWritable(): void {
    if (!this.ended) this.#writable?.();
  }

  /** Takes a frame that came in. */
  protected deliver(frame: Uint8Array): void {
    if (this.ended) return;
    if (frame.length === 0 || frame.length > limits.frameBytes) {
      this.end(new DuetError('bad-message', { detail: 'A frame is empty or too large.' }));
    } else if (this.#receive !== undefined) {
      this.#receive(frame);
    } else {
      this.#early.push(frame);
      this.#earlyBytes += frame.length;
      if (this.#earlyBytes > limits.earlyFrameBytes) {
        this.#early = [];
        this.end(new DuetError('limit', { detail: 'The other side sent more than a handshake.' }));
      }
    }
  }
}
