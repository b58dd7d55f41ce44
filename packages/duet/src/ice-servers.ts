/** Which STUN and TURN servers a connection may use. Their credentials are short-lived, so they are asked for each time. */

import type { Network, Transport } from '@duet/link';

/** What pages may say of how they are reached. The same on both sides. */
export interface PathOptions {
  /** STUN and TURN servers to use, and no others. Default: those that the signaling server offers. */
  readonly iceServers?: readonly RTCIceServer[];
  /**
   * Hosts that an ICE server may have which a signaling server of another origin than the page's offers. Default: none, since
   * whoever names a TURN server sees who speaks with whom.
   */
  readonly iceHosts?: readonly string[];
  /** Never tells the other side this page's addresses: connects by TURN servers alone, or relayed. Default false. */
  readonly hideAddress?: boolean;
  /**
   * Sealed frames through the signaling server, where it lets them: `'fallback'` where there is no direct path, `'only'`, or
   * `'never'`. Default `'fallback'`.
   */
  readonly relay?: 'fallback' | 'only' | 'never';
}

export interface IceParts extends PathOptions {
  readonly network: Network;
  /** The signaling server's address. */
  readonly signaling: string;
}

/** A transport that asks anew for ICE servers before each connection, where none were given. */
export function iceTransport(parts: IceParts): Transport {
  const { network, signaling, iceServers, iceHosts = [], hideAddress = false } = parts;
  return network.transport({
    iceServers: async () => iceServers ?? offeredIceServers(signaling, iceHosts),
    hideAddress,
  });
}

/** A server that is slow to say what it offers must not use up the time in which people wait for a connection. */
const askTimeoutMs = 2000;
/** More would only make browsers slower. */
const mostServers = 8;
const mostUrls = 8;
const longestText = 512;

/**
 * The ICE servers that the signaling server's operator offers; none where it offers none, is no `duetjs-signaling`, or does
 * not answer. A server of another origin than the page's may offer only those whose host is in `iceHosts`.
 */
export async function offeredIceServers(
  signaling: string,
  iceHosts: readonly string[] = [],
): Promise<readonly RTCIceServer[]> {
  // Outside of pages a signaling server is never the page's own, and without hosts nothing that it says could count.
  const isOwn = globalThis.location?.origin === new URL(signaling).origin;
  if (!isOwn && iceHosts.length === 0) return [];
  try {
    const answer = await fetch(new URL('/config.json', signaling), {
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(askTimeoutMs),
    });
    const config: unknown = answer.ok ? await answer.json() : undefined;
    if (typeof config !== 'object' || config === null || !('iceServers' in config)) return [];
    if (!Array.isArray(config.iceServers)) return [];
    const offered = config.iceServers.slice(0, mostServers).filter(isIceServer);
    return isOwn ? offered : offered.filter((server) => isAllowed(server, iceHosts));
  } catch {
    // Without them a direct connection may still form; if none does, that error says what to do.
    return [];
  }
}

/** Every address of the server is at one of these hosts. */
function isAllowed({ urls }: RTCIceServer, hosts: readonly string[]): boolean {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return [urls].flat().every((url) => allowed.has(hostOf(url)?.toLowerCase() ?? ''));
}

/** RFC 7064 and 7065: no user, no path. */
const iceUrl =
  /^(?:stun|turn)s?:(\[[\da-f:.]+\]|[a-z\d.-]+)(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?$/i;

function hostOf(url: string): string | undefined {
  return iceUrl.exec(url)?.[1]?.replace(/^\[|\]$/g, '');
}

function isIceServer(value: unknown): value is RTCIceServer {
  if (typeof value !== 'object' || value === null || !('urls' in value)) return false;
  const urls: unknown[] = Array.isArray(value.urls) ? value.urls : [value.urls];
  const isText = (text: unknown) =>
    text === undefined || (typeof text === 'string' && text.length <= longestText);
  const { username, credential } = value as Record<string, unknown>;
  return (
    urls.length > 0 &&
    urls.length <= mostUrls &&
    urls.every((url) => typeof url === 'string' && url.length <= longestText && hostOf(url)) &&
    isText(username) &&
    isText(credential)
  );
}
