import type { Link } from '@duet/protocol';
import { DuetError, limits } from '@duet/protocol';
import { ScientistSession } from '@duet/scientist';
import { attachedLink } from './attached-link';
import { type Connection, type ConnectOptions, connectInvite, resumeConnection } from './connect';

/**
 * Joins an owner's duet, and resolves when the owner has admitted this scientist. `where` is an invite, or in a worker the
 * port whose other end the page has given to `connection.attach`. Rejects like `connectInvite`.
 */
export async function joinDuet(
  where: string | MessagePort,
  options: ConnectOptions = {},
): Promise<ScientistSession> {
  const { signal } = options;
  if (typeof where !== 'string') {
    const { link, keep } = await attachedLink(where, signal);
    return openOn(link, keep, options);
  }
  return openOnConnection(await connectInvite(where, options), options);
}

/**
 * Goes on with the duet that this tab had joined before it was loaded anew: `store.mine()` has what is on the owner's side.
 * Undefined where there was none; else it resolves when the owner's page is found again. Rejects like `resumeConnection`, and
 * with `link-lost` where it is not found in time.
 */
export async function resumeDuet(
  options: ConnectOptions = {},
): Promise<ScientistSession | undefined> {
  const connection = await resumeConnection(options);
  return connection && openOnConnection(connection, options);
}

function openOnConnection(
  connection: Connection,
  options: ConnectOptions,
): Promise<ScientistSession> {
  return openOn(connection.link, connection.takeKeep(), options);
}

async function openOn(
  link: Link,
  keep: boolean,
  { signal, clock }: ConnectOptions,
): Promise<ScientistSession> {
  try {
    return await ScientistSession.open(link, {
      epoch: randomEpoch(),
      keep,
      ...(clock && { clock }),
      ...(signal && { signal }),
    });
  } catch (thrown) {
    link.close(new DuetError('aborted', { cause: thrown }));
    throw thrown;
  }
}

/** Sessions that follow each other on a connection must not take each other's welcome. */
function randomEpoch(): number {
  return 1 + ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % limits.id);
}
