/** The codecs' first calls, made while nobody waits for them. */

import {
  decodeOwnerMessage,
  decodeScientistMessage,
  encodeOwnerMessage,
  encodeScientistMessage,
} from './codec';
import {
  decodePairingHello,
  decodePairingSignal,
  encodePairingHello,
  encodePairingSignal,
  type PairingHello,
} from './pairing-codec';

const hello: PairingHello = {
  version: 1,
  role: 'owner',
  software: '',
  name: '',
  identity: new Uint8Array(65),
  certificate: new Uint8Array(32),
  commitment: new Uint8Array(32),
  exchange: new Uint8Array(65),
  relay: true,
  relayOnly: false,
  answers: new Uint8Array(),
};

let isWarm = false;

/**
 * Browsers compile a function when it is first called, and those of the codecs are among the largest: their first calls take
 * longer than a message takes from page to page. To be called where a page waits for something else. Never throws.
 */
export function warmCodecs(): void {
  if (isWarm) return;
  isWarm = true;
  try {
    decodePairingHello(encodePairingHello(hello));
    decodePairingSignal(encodePairingSignal({ kind: 'no-more-candidates' }));
    decodeOwnerMessage(encodeOwnerMessage({ kind: 'admitted', name: '' }));
    decodeScientistMessage(encodeScientistMessage({ kind: 'begin', epoch: 1 }));
  } catch {
    // What is compiled is compiled.
  }
}
