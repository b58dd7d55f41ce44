import { fromHex, roomIdPattern } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeInvite, parseInvite, roomOf } from '../src';
import { fromBase64Url, toBase64Url } from '../src/base64url';

const secret = new Uint8Array(32).map((_, i) => i * 7);
/** A fingerprint, of which an invite has the beginning. */
const owner = 'c0ffee'.padEnd(64, '1');
const pageUrl = 'https://duet.example/lab/scientist/?theme=dark';

describe('an invite', () => {
  it('P18 carries its secret in the fragment, and the server’s address only if it is elsewhere', () => {
    const here = makeInvite({ pageUrl, owner, secret });
    const begin = fromHex(owner.slice(0, 28), 14) ?? [];
    expect(here.url).toBe(`${pageUrl}#d1.${toBase64Url(Uint8Array.from([...secret, ...begin]))}`);
    // What a browser asks a server for, and tells others that it came from.
    const { origin, pathname, search } = new URL(here.url);
    expect(origin + pathname + search).toBe(pageUrl);
    expect(parseInvite(here.url)).toEqual(here);
    expect(here.signaling).toBe('https://duet.example');
    const elsewhere = makeInvite({
      pageUrl,
      owner,
      secret,
      signaling: 'https://signal.example:9000/duet',
    });
    expect(elsewhere.url.split('.')).toHaveLength(4);
    expect(parseInvite(elsewhere.url)).toEqual(elsewhere);
    expect(makeInvite({ pageUrl, owner, secret, signaling: 'https://duet.example' })).toEqual(here);
  });

  it('is different each time', () => {
    expect(makeInvite({ pageUrl, owner }).url).not.toBe(makeInvite({ pageUrl, owner }).url);
  });

  it('drops a fragment that the page had', () => {
    expect(makeInvite({ pageUrl: `${pageUrl}#old`, owner, secret }).url).toBe(
      makeInvite({ pageUrl, owner, secret }).url,
    );
  });

  it('survives white space around and within', () => {
    const { url } = makeInvite({ pageUrl, owner, secret, signaling: 'http://127.0.0.1:8787' });
    const broken = `\n  ${url.slice(0, 50)}\r\n${url.slice(50, 80)} ${url.slice(80)}\t`;
    expect(parseInvite(broken)).toEqual(parseInvite(url));
  });

  it('is refused when a part is missing, changed or too much', () => {
    const { url } = makeInvite({ pageUrl, owner, secret, signaling: 'http://127.0.0.1:8787' });
    const plain = makeInvite({ pageUrl, owner, secret }).url;
    const fragment = plain.indexOf('#');
    const wrong = [
      '',
      'hello',
      pageUrl,
      `${pageUrl}#`,
      plain.slice(fragment),
      plain.replace('#d1.', '#d2.'),
      plain.replace('#d1.', '#'),
      plain.slice(0, -1),
      `${plain}A`,
      `${plain.slice(0, -1)}B`,
      `${plain}.`,
      `${plain}.${toBase64Url(new TextEncoder().encode('javascript:alert(1)'))}`,
      `${plain}.!!`,
      `${url}.x`,
      plain.replace('https:', 'javascript:'),
    ];
    for (const text of wrong) {
      expect(() => parseInvite(text), text).toThrow(
        expect.objectContaining({ code: 'bad-invite' }),
      );
    }
    for (let length = 0; length < plain.length; length += 1) {
      expect(() => parseInvite(plain.slice(0, length))).toThrow();
    }
  });

  it('L10 is not looked into if it is far too long', () => {
    const { url } = makeInvite({ pageUrl, owner, secret });
    for (const text of [' '.repeat(20_000) + url, `${pageUrl}?${'x'.repeat(20_000)}#d1.`]) {
      expect(() => parseInvite(text)).toThrow(expect.objectContaining({ code: 'bad-invite' }));
    }
  });

  it('L10 never throws anything else, whatever is pasted', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const pasted of [text, `${pageUrl}#${text}`, `${pageUrl}#d1.${text}`]) {
          expect(() => parseInvite(pasted)).toThrow(
            expect.objectContaining({ name: 'DuetError', code: 'bad-invite' }),
          );
        }
      }),
    );
  });

  it('P18 has a room whose name says nothing of the secret', async () => {
    const room = await roomOf(secret);
    expect(room).toMatch(roomIdPattern);
    expect(await roomOf(secret)).toBe(room);
    expect(await roomOf(new Uint8Array(32))).not.toBe(room);
    // Fixed, so that two versions of the library meet in the same room.
    expect(room).toMatchInlineSnapshot(`"OVZ6bTIukS9pKpPXf9fI-w"`);
  });
});

describe('base64url', () => {
  it('goes both ways, in one form only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(new Uint8Array(bytes));
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      }),
    );
    for (const text of ['A', 'AB=', 'A+', 'AB', 'é']) expect(fromBase64Url(text)).toBeUndefined();
  });
});
