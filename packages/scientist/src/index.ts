export { type Batch, type BatchOptions, batchIndices } from './batches';
export type { DataSetPointer, DataSetSplit } from './data-set';
export { DataSetObject } from './data-set';
export type { GradientFunctions, NamedGradients } from './gradients';
export { type InPlaceCall, type InPlaceMethods, inPlaceCalls } from './in-place';
export type { AxisIndex, AxisIndices, AxisRange } from './indexing';
export {
  type CollectOptions,
  KeptRequest,
  type KeptRequests,
  type KeptRow,
  type KeptStatus,
} from './kept';
export type { Loop, LoopResult, Round } from './loops';
export type { Mock } from './mocks';
export type { CompileOptions } from './models/compiled';
export type { FitCallbacks, FitReport, FitResult, FitRun } from './models/fit';
export type { BatchSizeOptions, FitOptions } from './models/fit-model';
export type { LayerModule, ModelModule } from './models/layer-module';
export type { ModelData } from './models/model-data';
export {
  type LoadFileOptions,
  type LoadOptions,
  type LoadReport,
  Module,
  type ModuleResult,
  type StateDict,
} from './models/module';
export { nn } from './models/nn';
export type { ModelHost, ModuleVariable, Parameter, Value } from './models/parameter';
export type { RemoteCompileOptions, RemoteModel } from './models/remote-model';
export type { WeightsPlace } from './models/weights-file';
export type { OptimizerConstructors } from './optimizers';
export { type ClipOptions, clipByGlobalNorm, clipByNorm } from './optimizers/clipping';
export { type NamedPointer, type NamedWeight, RemoteOptimizer } from './optimizers/optimizer';
export {
  type InputSpec,
  type PlanCallOptions,
  type PlanInput,
  type PlanOptions,
  type PlanResult,
  RemotePlan,
  type Returned,
} from './plans';
export { disposeSymbol, type GetOptions, Pointer, type TryGetResult } from './pointer';
export { type ReceiptRow, Receipts } from './receipts';
export { drawSeed, type SendOptions } from './recorder';
export { createRemoteTf, type DuetTf, type OwnFunctions } from './remote-tf';
export type { OwnRequestRow, RequestList } from './request-list';
export {
  type RequestDecision,
  RequestHandle,
  type RequestOptions,
  type RequestStatus,
} from './requests';
export { type ScopeParts, Scopes } from './scopes';
export { ScientistSession } from './session';
export type {
  DecisionEvent,
  FaultEvent,
  ReceivedEvent,
  SessionEvents,
  SessionOptions,
  SessionStatus,
} from './session-events';
export type { StepFunction } from './step-plans';
export type { Store, StoreEntry, StoreRow } from './store';
export type { TrainOptions } from './training';
export {
  Checkpoint,
  type TrainingEvents,
  type TrainingProgress,
  type TrainingReport,
  type TrainingResult,
  TrainingRun,
  type TrainingStatus,
} from './training-run';
export { RemoteVariable, type TensorLike } from './variables';
