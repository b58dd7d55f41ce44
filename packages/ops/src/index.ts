export {
  type ChainedMethod,
  type ChainedMethodName,
  chainedMethods,
  type ShapedThing,
} from './chained';
export { largestIndex } from './clamp';
export { describeCall } from './describe';
export type { Engine, Slot, Step } from './execution';
export { inferCall, unsupported } from './infer';
export { bindCall, type TensorAdapter, unbindArgs } from './kinds';
export type { AllowedOp } from './policy';
export { allowedOps, findOp, isAllowedOp, whyDenied } from './registry';
export type { ChainedOps, RemoteTf } from './remote-types';
export type {
  CallFacts,
  Clamp,
  DataDependence,
  OpSpec,
  ParamKind,
  ParamSpec,
  ResultForm,
  TensorFact,
} from './spec';
