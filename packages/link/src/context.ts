import { type Clock, DuetError } from '@duet/protocol';

/** WebCrypto, which everything here rests on, does not exist on an insecure origin. Throws `insecure-context`, `aborted`. */
export function checkContext(signal: AbortSignal | undefined): void {
  if (globalThis.isSecureContext === false) throw new DuetError('insecure-context');
  if (signal?.aborted === true) throw new DuetError('aborted');
}

/** Rejects with `aborted`. */
export function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = (): void => settle(() => reject(new DuetError('aborted')));
    const stopTimer = clock.after(ms, () => settle(resolve));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}
