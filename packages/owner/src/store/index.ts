export type { Audience, Pointable } from './access';
export {
  type AccessOptions,
  OwnerStore,
  type OwnerStoreParts,
  type Publication,
} from './owner-store';
export {
  type DataSetOptions,
  isDataSet,
  nameOf,
  type Predecessor,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
  type StoreItem,
  tagsOf,
} from './published';
export type { StoreEvents } from './store-events';
export type { Fields } from './successors';
