/** An engine for sessions in which nothing is computed. */

import type { Engine } from '@duet/ops';

export function idleEngine(): Engine {
  const nothing = () => undefined;
  return {
    ready: async () => ({ backend: 'cpu', lacking: [] }),
    put: nothing,
    install: nothing,
    uninstall: nothing,
    run: nothing,
    drop: nothing,
    read: async () => undefined,
    settled: async () => undefined,
    onLost: nothing,
    restart: nothing,
    close: async () => undefined,
    size: 0,
  } as unknown as Engine;
}
