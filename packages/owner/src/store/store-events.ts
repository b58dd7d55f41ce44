import type { Catalogue } from '@duet/protocol';
import type { Audience } from './access';
import type { StoreItem } from './published';

export interface StoreEvents {
  /** Something was published, for anyone or for nobody yet. */
  added: (item: StoreItem) => void;
  /** Something was taken back. */
  removed: (item: StoreItem) => void;
  /** Some scientists are told of something. */
  shown: (catalogue: Catalogue, to: Audience) => void;
  /** Numbers of objects and data sets that are there no more for some scientists, who knew of them. */
  hidden: (numbers: readonly number[], from: Audience) => void;
}
