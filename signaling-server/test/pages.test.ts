import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SignalingServer } from '../src/index';
import type { SignalingServerOptions } from '../src/options';
import { ask, localUrl, startServer } from './support';

const secret = 'not for the world';

async function makePages(): Promise<{ folder: string; pages: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'duet-pages-'));
  const pages = join(folder, 'pages');
  const files: Record<string, string> = {
    'owner/index.html': '<!doctype html><title>owner</title>',
    'scientist/index.html': '<!doctype html><title>scientist</title>',
    'assets/main-Abc123_-.js': 'export {}',
    'assets/style-Abc12345.css': 'a{}',
    'assets/data.csv': 'a,b\n1,2\n',
    'assets/simd-Abc12345.wasm': '\0asm',
    'assets/with space.txt': 'hi',
    'assets/empty.txt': '',
    'runner/worker-Abc12345.js': 'export {}',
    'engine/engine-worker-Abc12345.js': 'export {}',
    '.secret': secret,
    '../outside.txt': secret,
  };
  for (const [path, text] of Object.entries(files)) {
    const file = join(pages, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  // Where links cannot be made (Windows without the right to), there is nothing to leave out.
  await symlink(join(folder, 'outside.txt'), join(pages, 'link.txt')).catch(() => undefined);
  return { folder, pages };
}

let pages = '';

beforeAll(async () => {
  const made = await makePages();
  pages = made.pages;
  return () => rm(made.folder, { recursive: true });
});

const serve = (options: SignalingServerOptions = {}): Promise<SignalingServer> =>
  startServer({ staticDir: pages, ...options });

describe('files', () => {
  test.each([
    ['/owner/', 'text/html; charset=utf-8', 'no-store'],
    ['/owner/index.html', 'text/html; charset=utf-8', 'no-store'],
    ['/owner/?invite=1', 'text/html; charset=utf-8', 'no-store'],
    ['/assets/main-Abc123_-.js', 'text/javascript; charset=utf-8', 'immutable'],
    ['/runner/worker-Abc12345.js', 'text/javascript; charset=utf-8', 'immutable'],
    ['/engine/engine-worker-Abc12345.js', 'text/javascript; charset=utf-8', 'immutable'],
    ['/assets/style-Abc12345.css', 'text/css; charset=utf-8', 'immutable'],
    ['/assets/simd-Abc12345.wasm', 'application/wasm', 'immutable'],
    ['/assets/data.csv', 'text/csv; charset=utf-8', 'no-cache'],
    ['/assets/with%20space.txt', 'text/plain; charset=utf-8', 'no-cache'],
    ['/assets/empty.txt', 'text/plain; charset=utf-8', 'no-cache'],
  ])('%s', async (path, type, caching) => {
    const { url } = await serve();
    const { status, headers, body } = await ask(url, path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['cache-control']).toContain(caching);
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
    const head = await ask(url, path, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(headers['content-length']);
  });

  test('a file that the browser has is not sent again', async () => {
    const { url } = await serve();
    const { headers } = await ask(url, '/assets/data.csv');
    const again = await ask(url, '/assets/data.csv', {
      headers: { 'If-None-Match': headers.etag ?? '' },
    });
    expect(again).toMatchObject({ status: 304, body: '' });
    expect(again.headers['content-security-policy']).toBe(headers['content-security-policy']);
  });

  test.each([
    ['/', '/owner/'],
    ['/owner', '/owner/'],
    ['/scientist', '/scientist/'],
  ])('%s leads to %s', async (path, to) => {
    const { status, headers } = await ask((await serve()).url, path);
    expect([status, headers.location]).toEqual([302, to]);
  });

  test.each([
    '/../outside.txt',
    '/owner/../../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/..%5coutside.txt',
    '/assets/..%2f..%2foutside.txt',
    '//outside.txt',
    '/.secret',
    '/%2esecret',
    '/link.txt',
    '/owner/index.html/',
    '/assets/',
    '/owner%00/index.html',
    '/OWNER/',
    '/__proto__',
    '/none',
  ])('there is nothing at %s', async (path) => {
    const { status, body } = await ask((await serve()).url, path);
    expect(status).toBe(404);
    expect(body).not.toContain(secret);
  });

  test.each(['/%', '/%ff', '*', 'http://other.example/owner/'])('%s is no path', async (path) => {
    expect((await ask((await serve()).url, path)).status).toBe(400);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not done', async (method) => {
    const { status, headers } = await ask((await serve()).url, '/owner/', { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test('without pages there are none', async () => {
    const server = await startServer();
    expect(server.hasPages).toBe(false);
    expect((await ask(server.url, '/owner/')).status).toBe(404);
  });
});

describe('headers', () => {
  const common = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };

  test('L3: a page may load its own scripts and speak to its own server, and nothing else', async () => {
    const { url, port } = await serve();
    const { headers } = await ask(url, '/owner/');
    expect(headers).toMatchObject({ ...common, 'cross-origin-resource-policy': 'same-origin' });
    expect(headers['permissions-policy']).toContain('camera=()');
    expect(String(headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "worker-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
    ]);
  });

  test('a runner may evaluate code, and reach nothing', async () => {
    const { headers } = await ask((await serve()).url, '/runner/worker-Abc12345.js');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'none'",
    );
    expect(headers).toMatchObject(common);
  });

  test('an engine may run WebAssembly on threads, and load and reach nothing', async () => {
    const { headers } = await ask((await serve()).url, '/engine/engine-worker-Abc12345.js');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none'",
    );
    expect(headers).toMatchObject(common);
  });

  test.each(['/none', '/health', '/config.json', '/', '/%'])('%s is inert', async (path) => {
    const { headers } = await ask((await serve()).url, path);
    expect(headers).toMatchObject({ ...common, 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; frame-ancestors 'none'; sandbox",
    );
  });

  test('the host named in the policy is a host', async () => {
    const { url } = await serve();
    const asked = (Host: string) => ask(url, '/owner/', { headers: { Host } });
    const { headers } = await asked('Duet.Example:99');
    expect(headers['content-security-policy']).toContain('wss://duet.example:99;');
    for (const host of ["a; script-src 'unsafe-inline'", 'a b', 'a,b', 'a/b', '[::1', 'a:x']) {
      expect((await asked(host)).status).toBe(400);
    }
  });

  test('under a public URL over https, browsers keep to https', async () => {
    const server = await serve({ publicUrl: 'https://duet.example' });
    expect(server.url).toBe('https://duet.example');
    const { headers } = await ask(localUrl(server), '/owner/');
    expect(headers['content-security-policy']).toContain('wss://duet.example;');
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d+$/);
    expect((await ask((await serve()).url, '/owner/')).headers).not.toHaveProperty(
      'strict-transport-security',
    );
  });
});

describe('beside pages', () => {
  test('health says that it runs, and nothing of who uses it', async () => {
    const { status, headers, body } = await ask((await serve()).url, '/health');
    expect([status, JSON.parse(body)]).toEqual([200, { ok: true }]);
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  test('pages are told of ICE servers, none by default', async () => {
    const plain = await ask((await serve()).url, '/config.json');
    expect(JSON.parse(plain.body)).toEqual({ iceServers: [] });
    expect(plain.headers).not.toHaveProperty('access-control-allow-origin');
    const ice = [{ urls: 'stun:a.example' }, { urls: 'turn:b.example', secret: 'hush' }];
    const { body } = await ask((await serve({ ice })).url, '/config.json');
    expect(JSON.parse(body)).toEqual({
      iceServers: [
        { urls: 'stun:a.example' },
        { urls: 'turn:b.example', username: expect.any(String), credential: expect.any(String) },
      ],
    });
    expect(body).not.toContain('hush');
  });

  test('sites that may use the server are told of its ICE servers, others are not', async () => {
    const { url } = await serve({ origins: ['https://lab.example'] });
    const asked = async (Origin: string) =>
      (await ask(url, '/config.json', { headers: { Origin } })).headers;
    expect(await asked('https://lab.example')).toMatchObject({
      'access-control-allow-origin': 'https://lab.example',
      vary: 'Origin',
    });
    expect(await asked('https://evil.example')).not.toHaveProperty('access-control-allow-origin');
  });

  test('a page server of one’s own may take the place of built pages', async () => {
    const server = await startServer({ pages: (_request, response) => response.end('mine') });
    expect(server.hasPages).toBe(true);
    expect((await ask(server.url, '/owner/')).body).toBe('mine');
    expect(JSON.parse((await ask(server.url, '/health')).body)).toEqual({ ok: true });
  });
});
