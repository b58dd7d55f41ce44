/** Timers that go on while the page is hidden: browsers hold back those of hidden pages, and not those of workers. */

import type { FromClock, ToClock } from './worker-clock';

interface Scope {
  onmessage: ((event: { readonly data: ToClock }) => void) | null;
  postMessage(message: FromClock): void;
}

const scope = globalThis as unknown as Scope;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

scope.onmessage = ({ data: { id, delayMs } }) => {
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (delayMs === undefined) return;
  const fire = (): void => {
    timers.delete(id);
    scope.postMessage({ due: id });
  };
  timers.set(id, setTimeout(fire, delayMs));
};

scope.postMessage({ due: undefined });
