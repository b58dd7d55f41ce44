/**
 * Work between two real pages while their connection, their server and they themselves break. Everything random follows from
 * a seed. What is checked: nothing is lost, nothing happens twice, nothing hangs.
 */

import { limits } from '@duet/protocol';
import type { Page } from '@playwright/test';
import {
  answerTo,
  chainLength,
  chainValue,
  keptCount,
  longestChain,
  randomFrom,
} from '../chaos/arithmetic';
import type { Outcome } from '../chaos/scientist-page';
import type { ChaosSite } from './chaos-site';
import { type Cut, cutAfterFrames, cutConnections, takeBroken } from './connections';
import { sleep, within } from './waiting';

/** What breaks, and how often in a hundred. */
const weights = {
  'scientist’s channel cut': 24,
  'owner’s channel cut': 24,
  'channel cut again while it comes back': 10,
  'connection silently gone': 6,
  'server killed and restarted': 12,
  'server killed, channel cut, server restarted': 8,
  'scientist reloads': 10,
  'owner reloads': 6,
} as const;

export type Fault = keyof typeof weights;

/** Those that are armed before the work begins, so that they come at one of its frames. */
const cuts: Partial<Record<Fault, Cut>> = {
  'scientist’s channel cut': 'channel',
  'owner’s channel cut': 'channel',
  'channel cut again while it comes back': 'channel',
  'connection silently gone': 'silence',
};

export const faults = Object.keys(weights) as readonly Fault[];

/** Nothing that people would wait for takes so long. */
const hangMs = 90_000;
/** What a job may end with when the owner's page, and what was made in it, is gone. */
const codesAfterOwnerReload: readonly string[] = ['gone', 'link-lost'];

export interface RoundFigures {
  readonly fault: Fault;
  /** From the fault to the end of all work under way, and for reloads to a page that goes on. */
  readonly recoveredMs: number;
}

export interface ChaosFigures {
  readonly rounds: RoundFigures[];
  additions: number;
  answers: number;
  transferredBytes: number;
  /** Channels that were ended in the middle of sending. */
  broken: number;
  /** Jobs that a reload has ended; what they had done before is checked all the same. */
  interrupted: number;
}

interface Jobs {
  readonly from: number;
  readonly to: number;
  readonly ask: number;
  readonly seed: number;
  readonly numbers: number;
}

type Outcomes = readonly [Outcome<number>, Outcome<number>, Outcome<number>];

export class Chaos {
  readonly figures: ChaosFigures = {
    rounds: [],
    additions: 0,
    answers: 0,
    transferredBytes: 0,
    broken: 0,
    interrupted: 0,
  };
  readonly #site: ChaosSite;
  readonly #owner: Page;
  readonly #scientist: Page;
  readonly #random: () => number;
  /** How long the chain on the owner's side is known to be. */
  #chain = 0;
  #asked = 0;
  /** How often the present page of the scientist's was renewed. */
  #renewals = 0;

  constructor(site: ChaosSite, owner: Page, scientist: Page, seed: number) {
    this.#site = site;
    this.#owner = owner;
    this.#scientist = scientist;
    this.#random = randomFrom(seed);
  }

  /** Opens both pages and joins them. */
  async begin(): Promise<void> {
    await this.#owner.goto(this.#site.ownerUrl);
    await this.#ownerUp();
    const { invite } = await this.#owner.evaluate(() => ownerState());
    await this.#scientist.goto(invite);
    expectEqual(await this.#scientistUp(), false, 'A first visit has resumed a session');
  }

  /** A fault drawn by its weight. */
  draw(): Fault {
    let at = this.#random() * Object.values(weights).reduce((sum, each) => sum + each, 0);
    for (const fault of faults) {
      at -= weights[fault];
      if (at < 0) return fault;
    }
    return 'scientist’s channel cut';
  }

  /** Begins work, breaks something in the middle of it, and checks what has come of it. Throws what is wrong. */
  async round(fault: Fault): Promise<void> {
    const jobs = this.#drawJobs();
    await this.#arm(fault, jobs);
    const working = this.#work(jobs);
    // It may be given up by a reload before anyone looks at it.
    working.catch(() => undefined);
    const began = await inTime(this.#inflict(fault), `The fault itself: ${fault}`);
    if (fault === 'scientist reloads')
      await inTime(this.#afterScientistReload(jobs, working), fault);
    else if (fault === 'owner reloads') await inTime(this.#afterOwnerReload(jobs, working), fault);
    else this.#checkWork(jobs, await inTime(working, `Work after this: ${fault}`));
    this.figures.rounds.push({ fault, recoveredMs: performance.now() - began });
  }

  /** What only the end shows: values released twice, objects that nobody has any more. */
  async finish(): Promise<void> {
    const newest = await this.#scientist.evaluate(() => work.newest());
    this.#checkChain(newest, this.#chain, this.#chain);
    const releases = Object.values(await this.#owner.evaluate(() => countReleases()));
    expectEqual(Math.max(0, ...releases), 1, 'The most releases of one request');
    expectWithin(releases.length, this.figures.answers, this.#asked, 'Requests answered');
    const expected = 2 + (this.#chain > 0 ? 1 : 0);
    await inTime(
      this.#ownerHolds(expected),
      `Objects on the owner’s side come down to ${expected}`,
    );
  }

  #drawJobs(): Jobs {
    const count = 1 + Math.floor(this.#random() * 40);
    const isTooLong = this.#chain + count > longestChain;
    const from = isTooLong ? 0 : this.#chain;
    this.#asked += 1;
    return {
      from,
      to: from + count,
      ask: this.#asked,
      seed: Math.floor(this.#random() * 2 ** 31),
      // From 2 to 12 MB each way.
      numbers: 500_000 + Math.floor(this.#random() ** 2 * 2_500_000),
    };
  }

  #work(jobs: Jobs): Promise<Outcomes> {
    return this.#scientist.evaluate(
      ({ from, to, ask, seed, numbers }) =>
        Promise.all([work.extend(from, to), work.ask(ask), work.transfer(seed, numbers)]),
      jobs,
    );
  }

  /** Has a connection break at one of the frames that the work will send. */
  async #arm(fault: Fault, { numbers }: Jobs): Promise<void> {
    const how = cuts[fault];
    if (how === undefined) return;
    const isOwners =
      fault === 'owner’s channel cut' ||
      (fault === 'connection silently gone' && this.#random() < 0.5);
    // As many as the numbers alone take, each way.
    const frames = Math.floor((numbers * 4) / limits.frameBytes);
    const at = 1 + Math.floor(this.#random() * frames);
    await cutAfterFrames(isOwners ? this.#owner : this.#scientist, at, how);
  }

  /** Has it happen in the middle of the work; resolves with when it began, once it is over. */
  async #inflict(fault: Fault): Promise<number> {
    const random = this.#random;
    if (cuts[fault] !== undefined) await this.#untilBroken();
    else await sleep(random() * 200);
    const began = performance.now();
    switch (fault) {
      case 'channel cut again while it comes back':
        await sleep(random() * 1000);
        await cutConnections(random() < 0.5 ? this.#scientist : this.#owner);
        break;
      case 'server killed and restarted':
        await this.#site.killServer();
        await sleep(random() * 500);
        await this.#site.restartServer();
        break;
      case 'server killed, channel cut, server restarted':
        await this.#site.killServer();
        await cutConnections(this.#owner);
        await sleep(random() * 500);
        await this.#site.restartServer();
        break;
      case 'scientist reloads':
        await this.#scientist.reload();
        break;
      case 'owner reloads':
        await this.#owner.reload();
        break;
    }
    return began;
  }

  async #untilBroken(): Promise<void> {
    const [owner, scientist] = [this.#owner, this.#scientist];
    const before = this.figures.broken;
    while (this.figures.broken === before) {
      const counts = await Promise.all([owner, scientist].map(takeBroken));
      this.figures.broken += counts.reduce((sum, each) => sum + each, 0);
      await sleep(10);
    }
  }

  #checkWork(jobs: Jobs, [chain, answer, same]: Outcomes): void {
    expectEqual(chain, { value: chainValue(jobs.to) }, 'The chain');
    expectEqual(answer, { value: answerTo(jobs.ask) }, 'The answer');
    expectEqual(same, { value: jobs.numbers }, 'Numbers that came back as they were');
    this.figures.additions += jobs.to - jobs.from;
    this.figures.answers += 1;
    this.figures.transferredBytes += jobs.numbers * 8;
    this.#chain = jobs.to;
  }

  async #afterScientistReload(jobs: Jobs, working: Promise<Outcomes>): Promise<void> {
    await working.then(
      () => undefined,
      () => {
        this.figures.interrupted += 1;
      },
    );
    expectEqual(await this.#scientistUp(), true, 'The session was resumed');
    this.#renewals = 0;
    const newest = await this.#scientist.evaluate(() => work.newest());
    const length = this.#checkChain(newest, jobs.from, jobs.to);
    this.figures.additions += Math.max(0, length - jobs.from);
    this.#chain = length;
    const collected = await this.#scientist.evaluate(() => work.collect());
    const answers = 'value' in collected ? collected.value : {};
    const expected = Object.fromEntries(Object.keys(answers).map((n) => [n, answerTo(Number(n))]));
    expectEqual(collected, { value: expected }, 'What was asked before the reload');
    this.figures.answers += Object.keys(answers).length;
  }

  async #afterOwnerReload(jobs: Jobs, working: Promise<Outcomes>): Promise<void> {
    await this.#ownerUp();
    this.#renewals += 1;
    await this.#scientist.waitForFunction((n) => work.renewals() === n, this.#renewals);
    const [chain, answer, same] = await working;
    this.#checkOrGone(chain, chainValue(jobs.to), 'The chain');
    this.#checkOrGone(answer, answerTo(jobs.ask), 'The answer');
    this.#checkOrGone(same, jobs.numbers, 'Numbers that came back as they were');
    if ('value' in answer) this.figures.answers += 1;
    // What was derived went with the page; what it kept is there, under its name.
    const read = await this.#scientist.evaluate(() => work.read());
    expectEqual(read, { value: keptCount }, 'Numbers of the kept object');
    const newest = await this.#scientist.evaluate(() => work.newest());
    // Where the work had ended before the page went, or began after it was back, there is a chain, or none.
    const length = this.#checkChain(newest, 0, jobs.to);
    this.#chain = length;
  }

  #checkOrGone<T>(outcome: Outcome<T>, value: T, what: string): void {
    if ('code' in outcome && codesAfterOwnerReload.includes(outcome.code)) {
      this.figures.interrupted += 1;
    } else expectEqual(outcome, { value }, what);
  }

  /** Gives the length of the chain that the owner's side has; 0 where there is none. */
  #checkChain(newest: Outcome<number | undefined>, atLeast: number, atMost: number): number {
    if (!('value' in newest)) throw new Error(`The chain ended with ${newest.code}.`);
    const length = newest.value === undefined ? 0 : chainLength(newest.value);
    if (length === undefined) throw new Error(`${newest.value} is the value of no chain.`);
    expectWithin(length, atLeast, atMost, 'The length of the chain');
    return length;
  }

  async #ownerUp(): Promise<void> {
    await this.#owner.waitForFunction(() => 'ownerState' in globalThis);
  }

  /** Has it resumed? */
  async #scientistUp(): Promise<boolean> {
    await this.#scientist.waitForFunction(() => 'work' in globalThis);
    return this.#scientist.evaluate(() => work.resumed);
  }

  async #ownerHolds(objects: number): Promise<void> {
    await this.#owner.waitForFunction((count) => ownerState().objects === count, objects);
  }
}

function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [actual, expected].map((each) => JSON.stringify(each));
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`);
}

function expectWithin(actual: number, atLeast: number, atMost: number, what: string): void {
  if (actual < atLeast || actual > atMost) {
    throw new Error(`${what}: ${actual}, not from ${atLeast} to ${atMost}`);
  }
}

function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  return within(promise, hangMs, what);
}
