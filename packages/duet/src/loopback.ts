import { type Channel, type Identity, makeIdentity, memoryPair, shakeHands } from '@duet/link';
import type { Clock } from '@duet/protocol';
import { ScientistSession } from '@duet/scientist';
import { type OwnerDuet, type OwnerDuetOptions, openOwner } from './owner-duet';
import { software } from './software';

export interface LoopbackOptions {
  readonly owner?: OwnerDuetOptions;
  /** What the owner sees of the scientist. */
  readonly scientistName?: string;
  /** Who the scientist is: the same again for one who comes back. Default: someone new. */
  readonly identity?: Identity;
  /** Ends of a channel to use instead of a plain one in memory. */
  readonly channels?: { readonly owner: Channel; readonly scientist: Channel };
  readonly clock?: Clock;
}

export interface Loopback {
  readonly owner: OwnerDuet;
  readonly scientist: ScientistSession;
}

/** Both ends of a duet in one process, joined and admitted: for tests and tutorials. Close both when done. */
export async function loopback(options: LoopbackOptions = {}): Promise<Loopback> {
  const { clock } = options;
  const owner = await openOwner(
    await makeIdentity(),
    { ...options.owner, ...(clock && { clock }) },
    'memory',
  );
  try {
    return { owner, scientist: await joinLoopback(owner, options) };
  } catch (thrown) {
    await owner.close();
    throw thrown;
  }
}

/** One more scientist for an owner in the same process. */
export async function joinLoopback(
  owner: OwnerDuet,
  options: LoopbackOptions = {},
): Promise<ScientistSession> {
  const { clock, scientistName = '' } = options;
  const channels = options.channels ?? inMemory();
  const [peer, joining] = await Promise.all([
    owner.receive(channels.owner),
    shakeHands(channels.scientist, {
      role: 'scientist',
      identity: options.identity ?? (await makeIdentity()),
      software,
      name: scientistName,
      ...(clock && { clock }),
    }),
  ]);
  peer.admit();
  await joining.admitted;
  return ScientistSession.open(joining.link, clock && { clock });
}

function inMemory(): { owner: Channel; scientist: Channel } {
  const { a, b } = memoryPair();
  return { owner: a, scientist: b };
}
