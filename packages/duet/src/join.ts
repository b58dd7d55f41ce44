import { portLink } from '@duet/link';
import { DuetError, limits, type PeerIdentity } from '@duet/protocol';
import { ScientistSession } from '@duet/scientist';
import { type ConnectOptions, connectInvite, type PortGreeting } from './connect';

/**
 * Joins an owner's duet, and resolves when the owner has admitted this scientist. `where` is an invite, or in a worker the
 * port whose other end the page has given to `connection.attach`. Rejects like `connectInvite`.
 */
export async function joinDuet(
  where: string | MessagePort,
  options: ConnectOptions = {},
): Promise<ScientistSession> {
  const { signal } = options;
  const link =
    typeof where === 'string'
      ? (await connectInvite(where, options)).link
      : portLink(where, await greeting(where, signal));
  try {
    return await ScientistSession.open(link, { epoch: randomEpoch(), ...(signal && { signal }) });
  } catch (thrown) {
    link.close(new DuetError('aborted', { cause: thrown }));
    throw thrown;
  }
}

/** Sessions that follow each other on a connection must not take each other's welcome. */
function randomEpoch(): number {
  return 1 + ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % limits.id);
}

/** The first thing that comes through a port: who the two are. */
function greeting(
  port: MessagePort,
  signal: AbortSignal | undefined,
): Promise<{ readonly peer: PeerIdentity; readonly ownFingerprint: string | undefined }> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      port.onmessage = null;
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      settle();
      reject(new DuetError('aborted'));
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    port.onmessage = ({ data }: MessageEvent<PortGreeting>) => {
      settle();
      if (data?.duet === 1) resolve({ peer: data.owner, ownFingerprint: data.scientist });
      else reject(new DuetError('bad-message', { detail: 'This port does not lead to a duet.' }));
    };
  });
}
