import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { Compressed, codingFor, isCompressible } from './compression';
import { answerHeaders, fileHeaders } from './page-headers';

const mimeTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

interface PageFile {
  /** Where it lies on the disk. */
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The files that there are, by their path in URLs. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/**
 * Lists a folder once. Requests are then looked up in the list and never become a path on the disk, so that there is
 * nothing to escape from; links and hidden files are left out.
 */
export async function listPages(folder: string): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const parts = relative(folder, file).split(sep);
    if (!entry.isFile() || parts.some((part) => part.startsWith('.'))) continue;
    const { size, mtimeMs } = await stat(file);
    files.set(`/${parts.join('/')}`, { file, bytes: size, modifiedMs: mtimeMs });
  }
  return files;
}

export interface PageContext {
  readonly host: string;
  readonly isPublicHttps: boolean;
}

/** Serves the built pages. */
export function servePages(files: PageFiles) {
  const compressed = new Compressed();
  return (request: IncomingMessage, response: ServerResponse, context: PageContext): void => {
    const path = pathOf(request);
    if (path === undefined) {
      answer(request, response, context, 400, 'This is not a path.');
      return;
    }
    if (path === '/' && !files.has('/index.html')) {
      redirect(request, response, context, '/owner/');
      return;
    }
    const found = path.endsWith('/') ? `${path}index.html` : path;
    const file = files.get(found);
    if (file !== undefined) sendFile(request, response, context, found, file, compressed);
    else if (files.has(`${path}/index.html`)) redirect(request, response, context, `${path}/`);
    else answer(request, response, context, 404, 'There is nothing here.');
  };
}

/** A short text as an answer. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: Pick<PageContext, 'isPublicHttps'>,
  status: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, {
    ...answerHeaders(context),
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(body.byteLength),
    ...more,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function redirect(
  request: IncomingMessage,
  response: ServerResponse,
  context: PageContext,
  to: string,
): void {
  answer(request, response, context, 302, `The page is at ${to}`, { Location: to });
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  context: PageContext,
  path: string,
  { file, bytes, modifiedMs }: PageFile,
  compressed: Compressed,
): void {
  const mayCompress = isCompressible(path, bytes);
  const coding = mayCompress ? codingFor(request) : undefined;
  const version = `${bytes.toString(36)}-${Math.floor(modifiedMs).toString(36)}`;
  // Other bytes are another tag.
  const tag = coding === undefined ? `"${version}"` : `"${version}-${coding}"`;
  const headers = {
    ...fileHeaders(path, context),
    'Content-Type': mimeTypes[extname(path).toLowerCase()] ?? 'application/octet-stream',
    ETag: tag,
    ...(mayCompress && { Vary: 'Accept-Encoding' }),
    ...(coding !== undefined && { 'Content-Encoding': coding }),
  };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const isHead = request.method === 'HEAD';
  if (coding !== undefined) {
    compressed.get(file, bytes, coding).then(
      (content) => {
        response.writeHead(200, { ...headers, 'Content-Length': String(content.byteLength) });
        response.end(isHead ? undefined : content);
      },
      () => response.destroy(),
    );
    return;
  }
  response.writeHead(200, { ...headers, 'Content-Length': String(bytes) });
  if (isHead) {
    response.end();
    return;
  }
  // Cut after what was announced, should the file have grown since the start; broken off if it is gone.
  const stream = createReadStream(file, bytes === 0 ? {} : { end: bytes - 1 });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

/** The decoded path, or undefined for what no browser sends. */
function pathOf(request: IncomingMessage): string | undefined {
  const [raw = ''] = (request.url ?? '').split('?');
  if (!raw.startsWith('/')) return undefined;
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}
