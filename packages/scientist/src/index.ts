export type { DataSetPointer } from './data-set';
export { DataSetObject } from './data-set';
export { type GetOptions, Pointer, type TryGetResult } from './pointer';
export type { SendOptions } from './recorder';
export {
  type RequestDecision,
  RequestHandle,
  type RequestOptions,
  type RequestStatus,
} from './requests';
export { ScientistSession } from './session';
export type {
  DecisionEvent,
  FaultEvent,
  SessionEvents,
  SessionOptions,
  SessionStatus,
} from './session-events';
export type { Store, StoreEntry, StoreRow } from './store';
