import { type Clock, DuetError, StateEvents, signalingLimits, systemClock } from '@duet/protocol';

export interface InviteOptions {
  /** How many scientists may be admitted by it. Default 1. */
  readonly uses?: number;
  /** Default: 24 hours, which is also the most. */
  readonly expiresInSecs?: number;
}

/** The connection to the signaling server, which a scientist needs to come in. */
export type SignalingState = 'connecting' | 'open' | 'lost' | 'closed';

/** `connecting`, `open` and `lost` tell of the signaling server; the others are the end. */
export type InviteStatus = 'connecting' | 'open' | 'lost' | 'used' | 'expired' | 'revoked';

/** The longest life of a room at the server. */
const longestSecs = signalingLimits.roomLifeMs / 1000;

/** Keeps the door open at the signaling server. */
export interface Door {
  /** Resolves when it is open for the first time. */
  readonly opened: Promise<void>;
  close(why: 'invite-used' | 'invite-expired'): void;
}

export interface InviteParts {
  /** By which it is kept over reloads. */
  readonly id: string;
  readonly url: string;
  readonly options: InviteOptions;
  /** Where it was made before the page was reloaded: what is left of it. */
  readonly restored?: Pick<InviteLeft, 'usesLeft' | 'expiresAt'> | undefined;
  readonly clock: Clock;
  /** Opens the door; `invite` is told of every change of the signaling server's. */
  readonly open: (invite: Invite) => Door;
}

export interface InviteEvents {
  /** Its status, or any of its counts, has changed. */
  status: () => void;
  /** What is left of it has changed: it was used, or has ended. */
  left: () => void;
}

/** What is left of an invite. */
export interface InviteLeft {
  readonly url: string;
  readonly usesLeft: number;
  /** In milliseconds of the wall clock. */
  readonly expiresAt: number;
}

/**
 * A link that lets a scientist in. Who has it may knock; the owner still admits. Its secret stands behind the # of the
 * address, which browsers send to no server, and is forgotten when the invite ends.
 */
export class Invite extends StateEvents<InviteEvents> {
  readonly id: string;
  /** Was it made before this page was reloaded? */
  readonly restored: boolean;
  readonly expiresAt: Date;
  readonly #door: Door;
  readonly #stopTimer: () => void;
  #url: string;
  #usesLeft: number;
  #signaling: SignalingState = 'connecting';
  #end: 'used' | 'expired' | 'revoked' | undefined;
  #failedKnocks = 0;
  #strangers = 0;

  /** Use launchDuet, or duet.createInvite. Throws `bad-argument`. */
  constructor({ id, url, options, restored, clock = systemClock, open }: InviteParts) {
    super();
    const { uses = 1, expiresInSecs = longestSecs } = options;
    if (!Number.isSafeInteger(uses) || uses < 1) {
      throw new DuetError('bad-argument', { detail: 'uses must be a whole number, at least 1.' });
    }
    if (!(expiresInSecs > 0 && expiresInSecs <= longestSecs)) {
      throw new DuetError('bad-argument', {
        detail: `expiresInSecs must be over 0 and at most ${longestSecs}.`,
      });
    }
    this.id = id;
    this.restored = restored !== undefined;
    this.#url = url;
    this.expiresAt = new Date(restored?.expiresAt ?? Date.now() + expiresInSecs * 1000);
    this.#usesLeft = restored?.usesLeft ?? uses;
    const leftMs = restored ? Math.max(0, restored.expiresAt - Date.now()) : expiresInSecs * 1000;
    this.#stopTimer = clock.after(leftMs, () => this.#finish('expired'));
    this.#door = open(this);
    // Told by the status too, so that nobody has to wait for it.
    this.#door.opened.catch(() => this.setSignaling('lost'));
  }

  /** Resolves when a scientist can come in by it; rejects if the signaling server cannot be reached or refuses. */
  get opened(): Promise<void> {
    return this.#door.opened;
  }

  /** Has it ended? By the wall clock too, which goes on while a machine sleeps. */
  get isOver(): boolean {
    if (Date.now() >= this.expiresAt.getTime()) this.#finish('expired');
    return this.#end !== undefined;
  }

  /** The link itself; empty once the invite has ended. */
  get url(): string {
    return this.#url;
  }

  get status(): InviteStatus {
    if (this.#end) return this.#end;
    return this.#signaling === 'closed' ? 'lost' : this.#signaling;
  }

  get signaling(): SignalingState {
    return this.#end ? 'closed' : this.#signaling;
  }

  /** Admissions that are left. */
  get usesLeft(): number {
    return this.#end ? 0 : this.#usesLeft;
  }

  /** Guests who have the invite and with whom no connection could be made. They never use it up. */
  get failedKnocks(): number {
    return this.#failedKnocks;
  }

  /** Guests who came to the invite's room without having the invite: the signaling server, or someone it let in. */
  get strangers(): number {
    return this.#strangers;
  }

  /** What is to be kept of it; undefined once it has ended. */
  get left(): InviteLeft | undefined {
    if (this.#end) return undefined;
    return { url: this.#url, usesLeft: this.#usesLeft, expiresAt: this.expiresAt.getTime() };
  }

  /** Nobody can come in by it any more. Those who wait or are joined stay. */
  revoke(): void {
    this.#finish('revoked');
  }

  /** What to send to the scientist, in words. */
  instructions(): string {
    if (this.#end) return 'This invite is not open any more.';
    return [
      'Open this link to compute with me on data that stays in my browser:',
      '',
      this.url,
      '',
      'or, in code of your own:',
      '',
      `import { joinDuet } from 'duetjs'`,
      `const duet = await joinDuet('${this.url}')`,
    ].join('\n');
  }

  /** The signaling server was reached, or lost. */
  setSignaling(state: SignalingState): void {
    if (this.#signaling === state) return;
    this.#signaling = state;
    this.emit('status');
  }

  /** Someone who came by it was admitted. */
  use(): void {
    if (this.#end) return;
    this.#usesLeft -= 1;
    if (this.#usesLeft === 0) this.#finish('used');
    else this.#tellLeft();
  }

  /** Someone came who has it, and could not be connected. */
  knockFailed(): void {
    this.#failedKnocks += 1;
    this.emit('status');
  }

  /** Someone came without it. */
  strangerCame(): void {
    this.#strangers += 1;
    this.emit('status');
  }

  #finish(end: 'used' | 'expired' | 'revoked'): void {
    if (this.#end) return;
    this.#end = end;
    this.#url = '';
    this.#stopTimer();
    this.#door.close(end === 'used' ? 'invite-used' : 'invite-expired');
    this.#tellLeft();
  }

  #tellLeft(): void {
    this.emit('left');
    this.emit('status');
  }
}
