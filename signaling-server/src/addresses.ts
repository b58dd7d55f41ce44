import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';

/**
 * Whom rates are counted for: an IPv4 address, or the /64 network of an IPv6 address, since one household has all
 * addresses of such a network.
 */
export function rateKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [bare = ''] = address.split('%');
  if (isIPv4(bare) || isIP(bare) === 0) return bare;
  const [head = '', tail] = bare.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length < 8 - after) groups.push('0');
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** The address that a request came from. Behind a proxy that is the last entry, the only one that the proxy wrote itself. */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  if (trustProxy) {
    const header = request.headers['x-forwarded-for'];
    const forwarded = (Array.isArray(header) ? header.join(',') : header)
      ?.split(',')
      .at(-1)
      ?.trim();
    if (forwarded !== undefined && isIP(forwarded) !== 0) return forwarded;
  }
  return request.socket.remoteAddress ?? '';
}
