/** A plain RTCDataChannel between two pages: what nothing on top of it can beat. */

let connection: RTCPeerConnection | undefined;
let data: RTCDataChannel | undefined;

/** The channel, once it is open. */
export function rawChannel(): RTCDataChannel {
  if (data?.readyState !== 'open') throw new Error('There is no raw channel.');
  return data;
}

/** An offer or answer with all of its candidates in it. */
async function whole(made: RTCPeerConnection): Promise<string> {
  if (made.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      made.addEventListener('icegatheringstatechange', () => {
        if (made.iceGatheringState === 'complete') resolve();
      });
    });
  }
  return JSON.stringify(made.localDescription);
}

function opened(channel: RTCDataChannel): Promise<void> {
  channel.binaryType = 'arraybuffer';
  data = channel;
  if (channel.readyState === 'open') return Promise.resolve();
  return new Promise((resolve) =>
    channel.addEventListener('open', () => resolve(), { once: true }),
  );
}

let isOpen: Promise<void> = Promise.resolve();

async function rawOffer(): Promise<string> {
  connection?.close();
  connection = new RTCPeerConnection({ iceServers: [] });
  isOpen = opened(connection.createDataChannel('raw'));
  await connection.setLocalDescription(await connection.createOffer());
  return whole(connection);
}

async function rawAnswer(offer: string): Promise<string> {
  connection?.close();
  const made = new RTCPeerConnection({ iceServers: [] });
  connection = made;
  isOpen = new Promise((resolve, reject) => {
    made.ondatachannel = ({ channel }) => opened(channel).then(resolve, reject);
  });
  await made.setRemoteDescription(JSON.parse(offer));
  await made.setLocalDescription(await made.createAnswer());
  return whole(made);
}

async function rawAccept(answer: string): Promise<void> {
  await connection?.setRemoteDescription(JSON.parse(answer));
  await isOpen;
}

/** To be spread into what a page offers. */
export const rawFunctions = {
  rawOffer,
  rawAnswer,
  rawAccept,
  rawOpened: () => isOpen,
  rawClose: () => connection?.close(),
};
