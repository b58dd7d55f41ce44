/** What browsers tell each other of themselves, in the language of the protocol and back. */

import { DuetError, type PairingSignal } from '@duet/protocol';
import type { RtcSignal } from './rtc-signal';

export function pairingSignalOf(signal: RtcSignal): PairingSignal {
  switch (signal.type) {
    case 'candidate': {
      const { type: _, kind, ...fields } = signal;
      return { ...fields, kind: 'candidate', type: kind };
    }
    case 'no-more-candidates':
      return { kind: 'no-more-candidates' };
    default: {
      const { type, ...fields } = signal;
      return { kind: 'description', offer: type === 'offer', ...fields };
    }
  }
}

/**
 * Throws `bad-message` for words that are none of RtcSignal's. What may stand in the other fields is for whoever makes SDP
 * of them to check.
 */
export function rtcSignalOf(signal: Exclude<PairingSignal, { kind: 'relay' }>): RtcSignal {
  switch (signal.kind) {
    case 'candidate': {
      const { kind: _, type, protocol, tcpType, ...fields } = signal;
      return {
        ...fields,
        type: 'candidate',
        kind: oneOf(type, ['host', 'srflx', 'prflx', 'relay']),
        protocol: oneOf(protocol, ['udp', 'tcp']),
        tcpType: oneOf(tcpType, ['', 'active', 'passive', 'so']),
      };
    }
    case 'no-more-candidates':
      return { type: 'no-more-candidates' };
    default: {
      const { kind: _, offer, ...fields } = signal;
      return { type: offer ? 'offer' : 'answer', ...fields };
    }
  }
}

function oneOf<T extends string>(text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found === undefined) {
    throw new DuetError('bad-message', { detail: 'A candidate is not of a known kind.' });
  }
  return found;
}
