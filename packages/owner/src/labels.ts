/** Who may read a value, and which published objects it comes from. */
export interface Label {
  /** Scientists, by the fingerprint of their identity key. The owner reads everything anyway. */
  readonly readers: Readers;
  /** Ids of the published objects that took part, private and public ones. */
  readonly sources: ReadonlySet<number>;
}

export type Readers = 'everyone' | ReadonlySet<string>;

export function publishedLabel(
  id: number,
  isPublic: boolean,
  readers: readonly string[] = [],
): Label {
  return { readers: isPublic ? 'everyone' : new Set(readers), sources: new Set([id]) };
}

/** A value that a scientist sent: theirs and the owner's. */
export function sentLabel(scientist: string): Label {
  return { readers: new Set([scientist]), sources: new Set() };
}

export function mayRead(label: Label, scientist: string): boolean {
  return label.readers === 'everyone' || label.readers.has(scientist);
}

function both(a: Readers, b: Readers): Readers {
  if (a === 'everyone') return b;
  if (b === 'everyone') return a;
  return new Set([...a].filter((reader) => b.has(reader)));
}

/**
 * The label of everything that one op returns: readable by those who may read every input, from the sources of all. An
 * op without tensor arguments works on what its caller wrote, so its caller may read the result, and nobody else.
 */
export function joinLabels(inputs: readonly Label[], caller: string): Label {
  return inputs.reduce(
    (joined, input) => ({
      readers: both(joined.readers, input.readers),
      sources: allOf(joined.sources, input.sources),
    }),
    sentLabel(caller),
  );
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
