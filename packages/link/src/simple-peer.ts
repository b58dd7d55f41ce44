/** The one place that imports simple-peer, and that knows the private fields of it which Duet needs. */

import './simple-peer-shim';
import SimplePeer from 'simple-peer';

export interface PeerInternals {
  /** Null once destroyed. */
  readonly _pc: RTCPeerConnection | null;
  readonly _channel: RTCDataChannel | null;
}

export type Peer = SimplePeer.Instance & PeerInternals;

/**
 * A data connection. The channel is negotiated, so that neither side can open one that the other did not make. Without
 * `objectMode` messages could run together; without `iceServers` simple-peer would ask other people's servers.
 */
export function makePeer(initiator: boolean, config: RTCConfiguration): Peer {
  return new SimplePeer({
    initiator,
    objectMode: true,
    config: { ...config, iceServers: [...(config.iceServers ?? [])] },
    channelName: 'duet',
    channelConfig: { negotiated: true, id: 0, ordered: true },
  }) as unknown as Peer;
}

export function hasWebRtc(): boolean {
  return SimplePeer.WEBRTC_SUPPORT;
}
