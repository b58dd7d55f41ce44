export type { Channel, ChannelKind } from './channel';
export { FramedLink, type FramedLinkOptions } from './framed-link';
export { type HandshakeOptions, type Joining, type Knock, shakeHands } from './handshake';
export { type Identity, loadIdentity, makeIdentity, type Role } from './identity';
export { type Invite, type InviteOptions, makeInvite, parseInvite, roomOf } from './invite';
export {
  type Lane,
  type LoggedFrame,
  type MemoryPair,
  type MemoryPairOptions,
  memoryPair,
} from './memory-channel';
export {
  type HostedInvite,
  type HostOptions,
  type HostStatus,
  hostInvite,
  joinInvite,
  type PairingOptions,
} from './pairing';
export { type Pipe, pipe, portLink } from './pipe';
export { portChannel } from './port-channel';
export { readFrame, type Segment } from './segments';
export type { RtcSignal } from './signals';
export type { Secret } from './transcript';
export { VirtualClock } from './virtual-clock';
export {
  type Connect,
  type Connecting,
  type ConnectOptions,
  connectWebRtc,
} from './webrtc-channel';
