import {
  type FramedLink,
  joinInvite,
  loadIdentity,
  parseInvite,
  pipe,
  portLink,
  shakeHands,
} from '@duet/link';
import { DuetError, type PeerIdentity, StateEvents, visibleText } from '@duet/protocol';
import { offeredIceServers } from './ice-servers';
import { software } from './software';

/** The steps of coming in, in their order. */
export type ConnectionStatus =
  | 'joining'
  | 'connecting'
  | 'securing'
  | 'waiting for the owner to admit you'
  | 'connected'
  | 'closed';

export interface ConnectOptions {
  /** What the owner sees of the scientist. */
  readonly name?: string;
  /** Default: those that the signaling server offers. */
  readonly iceServers?: readonly RTCIceServer[];
  readonly onStatus?: (status: ConnectionStatus) => void;
  /** Aborting gives up, and closes the connection later. */
  readonly signal?: AbortSignal;
}

/** Sent over a port before anything else, so that a worker knows who the owner is. */
export interface PortGreeting {
  readonly duet: 1;
  readonly owner: PeerIdentity;
  /** The fingerprint by which the owner knows this scientist. */
  readonly scientist: string | undefined;
}

/**
 * An admitted connection to an owner, without a scientist's session on it: that may run elsewhere, in a worker, where
 * WebRTC does not exist.
 */
export class Connection extends StateEvents<{ status: (status: ConnectionStatus) => void }> {
  readonly owner: PeerIdentity;
  /** Resolves with why it ended. */
  readonly closed: Promise<DuetError>;
  /** For joinDuet. */
  readonly link: FramedLink;
  #attached: { detach(): void } | undefined;

  /** Use connectInvite. */
  constructor(link: FramedLink) {
    super();
    this.link = link;
    this.owner = link.peer;
    this.closed = link.closed;
    void link.closed.then(() => this.emit('status', 'closed'));
  }

  /** What the owner calls themselves, made safe to show. */
  get ownerName(): string {
    return visibleText(this.owner.name);
  }

  /** SHA-256 of the owner's identity key, in hex: the same in every session. */
  get fingerprint(): string {
    return this.owner.fingerprint;
  }

  get status(): ConnectionStatus {
    return this.link.reason ? 'closed' : 'connected';
  }

  /**
   * Lets `joinDuet(port)` at the port's other end speak over this connection, one at a time: the one before is detached.
   * `detach` leaves the connection open for the next, whose session begins anew. The port is closed with either.
   */
  attach(port: MessagePort): { detach(): void } {
    this.#attached?.detach();
    let isAttached = true;
    port.postMessage({
      duet: 1,
      owner: this.owner,
      scientist: this.link.ownFingerprint,
    } satisfies PortGreeting);
    const inner = portLink(port, { peer: this.owner });
    // A session that is closed at that end was closed on this side.
    void inner.closed.then(({ from }) => {
      if (from === 'peer' && isAttached) this.link.close(new DuetError('closed'));
    });
    const joined = pipe(this.link, inner);
    this.#attached = {
      detach() {
        isAttached = false;
        joined.detach();
        inner.close(new DuetError('closed'));
      },
    };
    return this.#attached;
  }

  /** Leaves the owner. What runs over it is told. */
  close(): void {
    this.link.close(new DuetError('closed'));
  }
}

/**
 * Takes an invite and comes as far as an admitted connection. Rejects with `bad-invite`, `insecure-context`,
 * `no-signaling`, `signaling-refused`, `invite-expired`, `invite-used`, `room-full`, `no-connection`, `peer-auth`,
 * `version`, `not-admitted`, `busy`, `peer-left`, `aborted`.
 */
export async function connectInvite(
  invite: string,
  options: ConnectOptions = {},
): Promise<Connection> {
  const { name = '', onStatus = () => undefined, signal } = options;
  const { signaling, secret } = parseInvite(invite);
  if (globalThis.isSecureContext === false) throw new DuetError('insecure-context');
  onStatus('joining');
  const iceServers = options.iceServers ?? (await offeredIceServers(signaling, signal));
  onStatus('connecting');
  const channel = await joinInvite({ signaling, secret, iceServers, ...(signal && { signal }) });
  onStatus('securing');
  const { link, admitted } = await shakeHands(channel, {
    role: 'scientist',
    identity: await loadIdentity('scientist'),
    software,
    name,
    secret,
    ...(signal && { signal }),
  });
  const abort = (): void => link.close(new DuetError('aborted'));
  signal?.addEventListener('abort', abort);
  void link.closed.then(() => signal?.removeEventListener('abort', abort));
  onStatus('waiting for the owner to admit you');
  await admitted;
  const connection = new Connection(link);
  connection.on('status', onStatus);
  onStatus('connected');
  return connection;
}
