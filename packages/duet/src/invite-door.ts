/** Keeps an invite's room open at the signaling server, for as long as the invite lasts. */

import { type HostedPairing, type HostPairingOptions, hostRoom, parseInvite } from '@duet/link';
import { asDuetError, type Clock, type ErrorCode, limits } from '@duet/protocol';
import type { Door } from './invite';

export interface DoorParts
  extends Omit<HostPairingOptions, 'role' | 'secret' | 'signal' | 'resume' | 'clock'> {
  readonly clock: Clock;
  /** The invite's link. The door does not keep it: its secret goes into a key that cannot be read. */
  readonly url: string;
  /** It was open before a reload: the server may be away for now, or not have noticed that the page before has gone. */
  readonly isRestored: boolean;
  readonly onStatus: NonNullable<HostPairingOptions['onStatus']>;
}

export class InviteDoor implements Door {
  readonly opened: Promise<void>;
  readonly #parts: Omit<DoorParts, 'url'>;
  readonly #secret: Promise<CryptoKey>;
  /** Gives up the opening. Pairings in the making go on when the invite has ended. */
  readonly #opening = new AbortController();
  #hosted: HostedPairing | undefined;
  #isClosed = false;

  constructor({ url, ...parts }: DoorParts) {
    this.#parts = parts;
    this.#secret = roomKey(url);
    this.opened = parts.isRestored ? this.#persist() : this.#open();
  }

  close(why: 'invite-used' | 'invite-expired'): void {
    this.#isClosed = true;
    if (this.#hosted) this.#hosted.close(why);
    else this.#opening.abort();
  }

  async #open(): Promise<void> {
    this.#hosted = await hostRoom({
      ...this.#parts,
      role: 'owner',
      secret: await this.#secret,
      signal: this.#opening.signal,
      onStatus: (status, reason) => {
        this.#parts.onStatus(status, reason);
        if (status === 'closed' && this.#hosted && !this.#isClosed) this.#reopen();
      },
    });
  }

  /** The server has shut the room for a reason of its own. */
  #reopen(): void {
    this.#hosted = undefined;
    // Where it is refused for good, the invite stays lost, which was told.
    this.#persist().catch(() => undefined);
  }

  async #persist(): Promise<void> {
    const { signal } = this.#opening;
    const { seekFirstMs, seekLastMs } = limits;
    for (let waitMs: number = seekFirstMs; ; waitMs = Math.min(2 * waitMs, seekLastMs)) {
      try {
        return await this.#open();
      } catch (thrown) {
        if (signal.aborted || !passing.has(asDuetError(thrown).code)) throw thrown;
      }
      await this.#wait(waitMs, signal);
    }
  }

  #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        stop();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const stop = this.#parts.clock.after(delayMs, done);
      signal.addEventListener('abort', done);
    });
  }
}

/** Troubles with the server that may pass. */
const passing: ReadonlySet<ErrorCode> = new Set(['no-signaling', 'id-taken', 'rate', 'limit']);

/** An invite's secret as a key: what stands in the link is the only text of it. */
async function roomKey(url: string): Promise<CryptoKey> {
  const { secret } = parseInvite(url);
  const uses = ['deriveBits', 'deriveKey'] as const;
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, [...uses]);
  secret.fill(0);
  return key;
}
