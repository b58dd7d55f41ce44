import { digestsOf, type PieceDigests } from '@duet/protocol';

/** Of bytes that are kept, such as published ones: they are asked for again and again. */
const known = new WeakMap<Uint8Array, Promise<PieceDigests>>();

/** The digests of bytes that nobody changes any more. */
export function digestsOfKept(bytes: Uint8Array): Promise<PieceDigests> {
  const digests = known.get(bytes) ?? digestsOf(bytes);
  known.set(bytes, digests);
  return digests;
}
