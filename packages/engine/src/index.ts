export { tensorMethodNames, tfNames } from './dispatch';
export { createPageEngine, type PageEngineOptions } from './page-engine';
export { type Nested, type Plain, type PlainOptions, plainToValue, toNested } from './plain';
export {
  isTensor,
  type ToTensorOptions,
  tensorToValue,
  tensorToValueAsync,
  valueToTensor,
} from './tensor-value';
export { nextMacrotask } from './yield';
