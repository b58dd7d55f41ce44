import {
  asDuetError,
  type Bytes,
  type Clock,
  DuetError,
  type Link,
  limits,
  type PeerIdentity,
  type ReceivePayloadOptions,
  type SendPayloadOptions,
  systemClock,
} from '@duet/protocol';
import type { Channel } from './channel';
import { Fifo } from './fifo';
import { type MessageListener, MessageReceiver } from './message-receiver';
import { MessageSender } from './message-sender';
import { PayloadReceiver, type PayloadTap } from './payload-receiver';
import { type OutboundPayload, PayloadSender } from './payload-sender';
import { closeNumber, closeReason, FrameWriter, readFrame, type Segment } from './segments';

/** Before the handshake nobody knows who is there. */
const nobody: PeerIdentity = { fingerprint: '', name: '', software: '' };

export interface FramedLinkOptions {
  /** Who is at the other end, where that is known without a handshake. */
  readonly peer?: PeerIdentity;
  /** What this side is known by there, likewise. */
  readonly ownFingerprint?: string | undefined;
  readonly clock?: Clock;
}

/**
 * A link over one channel. Frames are numbered, so that a lost one is noticed; messages go before payloads; both wait
 * for credit and for the channel, never for time. Whatever breaks the rules closes it with a typed reason.
 *
 * Payloads are to be sent in the order in which messages announce them: only the oldest may use all of the credit.
 */
export class FramedLink implements Link {
  readonly closed: Promise<DuetError>;
  readonly #channel: Channel;
  readonly #clock: Clock;
  #peer: PeerIdentity;
  #ownFingerprint: string | undefined;
  #resolveClosed: (reason: DuetError) => void = () => {};
  #reason: DuetError | undefined;
  #stopLingering: () => void = () => {};
  #isRetired = false;
  #flushIsDue = false;
  /** Of messages since frames were written last. */
  #unflushedBytes = 0;
  #sentFrames = 0;
  #receivedFrames = 0;

  readonly #messagesOut = new MessageSender();
  readonly #payloadsOut = new PayloadSender(() => this.#flushSoon());
  readonly #messagesIn = new MessageReceiver(
    // Always the same reason: what was thrown may have come from private values.
    (thrown) => this.close(new DuetError('internal', { cause: thrown })),
    () => this.#flushSoon(),
  );
  readonly #payloadsIn = new PayloadReceiver(
    () => this.#flushSoon(),
    (reason) => this.#break(reason),
    (stream) => this.stopPayload(stream),
  );
  /** Streams of which the other side is to be told that nobody wants their rest. */
  readonly #unwanted = new Fifo<number>();

  constructor(channel: Channel, options: FramedLinkOptions = {}) {
    this.#channel = channel;
    this.#clock = options.clock ?? systemClock;
    this.#peer = options.peer ?? nobody;
    this.#ownFingerprint = options.ownFingerprint;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    channel.onWritable(() => this.#flush());
    channel.onFrame((frame) => this.#receive(frame));
    channel.onClosed((reason) => {
      this.#stopLingering();
      if (!this.#isRetired) this.#end(reason);
    });
  }

  get peer(): PeerIdentity {
    return this.#peer;
  }

  get ownFingerprint(): string | undefined {
    return this.#ownFingerprint;
  }

  /** Why the link has ended, if it has. */
  get reason(): DuetError | undefined {
    return this.#reason;
  }

  /** The handshake has found out who is there. */
  identify(peer: PeerIdentity, ownFingerprint: string): void {
    this.#peer = peer;
    this.#ownFingerprint = ownFingerprint;
  }

  /** As Link.send. Throws `too-large` for a message over the limit, and `limit` when too many wait for the other side. */
  send(message: Uint8Array): void {
    if (this.#reason !== undefined || this.#isRetired) return;
    this.#messagesOut.push(message);
    this.#unflushedBytes += message.length;
    this.#flushSoon();
    // Payloads wait for the end of the tick: their messages may come after them.
    if (this.#unflushedBytes >= limits.tickBytes) this.#writeFrames({ payloads: false });
  }

  /** Without a receiver messages wait for the next one. */
  onMessage(receive: MessageListener | undefined): void {
    this.#messagesIn.listen(receive);
  }

  sendPayload(
    stream: number,
    payload: Uint8Array,
    options: SendPayloadOptions = {},
  ): Promise<void> {
    return this.#payloadsOut.send(stream, payload, options);
  }

  receivePayload(
    stream: number,
    byteLength: number,
    options: ReceivePayloadOptions = {},
  ): Promise<Bytes> {
    return this.#payloadsIn.take(stream, byteLength, options);
  }

  // ---- for a relay, which passes on what it does not understand -----------------------------------------------------

  /** Do so many messages wait that a relay should take no more? */
  get congested(): boolean {
    return this.#messagesOut.congested;
  }

  uncongested(): Promise<void> {
    return this.#messagesOut.uncongested();
  }

  /** A payload whose length only its sender knows. `stopped` hears that the other side wants no more of it. */
  beginPayload(stream: number, stopped?: () => void): OutboundPayload {
    return this.#payloadsOut.begin(stream, stopped);
  }

  /** Tells the other side that nobody wants the rest of what it sends on a stream. What is on its way comes all the same. */
  stopPayload(stream: number): void {
    this.#unwanted.push(stream);
    this.#flushSoon();
  }

  /** Passes all new payloads to the tap. Without one, what the last had begun is discarded. */
  tapPayloads(tap: PayloadTap | undefined): void {
    this.#payloadsIn.tap(tap);
  }

  // ---- the end ------------------------------------------------------------------------------------------------------

  close(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    // What was sent before goes before, as far as it needs no waiting.
    this.#writeFrames({ payloads: false });
    this.#break(reason);
  }

  /** Ends the link and tells the other side why; it closes the channel once it has read that. */
  #break(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    const writer = new FrameWriter();
    writer.add('close', closeNumber(reason.code));
    this.#transmit(writer);
    this.#end(reason);
    if (this.#channel.finish !== undefined) {
      this.#channel.finish();
      return;
    }
    // A channel that is cut at once may lose its last frames.
    this.#stopLingering = this.#clock.after(limits.lingerMs, () => this.#channel.close());
  }

  /**
   * The other side has lost its end of this link, and another link takes its place: sends nothing more, and rejects pending
   * payloads. What was received whole is still handed over, if somebody listens. Resolves when that is handled, and the link
   * has ended.
   */
  async retire(reason: DuetError): Promise<void> {
    if (this.#reason !== undefined || this.#isRetired) return;
    this.#isRetired = true;
    this.#messagesOut.end();
    this.#payloadsOut.end(reason);
    this.#payloadsIn.retire(reason);
    await this.#messagesIn.drain();
    this.#isRetired = false;
    this.#end(reason);
  }

  #end(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#messagesOut.end();
    this.#messagesIn.end();
    this.#payloadsOut.end(reason);
    this.#payloadsIn.end(reason);
    this.#resolveClosed(reason);
  }

  // ---- sending ------------------------------------------------------------------------------------------------------

  /** All that one microtask sends travels together, unless it is much. */
  #flushSoon(): void {
    if (this.#flushIsDue || this.#reason !== undefined) return;
    this.#flushIsDue = true;
    queueMicrotask(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    this.#writeFrames({ payloads: true });
  }

  #writeFrames(what: { payloads: boolean }): void {
    this.#unflushedBytes = 0;
    while (this.#reason === undefined && !this.#isRetired && this.#channel.writable) {
      const writer = new FrameWriter();
      const messageCredit = this.#messagesIn.credit();
      if (messageCredit > 0) writer.add('message-credit', messageCredit);
      const payloadCredit = this.#payloadsIn.credit();
      if (payloadCredit > 0) writer.add('payload-credit', payloadCredit);
      while (this.#unwanted.length > 0 && writer.room >= 0) {
        writer.add('payload-stop', this.#unwanted.shift());
      }
      this.#messagesOut.fill(writer);
      if (what.payloads) this.#payloadsOut.fill(writer);
      if (writer.isEmpty) return;
      this.#transmit(writer);
    }
  }

  readonly #spareFrame = (): Uint8Array | undefined => this.#channel.spareFrame?.();

  #transmit(writer: FrameWriter): void {
    this.#sentFrames += 1;
    this.#channel.send(writer.finish(this.#sentFrames, this.#spareFrame));
    writer.sent();
  }

  // ---- receiving ----------------------------------------------------------------------------------------------------

  #receive(frame: Uint8Array): void {
    if (this.#isRetired) return;
    try {
      const { sequence, segments } = readFrame(frame);
      this.#receivedFrames += 1;
      if (sequence !== this.#receivedFrames) {
        throw new DuetError('link-lost', {
          detail: 'The connection lost a part of what was sent.',
        });
      }
      for (const segment of segments) {
        // After the end only the other side's close matters: both may close at once.
        if (this.#reason === undefined || segment.kind === 'close') this.#act(segment);
      }
    } catch (thrown) {
      this.#break(asDuetError(thrown));
    }
  }

  #act({ kind, number, body }: Segment): void {
    switch (kind) {
      case 'message':
        this.#messagesIn.take(body, true);
        return;
      case 'message-part':
        this.#messagesIn.take(body, false);
        return;
      case 'payload-part':
        this.#payloadsIn.receive(number, body, 'more');
        return;
      case 'payload-end':
        this.#payloadsIn.receive(number, body, 'end');
        return;
      case 'payload-cut':
        this.#payloadsIn.receive(number, body, 'cut');
        return;
      case 'payload-stop':
        this.#payloadsOut.stop(number);
        return;
      case 'message-credit':
        this.#messagesOut.add(number);
        this.#flushSoon();
        return;
      case 'payload-credit':
        this.#payloadsOut.add(number);
        this.#flushSoon();
        return;
      case 'close':
        this.#end(closeReason(number));
        this.#channel.close();
        return;
      default:
        kind satisfies never;
    }
  }
}
