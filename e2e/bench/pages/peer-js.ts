/** PeerJS as it comes, but for its public servers. */

import { type DataConnection, Peer } from 'peerjs';

let peer: Peer | undefined;
let connection: DataConnection | undefined;

function connected(): DataConnection {
  if (connection?.open !== true) throw new Error('There is no connection of PeerJS.');
  return connection;
}

async function registered(port: number): Promise<Peer> {
  peer?.destroy();
  const made = new Peer({ host: '127.0.0.1', port, path: '/', config: { iceServers: [] } });
  peer = made;
  await new Promise((resolve, reject) => {
    made.once('open', resolve);
    made.once('error', reject);
  });
  return made;
}

/** Waits for others. Gives the id that they need. */
async function peerJsWait(port: number): Promise<string> {
  const made = await registered(port);
  made.on('connection', (incoming) => {
    connection = incoming;
  });
  return made.id;
}

async function peerJsConnect(port: number, id: string): Promise<void> {
  const made = await registered(port);
  const outgoing = made.connect(id, { serialization: 'binary', reliable: true });
  connection = outgoing;
  await new Promise<void>((resolve) => outgoing.once('open', () => resolve()));
}

/** Answers with as many bytes as the other page asks for. */
function peerJsServe(bytes: number): void {
  const payload = new Uint8Array(bytes).fill(7);
  const incoming = connected();
  incoming.removeAllListeners('data');
  incoming.on('data', () => incoming.send(payload));
}

function peerJsFetch(bytes: number): Promise<number> {
  const outgoing = connected();
  const start = performance.now();
  return new Promise((resolve, reject) => {
    outgoing.once('data', (data) => {
      const { byteLength } = data as ArrayBuffer;
      if (byteLength === bytes) resolve(performance.now() - start);
      else reject(new Error(`PeerJS has brought ${byteLength} bytes.`));
    });
    outgoing.send('go');
  });
}

/** To be spread into what a page offers. */
export const peerJsFunctions = {
  peerJsWait,
  peerJsConnect,
  peerJsServe,
  peerJsFetch,
  peerJsClose: () => peer?.destroy(),
};
