import type { IncomingMessage } from 'node:http';

/** Letters, digits and dots, or an IPv6 address in brackets, and a port. Nothing that could end a header's value. */
const hostPattern = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The request's Host header, if it is one. */
export function requestHost(request: IncomingMessage): string | undefined {
  const { host } = request.headers;
  return host !== undefined && hostPattern.test(host) ? host.toLowerCase() : undefined;
}

/** An origin as browsers write it, or undefined: `https://example.org`, without path, query or credentials. */
export function parseOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return (url.protocol === 'http:' || url.protocol === 'https:') && isPlain
    ? url.origin
    : undefined;
}

export interface OriginRule {
  /** What the server is called from outside, behind a proxy. */
  readonly publicOrigin: string | undefined;
  readonly allowed: ReadonlySet<string>;
}

/**
 * May this page talk to us? Browsers always name the page's origin when they open a WebSocket, and apply no rule of
 * their own to it. A request without one is not from a page, so there is no user's standing to abuse.
 */
export function isOriginAllowed(request: IncomingMessage, rule: OriginRule): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (rule.allowed.has(origin) || origin === rule.publicOrigin) return true;
  const host = requestHost(request);
  const parsed = parseOrigin(origin);
  if (host === undefined || parsed === undefined) return false;
  // The scheme may differ: a proxy in front may have taken the TLS off. Default ports are left out by either side.
  const { protocol, host: originHost } = new URL(parsed);
  const requested = `${protocol}//${host}`;
  return URL.canParse(requested) && new URL(requested).host === originHost;
}
