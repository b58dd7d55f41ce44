/** What two browsers tell each other of themselves, as fields: SDP itself never travels. */

export type RtcSignal = RtcDescription | RtcCandidate | { readonly type: 'no-more-candidates' };

export interface RtcDescription {
  readonly type: 'offer' | 'answer';
  readonly ufrag: string;
  readonly pwd: string;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly sctpPort: number;
  readonly maxMessageBytes: number;
}

export interface RtcCandidate {
  readonly type: 'candidate';
  readonly foundation: string;
  readonly component: number;
  readonly protocol: 'udp' | 'tcp';
  readonly priority: number;
  /** An IP address, or an mDNS name. */
  readonly address: string;
  readonly port: number;
  readonly kind: 'host' | 'srflx' | 'prflx' | 'relay';
  /** Empty where there is none. */
  readonly relatedAddress: string;
  readonly relatedPort: number;
  readonly tcpType: '' | 'active' | 'passive' | 'so';
}
