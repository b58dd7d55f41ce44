import type { Holding } from 'duetjs';
import { byteWords, count } from '../base/words';

/** `3 objects (1.2 MB), 1 request (8 bytes)`. */
export function holdingWords(holding: Holding): string {
  const { objects, bytes, plans, planBytes, requests, requestBytes, kept, grants, grantBytes } =
    holding;
  const parts: readonly (readonly [number, string, number])[] = [
    [objects, 'object', bytes],
    [plans, 'plan', planBytes],
    [requests - kept, 'request', requestBytes - holding.keptBytes],
    [kept, 'kept request', holding.keptBytes],
    [grants, 'accepted value', grantBytes],
  ];
  const words = parts
    .filter(([amount]) => amount > 0)
    .map(([amount, what, size]) => `${count(amount, what)} (${byteWords(size)})`);
  return words.length === 0 ? 'nothing' : words.join(', ');
}
