/** What a request is decided by, taken from the version that it is about. Public facts alone. */

import type { RecordSet } from '@duet/ops';
import {
  byteLength,
  elementCount,
  type PeerIdentity,
  type Request,
  type TensorMeta,
} from '@duet/protocol';
import type { Label } from '../labels';
import type { Lineage } from '../lineage';
import type { RequestFacts, SetFacts, SourceFacts } from './facts';

/** What is known of the value. */
export interface Known {
  readonly meta: TensorMeta;
  readonly label: Label;
  readonly lineage: Lineage;
}

export function requestFacts(
  { meta, label, lineage }: Known,
  { name }: Pick<Request, 'name'>,
  { fingerprint }: PeerIdentity,
  store: { sourceFacts(number: number): SourceFacts },
): RequestFacts {
  const { class: infoClass, why, sets, measured } = label.info;
  return {
    name,
    peer: fingerprint,
    dtype: meta.dtype,
    shape: meta.shape,
    elements: elementCount(meta.shape),
    bytes: byteLength(meta),
    class: infoClass,
    why,
    sets: sets.map(setFacts),
    units: infoClass === 'metric' ? measured?.units : undefined,
    sources: [...label.sources].map((number) => store.sourceFacts(number)),
    // What another plan has a part in is not given by this one.
    plan: lineage.kind === 'call' && !lineage.lastPlan ? lineage.plan?.hash : undefined,
  };
}

/** A record set as plain data. */
export function setFacts({ axis, ...set }: RecordSet): SetFacts {
  const { id, records, minRecords, spans } = axis;
  const span = spans?.find(({ from, to }) => from === set.from && to === set.to);
  return { ...set, axis: id, records, units: span?.units ?? set.to - set.from, minRecords, spans };
}
