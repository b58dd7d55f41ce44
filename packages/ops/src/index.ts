export {
  type ChainedMethod,
  type ChainedMethodName,
  chainedMethods,
  type ShapedThing,
} from './chained';
export { largestIndex } from './clamp';
export { classifyCall } from './classes/classify';
export type {
  Info,
  InfoClass,
  PublishedFact,
  RecordAxis,
  RecordSet,
  RecordSpan,
  Rows,
} from './classes/info';
export { publishedInfo, sentInfo } from './classes/infos';
export type { Known } from './classes/known';
export { classifyPlan } from './classes/plans';
export { classifyRun, type RunInfos, type RunInputs, reportInfos } from './classes/runs';
export { describeCall } from './describe';
export type { Engine, EngineFacts, OpStep, PlanStep, Slot, Step } from './execution';
export { hasGradient, hasSecondGradient } from './gradients';
export { inferCall, unsupported } from './infer';
export { bindCall, denseNumbers, type TensorAdapter, unbindArgs } from './kinds';
export {
  checkInputs,
  inferPlan,
  type PlanFacts,
  type PlanLimits,
  sameMeta,
  tapedInputs,
} from './plan';
export { showMeta } from './plan-errors';
export { planHash } from './plan-hash';
export { describePlan } from './plan-words';
export type { AllowedOp, ComposedOp, GuardedOp } from './policy';
export { innerSalt, permutation, saltedSeed } from './random';
export { allowedOps, findOp, whyDenied } from './registry';
export type { ChainedOps, RemoteTf } from './remote-types';
export { RunLayout, type RunShape, type RunStep } from './run';
export type {
  CallFacts,
  Clamp,
  DataDependence,
  Guard,
  OpSpec,
  ParamKind,
  ParamSpec,
  ResultForm,
  TensorFact,
} from './spec';
