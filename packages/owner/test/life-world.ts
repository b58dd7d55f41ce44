/**
 * A world around gate/life.ts, small enough to be gone through as a whole: one scientist with two objects, two requests
 * and two gets. It keeps books of its own of what was decided, told, released and held, and breaks where they differ.
 */

import { type Asked, type Deed, type Happening, LifeTable } from '../src/gate/life';

type Name = 'A' | 'B';
const names: readonly Name[] = ['A', 'B'];
const requests = [1, 2] as const;
const gets = [11, 12] as const;

/** What may be planted, to see whether it is found. */
export interface Faults {
  readonly grantWithoutAccept?: boolean;
  readonly grantAfterWithdrawal?: boolean;
  readonly spendTwice?: boolean;
  readonly sendWhatWasRevoked?: boolean;
  readonly wrongVersion?: boolean;
  readonly answerUnreadable?: boolean;
  readonly forgetToFree?: boolean;
  readonly freeTwice?: boolean;
  readonly forgetTheGets?: boolean;
  readonly answerTwice?: boolean;
  readonly tellTwice?: boolean;
  readonly neverTell?: boolean;
  readonly readableWhenRounded?: boolean;
  readonly grantSurvivesLeaving?: boolean;
  readonly acceptAfterDenial?: boolean;
  readonly keepWithoutDetaching?: boolean;
}

/** What the session is at, in its turn: nothing else of the scientist's is handled meanwhile. */
type Turn =
  | undefined
  | { readonly at: 'freezing'; readonly request: number }
  | { readonly at: 'sending'; readonly request: number; readonly gets: readonly number[] };

type Decision = 'none' | 'accepted' | 'denied' | 'expired' | 'withdrawn' | 'revoked' | 'void';

/** The book of one request. */
interface Booked {
  readonly version: Name;
  decision: Decision;
  rounded: boolean;
  spent: boolean;
  /** The scientist does not care any more. */
  givenUp: boolean;
  told: string[];
  /** What the owner sees. */
  status: string;
}

interface BookedGet {
  readonly version: Name;
  ends: string[];
}

interface Thing {
  isNamed: boolean;
  isReadable: boolean;
  /** By the books: released as it is. */
  mayBeRead: boolean;
  holds: number;
}

class Broken extends Error {}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what);
}

class World {
  readonly faults: Faults;
  readonly seen: Set<string>;
  life = new LifeTable<Name>();
  things = new Map<Name, Thing>(
    names.map((name) => [name, { isNamed: true, isReadable: false, mayBeRead: false, holds: 1 }]),
  );
  books = new Map<number, Booked>();
  gets = new Map<number, BookedGet>();
  /** Grants that can be spent. */
  open = new Set<number>();
  turn: Turn = undefined;
  later: number[] = [];
  /** Values of kept requests that are being read. */
  reading: Name[] = [];
  hasBegun = false;
  wasRenewed = false;
  isGone = false;

  constructor(faults: Faults, seen: Set<string>) {
    this.faults = faults;
    this.seen = seen;
  }

  clone(): World {
    const copy = new World(this.faults, this.seen);
    copy.life = new LifeTable(this.life);
    copy.things = new Map([...this.things].map(([name, thing]) => [name, { ...thing }]));
    copy.books = new Map(
      [...this.books].map(([request, book]) => [request, { ...book, told: [...book.told] }]),
    );
    copy.gets = new Map(
      [...this.gets].map(([get, book]) => [get, { ...book, ends: [...book.ends] }]),
    );
    copy.open = new Set(this.open);
    copy.turn = this.turn;
    copy.later = [...this.later];
    copy.reading = [...this.reading];
    copy.hasBegun = this.hasBegun;
    copy.wasRenewed = this.wasRenewed;
    copy.isGone = this.isGone;
    return copy;
  }

  /** The same for states from which the same can follow. */
  key(): string {
    const sorted = <T>(map: ReadonlyMap<number, T>) => [...map].sort(([a], [b]) => a - b);
    return JSON.stringify([
      sorted(this.life.asked),
      sorted(this.life.over),
      [...this.things.values()],
      // What is over is all the same, however it came about.
      sorted(this.books).map(([request, book]) => (this.isOver(request) ? request : book)),
      sorted(this.gets).map(([, { version, ends }]) => (ends.length > 0 ? 0 : version)),
      [...this.open].sort(),
      this.turn,
      this.later,
      this.reading,
      this.hasBegun,
      this.wasRenewed,
      this.isGone,
    ]);
  }

  /** Nothing can come of it any more, and it was told what it is to be told. */
  isOver(request: number): boolean {
    const { decision, spent, givenUp, told } = this.book(request);
    if (this.life.asked.has(request) || this.open.has(request)) return false;
    if (this.later.includes(request) || this.turn?.request === request) return false;
    return (decision !== 'none' && spent) || givenUp || told.includes(decision);
  }

  // ---- what can happen ----------------------------------------------------------------------------------------------

  moves(): (() => void)[] {
    return [
      ...(this.turn ? this.inHand(this.turn) : this.isGone ? [] : this.said()),
      ...this.decided(),
      ...this.reading.slice(0, 1).map((name) => () => {
        this.reading.shift();
        this.free(name);
      }),
      ...(this.isGone ? [] : [() => this.leave()]),
    ];
  }

  /** What the scientist says, and what waits for the turn. */
  said(): (() => void)[] {
    const named = names.filter((name) => this.thing(name).isNamed);
    const fresh = requests.filter((request) => !this.books.has(request)).slice(0, 1);
    const next = gets.filter((get) => !this.gets.has(get)).slice(0, 1);
    const known = [...this.books.keys()];
    const [told] = this.later;
    return [
      ...fresh.flatMap((request) =>
        // The first object is the one that is asked for first.
        named
          .filter((name) => request !== 1 || name === 'A')
          .flatMap((name) =>
            // One of them wants to be kept, the other does not.
            (request === 1 ? [false] : [false, true]).map(
              (stays) => () => this.ask(request, name, stays),
            ),
          ),
      ),
      ...next.flatMap((get) =>
        named.flatMap((name) => [0, ...known].map((request) => () => this.get(get, name, request))),
      ),
      ...requests.map((request) => () => this.withdraw(request)),
      ...named.map((name) => () => this.drop(name)),
      ...(this.hasBegun ? [] : [() => this.begin(), () => this.renew()]),
      ...known
        .filter((request) => this.book(request).status === 'pending')
        .map((request) => () => {
          this.turn = { at: 'freezing', request };
          this.happens({ kind: 'accept', request });
        }),
      ...(told === undefined
        ? []
        : [
            () => {
              this.later.shift();
              this.happens({ kind: 'told', request: told });
            },
          ]),
    ];
  }

  /** What the owner and the clock may do at any time. */
  decided(): (() => void)[] {
    const waiting = [...this.books].filter(([, { status }]) => status === 'pending');
    const given = [...this.books].filter(([, { status }]) => status === 'accepted');
    return [
      ...waiting.flatMap(([request]) => [() => this.deny(request), () => this.expire(request)]),
      ...given.map(
        ([request]) =>
          () =>
            this.revoke(request),
      ),
    ];
  }

  /** What the turn waits for. */
  inHand(turn: NonNullable<Turn>): (() => void)[] {
    const { request } = turn;
    if (turn.at === 'sending') {
      return [
        () => this.departs(request, turn.gets),
        () => this.cannot(request, turn.gets, 'op-failed'),
      ];
    }
    return [
      () => this.frozen(request, false),
      () => this.frozen(request, true),
      () => {
        this.turn = undefined;
        this.happens({ kind: 'reopen', request });
      },
    ];
  }

  ask(request: number, version: Name, stays: boolean): void {
    const readable = this.thing(version).isReadable;
    const refused = this.happens({ kind: 'ask', request, version, readable, stays });
    const status = refused ? 'refused' : readable ? 'readable' : 'pending';
    // Before its deeds are done it is not in the books.
    this.books.set(request, {
      version,
      decision: status === 'pending' ? 'none' : 'void',
      rounded: false,
      spent: false,
      givenUp: status !== 'pending',
      told: [],
      status,
    });
  }

  get(get: number, version: Name, request: number): void {
    this.gets.set(get, { version, ends: [] });
    const readable = this.thing(version).isReadable || this.faults.answerUnreadable === true;
    const asked = this.life.asked.get(request);
    if (this.faults.grantWithoutAccept && asked?.phase === 'pending') {
      this.life.asked.set(request, { ...asked, phase: 'granted' });
      this.open.add(request);
    }
    const named = this.faults.wrongVersion && asked ? asked.version : version;
    this.happens({ kind: 'get', get, request, version: named, readable });
  }

  withdraw(request: number): void {
    const book = this.books.get(request);
    if (book?.decision === 'none') book.decision = 'withdrawn';
    if (book?.decision === 'accepted' && !book.spent) book.decision = 'withdrawn';
    if (book) book.givenUp = true;
    const asked = this.life.asked.get(request);
    this.happens({ kind: 'withdraw', request });
    if (this.faults.grantAfterWithdrawal && asked?.phase === 'granted') {
      this.life.asked.set(request, asked);
      this.open.add(request);
    }
  }

  drop(name: Name): void {
    const thing = this.thing(name);
    thing.isNamed = false;
    this.free(name);
    this.voidUnnamed();
  }

  voidUnnamed(): void {
    for (const [request, { phase, version }] of [...this.life.asked]) {
      if (phase !== 'granted' || this.thing(version).isNamed) continue;
      this.book(request).decision = 'void';
      this.happens({ kind: 'unnamed', version });
    }
  }

  begin(): void {
    this.hasBegun = true;
    this.allGivenUp();
    this.happens({ kind: 'begin' });
    for (const name of names) if (this.thing(name).isNamed) this.drop(name);
  }

  /** Their page is reloaded: values stay, and all requests go on elsewhere. */
  renew(): void {
    this.hasBegun = true;
    this.wasRenewed = true;
    this.allGivenUp();
    this.happens({ kind: 'renew', staying: new Set(this.life.asked.keys()) });
    // Nobody is there any more who waited for them.
    for (const get of this.gets.values()) if (get.ends.length === 0) get.ends.push('closed');
  }

  leave(): void {
    this.isGone = true;
    this.allGivenUp();
    this.happens({ kind: 'leave' });
    for (const name of names) if (this.thing(name).isNamed) this.drop(name);
    // Nobody is there whom anything could be told.
    for (const get of this.gets.values()) if (get.ends.length === 0) get.ends.push('closed');
  }

  allGivenUp(): void {
    for (const book of this.books.values()) {
      book.givenUp = true;
      if (book.decision === 'none' || (book.decision === 'accepted' && !book.spent)) {
        book.decision = 'void';
      }
    }
  }

  deny(request: number): void {
    const book = this.book(request);
    if (book.decision === 'none') book.decision = 'denied';
    const asked = this.life.asked.get(request);
    this.happens({ kind: 'deny', request });
    if (this.faults.acceptAfterDenial && asked) this.life.asked.set(request, asked);
  }

  expire(request: number): void {
    const book = this.book(request);
    const isFreezing = this.turn?.at === 'freezing' && this.turn.request === request;
    if (book.decision === 'none' && !isFreezing) book.decision = 'expired';
    this.happens({ kind: 'expire', request });
  }

  revoke(request: number): void {
    const book = this.book(request);
    const isLeaving = this.turn?.at === 'sending' && this.turn.request === request;
    if (book.decision === 'accepted' && !book.spent && !isLeaving) book.decision = 'revoked';
    const asked = this.life.asked.get(request);
    this.happens({ kind: 'revoke', request });
    if (this.faults.sendWhatWasRevoked && asked?.phase === 'granted') {
      this.life.asked.set(request, asked);
      this.open.add(request);
    }
  }

  frozen(request: number, rounded: boolean): void {
    const book = this.book(request);
    this.turn = undefined;
    if (book.decision === 'none') {
      book.decision = 'accepted';
      book.rounded = rounded;
    }
    this.happens({ kind: 'frozen', request });
    if (!this.turn) this.voidUnnamed();
  }

  /** The release is written down: the first byte leaves, if the grant is good still. */
  departs(request: number, waiting: readonly number[]): void {
    if (!this.open.delete(request)) {
      this.cannot(request, waiting, 'not-released');
      return;
    }
    const book = this.book(request);
    const thing = this.thing(book.version);
    check(!this.isGone, `released to someone who has gone: request ${request}`);
    check(!book.spent, `spent twice: request ${request}`);
    check(
      book.decision === 'accepted',
      `released without a decision (${book.decision}): request ${request}`,
    );
    book.spent = true;
    if (!book.rounded) thing.mayBeRead = true;
    if (!book.rounded || this.faults.readableWhenRounded) thing.isReadable = true;
    this.seen.add('release');
    this.turn = undefined;
    this.happens({ kind: 'sent', request });
    if (this.faults.spendTwice && !this.life.asked.has(request)) {
      this.life.asked.set(request, {
        request,
        version: book.version,
        phase: 'granted',
        refusal: undefined,
        gets: [],
        stays: false,
      });
      this.open.add(request);
      thing.holds += 1;
    }
    for (const get of waiting) {
      check(this.gets.get(get)?.version === book.version, `get ${get} was given another version`);
      this.answered(get, 'value');
    }
    this.voidUnnamed();
  }

  cannot(request: number, waiting: readonly number[], code: string): void {
    this.turn = undefined;
    this.happens({ kind: 'unsent', request });
    for (const get of waiting) this.failed(get, code);
    this.voidUnnamed();
  }

  // ---- what follows -------------------------------------------------------------------------------------------------

  /** True where it was refused. */
  happens(happening: Happening<Name>): boolean {
    let refused = false;
    for (const deed of this.#withFaults(happening, this.life.take(happening))) {
      if (deed.kind === 'refuse') refused = true;
      this.do(deed);
    }
    return refused;
  }

  #withFaults(happening: Happening<Name>, deeds: readonly Deed<Name>[]): readonly Deed<Name>[] {
    const { faults } = this;
    const without = (kind: Deed<Name>['kind']) => deeds.filter((deed) => deed.kind !== kind);
    const twice = (kind: Deed<Name>['kind']) =>
      deeds.flatMap((deed) => (deed.kind === kind ? [deed, deed] : [deed]));
    if (faults.forgetToFree && happening.kind === 'withdraw') return without('free');
    if (faults.freeTwice && happening.kind === 'told') return twice('free');
    if (faults.forgetTheGets && happening.kind === 'told') return without('fail');
    if (faults.tellTwice && happening.kind === 'frozen') return twice('tell');
    if (faults.neverTell && happening.kind === 'expire') return without('tell-in-turn');
    if (faults.grantSurvivesLeaving && happening.kind === 'leave') return without('void');
    if (faults.answerTwice && happening.kind === 'get') {
      return deeds.map((deed) =>
        deed.kind === 'send' ? { ...deed, gets: [...deed.gets, ...deed.gets] } : deed,
      );
    }
    return deeds;
  }

  do(deed: Deed<Name>): void {
    switch (deed.kind) {
      case 'hold':
        check(this.thing(deed.version).holds > 0, `${deed.version} is gone already`);
        this.thing(deed.version).holds += 1;
        return;
      case 'free':
        this.free(deed.version);
        return;
      case 'ended':
        this.book(deed.request).status = deed.ending;
        if (deed.ending === 'accepted') this.open.add(deed.request);
        return;
      case 'tell':
        this.tell(deed.request, deed.outcome);
        return;
      case 'tell-in-turn':
        this.later.push(deed.request);
        return;
      case 'send':
        check(!this.turn, 'sent in the middle of something else');
        this.turn = { at: 'sending', request: deed.request, gets: deed.gets };
        return;
      case 'answer':
        this.seen.add('answer');
        check(this.thing(deed.version).mayBeRead, `${deed.version} may not be read, and was sent`);
        check(this.thing(deed.version).holds > 0, `${deed.version} was freed, and is needed`);
        this.answered(deed.get, 'value');
        return;
      case 'fail':
        for (const get of deed.gets) this.failed(get, deed.code);
        return;
      case 'void':
        this.seen.add('void');
        this.open.delete(deed.request);
        return;
      case 'keep':
        this.seen.add('keep');
        this.kept(deed.asked);
        return;
      case 'refuse':
        this.seen.add(`refuse ${deed.code}`);
        return;
      default:
        deed satisfies never;
    }
  }

  kept({ request, version, stays, gets: waiting }: Asked<Name>): void {
    // Its grant goes on as another: the one that may be on its way cannot leave any more.
    if (!this.faults.keepWithoutDetaching) this.open.delete(request);
    const isWanted = stays || this.wasRenewed;
    check(isWanted && (this.isGone || this.hasBegun), 'kept though nobody has left, or wants it');
    check(waiting.length === 0, 'kept with gets of somebody who has left');
    this.reading.push(version);
  }

  tell(request: number, outcome: string): void {
    this.seen.add(`tell ${outcome}`);
    check(!this.isGone, 'told to someone who has gone');
    const book = this.books.get(request);
    // Readable: told at once, before it is in the books.
    if (!book) return;
    check(!book.told.includes(outcome), `told twice: request ${request} ${outcome}`);
    const expected = outcome === 'accepted' ? ['accepted'] : [outcome];
    check(expected.includes(book.decision), `told ${outcome}, decided ${book.decision}`);
    check(
      book.told.length === 0 || (book.told[0] === 'accepted' && outcome === 'revoked'),
      `told twice: request ${request} ${book.told} ${outcome}`,
    );
    book.told.push(outcome);
  }

  answered(get: number, how: string): void {
    const book = this.gets.get(get);
    // To one who has gone nothing is sent.
    if (this.isGone) return;
    check(book !== undefined && book.ends.length === 0, `answered twice: get ${get}`);
    book?.ends.push(how);
  }

  failed(get: number, code: string): void {
    this.seen.add(`fail ${code}`);
    this.answered(get, code);
  }

  free(name: Name): void {
    const thing = this.thing(name);
    thing.holds -= 1;
    check(thing.holds >= 0, `${name} is held less often than never`);
  }

  // ---- what must always be so ---------------------------------------------------------------------------------------

  checkAll(): void {
    for (const name of names) {
      const { isNamed, holds } = this.thing(name);
      const asked = [...this.life.asked.values()].filter(({ version }) => version === name).length;
      const read = this.reading.filter((other) => other === name).length;
      const needed = (isNamed ? 1 : 0) + asked + read;
      check(holds <= needed, `${name} is still held, and nothing needs it`);
      check(holds >= needed, `${name} was freed, and is needed`);
    }
    if (this.turn || this.later.length > 0) return;
    // Nothing is under way.
    const undecided = [...this.books.values()].some(({ decision }) => decision === 'none');
    for (const [get, { ends }] of this.gets) {
      const waits = ends.length === 0;
      check(!waits || undecided, `never answered: get ${get}`);
    }
    for (const [request, { decision, told, givenUp }] of this.books) {
      const outcome = decision === 'void' ? 'accepted' : decision;
      const isDecided = ['accepted', 'denied', 'expired', 'revoked'].includes(decision);
      check(
        !isDecided || givenUp || told.includes(outcome),
        `never told: request ${request} ${decision}`,
      );
    }
    for (const { request, phase } of this.life.asked.values()) {
      check(phase === 'pending' || phase === 'granted', `request ${request} hangs in ${phase}`);
    }
  }

  thing(name: Name): Thing {
    const thing = this.things.get(name);
    if (!thing) throw new Error(name);
    return thing;
  }

  book(request: number): Booked {
    const book = this.books.get(request);
    if (!book) throw new Error(`request ${request}`);
    return book;
  }
}

export interface Found {
  readonly states: number;
  readonly transitions: number;
  /** All states were reached. */
  readonly isComplete: boolean;
  /** The first thing that is not as it must be, and how many steps lead there. */
  readonly broken: string | undefined;
  /** What happened at least once. */
  readonly seen: ReadonlySet<string>;
}

/** Breadth first, so that what breaks is found by the shortest way. */
export function explore({ steps, faults = {} }: { steps: number; faults?: Faults }): Found {
  const seen = new Set<string>();
  const first = new World(faults, seen);
  const known = new Set([first.key()]);
  let edge: World[] = [first];
  let transitions = 0;
  let depth = 0;
  const found = (broken?: string): Found => ({
    states: known.size,
    transitions,
    isComplete: edge.length === 0,
    broken,
    seen,
  });
  for (; edge.length > 0 && known.size < steps; depth += 1) {
    const next: World[] = [];
    for (const world of edge) {
      const count = world.moves().length;
      for (let move = 0; move < count; move += 1) {
        const after = world.clone();
        transitions += 1;
        try {
          after.moves()[move]?.();
          after.checkAll();
        } catch (thrown) {
          if (thrown instanceof Broken) return found(`${thrown.message}, after ${depth + 1} steps`);
          throw thrown;
        }
        const key = after.key();
        if (known.has(key)) continue;
        known.add(key);
        next.push(after);
      }
    }
    edge = next;
  }
  return found();
}
