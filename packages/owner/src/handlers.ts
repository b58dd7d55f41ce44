import { type Clock, checkText, DuetError, limits } from '@duet/protocol';

export interface HandlerOptions {
  readonly action: 'accept' | 'deny';
  /** Only requests of this name. The scientist writes names, so a name only ever narrows. */
  readonly name?: string | undefined;
  /** Only values whose every published source has all these tags of the owner's. Matches nothing that has no source. */
  readonly tags?: readonly string[] | undefined;
  /** How long it lives, on the owner's clock. Default: until it is removed. */
  readonly timeoutSecs?: number | undefined;
  /** Elements that it may release in all. A request that does not fit in what is left is denied and spends nothing. */
  readonly elementQuota?: number | undefined;
  /**
   * How far an accepting handler goes. `records` releases any value computed from the tagged data, single records
   * included; it needs `tags` and an `elementQuota`.
   */
  readonly release?: 'records' | undefined;
  /** Show the value on the owner's side, also when it is denied. */
  readonly printLocal?: boolean | undefined;
  /** Keep the value in the owner's local log, also when it is denied. */
  readonly logLocal?: boolean | undefined;
}

export interface Handler extends HandlerOptions {
  readonly id: string;
  /** Elements that it may still release; undefined without a quota. */
  readonly quotaLeft: number | undefined;
  /** Seconds that it still lives; undefined without an end. */
  readonly secondsLeft: number | undefined;
}

/** The public facts that handlers match on. */
export interface RequestFacts {
  readonly name: string;
  readonly elements: number;
  /** The owner's tags of each published object that the value comes from. */
  readonly sourceTags: readonly ReadonlySet<string>[];
}

interface Entry {
  readonly id: string;
  readonly options: HandlerOptions;
  readonly endsAt: number | undefined;
  left: number | undefined;
}

/** The automatic answers, in the order in which they were added. */
export class HandlerList {
  readonly #clock: Clock;
  #entries: Entry[] = [];
  #next = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns its id. Throws `bad-argument` on a handler that could release more than its owner said. */
  add(options: HandlerOptions): string {
    checkOptions(options);
    const { timeoutSecs, elementQuota, tags } = options;
    const id = `h${this.#next++}`;
    this.#entries.push({
      id,
      options: { ...options, ...(tags && { tags: [...tags] }) },
      endsAt: timeoutSecs === undefined ? undefined : this.#clock.now() + timeoutSecs * 1000,
      left: elementQuota,
    });
    return id;
  }

  /** Throws `no-object` if there is none with this id. */
  remove(id: string): void {
    this.#prune();
    const kept = this.#entries.filter((entry) => entry.id !== id);
    if (kept.length === this.#entries.length) {
      throw new DuetError('no-object', { detail: `There is no handler ${id}.`, hint: '' });
    }
    this.#entries = kept;
  }

  clear(): void {
    this.#entries = [];
  }

  list(): readonly Handler[] {
    this.#prune();
    return this.#entries.map(({ id, options, endsAt, left }) => ({
      ...options,
      id,
      quotaLeft: left,
      secondsLeft:
        endsAt === undefined ? undefined : Math.ceil((endsAt - this.#clock.now()) / 1000),
    }));
  }

  /** The answer of the first handler that matches, its quota spent; undefined leaves the request to the owner. */
  decide(
    facts: RequestFacts,
  ):
    | { readonly handler: HandlerOptions; readonly id: string; readonly accept: boolean }
    | undefined {
    this.#prune();
    const entry = this.#entries.find(({ options }) => matches(options, facts));
    if (!entry) return undefined;
    const { options, left } = entry;
    const fits = left === undefined || facts.elements <= left;
    const accept = options.action === 'accept' && fits;
    if (accept && left !== undefined) entry.left = left - facts.elements;
    return { handler: options, id: entry.id, accept };
  }

  #prune(): void {
    const now = this.#clock.now();
    this.#entries = this.#entries.filter(({ endsAt }) => endsAt === undefined || endsAt > now);
  }
}

function matches({ name, tags }: HandlerOptions, facts: RequestFacts): boolean {
  if (name !== undefined && name !== facts.name) return false;
  if (tags === undefined || tags.length === 0) return true;
  const { sourceTags } = facts;
  return sourceTags.length > 0 && sourceTags.every((owned) => tags.every((tag) => owned.has(tag)));
}

function refuse(detail: string, hint: string): never {
  throw new DuetError('bad-argument', { detail, hint });
}

function checkOptions({
  action,
  name,
  tags = [],
  timeoutSecs,
  elementQuota,
  release,
}: HandlerOptions): void {
  if (action !== 'accept' && action !== 'deny') refuse('action must be "accept" or "deny".', '');
  if (name !== undefined) checkText(name, limits.nameChars, 'The name');
  if (tags.length > limits.tags) refuse(`A handler takes at most ${limits.tags} tags.`, '');
  for (const tag of tags) checkText(tag, limits.tagChars, 'A tag');
  if (timeoutSecs !== undefined && !(timeoutSecs > 0 && timeoutSecs * 1000 <= limits.timeoutMs)) {
    refuse(`timeoutSecs must be over 0 and at most ${limits.timeoutMs / 1000}.`, '');
  }
  if (elementQuota !== undefined && !(Number.isSafeInteger(elementQuota) && elementQuota >= 0)) {
    refuse('elementQuota must be a whole number of elements.', '');
  }
  if (release !== undefined && release !== 'records') refuse("release can only be 'records'.", '');
  if (
    action === 'accept' &&
    (release !== 'records' || tags.length === 0 || elementQuota === undefined)
  ) {
    refuse(
      'A handler that accepts releases values without a look at them.',
      "Say how far it may go: release: 'records', the tags of the data it is about, and an elementQuota.",
    );
  }
}
