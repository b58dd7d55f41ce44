/** Frames over the data channel of a peer connection. */

import { asDuetError, type Bytes, DuetError, limits, sameBytes } from '@duet/protocol';
import { BaseChannel } from './channel';
import type { Path } from './paired';
import { fingerprintIn } from './sdp';
import type { Peer } from './simple-peer';

/** How simple-peer tells of a remote close on purpose. */
const remoteClose = /User-Initiated Abort|Close called/u;

export class WebRtcChannel extends BaseChannel {
  override readonly kind = 'webrtc';
  /** Pairing has both certificates in its transcript already. */
  override readonly binding = new Uint8Array();
  /** Known soon after it is open. */
  path: Promise<Path> = Promise.resolve('direct');
  readonly #peer: Peer;
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

  override get writable(): boolean {
    return !this.ended && !this.#full;
  }

  /** To be called once the data channel is open. Throws `peer-auth` if it leads to another than the certificate's owner. */
  async opened(peerFingerprint: Uint8Array): Promise<void> {
    const { _channel: data, _pc: connection } = this.#peer;
    if (data === null || connection === null) throw new DuetError('no-connection');
    this.#isConnected = true;
    this.#data = data;
    // simple-peer sets the low threshold to the very number that Duet wants; its own waiting depends on it.
    data.addEventListener('bufferedamountlow', this.#onLow);
    // From here on without the stream that simple-peer puts each message through.
    this.path = pathOf(connection);
    if (this.#peer.readableLength === 0) data.onmessage = (event) => this.#onData(event.data);
    if (!sameBytes(await remoteFingerprint(connection), peerFingerprint)) {
      throw new DuetError('peer-auth', {
        detail: 'The connection leads to somebody who did not pair: someone may be in between.',
      });
    }
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
    if (this.#data !== undefined) this.#data.onmessage = null;
    this.#peer._pc?.removeEventListener('datachannel', this.#onIntruder);
    this.#peer._pc?.removeEventListener('track', this.#onIntruder);
    this.#peer.destroy();
  }

  #onData(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.deliver(new Uint8Array(data));
    } else if (data instanceof Uint8Array) {
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

  /**
   * The other side hears of it at once instead of after a timeout of many seconds. What a link says with its last frame must
   * go before: listeners that ask for the capturing phase are called before this one.
   */
  readonly #onPageHide = (): void => this.close();

  readonly #onIntruder = (): void => {
    this.end(new DuetError('bad-message', { detail: 'The other side opened a second channel.' }));
  };
}

/** Of the certificate that the other side has shown. Browsers that do not tell it have checked it against their SDP. */
async function remoteFingerprint(connection: RTCPeerConnection): Promise<Bytes> {
  const transport = connection.sctp?.transport as Partial<RTCDtlsTransport> | null | undefined;
  const [certificate] = transport?.getRemoteCertificates?.() ?? [];
  if (certificate !== undefined) {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', certificate));
  }
  try {
    return fingerprintIn(connection.remoteDescription?.sdp ?? '');
  } catch (thrown) {
    throw new DuetError('peer-auth', { cause: asDuetError(thrown) });
  }
}

interface AnyStats {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly [name: string]: unknown;
}

/** Does the connection go through a TURN server? Where the browser does not tell, it counts as direct. */
async function pathOf(connection: RTCPeerConnection): Promise<Path> {
  return selectedPath(connection) ?? (await reportedPath(connection));
}

/** Browsers that say it at once spare a report, for which a busy page waits longer than for the other side's confirmation. */
function selectedPath({ sctp }: RTCPeerConnection): Path | undefined {
  const ice = sctp?.transport.iceTransport as Partial<RTCIceTransport> | undefined;
  const { local, remote } = ice?.getSelectedCandidatePair?.() ?? {};
  if (!local?.type || !remote?.type) return undefined;
  return local.type === 'relay' || remote.type === 'relay' ? 'turn' : 'direct';
}

async function reportedPath(connection: RTCPeerConnection): Promise<Path> {
  const stats = new Map<unknown, AnyStats>();
  try {
    (await connection.getStats()).forEach((each: AnyStats) => {
      stats.set(each.id, each);
    });
  } catch {
    return 'direct';
  }
  const all = [...stats.values()];
  const transport = all.find((each) => each.type === 'transport');
  const pair =
    stats.get(transport?.['selectedCandidatePairId']) ??
    // Firefox marks the pair itself.
    all.find((each) => each.type === 'candidate-pair' && each['selected'] === true);
  const candidates = [
    stats.get(pair?.['localCandidateId']),
    stats.get(pair?.['remoteCandidateId']),
  ];
  return candidates.some((each) => each?.['candidateType'] === 'relay') ? 'turn' : 'direct';
}
