/** The elements that the pages are made of. Importing this defines them. */

export { AuditPanel } from './audit/audit-panel';
export { authBadge, badgeMeans, smallAuthBadge } from './base/auth-badge';
export { CopyButton } from './base/copy-button';
export { DuetElement } from './base/duet-element';
export { followDuet } from './base/follow-duet';
export { every, everySecond, type Follow, Following } from './base/following';
export { checkedValues, commaList, fieldNumber, fieldText } from './base/forms';
export { pathWords } from './base/path-words';
export { quotedWord, quotedWords } from './base/peer-text';
export { saveFile } from './base/save-file';
export {
  byteWords,
  clockTime,
  count,
  dayWords,
  elapsedWords,
  errorWords,
  shapeWords,
  shortFingerprint,
  shortNumber,
  timeLeft,
  timesWords,
} from './base/words';
export type { FileArray } from './files/array-file';
export type { CsvTable } from './files/csv';
export { type DataFile, dataFileTypes, readDataFile } from './files/data-file';
export { fetchIdx, type IdxArray } from './files/idx';
export { HandlersPanel } from './handlers/handlers-panel';
export { InvitePanel } from './invite/invite-panel';
export { PeoplePanel } from './people/people-panel';
export { RequestCard } from './requests/request-card';
export { RequestsPanel } from './requests/requests-panel';
export { RunsPanel } from './runs/runs-panel';
export { CameBack } from './status/came-back';
export { DeskTrouble } from './status/desk-trouble';
export { StatusLine } from './status/status-line';
export { ArrayForm } from './store/array-form';
export { keepField, wantsKept } from './store/keep-field';
export { KeptObjects } from './store/kept-objects';
export { PublishForm } from './store/publish-form';
export { StoreList } from './store/store-list';
