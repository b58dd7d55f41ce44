export {
  FederatedDataset,
  type FederateOptions,
  federate,
  type WorkerShare,
} from './federated-dataset';
export {
  type FederatedBatch,
  FederatedDataLoader,
  type FederatedLoaderOptions,
} from './federated-loader';
export type { ValueAndGrad } from './getting';
export type { LoggedMessage } from './message-log';
export { move } from './move';
export { here, type MoveOptions } from './moves';
export { MultiPointer, sendToAll } from './multi-pointer';
export { VirtualPointer } from './pointer';
export { virtualTidy } from './scopes';
export type { VirtualSendOptions } from './sending';
export { virtualTf } from './virtual-tf';
export {
  type PrivateSendOptions,
  type VirtualObjectRow,
  VirtualWorker,
  type VirtualWorkerOptions,
  virtualWorkers,
} from './worker';
