import { DuetError, limits, systemClock } from '@duet/protocol';
import { pause } from './context';
import { hostRoom } from './host-room';
import type { Paired, ResumeFacts } from './paired';
import { joinRoom, type PairingOptions } from './pairing';

/** How a side finds the other again: the owner's hosts the rooms of the secrets, the scientist's seeks them. */
export interface Repair {
  /**
   * Begins, with the newest secret first. Calls back with each pairing and the secret it was made under, until it is stopped;
   * after that never, and pairings under way are given up. What the hellos say of the link is `resume`.
   */
  start(secrets: readonly CryptoKey[], resume: ResumeFacts, onPaired: OnPaired): Repairing;
}

export type OnPaired = (paired: Paired, secret: CryptoKey) => void;

export interface Repairing {
  stop(): void;
}

/** Everything that a pairing needs and that is not of the link it is to take up. */
export type RepairOptions = Omit<PairingOptions, 'role' | 'secret' | 'resume' | 'signal'>;

/** The owner's: the rooms are open until it is stopped, whatever the server does. Failures are only reasons to try again. */
export function hostRepair(options: RepairOptions): Repair {
  return {
    start(secrets, resume, onPaired) {
      const stopping = new AbortController();
      const { signal } = stopping;
      for (const secret of secrets) {
        const paired = givesPaired(signal, secret, onPaired);
        const open = (): Promise<unknown> =>
          new Promise((_, reject) => {
            hostRoom({
              ...options,
              role: 'owner',
              secret,
              resume,
              signal,
              onPairing: (pairing) => void pairing.then(paired, () => {}),
              onStranger: () => {},
              onStatus: (status, reason = new DuetError('no-signaling')) => {
                if (status === 'closed') reject(reason);
              },
            }).catch(reject);
          });
        void again(options, signal, open);
      }
      return { stop: () => stopping.abort() };
    },
  };
}

/** The scientist's: comes to the rooms in turn, again and again until it is stopped. */
export function seekRepair(options: RepairOptions): Repair {
  return {
    start(secrets, resume, onPaired) {
      const stopping = new AbortController();
      const { signal } = stopping;
      const round = async (): Promise<void> => {
        for (const secret of secrets) {
          if (signal.aborted) return;
          const paired = givesPaired(signal, secret, onPaired);
          await joinRoom({ ...options, role: 'scientist', secret, resume, signal }).then(
            paired,
            () => {},
          );
        }
      };
      void again(options, signal, round);
      return { stop: () => stopping.abort() };
    },
  };
}

function givesPaired(
  signal: AbortSignal,
  secret: CryptoKey,
  onPaired: OnPaired,
): (paired: Paired) => void {
  return (paired) => {
    if (signal.aborted) paired.channel.close();
    else onPaired(paired, secret);
  };
}

/** Tries, with longer and longer waits, until it is stopped. */
async function again(
  { clock = systemClock }: RepairOptions,
  signal: AbortSignal,
  attempt: () => Promise<unknown>,
): Promise<void> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      await attempt();
    } catch {
      // Whatever it was, it may be different next time: only the end of the grace ends this.
    }
    if (signal.aborted) return;
    await pause(clock, backoffMs(tries), signal).catch(() => {});
  }
}

/** How long to wait after so many tries: doubled each time, with up to a quarter more, so that many do not come at once. */
export function backoffMs(tries: number): number {
  const baseMs = Math.min(limits.seekLastMs, limits.seekFirstMs * 2 ** Math.min(tries - 1, 16));
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return baseMs * (1 + random / 2 ** 34);
}
