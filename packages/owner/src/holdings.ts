/** What is held for whom on the owner's side, and how large it is. */

import { byteLength, type PeerIdentity, type TensorMeta, visibleText } from '@duet/protocol';
import type { OpenGrant } from './gate/grants';
import type { OwnerRequest } from './owner-request';
import type { Peer } from './peers';

/** One scientist, who may be joined several times, or have left and still have something kept. */
export interface Holding {
  readonly fingerprint: string;
  /** What they call themselves, with whatever is invisible made visible. */
  readonly name: string;
  /** Their ids among the peers; empty where they have left. */
  readonly peers: string;
  /** Values that they made and have not let go of. */
  readonly objects: number;
  /** By shape and dtype, in the memory of their engine or beside it. */
  readonly bytes: number;
  readonly plans: number;
  readonly planBytes: number;
  /** That wait for a decision. */
  readonly requests: number;
  readonly requestBytes: number;
  /** Those of them that are kept though their scientist has left. */
  readonly kept: number;
  readonly keptBytes: number;
  /** Accepted values that have not left. */
  readonly grants: number;
  readonly grantBytes: number;
}

export interface HoldingParts {
  readonly joined: readonly Peer[];
  readonly requests: readonly OwnerRequest[];
  readonly grants: readonly OpenGrant[];
}

/** One for each scientist who is joined or has something here, in the order in which they are found. */
export function holdingsOf({ joined, requests, grants }: HoldingParts): readonly Holding[] {
  const names = new Map<string, string>();
  const find = ({ fingerprint, name }: Pick<PeerIdentity, 'fingerprint' | 'name'>) =>
    names.has(fingerprint) || names.set(fingerprint, visibleText(name));
  joined.forEach(find);
  for (const { peer } of requests) find(peer);
  for (const { recipient } of grants) find(recipient);
  return [...names].map(([fingerprint, name]) => {
    const theirs = joined.filter((peer) => peer.fingerprint === fingerprint);
    const asked = requests.filter(({ peer }) => peer.fingerprint === fingerprint);
    const kept = asked.filter(({ isPresent }) => !isPresent);
    const granted = grants.filter(({ recipient }) => recipient.fingerprint === fingerprint);
    return {
      fingerprint,
      name,
      peers: theirs.map(({ id }) => id).join(', '),
      objects: sum(theirs, ({ session }) => session?.objects.count ?? 0),
      bytes: sum(theirs, ({ session }) => session?.objects.bytes ?? 0),
      plans: sum(theirs, ({ session }) => session?.planCount ?? 0),
      planBytes: sum(theirs, ({ session }) => session?.planBytes ?? 0),
      requests: asked.length,
      requestBytes: bytesOf(asked),
      kept: kept.length,
      keptBytes: bytesOf(kept),
      grants: granted.length,
      grantBytes: bytesOf(granted),
    };
  });
}

function bytesOf(values: readonly { readonly meta: TensorMeta }[]): number {
  return sum(values, ({ meta }) => byteLength(meta));
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
