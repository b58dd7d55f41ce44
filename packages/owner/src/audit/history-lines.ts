/** What stands in the history of one scientist: only what they know themselves. */

import { toHex } from '@duet/protocol';
import type { AuditEvent, ReleaseFacts } from './events';

/** The scientist whose history an event belongs to, and its line there. Undefined for all that is the owner's alone. */
export function historyLine(
  event: AuditEvent,
): { readonly peer: string; readonly fields: object } | undefined {
  switch (event.kind) {
    case 'peer':
      return event.state === 'joined'
        ? { peer: event.peer, fields: { kind: 'joined' } }
        : undefined;
    case 'request': {
      const { number, facts, peer } = event;
      const { name, dtype, shape } = facts;
      return { peer, fields: { kind: 'request', number, name, dtype, shape } };
    }
    case 'decision': {
      const { number, outcome, peer } = event;
      return { peer, fields: { kind: 'decision', number, outcome } };
    }
    case 'more':
      return event.peer === undefined
        ? undefined
        : { peer: event.peer, fields: { kind: 'more', what: event.what, count: event.count } };
    default:
      return undefined;
  }
}

const saltBytes = 16;

/** With a salt: its head stands in the owner's log, which must not tell a small value by its digest. */
export function releaseLine({ peer, ...facts }: ReleaseFacts): object {
  const salt = toHex(crypto.getRandomValues(new Uint8Array(saltBytes)));
  return { kind: 'release', to: peer, ...facts, salt };
}
