/** Writes vectors/messages.json. The vectors are the wire: change them only with the protocol's version. */

import { writeFileSync } from 'node:fs';
import { encodeOwnerMessage, encodeScientistMessage } from '../src';
import { ownerSamples, scientistSamples } from '../test/samples';

function hexes<M>(
  samples: Readonly<Record<string, M>>,
  encode: (message: M) => Uint8Array,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(samples).map(([name, message]) => [
      name,
      Buffer.from(encode(message)).toString('hex'),
    ]),
  );
}

const vectors = {
  scientist: hexes(scientistSamples, encodeScientistMessage),
  owner: hexes(ownerSamples, encodeOwnerMessage),
};
writeFileSync(
  new URL('../vectors/messages.json', import.meta.url),
  `${JSON.stringify(vectors, undefined, 2)}\n`,
);
