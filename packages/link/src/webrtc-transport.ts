/** Direct connections between browsers. */

import { asDuetError, type Bytes, DuetError, limits, sameBytes } from '@duet/protocol';
import { Certificates, fingerprintOf } from './certificates';
import type { Channel } from './channel';
import type { RtcCandidate, RtcDescription, RtcSignal } from './rtc-signal';
import {
  fingerprintIn,
  parseCandidate,
  parseDescription,
  writeCandidate,
  writeDescription,
} from './sdp';
import { hasWebRtc, makePeer, type Peer } from './simple-peer';
import type { Connecting, ConnectOptions, Prepared, Transport } from './transport';
import { WebRtcChannel } from './webrtc-channel';

export interface WebRtcOptions {
  /** STUN and TURN servers, asked for before each connection; none unless given. */
  readonly iceServers?: () => Promise<readonly RTCIceServer[]>;
  /** Connects through TURN servers alone, so that the other side never learns this one's addresses. */
  readonly hideAddress?: boolean;
}

/** One spare for the page, whichever transport comes to need it first. */
const certificates = new Certificates();

export function webRtcTransport(options: WebRtcOptions = {}): Transport {
  return {
    warm: () => {
      if (hasWebRtc()) certificates.warm();
    },
    prepare: () => prepare(options),
  };
}

async function prepare({
  iceServers = async () => [],
  hideAddress = false,
}: WebRtcOptions): Promise<Prepared> {
  if (!hasWebRtc()) throw new DuetError('unsupported-browser');
  const asking = iceServers();
  // Awaited below, unless there is no certificate.
  asking.catch(() => {});
  let certificate: RTCCertificate;
  let fingerprint: Bytes;
  try {
    certificate = await certificates.take();
    fingerprint = await fingerprintOf(certificate);
  } catch (thrown) {
    throw new DuetError('unsupported-browser', { cause: thrown });
  }
  const config: RTCConfiguration = {
    iceServers: [...(await asking)],
    iceTransportPolicy: hideAddress ? 'relay' : 'all',
    certificates: [certificate],
  };
  let begun: WebRtcConnecting | undefined;
  let isConnecting = false;
  const make = (initiator: boolean): WebRtcConnecting => {
    begun ??= new WebRtcConnecting(config, fingerprint, initiator);
    return begun;
  };
  return {
    fingerprint,
    begin: (initiator) => void make(initiator),
    discard: () => {
      if (!isConnecting) begun?.close();
    },
    connect: (how) => {
      isConnecting = true;
      const connecting = make(how.initiator);
      connecting.start(how);
      return connecting;
    },
  };
}

class WebRtcConnecting implements Connecting {
  readonly channel: Promise<Channel>;
  readonly #initiator: boolean;
  readonly #fingerprint: Bytes;
  /** Undefined until it is started. */
  #options: ConnectOptions | undefined;
  /** What is to be told then. */
  #untold: RtcSignal[] = [];
  readonly #peer: Peer;
  readonly #made: WebRtcChannel;
  readonly #hidesAddress: boolean;
  #isOpen = false;
  #settled = (): void => {};
  #hasDescription = false;
  #hasToldTheEnd = false;
  /** Candidates that were told, by either side, with their kinds: for the text of a failure. */
  readonly #found: string[] = [];
  #theirs = 0;

  constructor(config: RTCConfiguration, fingerprint: Bytes, initiator: boolean) {
    this.#initiator = initiator;
    this.#fingerprint = fingerprint;
    this.#hidesAddress = config.iceTransportPolicy === 'relay';
    this.#peer = makePeer(initiator, config);
    this.#made = new WebRtcChannel(this.#peer);
    this.channel = new Promise((resolve, reject) => {
      // Read before the connection is closed, which forgets it.
      let state = this.#iceState();
      this.#peer.on('iceStateChange', () => {
        state = this.#iceState();
      });
      this.#made.onClosed((reason) => {
        this.#settled();
        const isUnconnected = ['no-connection', 'peer-left', 'link-lost'].includes(reason.code);
        reject(isUnconnected ? this.#unconnected(state, reason) : reason);
      });
      this.#peer.on('signal', (data) => this.#tell(data));
      let hasFound = false;
      this.#peer._pc?.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate !== null) hasFound ||= candidate.candidate !== '';
        // With no address of its own a side reaches nobody, so there is nothing to wait for.
        else if (hasFound) this.#tellTheEnd();
        else this.#made.fail(new DuetError('no-connection'));
      });
      // Without waiting for what simple-peer still looks up before it says so.
      this.#peer._channel?.addEventListener('open', () => {
        this.#check().then(
          () => {
            if (this.#made.ended) return;
            this.#isOpen = true;
            this.#settled();
            this.#made.onClosed(() => {});
            resolve(this.#made);
          },
          (thrown: unknown) => this.#made.fail(asDuetError(thrown)),
        );
      });
    });
    // Whoever closes early may not have come to await it.
    this.channel.catch(() => {});
  }

  /** From now on it tells what it finds, and what it has found. */
  start(options: ConnectOptions): void {
    this.#options = options;
    if (this.#made.ended) return;
    const { clock, timeoutMs, signal } = options;
    const abort = (): void => this.#made.fail(new DuetError('aborted'));
    const stopTimer = clock.after(timeoutMs, () => this.#made.fail(new DuetError('no-connection')));
    signal?.addEventListener('abort', abort);
    this.#settled = () => {
      stopTimer();
      signal?.removeEventListener('abort', abort);
    };
    if (signal?.aborted === true) abort();
    for (const told of this.#untold.splice(0)) this.#say(told);
  }

  get path() {
    return this.#made.path;
  }

  signal(told: RtcSignal): void {
    if (this.#isOpen || this.#made.ended) return;
    try {
      this.#hear(told);
    } catch (thrown) {
      this.#made.fail(asDuetError(thrown, 'bad-message'));
    }
  }

  close(reason: DuetError = new DuetError('closed')): void {
    if (!this.#isOpen) this.#made.fail(reason);
  }

  async #check(): Promise<void> {
    const { peerFingerprint } = this.#started();
    await this.#made.opened(peerFingerprint);
  }

  /** Only then is there somebody to hear of. */
  #started(): ConnectOptions {
    if (this.#options === undefined) throw new DuetError('internal');
    return this.#options;
  }

  #hear(told: RtcSignal): void {
    switch (told.type) {
      case 'candidate':
        this.#theirs += 1;
        this.#addCandidate(writeCandidate(told));
        return;
      case 'no-more-candidates':
        this.#addCandidate('');
        return;
      default: {
        // A second description would be a renegotiation, which Duet never does.
        if (this.#hasDescription || (told.type === 'offer') === this.#initiator) {
          throw bad('A connection was offered twice.');
        }
        this.#hasDescription = true;
        const sdp = writeDescription(told, this.#started().peerFingerprint);
        this.#peer.signal({ type: told.type, sdp });
      }
    }
  }

  #addCandidate(text: string): void {
    // The typings want a whole RTCIceCandidate, simple-peer makes one of what such an object is made from.
    const init = { candidate: text, sdpMid: '0', sdpMLineIndex: 0 } as unknown as RTCIceCandidate;
    this.#peer.signal({ type: 'candidate', candidate: init });
  }

  #say(signal: RtcSignal): void {
    if (this.#options === undefined) this.#untold.push(signal);
    else if (!this.#made.ended) this.#options.onSignal(signal);
  }

  /** Of what simple-peer says, only this crosses; renegotiation and transceivers are never wanted. */
  #tell(data: import('simple-peer').SignalData): void {
    if (this.#made.ended) return;
    try {
      if ((data.type === 'offer' || data.type === 'answer') && 'sdp' in data) {
        this.#say(this.#ownDescription(data.type, data.sdp ?? ''));
      } else if (data.type === 'candidate' && 'candidate' in data) {
        const candidate = readOwn(data.candidate.candidate);
        if (candidate === undefined || this.#found.length >= limits.candidates) return;
        this.#found.push(candidate.kind);
        this.#say(candidate);
      }
    } catch (thrown) {
      this.#made.fail(asDuetError(thrown, 'unsupported-browser'));
    }
  }

  #ownDescription(type: 'offer' | 'answer', sdp: string): RtcDescription {
    if (!sameBytes(fingerprintIn(sdp), this.#fingerprint)) {
      throw new DuetError('unsupported-browser', {
        detail: 'This browser offers a connection with another certificate than it was given.',
      });
    }
    return parseDescription(type, sdp);
  }

  #tellTheEnd(): void {
    if (this.#hasToldTheEnd || this.#made.ended) return;
    this.#hasToldTheEnd = true;
    this.#say({ type: 'no-more-candidates' });
  }

  #iceState(): string {
    const connection = this.#peer._pc;
    if (connection === null) return 'closed';
    return `gathering ${connection.iceGatheringState}, connection ${connection.iceConnectionState}`;
  }

  #unconnected(state: string, cause: DuetError): DuetError {
    const kinds = [...new Set(this.#found)].map(
      (kind) => `${this.#found.filter((each) => each === kind).length} ${kind}`,
    );
    const found = kinds.length === 0 ? 'none' : kinds.join(', ');
    const lacksTurn = this.#hidesAddress && !this.#found.includes('relay');
    return new DuetError('no-connection', {
      detail: `No direct connection could be made (ICE: ${state}; candidates of this side: ${found}; of the other: ${this.#theirs}).`,
      hint: lacksTurn
        ? 'Addresses are hidden, and no TURN server answered: check its address and credentials (docs/hosting.md).'
        : 'A firewall or a VPN may be in between: try another network, configure a TURN server, or allow the relay of the signaling server (docs/hosting.md).',
      cause,
    });
  }
}

/** Browsers may find what this protocol does not speak of; the other side is not told. */
function readOwn(text: string): RtcCandidate | undefined {
  try {
    return parseCandidate(text);
  } catch {
    return undefined;
  }
}

function bad(detail: string): DuetError {
  return new DuetError('bad-message', { detail });
}
