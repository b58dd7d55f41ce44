/** simple-peer over socket.io, with nothing around it: how fast two pages can find each other at all. */

import '../../../packages/link/src/simple-peer-shim';
import SimplePeer, { type SignalData } from 'simple-peer';
import { io, type Socket } from 'socket.io-client';

interface BareEvents {
  signal: (data: SignalData) => void;
}
interface ToBareServer extends BareEvents {
  enter: (room: string, done: () => void) => void;
}

let socket: Socket<BareEvents, ToBareServer> | undefined;
let peer: SimplePeer.Instance | undefined;

function makePeer(line: Socket<BareEvents, ToBareServer>, initiator: boolean) {
  const made = new SimplePeer({ initiator, trickle: true, config: { iceServers: [] } });
  made.on('signal', (data) => line.emit('signal', data));
  peer = made;
  return made;
}

function connected(line: Socket<BareEvents, ToBareServer>, room: string): Promise<void> {
  return new Promise((resolve) => {
    line.on('connect', () => line.emit('enter', room, () => resolve()));
  });
}

function lineTo(server: string): Socket<BareEvents, ToBareServer> {
  return io(server, { transports: ['websocket'], forceNew: true });
}

/** As an owner's page that has made its invite: in the room, waiting. */
async function bareWait(server: string, room: string): Promise<void> {
  const line = lineTo(server);
  socket = line;
  line.on('signal', (data) => {
    const waiting = peer ?? makePeer(line, false);
    waiting.signal(data);
  });
  await connected(line, room);
}

/** From the click to an open data channel, in milliseconds. */
async function bareJoin(server: string, room: string): Promise<number> {
  const startMs = performance.now();
  const line = lineTo(server);
  socket = line;
  await connected(line, room);
  const made = makePeer(line, true);
  line.on('signal', (data) => made.signal(data));
  await new Promise<void>((resolve) => made.once('connect', () => resolve()));
  return performance.now() - startMs;
}

function bareLeave(): void {
  peer?.destroy();
  peer = undefined;
  socket?.disconnect();
}

/** To be spread into what a page offers. */
export const bareFunctions = { bareWait, bareJoin, bareLeave };
