/** Hellos: how a side introduces itself in pairing, and what it makes of the other's. */

import {
  type Bytes,
  DuetError,
  decodePairingHello,
  encodePairingHello,
  fingerprintOf,
  limits,
  type PairingHello,
  type PeerIdentity,
  pairingVersion,
  protocolVersion,
  sameBytes,
  tidyText,
} from '@duet/protocol';
import type { Identity, Role } from './identity';
import { makeExchange } from './key-schedule';
import type { ResumeFacts } from './paired';
import { commitmentTo } from './short-auth';

/** May frames go through the signaling server, sealed? `fallback`: only where no direct path is found. */
export type RelayUse = 'fallback' | 'only' | 'never';

/** What a side tells of itself. */
export interface Introduction {
  readonly identity: Identity;
  /** Name and version of this library. */
  readonly software: string;
  /** What this peer calls itself; may be empty. */
  readonly name: string;
  readonly relay?: RelayUse | undefined;
  /** Where a link that was lost is to be taken up. */
  readonly resume?: ResumeFacts | undefined;
}

export interface OwnHello {
  readonly hello: PairingHello;
  readonly plain: Bytes;
  /** This side's half of the short authentication string, to be shown with the confirmation and not before. */
  readonly nonce: Bytes;
  /** The private half of `hello.exchange`. */
  readonly exchange: CryptoKey;
}

export interface PeerHello {
  readonly hello: PairingHello;
  readonly plain: Bytes;
}

export const noCertificate = new Uint8Array(32);
const nothing = new Uint8Array();

/** `answers`: the sealed hello's SHA-256, where this one answers it. */
export async function makeHello(
  role: Role,
  introduction: Introduction,
  certificate: Bytes,
  answers: Bytes = nothing,
): Promise<OwnHello> {
  const { identity, software, name, relay = 'fallback', resume } = introduction;
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const exchange = await makeExchange();
  const hello: PairingHello = {
    version: protocolVersion,
    role,
    software: tidyText(software, limits.softwareChars),
    name: tidyText(name, limits.nameChars),
    identity: identity.publicKey,
    certificate,
    commitment: await commitmentTo(role, nonce),
    exchange: exchange.publicKey,
    relay: relay !== 'never',
    relayOnly: relay === 'only',
    answers,
    ...(resume && {
      resume: {
        self: resume.self,
        ...(resume.peer === undefined ? {} : { peer: resume.peer }),
      },
    }),
  };
  return {
    hello,
    plain: new Uint8Array(encodePairingHello(hello)),
    nonce,
    exchange: exchange.privateKey,
  };
}

/** Throws `version`, or `peer-auth` for a hello that `role` cannot have made. */
export function readHello(role: Role, plain: Bytes): PeerHello {
  const version = pairingVersion(plain);
  if (version !== undefined && version !== protocolVersion) {
    throw new DuetError('version', {
      detail: `The other side speaks version ${version} of the protocol, this side version ${protocolVersion}.`,
    });
  }
  let hello: PairingHello;
  try {
    hello = decodePairingHello(plain);
  } catch (thrown) {
    throw unproved(
      'The other side introduced itself in a way that is not of this protocol.',
      thrown,
    );
  }
  if (hello.role !== role) throw unproved('Both sides have the same role.');
  return { hello, plain };
}

/** Throws `peer-auth` if the other side is this one. */
export function refuseSelf(hello: PairingHello, identity: Identity): void {
  if (sameBytes(hello.identity, identity.publicKey)) {
    throw unproved('The other side has the same identity as this one.');
  }
}

/** Throws `peer-auth` if the other side's identity is not the one whose fingerprint begins so. */
export async function refuseOthers(hello: PairingHello, expected: string): Promise<void> {
  if (!(await fingerprintOf(hello.identity)).startsWith(expected)) {
    throw unproved('This is not the owner who made the invite.');
  }
}

export async function peerOf(hello: PairingHello): Promise<PeerIdentity> {
  return {
    fingerprint: await fingerprintOf(hello.identity),
    name: hello.name,
    software: hello.software,
    publicKey: hello.identity,
  };
}

export function resumeOf(hello: PairingHello): ResumeFacts | undefined {
  if (hello.resume === undefined) return undefined;
  const { self, peer } = hello.resume;
  return {
    self: new Uint8Array(self),
    peer: peer === undefined ? undefined : new Uint8Array(peer),
  };
}

export function unproved(detail: string, cause?: unknown): DuetError {
  return new DuetError('peer-auth', cause === undefined ? { detail } : { detail, cause });
}
