/** Direct connections between browsers. */

import { asDuetError, type Bytes, DuetError, limits, sameBytes } from '@duet/protocol';
import type { Channel } from './channel';
import type { RtcCandidate, RtcDescription, RtcSignal } from './rtc-signal';
import {
  fingerprintIn,
  parseCandidate,
  parseDescription,
  parseFingerprint,
  writeCandidate,
  writeDescription,
} from './sdp';
import { hasWebRtc, makePeer, type Peer } from './simple-peer';
import type { Connecting, ConnectOptions, Prepared, Transport } from './transport';
import { WebRtcChannel } from './webrtc-channel';

export interface WebRtcOptions {
  /** STUN and TURN servers; none unless given. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Connects through TURN servers alone, so that the other side never learns this one's addresses. */
  readonly hideAddress?: boolean;
}

export function webRtcTransport(options: WebRtcOptions = {}): Transport {
  return { prepare: () => prepare(options) };
}

async function prepare({ iceServers = [], hideAddress = false }: WebRtcOptions): Promise<Prepared> {
  if (!hasWebRtc()) throw new DuetError('unsupported-browser');
  const algorithm: EcKeyGenParams & Algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  try {
    const certificate = await RTCPeerConnection.generateCertificate(algorithm);
    const fingerprint = await fingerprintOf(certificate);
    const config: RTCConfiguration = {
      iceServers: [...iceServers],
      iceTransportPolicy: hideAddress ? 'relay' : 'all',
      certificates: [certificate],
    };
    return { fingerprint, connect: (how) => new WebRtcConnecting(config, fingerprint, how) };
  } catch (thrown) {
    throw new DuetError('unsupported-browser', { cause: thrown });
  }
}

async function fingerprintOf(certificate: RTCCertificate): Promise<Bytes> {
  const told = (certificate as Partial<RTCCertificate>)
    .getFingerprints?.()
    .find(({ algorithm }) => algorithm?.toLowerCase() === 'sha-256')?.value;
  const parsed = told === undefined ? undefined : parseFingerprint(told);
  if (parsed !== undefined) return parsed;
  // Browsers that do not tell it write it into every offer that is made with it.
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  try {
    connection.createDataChannel('duet');
    return fingerprintIn((await connection.createOffer()).sdp ?? '');
  } finally {
    connection.close();
  }
}

class WebRtcConnecting implements Connecting {
  readonly channel: Promise<Channel>;
  readonly #options: ConnectOptions;
  readonly #fingerprint: Bytes;
  readonly #peer: Peer;
  readonly #made: WebRtcChannel;
  readonly #hidesAddress: boolean;
  #isOpen = false;
  #hasDescription = false;
  #hasToldTheEnd = false;
  /** Candidates that were told, by either side, with their kinds: for the text of a failure. */
  readonly #found: string[] = [];
  #theirs = 0;

  constructor(config: RTCConfiguration, fingerprint: Bytes, options: ConnectOptions) {
    this.#options = options;
    this.#fingerprint = fingerprint;
    this.#hidesAddress = config.iceTransportPolicy === 'relay';
    this.#peer = makePeer(options.initiator, config);
    this.#made = new WebRtcChannel(this.#peer);
    const { clock, timeoutMs, signal } = options;
    this.channel = new Promise((resolve, reject) => {
      // Read before the connection is closed, which forgets it.
      let state = this.#iceState();
      const settle = (): void => {
        stopTimer();
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => this.#made.fail(new DuetError('aborted'));
      const stopTimer = clock.after(timeoutMs, () =>
        this.#made.fail(new DuetError('no-connection')),
      );
      signal?.addEventListener('abort', abort);
      this.#peer.on('iceStateChange', () => {
        state = this.#iceState();
      });
      this.#made.onClosed((reason) => {
        settle();
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
      this.#peer.on('connect', () => {
        this.#made.opened(options.peerFingerprint).then(
          () => {
            if (this.#made.ended) return;
            this.#isOpen = true;
            settle();
            this.#made.onClosed(() => {});
            resolve(this.#made);
          },
          (thrown: unknown) => this.#made.fail(asDuetError(thrown)),
        );
      });
      if (signal?.aborted === true) abort();
    });
    // Whoever closes early may not have come to await it.
    this.channel.catch(() => {});
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
        if (this.#hasDescription || (told.type === 'offer') === this.#options.initiator) {
          throw bad('A connection was offered twice.');
        }
        this.#hasDescription = true;
        const sdp = writeDescription(told, this.#options.peerFingerprint);
        this.#peer.signal({ type: told.type, sdp });
      }
    }
  }

  #addCandidate(text: string): void {
    // The typings want a whole RTCIceCandidate, simple-peer makes one of what such an object is made from.
    const init = { candidate: text, sdpMid: '0', sdpMLineIndex: 0 } as unknown as RTCIceCandidate;
    this.#peer.signal({ type: 'candidate', candidate: init });
  }

  /** Of what simple-peer says, only this crosses; renegotiation and transceivers are never wanted. */
  #tell(data: import('simple-peer').SignalData): void {
    if (this.#made.ended) return;
    try {
      if ((data.type === 'offer' || data.type === 'answer') && 'sdp' in data) {
        this.#options.onSignal(this.#ownDescription(data.type, data.sdp ?? ''));
      } else if (data.type === 'candidate' && 'candidate' in data) {
        const candidate = readOwn(data.candidate.candidate);
        if (candidate === undefined || this.#found.length >= limits.candidates) return;
        this.#found.push(candidate.kind);
        this.#options.onSignal(candidate);
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
    this.#options.onSignal({ type: 'no-more-candidates' });
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
