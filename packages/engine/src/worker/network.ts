/** By these a script in a worker could send something away, or load more of itself. */
const ways = [
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'WebSocketStream',
  'WebTransport',
  'EventSource',
  'RTCPeerConnection',
  'importScripts',
  'FontFace',
  'Worker',
  'SharedWorker',
  'BroadcastChannel',
  'indexedDB',
  'caches',
];

const nothing = { value: undefined, writable: false, configurable: false } as const;

/** What the threads of a backend are made with. They are its own, and start with it. */
export const waysOfThreads: readonly string[] = ['Worker', 'importScripts'];

/**
 * Takes away every way out of the worker; what is in `but` stays until it is called without. The engine needs none: its backends
 * are inside its file. tfjs is able to load and save by URL, and what is not there cannot be reached by mistake.
 */
export function blockNetwork(scope: object, but: readonly string[] = []): void {
  for (const name of ways) {
    if (name in scope && !but.includes(name)) Object.defineProperty(scope, name, nothing);
  }
  const navigator: unknown = Reflect.get(scope, 'navigator');
  if (typeof navigator !== 'object' || navigator === null) return;
  for (const name of ['sendBeacon', 'storage', 'serviceWorker']) {
    if (name in navigator) Object.defineProperty(navigator, name, nothing);
  }
}
