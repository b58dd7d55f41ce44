export type { AdmissionAnswer, AdmissionPolicy } from './admission';
export {
  type AuditEvent,
  type AuditSink,
  noAudit,
  type ReleaseEvent,
  type ReleaseFacts,
} from './audit/events';
export type { AuditHead } from './audit/export';
export {
  type AuditEvents,
  AuditLog,
  type AuditLogParts,
  type AuditSigner,
  type OwnerAudit,
} from './audit/log';
export type {
  AuditEntry,
  AuditQuery,
  HistorySummary,
  PastRequest,
} from './audit/reading';
export type { TooNarrow } from './automatic';
export {
  type DryAnswer,
  type DryRun,
  dryRun,
  type PastAsk,
} from './dry-run';
export type { RequestFacts, SetFacts, SourceFacts } from './gate/facts';
export type { Failure, Grants, OpenGrant } from './gate/grants';
export type {
  Answer,
  DecideFunction,
  HandlerOptions,
  HandlerWindow,
  ReleaseScope,
} from './gate/handlers';
export type { Handler } from './handler-list';
export { handlerWords } from './handler-words';
export type { Holding } from './holdings';
export type { KeptObject, KeptObjects } from './kept-objects';
export type { LineageWords, PlanCard } from './lineage';
export type { LocalLogEntry } from './local-log';
export { type MemoryStorageOptions, memoryStorage } from './memory-storage';
export type { ObjectRow } from './object-rows';
export { Owner, type OwnerEvents, type OwnerParts } from './owner';
export type {
  AcceptOptions,
  Assurance,
  Found,
  OwnerRequest,
  RequestStatus,
} from './owner-request';
export type { OwnerRun, OwnerRunStatus } from './owner-run';
export type { Partner, Partners } from './partners';
export { type Knock, Peer, type PeerStatus, type ShortAuthWords } from './peers';
export type { OwnerRequests, PastRequestRow, RequestRow } from './requests';
export type { Activity, Release } from './session';
export {
  type KeyRange,
  type OwnerStorage,
  type StorageChange,
  type StorageTable,
  storageTables,
} from './storage';
export {
  keyedDigestWith,
  makeDigestKey,
  makeSealingKey,
  openWith,
  sealWith,
} from './storage-keys';
export {
  type AccessOptions,
  type DataSetOptions,
  isDataSet,
  nameOf,
  type OwnerStore,
  type Pointable,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
  type StoreItem,
} from './store';
export type { Warning, WarningKind } from './warnings';
