import { type Bytes, DuetError, fromHex, toHex } from '@duet/protocol';
import { fromBase64Url, toBase64Url } from './base64url';

/**
 * An invite is `<page url>#d1.<secret and owner>[.<signaling url>]`, both in base64url. What stands after # is never sent to
 * a server by a browser.
 */
export interface Invite {
  readonly url: string;
  /** 256 random bits. Whoever has them may knock. */
  readonly secret: Bytes;
  /** How the fingerprint of the owner's identity begins, in hex: of all who have the invite, only the owner can be the owner. */
  readonly owner: string;
  /** The address of the signaling server: the one in the invite, else the origin of the page. */
  readonly signaling: string;
}

export interface InviteOptions {
  /** The scientist's page. */
  readonly pageUrl: string;
  /** Where the signaling server is, if not at the page's own origin. */
  readonly signaling?: string;
  readonly secret?: Bytes;
  /** The fingerprint of the owner's identity, in hex. */
  readonly owner: string;
}

const prefix = 'd1';
const secretBytes = 32;
/** 112 bits of a fingerprint: nobody finds another key whose fingerprint begins so. */
const ownerBytes = 14;
/** More than any page's address, and a server's, needs. */
const longestChars = 16_384;

export function makeInvite(options: InviteOptions): Invite {
  const { secret = crypto.getRandomValues(new Uint8Array(secretBytes)) } = options;
  const owner = options.owner.slice(0, 2 * ownerBytes);
  const both = new Uint8Array(secretBytes + ownerBytes);
  both.set(secret, 0);
  both.set(fromHex(owner, ownerBytes) ?? bad('An owner’s fingerprint is none.'), secretBytes);
  const page = new URL(options.pageUrl);
  page.hash = '';
  const signaling = options.signaling ?? page.origin;
  const isElsewhere = options.signaling !== undefined && options.signaling !== page.origin;
  const parts = [prefix, toBase64Url(both)];
  if (isElsewhere) parts.push(toBase64Url(new TextEncoder().encode(signaling)));
  return { url: `${page.href.replace(/#$/u, '')}#${parts.join('.')}`, secret, owner, signaling };
}

/** Reads an invite as people paste it. Throws `bad-invite` and says what is wrong with it. */
export function parseInvite(text: string): Invite {
  if (text.length > longestChars) return bad('This is too long for an invite.');
  // Mail programs break long lines; nothing in an invite has white space.
  const url = text.replace(/\s+/gu, '');
  const hash = url.indexOf('#');
  if (hash === -1) return bad('This invite has nothing after #.');
  const page = httpUrl(url.slice(0, hash)) ?? bad('This invite is not the address of a page.');
  const [version, bothText = '', signalingText, ...more] = url.slice(hash + 1).split('.');
  if (version !== prefix) return bad('What stands after # is not an invite.');
  const both = fromBase64Url(bothText);
  if (both === undefined || both.length !== secretBytes + ownerBytes || more.length > 0) {
    return bad('This invite is cut off or was changed.');
  }
  const [secret, owner] = [both.slice(0, secretBytes), toHex(both.slice(secretBytes))];
  if (signalingText === undefined) return { url, secret, owner, signaling: page.origin };
  const signaling = httpUrl(decodeText(signalingText) ?? '');
  if (signaling === undefined) return bad('This invite is cut off or was changed.');
  return { url, secret, owner, signaling: signaling.href.replace(/\/$/u, '') };
}

function httpUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

function decodeText(text: string): string | undefined {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function bad(detail: string): never {
  throw new DuetError('bad-invite', { detail });
}
