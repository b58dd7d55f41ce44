import {
  browserNetwork,
  type Family,
  type Identity,
  identityBadge,
  joinOn,
  joinRoom,
  LastingLink,
  loadIdentity,
  type Network,
  parseInvite,
  type RelayUse,
  type RepairOptions,
  type ShortAuth,
  seekRepair,
  type Transport,
} from '@duet/link';
import { type Clock, DuetError, limits, visibleText } from '@duet/protocol';
import { Connection, type ConnectionStatus } from './connection';
import { iceTransport, type PathOptions } from './ice-servers';
import { takePreparation } from './preparation';
import type { KnownOwner, ResumptionStore } from './resumption';
import { browserResumption } from './resumption-store';
import { software } from './software';
import { meet, Tab } from './tab-session';
import { workerClock } from './worker-clock';

export { Connection, type ConnectionStatus } from './connection';

/** Who was found at the other end, before they have admitted anyone. */
export interface OwnerFacts {
  readonly name: string;
  readonly fingerprint: string;
  readonly shortAuth: ShortAuth;
  readonly ownerBadge: ShortAuth;
  readonly known: KnownOwner | undefined;
}

export interface ConnectOptions extends PathOptions {
  /** What the owner sees of the scientist. */
  readonly name?: string;
  /** How long a lost owner's page is sought, in seconds. Default 600; 0: not at all, and a reload ends the session. */
  readonly graceSecs?: number;
  readonly onStatus?: (status: ConnectionStatus) => void;
  /** Called as soon as it is known who the owner is; they have not admitted anyone yet. */
  readonly onOwner?: (owner: OwnerFacts) => void;
  /** Aborting gives up, and closes the connection later. */
  readonly signal?: AbortSignal;
  /** Who this scientist is, always the same. Default: this browser's, made the first time and kept. */
  readonly identity?: Identity;
  /** What connects; tests give one in memory. */
  readonly network?: Network;
  /** What remembers; tests give one in memory. */
  readonly resumption?: ResumptionStore;
  /** Whose timers also run while the page is hidden. Default: in a worker. */
  readonly clock?: Clock;
}

/**
 * Takes an invite and comes as far as an admitted connection. Rejects with `bad-invite`, `insecure-context`,
 * `unsupported-browser`, `no-signaling`, `signaling-refused`, `invite-expired`, `invite-used`, `room-full`, `rate`,
 * `no-connection`, `peer-auth`, `version`, `not-admitted`, `busy`, `peer-left`, `link-lost`, `aborted`.
 */
export async function connectInvite(
  invite: string,
  options: ConnectOptions = {},
): Promise<Connection> {
  const { onStatus = () => undefined, onOwner, signal } = options;
  const { signaling, secret, owner } = parseInvite(invite);
  const graceMs = graceOf(options);
  if (globalThis.isSecureContext === false) throw new DuetError('insecure-context');
  if (signal?.aborted) throw new DuetError('aborted');
  onStatus('joining');
  const prepared = takePreparation();
  const { resumption = prepared?.resumption } = options;
  const start = startTo(signaling, { ...options, ...(resumption && { resumption }) });
  start.signaling.connect?.();
  start.resumption.open?.();
  const identifying = Promise.resolve(
    options.identity ?? prepared?.identity ?? loadIdentity('scientist'),
  );
  // Whoever needs it is told.
  identifying.catch(() => undefined);
  let knowing: Promise<KnownOwner | undefined> | undefined;
  const paired = await joinRoom({
    ...start,
    role: 'scientist',
    identity: identifying,
    transport: telling(start.transport, onStatus),
    secret,
    owner,
    eager: true,
    onHello: (fingerprint) => {
      knowing = start.resumption.owner(fingerprint);
    },
    signal,
  }).catch((thrown: unknown) => {
    start.signaling.close();
    throw thrown;
  });
  const way: Way = { ...start, identity: await identifying };
  secret.fill(0);
  const tab = new Tab(way.resumption);
  const lasting = new LastingLink(paired, lastingOptions(way, tab, limits.waitingGraceMs));
  const { link } = lasting;
  const { admitted } = joinOn(link);
  endOnAbort(lasting, signal);
  // An owner's page that was reloaded knows nothing of who waited.
  const stop = link.onRenewed(() => link.close(new DuetError('link-lost')));
  const { peer, shortAuth } = paired;
  const { fingerprint } = peer;
  const known = await knowing;
  onOwner?.({
    name: visibleText(peer.name),
    fingerprint,
    shortAuth,
    ownerBadge: identityBadge(fingerprint),
    known,
  });
  onStatus('waiting for the owner to admit you');
  await admitted;
  stop();
  if (graceMs > 0) {
    tab.begin({
      signaling,
      name: way.name,
      hideAddress: options.hideAddress ?? false,
      relay: way.relay,
      iceHosts: options.iceHosts ?? [],
      known,
    });
  }
  lasting.setGrace(graceMs);
  tab.refresh(lasting, way.clock, graceMs);
  void meet(way.resumption, peer, known);
  const connection = new Connection(lasting, known, false);
  connection.on('status', onStatus);
  onStatus('connected');
  return connection;
}

/**
 * Goes on with the connection that this tab had before it was loaded anew; undefined where it had none, or has left, or the
 * browser stores nothing. Resolves at once, with a connection that is `reconnecting` until the owner's page is found: the first
 * session on it, with `keep`, finds all that was on the owner's side. It hides its address, and is relayed, as before. Rejects
 * with `in-use` where another tab goes on with it, `bad-argument`, `aborted`.
 */
export async function resumeConnection(
  options: ConnectOptions = {},
): Promise<Connection | undefined> {
  const { onStatus = () => undefined, signal } = options;
  const graceMs = graceOf(options);
  if (signal?.aborted) throw new DuetError('aborted');
  if (globalThis.isSecureContext === false) return undefined;
  const resumption = options.resumption ?? browserResumption();
  const session = await resumption.take();
  if (session === undefined) return undefined;
  const { signaling, name, hideAddress, relay, known, family } = session;
  const iceHosts = options.iceHosts ?? session.iceHosts;
  const { identity = await loadIdentity('scientist') } = options;
  const facts = { resumption, name, hideAddress, relay, iceHosts };
  const way: Way = { ...startTo(signaling, { ...options, ...facts }), identity };
  if (signal?.aborted) throw new DuetError('aborted');
  const tab = new Tab(resumption);
  tab.begin({ signaling, name, hideAddress, relay, iceHosts, known });
  const lasting = new LastingLink(undefined, { ...lastingOptions(way, tab, graceMs), family });
  endOnAbort(lasting, signal);
  tab.refresh(lasting, way.clock, graceMs);
  const connection = new Connection(lasting, known, true);
  connection.on('status', onStatus);
  onStatus(connection.status);
  return connection;
}

/** All that it takes to come to an owner, the first time and again. */
interface Way extends RepairOptions {
  readonly relay: RelayUse;
  readonly clock: Clock;
  readonly resumption: ResumptionStore;
}

function startTo(address: string, options: ConnectOptions): Omit<Way, 'identity'> {
  const {
    network = browserNetwork,
    clock = workerClock(),
    resumption = browserResumption(),
    name = '',
    relay = 'fallback',
  } = options;
  return {
    software,
    name,
    relay,
    // Without rooms it lets go of the server by itself.
    signaling: network.signaling(address, clock),
    transport: iceTransport({ ...options, network, signaling: address }),
    clock,
    resumption,
  };
}

function lastingOptions(way: Way, tab: Tab, graceMs: number) {
  return {
    role: 'scientist' as const,
    repair: seekRepair(way),
    graceMs,
    clock: way.clock,
    ownFingerprint: way.identity.fingerprint,
    onFamily: (family: Family | undefined) => tab.stands(family),
  };
}

/** Throws `bad-argument`. */
function graceOf({ graceSecs }: ConnectOptions): number {
  if (graceSecs === undefined) return limits.graceMs;
  if (graceSecs >= 0 && graceSecs * 1000 <= limits.timeoutMs) return graceSecs * 1000;
  throw new DuetError('bad-argument', {
    detail: `graceSecs is a number of seconds from 0 to ${limits.timeoutMs / 1000}.`,
  });
}

function endOnAbort(lasting: LastingLink, signal: AbortSignal | undefined): void {
  const abort = (): void => lasting.end(new DuetError('aborted'));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  void lasting.link.closed.then(() => signal?.removeEventListener('abort', abort));
}

/** The same transport, which tells how far the connection is. */
function telling(transport: Transport, onStatus: (status: ConnectionStatus) => void): Transport {
  return {
    async prepare() {
      const prepared = await transport.prepare();
      return {
        ...prepared,
        connect(options) {
          onStatus('connecting');
          const connecting = prepared.connect(options);
          connecting.channel.then(
            () => onStatus('securing'),
            () => undefined,
          );
          return connecting;
        },
      };
    },
  };
}
