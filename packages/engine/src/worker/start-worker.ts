import { DuetError } from '@duet/protocol';

/**
 * A worker on the engine's one file. A browser makes workers of the page's own origin alone; a file from elsewhere is taken
 * by a worker of one line that loads it, for which a Content-Security-Policy of the page must have `worker-src blob:` and
 * the file's origin in `script-src`. Throws DuetError `bad-argument` where the address is none.
 */
export function startWorkerFrom(url: string | URL): Worker {
  const address = addressOf(url);
  if (address.protocol === 'blob:' || address.origin === globalThis.location?.origin) {
    return new Worker(address, { name: 'duet-engine' });
  }
  const script = `importScripts(${JSON.stringify(address.href)});`;
  const line = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(line, { name: 'duet-engine' });
  // The first thing that the worker says, it says after it was loaded.
  const revoke = (): void => URL.revokeObjectURL(line);
  worker.addEventListener('message', revoke, { once: true });
  worker.addEventListener('error', revoke, { once: true });
  return worker;
}

/** Throws `bad-argument` for what is no address of a script. */
export function addressOf(url: string | URL): URL {
  try {
    const address = new URL(url, globalThis.location?.href);
    if (/^(https?|blob):$/.test(address.protocol)) return address;
  } catch {
    // Told below.
  }
  throw new DuetError('bad-argument', {
    detail:
      'engineUrl is not the address of a script: it begins with https:, or follows from the page’s own.',
  });
}
