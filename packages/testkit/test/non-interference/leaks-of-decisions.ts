/** Leaks around requests: handlers, quotas, ledgers, receipts, what is kept, and what one scientist hears of another. */

import type { Receipt } from '@duet/protocol';
import { DuetError } from '@duet/protocol';
import { MessageReceiver } from '../../../link/src/message-receiver';
import { Automatic } from '../../../owner/src/automatic';
import { HandlerList } from '../../../owner/src/handler-list';
import { KeptBox } from '../../../owner/src/kept-box';
import { LedgerStore } from '../../../owner/src/ledger-store';
import { OwnerStore } from '../../../owner/src/store';
import type { Plant } from './observe';
import { inOneWorld, instead, onLink, rewriting, telling } from './plants';
import { fingerprints } from './worlds';

const withEntry = (receipt: Receipt, change: object): Receipt => ({
  ...receipt,
  entry: JSON.stringify({ ...JSON.parse(receipt.entry), ...change }),
});

/** The owner's side does something as soon as Ada has been given something. */
const afterAda = (act: (store: OwnerStore) => void): Plant =>
  inOneWorld(() => ({
    begun: ({ owner }) => {
      owner.on('release', ({ to }) => {
        if (to.fingerprint === fingerprints.ada) act(owner.store);
      });
    },
  }));

export const leaksOfDecisions: Readonly<Record<string, Plant>> = {
  'a decision by the value': inOneWorld(() => ({
    begun: ({ owner }) => {
      owner.requests.on('waiting', (request) => {
        if (request.name === 'short') request.deny();
      });
    },
  })),
  'a preview that decides': inOneWorld(() => ({
    begun: ({ owner }) => {
      owner.requests.on('waiting', (request) => {
        void request.preview().then(() => request.accept());
      });
    },
  })),
  'an expiry by values': inOneWorld(() => ({
    begun: ({ owner }) => {
      owner.requests.on('waiting', (request) => {
        if (request.expiresAt !== undefined) request.expire();
      });
    },
  })),
  'a revocation by values': inOneWorld(() => ({
    begun: ({ owner }) => {
      owner.grants.on('changed', () => {
        const kept = owner.grants.list().find(({ name }) => name === 'kept');
        if (kept) queueMicrotask(() => kept.revoke());
      });
    },
  })),
  'a handler that looks at the value': instead(
    Automatic.prototype,
    'decide',
    (own) =>
      function (id, facts) {
        return facts.class === 'metric' ? Promise.resolve(undefined) : own.call(this, id, facts);
      },
  ),
  'a handler that rounds by the value': instead(
    Automatic.prototype,
    'decide',
    (own) =>
      async function (id, facts) {
        const verdict = await own.call(this, id, facts);
        return verdict && { ...verdict, digits: 5 };
      },
  ),
  'a quota that is spent only where the value is finite': instead(
    HandlerList.prototype,
    'count',
    (own) =>
      function (entry, what) {
        return own.call(this, entry, what, 0);
      },
  ),
  'a ledger by values': instead(LedgerStore.prototype, 'place', () => () => undefined),
  'tags by values': instead(
    OwnerStore.prototype,
    'sourceFacts',
    (own) =>
      function (number) {
        return { ...own.call(this, number), tags: [] };
      },
  ),
  'room for what is kept by values': instead(KeptBox.prototype, 'checkRoom', () => () => {
    throw new DuetError('limit');
  }),
  'credit by values': instead(MessageReceiver.prototype, 'credit', (own) => {
    let times = 0;
    return function () {
      times += 1;
      return times === 3 ? 1 : own.call(this);
    };
  }),
  'what a handler logged, told': telling(({ owner }, tell) => owner.requests.on('logged', tell)),
  'what a handler printed, told': telling(({ owner }, tell) => owner.requests.on('printed', tell)),
  'that a handler was too narrow, told': telling(({ owner }, tell) =>
    owner.requests.on('narrow', tell),
  ),
  'that another was given something, told': telling(({ owner }, tell) =>
    owner.on('release', ({ to }) => {
      if (to.fingerprint === fingerprints.ada) tell();
    }),
  ),
  'an audit that fails by values': inOneWorld(() => ({
    audit: {
      note: () => undefined,
      release: () => Promise.reject(new DuetError('internal')),
    },
  })),
  'a receipt outside of a grant’s payload': onLink(() => {
    let last: Receipt | undefined;
    return (message, pass) => {
      if (message.kind === 'value') last = message.receipt ?? last;
      pass(message.kind === 'failed' && last ? { ...message, receipt: last } : message);
    };
  }),
  'a receipt of another’s history': onLink(() => {
    let adas: Receipt | undefined;
    return (message, pass, { peer }) => {
      if (message.kind !== 'value') return pass(message);
      if (peer.fingerprint === fingerprints.ada) adas = message.receipt;
      else if (adas) return pass({ ...message, receipt: adas });
      return pass(message);
    };
  }),
  'a receipt that is left out': rewriting('value', ({ receipt: _, ...message }) => [message]),
  'a history that counts what others were given': rewriting('value', (message) => [
    message.receipt ? { ...message, receipt: withEntry(message.receipt, { n: 99 }) } : message,
  ]),
  'digits by values': rewriting('value', (message) => [
    message.digits === undefined ? message : { ...message, digits: message.digits + 1 },
  ]),
  'kept requests told only where they did not fail': rewriting('kept', (message) => [
    { ...message, items: message.items.slice(1) },
  ]),
  'how long something is kept by values': rewriting('kept', (message) => [
    { ...message, items: message.items.map((item) => ({ ...item, leftMs: item.leftMs + 1 })) },
  ]),
  'gone by values': rewriting('gone', () => []),
  'a digest in the catalogue': rewriting('catalogue', (message) => [
    {
      ...message,
      objects: message.objects.map((object) => ({ ...object, tags: [...object.tags, 'a3f1'] })),
    },
  ]),
  'how many persons there are, where nobody asked': rewriting('catalogue', (message) => [
    { ...message, dataSets: message.dataSets.map((set) => ({ ...set, units: set.units + 1 })) },
  ]),
  'how few records are too few by values': rewriting('catalogue', (message) => [
    {
      ...message,
      objects: message.objects.map((object) => ({ ...object, minRecords: 5 })),
    },
  ]),
  'a catalogue that changes by what another asks': afterAda((store) =>
    store.setAccess('p21', { pointable: true }),
  ),
  'something taken back by what another was given': afterAda((store) => store.remove('p2')),
};
