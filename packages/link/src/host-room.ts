/** The owner's side of pairing: a room that stays open, in which one guest after another says hello. */

import {
  asDuetError,
  type Clock,
  DuetError,
  limits,
  systemClock,
  toHex,
  warmCodecs,
} from '@duet/protocol';
import { checkContext } from './context';
import {
  makeHello,
  noCertificate,
  type OwnHello,
  type PeerHello,
  readHello,
  refuseSelf,
} from './greeting';
import { type Epochs, epochBytes, keyMaterial, roomOf } from './key-schedule';
import { Meeting } from './meeting';
import type { Paired } from './paired';
import type { PairingOptions } from './pairing';
import { endedByHost } from './private-room';
import { openHello, roomForTwo, sealHello } from './sealing';
import type { HostedRoom, HostListener, SignalingStatus } from './signaling';
import { Strangers } from './strangers';
import type { Prepared } from './transport';

export type HostStatus = SignalingStatus;

export interface HostPairingOptions extends PairingOptions {
  /** Somebody who has the secret is here, and a connection to them is being made; it may fail. */
  readonly onPairing: (paired: Promise<Paired>) => void;
  /** Somebody came who does not have the secret, or said nothing, and was shown out. */
  readonly onStranger: () => void;
  /** `lost`: the server is gone, and sought again. `closed` is the last; `reason` says why, if not `close()`. */
  readonly onStatus?: ((status: HostStatus, reason?: DuetError) => void) | undefined;
}

export interface HostedPairing {
  readonly status: HostStatus;
  /**
   * Nobody can come in any more; with a reason the server tells late guests, and the room cannot be opened again.
   * Connections made or in the making go on. Aborting the signal does the same, without a reason, and gives up connections
   * in the making.
   */
  close(why?: 'invite-expired' | 'invite-used'): void;
}

/** Pairings in the making. The server lets guests in one by one; more at once are not let near. */
const mostPairings = 8;
const warmAfterMs = 2000;
/** Epochs of hellos that were read, so that none is read again; the oldest are forgotten. */
const rememberedHellos = 4096;

/**
 * Opens the room of a secret and waits for guests, also across losses of the server. Resolves when the room is open for
 * the first time. Rejects: `insecure-context`, `no-signaling`, `signaling-refused`, `id-taken`, `rate`, `limit`, `aborted`.
 */
export async function hostRoom(options: HostPairingOptions): Promise<HostedPairing> {
  checkContext(options.signal);
  const secret = await keyMaterial(options.secret);
  const host = new Host({ ...options, secret }, await roomOf(secret));
  await host.start();
  return host;
}

/** Who is in the room now. */
interface Guest {
  isRead: boolean;
  readonly stopTimer: () => void;
}

class Host implements HostedPairing {
  status: HostStatus = 'connecting';
  readonly #options: HostPairingOptions;
  readonly #roomId: string;
  readonly #clock: Clock;
  /** Events of the room may come before the word that it is open. */
  readonly #opened: Promise<HostedRoom | undefined>;
  #open: (room: HostedRoom | undefined) => void = () => {};
  #room: HostedRoom | undefined;
  #guest: Guest | undefined;
  #pairings = 0;
  readonly #strangers: Strangers;
  readonly #heard = new Set<string>();
  #stopWarming = (): void => {};

  constructor(options: HostPairingOptions, roomId: string) {
    this.#options = options;
    this.#roomId = roomId;
    this.#clock = options.clock ?? systemClock;
    this.#strangers = new Strangers(this.#clock);
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  async start(): Promise<void> {
    const { signaling, transport, signal, onStatus } = this.#options;
    onStatus?.('connecting');
    try {
      const room = await signaling.host(this.#roomId, this.#listener, { signal });
      if (this.status === 'closed' || signal?.aborted === true) {
        room.close();
        throw new DuetError('aborted');
      }
      this.#room = room;
      this.#open(room);
      transport.warm?.();
      warmCodecs();
      signal?.addEventListener('abort', this.#onAbort);
      this.#tell('open');
    } catch (thrown) {
      const reason = asDuetError(thrown);
      this.#open(undefined);
      this.#tell('closed', reason);
      throw reason;
    }
  }

  close(why?: 'invite-expired' | 'invite-used'): void {
    if (this.status === 'closed') return;
    this.#forget();
    this.#room?.close(why);
    this.#end();
  }

  // ---- what the server says of the room, of which nothing is trusted --------------------------------------------------

  readonly #listener: HostListener = {
    guest: () => this.#welcome(),
    signal: (bytes) => this.#hear(bytes),
    left: () => this.#forget(),
    status: (status, reason) => {
      if (status === 'lost' || status === 'closed') this.#forget();
      if (status === 'closed') this.#end(reason);
      else if (this.#room !== undefined) this.#tell(status);
    },
  };

  #welcome(): void {
    if (this.status === 'closed') return;
    this.#forget();
    if (this.#pairings >= mostPairings || this.#strangers.areMany) {
      this.#showOut();
      return;
    }
    const guest: Guest = {
      isRead: false,
      stopTimer: this.#clock.after(limits.helloTimeoutMs, () => this.#refuse(guest)),
    };
    this.#guest = guest;
  }

  #hear(bytes: Uint8Array): void {
    const guest = this.#guest;
    // One hello of each guest; what else they say here is not read.
    if (guest === undefined || guest.isRead) return;
    guest.isRead = true;
    guest.stopTimer();
    void this.#read(guest, bytes);
  }

  readonly #onAbort = (): void => this.close();

  #tell(status: HostStatus, reason?: DuetError): void {
    if (this.status === 'closed' || status === this.status) return;
    this.status = status;
    this.#options.onStatus?.(status, reason);
  }

  #end(reason?: DuetError): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#stopWarming();
    this.#tell('closed', reason);
  }

  /** For the next, without a part in the first moments of this one. */
  #warmLater(): void {
    const { transport } = this.#options;
    this.#stopWarming();
    if (this.status === 'closed' || transport.warm === undefined) return;
    this.#stopWarming = this.#clock.after(warmAfterMs, () => transport.warm?.());
  }

  #forget(): void {
    this.#guest?.stopTimer();
    this.#guest = undefined;
  }

  /** So that the next may come. */
  #showOut(): void {
    this.#forget();
    void this.#opened.then((room) => room?.leave());
  }

  #refuse(guest: Guest): void {
    this.#strangers.add();
    if (this.#guest === guest) this.#showOut();
    this.#options.onStranger();
  }

  async #read(guest: Guest, bytes: Uint8Array): Promise<void> {
    const { secret } = this.#options;
    let opened: Awaited<ReturnType<typeof openHello>>;
    try {
      opened = await this.#strangers.whileReading(() =>
        openHello(secret, this.#roomId, 'scientist', bytes),
      );
    } catch {
      this.#refuse(guest);
      return;
    }
    // A hello that comes again is one that somebody has kept.
    const epoch = toHex(opened.epoch);
    if (this.#heard.has(epoch)) {
      this.#refuse(guest);
      return;
    }
    this.#heard.add(epoch);
    if (this.#heard.size > rememberedHellos) this.#heard.delete(firstOf(this.#heard));
    // The answer would reach nobody, or somebody else.
    if (this.#guest !== guest || this.status === 'closed') return;
    this.#pairings += 1;
    const paired = this.#pair(guest, bytes, opened).finally(() => {
      this.#pairings -= 1;
    });
    paired.catch(() => {});
    this.#options.onPairing(paired);
  }

  async #pair(
    guest: Guest,
    sealed: Uint8Array,
    { epoch, plain }: Awaited<ReturnType<typeof openHello>>,
  ): Promise<Paired> {
    const { secret, transport, identity, signaling, signal } = this.#options;
    const answers = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(sealed)));
    const epochs: Epochs = {
      owner: crypto.getRandomValues(new Uint8Array(epochBytes)),
      scientist: epoch,
    };
    let theirs: PeerHello;
    try {
      theirs = readHello('scientist', plain);
      if (this.#options.allowSelf !== true) refuseSelf(theirs.hello, identity);
    } catch (thrown) {
      // They are told who is here, and find out the same.
      const mine = await makeHello('owner', this.#options, noCertificate, answers);
      await this.#answer(guest, epochs, mine);
      throw thrown;
    }
    let meeting: Meeting | undefined;
    let prepared: Prepared | undefined;
    try {
      const [ready, { privateRoom, seal }] = await Promise.all([
        transport.prepare(),
        roomForTwo(secret, 'owner', epochs),
      ]);
      prepared = ready;
      // Nobody can come there before the answer: until then there is nothing to hear.
      const listener = listenerOf(() => meeting);
      const [room, mine] = await Promise.all([
        signaling.host(privateRoom, listener, { signal }),
        makeHello('owner', this.#options, prepared.fingerprint, answers),
      ]);
      meeting = new Meeting({
        role: 'owner',
        identity,
        secret,
        room: this.#roomId,
        mine,
        theirs,
        prepared,
        seal,
        clock: this.#clock,
        signal,
      });
      meeting.enter(endedByHost(room));
      await this.#answer(guest, epochs, mine);
      if (this.#options.relay !== 'only') prepared.begin?.(false);
      return await meeting.paired;
    } catch (thrown) {
      const reason = asDuetError(thrown);
      meeting?.fail(reason);
      if (this.#guest === guest) this.#showOut();
      throw reason;
    } finally {
      prepared?.discard?.();
      this.#warmLater();
    }
  }

  /** Throws `peer-left`. */
  async #answer(guest: Guest, epochs: Epochs, mine: OwnHello): Promise<void> {
    const { secret } = this.#options;
    const sealed = await sealHello(secret, this.#roomId, 'owner', epochs.owner, mine.plain);
    const room = await this.#opened;
    if (this.#guest !== guest) throw new DuetError('peer-left');
    room?.signal(sealed);
    this.#showOut();
  }
}

function listenerOf(meeting: () => Meeting | undefined): HostListener {
  return {
    // Whoever it is: only what opens counts.
    guest: () => {},
    signal: (bytes) => meeting()?.signal(bytes),
    relayed: (frame) => meeting()?.relayed(frame),
    left: () => meeting()?.left(),
  };
}

function firstOf(values: ReadonlySet<string>): string {
  for (const value of values) return value;
  return '';
}
