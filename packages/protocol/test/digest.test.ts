import { describe, expect, it } from 'vitest';
import { type Bytes, digestsOf, limits, PieceHasher, pieceOf } from '../src';

async function byWebCrypto(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
}

describe('the digest of a payload', () => {
  const piece = limits.digestPieceBytes;
  const around = [2047, 2048, 2049, piece - 1, piece, piece + 1, 2 * piece + 7];

  it.each([0, 1, 4, 55, 56, 63, 64, 65, ...around])(
    'of %i bytes is SHA-256 of its pieces, however small they are',
    async (length) => {
      const payload = Uint8Array.from({ length }, (_, at) => (at * 131 + length) % 251);
      const { whole, pieces } = await digestsOf(payload);
      const count = Math.ceil(length / piece);
      const each = Array.from({ length: count }, (_, at) => byWebCrypto(pieceOf(payload, at)));
      const expected = new Uint8Array(await new Blob(await Promise.all(each)).arrayBuffer());
      expect(pieces).toEqual(expected);
      expect(whole).toEqual(await byWebCrypto(expected));
    },
  );

  it('is of the pieces as they were when they were added, many at once', async () => {
    const payload = Uint8Array.from({ length: 5 * piece + 7 }, (_, at) => (at * 131) % 251);
    const expected = await digestsOf(payload);
    const hasher = new PieceHasher();
    for (let at = 0; at < 6; at += 1) {
      const added = pieceOf(payload, at).slice();
      hasher.add(added);
      added.fill(0);
    }
    expect(await hasher.finish(payload)).toEqual(expected);
  });
});
