/** What the owner's side says to a raw scientist. */

import type { OwnerMessage, ScientistMessage } from '@duet/protocol';
import type { RawScientist } from '../src/raw-pair';

/** Says something, and gives everything that comes back until there is quiet. */
export async function answers(
  scientist: RawScientist,
  ...messages: ScientistMessage[]
): Promise<readonly OwnerMessage[]> {
  scientist.arrivals.length = 0;
  scientist.say(...messages);
  await scientist.quiet();
  return scientist.messages;
}

export const fault = (about: number, code: string) => ({ kind: 'fault', about, code });
export const failed = (id: number, code: string) => ({ kind: 'failed', get: id, code });

/** The float32 payloads that have come. */
export const payloads = ({ arrivals }: RawScientist) =>
  arrivals.flatMap((arrival) =>
    arrival.kind === 'payload' ? [[...new Float32Array(arrival.bytes.slice().buffer)]] : [],
  );
