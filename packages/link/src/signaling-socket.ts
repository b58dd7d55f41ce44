/** A Socket.IO connection to a signaling server, which comes back by itself. The one place that imports socket.io-client. */

import {
  type ClientToServerEvents,
  type Clock,
  DuetError,
  limits,
  type ServerToClientEvents,
} from '@duet/protocol';
import { io, type Socket } from 'socket.io-client';

/** Waits before connecting again, doubled from the first to the last, and drawn around that. */
const reconnectFirstMs = 500;
const reconnectLastMs = 5000;
/** A server that has shown this page the door is not bothered at once. */
export const shownOutMs = 5000;

export interface SocketListener {
  connected(): void;
  disconnected(): void;
}

/** Connects while it is wanted. Its waits are on the clock it is given, since a hidden page's own timers may be slow. */
export class SignalingSocket {
  readonly #address: string;
  readonly #clock: Clock;
  readonly #listener: SocketListener;
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  #isWanted = false;
  /** Failures since it was last connected. */
  #failures = 0;
  #stopTimer: () => void = () => {};
  readonly #waiting = new Set<{ failed(): void }>();

  /** Throws `no-signaling` for what is no address. */
  constructor(address: string, clock: Clock, listener: SocketListener) {
    this.#address = address;
    this.#clock = clock;
    this.#listener = listener;
    if (!URL.canParse(address)) throw unreachable(address);
    const url = new URL(address);
    this.socket = io(url.origin, {
      // What socket.io takes for a namespace is the folder that an installation lives in.
      path: `${url.pathname.replace(/\/$/u, '')}/socket.io/`,
      transports: ['websocket'],
      forceNew: true,
      autoConnect: false,
      reconnection: false,
    });
    this.socket.on('connect', () => {
      this.#failures = 0;
      this.#listener.connected();
    });
    this.socket.on('connect_error', () => {
      this.#failures += 1;
      for (const waiting of [...this.#waiting]) waiting.failed();
      const mostMs = reconnectFirstMs * 2 ** Math.min(this.#failures - 1, 10);
      this.#later(Math.min(mostMs, reconnectLastMs) * (0.75 + Math.random() / 2));
    });
    this.socket.on('disconnect', (reason) => {
      if (!this.#isWanted) return;
      const waitMs = reconnectFirstMs * (0.75 + Math.random() / 2);
      this.#later(reason === 'io server disconnect' ? shownOutMs : waitMs);
      this.#listener.disconnected();
    });
  }

  get connected(): boolean {
    return this.#isWanted && this.socket.connected;
  }

  /** Begins to connect, unless it does already. */
  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#failures = 0;
    this.socket.connect();
  }

  /** Disconnects, without a word to the listener. */
  drop(): void {
    this.#isWanted = false;
    this.#stopTimer();
    this.socket.disconnect();
  }

  /** Resolves once connected. Rejects: `no-signaling`, `signaling-refused`, `aborted`. */
  ready(signal: AbortSignal): Promise<void> {
    this.want();
    return new Promise((resolve, reject) => {
      let failures = 0;
      const settle = (act: () => void): void => {
        stopTimer();
        this.socket.off('connect', onConnect);
        this.#waiting.delete(waiting);
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const onConnect = (): void => settle(resolve);
      const onAbort = (): void => settle(() => reject(new DuetError('aborted')));
      const waiting = {
        failed: async (): Promise<void> => {
          failures += 1;
          // A browser does not say why a WebSocket failed. A server that answers a plain request, and yet twice not
          // this one, does not want this page.
          if (failures < 2 || !(await answers(this.#address)) || this.socket.connected) return;
          settle(() => reject(refused(this.#address)));
        },
      };
      const stopTimer = this.#clock.after(limits.connectTimeoutMs, () =>
        settle(() => reject(unreachable(this.#address))),
      );
      this.socket.on('connect', onConnect);
      this.#waiting.add(waiting);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      else if (this.socket.connected) onConnect();
    });
  }

  #later(delayMs: number): void {
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(delayMs, () => {
      if (this.#isWanted && !this.socket.connected) this.socket.connect();
    });
  }
}

export function unreachable(address: string): DuetError {
  return new DuetError('no-signaling', {
    detail: `The signaling server at ${address} cannot be reached.`,
  });
}

export function refused(address: string): DuetError {
  return new DuetError('signaling-refused', {
    detail: `The signaling server at ${address} refused this page.`,
  });
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address.replace(/\/$/u, '')}/health`, {
      cache: 'no-store',
      credentials: 'omit',
    });
    return response.ok;
  } catch {
    return false;
  }
}
