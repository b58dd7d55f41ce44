/** Small calls of the peers that Duet's ops are measured beside: as many as `inFlight` wait for their answers at once. */

import { RpcSession, RpcTarget, type RpcTransport } from 'capnweb';
import { type Remote, wrap } from 'comlink';
import { rawChannel } from './raw-channel';

export interface Adder {
  add(a: number, b: number): number | Promise<number>;
}

export const adder: Adder = { add: (a, b) => a + b };

class AdderTarget extends RpcTarget implements Adder {
  add(a: number, b: number): number {
    return a + b;
  }
}

/** Starts a call whenever one has ended. Gives calls per second. */
async function paced(
  count: number,
  inFlight: number,
  call: () => Promise<unknown>,
): Promise<number> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (1000 * count) / (performance.now() - start);
}

// ---- a message of 100 bytes and its echo ----------------------------------------------------------------------------

function serveEcho(): void {
  const channel = rawChannel();
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => channel.send(data);
}

function echoRate(count: number, inFlight: number): Promise<number> {
  const channel = rawChannel();
  const message = new Uint8Array(100);
  return new Promise((resolve) => {
    const start = performance.now();
    let sent = 0;
    let heard = 0;
    const send = (): void => {
      sent += 1;
      channel.send(message);
    };
    channel.onmessage = () => {
      heard += 1;
      if (sent < count) send();
      if (heard === count) resolve((1000 * count) / (performance.now() - start));
    };
    while (sent < inFlight) send();
  });
}

// ---- Cap'n Web over the same channel --------------------------------------------------------------------------------

/** Messages as texts, as Cap'n Web makes them. */
class DataChannelTransport implements RpcTransport {
  readonly #channel = rawChannel();
  readonly #come: string[] = [];
  #waiting: ((message: string) => void) | undefined;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<string>) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#come.push(data);
      else waiting(data);
    };
  }

  send(message: string): void {
    this.#channel.send(message);
  }

  receive(): Promise<string> {
    const message = this.#come.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

function serveCapnWeb(): void {
  new RpcSession(new DataChannelTransport(), new AdderTarget());
}

/** Each call begins a session anew, and so must the other page. */
function capnWebRate(count: number, inFlight: number): Promise<number> {
  const remote = new RpcSession<AdderTarget>(new DataChannelTransport()).getRemoteMain();
  return paced(count, inFlight, async () => {
    await remote.add(1, 2);
  });
}

// ---- Comlink over the port of a worker ------------------------------------------------------------------------------

let served: Remote<Adder> | undefined;

function comlinkRate(count: number, inFlight: number): Promise<number> {
  served ??= wrap<Adder>(
    new Worker(new URL('./calls-worker.ts', import.meta.url), { type: 'module' }),
  );
  const remote = served;
  return paced(count, inFlight, () => remote.add(1, 2));
}

/** To be spread into what a page offers. */
export const callFunctions = { serveEcho, echoRate, serveCapnWeb, capnWebRate, comlinkRate };
