import {
  asDuetError,
  type Bytes,
  type Clock,
  DuetError,
  limits,
  systemClock,
} from '@duet/protocol';
import { BaseChannel, type Channel } from './channel';
import { fingerprintOf, type RtcSignal } from './signals';
import { hasWebRtc, makePeer, type Peer } from './simple-peer';

export interface ConnectOptions {
  /** The side that makes the offer. */
  readonly initiator: boolean;
  readonly iceServers: readonly RTCIceServer[];
  /** Hears what the other side is to be told, also candidates found later. */
  readonly onSignal: (signal: RtcSignal) => void;
  readonly clock?: Clock;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A connection in the making. */
export interface Connecting {
  /** Rejects with `no-connection`, `aborted`, `bad-message`, `closed` or `unsupported-browser`, with nothing left behind. */
  readonly channel: Promise<Channel>;
  /** Takes what the other side told. */
  signal(signal: RtcSignal): void;
  /** Gives up; after the channel has opened it does nothing. */
  close(reason?: DuetError): void;
}

export type Connect = (options: ConnectOptions) => Connecting;

/** Makes a direct connection to another browser. */
export const connectWebRtc: Connect = (options) => {
  const { clock = systemClock, timeoutMs = limits.connectTimeoutMs, signal } = options;
  if (!hasWebRtc()) {
    const channel = Promise.reject(new DuetError('unsupported-browser'));
    channel.catch(() => {});
    return { channel, signal: () => {}, close: () => {} };
  }
  const peer = makePeer(options.initiator, options.iceServers);
  const made = new WebRtcChannel(peer);
  let isOpen = false;
  let hasDescription = false;

  const channel = new Promise<Channel>((resolve, reject) => {
    const settle = (): void => {
      stopTimer();
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => made.fail(new DuetError('aborted'));
    const stopTimer = clock.after(timeoutMs, () =>
      made.fail(
        new DuetError('no-connection', {
          detail: `No direct connection could be made within ${timeoutMs / 1000} s.`,
        }),
      ),
    );
    signal?.addEventListener('abort', abort);
    made.onClosed((reason) => {
      settle();
      const isOurs = reason.code !== 'peer-left' && reason.code !== 'link-lost';
      reject(isOurs ? reason : new DuetError('no-connection', { cause: reason }));
    });
    peer.on('signal', (data) => {
      const told = toSignal(data);
      if (told !== undefined) options.onSignal(told);
    });
    peer.on('connect', () => {
      made.opened().then(
        () => {
          if (made.ended) return;
          isOpen = true;
          settle();
          made.onClosed(() => {});
          resolve(made);
        },
        (thrown: unknown) => made.fail(asDuetError(thrown)),
      );
    });
    if (signal?.aborted === true) abort();
  });
  // Whoever closes early may not have come to await it.
  channel.catch(() => {});

  return {
    channel,
    signal(told) {
      if (isOpen || made.ended) return;
      if (told.type !== 'candidate') {
        // A second description would be a renegotiation, which Duet never does.
        if (hasDescription || (told.type === 'offer') === options.initiator) {
          made.fail(new DuetError('bad-message', { detail: 'A connection was offered twice.' }));
          return;
        }
        hasDescription = true;
        peer.signal(told);
        return;
      }
      const { candidate, sdpMid, sdpMLineIndex } = told;
      // The typings want a whole RTCIceCandidate, simple-peer makes one of what such an object is made from.
      const init = { candidate, sdpMid, sdpMLineIndex } as unknown as RTCIceCandidate;
      peer.signal({ type: 'candidate', candidate: init });
    },
    close(reason = new DuetError('closed')) {
      if (!isOpen) made.fail(reason);
    },
  };
};

/** Of what simple-peer says, only this crosses; renegotiation and transceivers are never wanted. */
function toSignal(data: import('simple-peer').SignalData): RtcSignal | undefined {
  if ((data.type === 'offer' || data.type === 'answer') && 'sdp' in data) {
    return data.sdp === undefined ? undefined : { type: data.type, sdp: data.sdp };
  }
  if (data.type !== 'candidate' || !('candidate' in data)) return undefined;
  const { candidate, sdpMid, sdpMLineIndex } = data.candidate;
  return { type: 'candidate', candidate, sdpMid, sdpMLineIndex };
}

/** How simple-peer tells of a remote close on purpose. */
const remoteClose = /User-Initiated Abort|Close called/u;

class WebRtcChannel extends BaseChannel {
  override readonly kind = 'webrtc';
  readonly #peer: Peer;
  #binding: Uint8Array = new Uint8Array();
  #data: RTCDataChannel | undefined;
  #full = false;
  /** Chrome tells of a broken transport as an error first; the close that follows says nothing. */
  #isConnected = false;

  constructor(peer: Peer) {
    super();
    this.#peer = peer;
    peer.on('data', (data: unknown) => this.#onData(data));
    peer.on('error', (error) => this.#onError(error));
    // A close without an error before it is the other side's, and it meant it.
    peer.on('close', () =>
      this.end(new DuetError(this.#isConnected ? 'peer-left' : 'no-connection')),
    );
    // Neither side ever opens a second channel or a track.
    peer._pc?.addEventListener('datachannel', this.#onIntruder);
    peer._pc?.addEventListener('track', this.#onIntruder);
    globalThis.addEventListener?.('pagehide', this.#onPageHide);
  }

  override get binding(): Uint8Array {
    return this.#binding;
  }

  override get writable(): boolean {
    return !this.ended && !this.#full;
  }

  /** To be called once the data channel is open. */
  async opened(): Promise<void> {
    const { _channel: data, _pc: connection } = this.#peer;
    if (data === null || connection === null) throw new DuetError('no-connection');
    this.#isConnected = true;
    this.#data = data;
    // simple-peer sets the low threshold to the very number that Duet wants; its own waiting depends on it.
    data.addEventListener('bufferedamountlow', this.#onLow);
    this.#binding = await bindingOf(connection);
  }

  fail(reason: DuetError): void {
    this.end(reason);
  }

  protected override transmit(frame: Uint8Array): void {
    const data = this.#data;
    if (data === undefined || data.readyState !== 'open') return;
    try {
      data.send(frame as Bytes);
    } catch (thrown) {
      this.end(new DuetError('link-lost', { cause: thrown }));
      return;
    }
    this.#full ||= data.bufferedAmount >= limits.channelHighBytes;
  }

  protected override shut(): void {
    globalThis.removeEventListener?.('pagehide', this.#onPageHide);
    this.#data?.removeEventListener('bufferedamountlow', this.#onLow);
    this.#peer._pc?.removeEventListener('datachannel', this.#onIntruder);
    this.#peer._pc?.removeEventListener('track', this.#onIntruder);
    this.#peer.destroy();
  }

  #onData(data: unknown): void {
    if (data instanceof Uint8Array) {
      // simple-peer hands over a Buffer, whose `slice` would not be a copy.
      this.deliver(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else {
      this.end(new DuetError('bad-message', { detail: 'A data channel carried text.' }));
    }
  }

  #onError(error: Error): void {
    if (remoteClose.test(error.message)) this.end(new DuetError('peer-left', { cause: error }));
    else
      this.end(new DuetError(this.#isConnected ? 'link-lost' : 'no-connection', { cause: error }));
  }

  readonly #onLow = (): void => {
    this.#full = false;
    this.becameWritable();
  };

  /** The other side hears it at once instead of after a timeout of many seconds. */
  readonly #onPageHide = (): void => this.close();

  readonly #onIntruder = (): void => {
    this.end(new DuetError('bad-message', { detail: 'The other side opened a second channel.' }));
  };
}

/** SHA-256 over the DTLS fingerprints of the offer and of the answer: the same on both sides only if nobody is in between. */
async function bindingOf({
  localDescription,
  remoteDescription,
}: RTCPeerConnection): Promise<Bytes> {
  const descriptions = [localDescription, remoteDescription];
  const fingerprints = (['offer', 'answer'] as const).map((type) => {
    const description = descriptions.find((each) => each?.type === type);
    return fingerprintOf(description?.sdp ?? '');
  });
  if (fingerprints.includes(undefined)) throw new DuetError('peer-auth');
  const text = new TextEncoder().encode(fingerprints.join('\n'));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', text));
}
