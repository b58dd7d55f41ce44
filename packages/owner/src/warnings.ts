/** What an owner should know before they accept, beyond what a request shows anyway. From public facts, and what they saw. */

import type { RequestFacts, SourceFacts } from './gate/facts';
import type { NearRelease } from './gate/ledger';

export type WarningKind =
  | 'failed'
  | 'stale'
  | 'whole-object'
  | 'many-numbers'
  | 'few-records'
  | 'near-release'
  | 'too-narrow'
  | 'many-metrics'
  | 'changed-source'
  | 'incomplete';

export interface Warning {
  readonly kind: WarningKind;
  /** A sentence or two. Nothing that a scientist wrote is in it. */
  readonly text: string;
}

export interface WarningFacts {
  readonly facts: RequestFacts;
  /** Is it what was published, as it stands? */
  readonly isPublished: boolean;
  /** Are there gradients in how it was computed? Then it is one, or was trained. */
  readonly isTrained: boolean;
  /** Were some of its calls made too long ago to be remembered? */
  readonly isIncomplete: boolean;
  /** What the owner's side found when it last looked at the bytes. */
  readonly found: 'ready' | 'failed' | 'stale' | undefined;
  /** Handlers that matched, but may not release so much. */
  readonly tooNarrow: readonly { readonly handler: string; readonly why: string }[];
  /** Earlier aggregates of nearly the same records. */
  readonly near: readonly NearRelease[];
  /** Metrics that this scientist was given before, in this session of the owner's page. */
  readonly metrics: number;
  /** Names of sources that were taken back, or that replaced or extended something published before. */
  readonly changed: readonly {
    readonly name: string;
    readonly how: 'gone' | 'replaced' | 'extended';
  }[];
  /** The fewest records that an aggregate may be about, where a source names no other. */
  readonly minRecords: number;
}

/** Metrics of one scientist's from which on the owner is told how many there were. */
const manyMetrics = 10;
/** Numbers a record from which on they may say much of each: one in ten. */
const muchPerRecord = 0.1;

/** The gravest first. */
export function warningsOf(known: WarningFacts): readonly Warning[] {
  return [
    ...found(known),
    ...content(known),
    ...fewRecords(known),
    ...known.near.map(nearRelease),
    ...known.tooNarrow.map(({ handler, why }) =>
      warn('too-narrow', `Handler ${handler} matched, but may not release this: ${why}`),
    ),
    ...metrics(known),
    ...known.changed.map(changedSource),
    ...(known.isIncomplete
      ? [
          warn(
            'incomplete',
            'Some of its calls were made too long ago to be remembered: more may take part than is listed.',
          ),
        ]
      : []),
  ];
}

function warn(kind: WarningKind, text: string): Warning {
  return { kind, text };
}

function found({ found: what }: WarningFacts): Warning[] {
  if (what === 'failed') {
    return [
      warn(
        'failed',
        'Its computation failed: accepted, the scientist is told so, and gets no value.',
      ),
    ];
  }
  if (what === 'stale') {
    return [
      warn(
        'stale',
        'The value that you were shown cannot be had any more: accepted, the scientist is told so, and gets no value.',
      ),
    ];
  }
  return [];
}

/** Rows, gradients and weights: how much there is of it for each record. */
function content({ facts, isPublished, isTrained }: WarningFacts): Warning[] {
  if (isPublished)
    return [warn('whole-object', 'This is what you published itself, as it stands.')];
  const records = fewest(facts.sources);
  const { elements } = facts;
  if (facts.class !== 'record' || elements < 2 || !records) return [];
  const each = elements / records;
  if (!isTrained && each < muchPerRecord) return [];
  const what = isTrained
    ? 'A gradient, or what was trained with some'
    : 'A part of the data, or as much as one';
  const count = `${elements} numbers from ${records} records, ${rounded(each)} for each`;
  const hold =
    each < muchPerRecord
      ? 'Some records may stand out in it.'
      : 'It can hold much of single records.';
  return [warn('many-numbers', `${what}: ${count}. ${hold}`)];
}

function fewRecords({ facts, minRecords }: WarningFacts): Warning[] {
  const sets = facts.sets.filter((set) => set.units < set.minRecords);
  const counts = [
    ...sets.map(({ units }) => units),
    ...(facts.units !== undefined && facts.units < minRecords ? [facts.units] : []),
    // Of other values it is not known which records they are about: of no more than there are.
    ...(facts.class === 'record' ? facts.sources.map(({ units }) => units) : []).filter(
      (units) => units !== undefined && units < minRecords,
    ),
  ].filter((units) => units !== undefined);
  if (counts.length === 0) return [];
  const least = Math.min(...counts);
  return [warn('few-records', `It is about ${least} ${least === 1 ? 'record' : 'records'} only.`)];
}

function nearRelease({ set, released, differs }: NearRelease): Warning {
  const [from, to] = released;
  const asked = `records ${set.from} to ${set.to - 1}`;
  const before = `records ${from} to ${to - 1}`;
  return warn(
    'near-release',
    differs === undefined
      ? `It is about ${asked}; an aggregate of ${before} was released before the data was replaced. Together they tell of what changed.`
      : `It is about ${asked}; an aggregate of ${before} was released before. Together they tell of the ${differs} in which they differ.`,
  );
}

function metrics({ facts, metrics: count }: WarningFacts): Warning[] {
  if (facts.class !== 'metric' || count < manyMetrics) return [];
  return [
    warn(
      'many-metrics',
      `This scientist was given ${count} metrics before. Each could be about one record.`,
    ),
  ];
}

function changedSource({ name, how }: WarningFacts['changed'][number]): Warning {
  const text = {
    gone: `${name}: it was taken back since.`,
    replaced: `${name} replaced something that was published before: what is computed from both tells of what changed.`,
    extended: `${name} extends something that was published before: what is computed from both tells of the new records.`,
  }[how];
  return warn('changed-source', text);
}

function fewest(sources: readonly SourceFacts[]): number | undefined {
  const records = sources.flatMap(({ records: count }) => (count === undefined ? [] : [count]));
  return records.length > 0 ? Math.min(...records) : undefined;
}

function rounded(number: number): string {
  return number < 10 ? String(Number(number.toPrecision(2))) : String(Math.round(number));
}
