import { DuetError, limits } from '@duet/protocol';
import { isDataSet, type StoreItem, tensorsOfItem, withMocks } from './published';

/** Throws `limit` where all together are more than a scientist's side keeps. */
export function checkRoom(items: readonly StoreItem[]): void {
  const tensors = items.flatMap(tensorsOfItem);
  const columns = tensors.reduce((sum, each) => sum + each.columns.length, 0);
  const entries = withMocks(tensors).length + items.filter(isDataSet).length;
  if (entries > limits.publishedEntries || columns > limits.catalogueColumns) {
    throw new DuetError('limit', {
      detail: `More than ${limits.publishedEntries} objects or ${limits.catalogueColumns} named columns would be published.`,
      hint: 'Take back what is no longer needed.',
    });
  }
}
