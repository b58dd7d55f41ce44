import type { Catalogue } from '@duet/protocol';
import type { Audience } from './access';
import type { StoreItem } from './published';

export interface StoreEvents {
  /** Something was published, for anyone or for nobody yet. */
  added: (item: StoreItem) => void;
  /** Others may use it than before. */
  access: (item: StoreItem) => void;
  /** It is to be kept over a reload from now on, or not any more. */
  keep: (item: StoreItem, keep: boolean) => void;
  /** Something was taken back. */
  removed: (item: StoreItem) => void;
  /** Some scientists are told of something. */
  shown: (catalogue: Catalogue, to: Audience) => void;
  /** Numbers of objects and data sets that are there no more for some scientists, who knew of them. */
  hidden: (numbers: readonly number[], from: Audience) => void;
}
