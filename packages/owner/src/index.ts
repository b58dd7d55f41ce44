export type { Handler, HandlerOptions } from './handlers';
export type { LineageWords, PlanCard } from './lineage';
export { type ObjectRow, Owner, type OwnerEvents, type OwnerParts } from './owner';
export type { OwnerRun, OwnerRunStatus } from './owner-run';
export { type Knock, Peer, type PeerStatus } from './peers';
export type {
  LocalLogEntry,
  OwnerRequest,
  OwnerRequests,
  RequestRow,
  RequestSource,
  RequestStatus,
} from './requests';
export type { Activity, Release } from './session';
export {
  type DataSetOptions,
  nameOf,
  type OwnerStore,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
} from './store';
