import { DuetError, limits, sameBytes } from '@duet/protocol';
import { expect, it } from 'vitest';
import { type Lane, type LastingLink, type Role, VirtualClock } from '../src';
import { pattern, settle } from './helpers';
import { otherRole, pagesOf, Rendezvous, roles, type TestPages } from './lasting-helpers';

const seed = Number(process.env['DUET_CHAOS_SEED'] ?? 20_261_122);
const faultCount = Number(process.env['DUET_CHAOS_FAULTS'] ?? 1000);

/** Mulberry32: small, and the same everywhere. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const largest = 4 * 1024 * 1024;
const stock = pattern(2 * largest);

interface Header {
  /** A life of a sender's link: larger ones are later. */
  readonly life: number;
  /** Which message of that life. */
  readonly number: number;
  /** Announces a payload, bytes of the stock. */
  readonly payload?: { readonly stream: number; readonly from: number; readonly length: number };
  readonly padding: number;
}

const headerBytes = 128;

function encode(header: Header): Uint8Array {
  const message = new Uint8Array(headerBytes + header.padding);
  new TextEncoder().encodeInto(JSON.stringify(header).padEnd(headerBytes), message);
  message.set(stock.subarray(header.number, header.number + header.padding), headerBytes);
  return message;
}

/** What one page does with its link: sends, and checks all that comes. */
class App {
  life = 0;
  sent = 0;
  heardLife = -1;
  heard = 0;
  underWay = 0;
  taking = 0;
  streams = 0;
  /** Lives whose payloads were lost on their way in. */
  readonly lostLives: number[] = [];
  readonly #world: World;
  readonly #lasting: LastingLink;

  constructor(world: World, lasting: LastingLink) {
    this.#world = world;
    this.#lasting = lasting;
    this.#begin();
    lasting.link.onRenewed(() => this.#begin());
    lasting.link.onMessage((message) => this.#hear(message));
  }

  #begin(): void {
    this.#world.lives += 1;
    this.life = this.#world.lives;
    this.sent = 0;
    this.streams = 0;
  }

  send(padding: number, payloadBytes?: number): void {
    const { link } = this.#lasting;
    const { life, sent: number } = this;
    this.sent += 1;
    if (payloadBytes === undefined) {
      link.send(encode({ life, number, padding }));
      return;
    }
    this.streams += 1;
    const payload = {
      stream: this.streams,
      from: number % largest,
      length: payloadBytes,
    };
    link.send(encode({ life, number, padding, payload }));
    this.underWay += 1;
    const bytes = stock.subarray(payload.from, payload.from + payload.length);
    link.sendPayload(payload.stream, bytes).then(
      () => {
        this.underWay -= 1;
      },
      (thrown: DuetError) => {
        this.underWay -= 1;
        if (thrown.code !== 'link-lost') this.#world.wrong(`a payload failed: ${thrown.code}`);
      },
    );
  }

  #hear(message: Uint8Array): void | Promise<void> {
    const world = this.#world;
    const header = JSON.parse(new TextDecoder().decode(message.subarray(0, headerBytes))) as Header;
    const { life, number, padding, payload } = header;
    if (life < this.heardLife) world.wrong(`life ${life} was heard after ${this.heardLife}`);
    if (life !== this.heardLife) {
      this.heardLife = life;
      this.heard = 0;
    }
    if (number !== this.heard) world.wrong(`message ${number} came as number ${this.heard}`);
    this.heard += 1;
    world.messages += 1;
    if (!sameBytes(message.subarray(headerBytes), stock.subarray(number, number + padding))) {
      world.wrong(`message ${number} has changed`);
    }
    if (payload !== undefined) void this.#takePayload(life, payload);
    // Some are slow to handle, so that a renewal comes in the middle.
    if (number % 7 !== 6) return;
    return new Promise((resolve) => {
      world.clock.after((number * 37) % 400, resolve);
    });
  }

  async #takePayload(
    life: number,
    { stream, from, length }: NonNullable<Header['payload']>,
  ): Promise<void> {
    this.taking += 1;
    try {
      const bytes = await this.#lasting.link.receivePayload(stream, length);
      if (!sameBytes(bytes, stock.subarray(from, from + length))) {
        this.#world.wrong(`payload ${stream} of life ${life} has changed`);
      }
      this.#world.payloads += 1;
    } catch (thrown) {
      const { code } = thrown as DuetError;
      if (code !== 'link-lost') this.#world.wrong(`a payload failed: ${code}`);
      this.lostLives.push(life);
    } finally {
      this.taking -= 1;
    }
  }
}

class World {
  readonly clock = new VirtualClock();
  readonly rendezvous = new Rendezvous(this.clock);
  readonly pages: TestPages;
  readonly apps: Record<Role, App>;
  readonly random: () => number;
  readonly #silent = new WeakSet<Lane>();
  lives = 0;
  messages = 0;
  payloads = 0;
  faults = 0;
  readonly log: string[] = [];

  constructor(random: () => number) {
    this.random = random;
    this.pages = pagesOf(this.rendezvous, { graceMs: 3_600_000 });
    this.apps = {
      owner: new App(this, this.pages.owner.lasting),
      scientist: new App(this, this.pages.scientist.lasting),
    };
  }

  wrong(what: string): never {
    const recent = this.log.slice(-12).join(', ');
    const error = new Error(
      `${what} (fault ${this.faults}; DUET_CHAOS_SEED=${seed}; the last: ${recent})`,
    );
    this.failure ??= error;
    throw error;
  }

  failure: Error | undefined;

  check(): void {
    if (this.failure !== undefined) throw this.failure;
    for (const role of roles) {
      const { reason } = this.pages[role].lasting;
      if (reason !== undefined) this.wrong(`the link of the ${role} ended: ${reason.code}`);
    }
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  async pass(ms: number, stepMs: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs));
      await settle();
      this.check();
    }
  }

  reload(role: Role): void {
    this.pages[role] = this.pages[role].reload({ graceMs: 3_600_000 });
    this.apps[role] = new App(this, this.pages[role].lasting);
  }

  traffic(): void {
    for (const role of roles) {
      const app = this.apps[role];
      for (let count = this.below(12); count > 0; count -= 1) {
        app.send(this.random() < 0.1 ? this.below(200_000) : this.below(200));
      }
      if (this.random() < 0.15 && app.underWay < 3) app.send(0, this.below(largest));
    }
  }

  get lane(): Lane {
    return this.pick([this.rendezvous.pair.aToB, this.rendezvous.pair.bToA]);
  }

  /** Breaks the present connection at one of the next frames, before or after that has arrived. */
  killAtFrame(): void {
    const { pair } = this.rendezvous;
    let left = this.below(40);
    const isLost = this.random() < 0.5;
    const turns = this.below(4);
    const { lane } = this;
    // A channel that has swallowed something delivers nothing after it: that would be no channel.
    if (this.#silent.has(lane)) return;
    lane.drop(() => {
      left -= 1;
      if (left >= 0) return false;
      if (isLost) pair.fail();
      else void this.later(turns, () => pair.fail());
      return isLost;
    });
  }

  silence(lane: Lane): void {
    this.#silent.add(lane);
    lane.drop(() => true);
  }

  async later(turns: number, act: () => void): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    act();
  }

  readonly #faults: Readonly<Record<string, () => void>> = {
    kill: () => this.rendezvous.pair.fail(),
    'kill at a frame': () => this.killAtFrame(),
    'kill at another frame': () => this.killAtFrame(),
    'silence one way': () => this.silence(this.lane),
    silence: () => {
      const { aToB, bToA } = this.rendezvous.pair;
      for (const lane of [aToB, bToA]) {
        this.silence(lane);
        lane.hold();
      }
    },
    'stop the server': () => {
      this.rendezvous.isUp = false;
      this.rendezvous.pair.fail();
      this.clock.after(this.below(20_000), () => {
        this.rendezvous.isUp = true;
        this.rendezvous.tryAutomatic();
      });
    },
    delay: () => {
      this.lane.delayMs = this.below(400);
    },
    stall: () => {
      const { lane } = this;
      lane.hold();
      this.clock.after(this.below(5000), () => lane.release());
    },
    'half a pairing': () => {
      let left = 1 + this.below(3);
      this.rendezvous.next = () => {
        left -= 1;
        if (left < 0) return {};
        return {
          arrives: this.pick(['both', 'owner', 'scientist'] as const),
          stillborn: this.random() < 0.3,
          prepare: ({ aToB, bToA, fail }) => {
            let frames = this.below(4);
            const lane = this.pick([aToB, bToA]);
            this.#silent.add(lane);
            lane.drop(() => {
              frames -= 1;
              if (frames === 0) this.clock.after(this.below(50), fail);
              return frames <= 0;
            });
          },
        };
      };
      this.rendezvous.pair.fail();
    },
    'a slow disk': () => {
      const { owner, scientist } = this.pages.disks;
      this.pick([owner, scientist]).delayMs = () => this.below(300);
    },
    'put a page away': () => {
      const page = this.pages[this.pick(roles)];
      page.events.tell('pagehide');
      this.clock.after(this.below(3000), () => page.events.tell('pageshow', true));
    },
    'reload the owner': () => this.reload('owner'),
    'reload the scientist': () => this.reload('scientist'),
    'reload both': () => {
      for (const role of roles) this.reload(role);
    },
  };

  fault(): void {
    const names = Object.keys(this.#faults);
    const name = names[this.below(names.length)] ?? '';
    this.log.push(name);
    this.faults += 1;
    this.#faults[name]?.();
  }

  get isCalm(): boolean {
    return roles.every((role) => {
      const here = this.apps[role];
      const there = this.apps[otherRole(role)];
      return (
        this.pages[role].lasting.state === 'open' &&
        here.underWay === 0 &&
        here.taking === 0 &&
        (here.sent === 0 || (there.heardLife === here.life && there.heard === here.sent))
      );
    });
  }

  /** Without faults everything arrives, in bounded time. */
  async calm(): Promise<void> {
    this.rendezvous.next = () => ({});
    for (let ms = 0; ms < 120_000 && !this.isCalm; ms += 250) await this.pass(250, 250);
    if (!this.isCalm) this.wrong(`it hangs: ${JSON.stringify(this.apps)}`);
    for (const role of roles) {
      const { life } = this.apps[otherRole(role)];
      for (const lost of this.apps[role].lostLives) {
        if (lost >= life) this.wrong(`a payload of life ${lost} was lost without a reload`);
      }
    }
  }
}

it(`${faultCount} random faults lose nothing, repeat nothing, and hang nothing (DUET_CHAOS_SEED=${seed})`, async () => {
  const world = new World(randomFrom(seed));
  await settle();
  while (world.faults < faultCount) {
    for (let inARow = 1 + world.below(25); inARow > 0; inARow -= 1) {
      if (world.faults === faultCount) break;
      world.traffic();
      if (world.random() < 0.7) await world.later(world.below(60), () => {});
      if (world.random() < 0.2) await world.pass(world.below(500), 50);
      world.fault();
      if (world.random() < 0.5) world.traffic();
      await world.pass(world.below(6000), 500);
    }
    await world.calm();
  }
  expect(world.messages).toBeGreaterThan(faultCount);
  expect(world.payloads).toBeGreaterThan(faultCount / 50);
  // Nothing is left: no frame is kept once it was acknowledged, and with the link all timers go.
  const { owner, scientist } = world.pages;
  await world.pass(2 * limits.heartbeatMs, 500);
  for (const { lasting } of [owner, scientist]) {
    expect(lasting.kept).toEqual({ frames: 0, bytes: 0 });
  }
  owner.lasting.end(new DuetError('closed'));
  await settle();
  expect(scientist.lasting.state).toBe('ended');
  world.clock.advance(limits.farewellMs + 60_000);
  await settle();
  expect(world.clock.pending).toBe(0);
  expect(world.rendezvous.seats.size).toBe(0);
}, 600_000);
