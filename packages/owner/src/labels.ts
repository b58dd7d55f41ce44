import { type Info, type PublishedFact, publishedInfo, sentInfo } from '@duet/ops';

/** Who may read a value, which published objects it comes from, and how it was formed. */
export interface Label {
  /** Scientists, by the fingerprint of their identity key. The owner reads everything anyway. */
  readonly readers: Readers;
  /** Ids of the published objects that took part, private and public ones. */
  readonly sources: ReadonlySet<number>;
  /** Its class, and what its class is known by. */
  readonly info: Info;
}

/** What is the same for all that one call gives of the same inputs. `info`: where it is the label of all of them. */
export type Origin = Omit<Label, 'info'> & Partial<Pick<Label, 'info'>>;

export type Readers = 'everyone' | ReadonlySet<string>;

export function publishedLabel(fact: PublishedFact, readers: readonly string[] = []): Label {
  return {
    readers: fact.public ? 'everyone' : new Set(readers),
    sources: new Set([fact.number]),
    info: publishedInfo(fact),
  };
}

/** A value that a scientist sent: theirs and the owner's. */
export function sentLabel(scientist: string): Label {
  return { readers: new Set([scientist]), sources: new Set(), info: sentInfo };
}

export function mayRead(label: Pick<Label, 'readers'>, scientist: string): boolean {
  return label.readers === 'everyone' || label.readers.has(scientist);
}

function both(a: Readers, b: Readers): Readers {
  if (a === 'everyone') return b;
  if (b === 'everyone') return a;
  return new Set([...a].filter((reader) => b.has(reader)));
}

/**
 * Of everything that one op returns: readable by those who may read every input, from the sources of all. An
 * op without tensor arguments works on what its caller wrote, so its caller may read the result, and nobody else.
 */
export function joinLabels(inputs: readonly Origin[], caller: string): Origin {
  const [only] = inputs;
  // Of most calls all inputs have one label, of which nothing goes and to which nothing comes.
  if (inputs.length === 1 && only !== undefined && isOnlyReader(only.readers, caller)) return only;
  return inputs.reduce<Origin>(
    (joined, input) => ({
      readers: both(joined.readers, input.readers),
      sources: allOf(joined.sources, input.sources),
    }),
    { readers: new Set([caller]), sources: new Set() },
  );
}

function isOnlyReader(readers: Readers, caller: string): boolean {
  return readers !== 'everyone' && readers.size === 1 && readers.has(caller);
}

/** One label for each value, the same for those of which the same is known. */
export function labelEach(origin: Origin, infos: readonly Info[]): Label[] {
  const [only] = infos;
  if (only !== undefined && infos.length === 1) return [labelOf(origin, only)];
  const labels = new Map<Info, Label>();
  return infos.map((info) => {
    const label = labels.get(info) ?? labelOf(origin, info);
    labels.set(info, label);
    return label;
  });
}

function labelOf(origin: Origin, info: Info): Label {
  if (isLabel(origin) && origin.info === info) return origin;
  return { readers: origin.readers, sources: origin.sources, info };
}

function isLabel(origin: Origin): origin is Label {
  return origin.info !== undefined;
}

/** One of the two where it has them all: a long computation on one data set shares one set. */
function allOf(a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> {
  if ([...b].every((source) => a.has(source))) return a;
  if ([...a].every((source) => b.has(source))) return b;
  return new Set([...a, ...b]);
}

/** After a release: one more reader. Sources stay. */
export function withReader(label: Label, scientist: string): Label {
  if (label.readers === 'everyone') return label;
  return { ...label, readers: new Set([...label.readers, scientist]) };
}
