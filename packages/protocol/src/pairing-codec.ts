/** What two pages say while they pair, to bytes and back. As strict as the codec of messages: one encoding of each. */

import { decodeWith } from './codec';
import { duet } from './generated/duet';
import { limits } from './limits';
import { checkText } from './text';
import { bad, bytes, idFromWire, inverse, lean, need, text, type Wire } from './wire';

export interface PairingHello {
  readonly version: number;
  readonly role: 'owner' | 'scientist';
  readonly software: string;
  readonly name: string;
  /** Public key, uncompressed point, 65 bytes. */
  readonly identity: Uint8Array;
  /** SHA-256 of the certificate of the connection to come, 32 bytes. */
  readonly certificate: Uint8Array;
  /** To the nonce of the short authentication string, 32 bytes. */
  readonly commitment: Uint8Array;
  /** Ephemeral ECDH public key, uncompressed point, 65 bytes. */
  readonly exchange: Uint8Array;
  readonly relay: boolean;
  readonly relayOnly: boolean;
  /** SHA-256 of the sealed hello that the owner answers; empty in the scientist's. */
  readonly answers: Uint8Array;
  /** Of a link that was lost; 16 bytes each. */
  readonly resume?: { readonly self: Uint8Array; readonly peer?: Uint8Array };
}

export interface PairingDescription {
  readonly kind: 'description';
  readonly offer: boolean;
  readonly ufrag: string;
  readonly pwd: string;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly sctpPort: number;
  readonly maxMessageBytes: number;
}

export interface PairingCandidate {
  readonly kind: 'candidate';
  readonly foundation: string;
  readonly component: number;
  readonly protocol: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly type: string;
  readonly relatedAddress: string;
  readonly relatedPort: number;
  readonly tcpType: string;
}

export type PairingSignal =
  | PairingDescription
  | PairingCandidate
  | { readonly kind: 'no-more-candidates' }
  /** No direct path was found: frames go through the server from here on. */
  | { readonly kind: 'relay' };

const roleToWire: Readonly<Record<PairingHello['role'], duet.PairingRole>> = {
  owner: 1,
  scientist: 2,
};
const roleFromWire = inverse(roleToWire);

const setupToWire: Readonly<Record<PairingDescription['setup'], duet.Setup>> = {
  actpass: 1,
  active: 2,
  passive: 3,
};
const setupFromWire = inverse(setupToWire);

/** Lengths of the texts of a candidate or a description: the longest that RFC 8839 allows. */
const iceChars = 256;

export function encodePairingHello(hello: PairingHello): Uint8Array {
  const { role, resume, ...fields } = hello;
  return plain(
    duet.PairingHello.encode({
      ...lean(fields),
      role: roleToWire[role],
      ...(resume && { resume: lean({ self: resume.self, peer: resume.peer ?? null }) }),
    }).finish(),
  );
}

/** Throws `bad-message` or `bad-text`. */
export function decodePairingHello(wire: Uint8Array): PairingHello {
  return decodeWith(
    wire,
    (read) => duet.PairingHello.decode(read),
    (hello): PairingHello => ({
      version: idFromWire(hello.version, 'The version'),
      role: roleFromWire.get(hello.role ?? 0) ?? bad('A role is unknown.'),
      software: text(hello.software, limits.softwareChars, 'The software'),
      name: text(hello.name, limits.nameChars, 'A name'),
      identity: bytes(hello.identity, 65, 'The identity key'),
      certificate: bytes(hello.certificate, 32, 'The fingerprint of the certificate'),
      commitment: bytes(hello.commitment, 32, 'The commitment'),
      exchange: bytes(hello.exchange, 65, 'The ephemeral key'),
      relay: hello.relay ?? false,
      relayOnly: hello.relayOnly ?? false,
      answers: hello.answers?.length ? bytes(hello.answers, 32, 'The answer') : new Uint8Array(),
      ...(hello.resume != null && { resume: resumeFromWire(hello.resume) }),
    }),
    encodePairingHello,
  );
}

function resumeFromWire(resume: duet.Resume.$Properties): NonNullable<PairingHello['resume']> {
  return {
    self: bytes(resume.self, 16, 'The end of a link'),
    ...(resume.peer?.length ? { peer: bytes(resume.peer, 16, 'The other end of a link') } : {}),
  };
}

/** The version that a hello names, whatever else is in it: other versions may have more to say. Undefined if unreadable. */
export function pairingVersion(wire: Uint8Array): number | undefined {
  try {
    return duet.PairingHello.decode(wire).version || undefined;
  } catch {
    return undefined;
  }
}

export function encodePairingSignal(signal: PairingSignal): Uint8Array {
  return plain(duet.PairingSignal.encode(signalToWire(signal)).finish());
}

function signalToWire(signal: PairingSignal): duet.PairingSignal.$Properties {
  switch (signal.kind) {
    case 'description': {
      const { kind: _, setup, ...fields } = signal;
      return { description: { ...lean(fields), setup: setupToWire[setup] } };
    }
    case 'candidate': {
      const { kind: _, ...fields } = signal;
      return { candidate: lean(fields) };
    }
    case 'no-more-candidates':
      return { noMoreCandidates: {} };
    case 'relay':
      return { relay: {} };
    default:
      return signal satisfies never;
  }
}

/** Throws `bad-message` or `bad-text`. */
export function decodePairingSignal(wire: Uint8Array): PairingSignal {
  return decodeWith(
    wire,
    (read) => duet.PairingSignal.decode(read),
    signalFromWire,
    encodePairingSignal,
  );
}

function signalFromWire(wire: duet.PairingSignal.$Properties): PairingSignal {
  if (wire.description != null) {
    const description = wire.description;
    return {
      kind: 'description',
      offer: description.offer ?? false,
      ufrag: ice(description.ufrag),
      pwd: ice(description.pwd),
      setup: setupFromWire.get(description.setup ?? 0) ?? bad('A setup is unknown.'),
      sctpPort: description.sctpPort ?? 0,
      maxMessageBytes: description.maxMessageBytes ?? 0,
    };
  }
  if (wire.candidate != null) {
    const candidate = wire.candidate;
    return {
      kind: 'candidate',
      foundation: ice(candidate.foundation),
      component: candidate.component ?? 0,
      protocol: ice(candidate.protocol),
      priority: candidate.priority ?? 0,
      address: ice(candidate.address),
      port: candidate.port ?? 0,
      type: ice(candidate.type),
      relatedAddress: ice(candidate.relatedAddress),
      relatedPort: candidate.relatedPort ?? 0,
      tcpType: ice(candidate.tcpType),
    };
  }
  if (wire.noMoreCandidates != null) return { kind: 'no-more-candidates' };
  need(wire.relay, 'What a signal says');
  return { kind: 'relay' };
}

/** What may stand in these texts is for the side that makes SDP of them to check; here they are only bounded. */
function ice(value: Wire<string>): string {
  const checked = value ?? '';
  checkText(checked, iceChars, 'A part of a signal');
  return checked;
}

/** In Node the writer gives a Buffer, whose slice() would share memory. */
function plain(written: Uint8Array): Uint8Array {
  return new Uint8Array(written);
}
