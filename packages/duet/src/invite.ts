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

/** Keeps the door open at the signaling server. */
export interface Door {
  /** Resolves when it is open for the first time. */
  readonly opened: Promise<void>;
  close(why: 'invite-used' | 'invite-expired'): void;
}

export interface InviteParts {
  readonly url: string;
  readonly options: InviteOptions;
  readonly clock: Clock;
  /** Opens the door; `invite` is told of every change of the signaling server's. */
  readonly open: (invite: Invite) => Door;
}

/**
 * A link that lets a scientist in. Who has it may knock; the owner still admits. Its secret stands behind the # of the
 * address, which browsers send to no server.
 */
export class Invite extends StateEvents<{ status: () => void }> {
  readonly url: string;
  readonly expiresAt: Date;
  readonly #door: Door;
  readonly #stopTimer: () => void;
  #usesLeft: number;
  #signaling: SignalingState = 'connecting';
  #end: 'used' | 'expired' | 'revoked' | undefined;
  #failedKnocks = 0;

  /** Use launchDuet, or duet.createInvite. Throws `bad-argument`. */
  constructor({ url, options, clock = systemClock, open }: InviteParts) {
    super();
    const { uses = 1, expiresInSecs = signalingLimits.roomLifeMs / 1000 } = options;
    if (!Number.isSafeInteger(uses) || uses < 1) {
      throw new DuetError('bad-argument', { detail: 'uses must be a whole number, at least 1.' });
    }
    if (!(expiresInSecs > 0 && expiresInSecs * 1000 <= signalingLimits.roomLifeMs)) {
      throw new DuetError('bad-argument', {
        detail: `expiresInSecs must be over 0 and at most ${signalingLimits.roomLifeMs / 1000}.`,
      });
    }
    this.url = url;
    this.expiresAt = new Date(Date.now() + expiresInSecs * 1000);
    this.#usesLeft = uses;
    this.#stopTimer = clock.after(expiresInSecs * 1000, () => this.#finish('expired'));
    this.#door = open(this);
    // Told by the status too, so that nobody has to wait for it.
    this.#door.opened.catch(() => this.setSignaling('lost'));
  }

  /** Resolves when a scientist can come in by it; rejects if the signaling server cannot be reached or refuses. */
  get opened(): Promise<void> {
    return this.#door.opened;
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

  /** Guests who could not prove that they have the invite, or were cut off. They never use it up. */
  get failedKnocks(): number {
    return this.#failedKnocks;
  }

  /** Nobody can come in by it any more. Those who wait or are joined stay. */
  revoke(): void {
    this.#finish('revoked');
  }

  /** What to send to the scientist, in words. */
  instructions(): string {
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
    else this.emit('status');
  }

  /** Someone came, and could not be let as far as the door. */
  knockFailed(): void {
    this.#failedKnocks += 1;
    this.emit('status');
  }

  #finish(end: 'used' | 'expired' | 'revoked'): void {
    if (this.#end) return;
    this.#end = end;
    this.#stopTimer();
    this.#door.close(end === 'used' ? 'invite-used' : 'invite-expired');
    this.emit('status');
  }
}
