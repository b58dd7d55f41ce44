import { DuetError, limits } from '@duet/protocol';
import { BaseChannel, type Channel } from './channel';

/**
 * A channel over one end of a MessageChannel. The port belongs to the channel from now on. A worker that is terminated
 * cannot say goodbye, and not every browser tells: whoever terminates it closes the channel on the page's end.
 */
export function portChannel(port: MessagePort): Channel {
  return new PortChannel(port);
}

/** Besides frames (as ArrayBuffer) a port carries how many bytes were taken (a number), and this. */
const farewell = 'close';

/** A port does not tell what it buffers, so the receiver tells after so many bytes that it has taken them. */
const takenStepBytes = limits.channelLowBytes;

class PortChannel extends BaseChannel {
  override readonly kind = 'port';
  override readonly binding = new Uint8Array();
  readonly #port: MessagePort;
  #untold = 0;
  #inFlightBytes = 0;
  #full = false;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.addEventListener('message', this.#onMessage);
    port.addEventListener('messageerror', this.#onError);
    port.addEventListener('close', this.#onClose);
    port.start();
  }

  override get writable(): boolean {
    return !this.ended && !this.#full;
  }

  protected override transmit(frame: Uint8Array): void {
    const isWhole =
      frame.buffer instanceof ArrayBuffer && frame.byteLength === frame.buffer.byteLength;
    const buffer = (isWhole ? frame : frame.slice()).buffer as ArrayBuffer;
    this.#inFlightBytes += buffer.byteLength;
    this.#full ||= this.#inFlightBytes >= limits.channelHighBytes;
    this.#port.postMessage(buffer, [buffer]);
  }

  protected override shut(): void {
    this.#port.removeEventListener('message', this.#onMessage);
    this.#port.removeEventListener('messageerror', this.#onError);
    this.#port.removeEventListener('close', this.#onClose);
    this.#port.postMessage(farewell);
    this.#port.close();
  }

  readonly #onMessage = ({ data }: MessageEvent<unknown>): void => {
    if (data instanceof ArrayBuffer) {
      this.deliver(new Uint8Array(data));
      this.#tellTaken(data.byteLength);
    } else if (typeof data === 'number' && data > 0 && data <= this.#inFlightBytes) {
      this.#inFlightBytes -= data;
      if (this.#full && this.#inFlightBytes <= limits.channelLowBytes) {
        this.#full = false;
        this.becameWritable();
      }
    } else if (data === farewell) {
      this.end(new DuetError('peer-left'));
    } else {
      this.end(
        new DuetError('bad-message', { detail: 'A port carried something that is no frame.' }),
      );
    }
  };

  readonly #onError = (): void => {
    this.end(new DuetError('bad-message', { detail: 'A port carried something unreadable.' }));
  };

  /** Where the platform tells that the other end is gone, it is heard. */
  readonly #onClose = (): void => this.end(new DuetError('peer-left'));

  #tellTaken(bytes: number): void {
    this.#untold += bytes;
    if (this.#untold < takenStepBytes || this.ended) return;
    this.#port.postMessage(this.#untold);
    this.#untold = 0;
  }
}
