/** Certificates of connections: a new one for each, since who sees two connections is not to learn that they are of one page. */

import type { Bytes } from '@duet/protocol';
import { fingerprintIn, parseFingerprint } from './sdp';

const algorithm: EcKeyGenParams & Algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
/** One that is as good as expired is not given out: browsers make them for thirty days. */
const leastMs = 24 * 3600_000;

/** One is made ahead where `warm` was called, since whoever comes waits for it. */
export class Certificates {
  #spare: Promise<RTCCertificate> | undefined;

  warm(): void {
    if (this.#spare !== undefined) return;
    startWebRtc();
    this.#spare = make();
    // Whoever takes it is told.
    this.#spare.catch(() => {});
  }

  async take(): Promise<RTCCertificate> {
    const spare = this.#spare;
    this.#spare = undefined;
    const made = await (spare ?? make());
    return made.expires - Date.now() < leastMs ? make() : made;
  }
}

function make(): Promise<RTCCertificate> {
  return RTCPeerConnection.generateCertificate(algorithm);
}

let hasStarted = false;

/** A page's first connection starts the browser's threads for all, which takes longer than the rest of it. */
function startWebRtc(): void {
  if (hasStarted) return;
  hasStarted = true;
  try {
    new RTCPeerConnection().close();
  } catch {
    // The one that is needed says why.
  }
}

/** SHA-256. */
export async function fingerprintOf(certificate: RTCCertificate): Promise<Bytes> {
  const told = (certificate as Partial<RTCCertificate>)
    .getFingerprints?.()
    .find(({ algorithm: named }) => named?.toLowerCase() === 'sha-256')?.value;
  const parsed = told === undefined ? undefined : parseFingerprint(told);
  if (parsed !== undefined) return parsed;
  // Browsers that do not tell it write it into every offer that is made with it.
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  try {
    connection.createDataChannel('duet');
    return fingerprintIn((await connection.createOffer()).sdp ?? '');
  } finally {
    connection.close();
  }
}
