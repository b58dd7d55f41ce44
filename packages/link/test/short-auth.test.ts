import { describe, expect, it } from 'vitest';
import { identityBadge, makeIdentity } from '../src';
import { commitmentTo, isCommitted, shortAuthOf } from '../src/short-auth';
import { pattern } from './helpers';

describe('the short authentication string', () => {
  it('is five pictures with a word each, fixed by both nonces and the transcript', async () => {
    const shown = await shortAuthOf(pattern(32, 1), pattern(32, 2), pattern(32, 3));
    expect(shown.emoji).toHaveLength(5);
    expect(shown.words).toHaveLength(5);
    expect(shown.words.join(' ')).toMatchInlineSnapshot(`"trumpet cactus cat pizza rainbow"`);
    expect(await shortAuthOf(pattern(32, 1), pattern(32, 2), pattern(32, 3))).toEqual(shown);
    for (const other of [
      await shortAuthOf(pattern(32, 9), pattern(32, 2), pattern(32, 3)),
      await shortAuthOf(pattern(32, 1), pattern(32, 9), pattern(32, 3)),
      await shortAuthOf(pattern(32, 1), pattern(32, 2), pattern(32, 9)),
      await shortAuthOf(pattern(32, 2), pattern(32, 1), pattern(32, 3)),
    ]) {
      expect(other.words).not.toEqual(shown.words);
    }
  });

  it('P8 halves are committed to, each in its role', async () => {
    const commitment = await commitmentTo('owner', pattern(32, 1));
    expect(await isCommitted(commitment, 'owner', pattern(32, 1))).toBe(true);
    expect(await isCommitted(commitment, 'scientist', pattern(32, 1))).toBe(false);
    expect(await isCommitted(commitment, 'owner', pattern(32, 2))).toBe(false);
  });

  it('has 64 pictures, each with a short word of its own', () => {
    // Every picture in the first place, by the first six bits.
    const badges = Array.from({ length: 64 }, (_, index) =>
      identityBadge((index << 2).toString(16).padStart(2, '0').padEnd(64, '0')),
    );
    const emoji = badges.map((badge) => badge.emoji[0] ?? '');
    const words = badges.map((badge) => badge.words[0] ?? '');
    expect(new Set(emoji).size).toBe(64);
    expect(new Set(words).size).toBe(64);
    for (const each of emoji) {
      // One code point: nothing that older fonts would take apart, no skin tones, no flags.
      expect([...each]).toHaveLength(1);
      expect(each).toMatch(/^\p{Emoji_Presentation}$/u);
    }
    for (const word of words) expect(word).toMatch(/^[a-z]{3,10}(?: [a-z]{3,6})?$/u);
  });
});

describe('the badge of an identity', () => {
  it('is the same each time, another for each identity, and none for what is no fingerprint', async () => {
    const [one, other] = [await makeIdentity(), await makeIdentity()];
    expect(identityBadge(one.fingerprint)).toEqual(identityBadge(one.fingerprint));
    expect(identityBadge(one.fingerprint)).not.toEqual(identityBadge(other.fingerprint));
    for (const text of ['', 'ab', 'x'.repeat(64), '<b>']) {
      expect(identityBadge(text)).toEqual({ emoji: [], words: [] });
    }
  });
});
