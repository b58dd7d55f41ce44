import { createHmac, randomBytes } from 'node:crypto';

/** One entry of RTCConfiguration.iceServers, as pages get it. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/** What the operator configured. With a `secret`, each page gets credentials of its own that expire. */
export interface IceEntry extends IceServer {
  readonly secret?: string;
}

/**
 * How long minted TURN credentials may be used to begin with: pages ask anew for each connection. TURN servers look at the
 * time when a relay is allocated, and a connection that has one keeps it.
 */
export const credentialLifeSecs = 600;

const hostPattern = /^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;

/**
 * Reads `stun:host[:port]` or `turn(s):host[:port]?user=…&credential=…`, with `&transport=udp|tcp`, or `?secret=…` instead
 * of user and credential. Values are percent-encoded. Throws an Error that says in one line what is wrong; secrets are not repeated.
 */
export function parseIce(text: string): IceEntry {
  const [, scheme = '', host = '', query] = /^([a-z]+):([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  const shown = `${scheme}:${host}`;
  if (!['stun', 'stuns', 'turn', 'turns'].includes(scheme)) {
    throw new Error('an ICE server begins with stun:, stuns:, turn: or turns:');
  }
  const port = hostPattern.exec(host);
  if (port === null || Number(port[1] ?? 1) > 65_535 || Number(port[1] ?? 1) === 0) {
    throw new Error(`"${shown}" is not scheme:host or scheme:host:port`);
  }
  const values = new Map<string, string>();
  for (const pair of query === undefined || query === '' ? [] : query.split('&')) {
    const [name = '', ...rest] = pair.split('=');
    if (!['user', 'credential', 'secret', 'transport'].includes(name)) {
      throw new Error(`"${shown}" takes user, credential, secret and transport only`);
    }
    if (values.has(name)) throw new Error(`"${shown}" has ${name} twice`);
    values.set(name, decode(rest.join('='), shown));
  }
  const transport = values.get('transport');
  const username = values.get('user');
  const credential = values.get('credential');
  const secret = values.get('secret');
  if (scheme.startsWith('stun')) {
    if (values.size > 0) throw new Error(`"${shown}" takes nothing after a "?"`);
    return { urls: shown };
  }
  if (transport !== undefined && transport !== 'udp' && transport !== 'tcp') {
    throw new Error(`"${shown}" has a transport other than udp and tcp`);
  }
  const urls = transport === undefined ? shown : `${shown}?transport=${transport}`;
  if (secret) {
    if (username !== undefined || credential !== undefined) {
      throw new Error(`"${shown}" takes a secret, or user and credential, not both`);
    }
    return { urls, secret };
  }
  if (!username || !credential) {
    throw new Error(`"${shown}" needs ?user=…&credential=… or ?secret=…`);
  }
  return { urls, username, credential };
}

/**
 * What a page is given now. Credentials minted from a secret are those of TURN's usual REST scheme: the name is the
 * end of their life in Unix seconds and something random, so that quotas per name are per page; the password is a keyed hash
 * of the name.
 */
export function iceServersFor(entries: readonly IceEntry[], unixSecs: number): IceServer[] {
  return entries.map(({ secret, ...server }) => {
    if (secret === undefined) return server;
    const expiresAt = Math.floor(unixSecs) + credentialLifeSecs;
    const username = `${expiresAt}:${randomBytes(6).toString('hex')}`;
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    return { ...server, username, credential };
  });
}

function decode(value: string, shown: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new Error(`"${shown}" has a value that is not percent-encoded`);
  }
}
