import type { Engine } from '@duet/ops';
import { byteLength, sameShape, type TensorValue } from '@duet/protocol';
import type { Version } from './objects';

/** Gives the engine what it does not have yet: a value that is kept as bytes. */
export function loadSlot(engine: Engine, version: Version): void {
  if (version.isInEngine || !version.bytes) return;
  version.isInEngine = true;
  engine.put(version.slot, version.bytes);
}

/**
 * What the engine has of a version; undefined if it failed. A result that is not what was promised of it counts as
 * failed, since its shape may not be told either.
 */
export async function readSlot(
  engine: Engine,
  { slot, meta }: Pick<Version, 'slot' | 'meta'>,
): Promise<TensorValue | undefined> {
  // An engine that breaks while it reads tells no more than one whose computation failed.
  const value = await engine.read(slot).catch(() => undefined);
  const kept =
    value?.meta.dtype === meta.dtype &&
    sameShape(value.meta.shape, meta.shape) &&
    value.bytes.length === byteLength(meta);
  return kept ? value : undefined;
}
