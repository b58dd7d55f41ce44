/**
 * Five of 64 pictures, each with a word: for two people who want to compare what their pages show. As in ZRTP
 * (RFC 6189) each side has committed to its half before it sees the other's, so that nobody in between can search for
 * halves that happen to match: the 30 bits can only be guessed, once.
 */

import { type Bytes, fromHex, sameBytes } from '@duet/protocol';
import type { Role } from './identity';
import type { ShortAuth } from './paired';
import { hashOf } from './transcript';

/** Told apart at a glance and by ear: no faces, no hands, no flags, nothing of which there are several kinds. */
const pictures = [
  ['🐶', 'dog'],
  ['🐱', 'cat'],
  ['🦁', 'lion'],
  ['🐴', 'horse'],
  ['🐮', 'cow'],
  ['🐷', 'pig'],
  ['🐰', 'rabbit'],
  ['🐼', 'panda'],
  ['🐸', 'frog'],
  ['🐵', 'monkey'],
  ['🐔', 'chicken'],
  ['🐧', 'penguin'],
  ['🦉', 'owl'],
  ['🐢', 'turtle'],
  ['🐍', 'snake'],
  ['🐟', 'fish'],
  ['🐙', 'octopus'],
  ['🦋', 'butterfly'],
  ['🐝', 'bee'],
  ['🐘', 'elephant'],
  ['🐳', 'whale'],
  ['🦀', 'crab'],
  ['🌵', 'cactus'],
  ['🌲', 'fir tree'],
  ['🌻', 'sunflower'],
  ['🍀', 'clover'],
  ['🍄', 'mushroom'],
  ['🌙', 'moon'],
  ['🌈', 'rainbow'],
  ['🔥', 'fire'],
  ['🍎', 'apple'],
  ['🍌', 'banana'],
  ['🍇', 'grapes'],
  ['🍓', 'strawberry'],
  ['🍒', 'cherries'],
  ['🍍', 'pineapple'],
  ['🌽', 'corn'],
  ['🥕', 'carrot'],
  ['🍕', 'pizza'],
  ['🎂', 'cake'],
  ['🧀', 'cheese'],
  ['🍞', 'bread'],
  ['🏠', 'house'],
  ['🚲', 'bicycle'],
  ['🚗', 'car'],
  ['🚂', 'train'],
  ['🚀', 'rocket'],
  ['⛵', 'sailboat'],
  ['⚓', 'anchor'],
  ['🎈', 'balloon'],
  ['🎁', 'gift'],
  ['🎸', 'guitar'],
  ['🎺', 'trumpet'],
  ['🥁', 'drum'],
  ['🔔', 'bell'],
  ['🔑', 'key'],
  ['🔨', 'hammer'],
  ['⏰', 'clock'],
  ['💡', 'light bulb'],
  ['📖', 'book'],
  ['🎩', 'hat'],
  ['👓', 'glasses'],
  ['🌂', 'umbrella'],
  ['⚽', 'football'],
] as const;

const shown = 5;
const bitsEach = 6;

/** From the first 30 bits. */
function picturesOf(bytes: Uint8Array): ShortAuth {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = view.getUint32(0);
  const chosen = Array.from({ length: shown }, (_, index) => {
    const shift = 32 - bitsEach * (index + 1);
    return pictures[(bits >>> shift) & (pictures.length - 1)] ?? pictures[0];
  });
  return { emoji: chosen.map(([emoji]) => emoji), words: chosen.map(([, word]) => word) };
}

/** What a side tells of its half before it sees the other's. */
export function commitmentTo(role: Role, nonce: Uint8Array): Promise<Bytes> {
  return hashOf('sas', role, nonce);
}

export async function isCommitted(
  commitment: Uint8Array,
  role: Role,
  nonce: Uint8Array,
): Promise<boolean> {
  return sameBytes(commitment, await commitmentTo(role, nonce));
}

/** The short authentication string of a pairing: HKDF over both nonces, with the transcript as salt. */
export async function shortAuthOf(
  ownerNonce: Uint8Array,
  scientistNonce: Uint8Array,
  transcript: Uint8Array,
): Promise<ShortAuth> {
  const both = new Uint8Array([...ownerNonce, ...scientistNonce]);
  const key = await crypto.subtle.importKey('raw', both, 'HKDF', false, ['deriveBits']);
  const info = new TextEncoder().encode('sas');
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: transcript as Bytes, info };
  return picturesOf(new Uint8Array(await crypto.subtle.deriveBits(hkdf, key, 32)));
}

/**
 * The badge of an identity, made from its fingerprint (64 hex digits): the same in every session with the same peer. It
 * helps to notice a stranger; who wants to be sure compares the fingerprint. Empty for what is no fingerprint.
 */
export function identityBadge(fingerprint: string): ShortAuth {
  const bytes = fromHex(fingerprint, 32);
  return bytes === undefined ? { emoji: [], words: [] } : picturesOf(bytes);
}
