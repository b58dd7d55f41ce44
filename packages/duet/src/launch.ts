import { browserNetwork, loadIdentity, type Network } from '@duet/link';
import { DuetError, limits } from '@duet/protocol';
import { announceOwner } from './announce';
import { Entrance } from './entrance';
import type { PathOptions } from './ice-servers';
import type { InviteOptions } from './invite';
import { type OwnerDuet, type OwnerDuetOptions, openOwner } from './owner-duet';
import { workerClock } from './worker-clock';

export interface LaunchOptions extends OwnerDuetOptions, InviteOptions, PathOptions {
  /** The signaling server's address. Default: the page's own origin. */
  readonly signaling?: string;
  /** The page that the invite opens. Default: `/scientist/` at the signaling server. */
  readonly scientistPage?: string;
  /** How long a scientist whose connection is lost may take to come back. Default 600; 0: not at all. */
  readonly graceSecs?: number;
  /** Aborting closes the duet, also while it is being launched. */
  readonly signal?: AbortSignal;
  /** What connects; tests give one in memory. */
  readonly network?: Network;
}

/**
 * Opens the owner's end: data published in its store stays in this page, and a scientist who has the invite can knock. What was
 * there before a reload is there again: invites, handlers, kept objects, and scientists, who may come back without one.
 * Resolves when the first invite is open, at once if one was open before. Rejects with `insecure-context`, `no-signaling`,
 * `signaling-refused`, `in-use` (another tab has this owner's storage), `bad-argument`, `rate`, `limit`, `aborted`.
 */
export async function launchDuet(options: LaunchOptions = {}): Promise<OwnerDuet> {
  if (globalThis.isSecureContext === false) throw new DuetError('insecure-context');
  const { logging = true, signal, uses, expiresInSecs, network = browserNetwork } = options;
  if (signal?.aborted) throw new DuetError('aborted');
  const address = addressOf(options.signaling);
  const graceMs = graceOf(options.graceSecs);
  const scientistPage = options.scientistPage ?? new URL('/scientist/', address).href;
  const clock = options.clock ?? workerClock();
  const identity = await loadIdentity('owner');
  const duet = await openOwner(
    identity,
    { ...options, clock },
    'browser',
    (host) => new Entrance(host, { ...options, address, scientistPage, network, graceMs }),
  );
  const abort = (): void => void duet.close();
  signal?.addEventListener('abort', abort);
  duet.once('closed', () => signal?.removeEventListener('abort', abort));
  try {
    if (signal?.aborted) throw new DuetError('aborted');
    if (duet.invites.length === 0) {
      const invite = duet.createInvite({
        ...(uses !== undefined && { uses }),
        ...(expiresInSecs !== undefined && { expiresInSecs }),
      });
      await invite.opened;
    }
    if (signal?.aborted) throw new DuetError('aborted');
  } catch (thrown) {
    await duet.giveUp();
    throw thrown;
  }
  if (logging) announceOwner(duet);
  return duet;
}

function addressOf(signaling: string | undefined): string {
  if (signaling === undefined && globalThis.location === undefined) {
    throw new DuetError('bad-argument', {
      detail: 'Outside a page, say where the signaling server is.',
    });
  }
  try {
    return new URL(signaling ?? location.origin).href.replace(/\/$/, '');
  } catch {
    throw new DuetError('bad-argument', { detail: 'The signaling server’s address is not a URL.' });
  }
}

function graceOf(graceSecs: number | undefined): number {
  if (graceSecs === undefined) return limits.graceMs;
  if (graceSecs >= 0 && Number.isFinite(graceSecs)) return graceSecs * 1000;
  throw new DuetError('bad-argument', { detail: 'graceSecs must be a number of seconds, or 0.' });
}
