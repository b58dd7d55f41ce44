import {
  type Channel,
  type HostedInvite,
  hostInvite,
  loadIdentity,
  makeInvite,
  type Secret,
} from '@duet/link';
import type { Peer } from '@duet/owner';
import { DuetError, systemClock } from '@duet/protocol';
import { announceOwner } from './announce';
import { offeredIceServers } from './ice-servers';
import { type Door, Invite, type InviteOptions } from './invite';
import { type OwnerDuet, type OwnerDuetOptions, openOwner } from './owner-duet';

export interface LaunchOptions extends OwnerDuetOptions, InviteOptions {
  /** The signaling server's address. Default: the page's own origin. */
  readonly signaling?: string;
  /** The page that the invite opens. Default: `/scientist/` at the signaling server. */
  readonly scientistPage?: string;
  /** Default: those that the signaling server offers. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Aborting closes the duet, also while it is being launched. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the owner's end: data published in its store stays in this page, and a scientist who has the invite can knock.
 * Resolves when the first invite is open. Rejects with `insecure-context`, `no-signaling`, `signaling-refused`,
 * `bad-argument`, `aborted`.
 */
export async function launchDuet(options: LaunchOptions = {}): Promise<OwnerDuet> {
  if (globalThis.isSecureContext === false) throw new DuetError('insecure-context');
  const { logging = true, signal, uses, expiresInSecs } = options;
  if (signal?.aborted) throw new DuetError('aborted');
  const signaling = addressOf(options.signaling);
  const iceServers = options.iceServers ?? (await offeredIceServers(signaling, signal));
  const identity = await loadIdentity('owner');
  const duet = await openOwner(identity, options, 'browser', (inviteOptions, of) =>
    openInvite(of, inviteOptions, { ...options, signaling, iceServers }),
  );
  const abort = (): void => void duet.close();
  signal?.addEventListener('abort', abort);
  duet.once('closed', () => signal?.removeEventListener('abort', abort));
  try {
    const invite = duet.createInvite({
      ...(uses !== undefined && { uses }),
      ...(expiresInSecs !== undefined && { expiresInSecs }),
    });
    await invite.opened;
    if (signal?.aborted) throw new DuetError('aborted');
  } catch (thrown) {
    await duet.close();
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

function openInvite(
  duet: OwnerDuet,
  inviteOptions: InviteOptions,
  options: LaunchOptions & {
    readonly signaling: string;
    readonly iceServers: readonly RTCIceServer[];
  },
): Invite {
  const { signaling, iceServers, clock = systemClock } = options;
  const pageUrl = options.scientistPage ?? new URL('/scientist/', signaling).href;
  const { url, secret } = makeInvite({ pageUrl, signaling });
  return new Invite({
    url,
    options: inviteOptions,
    clock,
    open: (invite): Door => {
      const opening = new AbortController();
      let host: HostedInvite | undefined;
      const opened = hostInvite({
        signaling,
        secret,
        iceServers,
        clock,
        signal: opening.signal,
        onStatus: (status) => invite.setSignaling(status),
        onGuest: (channel) => void receiveGuest(duet, invite, channel, secret),
      });
      return {
        opened: opened.then((hosted) => {
          host = hosted;
        }),
        close: (why) => (host ? host.close(why) : opening.abort()),
      };
    },
  });
}

/** Resolves when a guest has been admitted (true) or has gone (false). */
function joins(duet: OwnerDuet, guest: Peer): Promise<boolean> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (guest.status === 'waiting') return;
      duet.off('peer', look);
      resolve(guest.wasAdmitted);
    };
    duet.on('peer', look);
    look();
  });
}

/** A guest who proves to have the invite waits to be admitted, which uses the invite up; one who cannot is counted. */
async function receiveGuest(
  duet: OwnerDuet,
  invite: Invite,
  channel: Promise<Channel>,
  secret: Secret,
): Promise<void> {
  try {
    const guest = await duet.receive(await channel, secret);
    // A listener may have admitted them in the moment in which they came.
    if (await joins(duet, guest)) invite.use();
  } catch {
    invite.knockFailed();
  }
}
