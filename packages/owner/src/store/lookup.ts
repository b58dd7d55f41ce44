import { DuetError } from '@duet/protocol';
import { isDataSet, type StoreItem, tensorsOfItem } from './published';

/** By id, data set name or unique tag. Throws `no-object`, or `bad-argument` if a tag is not unique. */
export function itemNamed(key: string, items: readonly StoreItem[]): StoreItem {
  const exact = [...items, ...items.flatMap(tensorsOfItem)].find(({ id }) => id === key);
  if (exact) return exact;
  const found = items.filter(
    (item) => (isDataSet(item) && item.name === key) || item.tags.includes(key),
  );
  if (found.length > 1) {
    throw new DuetError('bad-argument', {
      detail: `${found.length} objects go by “${key}”: ${found.map(({ id }) => id).join(', ')}.`,
      hint: 'Use the id.',
    });
  }
  const only = found[0];
  if (only) return only;
  throw new DuetError('no-object', {
    detail: `Nothing in the store goes by “${key}”.`,
    hint: '',
  });
}
