import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, startServer } from './support';

const script = 'export const answer = 42;\n'.repeat(400);
let pages = '';

beforeAll(async () => {
  pages = await mkdtemp(join(tmpdir(), 'duet-compression-'));
  await writeFile(join(pages, 'main-Abc12345.js'), script);
  await writeFile(join(pages, 'short.js'), 'export {};');
  await writeFile(join(pages, 'picture.png'), Buffer.alloc(4096));
  return () => rm(pages, { recursive: true });
});

const path = '/main-Abc12345.js';
const serve = async (): Promise<string> => (await startServer({ staticDir: pages })).url;

/** The bytes as they crossed. */
function bytesOf(url: string, accepted: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Accept-Encoding': accepted };
    request(`${url}${path}`, { headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    })
      .on('error', reject)
      .end();
  });
}

describe('compression', () => {
  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate', 'gzip'],
    ['gzip;q=0.5, br;q=0', 'gzip'],
    ['BR', 'br'],
    ['brotli, x-gzip', undefined],
    ['br;q=nothing', undefined],
    ['', undefined],
  ])('whoever takes “%s” gets %s', async (accepted, coding) => {
    const url = await serve();
    const { status, headers } = await ask(url, path, { headers: { 'Accept-Encoding': accepted } });
    expect(status).toBe(200);
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['vary']).toBe('Accept-Encoding');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(Number(headers['content-length']) < script.length).toBe(coding !== undefined);
  });

  test('what crosses is the file, each time', async () => {
    const url = await serve();
    for (let time = 0; time < 2; time += 1) {
      expect(brotliDecompressSync(await bytesOf(url, 'br')).toString()).toBe(script);
      expect(gunzipSync(await bytesOf(url, 'gzip')).toString()).toBe(script);
      expect((await bytesOf(url, '')).toString()).toBe(script);
    }
  });

  test('each coding has a tag of its own, and HEAD tells its length', async () => {
    const url = await serve();
    const asked = (accepted: string, more = {}, method = 'GET') =>
      ask(url, path, { method, headers: { 'Accept-Encoding': accepted, ...more } });
    const tags = new Map<string, string>();
    for (const accepted of ['br', 'gzip', '']) {
      const { headers } = await asked(accepted);
      const head = await asked(accepted, {}, 'HEAD');
      expect(head.body).toBe('');
      expect(head.headers['content-length']).toBe(headers['content-length']);
      tags.set(accepted, headers.etag ?? '');
    }
    expect(new Set(tags.values()).size).toBe(3);
    for (const [accepted, tag] of tags) {
      for (const [own, mine] of tags) {
        const { status } = await asked(own, { 'If-None-Match': tag });
        expect(status).toBe(mine === tag ? 304 : 200);
        expect(accepted === own).toBe(mine === tag);
      }
    }
  });

  test.each(['/short.js', '/picture.png'])('%s gains nothing by it', async (file) => {
    const { headers } = await ask(await serve(), file, { headers: { 'Accept-Encoding': 'br' } });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('vary');
  });

  test('a file that is gone breaks off, and is there again once it is back', async () => {
    const url = await serve();
    const ended = 'gone-Abc12345.js';
    await writeFile(join(pages, ended), script);
    const later = await serve();
    await rm(join(pages, ended));
    const options = { headers: { 'Accept-Encoding': 'br' } };
    await expect(ask(later, `/${ended}`, options)).rejects.toThrow();
    await writeFile(join(pages, ended), script);
    expect((await ask(later, `/${ended}`, options)).status).toBe(200);
    // Not in the list of a server that was started before.
    expect((await ask(url, `/${ended}`, options)).status).toBe(404);
  });
});
