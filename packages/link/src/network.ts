import type { Clock } from '@duet/protocol';
import type { Signaling } from './signaling';
import { socketSignaling } from './socket-signaling';
import type { Transport } from './transport';
import { webRtcTransport } from './webrtc-transport';

/** How pages reach servers and each other; tests give another, in memory. */
export interface Network {
  /** A connection to a signaling server, by its address. The caller closes it. */
  signaling(address: string, clock: Clock): Signaling;
  transport(options: TransportOptions): Transport;
}

export interface TransportOptions {
  /** Asked before each connection for the STUN and TURN servers of that one. */
  readonly iceServers: () => Promise<readonly RTCIceServer[]>;
  /** Connects through TURN servers alone, so that the other side never learns this one's addresses. */
  readonly hideAddress: boolean;
}

export const browserNetwork: Network = {
  signaling: (address, clock) => socketSignaling(address, clock),
  transport: (options) => webRtcTransport(options),
};
