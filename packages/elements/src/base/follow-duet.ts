import type { OwnerDuet } from 'duetjs';
import type { ReactiveControllerHost } from 'lit';
import { Following } from './following';

type EventName =
  | 'request'
  | 'decision'
  | 'peer'
  | 'store'
  | 'release'
  | 'run'
  | 'invite'
  | 'handlers'
  | 'audit'
  | 'status';

/** Renders an element again on these events of its duet. */
export function followDuet(
  host: ReactiveControllerHost & { readonly duet: OwnerDuet },
  ...names: readonly EventName[]
): Following {
  return new Following(host, (changed) => {
    const { duet } = host;
    for (const name of names) duet.on(name, changed);
    return () => {
      for (const name of names) duet.off(name, changed);
    };
  });
}
