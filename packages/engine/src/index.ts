export { tensorMethodNames, tfNames } from './dispatch';
export { runOpLocally, runPlanLocally } from './local-run';
export { createPageEngine, type PageEngineOptions } from './page-engine';
export { type Nested, type Plain, type PlainOptions, plainToValue, toNested } from './plain';
export {
  isTensor,
  type ToTensorOptions,
  tensorToValue,
  tensorToValueAsync,
  valueToTensor,
} from './tensor-value';
export { watchdogLimits } from './worker/allowance';
export { addressOf } from './worker/start-worker';
export {
  createWorkerEngine,
  type RestartReason,
  type WorkerEngineOptions,
  type WorkerLike,
} from './worker/worker-engine';
export { nextMacrotask } from './yield';
