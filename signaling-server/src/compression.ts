/** Files as they cross: compressed once, when they are first asked for, and kept. */

import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Coding = 'br' | 'gzip';

/** Texts. Pictures, fonts and archives are compressed already. */
const compressible = /\.(?:css|csv|html|js|json|map|mjs|svg|txt|wasm|webmanifest)$/i;

/** Less than this is in one packet anyway. */
const leastBytes = 1024;
/** More is not held in memory; no file of the pages comes near. */
const mostBytes = 32 * 2 ** 20;

/** From 9 to the highest quality, 11, files shrink by a tenth more, and take twenty times as long. */
const brotliQuality = 9;

const brotliOf = promisify(brotliCompress);
const gzipOf = promisify(gzip);

export function isCompressible(path: string, bytes: number): boolean {
  return compressible.test(path) && bytes >= leastBytes && bytes <= mostBytes;
}

/** The best that the sender of the request takes; undefined where it takes none. */
export function codingFor({ headers }: IncomingMessage): Coding | undefined {
  const taken = [headers['accept-encoding'] ?? '']
    .flat()
    .join()
    .split(',')
    .map((each) => each.trim().toLowerCase());
  const takes = (coding: Coding): boolean =>
    taken.some((each) => {
      const [name, weight = 'q=1'] = each.split(/\s*;\s*/);
      return name === coding && Number(weight.replace(/^q=/, '')) > 0;
    });
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : undefined;
}

export class Compressed {
  readonly #kept = new Map<string, Promise<Buffer>>();

  /** Rejects where the file is gone; the next one who asks tries again. */
  get(file: string, bytes: number, coding: Coding): Promise<Buffer> {
    const key = `${coding} ${file}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = compress(file, bytes, coding);
    this.#kept.set(key, made);
    made.catch(() => this.#kept.delete(key));
    return made;
  }
}

async function compress(file: string, bytes: number, coding: Coding): Promise<Buffer> {
  // What was announced of it, should the file have grown since the start.
  const content = (await readFile(file)).subarray(0, bytes);
  if (coding === 'gzip') return gzipOf(content, { level: 9 });
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength,
  };
  return brotliOf(content, { params });
}
