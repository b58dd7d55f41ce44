import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type IceEntry, iceServersFor } from './ice';
import { isOriginAllowed, type OriginRule, requestHost } from './origins';
import { answer, type PageContext, type PageFiles, servePages } from './static';

export interface HttpHandlerOptions {
  readonly files: PageFiles;
  readonly pages: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  readonly ice: readonly IceEntry[];
  readonly originRule: OriginRule;
  /** Would it take one more connection and room now? */
  readonly isReady: () => boolean;
  /** May the sender of this request have TURN credentials minted? */
  readonly mayMint: (request: IncomingMessage) => boolean;
}

const json = { 'Content-Type': 'application/json; charset=utf-8' };

/** Lets a page of another site tell a server that refuses it from one that is not there. It says nothing else. */
const readableByAll = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** Sites that may use the signaling are told of its ICE servers too. */
function readableByAllowed(request: IncomingMessage, rule: OriginRule): Record<string, string> {
  const { origin } = request.headers;
  return origin !== undefined && isOriginAllowed(request, rule)
    ? { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' }
    : { Vary: 'Origin' };
}

/** Answers plain requests: health, readiness, configuration, pages. */
export function createHttpHandler(options: HttpHandlerOptions): RequestListener {
  const { publicOrigin } = options.originRule;
  const isPublicHttps = publicOrigin?.startsWith('https:') ?? false;
  const publicHost = publicOrigin === undefined ? undefined : new URL(publicOrigin).host;
  const sendPage = servePages(options.files);
  const mints = options.ice.some(({ secret }) => secret !== undefined);

  return (request, response) => {
    response.on('error', () => undefined);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(request, response, { isPublicHttps }, 405, 'Only GET and HEAD.', {
        Allow: 'GET, HEAD',
        // What may follow of a body is not read.
        Connection: 'close',
      });
      return;
    }
    const host = publicHost ?? requestHost(request);
    if (host === undefined) {
      answer(request, response, { isPublicHttps }, 400, 'The Host header is not a host.');
      return;
    }
    const context: PageContext = { host, isPublicHttps };
    const [path] = (request.url ?? '').split('?');
    if (path === '/health') {
      answer(request, response, context, 200, '{"ok":true}', { ...json, ...readableByAll });
    } else if (path === '/ready') {
      const ok = options.isReady();
      answer(request, response, context, ok ? 200 : 503, JSON.stringify({ ok }), json);
    } else if (path === '/config.json') {
      if (mints && !options.mayMint(request)) {
        answer(request, response, context, 429, 'Too many credentials.', { 'Retry-After': '60' });
        return;
      }
      const iceServers = iceServersFor(options.ice, Date.now() / 1000);
      const headers = { ...json, ...readableByAllowed(request, options.originRule) };
      answer(request, response, context, 200, JSON.stringify({ iceServers }), headers);
    } else if (options.pages !== undefined) {
      options.pages(request, response);
    } else {
      sendPage(request, response, context);
    }
  };
}
