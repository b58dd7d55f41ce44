/** duetjs: remote data science between two browser tabs. */

export { type Nested, type Plain, toNested } from '@duet/engine';
export type { Channel } from '@duet/link';
export type { RemoteTf } from '@duet/ops';
export {
  type DataSetOptions,
  type Handler,
  type HandlerOptions,
  type LineageWords,
  type LocalLogEntry,
  type ObjectRow,
  type OwnerRequest,
  type OwnerRequests,
  Peer,
  type PeerStatus,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
  type Release,
  type RequestRow,
  type RequestSource,
  type RequestStatus,
} from '@duet/owner';
export {
  type Clock,
  type DType,
  DuetError,
  type ErrorCode,
  elementCount,
  isDuetError,
  type PeerIdentity,
  type SessionLimits,
  type TensorMeta,
  type TensorValue,
  visibleText,
} from '@duet/protocol';
export {
  type DataSetPointer,
  type DecisionEvent,
  type FaultEvent,
  type GetOptions,
  Pointer,
  type RequestDecision,
  type RequestHandle,
  type RequestOptions,
  ScientistSession as ScientistDuet,
  type SendOptions,
  type SessionEvents as ScientistDuetEvents,
  type SessionStatus as ScientistStatus,
  type Store,
  type StoreRow,
  type TryGetResult,
} from '@duet/scientist';
export { Connection, type ConnectionStatus, type ConnectOptions, connectInvite } from './connect';
export { Invite, type InviteOptions, type InviteStatus, type SignalingState } from './invite';
export { joinDuet } from './join';
export { type LaunchOptions, launchDuet } from './launch';
export { joinLoopback, type Loopback, type LoopbackOptions, loopback } from './loopback';
export {
  OwnerDuet,
  type OwnerDuetEvents,
  type OwnerDuetOptions,
  type OwnerStatus,
} from './owner-duet';
export type { OwnerDuetStore, Publishable, StringOptions } from './owner-store';
