export type { Channel, ChannelKind } from './channel';
export { DurableChannel, type DurableEvents } from './durable-channel';
export { FramedLink, type FramedLinkOptions } from './framed-link';
export type { RelayUse } from './greeting';
export {
  type DoorLink,
  type HandshakeOptions,
  type Joining,
  joinOn,
  type Knock,
  knockOn,
  shakeHands,
} from './handshake';
export {
  type HostedPairing,
  type HostPairingOptions,
  type HostStatus,
  hostRoom,
} from './host-room';
export { type Identity, loadIdentity, makeIdentity, type Role } from './identity';
export { type Invite, type InviteOptions, makeInvite, parseInvite } from './invite';
export { roomOf, type Secret } from './key-schedule';
export { LastingLink, type LastingOptions, type LastingPhase } from './lasting-link';
export {
  type Lane,
  type LoggedFrame,
  type MemoryPair,
  type MemoryPairOptions,
  memoryPair,
} from './memory-channel';
export { type MemorySignaling, memorySignaling, type ServerEvent } from './memory-signaling';
export { type MemoryTransport, memoryTransport } from './memory-transport';
export { browserNetwork, type Network, type TransportOptions } from './network';
export type { PageEvents } from './page-events';
export type { Paired, Path, ResumeFacts, ShortAuth } from './paired';
export { type JoinOptions, joinRoom, type PairingOptions } from './pairing';
export { type Pipe, pipe, portLink } from './pipe';
export { portChannel } from './port-channel';
export { type RelayChannel, type RelayChannelOptions, relayChannel } from './relay-channel';
export { RenewableLink } from './renewable-link';
export { hostRepair, type Repair, type Repairing, type RepairOptions, seekRepair } from './repair';
export type { Family } from './resume-keys';
export type { RtcCandidate, RtcDescription, RtcSignal } from './rtc-signal';
export { readFrame, type Segment } from './segments';
export { identityBadge } from './short-auth';
export type {
  HostedRoom,
  HostListener,
  Room,
  RoomListener,
  Signaling,
  SignalingStatus,
} from './signaling';
export { socketSignaling } from './socket-signaling';
export type { Connecting, ConnectOptions, Prepared, Transport } from './transport';
export { VirtualClock } from './virtual-clock';
export { type WebRtcOptions, webRtcTransport } from './webrtc-transport';
