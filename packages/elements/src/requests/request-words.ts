/** What a request is about, in words for deciding in seconds. From public facts alone. */

import type { Assurance, HandlerOptions, OwnerRequest, RequestFacts } from 'duetjs';
import { count } from '../base/words';

interface ClassWords {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly means: string;
}

export const classWords: Readonly<Record<RequestFacts['class'], ClassWords>> = {
  public: { tone: 'good', means: 'They may know it anyway.' },
  aggregate: { tone: 'good', means: 'A sum, a mean or the like over many records.' },
  metric: {
    tone: 'warn',
    means:
      'One number of a loss or an accuracy. It could be about one person: whoever chooses the model can have it write a record there.',
  },
  record: { tone: 'bad', means: 'It may hold single records.' },
};

export const assuranceWords: Readonly<Record<Assurance, string>> = {
  invite: 'They hold your invite, and the key with this fingerprint.',
  known: 'They hold your invite, and this browser has admitted the same key before.',
  key: 'They hold the key with this fingerprint; no invite was asked for.',
};

/** `456 records`, `456 records of 120 persons`. */
export function recordWords({
  records,
  units,
}: {
  readonly records: number | undefined;
  readonly units: number | undefined;
}): string {
  if (records === undefined) return 'no records';
  const persons =
    units === undefined || units === records ? '' : ` of ${count(units, 'person', 'persons')}`;
  return `${count(records, 'record')}${persons}`;
}

/** Which records it is about, as far as public facts tell. */
export function aboutWords({ class: formed, sets, units, sources }: RequestFacts): string {
  if (formed === 'metric' && units !== undefined) {
    return `${count(units, 'record')} or persons at least`;
  }
  const fromSets = sets.map(({ object, from, to, records, units: persons }) => {
    const name = sources.find(({ id }) => id === `p${object}`)?.name ?? `p${object}`;
    const which = recordWords({ records: to - from, units: persons });
    return to - from === records
      ? `all ${which} of ${name}`
      : `${which} of ${name} (${from} to ${to - 1})`;
  });
  const distinct = [...new Set(fromSets)];
  if (distinct.length > 3) return `${distinct.slice(0, 3).join('; ')}; … (${distinct.length} sets)`;
  if (distinct.length > 0) return distinct.join('; ');
  return sources.length === 0 ? 'nobody' : 'any of the records below';
}

/** Numbers that a handler made of a metric may release, to start from. */
const metricsToBegin = 100;

/** A handler that would accept just such requests: of this scientist and name, from this data, and no further than needed. */
export function handlerFor({ name, peer, elements, facts }: OwnerRequest): HandlerOptions {
  const { class: formed, sources, plan } = facts;
  const [first, ...others] = sources;
  const tags = (first?.tags ?? []).filter((tag) =>
    others.every((other) => other.tags.includes(tag)),
  );
  const narrowed = {
    action: 'accept',
    peer: peer.fingerprint,
    ...(name !== '' && { name }),
    ...(tags.length > 0 && { tags }),
  } as const;
  switch (formed) {
    case 'public':
    case 'aggregate':
      return { ...narrowed, release: 'aggregates' };
    case 'metric':
      return { ...narrowed, release: 'metrics', elementQuota: metricsToBegin };
    case 'record':
      return {
        ...narrowed,
        release: 'records',
        elementQuota: elements,
        ...(plan !== undefined && { plan }),
      };
  }
}
