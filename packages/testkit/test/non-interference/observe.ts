/** Runs one program in one world, and keeps all that reached each scientist. */

import { createHmac } from 'node:crypto';
import { nextMacrotask } from '@duet/engine';
import { VirtualClock } from '@duet/link';
import {
  AuditLog,
  type AuditSigner,
  memoryStorage,
  type OwnerRequest,
  type OwnerStorage,
} from '@duet/owner';
import { type Bytes, DuetError, digestOf, isDuetError } from '@duet/protocol';
import { readFrame, type Segment } from '../../../link/src/segments';
import type { Arrival, RawPair, RawPairOptions, RawScientist } from '../../src/raw-pair';
import { RenewablePair } from '../renewable-wire';
import { begin } from '../words';
import { brokenEngine } from './broken-engine';
import { handlerChoices } from './handlers';
import { type Decision, type Program, type Step, sessionLimits } from './programs';
import { changeStore, fingerprints, publish, sameTag, type Who, type World } from './worlds';

/** Where a test plants a leak: things put around parts of the owner's side that know the private world. */
export interface Planting
  extends Partial<Pick<RawPairOptions, 'wrapEngine' | 'wrapLink' | 'audit' | 'storage'>> {
  /** When the owner's side is there, before anyone has joined. */
  readonly begun?: (pair: RawPair) => void;
  /** After the last step. */
  readonly over?: () => void;
}
export type Plant = (world: World) => Planting;

/** One session of a scientist's. */
export interface Heard {
  readonly arrivals: readonly Arrival[];
  /** The gets whose payload a decision let go. */
  readonly grants: ReadonlySet<number>;
  /** Credit that was given back, in order. It is below the messages. */
  readonly credits: readonly string[];
}

export interface Observed {
  readonly heard: Readonly<Record<Who, readonly Heard[]>>;
  /** Steps that an engine was made to fail in. */
  readonly failures: number;
}

class Session {
  readonly scientist: RawScientist;
  readonly grants = new Set<number>();

  constructor(scientist: RawScientist) {
    this.scientist = scientist;
  }

  heard(): Heard {
    const { arrivals, wire } = this.scientist;
    const credits = wire.log
      .flatMap(({ lane, frame }) => (lane === 'aToB' ? readFrame(frame).segments : []))
      .flatMap(({ kind, number }: Segment) =>
        kind === 'message-credit' || kind === 'payload-credit' ? [`${kind} ${number}`] : [],
      );
    return { arrivals: [...arrivals], grants: this.grants, credits };
  }
}

/** Not a signature, but as long as one, and the same for the same. */
const signer: AuditSigner = {
  publicKey: new Uint8Array(65),
  fingerprint: '0'.repeat(64),
  sign: async (data: Bytes) => {
    const digest = await digestOf(data);
    return Uint8Array.from([...digest, ...digest]);
  },
};

/** Storage whose disk can be full. */
class Disk implements OwnerStorage {
  readonly lasting = false;
  readonly #inner = memoryStorage();
  full = false;

  read: OwnerStorage['read'] = (table, range) => this.#inner.read(table, range);
  keyedDigest: OwnerStorage['keyedDigest'] = async (data) =>
    Uint8Array.from(createHmac('sha256', 'the key of this disk').update(data).digest());
  seal: OwnerStorage['seal'] = (plain, bound) => this.#inner.seal(plain, bound);
  open: OwnerStorage['open'] = (sealed, bound) => this.#inner.open(sealed, bound);
  wipe: OwnerStorage['wipe'] = () => this.#inner.wipe();
  write: OwnerStorage['write'] = (changes, when) =>
    this.full ? Promise.reject(new Error('full')) : this.#inner.write(changes, when);
}

export async function observe(
  program: Program,
  world: World,
  plant: Plant = () => ({}),
): Promise<Observed> {
  const running = new Running(program, world, plant(world));
  try {
    await running.begin();
    for (const step of program.steps) await running.take(step);
    return running.observed();
  } finally {
    await running.close();
  }
}

class Running {
  readonly #world: World;
  readonly #planting: Planting;
  readonly #clock = new VirtualClock();
  readonly #disk = new Disk();
  readonly #audit: AuditLog | undefined;
  readonly #wires: RenewablePair;
  readonly #pair: RawPair;
  readonly #sessions: Record<Who, Session[]> = { grace: [], ada: [] };
  readonly #failures = { count: 0 };

  constructor(program: Program, world: World, planting: Planting) {
    this.#world = world;
    this.#planting = planting;
    const clock = this.#clock;
    const { storage = this.#disk, wrapEngine = (engine) => engine } = planting;
    this.#audit = program.audited
      ? new AuditLog({ storage, clock, signer, wallMs: () => clock.now() })
      : undefined;
    const audit = planting.audit ?? this.#audit;
    this.#wires = new RenewablePair({
      clock,
      storage,
      minRecords: 4,
      limits: sessionLimits(program),
      ...(audit && { audit }),
      ...(planting.wrapLink && { wrapLink: planting.wrapLink }),
      wrapEngine: (engine) =>
        wrapEngine(brokenEngine(engine, program.engine ?? 'sound', world, this.#failures)),
    });
    this.#pair = this.#wires.pair;
    const { owner } = this.#pair;
    owner.requests.on('failed', () => undefined);
    for (const which of program.handlers ?? []) this.#addHandler(which);
    owner.on('release', ({ to, get }) => this.#sessionOf(to.fingerprint)?.grants.add(get));
    planting.begun?.(this.#pair);
  }

  async begin(): Promise<void> {
    publish(this.#pair.owner.store, this.#world);
    await this.#join('grace');
    await this.#join('ada');
  }

  observed(): Observed {
    const { grace, ada } = this.#sessions;
    const heard = (sessions: readonly Session[]) => sessions.map((session) => session.heard());
    return {
      heard: { grace: heard(grace), ada: heard(ada) },
      failures: this.#failures.count,
    };
  }

  async close(): Promise<void> {
    this.#disk.full = false;
    await this.#pair.close();
    await this.#audit?.close();
    this.#planting.over?.();
  }

  async take(step: Step): Promise<void> {
    const { owner } = this.#pair;
    switch (step.kind) {
      case 'say':
        this.#say(step);
        break;
      case 'decide':
        await this.#decide(step.at, step.how);
        break;
      case 'revoke': {
        const grants = owner.grants.list();
        ignoring('no-request', () => grants[step.at % grants.length]?.revoke());
        break;
      }
      case 'wait':
        this.#clock.advance(step.ms);
        break;
      case 'store':
        ignoring(undefined, () => changeStore(owner.store, step.which, this.#world));
        break;
      case 'handler':
        this.#addHandler(step.which);
        break;
      case 'no-handler':
        ignoring('no-object', () => owner.requests.removeHandler(step.at));
        break;
      case 'end':
        this.#joined(step.who)?.peer.endComputation();
        break;
      case 'pause': {
        const peer = this.#joined(step.who)?.peer;
        peer?.pause();
        this.#clock.advance(10);
        peer?.resume();
        break;
      }
      case 'disk':
        this.#disk.full = step.full;
        break;
      case 'take':
        ignoring('no-object', () => this.#joined(step.who)?.peer.session?.drop(step.id));
        break;
      case 'leave':
        await this.#leave(step.who);
        break;
      case 'return':
        await this.#join(step.who);
        break;
      case 'reload':
        await this.#reload(step.who, step.epoch);
        break;
      default:
        step satisfies never;
    }
    await this.#calm();
  }

  #addHandler(which: number): void {
    const options = handlerChoices[which % handlerChoices.length];
    if (options) this.#pair.owner.requests.addHandler(options);
  }

  async #join(who: Who): Promise<void> {
    const scientist = this.#pair.join(who, fingerprints[who]);
    this.#sessions[who].push(new Session(scientist));
    scientist.say(begin);
    await scientist.quiet();
  }

  async #reload(who: Who, epoch: number): Promise<void> {
    const before = this.#joined(who);
    if (!before) return;
    const scientist = await this.#wires.reload(before);
    this.#sessions[who].push(new Session(scientist));
    scientist.say({ kind: 'begin', epoch, keep: true });
    await scientist.quiet();
  }

  async #leave(who: Who): Promise<void> {
    const scientist = this.#joined(who);
    if (!scientist) return;
    const freed = scientist.peer.session?.freed;
    scientist.link.close(new DuetError('closed'));
    await freed;
  }

  /** Who has been sent away for a limit is not there any more. */
  #joined(who: Who): RawScientist | undefined {
    const scientist = this.#sessions[who].at(-1)?.scientist;
    return scientist?.peer.status === 'joined' ? scientist : undefined;
  }

  #sessionOf(fingerprint: string): Session | undefined {
    return this.#sessions[fingerprint === fingerprints.ada ? 'ada' : 'grace'].at(-1);
  }

  #say({ who, messages }: Extract<Step, { kind: 'say' }>): void {
    ignoring('closed', () => this.#joined(who)?.say(...messages));
  }

  async #decide(at: number, how: Decision): Promise<void> {
    const { requests } = this.#pair.owner;
    if (requests.length === 0) return;
    const request = requests.at(at % requests.length);
    if (how === 'show') await request.show().catch(() => undefined);
    else if (how === 'deny' || (how === 'accept-same' && !isSame(request))) request.deny('no');
    // It may be that it cannot be written down; then it waits on.
    else await request.accept({ evenStale: true }).catch(() => undefined);
  }

  /** Nothing moves any more, on anybody's link or in a queue of the owner's side. */
  async #calm(): Promise<void> {
    const { owner } = this.#pair;
    for (let still = 0, seen = ''; still < 2; still += 1) {
      for (const who of ['grace', 'ada'] as const) await this.#joined(who)?.quiet();
      await digestOf(new Uint8Array(1));
      await nextMacrotask();
      const counts = Object.values(this.#sessions).flatMap((sessions) =>
        sessions.map(({ scientist }) => scientist.arrivals.length),
      );
      const now = [...counts, owner.requests.length, owner.grants.length].join();
      if (now !== seen) still = 0;
      seen = now;
    }
  }
}

/** By public facts: is nothing in it that differs between worlds? */
function isSame({ facts }: OwnerRequest): boolean {
  return facts.sources.every(({ tags }) => tags.includes(sameTag));
}

function ignoring(code: DuetError['code'] | undefined, task: () => void): void {
  try {
    task();
  } catch (thrown) {
    if (!isDuetError(thrown) || (code !== undefined && thrown.code !== code)) throw thrown;
  }
}
