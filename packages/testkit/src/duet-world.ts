/**
 * Whole duets in one process, each side as a page of its own: they meet by an invite through a signaling server in memory, and
 * either page, the connections or the server can be lost.
 */

import {
  type Identity,
  type MemorySignaling,
  type MemoryTransport,
  makeIdentity,
  memorySignaling,
  memoryTransport,
} from '@duet/link';
import { memoryStorage, type OwnerStorage } from '@duet/owner';
import type { Clock } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import {
  type ConnectOptions,
  joinDuet,
  type LaunchOptions,
  launchDuet,
  memoryResumption,
  type OwnerDuet,
  type ResumptionStore,
  resumeDuet,
  type ScientistDuet,
} from 'duetjs';
import { MemoryPage } from './memory-page';

export interface DuetWorldOptions {
  /** Of everything. Default: the system's. */
  readonly clock?: Clock;
  /** For every launch. Default: everyone who has the invite is let in. */
  readonly owner?: LaunchOptions;
  /** For everyone who joins. */
  readonly scientist?: ConnectOptions;
}

/** An owner's browser, scientists' browsers, and what is between them. On disposal all pages are closed by their people. */
export class DuetWorld implements AsyncDisposable {
  readonly server: MemorySignaling;
  readonly transport: MemoryTransport;
  /** What the owner's browser has stored. */
  readonly storage: OwnerStorage = memoryStorage({ lasting: true });
  readonly #options: DuetWorldOptions;
  readonly #scientists = new Set<ScientistBrowser>();
  #page: MemoryPage;
  #owner: OwnerDuet | undefined;

  private constructor(options: DuetWorldOptions) {
    const { clock } = options;
    this.#options = options;
    this.server = memorySignaling(clock);
    this.transport = memoryTransport(clock && { clock });
    this.#page = this.openPage();
  }

  /** With an owner whose page is open. */
  static async open(options: DuetWorldOptions = {}): Promise<DuetWorld> {
    await tf.setBackend('cpu');
    const world = new DuetWorld(options);
    await world.launch();
    return world;
  }

  get owner(): OwnerDuet {
    if (!this.#owner) throw new Error('No owner was launched.');
    return this.#owner;
  }

  /** A fresh page of somebody's. */
  openPage(): MemoryPage {
    const { server, transport } = this;
    return new MemoryPage({ server, transport, clock: this.#options.clock });
  }

  /** Launches in the owner's page that is open. */
  async launch(options: LaunchOptions = {}): Promise<OwnerDuet> {
    const page = this.#page;
    this.#owner = await launchDuet({
      signaling: 'https://signal.example',
      iceServers: [],
      admit: 'all',
      engine: 'page',
      backend: 'cpu',
      logging: false,
      mostScientists: 4,
      network: page.network,
      clock: page.clock,
      storage: page.stored(this.storage),
      ...this.#options.owner,
      ...options,
    });
    return this.#owner;
  }

  /** The owner's page dies, and another is launched with what the browser has stored. */
  async reloadOwner(options: LaunchOptions = {}): Promise<OwnerDuet> {
    this.killOwner();
    return this.launch(options);
  }

  /** The owner's page dies. Nobody is told but by what breaks. */
  killOwner(): void {
    this.#page.die();
    this.#owner = undefined;
    this.#page = this.openPage();
  }

  /** Someone with a browser of their own. */
  async person(name = 'Grace'): Promise<ScientistBrowser> {
    const browser = new ScientistBrowser(this, await makeIdentity(), {
      name,
      iceServers: [],
      ...this.#options.scientist,
    });
    this.#scientists.add(browser);
    return browser;
  }

  /** Someone who opens the newest invite and is let in. */
  async join(name = 'Grace', options: ConnectOptions = {}): Promise<ScientistBrowser> {
    const browser = await this.person(name);
    await browser.join(this.owner.invite.url, options);
    return browser;
  }

  /** All connections between pages break. */
  cut(): void {
    this.transport.killAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const browser of this.#scientists) browser.close();
    await this.#owner?.close();
  }
}

/** A scientist's browser: who they are, what is stored there, and the page that is open. */
export class ScientistBrowser {
  readonly identity: Identity;
  readonly #world: DuetWorld;
  readonly #options: ConnectOptions;
  readonly #stored: ResumptionStore = memoryResumption();
  #page: MemoryPage;
  #duet: ScientistDuet | undefined;

  constructor(world: DuetWorld, identity: Identity, options: ConnectOptions) {
    this.#world = world;
    this.identity = identity;
    this.#options = options;
    this.#page = world.openPage();
  }

  get duet(): ScientistDuet {
    if (!this.#duet) throw new Error('They have not joined.');
    return this.#duet;
  }

  async join(invite: string, options: ConnectOptions = {}): Promise<ScientistDuet> {
    this.#duet = await joinDuet(invite, this.optionsWith(options));
    return this.#duet;
  }

  /** Their page dies, and another goes on with what the browser has stored. Undefined where there is nothing to go on with. */
  async reload(options: ConnectOptions = {}): Promise<ScientistDuet | undefined> {
    this.kill();
    this.#duet = await resumeDuet(this.optionsWith(options));
    return this.#duet;
  }

  /** Their page dies. Nobody is told but by what breaks. */
  kill(): void {
    this.#page.die();
    this.#page = this.#world.openPage();
    this.#duet = undefined;
  }

  /** For connectInvite and the like, in the page that is open. */
  optionsWith(options: ConnectOptions = {}): ConnectOptions {
    const page = this.#page;
    return {
      identity: this.identity,
      network: page.network,
      clock: page.clock,
      resumption: page.remembered(this.#stored),
      ...this.#options,
      ...options,
    };
  }

  close(): void {
    this.#duet?.close();
  }
}
