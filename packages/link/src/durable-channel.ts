import { asDuetError, type Clock, DuetError, limits } from '@duet/protocol';
import { BaseChannel, type Channel, type ChannelKind } from './channel';
import { isControl, readControl, writeControl } from './control';
import { Pulse } from './pulse';
import { ReplayBuffer } from './replay-buffer';

export interface DurableEvents {
  /** The other side has answered on a new channel: what it had not received is being sent again, and the link goes on. */
  readonly onReady?: () => void;
  /** The channel was lost. `replace` gives another. */
  readonly onLost?: (reason: DuetError) => void;
  /** Nothing comes after this. */
  readonly onEnded?: (reason: DuetError) => void;
}

/**
 * A channel that outlives the channels it is made of: when one is lost, `replace` goes on with the next, and every frame
 * arrives exactly once and in order. Frames are those of a FramedLink: their first four bytes number them from 1. They are
 * kept, as they are, until the other side says that it has them, and so much of them at most that memory stays bounded:
 * then it is not writable. Without a channel nothing is lost, and nothing ends either; that is for its user to decide.
 */
export class DurableChannel extends BaseChannel {
  override readonly binding = new Uint8Array();
  readonly #clock: Clock;
  readonly #events: DurableEvents;
  readonly #pulse: Pulse;
  #kind: ChannelKind = 'memory';
  #channel: Channel | undefined;
  /** Has the other side answered on the present channel? */
  #isReady = false;
  #stopWaiting = (): void => {};

  readonly #kept = new ReplayBuffer();
  /** The last number that ever was handed to a channel. */
  #handed = 0;
  /** The next to hand to the present channel. */
  #next = 1;

  #received = 0;
  #untoldFrames = 0;
  #untoldBytes = 0;
  #tellingIsDue = false;

  #isFinishing = false;
  #stopFarewell = (): void => {};

  constructor(clock: Clock, events: DurableEvents = {}) {
    super();
    this.#clock = clock;
    this.#events = events;
    this.#pulse = new Pulse(clock, {
      beat: () => this.#beat(),
      silent: () => this.#lose(new DuetError('link-lost')),
    });
  }

  override get kind(): ChannelKind {
    return this.#kind;
  }

  override get writable(): boolean {
    return (
      this.isOpen &&
      this.#channel?.writable === true &&
      this.#next > this.#kept.last &&
      !this.#kept.isFull
    );
  }

  /** Is there a channel on which the other side has answered? */
  get isOpen(): boolean {
    return this.#isReady;
  }

  /** Frames and bytes that the other side may not have yet. */
  get kept(): { readonly frames: number; readonly bytes: number } {
    return { frames: this.#kept.frames, bytes: this.#kept.bytes };
  }

  /** Goes on over another channel, which belongs to this one from now on; a present one is closed. */
  replace(channel: Channel): void {
    if (this.ended) {
      channel.close();
      return;
    }
    this.#letGo()?.close();
    this.#channel = channel;
    this.#kind = channel.kind;
    const isPresent = (): boolean => this.#channel === channel;
    channel.onClosed((reason) => {
      if (isPresent()) this.#lose(reason);
    });
    if (!isPresent()) return;
    channel.onWritable(() => {
      if (isPresent()) this.#goOn(false);
    });
    this.#stopWaiting = this.#clock.after(limits.handshakeTimeoutMs, () =>
      this.#lose(new DuetError('link-lost')),
    );
    channel.send(writeControl({ kind: 'ready', received: this.#received }));
    this.#forgetUntold();
    channel.onFrame((frame) => {
      if (isPresent()) this.#take(frame);
    });
  }

  /** What the other side has is read by nobody any more: channels take their copy when they are given a frame. */
  spareFrame(): Uint8Array | undefined {
    return this.#kept.takeSpare();
  }

  /** Gives up the present channel, as if it had been lost. */
  lose(): void {
    this.#lose(new DuetError('link-lost'));
  }

  /** Tells the other side that this page is being closed or reloaded, and may come back. */
  going(): void {
    if (this.#isReady) this.#channel?.send(writeControl({ kind: 'going' }));
  }

  /** What was sent is all: ends once the other side has it, or has not come for it in `limits.farewellMs`. */
  finish(): void {
    if (this.ended || this.#isFinishing) return;
    this.#isFinishing = true;
    this.#stopFarewell = this.#clock.after(limits.farewellMs, () => this.discard());
    this.#endIfTaken();
  }

  /** Ends at once, without a word to the other side. */
  discard(reason = new DuetError('closed')): void {
    this.#letGo()?.close();
    this.end(reason);
  }

  // ---- the present channel ------------------------------------------------------------------------------------------

  /** Takes it away from this channel. */
  #letGo(): Channel | undefined {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#isReady = false;
    this.#stopWaiting();
    this.#pulse.stop();
    return channel;
  }

  #lose(reason: DuetError): void {
    const channel = this.#letGo();
    if (channel === undefined) return;
    channel.close();
    if (!this.ended) this.#events.onLost?.(reason);
  }

  protected override shut(): void {
    const channel = this.#letGo();
    this.#stopFarewell();
    this.#kept.clear();
    if (channel !== undefined) this.#leave(channel);
  }

  protected override end(reason: DuetError): void {
    if (this.ended) return;
    super.end(reason);
    this.#events.onEnded?.(reason);
  }

  /** The other side waits for the word that its last frame has come, and then closes: a channel that is cut at once may lose it. */
  #leave(channel: Channel): void {
    channel.onFrame(() => {});
    channel.onWritable(() => {});
    channel.send(writeControl({ kind: 'received', received: this.#received }));
    const stop = this.#clock.after(limits.lingerMs, () => channel.close());
    channel.onClosed(stop);
  }

  /** True if that was the end. A slow other side is waited for; one that is silent is lost as ever. */
  #endIfTaken(): boolean {
    if (!this.#isFinishing || this.#kept.frames > 0) return false;
    this.discard();
    return true;
  }

  #beat(): void {
    if (!this.#isReady || this.#channel?.writable !== true) return;
    if (this.#untoldFrames > 0) this.#tellReceived();
    else if (this.#pulse.isQuiet) this.#control({ kind: 'beat' });
  }

  // ---- sending ------------------------------------------------------------------------------------------------------

  protected override transmit(frame: Uint8Array): void {
    this.#kept.push(frame);
    this.#pump();
  }

  /** Hands on what is kept and was not handed to the present channel, as far as that takes it. */
  #pump(): void {
    const channel = this.#channel;
    if (channel === undefined || !this.#isReady) return;
    if (this.#tellingIsDue && channel.writable) this.#tellReceived();
    while (channel.writable && channel === this.#channel) {
      const frame = this.#kept.get(this.#next);
      if (frame === undefined) break;
      this.#handed = Math.max(this.#handed, this.#next);
      this.#next += 1;
      this.#pulse.sent();
      // A port takes the frame's memory away, and it may be needed again.
      channel.send(channel.kind === 'port' ? frame.slice() : frame);
    }
  }

  /** Something has happened that may let frames go on. */
  #goOn(wasWritable: boolean): void {
    this.#pump();
    if (!wasWritable && this.writable) this.becameWritable();
  }

  #control(control: Parameters<typeof writeControl>[0]): void {
    this.#pulse.sent();
    this.#channel?.send(writeControl(control));
  }

  #tellReceived(): void {
    if (this.#channel?.writable !== true) {
      this.#tellingIsDue = true;
      return;
    }
    this.#forgetUntold();
    this.#control({ kind: 'received', received: this.#received });
  }

  #forgetUntold(): void {
    this.#tellingIsDue = false;
    this.#untoldFrames = 0;
    this.#untoldBytes = 0;
  }

  // ---- receiving ----------------------------------------------------------------------------------------------------

  #take(frame: Uint8Array): void {
    this.#pulse.heard();
    try {
      if (isControl(frame)) this.#act(frame);
      else this.#receive(frame);
    } catch (thrown) {
      this.discard(asDuetError(thrown));
    }
  }

  #act(frame: Uint8Array): void {
    const control = readControl(frame);
    if (control.kind === 'ready') {
      if (this.#isReady) bad('A connection was ready twice.');
      this.#acknowledge(control.received, this.#handed);
      this.#next = this.#kept.acknowledged + 1;
      this.#isReady = true;
      this.#pulse.start();
      this.#stopWaiting();
      this.#events.onReady?.();
      this.#goOn(false);
      this.#endIfTaken();
      return;
    }
    if (control.kind === 'going') {
      this.#lose(new DuetError('peer-left'));
      return;
    }
    if (!this.#isReady) bad('A frame came before its time.');
    if (control.kind === 'received') {
      const wasWritable = this.writable;
      this.#acknowledge(control.received, this.#next - 1);
      if (!this.#endIfTaken()) this.#goOn(wasWritable);
    } else if (control.kind === 'beat') {
      this.#tellReceived();
    } else {
      bad('A connection was confirmed twice.');
    }
  }

  #acknowledge(received: number, atMost: number): void {
    if (received < this.#kept.acknowledged || received > atMost) {
      bad('Frames were acknowledged that were not sent.');
    }
    this.#kept.acknowledge(received);
  }

  #receive(frame: Uint8Array): void {
    if (!this.#isReady) bad('A frame came before its time.');
    if (frame.length < 4) bad('A frame is too short.');
    const number = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
    if (number !== 0 && number <= this.#received) return;
    if (number !== this.#received + 1) bad('The connection lost a part of what was sent.');
    this.#received = number;
    this.#untoldFrames += 1;
    this.#untoldBytes += frame.length;
    // After fixed counts, so that it tells nothing of what happens here.
    if (this.#untoldFrames >= limits.ackFrames || this.#untoldBytes >= limits.ackBytes) {
      this.#tellReceived();
    }
    this.deliver(frame);
  }
}

function bad(detail: string): never {
  throw new DuetError('bad-message', { detail });
}
